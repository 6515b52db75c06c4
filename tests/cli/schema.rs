use serde_json::Value;

use super::support::{DATA, Folder, MODEL, stdout};

fn schema(arguments: &str) -> Value {
    serde_json::from_str(&stdout(&Folder::new().isard(arguments).success())).unwrap()
}

#[test]
fn it_is_a_json_schema_whose_references_resolve() {
    for arguments in ["schema", "schema --results"] {
        let schema = schema(arguments);
        assert!(schema["$schema"].as_str().unwrap().contains("json-schema.org"));
        assert_eq!(schema["type"], "object");
        references(&schema, &schema);
    }
}

fn references(root: &Value, part: &Value) {
    if let Some(reference) = part.get("$ref").and_then(Value::as_str) {
        assert!(root.pointer(reference.trim_start_matches('#')).is_some(), "{reference} leads nowhere");
    }
    match part {
        Value::Object(map) => map.values().for_each(|inner| references(root, inner)),
        Value::Array(items) => items.iter().for_each(|inner| references(root, inner)),
        _ => {}
    }
}

#[test]
fn a_sound_study_has_the_keys_it_requires_and_no_other() {
    let schema = schema("schema");
    let study: toml::Table = format!("{DATA}{MODEL}").parse().unwrap();
    let properties = schema["properties"].as_object().unwrap();
    assert!(study.keys().all(|key| properties.contains_key(key)));
    assert!(schema["required"].as_array().unwrap().iter().all(|key| study.contains_key(key.as_str().unwrap())));
    assert_eq!(schema["additionalProperties"], false);
}
