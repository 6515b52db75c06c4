//! Spatial models against spatialreg, spdep, splm and spreg: every case of `cases/spatial.json` and `cases/spatial_panel.json`.
//!
//! | numbers | tolerance | reason |
//! |---|---|---|
//! | coefficients, errors, likelihood, impacts, statistics | the case's | the peers' optimisers stop at 1e-8 in the parameter; tests are closed forms |
//! | Kelejian and Prucha's lambda (`sp_gm_combo`, `gm_error_kp98`) | 1e-4 | spreg's search stops early: the criterion is lower at isard's lambda, its exact minimum |
//! | errors of Kelejian and Prucha's error model | spreg's | spatialreg has another variance in the same coefficients |
//! | parameter and its error in splm's panels | the case's, 1e-4 | its optimiser |
//! | errors of coefficients with random effects | splm's, given rho, lambda and phi | its errors of coefficients are those of generalised least squares; isard's are of all parameters together |
//! | errors of rho, lambda and phi with random effects | 2e-3; none of rho and lambda in Munnell's panel with both | splm differentiates twice by steps of a share of the parameter (nlme's fdHess), which for a rho of 0.002 are lost in rounding; the dense likelihood has isard's |
//! | `sp_gm_kkp` of Munnell's panel | 0.02 of variances, and of the errors for coefficients | spreg's search stops where the criterion is not least: `tests/agree/spatial_moments.rs` has its value at both |
//! | `sp_re_error` of Munnell's panel | none: a likelihood lower by more than 100 | spreg takes the eigenvectors of the symmetrised weights for those of `W'W` |
//! | `sp_re_lag` | 1e-4, without errors | spreg alternates between rho and phi until phi moves by 1e-7; its information has `N (1 + 1/phi^2)`, `-tr G/s2` and `-N/s2` where the derivatives in its phi give `2 N/phi^2`, `-2 tr G/phi` and `-N/(phi s2)` |

use std::path::Path;

use isard::absorb::AbsorberCache;
use isard::design::{DesignMatrix, ModelVariables};
use isard::estimate::spatial::likelihood::{FilteredColumns, Likelihood, SpatialColumns};
use isard::estimate::spatial::{
    Determinant, EffectsRule, ErrorMoments, Jacobian, LogDeterminant, MomentOptions, RandomEffects,
    RandomEffectsLikelihood, SpatialEstimator, SpatialLayout, SpatialRequest, SpatialTerms, baltagi_song_koh,
    fit_spatial, lagrange_multipliers, residual_moran,
};
use isard::estimate::{Fit, ModelRequest};
use isard::infer::association::{
    Association, LocalAssociation, Null, geary, local_getis_ord, local_moran, moran, with_itself,
};
use isard::linalg::SparseMatrix;
use isard::vcov::{Dialect, Errors};
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

fn is_panel(case: &Value) -> bool {
    let id = case["id"].as_str().unwrap();
    case["model"]["index"].is_array() || id.contains("slm_") || id.contains("bsk_")
}

/// Whether a case of a panel keeps its effects: random effects, and tests for them.
fn has_levels(case: &Value) -> bool {
    let id = case["id"].as_str().unwrap();
    ["bsk_", "/re_", "sp_re_", "sp_gm_kkp"].iter().any(|part| id.contains(part))
}

/// The columns of a case in the order of its weights: by period, then by region.
fn panel(case: &Value) -> Option<Panel> {
    let file = |k: usize| data_file("tests/reference/data", case["data"][k].as_str().unwrap());
    let csv = Csv::read(&file(0)?);
    // esda's cases have no model: they are of the same outcome.
    let is_columbus = case["data"][0] == "columbus.csv";
    let formula = case["model"]["formula"].as_str().unwrap_or(if is_columbus { "CRIME ~ INC" } else { "y ~ x1" });
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
    let is_produc = case["data"][0] == "produc.csv";
    let (units, times): (Vec<f64>, Vec<f64>) = match (is_panel(case), is_produc) {
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
    let effect = case["options"]["effect"].as_str().unwrap_or(if is_panel(case) && !has_levels(case) {
        "individual"
    } else {
        ""
    });
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
        let id = self.case["id"].as_str().unwrap();
        let stops_early = id.ends_with("sp_gm_combo") || id.ends_with("gm_error_kp98");
        let stops_early = stops_early || id.ends_with("sp_re_lag");
        let by_differences = id.contains("/re_") && ["se rho", "se lambda", "se phi"].contains(&what);
        let rel = match (stops_early, by_differences) {
            (true, _) => 1e-4,
            (_, true) => 2e-3,
            _ => rel,
        };
        if (got - expected).abs() > abs.max(rel * expected.abs()) || got.is_nan() {
            self.faults.push(format!("{what}: {got:?}, expected {expected:?}"));
        }
    }
}

/// Names of the endogenous regressors or instruments of a case.
fn listed(case: &Value, key: &str) -> Vec<String> {
    let names = case["model"][key].as_array().cloned().unwrap_or_default();
    names.iter().map(|name| name.as_str().unwrap().to_string()).collect()
}

/// A spatial model by moments: two-stage least squares of a lag, generalised moments of an error.
fn moments(case: &Value, panel: Panel) -> Vec<String> {
    let file = data_file("tests/reference/data", case["data"][0].as_str().unwrap()).unwrap();
    let csv = Csv::read(&file);
    let column = |name: String| {
        let values = csv.number(&name);
        (name, std::sync::Arc::new(values))
    };
    let id = case["id"].as_str().unwrap();
    let plain = id.ends_with("tsls") && !id.contains("stsls");
    let mut variables = panel.variables;
    let (endogenous, instruments) = if plain {
        (vec!["end".to_string()], vec!["q".to_string()])
    } else {
        (listed(case, "endogenous"), listed(case, "instruments"))
    };
    variables.endogenous = endogenous.into_iter().map(column).collect();
    variables.instruments = instruments.into_iter().map(column).collect();
    let has = |part: &str| id.contains(part);
    let terms = SpatialTerms {
        lag: has("stsls") || has("_lag") || has("combo"),
        error: has("error") || has("combo"),
        durbin: false,
    };
    let error = match () {
        () if has("_het") => ErrorMoments::Heteroskedastic,
        () if has("_hom") => ErrorMoments::Homoskedastic,
        () => ErrorMoments::KelejianPrucha,
    };
    let design = DesignMatrix::build(&variables, Default::default()).unwrap();
    let mut request = SpatialRequest::new(terms, "w", panel.layout);
    request.draws = 0;
    let instrument_lags = if has("stsls") || has("w2") { 2 } else { 1 };
    request.estimator = SpatialEstimator::Moments(MomentOptions { instrument_lags, error, ..Default::default() });
    let errors = if has("HC0") || has("white") { Errors::Hc0 } else { Errors::Iid };
    let dialect = if errors == Errors::Hc0 { Dialect::Sandwich } else { Dialect::Fixest };
    let model = ModelRequest { errors: errors.clone(), dialect, ..Default::default() };
    let fit = fit_spatial(&model, &design, &request, &AbsorberCache::new()).unwrap();
    // spreg divides by n where spatialreg and isard divide by n - k.
    let (n, k) = (design.n_rows() as f64, fit.coefficients.iter().filter(|c| c.term != "lambda").count() as f64);
    let own_divisor = errors == Errors::Iid && (!terms.error || error == ErrorMoments::KelejianPrucha);
    let factor = if case["origin"]["name"] == "spreg" && own_divisor { ((n - k) / n).sqrt() } else { 1.0 };
    let mut check = Check { case, faults: Vec::new() };
    let results = &case["results"];
    for c in &fit.coefficients {
        let lambda = if c.term == "lambda" { &results["lambda"] } else { &Value::Null };
        check.number(&c.term, c.estimate, lambda);
        check.number(&format!("coef {}", c.term), c.estimate, &results["coef"][&c.term]);
        check.number(&format!("se {}", c.term), factor * c.std_error, &results["se"][&c.term]);
    }
    let names = results["vcov"]["names"].as_array().cloned().unwrap_or_default();
    let at = |name: &Value| fit.coefficients.iter().position(|c| name.as_str() == Some(&c.term)).unwrap();
    for (i, row) in names.iter().enumerate() {
        for (j, column) in names.iter().enumerate() {
            let got = factor * factor * fit.covariance[at(row)][at(column)];
            check.number(&format!("cov {row} {column}"), got, &results["vcov"]["matrix"][i][j]);
        }
    }
    check.faults
}

/// Global and local autocorrelation.
fn association(case: &Value, panel: &Panel) -> Vec<String> {
    let mut check = Check { case, faults: Vec::new() };
    let results = &case["results"];
    let (y, w) = (&panel.variables.outcome.1, &panel.layout.matrices[0]);
    let n = y.len() as f64;
    let id = case["id"].as_str().unwrap();
    let mut compare = |what: &str, got: Association, expected: [&Value; 4], sign: f64| {
        check.number(what, got.statistic, expected[0]);
        check.number(&format!("{what} expectation"), got.expectation, expected[1]);
        check.number(&format!("{what} variance"), got.variance, expected[2]);
        check.number(&format!("{what} z"), sign * got.z, expected[3]);
    };
    let (m, g) = (&results["moran"], &results["geary"]);
    for (null, name) in [(Null::Randomisation, "rand"), (Null::Normality, "norm")] {
        let (i, c) = (moran(y, w, null).unwrap(), geary(y, w, null).unwrap());
        if id.ends_with(&format!("moran_geary_{name}")) {
            compare("I", i, [&m["I"], &m["EI"], &m["VI"], &m["z"]], 1.0);
            // spdep turns the sign of Geary's deviate.
            compare("C", c, [&g["C"], &g["EC"], &g["VC"], &g["z"]], -1.0);
        }
        if id.ends_with("esda_global_local") {
            compare("I", i, [&m["I"], &m["EI"], &m[format!("VI_{name}")], &m[format!("z_{name}")]], 1.0);
            compare("C", c, [&g["C"], &Value::Null, &g[format!("VC_{name}")], &g[format!("z_{name}")]], 1.0);
        }
    }
    let mut each =
        |what: &str, got: &[LocalAssociation], of: &dyn Fn(usize, &LocalAssociation) -> f64, expected: &Value| {
            for (i, (one, expected)) in got.iter().zip(expected.as_array().into_iter().flatten()).enumerate() {
                check.number(&format!("{what} {i}"), of(i, one), expected);
            }
        };
    let local = local_moran(y, w);
    each("I_i", &local, &|_, one| one.statistic, &results["Ii"]);
    each("E I_i", &local, &|_, one| one.expectation, &results["EIi"]);
    each("V I_i", &local, &|_, one| one.variance, &results["VarIi"]);
    each("G_i", &local_getis_ord(y, w, false), &|_, one| one.z, &results["z"]);
    // esda has n - 1 for n in the variance of the values.
    each("esda I_i", &local, &|_, one| one.statistic * (n - 1.0) / n, &results["local_moran"]);
    // esda's variance of G* is that of binary weights: the sum of weights stands for that of their squares.
    let star = with_itself(w);
    let esda = |i: usize, one: &LocalAssociation| {
        let (total, squares) = star.row(i).fold((0.0, 0.0), |(a, b), (_, v)| (a + v, b + v * v));
        one.z * ((n * squares - total * total) / (n * total - total * total)).sqrt()
    };
    each("G*_i", &local_getis_ord(y, &star, true), &esda, &results["local_G_star"]);
    check.faults
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
    if id.ends_with("ols_diagnostics") {
        for (name, got) in [
            ("lm_lag", lm.lag),
            ("lm_error", lm.error),
            ("rlm_lag", lm.robust_lag),
            ("rlm_error", lm.robust_error),
            ("lm_sarma", lm.sarma),
        ] {
            check.number(name, got, &results[name][0]);
        }
        let moran = residual_moran(&y, &x, &panel.layout.matrices[0]).unwrap();
        check.number("I", moran.statistic, &results["moran_res"][0]);
        check.number("z", moran.z, &results["moran_res"][1]);
        check.number("p", moran.p_two_sided, &results["moran_res"][2]);
        return check.faults;
    }
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

/// Regressors in levels with the constant.
fn levels(panel: &Panel) -> Vec<Vec<f64>> {
    let constant = vec![1.0; panel.layout.n_rows];
    std::iter::once(constant).chain(panel.variables.regressors.iter().map(|(_, x)| x.to_vec())).collect()
}

/// The tests of Baltagi, Song and Koh.
fn random_effects_tests(case: &Value, panel: &Panel) -> Vec<String> {
    let mut check = Check { case, faults: Vec::new() };
    let found = baltagi_song_koh(&panel.variables.outcome.1, &levels(panel), &panel.layout).unwrap();
    let got = match case["options"]["test"].as_str().unwrap() {
        "LMH" => found.joint,
        "LM1" => found.effects,
        "LM2" => found.error,
        "CLMlambda" => found.error_given_effects,
        _ => found.effects_given_error.unwrap(),
    };
    check.number("statistic", got, &case["results"]["stat"]);
    // splm doubles one-sided p-values; all are below the case's absolute tolerance.
    let of = |name: &str| found.listed().into_iter().find(|test| test.test.replace(['-', ' '], "") == name).unwrap();
    let p = of(case["options"]["test"].as_str().unwrap()).p_value.unwrap();
    check.number("p", p, &case["results"]["p"]);
    check.faults
}

/// Maximum likelihood with random effects.
fn random_effects(case: &Value, panel: Panel) -> Vec<String> {
    let mut check = Check { case, faults: Vec::new() };
    let (options, results) = (&case["options"], &case["results"]);
    let is_splm = case["origin"]["name"] == "splm";
    let terms =
        SpatialTerms { lag: !is_splm || options["lag"] == true, error: options["spatial.error"] == "b", durbin: false };
    let design = DesignMatrix::build(&panel.variables, Default::default()).unwrap();
    let mut request = SpatialRequest::new(terms, "w", panel.layout);
    request.draws = 0;
    request.effects = EffectsRule::Random(RandomEffects::Baltagi);
    let fit = fit_spatial(&ModelRequest::default(), &design, &request, &AbsorberCache::new()).unwrap();
    let given = errors_given_parameters(&fit);
    let (n, t) = (request.layout.matrices[0].n_rows() as f64, request.layout.blocks.len() as f64);
    let log = fit.statistics.log_likelihood.unwrap();
    for (k, c) in fit.coefficients.iter().enumerate() {
        let (part, name) = match c.term.as_str() {
            "rho" => ("arcoef", "rho"),
            // splm's name of the error's coefficient.
            "lambda" => ("errcomp", "rho"),
            "phi" => ("errcomp", "phi"),
            term => ("coef", term),
        };
        if is_splm {
            check.number(&c.term, c.estimate, &results[part][name]);
            let (key, error) =
                if part == "coef" { ("se".to_string(), given[k]) } else { (format!("{part}_se"), c.std_error) };
            let is_lost =
                case["id"] == "spatial_panel/produc/re_lag_errb" && ["rho", "lambda"].contains(&c.term.as_str());
            let expected = if is_lost { &Value::Null } else { &results[key][name] };
            check.number(&format!("se {}", c.term), error, expected);
        } else {
            // spreg's phi is the share of the mean that is left in the columns.
            let value = if name == "phi" { (1.0 + t * c.estimate).sqrt().recip() } else { c.estimate };
            check.number(&c.term, value, &results["coef"][name]);
        }
    }
    if is_splm {
        check.number("loglik", log, &results["loglik"]);
    } else {
        // spreg leaves ln|K| out.
        let phi = fit.coefficients.last().unwrap().estimate;
        check.number("loglik", log + 0.5 * n * (1.0 + t * phi).ln(), &results["loglik"]);
        check.number("sigma2", fit.spatial.unwrap().variance, &results["sigma2"]);
    }
    check.faults
}

/// A fit of spreg's with random effects and a spatial error that is no maximum: isard's likelihood at its parameters, and at isard's.
fn below_the_maximum(case: &Value, panel: Panel) -> Vec<String> {
    let (x, y) = (levels(&panel), panel.variables.outcome.1.to_vec());
    let (layout, terms) = (&panel.layout, Vec::new());
    let filtered =
        FilteredColumns { y: layout.lag(&y), wy: vec![0.0; y.len()], x: x.iter().map(|x| layout.lag(x)).collect() };
    let columns = SpatialColumns { wy: vec![0.0; y.len()], y, x, filtered: Some(filtered) };
    let jacobian = Jacobian::of(layout);
    let n = layout.n_rows as f64;
    let pooled = Likelihood { columns: &columns, layout, lag: None, error: Some(&jacobian), n, terms: &terms };
    let likelihood = RandomEffectsLikelihood::new(&pooled, RandomEffects::Baltagi).unwrap();
    let of = |name: &str| case["results"]["coef"][name].as_f64().unwrap();
    let theirs = likelihood.at(0.0, of("lambda"), of("phi")).unwrap().point.log_likelihood;
    let ours = likelihood.maximise().unwrap().point.point.log_likelihood;
    if ours > theirs + 100.0 { Vec::new() } else { vec![format!("{ours} is not above {theirs}")] }
}

/// Random effects and a spatial error by moments.
fn random_effects_by_moments(case: &Value, panel: Panel) -> Vec<String> {
    let design = DesignMatrix::build(&panel.variables, Default::default()).unwrap();
    let periods = panel.layout.blocks.len() as f64;
    let mut request = SpatialRequest::new(SpatialTerms { error: true, ..Default::default() }, "w", panel.layout);
    request.effects = EffectsRule::Random(RandomEffects::KapoorKelejianPrucha);
    request.estimator = SpatialEstimator::Moments(MomentOptions::default());
    let fit = fit_spatial(&ModelRequest::default(), &design, &request, &AbsorberCache::new()).unwrap();
    let (results, variance) = (&case["results"], fit.spatial.as_ref().unwrap().variance);
    let stops_early = case["data"][0] == "produc.csv";
    let mut faults = Vec::new();
    let mut compare = |what: &str, got: f64, expected: f64, scale: f64| {
        let bound = scale * if stops_early { 0.02 } else { case["tolerance"]["rel"].as_f64().unwrap() };
        if (got - expected).abs() > bound || got.is_nan() {
            faults.push(format!("{what}: {got:?}, expected {expected:?}"));
        }
    };
    let number = |value: &Value| value.as_f64().unwrap();
    for c in &fit.coefficients {
        match c.term.as_str() {
            // spreg calls it rho here.
            "lambda" => compare("lambda", c.estimate, number(&results["coef"]["rho"]), 1.0),
            "phi" => {
                let between = variance * (1.0 + periods * c.estimate);
                let expected = number(&results["coef"]["sigma2_1"]);
                compare("sigma2_1", between, expected, expected);
            }
            term => {
                let error = number(&results["se"][term]);
                compare(&format!("coef {term}"), c.estimate, number(&results["coef"][term]), error);
                compare(&format!("se {term}"), c.std_error, error, error);
            }
        }
    }
    let expected = number(&results["coef"]["sigma2_v"]);
    compare("sigma2_v", variance, expected, expected);
    faults
}

/// Errors of coefficients given the parameters `rho`, `lambda` and `phi`: the Schur complement of their covariance.
fn errors_given_parameters(fit: &Fit) -> Vec<f64> {
    let size = fit.coefficients.len();
    let k = fit.coefficients.iter().filter(|c| !["rho", "lambda", "phi"].contains(&c.term.as_str())).count();
    let whole = nalgebra::DMatrix::from_fn(size, size, |i, j| fit.covariance[i][j]);
    let inverse = whole.view((k, k), (size - k, size - k)).into_owned().try_inverse().unwrap();
    let crossed = whole.view((0, k), (k, size - k));
    let given = whole.view((0, 0), (k, k)) - crossed * inverse * crossed.transpose();
    given.diagonal().iter().map(|v| v.sqrt()).collect()
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
        let has = |parts: &[&str]| parts.iter().any(|part| id.contains(part));
        let faults = match () {
            () if has(&["moran_geary", "local_", "esda"]) => association(case, &panel),
            () if has(&["lm_tests", "moran_resid", "slm_within", "ols_diagnostics"]) => tests(case, &panel),
            () if has(&["/re_", "sp_re_lag"]) => random_effects(case, panel),
            () if has(&["sp_re_error"]) => below_the_maximum(case, panel),
            () if has(&["sp_gm_kkp"]) => random_effects_by_moments(case, panel),
            () if has(&["bsk_"]) => random_effects_tests(case, &panel),
            () if has(&["stsls", "gm_", "sp_endog", "sp_tsls"]) => moments(case, panel),
            () => ml(case, panel),
        };
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

/// The formula of Pace and LeSage (2008) in dense matrices (R 4.2.2) at the lambda of spatialreg 1.2-6's `errorsarlm(CRIME ~ INC + HOVAL, columbus, listw, method =
/// "eigen", Durbin =)`. Its `Hausman.test` says 6.4729 and 25.763: the covariance of least squares that it keeps (`Hcov`) is not symmetric, so it is none.
#[test]
fn the_spatial_hausman_test() {
    let file = |name: &str| data_file("tests/reference/data", name).expect("distributed with the project");
    let csv = Csv::read(&file("columbus.csv"));
    let columns = vec![("INC", csv.number("INC")), ("HOVAL", csv.number("HOVAL"))];
    let variables = ModelVariables::new(("CRIME", csv.number("CRIME")), columns);
    let design = DesignMatrix::build(&variables, Default::default()).unwrap();
    for (durbin, statistic, df) in [(false, 5.16655689624, 3.0), (true, 9.76325830207, 5.0)] {
        let terms = SpatialTerms { error: true, durbin, lag: false };
        let layout = SpatialLayout::cross_section(weights(&file("columbus_w.csv"), 49));
        let mut request = SpatialRequest::new(terms, "w", layout);
        request.draws = 0;
        let fit = fit_spatial(&ModelRequest::default(), &design, &request, &AbsorberCache::new()).unwrap();
        let test = fit.tests.iter().find(|test| test.test == "spatial Hausman").unwrap();
        // spatialreg's lambda is that of a search that stops at 1e-8.
        assert!((test.statistic / statistic - 1.0).abs() < 1e-5, "{} against {statistic}", test.statistic);
        assert_eq!(test.df1, Some(df));
    }
}

/// Columbus, `CRIME ~ INC + HOVAL`, by a way to compute the log determinant.
fn columbus_lag(how: LogDeterminant, durbin: bool) -> Fit {
    let file = |name: &str| data_file("tests/reference/data", name).expect("distributed with the project");
    let csv = Csv::read(&file("columbus.csv"));
    let columns = vec![("INC", csv.number("INC")), ("HOVAL", csv.number("HOVAL"))];
    let variables = ModelVariables::new(("CRIME", csv.number("CRIME")), columns);
    let design = DesignMatrix::build(&variables, Default::default()).unwrap();
    let terms = SpatialTerms { error: false, durbin, lag: true };
    let mut request =
        SpatialRequest::new(terms, "w", SpatialLayout::cross_section(weights(&file("columbus_w.csv"), 49)));
    (request.draws, request.log_determinant) = (0, how);
    fit_spatial(&ModelRequest::default(), &design, &request, &AbsorberCache::new()).unwrap()
}

/// spatialreg 1.2-6 (R 4.2.2): `lagsarlm(CRIME ~ INC + HOVAL, columbus, listw, method = "Chebyshev", control = list(cheb_q = 5))`; and polynomials by hand from
/// eigenvalues. A Monte Carlo series and its exact value are apart by less than its bound.
#[test]
fn approximate_log_determinants() {
    let file = data_file("tests/reference/data", "columbus_w.csv").expect("distributed with the project");
    let matrix = std::sync::Arc::new(weights(&file, 49));
    let exact = Determinant::new(std::sync::Arc::clone(&matrix));
    let chebyshev = Determinant::approximate(std::sync::Arc::clone(&matrix), LogDeterminant::Chebyshev, 0);
    for (rho, expected) in [(0.2, -0.230431688150), (0.431023, -1.17626748498), (0.8, -5.40706780031)] {
        let (value, _) = chebyshev.value(rho).unwrap();
        assert!((value - expected).abs() < 1e-10, "{rho}: {value}");
        let bound = chebyshev.error_bound(rho).unwrap();
        let off = (value - exact.value(rho).unwrap().0).abs();
        assert!(off <= bound && bound < 60.0 * off + 1e-3, "{rho}: {off} {bound}");
    }
    let drawn = Determinant::approximate(std::sync::Arc::clone(&matrix), LogDeterminant::MonteCarlo, 3);
    for of in [&chebyshev, &drawn] {
        for rho in [-0.6, -0.2, 0.3, 0.7] {
            let slope = (of.value(rho + 1e-5).unwrap().0 - of.value(rho - 1e-5).unwrap().0) / 2e-5;
            let trace = of.value(rho).unwrap().1;
            assert!((slope + trace).abs() < 1e-6 * (1.0 + trace.abs()), "{rho}: {slope} {trace}");
            let off = (of.value(rho).unwrap().0 - exact.value(rho).unwrap().0).abs();
            // A standard error is no guarantee: twice its interval.
            assert!(off < 2.0 * of.error_bound(rho).unwrap(), "{rho}: {off}");
        }
    }
    let fit = columbus_lag(LogDeterminant::Chebyshev, false);
    let rho = fit.coefficients.iter().find(|c| c.term == "rho").unwrap().estimate;
    assert!((rho - 0.403919124405).abs() < 1e-6, "{rho}");
    let record = fit.spatial.unwrap();
    assert!(record.log_determinant_bound.is_some_and(|bound| bound > 1e-4 && bound < 0.1));
    let by_draws = columbus_lag(LogDeterminant::MonteCarlo, false);
    let rho = by_draws.coefficients.iter().find(|c| c.term == "rho").unwrap().estimate;
    assert!((rho - 0.40388968762).abs() < 0.01, "{rho}");
}

/// spatialreg: `LR.Sarlm(lagsarlm(..., type = "mixed"), lagsarlm(...))` is twice the difference of log likelihoods, -182.0161 and -183.1683.
#[test]
fn a_durbin_model_against_a_lag_model() {
    let (durbin, lag) = (columbus_lag(LogDeterminant::Exact, true), columbus_lag(LogDeterminant::Exact, false));
    let likelihood = |fit: &Fit| fit.statistics.log_likelihood.unwrap();
    let test = durbin.tests.iter().find(|test| test.test == "LR lagged regressors").unwrap();
    assert!((test.statistic - 2.0 * (likelihood(&durbin) - likelihood(&lag))).abs() < 1e-7);
    assert!((test.statistic - 2.0 * (183.1683 - 182.0161)).abs() < 3e-4 && test.df1 == Some(2.0));
}
