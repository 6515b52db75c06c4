//! NIST certified values of linear regression (Statistical Reference Datasets, public domain).
//!
//! Nine digits are asked of every coefficient, standard error and statistic; where the certified value is zero, or the
//! coefficient is swamped by its own standard error, the case's absolute tolerance.

use std::path::Path;

use isard::absorb::AbsorberCache;
use isard::estimate::{ModelRequest, fit_model};

use crate::csv::{Csv, data_file};
use crate::reference::case::Case;

/// Relative tolerance: nine digits.
const DIGITS: f64 = 1e-9;

fn agrees(got: f64, expected: f64, abs: f64) -> bool {
    (got - expected).abs() <= (DIGITS * expected.abs()).max(abs)
}

#[test]
fn nist() {
    let cases = Case::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/certified/nist.json"));
    let mut faults = Vec::new();
    for case in &cases {
        let csv = Csv::read(&data_file("tests/certified/data", case.data()).unwrap());
        let fit = fit_model(&ModelRequest::default(), &case.variables(&csv), &AbsorberCache::new()).unwrap();
        let results = &case.0["results"];
        let exact = results["rss"].as_f64() == Some(0.0);
        let mut check = |what: String, got: f64, expected: f64| {
            let abs = if expected == 0.0 { 1e-6 } else { 0.0 };
            println!("{} {what}: {got:?} certified {expected:?}", case.id());
            if !agrees(got, expected, abs) {
                faults.push(format!("{} {what}: {got:?} certified {expected:?}", case.id()));
            }
        };
        for coefficient in &fit.coefficients {
            check(coefficient.term.clone(), coefficient.estimate, results["coef"][&coefficient.term].as_f64().unwrap());
            let se = results["se"][&coefficient.term].as_f64().unwrap();
            check(format!("se {}", coefficient.term), coefficient.std_error, se);
        }
        let s = &fit.statistics;
        check("r2".into(), s.r_squared.unwrap(), results["r2"].as_f64().unwrap());
        check("rss".into(), s.rss.unwrap(), results["rss"].as_f64().unwrap());
        if !exact {
            check("f".into(), s.f_statistic.unwrap(), results["f"].as_f64().unwrap());
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
