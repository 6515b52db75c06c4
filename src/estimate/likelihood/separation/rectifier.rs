//! The iterative rectifier (Correia, Guimarães and Zylkin 2019): outward directions are projected on the span of regressors and
//! effects with a heavy weight on the rows that must stay, and rectified, until nothing points inward.

use super::span::Span;
use super::{Direction, ZERO};
use crate::absorb::AbsorbError;
use crate::design::DesignMatrix;

/// Most rounds.
const ROUNDS: usize = 1000;

/// A direction from one that may point outward; none if none is left.
pub(super) fn rectify(design: &DesignMatrix, sides: &[f64], start: &[f64]) -> Result<Option<Direction>, AbsorbError> {
    let mut span = Span::of(design, sides)?;
    let rectified = |(d, side): (&f64, &f64)| side * (side * d).max(0.0);
    let mut goal: Vec<f64> = start.iter().zip(sides).map(rectified).collect();
    for _ in 0..ROUNDS {
        let (direction, coefficients) = span.project(&goal)?;
        let largest = direction.iter().zip(sides).map(|(d, side)| d * side).fold(0.0, f64::max);
        let before = goal.iter().map(|d| d.abs()).fold(0.0, f64::max);
        if largest <= 1e-6 * before || largest == 0.0 {
            return Ok(None);
        }
        let worst = direction
            .iter()
            .zip(sides)
            .map(|(d, side)| if *side == 0.0 { d.abs() } else { (-d * side).max(0.0) })
            .fold(0.0, f64::max);
        if worst <= ZERO * 0.1 * largest {
            return Ok(Some(Direction { values: direction, coefficients: span.solve(coefficients) }));
        }
        goal = direction.iter().zip(sides).map(|(d, side)| rectified((&(d / largest), side))).collect();
    }
    Ok(None)
}
