//! Bias, dispersion and coverage of counts and choices with absorbed effects by simulation:
//!
//!     cargo run --release --example counts_and_choices -- 500
//!
//! draws as many panels (200 if no number is given) of 100 units over 8 and over 20 periods, `η_it = 0.5 x_it + α_i + δ_t` with `x_it` half of which is
//! the unit's effect, and prints a row for each method: the mean estimate, its error in Monte Carlo standard errors, the
//! standard deviation of the estimates, the mean standard error, and how many of the 95 % intervals hold the truth. Errors are
//! clustered by unit for counts (whose Poisson is overdispersed by a gamma variable of variance one half in every row) and come from the information for choices.
//! `docs/counts.md` has the table.

use isard::absorb::AbsorberCache;
use isard::design::ModelVariables;
use isard::estimate::likelihood::{Correction, Frailty};
use isard::estimate::{EstimateError, Family, Fit, Link, MaximumLikelihood, Method, ModelRequest, fit_model};
use isard::monte::{Stream, Streams};
use isard::panel::Factor;
use isard::vcov::Errors;
use rayon::prelude::*;

/// The slope that panels are drawn with.
const TRUTH: f64 = 0.5;

const UNITS: usize = 100;

/// What is estimated from what.
#[derive(Clone, Copy)]
struct Cell {
    name: &'static str,
    drawn: Family,
    model: MaximumLikelihood,
    errors: fn() -> Errors,
}

fn by_unit() -> Errors {
    Errors::Cluster(vec!["unit".to_string()])
}

fn iid() -> Errors {
    Errors::Iid
}

fn cells() -> Vec<Cell> {
    let logit = MaximumLikelihood::of(Family::Binomial(Link::Logit));
    let probit = MaximumLikelihood::of(Family::Binomial(Link::Probit));
    let cloglog = MaximumLikelihood::of(Family::Binomial(Link::Cloglog));
    let analytical = Some(Correction::Analytical { lags: 0 });
    let negbin = Family::NegativeBinomial { theta: 2.0 };
    let cell = |name, model: MaximumLikelihood, errors| Cell { name, drawn: model.family, model, errors };
    vec![
        Cell { name: "poisson", drawn: negbin, model: MaximumLikelihood::of(Family::Poisson), errors: by_unit },
        cell("negbin", MaximumLikelihood::of(negbin), by_unit),
        cell("logit", logit, iid),
        cell("logit, analytical", MaximumLikelihood { correction: analytical, ..logit }, iid),
        cell("logit, jackknife", MaximumLikelihood { correction: Some(Correction::Jackknife), ..logit }, iid),
        cell("probit", probit, iid),
        cell("probit, analytical", MaximumLikelihood { correction: analytical, ..probit }, iid),
        cell("cloglog", cloglog, iid),
        cell("cloglog, analytical", MaximumLikelihood { correction: analytical, ..cloglog }, iid),
        cell(
            "logit, normal frailty",
            MaximumLikelihood { frailty: Some(Frailty::Normal { points: 15 }), ..logit },
            iid,
        ),
    ]
}

/// A gamma variable with a whole or half shape, as a sum of exponential variables.
fn gamma(stream: &mut Stream, shape: usize) -> f64 {
    (0..shape).map(|_| -(1.0 - stream.uniform()).ln()).sum()
}

fn count(stream: &mut Stream, mean: f64) -> f64 {
    // Arrivals before time one.
    let (mut clock, mut n) = (0.0, 0.0);
    loop {
        clock -= (1.0 - stream.uniform()).ln();
        if clock > mean {
            return n;
        }
        n += 1.0;
    }
}

fn draw(cell: &Cell, periods: usize, replicate: u64) -> ModelVariables {
    let drawn = cell.drawn;
    let mut stream = Streams::new(2016).stream(&format!("{} {} {periods}", drawn.name(), drawn.link()), replicate);
    let is_count = matches!(drawn, Family::NegativeBinomial { .. });
    // Frailty is independent of regressors, effects need not be.
    let shared = if cell.model.frailty.is_some() { 0.0 } else { 0.5 };
    let (mut y, mut x, mut unit, mut time) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let of_time: Vec<f64> = (0..periods).map(|_| 0.3 * stream.normal()).collect();
    for i in 0..UNITS {
        let effect = stream.normal();
        for (t, of_time) in of_time.iter().enumerate() {
            let own = stream.normal() + shared * effect;
            let eta = TRUTH * own + effect + of_time;
            y.push(if is_count {
                let mixed = gamma(&mut stream, 2) / 2.0;
                count(&mut stream, eta.exp() * mixed)
            } else {
                f64::from(u8::from(stream.uniform() < drawn.mean(eta)))
            });
            x.push(own);
            unit.push(i as u32);
            time.push(t as u32);
        }
    }
    let levels = |n: usize| (0..n).map(|k| format!("{k:04}")).collect::<Vec<String>>();
    let unit = Factor::new(unit, levels(UNITS));
    let vars =
        ModelVariables::new(("y", y), vec![("x", x)]).cluster("unit", unit.clone()).of_unit("unit", unit.clone());
    let vars = if cell.model.frailty.is_some() { vars } else { vars.absorb("unit", unit) };
    vars.absorb("time", Factor::new(time, levels(periods)))
}

fn estimate(cell: &Cell, periods: usize, replicate: u64) -> Result<Fit, EstimateError> {
    let request = ModelRequest {
        method: Some(Method::Likelihood(cell.model)),
        errors: (cell.errors)(),
        ..ModelRequest::default()
    };
    fit_model(&request, &draw(cell, periods, replicate), &AbsorberCache::new())
}

/// Estimate, standard error, and whether the interval holds the truth, over the replicates that have an estimate.
fn row(cell: &Cell, periods: usize, replicates: u64) -> String {
    let of = |replicate: u64| {
        let fit = estimate(cell, periods, replicate).ok()?;
        let x = fit.coefficients.iter().find(|c| c.term == "x")?;
        Some((x.estimate, x.std_error, x.conf_low <= TRUTH && TRUTH <= x.conf_high))
    };
    let found: Vec<(f64, f64, bool)> = (0..replicates).into_par_iter().filter_map(of).collect();
    let n = found.len() as f64;
    let mean = found.iter().map(|f| f.0).sum::<f64>() / n;
    let sd = (found.iter().map(|f| (f.0 - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    let error = found.iter().map(|f| f.1).sum::<f64>() / n;
    let covered = found.iter().filter(|f| f.2).count() as f64 / n;
    let failed = replicates as usize - found.len();
    let failed = if failed > 0 { format!(" ({failed} without an estimate)") } else { String::new() };
    let apart = (mean - TRUTH) / (sd / n.sqrt());
    format!("| {} | {periods} | {mean:.4}{failed} | {apart:+.1} | {sd:.4} | {error:.4} | {covered:.3} |", cell.name)
}

fn main() {
    let replicates = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(200);
    println!(
        "| method | periods | mean estimate | bias in Monte Carlo errors | sd of estimates | mean standard error | coverage |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for periods in [8, 20] {
        for cell in cells() {
            println!("{}", row(&cell, periods, replicates));
        }
    }
}
