//! Fixed-effect projection: what is left of a column net of absorbed effects.
//!
//! In: [`Effects`] (factors on the sample, slopes per level, weights) and columns; out: the columns' residuals from a
//! weighted regression on the effects, with the recomputed size of what is left in the effects' space ([`Absorption`]).
//! An [`Absorber`] is built once for its effects and shared by every model that has the same ([`AbsorberCache`]).
//!
//! [`Projections`] eliminates one effect exactly and finds the others by conjugate gradients, with a preconditioner that
//! the graph of the effects and the observed rate decide on; where nothing else will do it turns to [`Schwarz`] (the
//! `within` crate). [`Reweighted`] is the same for weights that change. The effects themselves are found by [`FixedEffects`], on request.

pub mod cache;
pub mod degrees;
mod digest;
pub mod effects;
mod envelope;
pub mod error;
pub mod fixed_effects;
mod gradients;
mod layout;
pub mod leverages;
mod preconditioner;
pub mod projections;
pub mod reweighted;
mod schur;
pub mod schwarz;
pub mod settings;
mod term;
mod watch;

pub use cache::{AbsorberCache, SharedAbsorber};
pub use degrees::AbsorbedDegrees;
pub use effects::Effects;
pub use error::AbsorbError;
pub use fixed_effects::{EffectEstimates, FixedEffects};
pub use leverages::EffectLeverages;
pub use projections::Projections;
pub use reweighted::{Reweighted, Swept};
pub use schwarz::Schwarz;
pub use settings::{AbsorptionSettings, SolverChoice};

use std::fmt;

use crate::estimate::Convergence;

/// How the projection of one column ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Absorption {
    /// Iterations, the recomputed residual, and whether the tolerance was met.
    pub convergence: Convergence,
    /// What found it.
    pub solver: Solver,
    /// Iterations of the projections before [`Schwarz`] took over, if it did.
    pub switched_after: Option<usize>,
    /// Error of the residual column, estimated: the (weighted) norm of its part in the space of the effects.
    pub error: f64,
}

/// What found a projection, from the simplest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Solver {
    /// Group means: one effect.
    Means,
    /// Conjugate gradients with the diagonal as preconditioner.
    Projections,
    /// Conjugate gradients with factorised Schur complements.
    Factorised,
    /// The `within` crate.
    Schwarz,
}

impl fmt::Display for Solver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Solver::Means => "group means",
            Solver::Projections => "conjugate gradients",
            Solver::Factorised => "conjugate gradients with a factorised Schur complement",
            Solver::Schwarz => "Schwarz-preconditioned LSMR",
        })
    }
}

/// A projection off a set of effects.
pub trait Absorber: Send + Sync {
    /// Replaces a column (one value per row of the sample) by its residual from the effects.
    ///
    /// # Errors
    /// [`AbsorbError::NotConverged`] if the tolerance could not be met.
    fn absorb(&self, column: &mut [f64]) -> Result<Absorption, AbsorbError> {
        let mut columns = [column];
        let mut done = self.absorb_all(&mut columns)?;
        done.pop().ok_or(AbsorbError::NoColumn)
    }

    /// Does so for several columns in parallel; the results do not depend on how many there are.
    ///
    /// # Errors
    /// As [`Absorber::absorb`], for the first column that fails.
    fn absorb_all(&self, columns: &mut [&mut [f64]]) -> Result<Vec<Absorption>, AbsorbError>;

    /// Parameters that the effects use up.
    fn degrees(&self) -> &AbsorbedDegrees;
}
