//! Classic panel estimators: pooled, within, between, differences, random effects, averages over units, generalised least
//! squares.
//!
//! In: a [`DesignMatrix`](crate::design::DesignMatrix) in levels whose [`dependence`](crate::design::Dependence) names unit
//! and time; out: another design, on which the model is least squares (or two-stage least squares). Every kind of errors,
//! test and bootstrap that works on a design therefore works on panel models. [`PanelMethod::transform`] does it;
//! `components` estimates the variances of random effects and `quasi` transforms by them; `correlated` allows these to be
//! correlated with regressors; `groups` averages regressions made apart in every unit or period; `feasible` whitens errors.
//!
//! Sources: Baltagi (2013), Econometric Analysis of Panel Data; Wooldridge (2010), chapter 10.

mod components;
mod correlated;
pub mod error;
mod feasible;
pub mod fit;
mod groups;
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
pub use method::{
    ComponentsMethod, Difference, FglsRows, Gaps, GroupMethod, InstrumentSet, PanelEffect, PanelMethod, Span,
};
pub use record::{ComponentsRecord, PanelRSquared, PanelRecord};
