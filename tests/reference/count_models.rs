//! Counts with more than one index, and choices given totals, through studies as a user writes them.

use std::path::Path;

use serde_json::Value;

use crate::support::Bench;

fn study(case: &Value) -> String {
    let text = |key: &str| case[key].as_str().unwrap();
    format!(
        "title = \"t\"\n[data]\npanel = \"{}\"\nunit = \"id\"\ntime = \"t\"\n[[model]]\nname = \"m\"\nmethod = \"{}\"\nformula = \"{}\"\n\
         errors = \"iid\"\nsingletons = \"keep\"\n{}\n",
        text("data"),
        text("method"),
        text("formula"),
        text("options"),
    )
}

fn close(what: &str, found: &Value, expected: f64, tolerance: f64) {
    let found = found.as_f64().unwrap_or_else(|| panic!("{what}: no number"));
    assert!((found - expected).abs() <= tolerance * expected.abs(), "{what}: {found:e} and {expected:e}");
}

#[test]
fn choices_family() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    let cases: Vec<Value> =
        serde_json::from_str(&std::fs::read_to_string(here.join("cases/choices.json")).unwrap()).unwrap();
    for case in &cases {
        let (id, data) = (case["id"].as_str().unwrap(), case["data"].as_str().unwrap());
        let rows = std::fs::read_to_string(here.join("data").join(data)).unwrap();
        let bench = Bench::new().file(data, &rows).file("study.toml", &study(case));
        bench.succeeds();
        let results: Value = serde_json::from_str(&bench.result("results.json")).unwrap();
        let fit = &results["models"][0];
        let tolerance = |k: usize| case["tolerance"][k].as_f64().unwrap();
        let factor = fit["errors"]["factors"]["k_factor"].as_f64().unwrap();
        for (term, expected) in case["coefficients"].as_object().unwrap() {
            let coefficients = fit["coefficients"].as_array().unwrap();
            let found = coefficients.iter().find(|c| c["term"] == *term).unwrap_or_else(|| panic!("{id}: no {term}"));
            close(&format!("{id} {term}"), &found["estimate"], expected[0].as_f64().unwrap(), tolerance(0));
            // The dialect multiplies the inverse information by (N-1)/(N-K); the other programs do not.
            let expected = expected[1].as_f64().unwrap() * factor.sqrt();
            close(&format!("{id} {term} error"), &found["std_error"], expected, tolerance(1));
        }
        let likelihood = &fit["likelihood"];
        close(id, &likelihood["log_likelihood"], case["log_likelihood"].as_f64().unwrap(), 1e-9);
        let search = &likelihood["optimisation"];
        assert!(
            search["gradient_norm"].as_f64().unwrap() <= 1e-8 && search["condition_number"].as_f64().unwrap() >= 1.0
        );
        assert!(search["end"].as_f64().unwrap() >= search["start"].as_f64().unwrap());
        for (other, expected) in case["vuong"].as_object().into_iter().flatten() {
            for (k, label) in ["", " (Akaike)", " (Schwarz)"].iter().enumerate() {
                let name = format!("Vuong{label}, {other}");
                let found = fit["tests"].as_array().unwrap().iter().find(|test| test["test"] == name.as_str()).unwrap();
                close(&format!("{id} {name}"), &found["statistic"], expected[k].as_f64().unwrap(), 1e-5);
            }
        }
    }
}
