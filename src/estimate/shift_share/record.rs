//! What the record of a fit holds of a shift-share design.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::record;
use super::confidence::ConfidenceSet;

/// The inference on a shift-share coefficient and what it rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShiftShareRecord {
    /// The shift-share variable.
    pub variable: String,
    /// Whether the variable is an instrument.
    pub is_instrument: bool,
    /// The coefficient.
    pub estimate: ExposureErrors,
    /// The first stage, where the variable is an instrument.
    pub first_stage: Option<ExposureErrors>,
    /// The reduced form, where the variable is an instrument.
    pub reduced_form: Option<ExposureErrors>,
    /// The coefficient of the regression over sectors (Borusyak, Hull and Jaravel).
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub shock_level_estimate: f64,
    /// Its standard error.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub shock_level_error: f64,
    /// Sectors whose shares other sectors' shares explain: they carry no loading of their own.
    pub collinear_sectors: Vec<String>,
    /// The shocks.
    pub shocks: ShockSummary,
    /// Rotemberg weights, the largest absolute one first.
    pub rotemberg: Vec<RotembergWeight>,
    /// Balance and pre-trend tests.
    pub balance: Vec<BalanceResult>,
}

/// One coefficient with errors that allow for correlation through shares, and those that do not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExposureErrors {
    /// The coefficient.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub estimate: f64,
    /// The AKM standard error.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub akm: f64,
    /// The p-value of zero by AKM.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub akm_p: f64,
    /// Lower end of the 95 % AKM interval.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub akm_low: f64,
    /// Upper end of the 95 % AKM interval.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub akm_high: f64,
    /// The p-value of zero by AKM0.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub akm0_p: f64,
    /// The 95 % AKM0 set.
    pub akm0: ConfidenceSet,
    /// The standard error with one variance.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub homoskedastic: f64,
    /// The standard error robust to unequal variances (Eicker, Huber and White).
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub robust: f64,
    /// The standard error clustered by the model's cluster variable, if it has one.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub clustered: Option<f64>,
}

/// The shocks of a design, weighted by `s_k = Σ_r w_r s_rk`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShockSummary {
    /// Sectors with a positive share.
    pub sectors: usize,
    /// The effective number of shocks, `1/Σ s_k²` with `s_k` summing to one.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub effective: f64,
    /// The largest `s_k`.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub largest: f64,
    /// The shocks' mean.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub mean: f64,
    /// The shocks' standard deviation.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub std_dev: f64,
    /// Groups of shocks.
    pub groups: Option<usize>,
    /// The effective number of groups.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub effective_groups: Option<f64>,
    /// The intraclass correlation of shocks within groups.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub intraclass: Option<f64>,
    /// The smallest sum of a row's shares.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub smallest_sum: f64,
    /// The largest sum of a row's shares.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub largest_sum: f64,
}

/// What a sector contributes to the estimate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RotembergWeight {
    /// The sector.
    pub sector: String,
    /// Its weight; the weights of all sectors sum to one.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub weight: f64,
    /// The estimate with this sector's share as the only instrument.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub estimate: f64,
    /// The robust F of its first stage.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub first_stage_f: f64,
    /// Its shock.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub shock: f64,
    /// `Σ_r w_r s_rk`: what rests on it.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub importance: f64,
}

/// A regression of a variable that the shocks should not predict on the shift-share variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BalanceResult {
    /// The variable.
    pub variable: String,
    /// Whether it is an outcome of before the shocks.
    pub is_pre_trend: bool,
    /// The regional coefficient with its errors.
    pub regional: ExposureErrors,
    /// The standard error of the same coefficient in the regression over sectors.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub shock_level_error: f64,
}
