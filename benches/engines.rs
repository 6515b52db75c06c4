//! Engines side by side: the choice that is made by itself against each engine alone, set-up and four columns together.
//!
//! The problems of the ledger, workers who move at several rates, and markets that hardly touch. Each line has the least
//! time of some runs and the largest group mean that is left, in standard deviations of the column, so that times are
//! compared at the accuracy that was reached.

use std::time::Instant;

use isard::absorb::{Absorber, Effects, Projections, SolverChoice};
use isard::design::{DesignMatrix, ModelVariables};
use isard::panel::Factor;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use within::{Design, Effect, LsmrOptions, PreconditionerConfig};

use crate::problems;

/// Columns that are absorbed together.
const COLUMNS: usize = 4;

/// Iterations after which projections alone have failed.
const PATIENCE: usize = 1_000;

/// Tolerance of the crate alone: what it takes to leave group means as small as the others do.
const CRATE_TOLERANCE: f64 = 1e-10;

/// Seconds after which an engine is not run again.
const LONG: f64 = 3.0;

/// Draws the variables of a problem.
type Draw = Box<dyn Fn() -> ModelVariables>;

/// Prints the table, of one problem if one is named.
pub fn compare(rows: usize, runs: usize, only: Option<&str>) {
    let mobility = move |rate: f64| moves(rows, rate, 1);
    let problems: Vec<(&str, Draw)> = vec![
        ("simple", Box::new(move || problems::simple(rows).variables())),
        ("difficult", Box::new(move || problems::difficult(rows).variables())),
        ("window", Box::new(move || problems::window(rows).variables())),
        ("regional", Box::new(move || problems::regional(rows).variables())),
        ("mobility 50%", Box::new(move || mobility(0.5))),
        ("mobility 10%", Box::new(move || mobility(0.1))),
        ("mobility 2%", Box::new(move || mobility(0.02))),
        ("50 markets", Box::new(move || moves(rows, 0.5, 50))),
    ];
    for (name, draw) in problems.iter().filter(|(name, _)| only.is_none_or(|only| only == *name)) {
        let design = DesignMatrix::build(&draw(), Default::default()).expect("the problem has a sample");
        let effects = Effects::of(&design).expect("the problem has effects");
        let columns = columns(&design);
        for (engine, choice) in [("auto", SolverChoice::Auto), ("projections", SolverChoice::Projections)] {
            let mut effects = effects.clone();
            effects.settings.solver = choice;
            if choice == SolverChoice::Projections {
                effects.settings.iterations = PATIENCE;
                effects.settings.accept_unconverged = true;
            }
            let (seconds, left) = least(runs, || by_isard(&effects, &columns));
            tell(name, engine, seconds, largest_mean(&effects, &columns, &left));
        }
        let (seconds, left) = least(runs, || by_crate(&effects, &columns));
        tell(name, "within alone", seconds, largest_mean(&effects, &columns, &left));
    }
}

fn tell(problem: &str, engine: &str, seconds: f64, mean: f64) {
    println!("{problem:<14} {engine:<14} {:>9.1} ms, group means to {mean:.0e}", seconds * 1e3);
}

fn by_isard(effects: &Effects, columns: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let absorber = Projections::new(effects).expect("the effects are sound");
    let mut left = columns.to_vec();
    let mut views: Vec<&mut [f64]> = left.iter_mut().map(Vec::as_mut_slice).collect();
    absorber.absorb_all(&mut views).expect("the columns can be absorbed");
    left
}

/// The crate as it comes: its own choice of preconditioner, on all threads.
fn by_crate(effects: &Effects, columns: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let terms = effects.terms.iter().map(|term| Effect::new(&term.factor.codes, true, []).expect("codes are dense"));
    let design = Design::new(terms).expect("the effects are sound");
    let solver = within::Solver::new(design, None, PreconditionerConfig::default()).expect("the effects are sound");
    let options = LsmrOptions { tol: CRATE_TOLERANCE, maxiter: 5_000, local_size: Some(10) };
    let views: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let solved = solver.solve_batch(&views, &options).expect("the columns can be absorbed");
    (0..columns.len()).map(|k| solved.demeaned(k).to_vec()).collect()
}

/// The least time of some runs, fewer if they are long, and what the last one left.
fn least(runs: usize, work: impl Fn() -> Vec<Vec<f64>>) -> (f64, Vec<Vec<f64>>) {
    let mut best = f64::INFINITY;
    let mut left = Vec::new();
    for _ in 0..runs.max(1) {
        let start = Instant::now();
        left = work();
        let seconds = start.elapsed().as_secs_f64();
        best = best.min(seconds);
        if seconds > LONG {
            break;
        }
    }
    (best, left)
}

/// Outcome and regressors, and noise to make up the number.
fn columns(design: &DesignMatrix) -> Vec<Vec<f64>> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut out: Vec<Vec<f64>> =
        std::iter::once(&design.outcome).chain(&design.regressors).map(|v| v.values.to_vec()).collect();
    while out.len() < COLUMNS {
        out.push((0..design.n_rows()).map(|_| StandardNormal.sample(&mut rng)).collect());
    }
    out
}

fn largest_mean(effects: &Effects, columns: &[Vec<f64>], left: &[Vec<f64>]) -> f64 {
    let mut largest = 0.0f64;
    for (column, left) in columns.iter().zip(left) {
        let scale = (column.iter().map(|v| v * v).sum::<f64>() / column.len() as f64).sqrt();
        for term in &effects.terms {
            let mut sums = vec![(0.0f64, 0.0f64); term.factor.n_levels];
            for (&code, v) in term.factor.codes.iter().zip(left) {
                sums[code as usize].0 += v;
                sums[code as usize].1 += 1.0;
            }
            largest = sums.iter().map(|(sum, n)| (sum / n).abs() / scale).fold(largest, f64::max);
        }
    }
    largest
}

/// Workers who change firms in a share of ten years, in markets between which one move in a thousand goes.
fn moves(n: usize, rate: f64, markets: u32) -> ModelVariables {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let workers = (n / 10).max(1) as u32;
    let firms = (workers / 23).max(markets);
    let (mut worker, mut firm, mut year) = (Vec::new(), Vec::new(), Vec::new());
    let mut y: Vec<f64> = Vec::new();
    for w in 0..workers {
        let draw = |market: u32, rng: &mut ChaCha8Rng| rng.random_range(0..firms / markets) * markets + market;
        let mut at = draw(w % markets, &mut rng);
        for t in 0..10 {
            if t > 0 && rng.random::<f64>() < rate {
                let away = markets > 1 && rng.random::<f64>() < 1e-3;
                let market = if away { rng.random_range(0..markets) } else { w % markets };
                at = draw(market, &mut rng);
            }
            let noise: f64 = StandardNormal.sample(&mut rng);
            y.push(noise + (f64::from(w) * 0.7).sin() + (f64::from(at) * 0.3).cos());
            worker.push(w);
            firm.push(at);
            year.push(t);
        }
    }
    let factor = |codes: Vec<u32>, bound: u32| Factor::new(codes, (0..bound).map(|l| l.to_string()).collect());
    ModelVariables::new(("y", y), vec![])
        .absorb("worker", factor(worker, workers))
        .absorb("year", factor(year, 10))
        .absorb("firm", factor(firm, firms))
        .keep_singletons()
}
