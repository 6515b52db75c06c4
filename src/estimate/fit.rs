//! [`Fit`]: the immutable, serialisable record of one estimated model. It holds no data.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::instruments::{ConfidenceSet, FirstStage};
use super::likelihood::Likelihood;
use super::record;
use crate::infer::record::InferenceRecord;
use crate::infer::resample::{RandomisationRecord, WildRecord};
use crate::note::Note;
use crate::panel::Ledger;

/// One estimated model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fit {
    /// The model's name in the study, with its choices in brackets in a multiverse: `clusters[errors.cluster=state]`.
    pub model: String,
    /// The name in the study file, without choices.
    pub base: String,
    /// Choices along the axes and stepwise operators, in order.
    pub choices: IndexMap<String, String>,
    /// The method (`ols`, `iv`, `liml`, `fuller`, `k-class`, `gmm`, `poisson`, `logit`, ...).
    pub method: String,
    /// The outcome as written.
    pub outcome: String,
    /// The formula as written.
    pub formula: String,
    /// Coefficients in the order of the formula.
    pub coefficients: Vec<Coefficient>,
    /// Covariance of the coefficients, row by row, in the same order.
    #[serde(with = "record::matrix")]
    #[schemars(with = "Vec<Vec<record::Number>>")]
    pub covariance: Vec<Vec<f64>>,
    /// How the covariance was computed.
    pub errors: ErrorsRecord,
    /// Statistics of the whole fit.
    pub statistics: FitStatistics,
    /// Absorbed effects in order.
    pub absorbed: Vec<AbsorbedEffect>,
    /// Weights as written (`analytic: population`), if any.
    pub weights: Option<String>,
    /// Tests that belong to the model.
    pub tests: Vec<TestResult>,
    /// First stages, one per endogenous regressor.
    #[serde(default)]
    pub first_stages: Vec<FirstStage>,
    /// Confidence sets that hold with weak instruments.
    #[serde(default)]
    pub confidence_sets: Vec<ConfidenceSet>,
    /// The sample ledger of this model.
    pub ledger: Ledger,
    /// How the absorption converged.
    pub convergence: Convergence,
    /// Findings.
    pub notes: Vec<Note>,
    /// What a shift-share model found besides: errors by kind, Rotemberg weights, shocks, balance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shift_share: Option<super::shift_share::ShiftShareRecord>,
    /// The panel of a panel method, and what the method found in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub panel: Option<super::panel::PanelRecord>,
    /// What a spatial model found besides: variance, bounds, impacts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spatial: Option<super::spatial::SpatialRecord>,
    /// Combinations of coefficients and simultaneous bands that the study asks for.
    #[serde(default, skip_serializing_if = "InferenceRecord::is_empty")]
    pub inference: InferenceRecord,
    /// How strong an omitted variable must be to change a coefficient, where the study asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sensitivity: Option<crate::infer::sensitivity::SensitivityRecord>,
    /// Family, deviance, dispersion and search, of an estimator that maximises a likelihood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub likelihood: Option<Likelihood>,
    /// The absorbed effects themselves, where the study asks for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixed_effects: Vec<FixedEffect>,
    /// Its wild bootstrap, where the study asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wild: Option<WildRecord>,
    /// Randomisation tests of its treatments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub randomisations: Vec<RandomisationRecord>,
}

/// The estimate of one level of an absorbed effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FixedEffect {
    /// The effect as written (`region`, `firm[trend]`).
    pub effect: String,
    /// The variable whose slope it is; empty for an intercept.
    #[serde(default)]
    pub slope: String,
    /// The level.
    pub level: String,
    /// Connected component of the first two effects, counted from 1: levels compare within it. `None` for later effects.
    #[serde(default)]
    pub component: Option<usize>,
    /// The estimate.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub estimate: f64,
    /// Whether it was set to zero.
    #[serde(default)]
    pub is_reference: bool,
}

/// One coefficient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Coefficient {
    /// The term as written; the constant is `(Intercept)`.
    pub term: String,
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
    /// The true value where the data were drawn from a known process.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub truth: Option<f64>,
}

/// How the errors were computed, with every count and factor as a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorsRecord {
    /// `iid`, `hc1`, `cluster` (CR1), `cr2`, `newey_west`, `conley`, ...
    pub kind: String,
    /// The program whose counting is followed (`fixest`).
    pub dialect: String,
    /// Cluster variables with their numbers of clusters.
    pub clusters: Vec<ClusterCount>,
    /// Counts and factors.
    pub factors: SmallSampleFactors,
    /// Periods, places, leverages, balance of clusters, and what other programs would have printed.
    #[serde(default)]
    pub details: crate::vcov::ErrorsDetails,
}

/// A cluster variable and its number of clusters in the sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterCount {
    /// The variable.
    pub variable: String,
    /// Number of clusters.
    pub clusters: usize,
}

/// The small-sample counts and the two factors that multiply the covariance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SmallSampleFactors {
    /// N: observations.
    pub n: usize,
    /// K: parameters counted, absorbed ones by the dialect's rule.
    pub k: usize,
    /// Smallest number of clusters, if clustered.
    pub g: Option<usize>,
    /// (N-1)/(N-K) or what the dialect puts there.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub k_factor: f64,
    /// G/(G-1), or 1.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub g_factor: f64,
    /// Degrees of freedom of the t distribution.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub df: f64,
}

/// Statistics of a fit; `None` where the number does not exist for the model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FitStatistics {
    /// Observations used.
    pub n_obs: usize,
    /// Rows of the panel that the model did not use.
    pub n_dropped: usize,
    /// R squared.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub r_squared: Option<f64>,
    /// Adjusted R squared.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub adj_r_squared: Option<f64>,
    /// R squared of the outcome and regressors net of the absorbed effects.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub within_r_squared: Option<f64>,
    /// McFadden's pseudo R squared, of a likelihood.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub pseudo_r_squared: Option<f64>,
    /// Deviance, of a likelihood.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub deviance: Option<f64>,
    /// Root of the mean squared residual (divisor n).
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub rmse: Option<f64>,
    /// Sum of squared residuals.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub rss: Option<f64>,
    /// Log likelihood (Gaussian).
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub log_likelihood: Option<f64>,
    /// Akaike criterion.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub aic: Option<f64>,
    /// Bayesian criterion.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub bic: Option<f64>,
    /// Parameters absorbed by the effects.
    pub absorbed_dof: usize,
    /// N - K with every absorbed parameter counted.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub df_residual: Option<f64>,
    /// F statistic of all regressors, with the model's errors.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub f_statistic: Option<f64>,
    /// Its p-value.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub f_p_value: Option<f64>,
    /// Mean of the outcome in the sample.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub outcome_mean: Option<f64>,
}

/// An absorbed effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AbsorbedEffect {
    /// As written (`region`, `firm^year`).
    pub name: String,
    /// Its levels in the sample.
    pub levels: usize,
    /// Levels that are redundant given the effects before it.
    pub redundant: usize,
    /// Whether it is nested in a cluster variable.
    pub nested_in_cluster: bool,
}

/// A test statistic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TestResult {
    /// The test's name.
    pub test: String,
    /// The statistic.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub statistic: f64,
    /// First degrees of freedom.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub df1: Option<f64>,
    /// Second degrees of freedom.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub df2: Option<f64>,
    /// The p-value.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub p_value: Option<f64>,
    /// What it says in words.
    pub note: String,
}

/// How an iterative computation ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Convergence {
    /// Iterations of the slowest column; zero for a closed form.
    pub iterations: usize,
    /// Largest recomputed group mean of a residual, relative to the column's scale.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub residual: f64,
    /// Whether the tolerance was met.
    pub converged: bool,
    /// What the error of the absorbed columns can make of any coefficient at most, in units of its classical standard
    /// error; `None` where nothing was absorbed. With instruments it is a bound to the first order in the products of
    /// errors, for the k-class and for GMM with as many moments as coefficients; where GMM has more, its weights move
    /// with the errors themselves, and there is none: `residual` and `converged` hold.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub coefficient_error: Option<f64>,
    /// What computed it; empty for a closed form.
    #[serde(default)]
    pub solver: String,
}

impl Convergence {
    /// Of a closed form: nothing to iterate.
    pub fn closed() -> Convergence {
        Convergence { iterations: 0, residual: 0.0, converged: true, coefficient_error: None, solver: String::new() }
    }
}
