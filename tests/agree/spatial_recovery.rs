//! Simulated panels with effects of regions and periods: `rho`, `lambda`, coefficients and impacts come back, and intervals of 95 % hold the truth as
//! often as they say.

use std::sync::Arc;

use isard::absorb::AbsorberCache;
use isard::design::{DesignMatrix, ModelVariables};
use isard::estimate::spatial::{Determinant, EffectsRule, SpatialLayout, SpatialRequest, SpatialTerms, fit_spatial};
use isard::estimate::{Fit, ModelRequest};
use isard::linalg::SparseMatrix;
use isard::monte::Streams;
use isard::panel::Factor;

/// Regions on the sides of a square without borders.
const SIDE: usize = 7;
const PERIODS: usize = 6;
const B: f64 = 1.0;
const T: f64 = 0.5;

fn torus() -> SparseMatrix {
    let at = |i: usize, j: usize| ((i % SIDE) * SIDE + j % SIDE) as u32;
    let rows: Vec<Vec<(u32, f64)>> = (0..SIDE * SIDE)
        .map(|k| {
            let (i, j) = (k / SIDE, k % SIDE);
            [at(i + 1, j), at(i + SIDE - 1, j), at(i, j + 1), at(i, j + SIDE - 1)].map(|k| (k, 0.25)).to_vec()
        })
        .collect();
    SparseMatrix::from_rows(SIDE * SIDE, &rows)
}

/// A true value, and the estimates of it with their errors.
struct Tally {
    name: &'static str,
    truth: f64,
    found: Vec<(f64, f64)>,
}

impl Tally {
    fn coverage(&self) -> f64 {
        let inside = self.found.iter().filter(|(value, error)| (value - self.truth).abs() <= 1.959964 * error);
        inside.count() as f64 / self.found.len() as f64
    }

    fn mean(&self) -> (f64, f64) {
        let n = self.found.len() as f64;
        let mean = self.found.iter().map(|(value, _)| value).sum::<f64>() / n;
        let variance = self.found.iter().map(|(value, _)| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
        (mean, (variance / n).sqrt())
    }
}

/// Panels of a Durbin model (`parameter` is `rho`) or of a Durbin error model (`lambda`), each fitted.
fn simulate(terms: SpatialTerms, parameter: f64, draws: u64) -> Vec<Tally> {
    let w = torus();
    let n = w.n_rows();
    let determinant = Determinant::new(Arc::new(w.clone()));
    let factor = determinant.factor(parameter).unwrap();
    let name = if terms.lag { "rho" } else { "lambda" };
    let (total, direct) = if terms.lag {
        let g = determinant.value(parameter).unwrap().1 / n as f64;
        ((B + T) / (1.0 - parameter), B * (1.0 + parameter * g) + T * g)
    } else {
        (B + T, B)
    };
    let tally = |name, truth| Tally { name, truth, found: Vec::new() };
    let mut out = vec![
        tally(name, parameter),
        tally("x", B),
        tally("spatial_lag(x, w)", T),
        tally("direct", direct),
        tally("indirect", total - direct),
        tally("total", total),
    ];
    for draw in 0..draws {
        let mut stream = Streams::new(2024).stream(name, draw);
        let effects: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for t in 0..PERIODS {
            let own: Vec<f64> = effects.iter().map(|a| 0.5 * a + stream.normal()).collect();
            let lag = w.times(&own);
            let e: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
            let mean: Vec<f64> = (0..n).map(|i| B * own[i] + T * lag[i] + effects[i] + 0.3 * t as f64).collect();
            y.extend(if terms.lag {
                factor.solve(&mean.iter().zip(&e).map(|(m, e)| m + e).collect::<Vec<_>>())
            } else {
                mean.iter().zip(factor.solve(&e)).map(|(m, u)| m + u).collect()
            });
            x.extend(own);
        }
        let fit = fit(terms, &w, x, y);
        for tally in &mut out {
            let impact = fit.spatial.as_ref().unwrap().impacts.first();
            let coefficient = fit.coefficients.iter().find(|c| c.term == tally.name);
            tally.found.push(match (coefficient, impact, tally.name) {
                (Some(c), _, _) => (c.estimate, c.std_error),
                (None, Some(impacts), "direct") => (impacts.direct.estimate, impacts.direct.std_error),
                (None, Some(impacts), "indirect") => (impacts.indirect.estimate, impacts.indirect.std_error),
                (None, Some(impacts), _) => (impacts.total.estimate, impacts.total.std_error),
                (None, None, name) => panic!("{name}"),
            });
        }
    }
    out
}

fn fit(terms: SpatialTerms, w: &SparseMatrix, x: Vec<f64>, y: Vec<f64>) -> Fit {
    let n = w.n_rows();
    let factor = |of: fn(usize, usize) -> usize| {
        let texts: Vec<String> = (0..y.len()).map(|k| format!("{:04}", of(k, n))).collect();
        Factor::from_values(texts.iter().map(|text| Some(text.as_str())))
    };
    let variables = ModelVariables::new(("y", y.clone()), vec![("x", x)])
        .absorb("unit", factor(|k, n| k % n))
        .absorb("time", factor(|k, n| k / n));
    let design = DesignMatrix::build(&variables, Default::default()).unwrap();
    let mut request = SpatialRequest::new(terms, "w", SpatialLayout::repeated(w.clone(), PERIODS));
    request.effects = EffectsRule::LeeYu;
    request.draws = 0;
    fit_spatial(&ModelRequest::default(), &design, &request, &AbsorberCache::new()).unwrap()
}

fn check(draws: u64) {
    let lag = SpatialTerms { lag: true, durbin: true, error: false };
    let error = SpatialTerms { error: true, durbin: true, lag: false };
    for (terms, parameter) in [(lag, 0.4), (error, 0.5)] {
        for tally in simulate(terms, parameter, draws) {
            let ((mean, error), coverage) = (tally.mean(), tally.coverage());
            println!("{}: true {:.4}, mean {mean:.4} ({error:.4}), coverage {coverage:.3}", tally.name, tally.truth);
            // Four errors of the mean, and a small bias of the likelihood; four errors of a share.
            assert!((mean - tally.truth).abs() < 4.0 * error + 0.02, "{}: {mean} {}", tally.name, tally.truth);
            let spread = (0.95f64 * 0.05 / draws as f64).sqrt();
            assert!((coverage - 0.95).abs() < 4.0 * spread + 0.01, "{}: {coverage}", tally.name);
        }
    }
}

#[test]
fn simulated_panels_come_back() {
    check(40);
}

/// `cargo test --release --test isard -- --ignored --nocapture simulated_panels_come_back_often`
#[test]
#[ignore = "a thousand panels"]
fn simulated_panels_come_back_often() {
    check(1000);
}
