//! The `[[table]]` section: which models stand side by side, under which names, with which rows.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A regression table as written in a study file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableSection {
    /// The table's name; it is written to `tables/NAME.tex`, `.html` and `.md`.
    pub name: String,
    /// Models in column order, by name or pattern (`*` any characters, `?` one); empty means every model.
    #[serde(default)]
    pub models: Vec<String>,
    /// The title above the table.
    pub title: Option<String>,
    /// What to print in place of a term, an outcome, an effect, a cluster variable or a model.
    #[serde(default)]
    pub labels: IndexMap<String, String>,
    /// Patterns of the terms to show; empty means all.
    #[serde(default)]
    pub keep: Vec<String>,
    /// Patterns of the terms to leave out.
    #[serde(default)]
    pub drop: Vec<String>,
    /// Patterns of the terms that come first, in this order; the others follow in the order of the formulas.
    #[serde(default)]
    pub order: Vec<String>,
    /// What stands below each estimate.
    #[serde(default)]
    pub below: Below,
    /// Whether to mark estimates with stars (10, 5 and 1 %). Off by default: stars invite reading a threshold as a finding.
    #[serde(default)]
    pub stars: bool,
    /// Whether to show `exp b` of models with a log, logit or complementary log-log link: ratios of rates, odds or hazards.
    #[serde(default)]
    pub exponentiate: bool,
    /// Significant digits of the estimates (4 when neither this nor `decimals` is given).
    pub digits: Option<u8>,
    /// Decimals of the estimates, in place of `digits`.
    pub decimals: Option<u8>,
    /// Whether to show the true values beside the estimates, where the data were drawn from a known process.
    #[serde(default)]
    pub truth: bool,
    /// Notes to print below the ones that isard writes itself.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The rows below the estimates, in order, in place of the default ones.
    pub statistics: Option<Vec<Statistic>>,
}

/// What stands below an estimate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Below {
    /// The standard error in parentheses.
    #[default]
    StdError,
    /// The t statistic in parentheses.
    T,
    /// The p-value in parentheses.
    P,
    /// The 95 % confidence interval in brackets.
    Interval,
    /// The p-value of the wild bootstrap in parentheses.
    WildP,
    /// The confidence set of the wild bootstrap in brackets: its ends, where it has several pieces.
    WildInterval,
}

/// A row (or group of rows) of statistics below the estimates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// A row for each combination of coefficients that a column was asked for, with its standard error.
    Combinations,
    /// A row for each hypothesis that a column was asked to test, with its p-value.
    Tests,
    /// A yes/no row for each absorbed effect.
    Effects,
    /// The method, shown where the columns differ in it.
    Method,
    /// A row for each choice of a multiverse in which the columns differ.
    Choices,
    /// The weights, where a column has any.
    Weights,
    /// The kind of standard errors.
    Errors,
    /// A row for each cluster variable with its number of clusters.
    Clusters,
    /// Observations.
    Observations,
    /// Rows of the panel that the model did not use.
    Dropped,
    /// R squared.
    RSquared,
    /// Adjusted R squared.
    AdjRSquared,
    /// R squared net of the absorbed effects.
    WithinRSquared,
    /// Mean of the outcome in the sample.
    OutcomeMean,
    /// Root of the mean squared residual.
    Rmse,
    /// Log likelihood.
    LogLikelihood,
    /// Akaike criterion.
    Aic,
    /// Bayesian criterion.
    Bic,
    /// F statistic of all regressors.
    FStatistic,
    /// Parameters absorbed by the effects.
    AbsorbedDof,
    /// Residual degrees of freedom with every absorbed parameter counted.
    DfResidual,
    /// First-stage F of the instruments with the model's errors, for one endogenous regressor.
    FirstStageF,
    /// Montiel Olea and Pflueger's effective F, for one endogenous regressor.
    EffectiveF,
    /// Kleibergen and Paap's rk F.
    KpF,
    /// p-value of Hansen's J.
    HansenJP,
    /// p-value of Sargan's test.
    SarganP,
}

impl Statistic {
    /// The rows of a table that asks for none in particular.
    pub const DEFAULT: [Statistic; 14] = [
        Statistic::Combinations,
        Statistic::Effects,
        Statistic::Method,
        Statistic::Choices,
        Statistic::Weights,
        Statistic::Errors,
        Statistic::Clusters,
        Statistic::Observations,
        Statistic::RSquared,
        Statistic::WithinRSquared,
        Statistic::OutcomeMean,
        Statistic::EffectiveF,
        Statistic::KpF,
        Statistic::HansenJP,
    ];
}
