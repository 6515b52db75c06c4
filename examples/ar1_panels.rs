//! Bias and coverage of estimators of `y_it = ρ y_{i,t-1} + α_i + e_it` by simulation:
//!
//!     cargo run --release --example ar1_panels -- 500
//!
//! prints a row for each of N = 100, 500, T = 5, 10 and ρ = 0.5, 0.8, 0.95 with as many replicates (200 if none is given). Effects and
//! errors are standard normal, and the first observation is a draw of the stationary distribution; `T` rows have a lag. Each
//! cell is `mean bias / coverage of the 95 % interval`. `docs/panels.md` has the table.

use std::sync::Arc;

use isard::absorb::AbsorberCache;
use isard::design::{DesignMatrix, ModelVariables};
use isard::estimate::dynamic::{DynamicGmm, DynamicMethod, DynamicVariables, GmmInstrument, fit_dynamic};
use isard::estimate::panel::{PanelEffect, PanelMethod};
use isard::estimate::{EstimateError, Fit, Method, ModelRequest, fit_model};
use isard::monte::Streams;
use isard::panel::Factor;
use isard::vcov::Errors;
use rayon::prelude::*;

const METHODS: [&str; 6] = ["within", "jackknife", "bias-corrected", "likelihood", "difference GMM", "system GMM"];

/// Columns of a drawn panel.
struct Panel {
    y: Vec<f64>,
    lag: Vec<f64>,
    unit: Factor,
    time: Vec<f64>,
}

fn draw(units: usize, periods: usize, rho: f64, replicate: u64) -> Panel {
    let mut stream = Streams::new(1981).stream(&format!("{units} {periods} {rho}"), replicate);
    let mut out = Panel { y: Vec::new(), lag: Vec::new(), unit: Factor::new(Vec::new(), Vec::new()), time: Vec::new() };
    let mut codes = Vec::new();
    for unit in 0..units {
        let effect = stream.normal();
        let mut y = effect / (1.0 - rho) + stream.normal() / (1.0 - rho * rho).sqrt();
        for period in 0..=periods {
            let before = y;
            if period > 0 {
                y = rho * y + effect + stream.normal();
            }
            out.lag.push(if period > 0 { before } else { f64::NAN });
            out.y.push(y);
            out.time.push(period as f64);
            codes.push(unit as u32);
        }
    }
    out.unit = Factor::new(codes, (0..units).map(|unit| unit.to_string()).collect());
    out
}

fn estimate(panel: &Panel, method: &str) -> Result<Fit, EstimateError> {
    let variables = ModelVariables::new(("y", panel.y.clone()), vec![("lag", panel.lag.clone())])
        .of_unit("unit", panel.unit.clone())
        .at_time("time", panel.time.clone())
        .cluster("unit", panel.unit.clone());
    let gmm = |system| DynamicMethod::Gmm(DynamicGmm { system, ..DynamicGmm::default() });
    let method = match method {
        "within" => {
            let request = ModelRequest {
                method: Some(Method::Panel(PanelMethod::Within(PanelEffect::Unit))),
                errors: Errors::Cluster(vec!["unit".to_string()]),
                ..ModelRequest::default()
            };
            return fit_model(&request, &variables, &AbsorberCache::new());
        }
        "jackknife" => DynamicMethod::HalfPanelJackknife,
        "bias-corrected" => DynamicMethod::BiasCorrected,
        "likelihood" => DynamicMethod::TransformedLikelihood,
        "difference GMM" => gmm(false),
        _ => gmm(true),
    };
    let y = Arc::new(panel.y.clone());
    let dynamic = DynamicVariables {
        outcome: ("y".into(), Arc::clone(&y)),
        regressors: vec![("lag".into(), Arc::new(panel.lag.clone()))],
        gmm: vec![GmmInstrument { column: ("y".into(), y), from: 2, to: 99, collapse: true }],
        standard: Vec::new(),
        unit: ("unit".into(), panel.unit.clone()),
        time: ("time".into(), Arc::new(panel.time.clone())),
        rows: None,
    };
    let design = DesignMatrix::build(&variables, Default::default())?;
    fit_dynamic(&ModelRequest::default(), &design, (&dynamic, &method))
}

/// Mean bias and coverage over the replicates that have an estimate, and how many these are.
fn cell(replicates: u64, (units, periods, rho): (usize, usize, f64), method: &str) -> String {
    let of = |replicate: u64| {
        let fit = estimate(&draw(units, periods, rho, replicate), method).ok()?;
        let lag = fit.coefficients.iter().find(|c| c.term == "lag")?;
        lag.std_error.is_finite().then_some((lag.estimate - rho, lag.conf_low <= rho && rho <= lag.conf_high))
    };
    let found: Vec<(f64, bool)> = (0..replicates).into_par_iter().filter_map(of).collect();
    let n = found.len() as f64;
    let bias = found.iter().map(|(gap, _)| gap).sum::<f64>() / n;
    let covered = found.iter().filter(|(_, covered)| *covered).count() as f64 / n;
    let failed = replicates as usize - found.len();
    let failed = if failed > 0 { format!(" ({failed} failed)") } else { String::new() };
    format!("{bias:+.3} / {covered:.2}{failed}")
}

fn main() {
    let replicates = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(200);
    println!("| N | T | ρ | {} |", METHODS.join(" | "));
    println!("| --- | --- | --- |{}", " --- |".repeat(METHODS.len()));
    for units in [100, 500] {
        for periods in [5, 10] {
            for rho in [0.5, 0.8, 0.95] {
                let cells = METHODS.map(|method| cell(replicates, (units, periods, rho), method));
                println!("| {units} | {periods} | {rho} | {} |", cells.join(" | "));
            }
        }
    }
}
