//! Whether the endogenous regressors are: Durbin (1954), Wu (1973) and Hausman (1978), and Wooldridge's (1995) regression
//! and score forms.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::diagnose::{Model, test};
use super::distribution::upper_chi_squared;
use super::reduced_form::{influence, variables};
use super::score::score_test;
use crate::absorb::AbsorberCache;
use crate::design::Variable;
use crate::estimate::instruments::invert;
use crate::estimate::{EstimateError, Estimator, Ols, TestResult};
use crate::infer::wald::upper_f;
use crate::infer::wald_zero;
use crate::vcov::covariance;

/// All four tests; those that cannot be computed are left out.
pub(super) fn tests(model: &Model, cache: &AbsorberCache) -> Result<Vec<TestResult>, EstimateError> {
    let mut out = variance_tests(model).unwrap_or_default();
    let p = model.form.n_endogenous();
    let design = model.design;
    let regressors = variables(model.columns.exogenous.iter().chain(&model.columns.endogenous));
    let residual_of = |j: usize| -> Result<Vec<f64>, EstimateError> {
        Ok(influence(&model.form.equations[j + 1])?.residuals.to_vec())
    };
    let augmented = (0..p)
        .map(|j| {
            let name = format!("residual of {}", model.columns.endogenous[j].name);
            Ok(Variable { name, values: Arc::new(residual_of(j)?) })
        })
        .collect::<Result<Vec<Variable>, EstimateError>>()?;
    let wide = design.with(design.outcome.clone(), regressors.iter().cloned().chain(augmented).collect());
    if let Ok(estimate) = Ols.fit(&wide, cache)
        && estimate.terms.len() == usize::from(design.intercept) + regressors.len() + p
    {
        let spread = covariance(model.errors, &model.rules, &wide, &estimate)?;
        let last: Vec<usize> = (estimate.terms.len() - p..estimate.terms.len()).collect();
        if let Some(wald) = wald_zero(&estimate.coefficients, &spread.matrix, &last, spread.factors.df) {
            out.push(TestResult {
                test: "Wooldridge regression".into(),
                statistic: wald.statistic,
                df1: Some(wald.df1),
                df2: Some(wald.df2),
                p_value: Some(wald.p_value),
                note: "the first stages' residuals do not belong in the equation: the regressors are exogenous; F with the model's errors".into(),
            });
        }
    }
    let plain = Ols.fit(&design.with(design.outcome.clone(), regressors.clone()), cache)?;
    let scores = (0..p)
        .map(|j| {
            let outcome = Variable { name: "first-stage residual".into(), values: Arc::new(residual_of(j)?) };
            Ok(influence(&Ols.fit(&design.with(outcome, regressors.clone()), cache)?)?.residuals.to_vec())
        })
        .collect::<Result<Vec<_>, EstimateError>>()?;
    if let Some(statistic) = score_test(design, scores, &influence(&plain)?.residuals)? {
        out.push(test("Wooldridge score", statistic, p, "the regressors are exogenous; robust to unequal variances"));
    }
    Ok(out)
}

/// Durbin's chi-squared and the F of Wu and Hausman, from cross products alone:
/// `d = e'P_[Z,D]e - u'P_Z u` with `e` the residuals of least squares and `u` the model's.
fn variance_tests(model: &Model) -> Option<Vec<TestResult>> {
    let form = &model.form;
    let p = form.n_endogenous();
    let total = form.explained() + &form.residuals;
    let (least_squares, unrestricted) = (left(&total, p)?, left(&form.residuals, p)?);
    let gain = least_squares - unrestricted - model.explained_residual();
    let durbin = gain / (least_squares / form.n);
    let df = form.df_residual + form.n_instruments() as f64 - 2.0 * p as f64;
    let f = (gain / p as f64) / ((least_squares - gain) / df);
    Some(vec![
        TestResult {
            test: "Wu-Hausman".into(),
            statistic: f,
            df1: Some(p as f64),
            df2: Some(df),
            p_value: Some(upper_f(f.max(0.0), p as f64, df)),
            note: "the regressors are exogenous; iid errors".into(),
        },
        TestResult {
            test: "Durbin".into(),
            statistic: durbin,
            df1: Some(p as f64),
            df2: None,
            p_value: Some(upper_chi_squared(durbin, p as f64)),
            note: "the regressors are exogenous; iid errors".into(),
        },
    ])
}

/// The outcome's sum of squares net of the endogenous regressors, of cross products with the outcome first.
fn left(products: &DMatrix<f64>, p: usize) -> Option<f64> {
    let across: DVector<f64> = products.view((1, 0), (p, 1)).column(0).into_owned();
    let inverse = invert(&products.view((1, 1), (p, p)).into_owned(), 1e-14)?;
    Some(products[(0, 0)] - across.dot(&(inverse * &across)))
}
