//! Shift-share (Bartik) designs: `B_r = Σ_k s_rk g_k`, with shares `s` of sectors in regions and shocks `g` to sectors.
//!
//! In: a design whose instrument (or regressor of interest) is such a variable, and its [`Exposure`] (shares and shocks
//! on the rows of the sample). Out: the coefficient with errors that allow for residuals correlated between regions with
//! similar shares ([`exposure_robust`]: AKM and AKM0 of Adão, Kolesár and Morales 2019), the Rotemberg weights of
//! Goldsmith-Pinkham, Sorkin and Swift (2020, [`rotemberg()`]), and the shock-level regression of Borusyak, Hull and
//! Jaravel (2022, [`shock_level`]).
//!
//! No small-sample factor multiplies any of these variances and their reference distribution is the normal one, as in
//! ShiftShareSE: nothing in the theory justifies a count of regions, and the number of shocks enters by itself.
//! Several endogenous variables or several shift-share instruments at once are not handled here.

pub mod akm;
pub mod confidence;
pub mod error;
pub mod estimator;
pub mod exposure;
pub mod net;
pub mod projection;
pub mod record;
pub mod rotemberg;
pub mod shares;
pub mod shocks;

pub use akm::{ExposureRobust, NetVariables, exposure_robust};
pub use confidence::ConfidenceSet;
pub use error::ShiftShareError;
pub use estimator::{ShiftShare, fit_shift_share};
pub use exposure::{Exposure, ShareLine, ShockLine, Shocks};
pub use net::Controls;
pub use projection::ShareProjection;
pub use record::{BalanceResult, ExposureErrors, RotembergWeight, ShiftShareRecord, ShockSummary};
pub use rotemberg::{ShareOveridentification, rotemberg};
pub use shares::ShareMatrix;
pub use shocks::{ShockLevel, shock_level, summary};
