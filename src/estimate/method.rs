//! [`Method`]: which estimator a model asks for.

use super::dynamic::DynamicMethod;
use super::error::EstimateError;
use super::estimator::{Estimate, Estimator};
use super::instruments::{Gmm, GmmSteps, KClass, Kappa, Objective};
use super::likelihood::{DirectLikelihood, MaximumLikelihood};
use super::ols::Ols;
use super::panel::PanelMethod;
use crate::absorb::AbsorberCache;
use crate::design::{BoundaryLevels, DesignMatrix};
use crate::vcov::Errors;

/// An estimator with its options.
#[derive(Clone, Debug, PartialEq)]
pub enum Method {
    /// Least squares.
    Ols,
    /// The k-class: two-stage least squares, LIML, Fuller, or a given k.
    KClass(Kappa),
    /// GMM; without weights of its own it takes those of the model's errors.
    Gmm {
        /// How often the weights are renewed.
        steps: GmmSteps,
        /// The errors under which the moments are weighted, if not the model's.
        weights: Option<Errors>,
    },
    /// Maximum (quasi-)likelihood of an outcome with one index.
    Likelihood(MaximumLikelihood),
    /// Maximum likelihood of counts with several indices, or of groups given their totals.
    Direct(DirectLikelihood),
    /// A panel method: least squares, or two-stage least squares, on the design that it transforms.
    Panel(PanelMethod),
    /// A dynamic panel method, which has a walk of its own: see [`super::dynamic::fit_dynamic`].
    Dynamic(DynamicMethod),
}

impl Method {
    /// What a model without a method uses: least squares, or two-stage least squares where there are instruments.
    pub fn by_default(design: &DesignMatrix) -> Method {
        let instrumented = !design.endogenous.is_empty() || !design.instruments.is_empty();
        if instrumented { Method::KClass(Kappa::One) } else { Method::Ols }
    }

    /// What the method asks of the sample: which levels of effects have no finite estimate.
    pub fn boundary(&self) -> BoundaryLevels {
        match self {
            Method::Likelihood(model) if model.separation.effects => model.family.boundary(),
            Method::Direct(model) => model.boundary(),
            _ => BoundaryLevels::Keep,
        }
    }

    /// The word for records.
    pub fn name(&self) -> &'static str {
        match self {
            Method::Ols => "ols",
            Method::KClass(Kappa::One) => "iv",
            Method::KClass(Kappa::SmallestRoot) => "liml",
            Method::KClass(Kappa::Fuller(_)) => "fuller",
            Method::KClass(Kappa::Fixed(_)) => "k-class",
            Method::Gmm { .. } => "gmm",
            Method::Likelihood(model) => model.name(),
            Method::Direct(model) => model.name(),
            Method::Panel(method) => method.name(),
            Method::Dynamic(method) => method.name(),
        }
    }

    /// Estimates a model; GMM returns its objective too.
    ///
    /// # Errors
    /// Those of the estimator; [`EstimateError::NoInstruments`] if it needs instruments and there are none.
    pub fn fit(
        &self,
        design: &DesignMatrix,
        errors: &Errors,
        cache: &AbsorberCache,
    ) -> Result<(Estimate, Option<Objective>), EstimateError> {
        if let Method::Panel(_) | Method::Dynamic(_) = self {
            return Method::by_default(design).fit(design, errors, cache);
        }
        let instrumented = matches!(self, Method::KClass(_) | Method::Gmm { .. });
        if design.endogenous.is_empty() && instrumented {
            return Err(EstimateError::NoInstruments { method: self.name().to_string() });
        }
        match self {
            Method::Ols | Method::Panel(_) | Method::Dynamic(_) => Ok((Ols.fit(design, cache)?, None)),
            Method::Likelihood(model) => {
                if !design.endogenous.is_empty() {
                    check_stacked(errors)?;
                }
                Ok((model.fit(design, cache)?, None))
            }
            Method::Direct(model) => Ok((model.fit(design, errors, cache)?, None)),
            Method::KClass(kappa) => Ok((KClass(*kappa).fit(design, cache)?, None)),
            Method::Gmm { steps, weights } => {
                let weights = weights.clone().unwrap_or_else(|| errors.clone());
                let (estimate, objective) = Gmm { steps: *steps, weights }.fit_with_objective(design, cache)?;
                Ok((estimate, Some(objective)))
            }
        }
    }
}

/// Errors of two stages are those of stacked moments: sums over rows.
fn check_stacked(errors: &Errors) -> Result<(), EstimateError> {
    if *errors == Errors::Iid {
        return Err(EstimateError::DirectMisuse {
            method: "poisson",
            fault: "with instruments has no iid errors: those of its two stages are sums over rows",
            way_out: "write errors = \"hc1\" or clusters",
        });
    }
    if errors.needs_leverage() {
        return Err(crate::vcov::CovarianceError::NoLeverage { errors: errors.kind().to_string() }.into());
    }
    Ok(())
}
