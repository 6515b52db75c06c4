//! [`AbsorptionSettings`]: which engine, how exact, and what happens if it is not.

/// The engine that takes effects out of columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SolverChoice {
    /// By the effects' graph and the rate that is observed (see [`super::Projections`]).
    #[default]
    Auto,
    /// Conjugate gradients with a diagonal preconditioner, whatever the rate.
    Projections,
    /// The `within` crate.
    Schwarz,
    /// Conjugate gradients preconditioned by factorised Schur complements from the start: direct for two effects.
    Direct,
}

/// How effects are absorbed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AbsorptionSettings {
    /// The engine.
    pub solver: SolverChoice,
    /// Error of an absorbed column that is aimed at, relative to the column's norm net of the largest effect.
    pub tolerance: f64,
    /// Most iterations.
    pub iterations: usize,
    /// Whether a column that did not converge is used all the same, with a note.
    pub accept_unconverged: bool,
}

/// Error aimed at. Coefficients then agree with an exact solution to about ten digits even where the outcome's scale
/// dwarfs theirs: their own error is of the second order (see [`crate::estimate`]).
pub const TOLERANCE: f64 = 1e-11;

/// Most iterations.
pub const ITERATIONS: usize = 10_000;

impl Default for AbsorptionSettings {
    fn default() -> Self {
        AbsorptionSettings {
            solver: SolverChoice::Auto,
            tolerance: TOLERANCE,
            iterations: ITERATIONS,
            accept_unconverged: false,
        }
    }
}
