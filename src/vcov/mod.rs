//! Covariance of coefficients from influence values.
//!
//! In: a design, an estimate, the errors asked for, and how small-sample counts are made ([`SmallSample`], with presets
//! by [`Dialect`]); out: a [`Covariance`] with every count and factor it used. Raw matrices, in the weights `w`:
//!
//! | errors | frequency weights | analytic and probability weights |
//! |---|---|---|
//! | iid | `Σ w e² / (N-1) · (X'WX)^-1`, `N = Σ w` | the same with `N` the rows |
//! | hc1 | meat `N/(N-1) Σ w e² x x'` | meat `N/(N-1) Σ w² e² x x'` |
//! | cluster | meat `Σ_g s_g s_g'`, `s_g = Σ w e x` | the same |
//!
//! each times `(N-1)/(N-K)` and, if clustered, `G/(G-1)`. Leverage corrections, HAC and the bootstrap are not here yet.

pub mod cluster;
pub mod compute;
pub mod error;
pub mod errors;
pub mod small_sample;

pub use compute::{Covariance, covariance};
pub use error::CovarianceError;
pub use errors::Errors;
pub use small_sample::{AbsorbedCount, ClusterFactor, Dialect, SmallSample};
