//! Fixed-effect projection: what is left of a column net of absorbed effects.
//!
//! In: [`Effects`] (factors on the sample, slopes per level, weights) and columns; out: the columns' residuals from a
//! weighted regression on the effects, with the recomputed size of what is left in the effects' space ([`Absorption`]).
//! An [`Absorber`] is built once for its effects and shared by every model that has the same ([`AbsorberCache`]).
//!
//! Two engines: [`Projections`] (exact for one effect; conjugate gradients on the other effects after the largest is
//! eliminated), and [`Schwarz`] (the `within` crate), to which `Projections` turns when its rate says that it would
//! crawl. Estimates of the effects themselves are not computed here.

pub mod cache;
pub mod degrees;
pub mod effects;
pub mod error;
pub mod projections;
pub mod schwarz;
mod term;

pub use cache::AbsorberCache;
pub use degrees::AbsorbedDegrees;
pub use effects::Effects;
pub use error::AbsorbError;
pub use projections::Projections;
pub use schwarz::Schwarz;

use crate::estimate::Convergence;

/// How the projection of one column ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Absorption {
    /// Iterations, the recomputed residual, and whether the tolerance was met.
    pub convergence: Convergence,
    /// Iterations of the projections before another method took over, if one did.
    pub switched_after: Option<usize>,
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
