//! Separated rows: those that regressors and effects fit perfectly at an infinite index.
//!
//! Rows are separated if some direction `d = X g + D a` is zero where the outcome is inside its range, and points outward
//! (down at a zero, up at the upper boundary) or is zero elsewhere; the likelihood then rises along `d` without end, and has its
//! limit without the rows where `d` is not zero (Correia, Guimarães and Zylkin 2019; for choices Albert and Anderson 1984).
//!
//! Levels in which no outcome is inside leave when the sample is decided. Others are looked for only where the search for a
//! maximum calls for it: at its end the steps of separated rows are still about one, and those of all others are nothing. The
//! direction is then found, and proven, by the iterative rectifier: outward directions are projected on the span of regressors and
//! effects with a heavy weight on the rows that must stay, and rectified, until nothing points inward.

use std::fmt;
use std::sync::Arc;

use nalgebra::DVector;
use rayon::prelude::*;

use super::family::Family;
use super::sweep::Sweep;
use crate::absorb::AbsorbError;
use crate::design::{DesignMatrix, SeparatedRows};
use crate::linalg::weighted_dot;

/// How separated rows are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Separation {
    /// Levels of effects without an outcome inside its range, when the sample is decided.
    pub effects: bool,
    /// The iterative rectifier.
    pub rectifier: bool,
    /// Rows whose index still moves at the end, without a proof.
    pub mu: bool,
}

impl Default for Separation {
    fn default() -> Self {
        Separation { effects: true, rectifier: true, mu: false }
    }
}

impl Separation {
    /// Nothing is looked for.
    pub const KEEP: Separation = Separation { effects: false, rectifier: false, mu: false };
}

/// Separated rows with the direction that proves it.
#[derive(Clone, Debug, PartialEq)]
pub struct Separated {
    /// Rows of the panel.
    pub rows: Arc<Vec<u32>>,
    /// The regressors and effects that the direction is made of.
    pub by: Vec<String>,
    /// The direction's coefficients of regressors, the largest of size one.
    pub certificate: Vec<(String, f64)>,
}

impl Separated {
    /// The rows as a mask over a panel, for the sample that is decided without them.
    pub fn mask(&self, n_panel_rows: usize) -> SeparatedRows {
        let mut rows = vec![false; n_panel_rows];
        self.rows.iter().for_each(|&row| rows[row as usize] = true);
        SeparatedRows { rows: Arc::new(rows), by: self.by.join(" + ") }
    }
}

impl fmt::Display for Separated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows.len();
        let are = if rows == 1 { "row is" } else { "rows are" };
        write!(f, "{rows} {are} separated by {}: the likelihood has no maximum with them", self.by.join(" + "))
    }
}

/// Weight of the rows that must stay.
const HEAVY: f64 = 1e7;

/// Most rounds of the rectifier.
const ROUNDS: usize = 1000;

/// A direction's value, relative to its largest, that is zero.
const ZERO: f64 = 1e-4;

/// A step at the end of the search that separates a row for `mu`.
const MOVES: f64 = 0.5;

impl Separation {
    /// Looks for separated rows from a direction, a value per row of the sample, that may point outward.
    pub(super) fn search(
        &self,
        design: &DesignMatrix,
        family: Family,
        direction: Vec<f64>,
    ) -> Result<Option<Separated>, AbsorbError> {
        let y = &design.outcome.values;
        if self.rectifier
            && let Some(found) = rectify(design, family, direction.clone())?
        {
            return Ok(Some(found));
        }
        if !self.mu {
            return Ok(None);
        }
        let flees = |&i: &usize| family.side(y[i]) * direction[i] > MOVES;
        let rows: Vec<usize> = (0..y.len()).filter(flees).collect();
        Ok((!rows.is_empty()).then(|| Separated {
            rows: in_panel(design, &rows),
            by: vec!["an index that grows without bound".to_string()],
            certificate: Vec::new(),
        }))
    }
}

/// The outward direction of every row at a boundary.
pub(super) fn outward(design: &DesignMatrix, family: Family) -> Vec<f64> {
    design.outcome.values.iter().map(|&y| family.side(y)).collect()
}

fn in_panel(design: &DesignMatrix, rows: &[usize]) -> Arc<Vec<u32>> {
    Arc::new(rows.iter().map(|&i| design.sample.rows[i]).collect())
}

/// A regressor's position and its shares in the basis.
type Row = (usize, Vec<f64>);

/// The span of regressors and effects, weighted.
struct Span {
    sweep: Sweep,
    weights: Vec<f64>,
    /// Regressors net of effects, orthonormal.
    basis: Vec<Vec<f64>>,
    /// Upper triangular: net regressors from the basis.
    triangle: Vec<Row>,
}

impl Span {
    fn of(design: &DesignMatrix, sides: &[f64]) -> Result<Span, AbsorbError> {
        let mut sweep = Sweep::of(design)?;
        let weights: Vec<f64> = sides.iter().map(|&side| if side == 0.0 { HEAVY } else { 1.0 }).collect();
        let weights = sweep.arrange(&weights);
        sweep.weigh(&weights);
        let mut net: Vec<Vec<f64>> = design.regressors.iter().map(|x| sweep.arrange(&x.values)).collect();
        let norm = |v: &[f64]| weighted_dot(v, v, Some(&weights)).sqrt();
        let norms: Vec<f64> = net.iter().map(|x| norm(x)).collect();
        let goals: Vec<f64> = norms.iter().map(|norm| 1e-12 * norm).collect();
        let mut views: Vec<&mut [f64]> = net.iter_mut().map(Vec::as_mut_slice).collect();
        sweep.sweep(&mut views, &goals)?;
        let (mut basis, mut triangle): (Vec<Vec<f64>>, Vec<Row>) = (Vec::new(), Vec::new());
        for (j, mut column) in net.into_iter().enumerate() {
            let before = norms[j].max(f64::MIN_POSITIVE);
            let mut shares = vec![0.0; basis.len()];
            // Twice is enough (Kahan and Parlett).
            for _ in 0..2 {
                for (share, q) in shares.iter_mut().zip(&basis) {
                    let part = weighted_dot(q, &column, Some(&weights));
                    *share += part;
                    column.iter_mut().zip(q).for_each(|(v, q)| *v -= part * q);
                }
            }
            let left = norm(&column);
            if left > 1e-11 * before {
                column.iter_mut().for_each(|v| *v /= left);
                shares.push(left);
                basis.push(column);
                triangle.push((j, shares));
            }
        }
        Ok(Span { sweep, weights, basis, triangle })
    }

    /// The projection of a column on the span, and its coefficients on the basis.
    fn project(&mut self, column: &[f64]) -> Result<(Vec<f64>, Vec<f64>), AbsorbError> {
        let arranged = self.sweep.arrange(column);
        let mut left = arranged.clone();
        let goal = 1e-10 * weighted_dot(&left, &left, Some(&self.weights)).sqrt();
        self.sweep.sweep(&mut [&mut left], &[goal])?;
        let mut coefficients = Vec::new();
        for q in &self.basis {
            let part = weighted_dot(q, &left, Some(&self.weights));
            left.par_iter_mut().zip(q).for_each(|(v, q)| *v -= part * q);
            coefficients.push(part);
        }
        let fitted = arranged.iter().zip(&left).map(|(whole, left)| whole - left).collect();
        Ok((self.sweep.restore(fitted), coefficients))
    }

    /// Coefficients of the regressors from those of the basis.
    fn solve(&self, mut coefficients: Vec<f64>) -> Vec<(usize, f64)> {
        let mut out = Vec::new();
        for (position, (j, shares)) in self.triangle.iter().enumerate().rev() {
            let value = coefficients[position] / shares[position];
            for (earlier, share) in shares[..position].iter().enumerate() {
                coefficients[earlier] -= value * share;
            }
            out.push((*j, value));
        }
        out.reverse();
        out
    }
}

/// The iterative rectifier; none if no direction is left.
fn rectify(design: &DesignMatrix, family: Family, start: Vec<f64>) -> Result<Option<Separated>, AbsorbError> {
    let sides = outward(design, family);
    if sides.iter().all(|&side| side == 0.0) {
        return Ok(None);
    }
    let mut span = Span::of(design, &sides)?;
    let rectified = |(d, side): (&f64, &f64)| side * (side * d).max(0.0);
    let mut goal: Vec<f64> = start.iter().zip(&sides).map(rectified).collect();
    for _ in 0..ROUNDS {
        let (direction, coefficients) = span.project(&goal)?;
        let largest = direction.iter().zip(&sides).map(|(d, side)| d * side).fold(0.0, f64::max);
        let before = goal.iter().map(|d| d.abs()).fold(0.0, f64::max);
        if largest <= 1e-6 * before || largest == 0.0 {
            return Ok(None);
        }
        let worst = direction
            .iter()
            .zip(&sides)
            .map(|(d, side)| if *side == 0.0 { d.abs() } else { (-d * side).max(0.0) })
            .fold(0.0, f64::max);
        if worst <= ZERO * 0.1 * largest {
            return Ok(Some(prove(design, (&direction, &sides, largest), span.solve(coefficients))?));
        }
        goal = direction.iter().zip(&sides).map(|(d, side)| rectified((&(d / largest), side))).collect();
    }
    Ok(None)
}

/// What a direction is made of, and the rows that it separates.
fn prove(
    design: &DesignMatrix,
    (direction, sides, largest): (&[f64], &[f64], f64),
    coefficients: Vec<(usize, f64)>,
) -> Result<Separated, AbsorbError> {
    let rows: Vec<usize> = (0..direction.len()).filter(|&i| direction[i] * sides[i] > ZERO * largest).collect();
    let spread = |j: usize| design.regressors[j].values.iter().map(|x| x.abs()).fold(0.0, f64::max);
    let matters = |&&(j, g): &&(usize, f64)| (g * spread(j)).abs() > ZERO * largest;
    let used: Vec<&(usize, f64)> = coefficients.iter().filter(matters).collect();
    let scale = used.iter().map(|(_, g)| g.abs()).fold(0.0, f64::max);
    let certificate: Vec<(String, f64)> =
        used.iter().map(|&&(j, g)| (design.regressors[j].name.clone(), g / scale)).collect();
    let mut by: Vec<String> = certificate.iter().map(|(name, _)| name.clone()).collect();
    let mut rest = DVector::from_column_slice(direction);
    for &&(j, g) in &used {
        rest.iter_mut().zip(design.regressors[j].values.iter()).for_each(|(rest, x)| *rest -= g * x);
    }
    if rest.amax() > ZERO * largest {
        by.extend(design.absorbed.iter().map(|effect| effect.name.clone()));
    }
    if by.is_empty() {
        by.push(crate::estimate::ols::INTERCEPT.to_string());
    }
    Ok(Separated { rows: in_panel(design, &rows), by, certificate })
}
