//! Wald tests and intervals; hypotheses and combinations of coefficients with the delta method.
//!
//! In: coefficients, a covariance and degrees of freedom; out: statistics, p-values and 95 % intervals by Student's t
//! and Fisher's F (statrs). No bootstrap and no multiple testing here.

pub mod derivative;
pub mod hypothesis;
pub mod instruments;
pub mod multiple;
pub mod normal;
pub mod resample;
pub mod sensitivity;
pub mod student;
pub mod wald;

pub use derivative::{DerivativeError, Dual, differentiate};
pub use hypothesis::{CoefficientExpression, Delta, DeltaError, Hypothesis, HypothesisFault};
pub use student::{t_interval, t_quantile, two_sided_p};
pub use wald::{Restrictions, WaldError, WaldTest, wald, wald_zero};
