//! Errors of measurement: corrections against the truth that data were drawn with, and against each other.

use std::sync::Arc;

use isard::absorb::AbsorberCache;
use isard::design::{DesignMatrix, ModelVariables};
use isard::estimate::{ModelRequest, fit_design};
use isard::infer::measurement::{KnownErrors, MeasurementError, MeasurementRequest, with_errors_in};
use isard::infer::record::Inferred;
use isard::monte::Streams;

const ROWS: usize = 20_000;
const SLOPE: f64 = -0.3;
const ERROR: f64 = 0.5;

/// `y* = -0.3 x* + 0.5 z + e`; observed are `x = x* + u` and `y = y* - u`, and bounds that hold `x*` for sure.
fn drawn() -> (DesignMatrix, Vec<f64>) {
    let mut stream = Streams::new(3).stream("measurement", 0);
    let (mut x, mut y, mut z, mut truth) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROWS {
        let (own, other) = (stream.normal(), stream.normal());
        let known = own + 0.4 * other;
        let error = ERROR * stream.normal();
        truth.push(known);
        x.push(known + error);
        z.push(other);
        y.push(SLOPE * known + 0.5 * other + 0.3 * stream.normal() - error);
    }
    let variables = ModelVariables::new(("y", y), vec![("x", x), ("z", z)]);
    (DesignMatrix::build(&variables, Default::default()).unwrap(), truth)
}

fn answer(design: &DesignMatrix, errors: KnownErrors, outcome: f64) -> Result<Inferred, MeasurementError> {
    let (request, cache) = (ModelRequest::default(), AbsorberCache::new());
    let (fit, estimate) = fit_design(&request, design, &cache).unwrap();
    let asked = MeasurementRequest { term: "x".into(), outcome, errors, draws: 20, seed: 1 };
    with_errors_in(&asked, &request, design, (&fit, &estimate), &cache)
}

#[test]
fn a_known_reliability_gives_the_truth() {
    let (design, _) = drawn();
    // Var x* = 1.16, Var u = 0.25.
    let found = answer(&design, KnownErrors::Reliability(1.16 / 1.41), -1.0).unwrap();
    assert!((found.estimate - SLOPE).abs() < 4.0 * found.std_error && found.std_error < 0.02, "{found:?}");
    let naive = answer(&design, KnownErrors::Reliability(1.0), -1.0).unwrap();
    assert!(naive.estimate < SLOPE - 0.1, "{naive:?}");
    let (fit, _) = fit_design(&ModelRequest::default(), &design, &AbsorberCache::new()).unwrap();
    assert!((naive.estimate - fit.coefficients[1].estimate).abs() < 1e-10);
    assert!((naive.std_error - fit.coefficients[1].std_error).abs() < 1e-10);
    let fault = answer(&design, KnownErrors::Reliability(0.1), -1.0).unwrap_err();
    assert!(fault.to_string().contains("the reliability is too low"), "{fault}");
}

/// Extrapolation by a parabola takes out most of the bias, and goes the way of the correction.
#[test]
fn extrapolation_goes_towards_the_truth() {
    let (design, _) = drawn();
    let naive = answer(&design, KnownErrors::Reliability(1.0), -1.0).unwrap().estimate;
    let found = answer(&design, KnownErrors::Deviation(ERROR), -1.0).unwrap();
    assert!((found.estimate - SLOPE).abs() < 0.3 * (naive - SLOPE).abs(), "{found:?}, and {naive} without");
    assert!(found.std_error > 0.0 && found.std_error < 0.05);
    let none = answer(&design, KnownErrors::Deviation(1e-9), -1.0).unwrap();
    assert!((none.estimate - naive).abs() < 1e-6);
}

#[test]
fn intervals_of_no_width_change_nothing() {
    let (mut design, truth) = drawn();
    let same = Arc::clone(&design.regressors[0].values);
    let naive = answer(&design, KnownErrors::Reliability(1.0), -1.0).unwrap();
    let found = answer(&design, KnownErrors::Intervals(Arc::clone(&same), same), -1.0).unwrap();
    assert!((found.estimate - naive.estimate).abs() < 1e-12 && (found.std_error - naive.std_error).abs() < 1e-12);
    // Intervals around the truth, of a value without error: draws attenuate by their own variance, 0.2² / 12.
    let observed = design.regressors[0].values.to_vec();
    let y: Vec<f64> =
        design.outcome.values.iter().zip(observed.iter().zip(&truth)).map(|(y, (x, t))| y + x - t).collect();
    design.outcome.values = Arc::new(y);
    design.regressors[0].values = Arc::new(truth.clone());
    let bound = |step: f64| Arc::new(truth.iter().map(|x| x + step).collect::<Vec<f64>>());
    let found = answer(&design, KnownErrors::Intervals(bound(-0.1), bound(0.1)), 0.0).unwrap();
    let expected = SLOPE / (1.0 + 0.04 / 12.0);
    assert!((found.estimate - expected).abs() < 4.0 * found.std_error, "{found:?}");
    let fit = answer(&design, KnownErrors::Reliability(1.0), 0.0).unwrap();
    assert!(found.std_error > fit.std_error, "{found:?} and {fit:?}");
}
