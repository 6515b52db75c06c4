//! [`InferenceRecord`]: what was asked of a model beyond its coefficients, as a fit keeps it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::student::{t_interval, two_sided_p};
use crate::estimate::record;

/// Combinations of coefficients, marginal effects and simultaneous bands of one model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InferenceRecord {
    /// Linear and nonlinear combinations of coefficients.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub combinations: Vec<Combination>,
    /// Simultaneous bands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bands: Option<BandsRecord>,
    /// Marginal effects and contrasts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub margins: Vec<Margin>,
    /// Predictions at points that the study gives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub predictions: Vec<PredictedPoint>,
}

impl InferenceRecord {
    /// Whether nothing was asked.
    pub fn is_empty(&self) -> bool {
        *self == InferenceRecord::default()
    }
}

/// A number with its standard error by the delta method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Inferred {
    /// The estimate.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub estimate: f64,
    /// Its standard error.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub std_error: f64,
    /// t statistic of zero.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub statistic: f64,
    /// Degrees of freedom of the t distribution.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub df: f64,
    /// Two-sided p-value.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub p_value: f64,
    /// Lower end of the 95 % interval.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub conf_low: f64,
    /// Upper end of the 95 % interval.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub conf_high: f64,
}

impl Inferred {
    /// An estimate with its error, tested against zero with `df` degrees of freedom (infinite: the normal distribution).
    pub fn new(estimate: f64, std_error: f64, df: f64) -> Inferred {
        let statistic = estimate / std_error;
        let (conf_low, conf_high) = t_interval(estimate, std_error, df, 0.95);
        Inferred { estimate, std_error, statistic, df, p_value: two_sided_p(statistic, df), conf_low, conf_high }
    }
}

/// A combination of coefficients.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Combination {
    /// The name that the study gives it.
    pub name: String,
    /// The expression as it was understood.
    pub expression: String,
    /// Its value.
    #[serde(flatten)]
    pub value: Inferred,
}

/// An average marginal effect or a contrast of levels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Margin {
    /// The variable.
    pub variable: String,
    /// `dy/dx`, `ey/ex` or `ey/dx`, or the levels compared (`b - a`).
    pub contrast: String,
    /// The values that others are held at (`z = 1`); empty where all stand as in the sample.
    #[serde(default)]
    pub at: String,
    /// The group whose rows are averaged over; empty for the whole sample.
    #[serde(default)]
    pub group: String,
    /// Its value.
    #[serde(flatten)]
    pub value: Inferred,
}

/// A prediction at a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PredictedPoint {
    /// The point's number in the study, from 1.
    pub row: usize,
    /// The values that the study gives; other numbers stand at their means.
    pub at: String,
    /// The level of the intervals.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub level: f64,
    /// The predicted outcome; of a likelihood its mean.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub fitted: f64,
    /// The linear index, of a likelihood.
    #[serde(with = "record::maybe", default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<record::Number>")]
    pub index: Option<f64>,
    /// Its standard error.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub std_error: f64,
    /// Lower end of the interval of the mean.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub conf_low: f64,
    /// Upper end of it.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub conf_high: f64,
    /// Lower end of the interval of a new observation.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub pred_low: f64,
    /// Upper end of it.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub pred_high: f64,
    /// What the standard error allows for: `all estimates`, or `coefficients, given the effects`.
    pub error_of: String,
}

/// Bands that hold all coefficients of a set at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BandsRecord {
    /// `sup-t`, `sidak` or `bonferroni`.
    pub method: String,
    /// The probability that all coefficients are inside.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub level: f64,
    /// Half the width of a band in standard errors.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub critical_value: f64,
    /// Standard error of the critical value where it was simulated.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub simulation_error: Option<f64>,
    /// Draws that it was simulated with; zero where it is exact.
    pub draws: usize,
    /// A band per coefficient.
    pub terms: Vec<Band>,
}

/// The band of one coefficient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Band {
    /// The coefficient.
    pub term: String,
    /// Lower end.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub low: f64,
    /// Upper end.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub high: f64,
}
