//! What is known of a maximised likelihood: [`Likelihood`], [`Optimisation`], and the [`Index`] of every row.

use std::sync::Arc;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::correction::Corrected;
use super::distribution::Distribution;
use super::family::Family;
use super::frailty::FrailtyRecord;
use super::sweep::Sweep;
use crate::absorb::AbsorbError;
use crate::design::{DesignMatrix, WeightKind, Weights};
use crate::estimate::estimator::Influence;
use crate::estimate::record;
use crate::linalg::weighted_dot;

/// Error of a projected column relative to its norm.
const PROJECTED: f64 = 1e-11;

/// A maximised likelihood.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Likelihood {
    /// The distribution: `poisson`, `gamma`, `binomial`, ...
    pub family: String,
    /// The link between index and mean: `log`, `logit`, `probit`, `cloglog`.
    pub link: String,
    /// Whether it is a quasi-likelihood for these outcomes (counts that are no whole numbers, shares): its errors are then
    /// right only where they are robust, and likelihood ratios have no meaning.
    pub is_quasi: bool,
    /// The log likelihood, constants included.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub log_likelihood: f64,
    /// That of a constant alone (with the offset, if there is one).
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub null_log_likelihood: f64,
    /// Twice the distance to the saturated model.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub deviance: Option<f64>,
    /// McFadden's pseudo R squared, `1 - l / l0`.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub pseudo_r_squared: Option<f64>,
    /// Pearson's statistic over the residual degrees of freedom: one without over- or underdispersion.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub dispersion: Option<f64>,
    /// Terms at the end of the coefficients that shape the distribution and are no part of the index (`.theta`).
    #[serde(default)]
    pub n_ancillary: usize,
    /// What was done about incidental parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction: Option<Corrected>,
    /// The frailty that units share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frailty: Option<FrailtyRecord>,
    /// What it expects beside what was seen, where a figure asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<Distribution>,
    /// The search.
    pub optimisation: Optimisation,
}

/// How a likelihood was maximised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Optimisation {
    /// In words.
    pub algorithm: String,
    /// Log likelihood at the start, after the first step from the starting values.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub start: f64,
    /// Log likelihood at the end.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub end: f64,
    /// Steps.
    pub iterations: usize,
    /// Steps that had to be halved.
    pub halvings: usize,
    /// Iterations of the absorption, over all steps.
    pub absorptions: usize,
    /// The gradient at the end, in the norm of the inverse information and in units of the residuals' deviation: how many
    /// standard errors a further step would move the coefficients at most.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub gradient_norm: f64,
    /// Condition number of the information of the coefficients, with columns scaled to unit length.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub condition_number: f64,
}

/// The index of every row at the estimate, in the order of the sample.
#[derive(Clone, Debug)]
pub struct Index {
    /// The family.
    pub family: Family,
    /// The index, offset included.
    pub values: Arc<Vec<f64>>,
    /// Information per row times the row's weight: what the last step was weighted by.
    pub weights: Arc<Vec<f64>>,
    /// Score over information of each row: the residuals of the last weighted regression.
    pub residuals: Arc<Vec<f64>>,
    /// Whether the estimate is the weighted regression of these.
    pub is_regression: bool,
}

impl Index {
    /// The last weighted regression: the design with the weights of the last step, and influence values whose residuals are
    /// working residuals. None under frequency weights, whose rows are several, and where a parameter stands beside the index.
    pub(crate) fn working(&self, design: &DesignMatrix, influence: &Influence) -> Option<(DesignMatrix, Influence)> {
        let kind = design.weights.as_ref().map_or(WeightKind::Analytic, |weights| weights.kind);
        // The errors of a size parameter rest on scores of their own.
        if !self.is_regression
            || kind == WeightKind::Frequency
            || matches!(self.family, Family::NegativeBinomial { .. } | Family::LinearNegativeBinomial { .. })
        {
            return None;
        }
        let weights = Weights { kind, name: "information".to_string(), values: Arc::clone(&self.weights) };
        let residuals = self.residuals.to_vec().into();
        let design = DesignMatrix { weights: Some(weights), ..design.clone() };
        Some((design, Influence { residuals, ..influence.clone() }))
    }

    /// Columns of the sample net of the absorbed effects (or the constant) under the weights of the last step.
    ///
    /// # Errors
    /// Effects that cannot be absorbed to the tolerance.
    pub(crate) fn net(&self, design: &DesignMatrix, columns: &[&[f64]]) -> Result<Vec<Vec<f64>>, AbsorbError> {
        let mut sweep = Sweep::of(design)?;
        let weights = sweep.arrange(&self.weights);
        sweep.weigh(&weights);
        let mut net: Vec<Vec<f64>> = columns.iter().map(|column| sweep.arrange(column)).collect();
        let norm = |column: &Vec<f64>| weighted_dot(column, column, Some(&weights)).sqrt();
        let goals: Vec<f64> = net.iter().map(|column| PROJECTED * norm(column)).collect();
        let mut views: Vec<&mut [f64]> = net.iter_mut().map(Vec::as_mut_slice).collect();
        sweep.sweep(&mut views, &goals)?;
        Ok(net.into_iter().map(|column| sweep.restore(column)).collect())
    }

    /// Fitted means, one per row.
    pub fn means(&self) -> Vec<f64> {
        self.values.par_iter().with_min_len(4096).map(|&eta| self.family.mean(eta)).collect()
    }
}
