//! From coefficients on working columns to an [`Estimate`] of the model as written.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::columns::InstrumentedColumns;
use crate::design::DesignMatrix;
use crate::estimate::ols::{INTERCEPT, sums};
use crate::estimate::{Estimate, EstimateError, Influence, Spread};

/// A solution on working columns, in the order constant (if there is one), endogenous, exogenous.
pub(super) struct Solution {
    /// Coefficients; that of the constant is the outcome's at the means of the regressors.
    pub(super) coefficients: DVector<f64>,
    /// Columns of the influence.
    pub(super) columns: Vec<Arc<Vec<f64>>>,
    /// Residuals of the actual regressors.
    pub(super) residuals: Vec<f64>,
    /// From the columns to the coefficients.
    pub(super) bread: DMatrix<f64>,
    /// Covariance of the coefficients per unit of residual variance.
    pub(super) inverse: DMatrix<f64>,
}

/// Undoes the centring and counts.
pub(super) fn assemble(
    design: &DesignMatrix,
    columns: InstrumentedColumns,
    solution: Solution,
) -> Result<Estimate, EstimateError> {
    let regressors = || columns.endogenous.iter().chain(&columns.exogenous);
    let constant = design.intercept.then(|| INTERCEPT.to_string());
    let terms: Vec<String> = constant.into_iter().chain(regressors().map(|column| column.name.clone())).collect();
    let mut map = DMatrix::identity(terms.len(), terms.len());
    if design.intercept {
        for (j, column) in regressors().enumerate() {
            map[(0, j + 1)] = -column.mean;
        }
    }
    let inverse = &map * solution.inverse * map.transpose();
    let influence = Influence {
        columns: solution.columns,
        residuals: solution.residuals.into(),
        bread: &map * solution.bread,
        inverse: (&inverse + inverse.transpose()) * 0.5,
    };
    let estimate = Estimate {
        terms,
        coefficients: map * solution.coefficients,
        sums: sums(design, &columns.working, (&influence.residuals, None)),
        spread: Spread::Influence(influence),
        likelihood: None,
        index: None,
        absorbed: columns.working.absorbed,
        convergence: columns.working.convergence,
        notes: columns.working.notes,
    };
    let parameters = estimate.n_parameters();
    if parameters + columns.instruments.len() >= design.n_obs() + columns.endogenous.len() {
        let absorbed = parameters - estimate.terms.len();
        return Err(EstimateError::NoDegreesOfFreedom {
            n_obs: design.n_obs(),
            parameters: parameters + columns.instruments.len() - columns.endogenous.len(),
            absorbed,
        });
    }
    Ok(estimate)
}
