//! Local statistics of a study against esda: every case of `cases/local.json`, through `local_autocorrelation.csv`.
//!
//! esda has n - 1 for n in the bivariate statistic, and pseudo p-values of one side. Ours are of two, from other draws: they may differ by five
//! standard errors of 1,999 draws.

use std::path::Path;

use serde_json::Value;

use crate::csv::{Csv, data_file};
use crate::support::Bench;

const DRAWS: f64 = 1999.0;

const STUDY: &str = r#"title = "Local"
[data]
panel = "panel.csv"
unit = "region"
[geography]
regions = "pairs.csv"
[geography.weights]
row = { neighbors = "pairs.csv" }
binary = { neighbors = "pairs.csv", standardize = "none" }
[[model]]
name = "line"
formula = "CRIME ~ INC"
[[autocorrelation]]
name = "crime"
variable = "CRIME"
other = "INC"
weights = "row"
statistics = ["moran", "geary", "bivariate"]
permutations = 1999
[[autocorrelation]]
name = "high"
variable = "CRIME > 35"
weights = "binary"
statistics = ["join-counts"]
permutations = 1999
"#;

/// The table of local statistics of the Columbus neighbourhoods, regions numbered from one.
fn run() -> Csv {
    let bench = Bench::new();
    bench.write("study.toml", STUDY);
    let text = |name: &str| std::fs::read_to_string(data_file("tests/reference/data", name).unwrap()).unwrap();
    let numbered = text("columbus.csv").lines().enumerate().fold(String::new(), |out, (k, line)| {
        out + &if k == 0 { format!("region,{}\n", line.replace('"', "")) } else { format!("r{k:02},{line}\n") }
    });
    bench.write("panel.csv", &numbered);
    let pairs = text("columbus_w.csv").lines().skip(1).fold("region,neighbor\n".to_string(), |out, line| {
        let ends: Vec<usize> = line.split(',').take(2).map(|end| end.parse().unwrap()).collect();
        out + &format!("r{:02},r{:02}\n", ends[0], ends[1])
    });
    bench.write("pairs.csv", &pairs);
    bench.succeeds();
    Csv::read(&bench.path("out/local_autocorrelation.csv"))
}

#[test]
fn local_family() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/cases/local.json");
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let found = run();
    let n = 49;
    for case in &cases {
        let id = case["id"].as_str().unwrap();
        let (column, first, scale) = match id {
            "local/columbus_bivariate" => ("local_bivariate", 0, (n - 1) as f64 / n as f64),
            "local/columbus_geary" => ("local_geary", 0, 1.0),
            _ => ("local_joins", n, 1.0),
        };
        let (values, p_values) = (found.number(column), found.number(&format!("{column}_p_value")));
        for k in 0..n {
            let number = |key: &str| case["results"][key][k].as_f64();
            let value = values[first + k];
            // Places that do not have what is counted have no count.
            let value = if column == "local_joins" && value.is_nan() { 0.0 } else { value };
            let expected = number("value").unwrap();
            assert!((scale * value - expected).abs() < 1e-12 * expected.abs().max(1.0), "{id} {k}: {value} {expected}");
            if let Some(p) = number("p_one_sided") {
                let error = 2.0 * (p * (1.0 - p) / DRAWS).sqrt();
                let difference = (p_values[first + k] - (2.0 * p).min(1.0)).abs();
                assert!(difference < 5.0 * error + 1.0 / DRAWS, "{id} {k}: {} {p}", p_values[first + k]);
            }
        }
        if case["results"]["quadrant"].is_array() {
            let quadrants = found.text("local_bivariate_quadrant");
            let expected = case["results"]["quadrant"].as_array().unwrap();
            assert!(quadrants.iter().zip(expected).all(|(got, quadrant)| got == quadrant.as_str().unwrap()));
        }
    }
}
