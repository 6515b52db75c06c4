//! What a spatial model found besides its coefficients.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::record;
use super::impacts::VariableImpacts;
use super::information::Information;

/// The spatial side of a fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpatialRecord {
    /// Name of the weights.
    pub weights: String,
    /// Regions of the largest block.
    pub regions: usize,
    /// Blocks of rows that are neighbours of each other: periods, or periods and keys.
    pub blocks: usize,
    /// Regions of the sample without a neighbour in it.
    pub islands: Vec<String>,
    /// How the effects were taken out: `direct`, `lee_yu`, or `none`.
    pub effects: String,
    /// Which information matrix the errors come from.
    pub information: Information,
    /// Variance of the errors.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub variance: f64,
    /// Its standard error.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub variance_error: f64,
    /// Log likelihood of the model without its spatial parameters.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub log_likelihood_without: f64,
    /// Open bounds of the spatial parameters.
    pub bounds: (f64, f64),
    /// Impacts of the regressors, where a spatial lag of outcome or regressors makes them differ from coefficients.
    pub impacts: Vec<VariableImpacts>,
}
