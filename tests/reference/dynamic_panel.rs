//! The family `dynpanel`: plm 2.6 (`pgmm`) and pydynpd 0.2.2, whose conventions are those of xtabond2.
//!
//! Every case is compared with its program under the convention of that program. Where both have the model, both are
//! compared, except for what pydynpd computes in another way:
//!
//! | number | how | reason |
//! |---|---|---|
//! | plm's `sargan` of one step | with the score of the one-step residuals weighted by themselves | that is what `summary.pgmm` prints |
//! | pydynpd's `sargan` | with Hansen's | it prints no other |
//! | pydynpd's one-step m1, m2 | not | 0.1 to 1 % from plm's, which are Arellano and Bond's formula |

use std::collections::HashMap;
use std::sync::Arc;

use isard::estimate::dynamic::{
    DynamicFit, DynamicGmm, DynamicVariables, GmmInstrument, GmmSteps, LevelConvention, estimate,
};
use serde_json::Value;

use super::panel::{Trial, column, run};

/// `lag(x, 1:2)` as its variable and lags; other terms have lag zero.
fn lags(term: &str) -> (String, usize, usize) {
    let Some(inside) = term.strip_prefix("lag(").and_then(|rest| rest.strip_suffix(')')) else {
        return (term.to_string(), 0, 0);
    };
    let (name, range) = inside.rsplit_once(',').unwrap();
    let (from, to) = range.trim().split_once(':').unwrap_or((range.trim(), range.trim()));
    (name.trim().to_string(), from.parse().unwrap(), to.parse().unwrap())
}

fn terms(part: &str) -> Vec<&str> {
    part.split(" + ").map(str::trim).collect()
}

/// A column `by` periods before.
fn lagged(values: &[f64], unit: &[u32], time: &[f64], by: usize) -> Vec<f64> {
    let places: HashMap<(u32, i64), usize> =
        unit.iter().zip(time).enumerate().map(|(row, (&u, &t))| ((u, t as i64), row)).collect();
    let before = |(&u, &t): (&u32, &f64)| places.get(&(u, t as i64 - by as i64)).map_or(f64::NAN, |&row| values[row]);
    unit.iter().zip(time).map(before).collect()
}

fn variables(trial: &Trial<'_>) -> DynamicVariables {
    let case = trial.case;
    let (outcome, right) = case["formula"].as_str().unwrap().split_once('~').unwrap();
    let (main, instruments) = right.split_once('|').unwrap();
    let (unit, time) = (case["index"][0].as_str().unwrap(), case["index"][1].as_str().unwrap());
    let (factor, times) = (trial.csv.factor(unit), trial.csv.number(time));
    let collapse = case["options"]["collapse"].as_bool().unwrap_or(false);
    let gmm: Vec<GmmInstrument> = terms(instruments)
        .into_iter()
        .map(|term| {
            let (name, from, to) = lags(term);
            let values = Arc::new(column(&trial.csv, &name));
            GmmInstrument { column: (name, values), from, to, collapse }
        })
        .collect();
    let (mut regressors, mut standard) = (Vec::new(), Vec::new());
    for term in terms(main) {
        let (name, from, to) = lags(term);
        let values = column(&trial.csv, &name);
        for lag in from..=to {
            let label = if from == to { term.to_string() } else { format!("{term}{lag}") };
            let shifted = (label, Arc::new(lagged(&values, &factor.codes, &times, lag)));
            if !gmm.iter().any(|gmm| gmm.column.0 == name) {
                standard.push(shifted.clone());
            }
            regressors.push(shifted);
        }
    }
    let outcome = outcome.trim();
    DynamicVariables {
        outcome: (outcome.to_string(), Arc::new(column(&trial.csv, outcome))),
        regressors,
        gmm,
        standard,
        unit: (unit.to_string(), factor),
        time: (time.to_string(), Arc::new(times)),
        rows: None,
    }
}

fn fit(trial: &Trial<'_>, convention: LevelConvention) -> Result<DynamicFit, String> {
    let options = &trial.case["options"];
    let asked = DynamicGmm {
        system: options["transformation"] == "ld",
        convention,
        steps: if options["model"] == "onestep" { GmmSteps::One } else { GmmSteps::Two },
        time_dummies: options["effect"] == "twoways",
        robust: options["robust"].as_bool().unwrap_or(true),
        ..DynamicGmm::default()
    };
    estimate(&variables(trial), &asked, 2).map_err(|fault| fault.to_string())
}

fn compare(trial: &mut Trial<'_>, found: &DynamicFit, results: &Value, (program, one_step): (&str, bool)) {
    let (rel, abs) = trial.tolerance();
    for (i, term) in found.terms[..found.regressors].iter().enumerate() {
        let se = found.covariance[(i, i)].sqrt();
        trial.compare(&format!("{program} coef {term}"), found.coefficients[i], &results["coef"][term], (rel, abs));
        trial.compare(&format!("{program} se {term}"), se, &results["se"][term], (rel, abs));
        trial.compare(&format!("{program} z {term}"), found.coefficients[i] / se, &results["z"][term], (rel, abs));
    }
    trial.compare("instruments", found.n_instruments() as f64, &results["n_instruments"], (0.0, 0.0));
    trial.compare("rows", found.rows as f64, &results["nobs_used"], (0.0, 0.0));
    let name = if one_step && program == "plm" { "robust score" } else { "hansen" };
    let sargan = found.overidentification.iter().find(|test| test.name == name).unwrap();
    trial.compare(&format!("{program} sargan"), sargan.statistic, &results["sargan"]["stat"], (rel, abs));
    trial.compare(&format!("{program} sargan p"), sargan.p_value, &results["sargan"]["p"], (0.0, 1e-6));
    if !one_step || program == "plm" {
        for test in &found.serial {
            let key = format!("ar{}", test.order);
            trial.compare(&format!("{program} {key}"), test.statistic, &results[&key]["stat"], (rel, abs));
            trial.compare(&format!("{program} {key} p"), test.p_value, &results[&key]["p"], (0.0, 1e-6));
        }
    }
    for (key, from, to) in [("wald_coef", 0, found.regressors), ("wald_td", found.regressors, found.terms.len())] {
        // plm leaves the constant out of the test of time dummies.
        let from = if found.terms.get(from).is_some_and(|term| term == "(Intercept)") { from + 1 } else { from };
        if results[key]["stat"].is_null() || from >= to {
            continue;
        }
        let b = found.coefficients.rows(from, to - from).into_owned();
        let v = found.covariance.view((from, from), (to - from, to - from)).into_owned();
        let wald = v.lu().solve(&b).map_or(f64::NAN, |solved| solved.dot(&b));
        trial.compare(&format!("{program} {key}"), wald, &results[key]["stat"], (rel * 10.0, abs));
    }
}

fn check(case: &Value) -> Option<Vec<String>> {
    let mut trial = Trial::new(case)?;
    let one_step = case["options"]["model"] == "onestep";
    let main = case["origin"]["program"].as_str().unwrap();
    let others = case["also"].as_array().into_iter().flatten();
    let all = std::iter::once((main, &case["results"]))
        .chain(others.map(|other| (other["origin"]["program"].as_str().unwrap(), &other["results"])));
    for (program, results) in all {
        let convention = if program == "plm" { LevelConvention::Plm } else { LevelConvention::Xtabond2 };
        match fit(&trial, convention) {
            Ok(found) => compare(&mut trial, &found, results, (program, one_step)),
            Err(fault) => trial.fault(fault),
        }
    }
    Some(trial.faults())
}

#[test]
fn dynamic_panel_family() {
    run("dynpanel.json", check);
}
