//! Least squares with absorbed effects and clustered errors on the named problems: accuracy first, then time.
//!
//! Rows: `ISARD_BENCH_ROWS` (one million). Threads: `RAYON_NUM_THREADS`. What is timed is a fit with data in memory and
//! an empty cache: sample, absorption, coefficients, covariance, record.

mod problems;

use criterion::{BatchSize, Criterion};
use isard::absorb::AbsorberCache;
use isard::design::{DesignMatrix, ModelVariables};
use isard::estimate::{Estimator, ModelRequest, Ols, Spread, fit_model};
use isard::vcov::Errors;
use problems::Problem;

/// Largest group mean of the residuals and largest correlation of residuals and regressors that a solution may have.
const ACCURATE: f64 = 1e-8;

fn main() {
    let rows = std::env::var("ISARD_BENCH_ROWS").ok().and_then(|text| text.parse::<f64>().ok()).unwrap_or(1e6) as usize;
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    for draw in [problems::simple, problems::difficult, problems::window, problems::regional] {
        let problem = draw(rows);
        let vars = problem.variables();
        check(&problem, &vars);
        let request = ModelRequest {
            errors: Errors::Cluster(vec![problem.effects[problem.cluster].0.to_string()]),
            ..ModelRequest::default()
        };
        criterion.bench_function(&format!("ols/{}/{rows}", problem.name), |bencher| {
            bencher.iter_batched(
                AbsorberCache::new,
                |cache| fit_model(&request, &vars, &cache),
                BatchSize::PerIteration,
            );
        });
    }
    criterion.final_summary();
}

/// Recomputes the normal equations from the residuals, and compares the slope with the process.
fn check(problem: &Problem, vars: &ModelVariables) {
    let design = DesignMatrix::build(vars, Default::default()).expect("the problem has a sample");
    let estimate = Ols.fit(&design, &AbsorberCache::new()).expect("the problem can be estimated");
    let Spread::Influence(influence) = &estimate.spread;
    let e = &influence.residuals;
    let scale = (e.iter().map(|e| e * e).sum::<f64>() / e.len() as f64).sqrt();
    let mut worst = 0.0f64;
    for effect in &design.absorbed {
        let mut sums = vec![(0.0f64, 0.0f64); effect.factor.n_levels];
        for (&code, e) in effect.factor.codes.iter().zip(e) {
            sums[code as usize].0 += e;
            sums[code as usize].1 += 1.0;
        }
        worst = sums.iter().map(|(sum, count)| (sum / count).abs() / scale).fold(worst, f64::max);
    }
    for regressor in &design.regressors {
        let product: f64 = regressor.values.iter().zip(e).map(|(x, e)| x * e).sum();
        let size: f64 = regressor.values.iter().map(|x| x * x).sum::<f64>().sqrt();
        worst = worst.max(product.abs() / (size * scale * (e.len() as f64).sqrt()));
    }
    let slope = estimate.coefficients[0];
    println!(
        "{}: {} rows, slope {slope:.10} (process {}), normal equations to {worst:.1e}, {:?}",
        problem.name,
        design.n_rows(),
        problem.slope,
        estimate.convergence
    );
    estimate.notes.iter().for_each(|note| println!("  {note}"));
    assert!(worst < ACCURATE, "{}: normal equations hold only to {worst:.1e}", problem.name);
    assert!((slope - problem.slope).abs() < 0.05 * problem.slope.max(0.2), "{}: slope {slope}", problem.name);
}
