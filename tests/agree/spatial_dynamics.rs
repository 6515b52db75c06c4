//! Dynamic spatial panels: the correction of the bias by sums of powers and dense matrices, and simulated panels that come back.

use isard::absorb::AbsorberCache;
use isard::design::{DesignMatrix, ModelVariables};
use isard::estimate::spatial::{Dynamics, EffectsRule, SpatialLayout, SpatialRequest, SpatialTerms, fit_spatial};
use isard::estimate::{Fit, ModelRequest};
use isard::linalg::SparseMatrix;
use isard::monte::Streams;
use isard::panel::Factor;
use nalgebra::{DMatrix, DVector};

const SIDE: usize = 6;
const N: usize = SIDE * SIDE;
const PERIODS: usize = 8;
const TAU: f64 = 0.5;
const RHO: f64 = 0.3;
const ETA: f64 = -0.1;
const B: f64 = 1.0;
const THETA: f64 = 0.4;

/// Neighbours on a board with borders: rows sum to one, columns do not.
fn board() -> SparseMatrix {
    let mut rows = vec![Vec::new(); N];
    for (k, row) in rows.iter_mut().enumerate() {
        let (i, j) = (k / SIDE, k % SIDE);
        let mut near = Vec::new();
        near.extend((i > 0).then(|| k - SIDE));
        near.extend((j > 0).then(|| k - 1));
        near.extend((j + 1 < SIDE).then(|| k + 1));
        near.extend((i + 1 < SIDE).then(|| k + SIDE));
        row.extend(near.iter().map(|&s| (s as u32, 1.0 / near.len() as f64)));
    }
    SparseMatrix::from_rows(N, &rows)
}

fn dense(w: &SparseMatrix) -> DMatrix<f64> {
    let mut out = DMatrix::zeros(N, N);
    w.entries().for_each(|(i, j, v)| out[(i, j)] = v);
    out
}

/// Outcome, outcome of the period before and regressor, by period.
struct Drawn {
    y: Vec<f64>,
    before: Vec<f64>,
    x: Vec<f64>,
}

fn drawn(draw: u64) -> Drawn {
    let w = dense(&board());
    let inverse = (DMatrix::identity(N, N) - RHO * &w).try_inverse().unwrap();
    let mut stream = Streams::new(7).stream("dynamic", draw);
    let effects = DVector::from_vec(stream.normals(N, 1.0));
    let mut y = DVector::zeros(N);
    let mut out = Drawn { y: Vec::new(), before: Vec::new(), x: Vec::new() };
    for t in 0..PERIODS + 40 {
        let x = 0.5 * &effects + DVector::from_vec(stream.normals(N, 1.0));
        let e = DVector::from_vec(stream.normals(N, 1.0));
        let period = DVector::from_element(N, 0.2 * (t as f64).sin());
        let next = &inverse * (TAU * &y + ETA * (&w * &y) + B * &x + THETA * (&w * &x) + &effects + period + e);
        if t >= 40 {
            out.y.extend(next.iter());
            out.before.extend(y.iter());
            out.x.extend(x.iter());
        }
        y = next;
    }
    out
}

fn fit(of: &Drawn, both: bool, effects: EffectsRule, correct: bool) -> Fit {
    let factor = |of: fn(usize) -> usize| {
        let texts: Vec<String> = (0..N * PERIODS).map(|k| format!("{:04}", of(k))).collect();
        Factor::from_values(texts.iter().map(|text| Some(text.as_str())))
    };
    let columns = vec![("lag(y)", of.before.clone()), ("x", of.x.clone())];
    let mut variables = ModelVariables::new(("y", of.y.clone()), columns).absorb("unit", factor(|k| k % N));
    if both {
        variables = variables.absorb("time", factor(|k| k / N));
    }
    let design = DesignMatrix::build(&variables, Default::default()).unwrap();
    let terms = SpatialTerms { lag: true, durbin: true, error: false };
    let mut request = SpatialRequest::new(terms, "w", SpatialLayout::repeated(board(), PERIODS));
    (request.effects, request.draws) = (effects, 0);
    request.dynamics = Dynamics { time: Some("lag(y)".into()), space_time: None, correct: Some(correct) };
    fit_spatial(&ModelRequest::default(), &design, &request, &AbsorberCache::new()).unwrap()
}

/// `tau`, `b`, `eta`, `theta`, `rho` in the order of the coefficients, and the variance.
fn parameters(fit: &Fit) -> DVector<f64> {
    let variance = fit.spatial.as_ref().unwrap().variance;
    DVector::from_iterator(6, fit.coefficients.iter().map(|c| c.estimate).chain([variance]))
}

/// The corrected parameters from those that are not, without the shortcuts: `phi` as Yu, de Jong and Lee (2008) have it, a sum over powers of `A`.
fn by_hand(of: &Drawn, at: &DVector<f64>, both: bool, direct: bool) -> DVector<f64> {
    let (n, t) = (N as f64, PERIODS as f64);
    let w = dense(&board());
    let identity = DMatrix::<f64>::identity(N, N);
    let j = if both { &identity - DMatrix::from_element(N, N, 1.0 / n) } else { identity.clone() };
    let net = |values: &[f64]| -> DMatrix<f64> {
        let m = DMatrix::from_column_slice(N, PERIODS, values);
        let mean = m.column_mean();
        &j * DMatrix::from_fn(N, PERIODS, |i, s| m[(i, s)] - mean[i])
    };
    let lagged = |values: &[f64]| (&w * DMatrix::from_column_slice(N, PERIODS, values)).as_slice().to_vec();
    let columns = [net(&of.before), net(&of.x), net(&lagged(&of.before)), net(&lagged(&of.x))];
    let (tau, eta, rho, s2) = (at[0], at[2], at[4], at[5]);
    let s_inverse = (&identity - rho * &w).try_inverse().unwrap();
    let a = &s_inverse * (tau * &identity + eta * &w);
    let mut sum = identity.clone();
    let mut power = identity.clone();
    for _ in 0..2000 {
        power = &power * &a;
        sum += &power;
    }
    let d = &sum * &s_inverse;
    let g = &w * &s_inverse;
    let trace = |m: &DMatrix<f64>| (&j * m).trace();
    let dimensions = if both { n - 1.0 } else { n };
    let mut phi = DVector::zeros(6);
    phi[0] = trace(&d);
    phi[2] = trace(&(&w * &d));
    phi[4] = tau * trace(&(&g * &d)) + eta * trace(&(&g * &w * &d)) + trace(&g);
    phi[5] = dimensions / (2.0 * s2);
    let transformed = if direct { identity.clone() } else { j.clone() };
    if direct {
        phi[4] += t / (1.0 - rho);
        phi[5] += t / (2.0 * s2);
    }
    let g = &transformed * g * &transformed;
    let mut fitted = DMatrix::zeros(N, PERIODS);
    columns.iter().zip(at.iter()).for_each(|(c, b)| fitted += *b * c);
    let moved = &g * fitted;
    let mut information = DMatrix::zeros(6, 6);
    for i in 0..4 {
        for k in 0..4 {
            information[(i, k)] = columns[i].dot(&columns[k]) / s2;
        }
        let cross = columns[i].dot(&moved) / s2;
        (information[(i, 4)], information[(4, i)]) = (cross, cross);
    }
    information[(4, 4)] = t * ((&g * &g).trace() + (&g * g.transpose()).trace()) + moved.norm_squared() / s2;
    (information[(4, 5)], information[(5, 4)]) = (t * g.trace() / s2, t * g.trace() / s2);
    let counted = if direct { n * t } else { dimensions * t };
    information[(5, 5)] = counted / (2.0 * s2 * s2);
    at + information.lu().solve(&phi).unwrap()
}

#[test]
fn the_correction_is_that_of_sums_of_powers() {
    let of = drawn(0);
    let cases = [(false, EffectsRule::LeeYu), (true, EffectsRule::LeeYu), (true, EffectsRule::Direct)];
    for (both, effects) in cases {
        let plain = parameters(&fit(&of, both, effects, false));
        let corrected = fit(&of, both, effects, true);
        assert!(corrected.spatial.as_ref().unwrap().bias_corrected);
        let (ours, by_hand) = (parameters(&corrected), by_hand(&of, &plain, both, effects == EffectsRule::Direct));
        let apart = (&ours - &by_hand).amax();
        assert!(apart < 1e-9, "{both} {effects:?}: {ours} against {by_hand}");
        assert!((&ours - &plain).amax() > 0.01, "it moves the estimates");
    }
}

/// What simulations say of one coefficient.
struct Tally {
    name: &'static str,
    truth: f64,
    plain: f64,
    corrected: f64,
    /// Of the mean of the corrected ones.
    error: f64,
    coverage: f64,
}

fn simulated(draws: u64) -> Vec<Tally> {
    let truths = [("tau", TAU), ("b", B), ("eta", ETA), ("theta", THETA), ("rho", RHO)];
    let mut found = vec![Vec::new(); 5];
    for draw in 0..draws {
        let of = drawn(draw);
        let (plain, corrected) = (fit(&of, true, EffectsRule::LeeYu, false), fit(&of, true, EffectsRule::LeeYu, true));
        for (k, list) in found.iter_mut().enumerate() {
            let c = &corrected.coefficients[k];
            list.push((plain.coefficients[k].estimate, c.estimate, c.std_error));
        }
    }
    let n = draws as f64;
    let summary = |(name, truth): (&'static str, f64), list: &[(f64, f64, f64)]| {
        let mean = |f: &dyn Fn(&(f64, f64, f64)) -> f64| list.iter().map(f).sum::<f64>() / n;
        let (plain, corrected) = (mean(&|one| one.0), mean(&|one| one.1));
        let error = (mean(&|one| (one.1 - corrected).powi(2)) / (n - 1.0)).sqrt();
        let coverage = mean(&|one| f64::from(u8::from((one.1 - truth).abs() <= 1.959964 * one.2)));
        Tally { name, truth, plain, corrected, error, coverage }
    };
    truths.into_iter().zip(&found).map(|(truth, list)| summary(truth, list)).collect()
}

fn check(draws: u64) {
    for Tally { name, truth, plain, corrected, error, coverage } in simulated(draws) {
        println!(
            "{name}: true {truth}, not corrected {plain:.4}, corrected {corrected:.4} ({error:.4}), coverage {coverage:.3}"
        );
        // What is left is of the order 1 / T^2.
        assert!((corrected - truth).abs() < 4.0 * error + 0.02, "{name}: {corrected}");
        let spread = (0.95f64 * 0.05 / draws as f64).sqrt();
        // Of eight periods a bias of the order 1 / T^2 is left, a sixth of an error of tau.
        assert!((coverage - 0.95).abs() < 4.0 * spread + 0.05, "{name}: {coverage}");
        if name == "tau" {
            assert!(plain < truth - 0.05, "without the correction the bias is plain: {plain}");
        }
    }
}

#[test]
fn simulated_dynamic_panels_come_back() {
    check(30);
}

#[test]
#[ignore = "a thousand panels"]
fn simulated_dynamic_panels_come_back_often() {
    check(1000);
}
