//! From evaluated variables to the estimation sample and its matrices.
//!
//! [`ModelVariables`] (columns of the whole panel) go in; a [`DesignMatrix`] (columns of the sample, factors coded
//! densely) comes out, with a ledger line for every row that left. The sample is decided here, once: missing values,
//! infinite values, zero weights, and singletons of the absorbed effects until none is left. Expressions are evaluated
//! before; collinearity is the estimator's business, because it depends on what absorption leaves.

pub mod dependence;
pub mod error;
pub mod factor;
pub mod index;
pub mod matrix;
pub mod periods;
pub mod sample;
pub mod shared;
pub mod variables;

pub use dependence::{Dependence, DependenceVariables};
pub use error::{DesignError, FirstRow};
pub use factor::{AbsorbedTerm, ClusterVariable, DenseFactor};
pub use index::{IndexError, PanelIndex, Way};
pub use matrix::{DesignMatrix, Variable, Weights};
pub use periods::{Periods, UnequalPeriods};
pub use sample::Sample;
pub use shared::SharedColumns;
pub use variables::{AbsorbedVariable, BoundaryLevels, ModelVariables, SeparatedRows, Singletons, WeightKind};
