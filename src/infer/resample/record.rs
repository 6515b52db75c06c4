//! [`WildRecord`]: what a wild bootstrap found, as a fit keeps it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::estimate::record;

/// A wild bootstrap of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WildRecord {
    /// Variables that errors are clustered by.
    pub clusters: Vec<String>,
    /// The variable that is drawn by.
    pub drawn_by: String,
    /// Its number of groups.
    pub n_groups: usize,
    /// Distribution of the weights (`rademacher`, `webb`, `mammen`, `normal`).
    pub weights: String,
    /// `11`, `31`, `13` or `33`: scores and variance of the cluster-robust estimators 1 or 3.
    pub variant: String,
    /// Whether the null is imposed on the draws.
    pub null_imposed: bool,
    /// Whether the p-value is the equal-tailed one.
    pub equal_tail: bool,
    /// Whether draws that tie with the sample count as beyond it.
    pub ties_counted: bool,
    /// Draws.
    pub draws: usize,
    /// Whether they are all sign vectors there are.
    pub enumerated: bool,
    /// Level of the confidence sets, if there are any.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub level: Option<f64>,
    /// A test per hypothesis.
    pub tests: Vec<WildTest>,
}

/// One hypothesis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WildTest {
    /// The term.
    pub term: String,
    /// Its value under the null.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub value: f64,
    /// The estimate.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub estimate: f64,
    /// The standard error that studentises the sample's statistic.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub std_error: f64,
    /// The sample's t statistic.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub statistic: f64,
    /// The p-value, of the kind that the study asks for.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub p_value: f64,
    /// Share of draws with `|t*| > |t|`.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub p_strict: f64,
    /// Share of draws with `|t*| >= |t|`.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub p_ties: f64,
    /// Twice the smaller of the shares of draws above and below.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub p_equal_tail: f64,
    /// Values that are not rejected, as intervals in order; ends may be infinite.
    pub confidence_set: Vec<Interval>,
    /// Draws whose variance was not positive (two-way clustering); they count as beyond.
    pub undefined_draws: usize,
}

impl WildTest {
    /// The smallest interval that contains the confidence set; `None` if the set is empty.
    pub fn hull(&self) -> Option<Interval> {
        let (first, last) = (self.confidence_set.first()?, self.confidence_set.last()?);
        Some(Interval { low: first.low, high: last.high })
    }
}

/// An interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// Its lower end.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub low: f64,
    /// Its upper end.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub high: f64,
}
