//! Records of distance decays: what a profile likelihood says of a number of spatial weights.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::profile::Profile;
use crate::estimate::record;

/// A number of spatial weights by profile likelihood.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DistanceDecayRecord {
    /// Its name.
    pub name: String,
    /// The model whose likelihood it is.
    pub model: String,
    /// The weights.
    pub weights: String,
    /// The key of the weights that varies.
    pub parameter: String,
    /// What it is, for tables and figures.
    pub label: String,
    /// Observations of the model.
    pub n_obs: usize,
    /// One minus the level of the interval.
    pub alpha: f64,
    /// The profile.
    pub profile: Profile,
    /// Coefficients at the estimate; their errors take it as known.
    pub terms: Vec<DecayTerm>,
}

/// A coefficient at the estimate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DecayTerm {
    /// The term.
    pub term: String,
    /// The estimate.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub estimate: f64,
    /// Its standard error, the number of the weights taken as known.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub std_error: f64,
}
