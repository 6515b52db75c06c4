//! Least squares with absorbed effects and clustered errors on the named problems: accuracy first, then time.
//!
//! Rows: `ISARD_BENCH_ROWS` (one million). Threads: `RAYON_NUM_THREADS`. What is timed is a fit with data in memory and
//! an empty cache: sample, absorption, coefficients, covariance, record. With `ISARD_BENCH_STAGES=10` the least time of
//! each of these steps in ten runs is printed instead; with `ISARD_BENCH_ENGINES=5` the engines side by side (`engines`).

mod engines;
mod problems;

use std::time::Instant;

use criterion::{BatchSize, Criterion};
use isard::absorb::{AbsorberCache, Effects};
use isard::design::{DesignMatrix, ModelVariables};
use isard::estimate::{Estimator, ModelRequest, Ols, finish, fit_model};
use isard::vcov::{Errors, covariance};
use problems::Problem;

/// Largest group mean of the residuals and largest correlation of residuals and regressors that a solution may have.
const ACCURATE: f64 = 1e-8;

fn main() {
    let rows = std::env::var("ISARD_BENCH_ROWS").ok().and_then(|text| text.parse::<f64>().ok()).unwrap_or(1e6) as usize;
    let stages = std::env::var("ISARD_BENCH_STAGES").ok().and_then(|text| text.parse::<usize>().ok());
    let only = std::env::args().nth(1).filter(|name| !name.starts_with('-'));
    if let Some(runs) = std::env::var("ISARD_BENCH_ENGINES").ok().and_then(|text| text.parse::<usize>().ok()) {
        engines::compare(rows, runs, only.as_deref());
        return;
    }
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    for draw in [problems::simple, problems::difficult, problems::window, problems::regional] {
        let problem = draw(rows);
        if stages.is_some() && only.as_ref().is_some_and(|only| only != problem.name) {
            continue;
        }
        let vars = problem.variables();
        check(&problem, &vars);
        let request = ModelRequest {
            errors: Errors::Cluster(vec![problem.effects[problem.cluster].0.to_string()]),
            ..ModelRequest::default()
        };
        if let Some(runs) = stages {
            time_stages(&problem, &request, &vars, runs);
            continue;
        }
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

/// Prints the least time of each step over several runs, in milliseconds.
fn time_stages(problem: &Problem, request: &ModelRequest, vars: &ModelVariables, runs: usize) {
    let mut least = [f64::INFINITY; 7];
    let names = [problem.cluster, problem.other_cluster()].map(|i| problem.effects[i].0.to_string());
    let two_way = Errors::Cluster(names.to_vec());
    for _ in 0..runs {
        let start = Instant::now();
        let mut at = 0.0;
        let mut times = Vec::new();
        let mut lap = || {
            let now = start.elapsed().as_secs_f64() * 1e3;
            times.push(now - std::mem::replace(&mut at, now));
        };
        let cache = AbsorberCache::new();
        let design = DesignMatrix::build(vars, Default::default()).expect("the problem has a sample");
        lap();
        let effects = Effects::of(&design).expect("the problem has effects");
        let shared = cache.absorber(&effects).expect("the effects are sound");
        lap();
        let columns: Vec<&[f64]> =
            std::iter::once(&design.outcome).chain(&design.regressors).map(|v| v.values.as_slice()).collect();
        cache.absorb(&shared, &columns).expect("the columns can be absorbed");
        lap();
        // What is absorbed is in the cache: this is the rest of the estimation.
        let estimate = Ols.fit(&design, &cache).expect("the problem can be estimated");
        lap();
        let rules = request.dialect.small_sample();
        let spread = covariance(&request.errors, &rules, &design, &estimate).expect("the errors are defined");
        finish(request, &design, &estimate, spread);
        lap();
        times.push(start.elapsed().as_secs_f64() * 1e3);
        let start = Instant::now();
        covariance(&two_way, &rules, &design, &estimate).expect("the errors are defined");
        times.push(start.elapsed().as_secs_f64() * 1e3);
        least.iter_mut().zip(&times).for_each(|(least, time)| *least = least.min(*time));
    }
    let names = ["design", "layout", "absorb", "estimate", "covariance", "all", "two-way covariance"];
    let told: Vec<String> = names.iter().zip(least).map(|(name, time)| format!("{name} {time:.1}")).collect();
    println!("{}: {}", problem.name, told.join(", "));
}

/// Recomputes the normal equations from the residuals, and compares the slope with the process.
fn check(problem: &Problem, vars: &ModelVariables) {
    let design = DesignMatrix::build(vars, Default::default()).expect("the problem has a sample");
    let estimate = Ols.fit(&design, &AbsorberCache::new()).expect("the problem can be estimated");
    let influence = estimate.linear().unwrap();
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
