//! NIST certified values of linear regression (Statistical Reference Datasets, public domain).
//!
//! All eleven linear problems. Nine digits are asked of every coefficient, standard error and statistic; where the certified
//! value is zero, an absolute 1e-6. Seven are asked of Filip: rounding its powers of `x` to doubles already moves the exact
//! solution by 2e-8.

use std::path::Path;

use isard::absorb::AbsorberCache;
use isard::estimate::{ModelRequest, fit_model};

use crate::csv::{Csv, data_file};
use crate::reference::case::Case;

/// Nine digits.
const DIGITS: f64 = 1e-9;

/// Seven.
const FILIP: f64 = 1e-7;

fn agrees(got: f64, expected: f64, (rel, abs): (f64, f64)) -> bool {
    (got - expected).abs() <= (rel * expected.abs()).max(abs)
}

#[test]
fn nist() {
    let cases = Case::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/certified/nist.json"));
    assert_eq!(cases.len(), 11);
    let mut faults = Vec::new();
    for case in &cases {
        let csv = Csv::read(&data_file("tests/certified/data", case.data()).unwrap());
        let fit = fit_model(&ModelRequest::default(), &case.variables(&csv), &AbsorberCache::new()).unwrap();
        let results = &case.0["results"];
        let exact = results["rss"].as_f64() == Some(0.0);
        let is_filip = case.id().contains("filip");
        let rel = if is_filip { FILIP } else { DIGITS };
        assert_eq!(fit.coefficients.len(), results["coef"].as_object().unwrap().len(), "{}", case.id());
        let mut check = |what: String, got: f64, expected: f64| {
            let abs = if expected == 0.0 { 1e-6 } else { 0.0 };
            println!("{} {what}: {got:?} certified {expected:?}", case.id());
            if !agrees(got, expected, (rel, abs)) {
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
        // The covariance of Filip's slopes is singular to working precision: there is no F.
        if !exact && !is_filip {
            check("f".into(), s.f_statistic.unwrap(), results["f"].as_f64().unwrap());
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
