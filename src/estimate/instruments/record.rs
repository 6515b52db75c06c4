//! Records of first stages and of confidence sets that hold with weak instruments.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::estimate::Coefficient;
use crate::estimate::record as json;

/// The first stage of one endogenous regressor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FirstStage {
    /// The endogenous regressor.
    pub endogenous: String,
    /// Coefficients on constant, exogenous regressors and instruments, with the model's errors.
    pub coefficients: Vec<Coefficient>,
    /// Names of the instruments among them.
    pub instruments: Vec<String>,
    /// F of the instruments with the model's errors.
    #[serde(with = "json::maybe", default)]
    #[schemars(with = "Option<json::Number>")]
    pub f_statistic: Option<f64>,
    /// Its numerator degrees of freedom: the instruments.
    #[serde(with = "json::number")]
    #[schemars(with = "json::Number")]
    pub df1: f64,
    /// Its denominator degrees of freedom: those of the model's errors.
    #[serde(with = "json::number")]
    #[schemars(with = "json::Number")]
    pub df2: f64,
    /// Its p-value.
    #[serde(with = "json::maybe", default)]
    #[schemars(with = "Option<json::Number>")]
    pub f_p_value: Option<f64>,
    /// F of the instruments with iid errors.
    #[serde(with = "json::number")]
    #[schemars(with = "json::Number")]
    pub f_iid: f64,
    /// Residual degrees of freedom of the first stage, every absorbed parameter counted.
    #[serde(with = "json::number")]
    #[schemars(with = "json::Number")]
    pub df_residual: f64,
    /// R squared of the first stage.
    #[serde(with = "json::number")]
    #[schemars(with = "json::Number")]
    pub r_squared: f64,
    /// Share of the regressor's variation net of the exogenous regressors that the instruments explain.
    #[serde(with = "json::number")]
    #[schemars(with = "json::Number")]
    pub partial_r_squared: f64,
    /// Shea's (1997) partial R squared, which allows for the other endogenous regressors.
    #[serde(with = "json::number")]
    #[schemars(with = "json::Number")]
    pub shea_r_squared: f64,
    /// With several endogenous regressors, Sanderson and Windmeijer's (2016) F of this one given the others.
    #[serde(with = "json::maybe", default)]
    #[schemars(with = "Option<json::Number>")]
    pub conditional_f: Option<f64>,
}

/// A confidence set for one coefficient that is right however weak the instruments are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfidenceSet {
    /// The test that was inverted: `Anderson-Rubin` or `conditional likelihood ratio`.
    pub test: String,
    /// The endogenous regressor.
    pub term: String,
    /// Its coverage (0.95).
    #[serde(with = "json::number")]
    #[schemars(with = "json::Number")]
    pub level: f64,
    /// Its shape.
    pub shape: SetShape,
    /// Its parts in ascending order; infinite ends are open.
    pub intervals: Vec<Interval>,
}

/// The shape of a confidence set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SetShape {
    /// No value is compatible with the data: the instruments are not valid together.
    Empty,
    /// One bounded interval.
    Interval,
    /// Everything outside of an interval.
    Rays,
    /// Every value: the instruments say nothing.
    Line,
    /// Anything else: several pieces.
    Pieces,
}

/// An interval, whose ends may be infinite.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// Its lower end.
    #[serde(with = "json::number")]
    #[schemars(with = "json::Number")]
    pub low: f64,
    /// Its upper end.
    #[serde(with = "json::number")]
    #[schemars(with = "json::Number")]
    pub high: f64,
}

impl SetShape {
    /// The shape of intervals in ascending order.
    pub fn of(intervals: &[Interval]) -> SetShape {
        match intervals {
            [] => SetShape::Empty,
            [only] if only.low == f64::NEG_INFINITY && only.high == f64::INFINITY => SetShape::Line,
            [only] if only.low.is_finite() && only.high.is_finite() => SetShape::Interval,
            [first, last] if first.low == f64::NEG_INFINITY && last.high == f64::INFINITY => SetShape::Rays,
            _ => SetShape::Pieces,
        }
    }
}

impl ConfidenceSet {
    /// The set in words, with `write` for a number: `[0.1, 0.5]`, `(-inf, -2] and [3, inf)`, `every value`, `empty`.
    pub fn in_words(&self, write: impl Fn(f64) -> String) -> String {
        match self.shape {
            SetShape::Empty => return "empty".into(),
            SetShape::Line => return "every value".into(),
            _ => {}
        }
        let piece = |interval: &Interval| {
            let low = if interval.low.is_finite() { format!("[{}", write(interval.low)) } else { "(-inf".into() };
            let high = if interval.high.is_finite() { format!("{}]", write(interval.high)) } else { "inf)".into() };
            format!("{low}, {high}")
        };
        self.intervals.iter().map(piece).collect::<Vec<_>>().join(" and ")
    }
}
