//! Estimators with instruments: the k-class (two-stage least squares, LIML, Fuller, any k) and GMM.
//!
//! In: a [`DesignMatrix`](crate::design::DesignMatrix) with endogenous regressors and excluded instruments, absorbed
//! effects and weights as anywhere; out: an [`Estimate`](crate::estimate::Estimate) whose influence is that of the
//! estimator, so that every kind of errors works, with residuals of the actual (not the fitted) regressors. Terms are in
//! the order constant, endogenous, exogenous, as fixest, ivreg and Stata list them.
//!
//! Effects are absorbed from every column first; a constant is centred away in the k-class and is a regressor and an
//! instrument of its own in GMM, whose weights it may depend on. Tests of instruments are in
//! [`crate::infer::instruments`].
//!
//! Sources: Davidson and MacKinnon (2004), chapters 8 and 9; Hansen (1982); Hansen, Heaton and Yaron (1996); Fuller (1977).

mod assemble;
pub mod columns;
pub mod continuous;
pub mod gmm;
pub mod kclass;
pub mod moments;
pub mod partial;
pub mod record;

pub use columns::{InstrumentedColumns, WorkingColumn};
pub use gmm::{Gmm, GmmSteps, Objective};
pub(crate) use kclass::invert;
pub use kclass::{KClass, Kappa};
pub use moments::{Minimum, Moments};
pub(crate) use moments::{PLAIN, score_covariance, sums_of, unadjusted};
pub use partial::Partialled;
pub use record::{ConfidenceSet, FirstStage, Interval, SetShape};
