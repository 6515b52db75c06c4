//! First stages: each endogenous regressor on exogenous regressors and instruments.

use nalgebra::{DMatrix, DVector};

use super::diagnose::Model;
use super::reduced_form::equation;
use crate::estimate::EstimateError;
use crate::estimate::finish::coefficients;
use crate::estimate::instruments::{FirstStage, invert};
use crate::infer::wald_zero;
use crate::vcov::covariance;

/// The record of every first stage.
pub(super) fn first_stages(model: &Model) -> Result<Vec<FirstStage>, EstimateError> {
    (0..model.form.n_endogenous()).map(|j| first_stage(model, j)).collect()
}

fn first_stage(model: &Model, j: usize) -> Result<FirstStage, EstimateError> {
    let form = &model.form;
    let estimate = &form.equations[j + 1];
    let l = form.n_instruments();
    let design = equation(model.design, model.columns, &model.design.endogenous[j]);
    let spread = covariance(model.errors, &model.rules, &design, estimate)?;
    let last: Vec<usize> = (estimate.terms.len() - l..estimate.terms.len()).collect();
    let wald = wald_zero(&estimate.coefficients, &spread.matrix, &last, spread.factors.df);
    let (explained, left) = (form.explained()[(j + 1, j + 1)], form.residuals[(j + 1, j + 1)]);
    Ok(FirstStage {
        endogenous: model.columns.endogenous[j].name.clone(),
        coefficients: coefficients(estimate, &spread),
        instruments: model.columns.instruments.iter().map(|c| c.name.clone()).collect(),
        f_statistic: wald.as_ref().map(|wald| wald.statistic),
        df1: l as f64,
        df2: spread.factors.df,
        f_p_value: wald.as_ref().map(|wald| wald.p_value),
        f_iid: (explained / l as f64) / (left / form.df_residual),
        df_residual: form.df_residual,
        r_squared: 1.0 - estimate.sums.residual / estimate.sums.total,
        partial_r_squared: explained / (explained + left),
        shea_r_squared: shea(model, j).unwrap_or(f64::NAN),
        conditional_f: conditional_f(model, j),
    })
}

/// Shea (1997) as Godfrey (1999) computes it: the ratio of the coefficient's variances per unit of residual variance.
fn shea(model: &Model, j: usize) -> Option<f64> {
    let p = model.form.n_endogenous();
    let explained = model.form.explained();
    let at = |m: DMatrix<f64>| Some(invert(&m.view((1, 1), (p, p)).into_owned(), 0.0)?[(j, j)]);
    Some(at(&explained + &model.form.residuals)? / at(explained)?)
}

/// Sanderson and Windmeijer (2016): the F of the instruments for what two-stage least squares on the other endogenous
/// regressors leaves of this one, with L - p + 1 degrees of freedom.
fn conditional_f(model: &Model, j: usize) -> Option<f64> {
    let form = &model.form;
    let p = form.n_endogenous();
    if p < 2 {
        return None;
    }
    let others: Vec<usize> = (1..=p).filter(|k| *k != j + 1).collect();
    let explained = form.explained();
    let among = explained.select_rows(&others).select_columns(&others);
    let with: DVector<f64> = explained.select_rows(&others).column(j + 1).into_owned();
    let shares = invert(&among, 1e-12)? * with;
    let mut combination = DVector::zeros(p + 1);
    combination[j + 1] = 1.0;
    others.iter().zip(shares.iter()).for_each(|(k, share)| combination[*k] = -share);
    Some(form.wald(&combination)? / (form.n_instruments() - p + 1) as f64)
}
