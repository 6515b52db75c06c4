//! Spatial weights against libpysal: every case of `cases/weights.json`, through `isard weights`.
//!
//! | numbers | tolerance | reason |
//! |---|---|---|
//! | weights | the case's | closed forms of one distance |
//! | `standardize_variance` | by 28/30 | libpysal counts its two islands among the regions that weights sum to; spdep and isard do not |

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::csv::data_file;
use crate::support::Bench;

#[test]
fn weights_family() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("tests/reference/cases/weights.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    let name = |case: &Value| case["id"].as_str().unwrap().split('/').nth(1).unwrap().to_string();
    let mut study = "title = \"Weights\"\n[data]\npanel = \"places.csv\"\nunit = \"region\"\n[geography]\nregions = \"places.csv\"\n[geography.weights]\nband = { distance_km = 500, islands = \"keep\" }\nblock_ = { block = \"state\", islands = \"keep\" }\n".to_string();
    for case in &cases {
        let of = case["model"]["weights"].as_str().unwrap().replace("\"block\"]", "\"block_\"]");
        study += &format!("{} = {of}\n", name(case));
    }
    let bench = Bench::new();
    bench.write("study.toml", &study);
    let places = std::fs::read_to_string(data_file("tests/reference/data", "places.csv").unwrap()).unwrap();
    bench.write("places.csv", &places);
    let mut faults = Vec::new();
    for case in &cases {
        let name = name(case);
        bench.isard(&["weights", "study.toml", "--name", &name, "--out", "links.csv"]).success();
        let text = std::fs::read_to_string(bench.path("links.csv")).unwrap();
        let got: BTreeMap<(String, String), f64> = text
            .lines()
            .skip(1)
            .map(|line| {
                let fields: Vec<&str> = line.split(',').collect();
                ((fields[0].to_string(), fields[1].to_string()), fields[2].parse().unwrap())
            })
            .collect();
        let expected = case["results"]["links"].as_array().unwrap();
        let scale = if name == "standardize_variance" { 28.0 / 30.0 } else { 1.0 };
        let differs = expected.iter().find(|link| {
            let key = (link[0].as_str().unwrap().to_string(), link[1].as_str().unwrap().to_string());
            let value = scale * link[2].as_f64().unwrap();
            // An adaptive kernel ends a ten-millionth of a kilometre or of a share beyond the last region.
            got.get(&key).is_none_or(|found| (found - value).abs() > 1e-8 * value + 2e-7)
        });
        if got.len() != expected.len() || differs.is_some() {
            faults.push(format!("{name}: {} links, expected {}; {differs:?}", got.len(), expected.len()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
