//! Spatial models by moments: two-stage least squares of a spatial lag, generalised moments of a spatial error, or both.
//!
//! ```text
//! augmented design (W y among the endogenous, lags of X among the instruments)
//!     without a spatial error -> estimate::instruments, any errors of vcov       (Kelejian and Prucha 1998)
//!     with one                -> residuals -> lambda -> filtered columns -> ...  (GS2SLS; Arraiz et al. 2010; Drukker et al. 2013;
//!                                                                                 with random effects Kapoor et al. 2007)
//! ```
//!
//! No determinant is needed, so that other endogenous regressors, high-dimensional effects (of models without a spatial
//! error) and robust errors come at no cost.

mod augmented;
mod error_moments;
mod generalised;
mod kapoor_kelejian_prucha;
mod quadratic;

use nalgebra::{DMatrix, DVector};

use super::super::error::EstimateError;
use super::super::fit::Fit;
use super::super::instruments::Kappa;
use super::super::method::Method;
use super::super::request::{ModelRequest, fit_design};
use super::impacts::{Horizon, ImpactTerm, Parameters, VariableImpacts, impacts};
use super::jacobian::Jacobian;
use super::maximum_likelihood::{LAMBDA, RHO};
use super::record::SpatialRecord;
use super::request::{EffectsRule, MomentOptions, SpatialRequest};
use crate::absorb::AbsorberCache;
use crate::design::{DesignMatrix, Variable};

use augmented::{augmented, lag_name};

/// Estimates a spatial model by moments.
///
/// # Errors
/// Those of instruments; effects or weights beside a spatial error; moments without a solution.
pub(super) fn fit_moments(
    request: &ModelRequest,
    design: &DesignMatrix,
    (spatial, options): (&SpatialRequest, &MomentOptions),
    cache: &AbsorberCache,
) -> Result<Fit, EstimateError> {
    let whole = augmented(design, spatial, options.instrument_lags);
    let (mut fit, variance) = if spatial.terms.error {
        generalised::fit(request, &whole, (spatial, options))?
    } else {
        let method = if whole.endogenous.is_empty() { Method::Ols } else { Method::KClass(Kappa::One) };
        let request = ModelRequest { method: Some(method), ..request.clone() };
        let (fit, _) = fit_design(&request, &whole, cache)?;
        let variance = fit.statistics.rss.map(|rss| rss / whole.n_rows() as f64);
        (fit, variance)
    };
    fit.method = format!("{}-moments", spatial.terms.name());
    fit.notes.extend(spatial.islands_note());
    let impacts = variable_impacts(&fit, design, spatial)?;
    fit.spatial = Some(SpatialRecord {
        effects: match (spatial.effects, design.absorbed.is_empty()) {
            (EffectsRule::Random(_), _) => "random_kapoor_kelejian_prucha",
            (_, true) => "none",
            (_, false) => "absorbed",
        }
        .into(),
        variance: variance.unwrap_or(f64::NAN),
        impacts,
        ..SpatialRecord::of(spatial)
    });
    Ok(fit)
}

/// The impacts of a fit's coefficients; none where they are the coefficients themselves.
fn variable_impacts(
    fit: &Fit,
    design: &DesignMatrix,
    spatial: &SpatialRequest,
) -> Result<Vec<VariableImpacts>, EstimateError> {
    if !spatial.terms.lag && !spatial.terms.durbin {
        return Ok(Vec::new());
    }
    let jacobian = Jacobian::of(&spatial.layout);
    let Some(of) = jacobian.largest() else { return Ok(Vec::new()) };
    // Lambda moves no impact.
    let terms: Vec<&str> = fit.coefficients.iter().map(|c| c.term.as_str()).filter(|term| *term != LAMBDA).collect();
    let at = |name: &str| terms.iter().position(|term| *term == name);
    let k = terms.len();
    let values = DVector::from_fn(k, |i, _| fit.coefficients[i].estimate);
    let covariance = DMatrix::from_fn(k, k, |i, j| fit.covariance[i][j]);
    let is_moved = |variable: &&Variable| !spatial.dynamics.has(&variable.name);
    let variables = design.regressors.iter().chain(&design.endogenous).filter(is_moved).map(|variable| ImpactTerm {
        own: at(&variable.name),
        lagged: at(&lag_name(&variable.name, &spatial.weights)),
        variable: variable.name.clone(),
    });
    let listed: Vec<ImpactTerm> = variables.filter(|term| term.own.is_some() || term.lagged.is_some()).collect();
    let parameters =
        Parameters { values: &values, covariance: &covariance, rho_at: at(RHO), horizon: Horizon::default() };
    Ok(impacts(&of, &parameters, &listed, (spatial.draws, spatial.seed))?)
}
