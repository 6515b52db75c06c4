//! A robust score test by regressing one on scores (Wooldridge 1995): `g'S^-1 g` with `g = C'We` and `S` the plain sum of
//! the scores' squares.

use std::sync::Arc;

use nalgebra::DVector;

use super::reduced_form::quadratic;
use crate::design::DesignMatrix;
use crate::estimate::EstimateError;
use crate::estimate::instruments::score_covariance;
use crate::linalg::{cross_products, weighted_dot};
use crate::vcov::Errors;

/// The statistic of columns against residuals, robust to unequal variances; `None` if the scores are collinear.
pub(super) fn score_test(
    design: &DesignMatrix,
    columns: Vec<Vec<f64>>,
    residuals: &[f64],
) -> Result<Option<f64>, EstimateError> {
    let weights = design.weight_values();
    let columns: Vec<Arc<Vec<f64>>> = columns.into_iter().map(Arc::new).collect();
    let views: Vec<&[f64]> = columns.iter().map(|column| column.as_slice()).collect();
    let gram = cross_products(&views, weights);
    let g = DVector::from_iterator(views.len(), views.iter().map(|column| weighted_dot(column, residuals, weights)));
    let s = score_covariance(design, &Errors::Hc1, (&columns, &gram), residuals.to_vec())?;
    Ok(quadratic(&g, &s))
}
