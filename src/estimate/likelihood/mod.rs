//! Maximum likelihood of outcomes that depend on one linear index, with absorbed effects.
//!
//! `η = offset + X b + D a` with any effects `D`; the log likelihood `Σ w l(y, η)` is that of a [`Family`]. Each step of
//! Fisher's scoring is a regression of the working residual `l' / i` (score over information) on `X` and `D` with weights `w i`,
//! and by Frisch, Waugh and Lovell on `X` net of `D` under these weights ([`crate::absorb::Reweighted`]): Stammann (2018), Correia,
//! Guimarães and Zylkin (2020).
//!
//! At the maximum such a model is its own last weighted regression, which is how it hands over influence values: row `i` moves
//! the coefficients by `(X'WX)^-1 x_i w_i l'_i`, with `X` net of the effects. All errors of [`crate::vcov`] follow.

mod ascent;
mod control;
mod correction;
mod direct;
mod distribution;
mod estimator;
mod family;
mod frailty;
mod halves;
mod negbin;
mod overdispersion;
mod problem;
mod record;
mod separation;
mod sweep;

pub use correction::{Corrected, Correction, CorrectionError, UncorrectedTerm};
pub(crate) use direct::ZERO;
pub use direct::{ClustersAcross, Conditional, Counting, Counts, DirectLikelihood};
pub use distribution::{CalibrationBin, Distribution, Frequency, calibration, frequencies};
pub use estimator::{MaximumLikelihood, OutcomeOutOfRange};
pub use family::{Density, Family, Link};
pub use frailty::{Frailty, FrailtyError, FrailtyRecord, POINTS, SIGMA, VARIANCE};
pub use negbin::THETA;
pub(crate) use overdispersion::overdispersion;
pub use record::{Index, Likelihood, Optimisation};
pub use separation::{Separated, Separation};
