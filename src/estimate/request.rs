//! The whole walk for one linear model.

use indexmap::IndexMap;

use super::error::EstimateError;
use super::estimator::Estimator;
use super::finish::finish;
use super::fit::Fit;
use super::ols::Ols;
use crate::absorb::AbsorberCache;
use crate::design::{DesignMatrix, ModelVariables};
use crate::panel::Ledger;
use crate::vcov::{Dialect, Errors, covariance};

/// What is asked of a model besides its variables, and how it is called.
#[derive(Clone, Debug, Default)]
pub struct ModelRequest {
    /// The model's full name, with its choices in a multiverse.
    pub model: String,
    /// The name in the study.
    pub base: String,
    /// Choices along axes and stepwise operators.
    pub choices: IndexMap<String, String>,
    /// The formula as written.
    pub formula: String,
    /// The errors.
    pub errors: Errors,
    /// Whose counting of parameters and clusters.
    pub dialect: Dialect,
    /// Rows that left before the model: reading, joins, filters of study and model.
    pub ledger: Ledger,
}

/// Fits a model by least squares: sample and design, estimate, covariance, record.
///
/// `cache` shares absorbers and absorbed columns between models; [`AbsorberCache::new`] will do for one.
///
/// # Errors
/// Those of the steps, gathered in [`EstimateError`].
pub fn fit_model(request: &ModelRequest, vars: &ModelVariables, cache: &AbsorberCache) -> Result<Fit, EstimateError> {
    let design = DesignMatrix::build(vars, request.ledger.clone())?;
    let estimate = Ols.fit(&design, cache)?;
    let covariance = covariance(&request.errors, &request.dialect.small_sample(), &design, &estimate)?;
    Ok(finish(request, &design, &estimate, covariance))
}
