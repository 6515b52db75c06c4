use crate::support::Bench;

fn json(args: &[&str]) -> serde_json::Value {
    let assert = Bench::new().isard(args).success();
    serde_json::from_slice(&assert.get_output().stdout).unwrap()
}

#[test]
fn the_schema_of_studies_describes_every_section() {
    let schema = json(&["schema"]);
    for section in ["data", "geography", "clusters", "variables", "sample", "model", "axes", "table", "figure", "deny"]
    {
        assert!(schema.pointer(&format!("/properties/{section}")).is_some(), "{section}");
    }
    assert_eq!(schema["additionalProperties"], serde_json::Value::Bool(false));
}

#[test]
fn the_schema_of_results_describes_fits() {
    assert!(json(&["schema", "--results"]).pointer("/$defs/Fit").is_some());
}
