//! Covariances that are robust to unequal variances: HC0 to HC4.

use super::error::CovarianceError;
use super::errors::Errors;
use super::leverage::{FULL, Leverage};
use crate::design::{DesignMatrix, WeightKind};
use crate::estimate::Influence;
use crate::linalg::{cross_products, sum};

use nalgebra::DMatrix;

/// `Σ e² f(h) x x'` with the weights that the kind of weight asks for, and the leverages where they were needed.
///
/// HC1 carries `N/(N-1)`, so that `(N-1)/(N-K)` makes it `N/(N-K)`. A row with leverage one has no residual and adds
/// nothing.
pub(super) fn hetero_meat(
    errors: &Errors,
    design: &DesignMatrix,
    influence: &Influence,
) -> Result<(DMatrix<f64>, Option<Leverage>), CovarianceError> {
    let e: &[f64] = &influence.residuals;
    let mut squares: Vec<f64> = match &design.weights {
        None => e.iter().map(|e| e * e).collect(),
        Some(weights) if weights.kind == WeightKind::Frequency => {
            e.iter().zip(weights.values.iter()).map(|(e, w)| w * e * e).collect()
        }
        Some(weights) => e.iter().zip(weights.values.iter()).map(|(e, w)| (w * e) * (w * e)).collect(),
    };
    let n = design.n_obs() as f64;
    let mut leverage = None;
    if errors.needs_leverage() {
        let found = Leverage::of(design, influence)?;
        let rank = match design.weights.as_ref().filter(|weights| weights.kind == WeightKind::Frequency) {
            None => sum(&found.values),
            Some(weights) => crate::linalg::dot(&found.values, &weights.values),
        };
        let power = |h: f64| match errors {
            Errors::Hc2 => 1.0,
            Errors::Hc3 => 2.0,
            _ => (n * h / rank).min(4.0),
        };
        for (square, &h) in squares.iter_mut().zip(&found.values) {
            let left = 1.0 - h;
            *square = if left < FULL { 0.0 } else { *square / left.powf(power(h)) };
        }
        leverage = Some(found);
    }
    let columns: Vec<&[f64]> = influence.columns.iter().map(|column| column.as_slice()).collect();
    let meat = cross_products(&columns, Some(&squares));
    Ok((if *errors == Errors::Hc1 { meat * (n / (n - 1.0)) } else { meat }, leverage))
}
