//! Measures of plants as points against the R package dbmss (`plants/`: origin, versions, calls).
//!
//! `Mhat` agrees to 1e-12. `Kdhat` takes R's `density`, which bins distances and interpolates, and divides by what its mirrored
//! half adds up to numerically: its values are within 0.2 per cent of the peak. Radii go far enough that its bandwidth is over
//! all distances, as ours is.

use std::path::Path;

use isard::mapping::points::{Grid, Metric, Plants, k_density, m_function};
use serde_json::Value;

/// Of the largest density.
const K_TOLERANCE: f64 = 2e-3;
const M_TOLERANCE: f64 = 1e-12;

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/plants").join(file);
    std::fs::read_to_string(path).unwrap()
}

/// Plants with their weights or one each, and those of an industry.
fn plants(industry: &str, is_weighted: bool) -> (Plants, Vec<usize>) {
    let text = read("plants.csv");
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let number = |text: &str| text.parse::<f64>().unwrap();
    let places = rows.iter().map(|row| [number(row[0]), number(row[1])]).collect();
    let weights = is_weighted.then(|| rows.iter().map(|row| number(row[3])).collect());
    let of = (0..rows.len()).filter(|&plant| rows[plant][2] == industry).collect();
    (Plants::new(places, weights, Metric::Plane).unwrap(), of)
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap_or(f64::NAN)).collect()
}

#[test]
fn dbmss() {
    let reference: Value = serde_json::from_str(&read("dbmss.json")).unwrap();
    let radii = numbers(&reference["r"]);
    let grid = Grid::new(*radii.last().unwrap(), radii.len() - 1).unwrap();
    for case in reference["cases"].as_array().unwrap() {
        let (plants, of) = plants(case["industry"].as_str().unwrap(), case["weighted"].as_bool().unwrap());
        let expected = numbers(&case["values"]);
        let (found, allowed) = if case["measure"] == "m" {
            (m_function(&plants, &of, grid).unwrap(), M_TOLERANCE)
        } else {
            let found = k_density(&plants, &of, grid, None).unwrap();
            assert!((found.bandwidth / reference["bandwidth"].as_f64().unwrap() - 1.0).abs() < 1e-12);
            (found.density, K_TOLERANCE * expected.iter().copied().fold(0.0, f64::max))
        };
        for ((found, expected), r) in found.iter().zip(&expected).zip(&radii) {
            let is_same = (found - expected).abs() <= allowed || (found.is_nan() && expected.is_nan());
            assert!(is_same, "{} at {r}: {found} {expected}", case["call"]);
        }
    }
}
