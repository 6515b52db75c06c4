//! Spatial models against spatialreg, spdep, splm and spreg: every case of `cases/spatial.json` and `cases/spatial_panel.json`.
//!
//! | numbers | tolerance | reason |
//! |---|---|---|
//! | coefficients, errors, likelihood, impacts, statistics | the case's | the peers' optimisers stop at 1e-8 in the parameter; tests are closed forms |
//! | parameter and its error in splm's panels | the case's, 1e-4 | its optimiser |

use std::path::Path;

use isard::absorb::AbsorberCache;
use isard::design::{DesignMatrix, ModelVariables};
use isard::estimate::spatial::{
    SpatialLayout, SpatialRequest, SpatialTerms, fit_spatial, lagrange_multipliers, residual_moran,
};
use isard::estimate::{Fit, ModelRequest};
use isard::linalg::SparseMatrix;
use serde_json::Value;

use crate::csv::{Csv, data_file};

fn weights(file: &Path, n: usize) -> SparseMatrix {
    let table = Csv::read(file);
    let (i, j, w) = (table.number("i"), table.number("j"), table.number("w"));
    let mut rows = vec![Vec::new(); n];
    for k in 0..i.len() {
        rows[i[k] as usize - 1].push((j[k] as u32 - 1, w[k]));
    }
    for row in &mut rows {
        let sum: f64 = row.iter().map(|(_, w)| w).sum();
        row.iter_mut().for_each(|(_, w): &mut (u32, f64)| *w /= sum);
    }
    SparseMatrix::from_rows(n, &rows)
}

struct Panel {
    variables: ModelVariables,
    layout: SpatialLayout,
}

/// The columns of a case in the order of its weights: by period, then by region.
fn panel(case: &Value) -> Option<Panel> {
    let file = |k: usize| data_file("tests/reference/data", case["data"][k].as_str().unwrap());
    let csv = Csv::read(&file(0)?);
    let formula = case["model"]["formula"].as_str().unwrap();
    let (outcome, right) = formula.split_once('~').unwrap();
    let number = |term: &str| -> Vec<f64> {
        let inner = term
            .trim()
            .strip_prefix("log(")
            .and_then(|t| t.strip_suffix(')'))
            .or_else(|| term.trim().strip_prefix('l'));
        match inner {
            Some(name) => csv.number(name).iter().map(|v| v.ln()).collect(),
            None => csv.number(term.trim()),
        }
    };
    let y = number(outcome);
    let index = case["model"]["index"].as_array();
    let is_produc = case["data"][0] == "produc.csv";
    let (units, times): (Vec<f64>, Vec<f64>) =
        match (index.is_some() || case["id"].as_str().unwrap().contains("slm_"), is_produc) {
            (false, _) => ((0..y.len()).map(|k| k as f64).collect(), vec![0.0; y.len()]),
            (true, true) => (csv.factor("state").codes.iter().map(|&c| f64::from(c)).collect(), csv.number("year")),
            (true, false) => (csv.number("id"), csv.number("t")),
        };
    let mut order: Vec<usize> = (0..y.len()).collect();
    order.sort_by(|&a, &b| times[a].total_cmp(&times[b]).then(units[a].total_cmp(&units[b])));
    let sorted = |values: Vec<f64>| -> Vec<f64> { order.iter().map(|&k| values[k]).collect() };
    let n = times.iter().filter(|t| **t == times[order[0]]).count();
    let terms: Vec<&str> = right.split('+').map(str::trim).collect();
    let columns = terms.iter().map(|term| (*term, sorted(number(term)))).collect();
    let mut variables = ModelVariables::new((outcome.trim(), sorted(y)), columns);
    let text = |values: &[f64]| -> Vec<String> { values.iter().map(|v| format!("{v:06}")).collect() };
    let factor = |values: Vec<f64>| {
        let texts = text(&sorted(values));
        isard::panel::Factor::from_values(texts.iter().map(|t| Some(t.as_str())))
    };
    let effect = case["options"]["effect"]
        .as_str()
        .unwrap_or(if index.is_some() || case["id"].as_str().unwrap().contains("slm_") { "individual" } else { "" });
    if matches!(effect, "individual" | "twoways") {
        variables = variables.absorb("unit", factor(units));
    }
    if matches!(effect, "time" | "twoways") {
        variables = variables.absorb("time", factor(times.clone()));
    }
    let layout = SpatialLayout::repeated(weights(&file(1)?, n), times.len() / n);
    Some(Panel { variables, layout })
}

fn terms(case: &Value) -> SpatialTerms {
    let kind = case["model"]["estimator"].as_str().unwrap();
    let kind = match kind {
        "spml" => case["options"]["type"].as_str().unwrap(),
        "spreg.Panel_FE_Lag" => "lag",
        "spreg.Panel_FE_Error" => "error",
        other => other,
    };
    match kind {
        "lag" => SpatialTerms { lag: true, ..Default::default() },
        "error" => SpatialTerms { error: true, ..Default::default() },
        "mixed" => SpatialTerms { lag: true, durbin: true, error: false },
        "slx" => SpatialTerms { durbin: true, ..Default::default() },
        "emixed" => SpatialTerms { error: true, durbin: true, lag: false },
        "sac" | "sarar" => SpatialTerms { lag: true, error: true, durbin: false },
        other => panic!("{other}"),
    }
}

struct Check<'a> {
    case: &'a Value,
    faults: Vec<String>,
}

impl Check<'_> {
    fn number(&mut self, what: &str, got: f64, expected: &Value) {
        let Some(expected) = expected.as_f64() else { return };
        let (rel, abs) =
            (self.case["tolerance"]["rel"].as_f64().unwrap(), self.case["tolerance"]["abs"].as_f64().unwrap());
        if (got - expected).abs() > abs.max(rel * expected.abs()) || got.is_nan() {
            self.faults.push(format!("{what}: {got:?}, expected {expected:?}"));
        }
    }
}

fn compare(fit: &Fit, case: &Value) -> Vec<String> {
    let mut check = Check { case, faults: Vec::new() };
    let results = &case["results"];
    let name = |term: &str| match term.strip_prefix("spatial_lag(") {
        Some(rest) => format!("W_{}", rest.split(',').next().unwrap()),
        None => term.to_string(),
    };
    // Least squares in R divides by n - k, and so do spatialreg's impacts of a spatial Durbin error model, whose
    // coefficients (the same numbers) it divides by n.
    let estimator = &case["model"]["estimator"];
    let n = fit.statistics.n_obs as f64;
    let of_rows = (n / (n - fit.coefficients.iter().filter(|c| c.term != "lambda").count() as f64)).sqrt();
    let scale = if estimator == "slx" { of_rows } else { 1.0 };
    let scale_of_impacts = if estimator == "slx" || estimator == "emixed" { of_rows } else { 1.0 };
    for c in &fit.coefficients {
        let own = name(&c.term);
        check.number(&format!("coef {own}"), c.estimate, &results["coef"][&own]);
        check.number(&format!("se {own}"), scale * c.std_error, &results["se"][&own]);
        check.number(&own, c.estimate, &results[&own]);
        check.number(&format!("se of {own}"), c.std_error, &results[&format!("{own}_se")]);
    }
    let spatial = fit.spatial.as_ref().unwrap();
    let log = fit.statistics.log_likelihood.unwrap();
    if case["origin"]["name"] == "spatialreg" {
        check.number("loglik", log, &results["loglik"]);
        check.number("aic", fit.statistics.aic.unwrap(), &results["aic"]);
        check.number("rss", fit.statistics.rss.unwrap(), &results["rss"]);
    }
    check.number("sigma2", spatial.variance, &results["sigma2"]);
    for one in &spatial.impacts {
        for (kind, impact) in [("direct", one.direct), ("indirect", one.indirect), ("total", one.total)] {
            check.number(
                &format!("{kind} {}", one.variable),
                impact.estimate,
                &results["impacts"][kind][&one.variable],
            );
            let error = &results["impacts_se"][kind][&one.variable];
            check.number(&format!("se {kind} {}", one.variable), scale_of_impacts * impact.std_error, error);
        }
    }
    check.faults
}

fn ml(case: &Value, panel: Panel) -> Vec<String> {
    let design = DesignMatrix::build(&panel.variables, Default::default()).unwrap();
    let mut request = SpatialRequest::new(terms(case), "w", panel.layout);
    request.draws = 0;
    // splm lags columns that are net of effects already.
    request.lags_after_effects = true;
    let fit = fit_spatial(&ModelRequest::default(), &design, &request, &AbsorberCache::new()).unwrap();
    compare(&fit, case)
}

/// Columns net of the effects of units, for the panel tests.
fn net(panel: &Panel) -> (Vec<f64>, Vec<Vec<f64>>) {
    let n = panel.layout.matrices[0].n_rows();
    let periods = panel.layout.blocks.len();
    let within = |values: &[f64]| -> Vec<f64> {
        let mean = |i: usize| (0..periods).map(|t| values[t * n + i]).sum::<f64>() / periods as f64;
        let means: Vec<f64> = (0..n).map(mean).collect();
        values.iter().enumerate().map(|(k, v)| v - means[k % n]).collect()
    };
    let x: Vec<Vec<f64>> = panel.variables.regressors.iter().map(|(_, x)| x.to_vec()).collect();
    if periods > 1 {
        return (within(&panel.variables.outcome.1), x.iter().map(|x| within(x)).collect());
    }
    let constant = vec![1.0; n];
    (panel.variables.outcome.1.to_vec(), std::iter::once(constant).chain(x).collect())
}

fn tests(case: &Value, panel: &Panel) -> Vec<String> {
    let mut check = Check { case, faults: Vec::new() };
    let (y, x) = net(panel);
    let results = &case["results"];
    let id = case["id"].as_str().unwrap();
    if id.ends_with("moran_resid") {
        let moran = residual_moran(&y, &x, &panel.layout.matrices[0]).unwrap();
        check.number("I", moran.statistic, &results["I"]);
        check.number("E", moran.expectation, &results["EI"]);
        check.number("V", moran.variance, &results["VI"]);
        check.number("z", moran.z, &results["z"]);
        check.number("p", moran.p_greater, &results["p"][0][0]);
        return check.faults;
    }
    let lm = lagrange_multipliers(&y, &x, &panel.layout).unwrap();
    let all = [("lml", lm.lag), ("lme", lm.error), ("rlml", lm.robust_lag), ("rlme", lm.robust_error)];
    if let Some((_, got)) = all.iter().find(|(name, _)| id.ends_with(&format!("_{name}"))) {
        check.number("statistic", *got, &results["stat"]);
        return check.faults;
    }
    let names = ["LMlag", "LMerr", "RLMlag", "RLMerr"];
    for (name, (_, got)) in names.into_iter().zip(all) {
        check.number(name, got, &results[name]["stat"]);
    }
    check.number("SARMA", lm.sarma, &results["SARMA"]["stat"]);
    check.faults
}

fn family(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/reference/cases/{name}.json"));
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let (mut passed, mut absent, mut failed) = (0, 0, Vec::new());
    for case in &cases {
        let Some(panel) = panel(case) else {
            absent += 1;
            continue;
        };
        let id = case["id"].as_str().unwrap();
        let is_test = ["lm_tests", "moran_resid", "slm_within"].iter().any(|part| id.contains(part));
        let faults = if is_test { tests(case, &panel) } else { ml(case, panel) };
        if faults.is_empty() {
            passed += 1;
        } else {
            failed.push(format!("{id}:\n    {}", faults.join("\n    ")));
        }
    }
    println!("{passed} of {} cases agree; {absent} need data that are not distributed", cases.len());
    assert!(failed.is_empty(), "{} cases differ:\n  {}", failed.len(), failed.join("\n  "));
}

#[test]
fn spatial_family() {
    family("spatial");
}

#[test]
fn spatial_panel_family() {
    family("spatial_panel");
}
