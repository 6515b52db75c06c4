//! Tests of instruments: weakness, identification, overidentification, endogeneity, and inference that holds when they
//! are weak.
//!
//! In: a design with instruments and its estimate; out: a [`Diagnosis`] of first stages, tests, confidence sets and
//! notes. Almost everything is a function of the [`ReducedForm`], the regressions of outcome and endogenous regressors
//! on exogenous ones and instruments with their joint covariance under the model's errors, so that every test is there
//! for every kind of errors. Joint covariances come from those of sums and differences of residuals (polarisation):
//! whatever is a quadratic form in the residuals needs no code of its own here.
//!
//! Weak-instrument-robust sets are for one endogenous regressor; with several, Anderson-Rubin is a joint test of zero.

mod diagnose;
pub mod distribution;
mod endogeneity;
mod first_stage;
mod overidentification;
mod rank;
pub mod reduced_form;
mod score;
mod set;
mod weak;

pub use diagnose::{Diagnosis, diagnose};
pub use rank::{cragg_donald, kleibergen_paap};
pub use reduced_form::ReducedForm;
pub use set::{anderson_rubin_set, likelihood_ratio_set};
pub use weak::{Effective, anderson_rubin, effective_f, likelihood_ratio, likelihood_ratio_p};
