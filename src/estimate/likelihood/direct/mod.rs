//! Likelihoods that are no sequence of weighted regressions: several indices in a row, or groups given their totals.
//!
//! [`DirectLikelihood`] maximises them by Newton's method on exact second derivatives. Errors rest on the observed information
//! and on the scores of rows, or of groups.

mod conditional;
mod density;
mod fit;
mod jet;
mod newton;
mod rows;
mod vuong;

pub use conditional::Conditional;
pub use density::{Counting, Counts};
pub(crate) use fit::ZERO;
pub use fit::{ClustersAcross, DirectLikelihood};
