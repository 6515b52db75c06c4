//! The whole walk for one linear model.

use indexmap::IndexMap;

use super::error::EstimateError;
use super::estimator::Estimate;
use super::finish::finish;
use super::fit::{Fit, TestResult};
use super::likelihood::{Family, FrailtyRecord, overdispersion};
use super::method::Method;
use super::ols::INTERCEPT;
use super::panel::fit_panel;
use crate::absorb::AbsorberCache;
use crate::design::{BoundaryLevels, DesignMatrix, ModelVariables, SharedColumns};
use crate::infer::instruments::diagnose;
use crate::infer::normal;
use crate::note::Note;
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
    let mut vars = vars.clone();
    loop {
        let design = design_model(request, &mut vars, &SharedColumns::new())?;
        if let Some(Method::Panel(method)) = request.method {
            let transformed = method.transform(&design, cache)?;
            return fit_panel(request, &transformed, cache).map(|(fit, _)| fit);
        }
        match fit_design(request, &design, cache) {
            Err(EstimateError::Separated(found)) => vars.separated.push(found.mask(vars.outcome.1.len())),
            done => return done.map(|(fit, _)| fit),
        }
    }
}

/// The likelihood ratio of frailty: its spread lies on the boundary of what is possible under the hypothesis, so that the statistic
/// is zero with probability one half (Self and Liang 1987).
fn of_frailty(frailty: &FrailtyRecord, log_likelihood: f64) -> TestResult {
    let statistic = (2.0 * (log_likelihood - frailty.log_likelihood_without)).max(0.0);
    TestResult {
        test: "frailty (likelihood ratio)".into(),
        statistic,
        df1: Some(1.0),
        df2: None,
        p_value: Some(0.5 * normal::two_sided_p(statistic.sqrt())),
        note: format!("no spread between units of {}, against {} frailty", frailty.unit, frailty.distribution),
    }
}

/// What the outcome says of the model: a likelihood that is not its own, overdispersion, probabilities that are none.
fn describe_outcome(
    fit: &mut Fit,
    (request, method): (&ModelRequest, &Method),
    design: &DesignMatrix,
    estimate: &Estimate,
) {
    if let Some(likelihood) = &estimate.likelihood {
        if likelihood.is_quasi && request.errors == Errors::Iid {
            fit.notes.push(Note::QuasiLikelihood { method: fit.method.clone() });
        }
        if let Some(index) = estimate.index.as_ref().filter(|index| index.family == Family::Poisson) {
            fit.tests.extend(overdispersion(design, index));
        }
        fit.tests.extend(likelihood.frailty.as_ref().map(|frailty| of_frailty(frailty, likelihood.log_likelihood)));
        return;
    }
    let y = &design.outcome.values;
    if *method == Method::Ols
        && y.iter().all(|&y| y == 0.0 || y == 1.0)
        && let Ok(influence) = estimate.linear()
    {
        let fitted = y.iter().zip(influence.residuals.iter()).map(|(y, e)| y - e);
        let rows = fitted.filter(|p| !(-1e-12..=1.0 + 1e-12).contains(p)).count();
        if rows > 0 {
            fit.notes.push(Note::OutsideUnitInterval { rows, of: y.len() });
        }
    }
}

/// Decides the sample of a model: that of its variables, and what its method asks of the outcome.
///
/// # Errors
/// Those of [`DesignMatrix::build`]; an outcome outside of the method's range.
pub fn design_model(
    request: &ModelRequest,
    vars: &mut ModelVariables,
    shared: &SharedColumns,
) -> Result<DesignMatrix, EstimateError> {
    vars.boundary = request.method.as_ref().map_or(BoundaryLevels::Keep, Method::boundary);
    let design = DesignMatrix::build_shared(vars, request.ledger.clone(), shared)?;
    match &request.method {
        Some(Method::Likelihood(model)) => model.check(&design)?,
        Some(Method::Direct(model)) => model.check(&design)?,
        _ => {}
    }
    Ok(design)
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
    describe_outcome(&mut fit, (request, &method), design, &estimate);
    if let Method::Direct(model) = &method {
        fit.tests.extend(model.comparisons(design, cache)?);
    }
    if !design.endogenous.is_empty() && !matches!(method, Method::Likelihood(_)) {
        let diagnosis = diagnose(request, design, (&method, &estimate, objective), cache)?;
        fit.first_stages = diagnosis.first_stages;
        fit.tests.extend(diagnosis.tests);
        fit.confidence_sets = diagnosis.sets;
        fit.notes.extend(diagnosis.notes);
    }
    Ok((fit, estimate))
}
