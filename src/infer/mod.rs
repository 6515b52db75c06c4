//! Wald tests and intervals; hypotheses and combinations of coefficients with the delta method; simultaneous bands.
//!
//! In: coefficients, a covariance and degrees of freedom; out: statistics, p-values and 95 % intervals by Student's t
//! and Fisher's F (statrs), or the normal and chi-squared distributions where the degrees of freedom are infinite.
//! Functions of the index of a likelihood are in [`response`], spatial autocorrelation in [`association`]. Bootstraps, families and
//! randomisation are in [`resample`], adjusted p-values in [`multiple`].

pub mod association;
pub mod bands;
pub mod coefficients;
pub mod curve;
pub mod distance_decay;
pub mod family;
pub mod hypothesis;
pub mod instruments;
pub mod measurement;
pub mod multiple;
pub mod normal;
pub mod panel;
pub mod prediction;
pub mod profile;
pub mod record;
pub mod resample;
pub mod response;
pub mod sensitivity;
pub mod student;
pub mod wald;

pub use hypothesis::{CoefficientExpression, Delta, DeltaError, Hypothesis, HypothesisFault};
pub use student::{t_interval, t_quantile, two_sided_p};
pub use wald::{Restrictions, WaldError, WaldTest, wald, wald_zero};
