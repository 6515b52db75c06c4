//! [`SpatialRequest`]: which spatial model, on which weights.

use super::information::Information;
use super::layout::SpatialLayout;

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

/// How effects are taken out of the likelihood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EffectsRule {
    /// As parameters (Elhorst 2003): all observations count; the variance is then biased, and with effects of regions and periods `rho` too.
    #[default]
    Direct,
    /// By the orthogonal transformation of Lee and Yu (2010): as many observations as the effects leave.
    LeeYu,
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
    /// How effects are taken out.
    pub effects: EffectsRule,
    /// Whether lags are taken of columns net of effects, as splm does it. The likelihood asks for the other order; they differ where
    /// effects of periods are absorbed.
    pub lags_after_effects: bool,
    /// Which information matrix.
    pub information: Information,
    /// Draws of the parameters for the impacts' intervals; none leaves the delta method.
    pub draws: usize,
    /// Seed of the draws.
    pub seed: u64,
}

impl SpatialRequest {
    /// A model on a layout with everything else as it is by default.
    pub fn new(terms: SpatialTerms, weights: &str, layout: SpatialLayout) -> SpatialRequest {
        SpatialRequest {
            terms,
            weights: weights.into(),
            layout,
            islands: Vec::new(),
            effects: EffectsRule::Direct,
            lags_after_effects: false,
            information: Information::Auto,
            draws: 1000,
            seed: 0,
        }
    }
}
