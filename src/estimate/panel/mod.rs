//! Classic panel estimators: pooled, within, between, differences and random effects.
//!
//! In: a [`DesignMatrix`](crate::design::DesignMatrix) in levels whose [`dependence`](crate::design::Dependence) names unit
//! and time; out: another design, on which the model is least squares (or two-stage least squares). Every kind of errors,
//! test and bootstrap that works on a design therefore works on panel models. [`PanelMethod::transform`] does it;
//! `components` estimates the variances of random effects and `quasi` transforms by them.
//!
//! Sources: Baltagi (2013), Econometric Analysis of Panel Data; Wooldridge (2010), chapter 10.

mod components;
pub mod error;
mod fama_macbeth;
pub mod fit;
pub(crate) mod levels;
pub(crate) mod means;
pub mod method;
mod quasi;
mod random;
pub mod record;
mod transform;

pub use components::VarianceComponents;
pub use error::PanelError;
pub use fit::{Transformed, fit_panel};
pub use method::{ComponentsMethod, Difference, Gaps, PanelEffect, PanelMethod, Span};
pub use record::{ComponentsRecord, PanelRSquared, PanelRecord};
