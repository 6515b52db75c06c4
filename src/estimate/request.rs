//! The whole walk for one linear model.

use indexmap::IndexMap;

use super::error::EstimateError;
use super::estimator::Estimate;
use super::finish::finish;
use super::fit::Fit;
use super::method::Method;
use super::ols::INTERCEPT;
use super::panel::fit_panel;
use crate::absorb::AbsorberCache;
use crate::design::{DesignMatrix, ModelVariables};
use crate::infer::instruments::diagnose;
use crate::panel::Ledger;
use crate::vcov::{Dialect, Errors, RawCovariance, in_every_dialect};

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
    /// The estimator; without one, what the formula calls for ([`Method::by_default`]).
    pub method: Option<Method>,
    /// Instruments whose exogeneity is tested by difference in J.
    pub orthogonal: Vec<String>,
    /// The errors.
    pub errors: Errors,
    /// Whose counting of parameters and clusters.
    pub dialect: Dialect,
    /// Rows that left before the model: reading, joins, filters of study and model.
    pub ledger: Ledger,
}

/// Fits a model: sample and design, estimate, covariance, record.
///
/// `cache` shares absorbers and absorbed columns between models; [`AbsorberCache::new`] will do for one.
///
/// # Errors
/// Those of the steps, gathered in [`EstimateError`].
pub fn fit_model(request: &ModelRequest, vars: &ModelVariables, cache: &AbsorberCache) -> Result<Fit, EstimateError> {
    let design = DesignMatrix::build(vars, request.ledger.clone())?;
    match request.method {
        Some(Method::Panel(method)) => {
            let transformed = method.transform(&design, cache)?;
            fit_panel(request, &transformed, cache).map(|(fit, _)| fit)
        }
        _ => fit_design(request, &design, cache).map(|(fit, _)| fit),
    }
}

/// Fits a model whose sample is decided: estimate, covariance, record, and tests of the instruments if there are any.
/// The estimate comes with the record, for what is computed from it afterwards.
///
/// # Errors
/// As [`fit_model`].
pub fn fit_design(
    request: &ModelRequest,
    design: &DesignMatrix,
    cache: &AbsorberCache,
) -> Result<(Fit, Estimate), EstimateError> {
    let method = request.method.clone().unwrap_or_else(|| Method::by_default(design));
    let (estimate, objective) = method.fit(design, &request.errors, cache)?;
    request.dialect.check(&request.errors, design)?;
    let raw = RawCovariance::of(&request.errors, design, &estimate)?;
    let mut fit = finish(request, design, &estimate, raw.with(&request.dialect.small_sample()));
    if let Some(headline) = estimate.terms.iter().position(|term| term != INTERCEPT) {
        fit.errors.details.headline = estimate.terms[headline].clone();
        fit.errors.details.dialects = in_every_dialect(&raw, headline);
    }
    fit.method = method.name().to_string();
    if !design.endogenous.is_empty() {
        let diagnosis = diagnose(request, design, (&method, &estimate, objective), cache)?;
        fit.first_stages = diagnosis.first_stages;
        fit.tests.extend(diagnosis.tests);
        fit.confidence_sets = diagnosis.sets;
        fit.notes.extend(diagnosis.notes);
    }
    Ok((fit, estimate))
}
