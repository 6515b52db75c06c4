//! Faults of absorption.

/// Why a column could not be projected.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AbsorbError {
    /// The tolerance was not met.
    #[error(
        "the absorbed effects {effects} were not partialled out to the tolerance: after {iterations} {} the largest group mean left is {residual:.1e} of the column's scale; merge or drop the finest effect, absorb fewer effects at once, or raise iterations or tolerance under absorption",
        if *.iterations == 1 { "iteration" } else { "iterations" }
    )]
    NotConverged {
        /// The effects.
        effects: String,
        /// Iterations spent.
        iterations: usize,
        /// The largest group mean left, relative to the column's scale.
        residual: f64,
    },
    /// A column has another number of rows than the effects.
    #[error("a column has {rows} rows where the absorbed effects have {expected}")]
    LengthDiffers {
        /// Its rows.
        rows: usize,
        /// Rows of the effects.
        expected: usize,
    },
    /// The second engine refused the effects.
    #[error("the projection on {effects} could not be set up: {reason}")]
    SetUp {
        /// The effects.
        effects: String,
        /// What the engine said.
        reason: String,
    },
    /// No effect was given.
    #[error("there is no effect to absorb")]
    NoEffect,
    /// No column was given.
    #[error("there is no column to absorb effects from")]
    NoColumn,
}
