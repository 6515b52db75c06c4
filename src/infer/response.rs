//! Standard errors of functions of a likelihood's index: average marginal effects, elasticities, contrasts.
//!
//! A function `f` of the coefficients `b` and the absorbed effects `a` through the index `η = X b + D a` (and of `b` besides) has
//! the gradient `Z'c + (d, 0)` in `(b, a)`, with `Z = [X D]`, `c = ∂f/∂η` by row and `d = ∂f/∂b`. With the last weighted
//! regression's weights `W`, row `i` moves `f` by `s_i w_i (x̃_i'(X̃'WX̃)⁻¹(X̃'c + d) + e_i)`: `s` is the score, `X̃` are the regressors net
//! of the effects, and `e` is what the effects explain of `c / W`. The column in brackets therefore gives `f` any
//! errors of [`crate::vcov`], the effects' own included: those of the delta method on a model with dummies.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::prediction::{ErrorScope, column};
use crate::design::DesignMatrix;
use crate::estimate::likelihood::{Family, Index};
use crate::estimate::{Estimate, EstimateError, Fit, Influence, NotLinear, Spread};
use crate::linalg::{dot, sum, weighted_dot};
use crate::vcov::{Dialect, Errors, RawCovariance};

/// How a number moves with the index of every row and, besides, with the coefficients.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexGradient {
    /// By row of the sample.
    pub rows: Vec<f64>,
    /// By term of the index.
    pub terms: DVector<f64>,
}

/// Standard errors of numbers with these gradients, with the errors of a model, and what they allow for: the absorbed effects as
/// given where the errors are adjusted for leverage or the family has a size.
///
/// # Errors
/// Those of absorbing and of the covariance, which the model's own have passed before.
pub fn response_errors(
    (design, estimate, index): (&DesignMatrix, &Estimate, &Index),
    (errors, dialect): (&Errors, &Dialect),
    fit: &Fit,
    gradients: &[IndexGradient],
) -> Result<(Vec<f64>, ErrorScope), EstimateError> {
    let columns: Vec<Option<&Arc<Vec<f64>>>> = estimate.mean_terms().iter().map(|term| column(design, term)).collect();
    let k = columns.len();
    let given = DMatrix::from_fn(k, k, |i, j| fit.covariance[i][j]);
    let error =
        |covariance: &DMatrix<f64>, gradient: &DVector<f64>| gradient.dot(&(covariance * gradient)).max(0.0).sqrt();
    if design.absorbed.is_empty() {
        let at = |gradient: &IndexGradient, j: usize| {
            gradient.terms[j] + columns[j].map_or_else(|| sum(&gradient.rows), |x| dot(x, &gradient.rows))
        };
        let total = |gradient: &IndexGradient| DVector::from_fn(k, |j, _| at(gradient, j));
        return Ok((gradients.iter().map(|g| error(&given, &total(g))).collect(), ErrorScope::Everything));
    }
    let shares: Vec<Vec<f64>> =
        gradients.iter().map(|g| g.rows.iter().zip(index.weights.iter()).map(|(c, w)| c / w).collect()).collect();
    let views: Vec<&[f64]> =
        columns.iter().flatten().map(|x| x.as_slice()).chain(shares.iter().map(Vec::as_slice)).collect();
    let net = index.net(design, &views)?;
    let (net_terms, net_shares) = net.split_at(k);
    let total =
        |gradient: &IndexGradient| DVector::from_fn(k, |j, _| gradient.terms[j] + dot(&net_terms[j], &gradient.rows));
    let totals: Vec<DVector<f64>> = gradients.iter().map(total).collect();
    if errors.needs_leverage()
        || matches!(index.family, Family::NegativeBinomial { .. } | Family::LinearNegativeBinomial { .. })
    {
        return Ok((totals.iter().map(|total| error(&given, total)).collect(), ErrorScope::GivenEffects));
    }
    let Spread::Influence(influence) = &estimate.spread else { return Err(NotLinear.into()) };
    let mut found = Vec::with_capacity(gradients.len());
    for (total, (share, net)) in totals.iter().zip(shares.iter().zip(net_shares)) {
        let mut moved: Vec<f64> = share.iter().zip(net).map(|(whole, net)| whole - net).collect();
        let by_column = influence.bread.tr_mul(total);
        for (column, by) in influence.columns.iter().zip(by_column.iter()) {
            moved.iter_mut().zip(column.iter()).for_each(|(moved, x)| *moved += by * x);
        }
        let alone = of_one_column(estimate, influence, (moved, index));
        let covariance = RawCovariance::of(errors, design, &alone)?.with(&dialect.small_sample());
        // The number is no parameter: what is counted is what the model counts.
        let factor = fit.errors.factors.k_factor / covariance.factors.k_factor;
        found.push((factor * covariance.matrix[(0, 0)]).max(0.0).sqrt());
    }
    Ok((found, ErrorScope::Everything))
}

/// An estimate of one number whose influence values are a column times the scores.
fn of_one_column(estimate: &Estimate, influence: &Influence, (column, index): (Vec<f64>, &Index)) -> Estimate {
    let variance = weighted_dot(&column, &column, Some(&index.weights));
    let influence = Influence {
        columns: vec![Arc::new(column)],
        residuals: influence.residuals.clone(),
        bread: DMatrix::identity(1, 1),
        inverse: DMatrix::from_element(1, 1, variance),
    };
    Estimate {
        terms: vec!["a function of the index".to_string()],
        coefficients: DVector::zeros(1),
        spread: Spread::Influence(influence),
        ..estimate.clone()
    }
}
