//! What a fit keeps of how its errors were computed, besides counts and factors.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::estimate::record as number;

/// Periods and lags of errors that are correlated over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PeriodCount {
    /// The time variable.
    pub variable: String,
    /// T: periods in the sample.
    pub periods: usize,
    /// Lags added up.
    pub lags: usize,
}

/// How the leverages of absorbed effects were found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "route", rename_all = "snake_case")]
pub enum LeverageRoute {
    /// Exactly: from the columns, the sums of one effect, or the inverse of the others' Schur complement.
    Exact,
    /// Exactly: one projection for each row.
    EveryRow,
    /// Estimated from projections of random columns.
    Random {
        /// How many.
        draws: usize,
        /// The relative standard error of a small leverage, `sqrt(2 / draws)`.
        #[serde(with = "number::number")]
        #[schemars(with = "number::Number")]
        relative_error: f64,
    },
}

/// How unequal the clusters of a variable are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterBalance {
    /// The cluster variable.
    pub variable: String,
    /// The coefficient with the fewest effective clusters.
    pub term: String,
    /// G: clusters.
    pub clusters: usize,
    /// G*: effective clusters for that coefficient (Carter, Schnepel and Steigerwald 2017), with errors uncorrelated within
    /// clusters.
    #[serde(with = "number::number")]
    #[schemars(with = "number::Number")]
    pub effective: f64,
    /// The cluster with the largest leverage.
    pub largest: String,
    /// Its share of the leverage of all columns; `1/G` if all clusters are alike.
    #[serde(with = "number::number")]
    #[schemars(with = "number::Number")]
    pub leverage: f64,
    /// The coefficient that a single cluster decides most on.
    pub partial_term: String,
    /// That cluster.
    pub partial_largest: String,
    /// Its share of the variation of that regressor net of the others (MacKinnon, Nielsen and Webb 2023).
    #[serde(with = "number::number")]
    #[schemars(with = "number::Number")]
    pub partial_leverage: f64,
}

/// What a program would have printed for the first coefficient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DialectRecord {
    /// The program.
    pub dialect: String,
    /// The standard error; none where the program does not define the errors.
    #[serde(with = "number::maybe", default)]
    #[schemars(with = "Option<number::Number>")]
    pub std_error: Option<f64>,
    /// Degrees of freedom; none for the normal distribution.
    #[serde(with = "number::maybe", default)]
    #[schemars(with = "Option<number::Number>")]
    pub df: Option<f64>,
    /// K.
    #[serde(default)]
    pub k: Option<usize>,
    /// The factor for N and K.
    #[serde(with = "number::maybe", default)]
    #[schemars(with = "Option<number::Number>")]
    pub k_factor: Option<f64>,
    /// The factor for G, or for periods.
    #[serde(with = "number::maybe", default)]
    #[schemars(with = "Option<number::Number>")]
    pub g_factor: Option<f64>,
    /// Why there is no number.
    #[serde(default)]
    pub reason: String,
}

/// See the module head.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorsDetails {
    /// Periods and lags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub periods: Option<PeriodCount>,
    /// Distinct places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub places: Option<usize>,
    /// How leverages were found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leverage: Option<LeverageRoute>,
    /// How unequal clusters are, by cluster variable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub balance: Vec<ClusterBalance>,
    /// The coefficient that the programs are compared on.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub headline: String,
    /// What each program would have printed for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dialects: Vec<DialectRecord>,
}
