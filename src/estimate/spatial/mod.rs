//! Spatial models: lag, error, Durbin and their combinations, in cross-sections and panels.
//!
//! ```text
//! SpatialLayout (rows -> blocks, weights) -> columns net of effects -> Likelihood -> maximum -> information -> Fit
//!                        |                                                |
//!                        +--> Jacobian (log determinants) ----------------+--> impacts
//!                        +--> moments (lags as instruments, moments of the error) -> Fit
//! ```
//!
//! Names are those of the field: `rho` is the coefficient of the lagged outcome, `lambda` that of the lagged error (the
//! R package splm has them the other way round).

pub mod baltagi_song_koh;
mod columns;
pub mod diagnostics;
mod dynamics;
pub mod error;
pub mod hausman;
pub mod impacts;
pub mod information;
pub mod jacobian;
pub mod layout;
pub mod likelihood;
pub mod maximum_likelihood;
mod moments;
pub mod random_effects;
pub mod record;
pub mod request;
pub mod search;
pub mod series;

pub use baltagi_song_koh::{BaltagiSongKoh, baltagi_song_koh};
pub use diagnostics::{LagrangeMultipliers, ResidualMoran, lagrange_multipliers, residual_moran};
pub use error::SpatialError;
pub use impacts::{Impact, ImpactTerm, VariableImpacts};
pub use information::Information;
pub use jacobian::{DENSE_LIMIT, Determinant, Jacobian};
pub use layout::{SpatialBlock, SpatialLayout};
pub use maximum_likelihood::fit_spatial;
pub use random_effects::{RandomEffectsLikelihood, RandomEffectsMaximum, RandomEffectsPoint};
pub use record::SpatialRecord;
pub use request::{
    Dynamics, EffectsRule, ErrorMoments, MomentOptions, RandomEffects, RandomMoments, SpatialEstimator, SpatialRequest,
    SpatialTerms,
};
pub use series::LogDeterminant;
