//! Whether the instruments agree with each other: Sargan (1958), Basmann (1960), Hansen (1982), Wooldridge (1995), and the
//! difference in J for some of them (Hayashi 2000, 3.6).

use std::sync::Arc;

use super::diagnose::{Model, test};
use super::distribution::upper_chi_squared;
use super::reduced_form::{influence, variables};
use super::score::score_test;
use crate::absorb::AbsorberCache;
use crate::design::Variable;
use crate::estimate::instruments::{Moments, WorkingColumn};
use crate::estimate::{EstimateError, Estimator, Method, Ols, TestResult};
use crate::infer::wald::upper_f;
use crate::vcov::Errors;

/// The tests of a model with more instruments than endogenous regressors.
pub(super) fn tests(model: &Model, cache: &AbsorberCache) -> Result<Vec<TestResult>, EstimateError> {
    let spare = model.columns.overidentified_by();
    if spare == 0 {
        return Ok(Vec::new());
    }
    let form = &model.form;
    let n = form.n;
    let variance = model.residual_products()? / n;
    let sargan = model.explained_residual() / variance;
    let mut out = vec![test("Sargan", sargan, spare, "the instruments are exogenous; iid errors")];
    let df = form.df_residual;
    let basmann = sargan * df / (n - sargan);
    out.push(test("Basmann", basmann, spare, "the instruments are exogenous; iid errors"));
    let f = basmann / spare as f64;
    out.push(TestResult {
        test: "Basmann F".into(),
        statistic: f,
        df1: Some(spare as f64),
        df2: Some(df),
        p_value: Some(upper_f(f, spare as f64, df)),
        note: "the instruments are exogenous; iid errors".into(),
    });
    if let Some(statistic) = wooldridge(model, cache)? {
        out.push(test(
            "Wooldridge overidentification",
            statistic,
            spare,
            "the instruments are exogenous; robust to unequal variances",
        ));
    }
    Ok(out)
}

/// Instruments in excess, net of regressors and fitted endogenous regressors, against the residuals.
fn wooldridge(model: &Model, cache: &AbsorberCache) -> Result<Option<f64>, EstimateError> {
    let (design, columns) = (model.design, model.columns);
    let fitted = |(j, column): (usize, &WorkingColumn)| {
        let unexplained = &influence(&model.form.equations[j + 1])?.residuals;
        let values = column.values.iter().zip(unexplained).map(|(d, v)| d - v).collect();
        Ok(Variable { name: format!("fitted {}", column.name), values: Arc::new(values) })
    };
    let fitted = columns.endogenous.iter().enumerate().map(fitted).collect::<Result<Vec<_>, EstimateError>>()?;
    let regressors: Vec<Variable> = variables(columns.exogenous.iter()).into_iter().chain(fitted).collect();
    let scores = variables(columns.instruments.iter().take(columns.overidentified_by()))
        .into_iter()
        .map(|instrument| {
            Ok(influence(&Ols.fit(&design.with(instrument, regressors.clone()), cache)?)?.residuals.to_vec())
        })
        .collect::<Result<Vec<_>, EstimateError>>()?;
    score_test(design, scores, &influence(model.estimate)?.residuals)
}

/// Hansen's J at the model's errors, and the difference in J of the instruments that the study names.
pub(super) fn moment_tests(model: &Model, orthogonal: &[String]) -> Result<Vec<TestResult>, EstimateError> {
    let spare = model.columns.overidentified_by();
    let mut out = Vec::new();
    if let Some(objective) = model.objective.filter(|o| o.df > 0 && o.value.is_finite()) {
        let note = format!("the moments hold; {} iterations", objective.iterations);
        out.push(test("Hansen J", objective.value, objective.df, &note));
    }
    let names = positions(model, orthogonal)?;
    if spare == 0 && orthogonal.is_empty() {
        return Ok(out);
    }
    if names.len() > spare {
        return Err(EstimateError::OrthogonalTooMany { tested: names.len(), spare });
    }
    let robust = *model.errors != Errors::Iid;
    if out.is_empty() && !robust && orthogonal.is_empty() {
        return Ok(out);
    }
    let moments = Moments::of(model.design, model.columns);
    let s = moments.covariance(model.design, model.errors, influence(model.estimate)?.residuals.to_vec())?;
    let Some(full) = moments.minimise(&s, None) else { return Ok(out) };
    if robust && !matches!(model.method, Method::Gmm { .. }) {
        out.push(test(
            "Hansen J",
            full.value,
            spare,
            "the instruments are exogenous; J of two-step GMM with the model's errors",
        ));
    }
    if !names.is_empty() {
        let kept: Vec<usize> = (0..moments.instruments.len()).filter(|i| !names.contains(i)).collect();
        if let Some(less) = moments.minimise(&s, Some(&kept)) {
            let note = format!("{} exogenous, given that the other instruments are", orthogonal.join(", "));
            out.push(test("difference in J", (full.value - less.value).max(0.0), names.len(), &note));
        }
    }
    Ok(out)
}

/// Positions among the moments of the instruments under test.
fn positions(model: &Model, orthogonal: &[String]) -> Result<Vec<usize>, EstimateError> {
    let constant = usize::from(model.design.intercept);
    let names: Vec<&str> =
        model.columns.exogenous.iter().chain(&model.columns.instruments).map(|c| c.name.as_str()).collect();
    orthogonal
        .iter()
        .map(|name| {
            names.iter().position(|known| known == name).map(|at| at + constant).ok_or_else(|| {
                let near = |known: &&&str| (strsim::jaro_winkler(name, known) * 1e6) as u64;
                let nearest = names.iter().max_by_key(near).map(|n| (*n).to_string());
                EstimateError::OrthogonalUnknown { name: name.clone(), nearest }
            })
        })
        .collect()
}

/// LIML's likelihood ratio `N log k` (Anderson and Rubin 1949).
pub(super) fn likelihood_ratio(n: f64, k: f64, spare: usize) -> TestResult {
    let statistic = n * k.ln();
    TestResult {
        test: "LIML likelihood ratio".into(),
        statistic,
        df1: Some(spare as f64),
        df2: None,
        p_value: Some(upper_chi_squared(statistic, spare as f64)),
        note: format!("the instruments are exogenous; N log k with k = {k}"),
    }
}
