//! [`Span`]: what regressors and effects reach, with a heavy weight on the rows that must stay.

use rayon::prelude::*;

use super::super::sweep::Sweep;
use crate::absorb::AbsorbError;
use crate::design::DesignMatrix;
use crate::linalg::weighted_dot;

/// Weight of the rows that must stay.
const HEAVY: f64 = 1e7;

/// A regressor's position and its shares in the basis.
type Row = (usize, Vec<f64>);

/// The span of regressors and effects, weighted.
pub(super) struct Span {
    sweep: Sweep,
    weights: Vec<f64>,
    /// Regressors net of effects, orthonormal.
    basis: Vec<Vec<f64>>,
    /// Upper triangular: net regressors from the basis.
    triangle: Vec<Row>,
}

impl Span {
    pub(super) fn of(design: &DesignMatrix, sides: &[f64]) -> Result<Span, AbsorbError> {
        let Netted { sweep, weights, columns, norms } = Netted::of(design, sides)?;
        let norm = |v: &[f64]| weighted_dot(v, v, Some(&weights)).sqrt();
        let (mut basis, mut triangle): (Vec<Vec<f64>>, Vec<Row>) = (Vec::new(), Vec::new());
        for (j, mut column) in columns.into_iter().enumerate() {
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
    pub(super) fn project(&mut self, column: &[f64]) -> Result<(Vec<f64>, Vec<f64>), AbsorbError> {
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
    pub(super) fn solve(&self, mut coefficients: Vec<f64>) -> Vec<(usize, f64)> {
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

/// Regressors net of effects, or of the constant, under these weights.
pub(super) struct Netted {
    pub(super) sweep: Sweep,
    weights: Vec<f64>,
    pub(super) columns: Vec<Vec<f64>>,
    /// Weighted norms of the regressors as they came.
    norms: Vec<f64>,
}

impl Netted {
    pub(super) fn of(design: &DesignMatrix, sides: &[f64]) -> Result<Netted, AbsorbError> {
        let mut sweep = Sweep::of(design)?;
        let weights: Vec<f64> = sides.iter().map(|&side| if side == 0.0 { HEAVY } else { 1.0 }).collect();
        let weights = sweep.arrange(&weights);
        sweep.weigh(&weights);
        let mut columns: Vec<Vec<f64>> = design.regressors.iter().map(|x| sweep.arrange(&x.values)).collect();
        let norms: Vec<f64> = columns.iter().map(|x| weighted_dot(x, x, Some(&weights)).sqrt()).collect();
        let goals: Vec<f64> = norms.iter().map(|norm| 1e-12 * norm).collect();
        let mut views: Vec<&mut [f64]> = columns.iter_mut().map(Vec::as_mut_slice).collect();
        sweep.sweep(&mut views, &goals)?;
        Ok(Netted { sweep, weights, columns, norms })
    }
}
