//! Similarities, co-occurrence measures and densities against NumPy and EconGeo: `cluster-measures/origin.toml`.
//!
//! Tolerance: 1e-8 relative, 1e-10 absolute (closed forms); EconGeo rounds densities to two decimals.

use isard::mapping::RegionIndustry;
use isard::mapping::similarity::{
    Association, Profile, Reference, co_occurrence, coagglomeration, locational_correlation, proximity,
    relatedness_density,
};
use nalgebra::DMatrix;
use serde_json::Value;

use crate::csv::{Csv, data_file};

pub const FOLDER: &str = "tests/reference/cluster-measures";

/// The numbers of a data set.
pub fn expected(data: &str) -> Value {
    let text = std::fs::read_to_string(data_file(FOLDER, "relatedness.json").unwrap()).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()[data].take()
}

/// The employment of 50 regions and 25 industries, in the order of their numbers.
pub fn employment() -> RegionIndustry {
    let csv = Csv::read(&data_file(FOLDER, "employment.csv").unwrap());
    let values = DMatrix::from_row_slice(50, 25, &csv.number("emp"));
    let names = |n: usize| (1..=n).map(|i| i.to_string()).collect();
    RegionIndustry::new(names(50), names(25), values).unwrap()
}

/// A matrix of numbers; null is missing.
pub fn matrix(value: &Value) -> DMatrix<f64> {
    let rows: Vec<Vec<f64>> = value
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row.as_array().unwrap().iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect())
        .collect();
    DMatrix::from_fn(rows.len(), rows[0].len(), |i, j| rows[i][j])
}

pub fn agree(what: &str, found: &DMatrix<f64>, expected: &DMatrix<f64>, (rel, abs): (f64, f64)) {
    assert_eq!(found.shape(), expected.shape(), "{what}");
    for (k, (found, expected)) in found.iter().zip(expected.iter()).enumerate() {
        let gap = (found - expected).abs();
        assert!(
            gap <= abs.max(rel * expected.abs()) || (found.is_nan() && expected.is_nan()),
            "{what}, cell {k}: {found}, not {expected}"
        );
    }
}

#[test]
fn similarities_agree_with_numpy_and_econgeo() {
    let (table, expected) = (employment(), expected("cbp_a"));
    let names = table.industries();
    let specialised = table.specialised(1.0);
    agree("rca", &specialised, &matrix(&expected["rca_binary"]["m"]), (0.0, 0.0));
    let phi = proximity(names, &specialised);
    let strength = co_occurrence(names, &specialised, Association::Strength);
    let cases = [
        ("locational_correlation", "corr", locational_correlation(&table, Profile::Levels)),
        ("locational_correlation_log", "corr", locational_correlation(&table, Profile::Logs)),
        ("locational_correlation_share", "corr", locational_correlation(&table, Profile::Shares)),
        ("locational_correlation_share", "corr", locational_correlation(&table, Profile::Quotients)),
        ("eg_coagglomeration", "gamma", coagglomeration(&table, Reference::Aggregate)),
        ("proximity_minprob", "prox", phi.clone()),
        ("relatedness_association", "rel", strength.clone()),
        ("relatedness_cosine", "rel", co_occurrence(names, &specialised, Association::Cosine)),
        ("relatedness_Jaccard", "rel", co_occurrence(names, &specialised, Association::Jaccard)),
        ("relatedness_prob", "rel", co_occurrence(names, &specialised, Association::Probability)),
    ];
    for (key, field, found) in &cases {
        agree(key, found.values(), &matrix(&expected[key][field]), (1e-8, 1e-10));
    }
    let density = relatedness_density(&specialised, &phi);
    agree("density", &density, &matrix(&expected["density_minprob"]["density"]), (1e-8, 1e-10));
    let density = relatedness_density(&specialised, &strength) * 100.0;
    agree("relatedness_density", &density, &matrix(&expected["relatedness_density"]["density"]), (0.0, 0.0051));
}
