//! [`SpatialRequest`]: which spatial model, on which weights.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::information::Information;
use super::layout::SpatialLayout;
use super::series::LogDeterminant;
use crate::note::Note;

/// Which terms a spatial model has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpatialTerms {
    /// `rho W y`.
    pub lag: bool,
    /// `lambda W u`.
    pub error: bool,
    /// `W X t`.
    pub durbin: bool,
}

impl SpatialTerms {
    /// The word for records.
    pub fn name(self) -> &'static str {
        match (self.lag, self.error, self.durbin) {
            (true, false, false) => "spatial-lag",
            (false, true, false) => "spatial-error",
            (true, false, true) => "spatial-durbin",
            (false, true, true) => "spatial-durbin-error",
            (false, false, _) => "slx",
            (true, true, false) => "sac",
            (true, true, true) => "general-nesting",
        }
    }
}

/// How a spatial model is estimated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpatialEstimator {
    /// Maximum likelihood.
    #[default]
    Likelihood,
    /// Two-stage least squares of a spatial lag, generalised moments of a spatial error.
    Moments(MomentOptions),
}

/// Options of the moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MomentOptions {
    /// Orders of lags of the exogenous columns among the instruments.
    pub instrument_lags: usize,
    /// The moments of a spatial error.
    pub error: ErrorMoments,
    /// The weights of the moments of random effects.
    pub random: RandomMoments,
}

impl Default for MomentOptions {
    /// Two orders of lags, as Kelejian and Prucha (1998) and spatialreg; moments robust to unequal variances.
    fn default() -> MomentOptions {
        MomentOptions { instrument_lags: 2, error: ErrorMoments::Heteroskedastic, random: RandomMoments::Weighted }
    }
}

/// Moments of a spatial error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorMoments {
    /// Kelejian and Prucha (1998, 1999): lambda has no standard error.
    KelejianPrucha,
    /// Drukker, Egger and Prucha (2013): equal variances.
    Homoskedastic,
    /// Kelejian and Prucha (2010); Arraiz, Drukker, Kelejian and Prucha (2010): unequal variances.
    #[default]
    Heteroskedastic,
}

/// Weights of the six moments of Kapoor, Kelejian and Prucha (2007).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RandomMoments {
    /// None: lambda from the three moments of deviations from means alone.
    Initial,
    /// Those of deviations and those of means by their variances (the authors' partially weighted estimator).
    #[default]
    Weighted,
    /// By their covariance under normal errors.
    FullyWeighted,
}

impl ErrorMoments {
    /// The word for records of errors.
    pub fn record(self) -> &'static str {
        match self {
            ErrorMoments::KelejianPrucha => "moments_given_lambda",
            ErrorMoments::Homoskedastic => "moments_equal_variances",
            ErrorMoments::Heteroskedastic => "moments_unequal_variances",
        }
    }
}

/// How effects are taken out of the likelihood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EffectsRule {
    /// As parameters (Elhorst 2003): all observations count; the variance is then biased, and with effects of regions and periods `rho` too.
    #[default]
    Direct,
    /// By the orthogonal transformation of Lee and Yu (2010): as many observations as the effects leave.
    LeeYu,
    /// Not at all: effects of regions are random, in a balanced panel.
    Random(RandomEffects),
}

/// How random effects of regions and the spatial error go together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RandomEffects {
    /// The remainder is spatially correlated, the effects are not (Baltagi, Song and Koh 2003).
    #[default]
    Baltagi,
    /// Both are, by the same process (Kapoor, Kelejian and Prucha 2007).
    KapoorKelejianPrucha,
}

/// What a dynamic spatial panel has of the outcome one period earlier, by the names of regressors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dynamics {
    /// `lag(y)`.
    pub time: Option<String>,
    /// `spatial_lag(lag(y), W)`, where it is written out; a Durbin model has it as the lag of `time`.
    pub space_time: Option<String>,
    /// Whether the bias that effects of regions leave is corrected; by default under [`EffectsRule::LeeYu`].
    pub correct: Option<bool>,
}

impl Dynamics {
    /// Whether a regressor is one of them.
    pub(super) fn has(&self, variable: &str) -> bool {
        [&self.time, &self.space_time].into_iter().flatten().any(|name| name == variable)
    }

    /// Whether there is anything of an earlier period.
    pub fn any(&self) -> bool {
        self.time.is_some() || self.space_time.is_some()
    }
}

/// A spatial model of a design.
#[derive(Clone, Debug)]
pub struct SpatialRequest {
    /// Its terms.
    pub terms: SpatialTerms,
    /// Name of the weights.
    pub weights: String,
    /// Rows and weights of the sample.
    pub layout: SpatialLayout,
    /// Regions without a neighbour in the sample.
    pub islands: Vec<String>,
    /// How it is estimated.
    pub estimator: SpatialEstimator,
    /// How effects are taken out of a likelihood.
    pub effects: EffectsRule,
    /// The regressors that a Durbin model lags; all if not given.
    pub durbin: Option<Vec<String>>,
    /// The outcome one period earlier.
    pub dynamics: Dynamics,
    /// Whether lags are taken of columns net of effects, as splm does it. The likelihood asks for the other order; they differ where
    /// effects of periods are absorbed.
    pub lags_after_effects: bool,
    /// How the log determinant of a likelihood is computed.
    pub log_determinant: LogDeterminant,
    /// Which information matrix.
    pub information: Information,
    /// Draws of the parameters for the impacts' intervals; none leaves the delta method.
    pub draws: usize,
    /// Seed of the draws.
    pub seed: u64,
}

/// Whether a column is that of a term, or one of its columns (`i(year)::1991`).
fn is_of(column: &str, term: &str) -> bool {
    column.strip_prefix(term).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

impl SpatialRequest {
    /// A model on a layout with everything else as it is by default.
    pub fn new(terms: SpatialTerms, weights: &str, layout: SpatialLayout) -> SpatialRequest {
        SpatialRequest {
            terms,
            weights: weights.into(),
            layout,
            islands: Vec::new(),
            estimator: SpatialEstimator::Likelihood,
            effects: EffectsRule::Direct,
            durbin: None,
            dynamics: Dynamics::default(),
            lags_after_effects: false,
            log_determinant: LogDeterminant::Exact,
            information: Information::Auto,
            draws: 1000,
            seed: 0,
        }
    }

    /// Whether a Durbin model lags a regressor. The lag in space and time is none already.
    pub(super) fn is_lagged(&self, variable: &str) -> bool {
        self.terms.durbin
            && self.dynamics.space_time.as_deref() != Some(variable)
            && self.durbin.as_ref().is_none_or(|listed| listed.iter().any(|name| is_of(variable, name)))
    }

    /// Regions that have no neighbour, as a finding.
    pub(super) fn islands_note(&self) -> Option<Note> {
        let (weights, regions) = (self.weights.clone(), self.islands.clone());
        (!regions.is_empty()).then_some(Note::Islands { weights, regions })
    }
}
