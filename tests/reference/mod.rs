//! Numbers of other programs: every case of `cases/`, through the library.

pub mod case;
mod cigarettes;
mod clubs;
mod compare;
mod contiguity;
mod count_models;
mod distance_decay;
mod dynamic_panel;
mod errors;
mod grouping;
mod incidental;
mod inference;
mod instruments;
mod local;
mod panel;
mod panel_diagnostics;
mod panel_estimators;
mod points;

mod published;
mod sensitivity;
mod shift_share;
mod similarity;
mod spatial;
mod strong_clusters;
mod systems;
mod weights;
mod wild_bootstrap;

use std::path::Path;

use case::Case;
use compare::Comparison;
use isard::absorb::AbsorberCache;
use isard::design::{DesignMatrix, ModelVariables, SharedColumns};
use isard::estimate::{Estimate, EstimateError, ModelRequest, design_model, finish};
use isard::vcov::covariance;

/// Sample and estimate of a case, the sample decided anew where rows are separated.
fn estimate(
    case: &Case,
    vars: &mut ModelVariables,
    cache: &AbsorberCache,
) -> Result<(DesignMatrix, Estimate), EstimateError> {
    let method = case.method();
    let request = ModelRequest { method: Some(method.clone()), ..ModelRequest::default() };
    loop {
        let design = design_model(&request, vars, &SharedColumns::new())?;
        match method.fit(&design, &request.errors, cache) {
            Err(EstimateError::Separated(found)) => vars.separated.push(found.mask(vars.outcome.1.len())),
            done => return Ok((design, done?.0)),
        }
    }
}

/// Runs one case and compares all its numbers.
fn check(case: &Case, cache: &AbsorberCache) -> Result<Vec<String>, String> {
    let data = crate::csv::data_file("tests/reference/data", case.data()).ok_or("data not distributed")?;
    let errors = case.errors()?;
    let mut vars = case.variables(&crate::csv::Csv::read(&data));
    let (design, estimate) = estimate(case, &mut vars, cache).map_err(|e| e.to_string())?;
    let covariance = covariance(&errors, &case.rules(), &design, &estimate).map_err(|e| e.to_string())?;
    let request = ModelRequest { errors, ..ModelRequest::default() };
    let fit = finish(&request, &design, &estimate, covariance);
    Ok(Comparison::of(&fit, case).faults)
}

#[test]
fn ols_family() {
    family("ols");
}

#[test]
fn poisson_family() {
    family("poisson");
}

#[test]
fn negative_binomial_family() {
    family("negbin");
}

#[test]
fn binary_family() {
    family("binary");
}

fn family(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/reference/cases/{name}.json"));
    let cases = Case::read(&path);
    let cache = AbsorberCache::new();
    let (mut passed, mut skipped, mut failed) = (0, Vec::new(), Vec::new());
    for case in &cases {
        match check(case, &cache) {
            Ok(faults) if faults.is_empty() => passed += 1,
            Ok(faults) => failed.push(format!("{}:\n    {}", case.id(), faults.join("\n    "))),
            Err(reason) => skipped.push(format!("{}: {reason}", case.id())),
        }
    }
    println!("{passed} of {} cases agree; not attempted:\n  {}", cases.len(), skipped.join("\n  "));
    assert!(failed.is_empty(), "{} cases differ:\n  {}", failed.len(), failed.join("\n  "));
    let unexpected: Vec<&String> = skipped.iter().filter(|line| !case::may_be_skipped(line)).collect();
    assert!(unexpected.is_empty(), "not attempted without a known reason: {unexpected:?}");
}
