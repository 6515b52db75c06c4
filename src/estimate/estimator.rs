//! What an estimator hands over: coefficients and how they spread.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::error::EstimateError;
use super::fit::Convergence;
use super::likelihood::{Index, Likelihood};
use super::residuals::Residuals;
use crate::absorb::{AbsorbedDegrees, AbsorberCache};
use crate::design::DesignMatrix;
use crate::note::Note;

/// From a design to an estimate.
pub trait Estimator {
    /// Estimates the model. `cache` shares absorbers and absorbed columns with other models.
    ///
    /// # Errors
    /// Typed in [`EstimateError`]; never a panic.
    fn fit(&self, design: &DesignMatrix, cache: &AbsorberCache) -> Result<Estimate, EstimateError>;
}

/// An estimated model before its covariance.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// Terms that were estimated, in the order of the formula; the constant first.
    pub terms: Vec<String>,
    /// One coefficient per term.
    pub coefficients: DVector<f64>,
    /// How the coefficients spread.
    pub spread: Spread,
    /// Sums of squares; of a likelihood those of the response, with residuals `y - mean`.
    pub sums: LeastSquaresSums,
    /// The likelihood and the search for its maximum, of estimators that maximise one.
    pub likelihood: Option<Likelihood>,
    /// The linear index of every row, of estimators whose outcome is a function of one.
    pub index: Option<Index>,
    /// Parameters absorbed, if effects were.
    pub absorbed: Option<AbsorbedDegrees>,
    /// How the absorption converged.
    pub convergence: Convergence,
    /// Findings.
    pub notes: Vec<Note>,
}

impl Estimate {
    /// Terms of the mean (or of its index): those that shape the distribution alone stand after them.
    pub fn mean_terms(&self) -> &[String] {
        let ancillary = self.likelihood.as_ref().map_or(0, |likelihood| likelihood.n_ancillary);
        &self.terms[..self.terms.len() - ancillary]
    }

    /// Parameters of the mean, every absorbed one counted by fixest's rule.
    pub fn n_parameters(&self) -> usize {
        self.mean_terms().len() + self.absorbed.as_ref().map_or(0, |degrees| degrees.conventional)
    }

    /// The influence values of a linear model: its residuals are those of the outcome.
    ///
    /// # Errors
    /// [`NotLinear`] of any other.
    pub fn linear(&self) -> Result<&Influence, NotLinear> {
        match &self.spread {
            Spread::Influence(influence) if self.index.is_none() && self.likelihood.is_none() => Ok(influence),
            _ => Err(NotLinear),
        }
    }

    /// The same estimate without the rows of residuals that can be formed again.
    pub(super) fn unformed(&self) -> Estimate {
        let Spread::Influence(influence) = &self.spread else { return self.clone() };
        let residuals = influence.residuals.unformed();
        Estimate { spread: Spread::Influence(Influence { residuals, ..influence.clone() }), ..self.clone() }
    }
}

/// What a covariance can be computed from.
#[derive(Clone, Debug)]
pub enum Spread {
    /// Influence values.
    Influence(Influence),
    /// The covariance itself, where it does not come from values per row.
    Covariance(DMatrix<f64>),
}

/// What is made of the residuals of a linear model was asked of one that is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is defined for linear models alone, and the model is not one")]
pub struct NotLinear;

/// Influence values in factored form: row `i` moves the coefficients by `bread x_i w_i e_i`.
///
/// `x_i` are working columns, net of absorbed effects or centred; `bread` maps them to the coefficients.
#[derive(Clone, Debug)]
pub struct Influence {
    /// Working columns, one value per row of the sample.
    pub columns: Vec<Arc<Vec<f64>>>,
    /// Residuals, one per row.
    pub residuals: Residuals,
    /// Coefficients x working columns.
    pub bread: DMatrix<f64>,
    /// `(X'WX)^-1` of the coefficients: their covariance per unit of residual variance.
    pub inverse: DMatrix<f64>,
}

/// Sums of squares of a least-squares fit, weighted unless they say otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeastSquaresSums {
    /// Residuals.
    pub residual: f64,
    /// Residuals, without analytic or probability weights (frequency weights count).
    pub residual_unweighted: f64,
    /// The outcome about its mean, or about zero in a model with neither constant nor effects.
    pub total: f64,
    /// The outcome net of the absorbed effects.
    pub within: Option<f64>,
    /// Sum of the weights, or the number of rows.
    pub weight: f64,
    /// Mean of the outcome.
    pub outcome_mean: f64,
    /// Whether `total` is about the mean.
    pub centred: bool,
}
