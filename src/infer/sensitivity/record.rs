//! What a sensitivity analysis found, serialisable.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::estimate::record;

/// The sensitivity of one coefficient to what was left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SensitivityRecord {
    /// The treatment: the term whose coefficient it is.
    pub treatment: String,
    /// The coefficient.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub estimate: f64,
    /// Its classical standard error, whatever the errors of the model.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub std_error: f64,
    /// Its classical t statistic.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub statistic: f64,
    /// Residual degrees of freedom, absorbed parameters counted.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub df: f64,
    /// The share of the estimate at stake.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub q: f64,
    /// The level of significance.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub alpha: f64,
    /// Partial R² of the treatment with the outcome.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub partial_r_squared: f64,
    /// RV_q.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub robustness_value: f64,
    /// RV_{q,α}.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub robustness_value_at: f64,
    /// XRV_{q,α}.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub extreme_robustness_value_at: f64,
    /// Confounders as strong as benchmarks, benchmark by benchmark.
    pub bounds: Vec<BoundRecord>,
    /// Confounders as strong with the treatment that explain most of the outcome.
    pub extremes: Vec<ExtremeRecord>,
    /// Oster's bounds, if asked for.
    #[serde(default)]
    pub oster: Option<OsterRecord>,
}

/// The estimate with a confounder some times as strong as a benchmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BoundRecord {
    /// The benchmark: a term, or several joined by ` + `.
    pub benchmark: String,
    /// How many times as strong with the treatment.
    pub kd: f64,
    /// How many times as strong with the outcome.
    pub ky: f64,
    /// Partial R² of the confounder with the treatment.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub r2_dz: f64,
    /// Partial R² with the outcome; 1 where the bound is larger than that.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub r2_yz: f64,
    /// Adjusted estimate.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub estimate: f64,
    /// Its standard error.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub std_error: f64,
    /// t statistic of `1 - q` times the original estimate.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub statistic: f64,
    /// Lower end of its `1 - α` interval.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub conf_low: f64,
    /// Upper end.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub conf_high: f64,
}

/// The estimate with a confounder as strong as a benchmark with the treatment, for a given strength with the outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExtremeRecord {
    /// The benchmark.
    pub benchmark: String,
    /// How many times as strong with the treatment.
    pub kd: f64,
    /// Partial R² with the treatment.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub r2_dz: f64,
    /// Partial R² with the outcome.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub r2_yz: f64,
    /// Adjusted estimate.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub estimate: f64,
}

/// Oster's δ and bias-adjusted coefficient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OsterRecord {
    /// Which R² is meant: `within` the absorbed effects or `overall`.
    pub r_squared: String,
    /// Controls of the short regression, beside absorbed effects.
    pub baseline: Vec<String>,
    /// β°: the coefficient of the short regression.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub short_estimate: f64,
    /// Its R².
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub short_r_squared: f64,
    /// R² of the model.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub full_r_squared: f64,
    /// R_max: R² of the regression with the unobserved variable too.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub r_max: f64,
    /// The coefficient that `delta` is for.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub target: f64,
    /// δ for the target.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub delta: f64,
    /// The δ that the bias-adjusted coefficient is for.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub assumed_delta: f64,
    /// β*: the bias-adjusted coefficient.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub bias_adjusted: Option<f64>,
    /// Every root of the equation, ascending.
    pub roots: Vec<RootRecord>,
    /// Whether the target lies outside the identified set, the interval between the model's coefficient and β*.
    pub excludes_target: bool,
}

/// A root of Oster's equation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RootRecord {
    /// The coefficient.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub beta: f64,
    /// Whether it agrees with assumption 3: the observed controls pull the coefficient as the estimates of them do.
    pub same_direction: bool,
}
