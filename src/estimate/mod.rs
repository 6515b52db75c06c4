//! Estimation: from a design to coefficients and their influence, and the record of a finished fit.
//!
//! [`fit_model`] is the whole walk for one model: variables, [`crate::design::DesignMatrix`], [`Estimate`],
//! [`crate::vcov::Covariance`], [`Fit`]. An [`Estimator`] does the second step; [`Ols`] is the first of them.

mod accuracy;
mod cluster_sums;
mod collinear;
pub(crate) mod descent;
pub mod dynamic;
mod effects;
pub mod error;
pub mod estimator;
pub mod finish;
pub mod fit;
mod group;
pub mod instruments;
pub mod likelihood;
pub mod method;
pub mod ols;
mod pairs;
pub mod panel;
mod products;
pub mod record;
pub mod request;
pub mod residuals;
pub mod shift_share;
pub mod spatial;
pub mod system;
mod working;

pub use effects::{listed_effects, recover_effects};
pub use error::EstimateError;
pub use estimator::{Estimate, Estimator, Influence, LeastSquaresSums, NotLinear, Spread};
pub use finish::finish;
pub use fit::{
    AbsorbedEffect, ClusterCount, Coefficient, Convergence, ErrorsRecord, Fit, FitStatistics, FixedEffect,
    SmallSampleFactors, TestResult,
};
pub(crate) use group::Groups;
pub use group::share;
pub use likelihood::{Family, Index, Likelihood, Link, MaximumLikelihood};
pub use method::Method;
pub use ols::Ols;
pub use products::ClusterProduct;
pub use request::{ModelRequest, design_model, fit_design, fit_model};
pub use residuals::Residuals;
pub(crate) use working::mean;
