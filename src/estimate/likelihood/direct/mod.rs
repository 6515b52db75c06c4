//! Likelihoods that are no sequence of weighted regressions: several indices in a row, or groups given their totals.
//!
//! [`DirectLikelihood`] maximises them by Newton's method on exact second derivatives. Errors rest on the observed information
//! and on the scores of rows, or of groups.

mod assemble;
mod conditional;
mod counted;
mod density;
mod fit;
mod groups;
mod jet;
mod newton;
mod rows;
mod vuong;

pub use conditional::Conditional;
pub(crate) use counted::ZERO;
pub use density::{Counting, Counts};
pub use fit::{ClustersAcross, DirectLikelihood};
