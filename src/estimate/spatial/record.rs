//! What a spatial model found besides its coefficients.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::record;
use super::impacts::VariableImpacts;
use super::information::Information;
use super::request::SpatialRequest;
use super::series::LogDeterminant;

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
    /// How the effects were taken out: `direct`, `lee_yu`, or `none`; `random_baltagi` and `random_kapoor_kelejian_prucha` if they are random.
    pub effects: String,
    /// Which information matrix the errors come from; none of moments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub information: Option<Information>,
    /// Variance of the errors.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub variance: f64,
    /// Its standard error; none of moments.
    #[serde(with = "record::maybe", default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<record::Number>")]
    pub variance_error: Option<f64>,
    /// Log likelihood of the model without its spatial parameters, or without its random effects if it has those; none of moments.
    #[serde(with = "record::maybe", default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<record::Number>")]
    pub log_likelihood_without: Option<f64>,
    /// Open bounds of the spatial parameters of a likelihood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<(f64, f64)>,
    /// How the log determinant was computed.
    #[serde(default, skip_serializing_if = "is_exact")]
    pub log_determinant: LogDeterminant,
    /// What it may be off by at the estimate, if it is an approximation.
    #[serde(with = "record::maybe", default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<record::Number>")]
    pub log_determinant_bound: Option<f64>,
    /// Impacts of the regressors, where a spatial lag of outcome or regressors makes them differ from coefficients.
    pub impacts: Vec<VariableImpacts>,
    /// The same in the long run, in a dynamic panel that settles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub long_run: Vec<VariableImpacts>,
    /// Whether the bias that effects of regions leave beside an outcome of the period before is corrected.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bias_corrected: bool,
}

fn is_exact(how: &LogDeterminant) -> bool {
    *how == LogDeterminant::Exact
}

impl SpatialRecord {
    /// What a request says before anything is estimated.
    pub(super) fn of(spatial: &SpatialRequest) -> SpatialRecord {
        SpatialRecord {
            weights: spatial.weights.clone(),
            regions: spatial.layout.matrices.iter().map(|w| w.n_rows()).max().unwrap_or(0),
            blocks: spatial.layout.blocks.len(),
            islands: spatial.islands.clone(),
            effects: "none".into(),
            information: None,
            variance: f64::NAN,
            variance_error: None,
            log_likelihood_without: None,
            bounds: None,
            log_determinant: LogDeterminant::Exact,
            log_determinant_bound: None,
            impacts: Vec::new(),
            long_run: Vec::new(),
            bias_corrected: false,
        }
    }
}
