//! Nearly collinear columns, orthogonalised in twice the working precision.
//!
//! `X = QR` with `Q'WQ = I`, column by column, by modified Gram-Schmidt with a second pass, all in double-double numbers: what
//! is left of a column net of those before it is known to some 15 digits even where that is a billionth of the column, as
//! among the powers of a variable far from zero. The work is about fifty operations per row and pair of columns: callers
//! use it where that is little.

use std::borrow::Cow;

use nalgebra::{DMatrix, DVector};

use super::double::Double;

/// Passes of orthogonalisation: twice is enough (Giraud, Langou and Rozložník 2005).
const PASSES: usize = 2;

/// The columns that have been taken so far.
#[derive(Clone, Debug)]
pub struct Orthogonal<'a> {
    weights: Option<&'a [f64]>,
    columns: Vec<Cow<'a, [f64]>>,
    /// `Q`, column by column.
    q: Vec<Vec<Double>>,
    /// `R`, upper triangular, column by column.
    r: Vec<Vec<Double>>,
}

/// A least-squares solution on nearly collinear columns.
#[derive(Clone, Debug)]
pub struct OrthogonalSolution {
    /// `b`, one per column.
    pub coefficients: DVector<f64>,
    /// `R^-1`, k x k: `b = R^-1 Q'Wy` and `(X'WX)^-1 = R^-1 R^-1'`.
    pub root: DMatrix<f64>,
    /// `Q`, column by column.
    pub columns: Vec<Vec<f64>>,
    /// `y - Xb`, one per row.
    pub residuals: Vec<f64>,
}

impl<'a> Orthogonal<'a> {
    /// No columns yet.
    pub fn new(weights: Option<&'a [f64]>) -> Orthogonal<'a> {
        Orthogonal { weights, columns: Vec::new(), q: Vec::new(), r: Vec::new() }
    }

    /// The (weighted) sum of squares of a column net of those taken so far; the column is taken if that is more than
    /// `least`.
    pub fn offer(&mut self, column: Cow<'a, [f64]>, least: f64) -> f64 {
        let mut left: Vec<Double> = column.iter().map(|&v| Double::from(v)).collect();
        let mut shares = vec![Double::default(); self.q.len()];
        for _ in 0..PASSES {
            for (share, q) in shares.iter_mut().zip(&self.q) {
                let step = self.product(q, &left);
                *share = share.plus(step);
                left.iter_mut().zip(q).for_each(|(left, q)| *left = left.minus(q.times_double(step)));
            }
        }
        let squares = self.product(&left, &left);
        if squares.high > least {
            let norm = squares.root();
            shares.push(norm);
            self.q.push(left.iter().map(|left| left.over(norm)).collect());
            self.r.push(shares);
            self.columns.push(column);
        }
        squares.high
    }

    /// The least-squares solution for `y`.
    pub fn solve(&self, y: &[f64]) -> OrthogonalSolution {
        let k = self.q.len();
        let root = self.inverse_r();
        let mut b = vec![Double::default(); k];
        let mut residuals: Vec<Double> = y.iter().map(|&v| Double::from(v)).collect();
        // The second step takes out what is left of the rounding of the first.
        for _ in 0..PASSES {
            let shares: Vec<Double> = self.q.iter().map(|q| self.product(q, &residuals)).collect();
            for (j, share) in shares.iter().enumerate() {
                (0..=j).for_each(|i| b[i] = b[i].plus(root[j][i].times_double(*share)));
            }
            let left = |row: usize| {
                self.columns.iter().zip(&b).fold(Double::from(y[row]), |left, (x, b)| left.minus(b.times(x[row])))
            };
            residuals = (0..y.len()).map(left).collect();
        }
        OrthogonalSolution {
            coefficients: DVector::from_iterator(k, b.iter().map(|b| b.high)),
            root: DMatrix::from_fn(k, k, |i, j| root[j].get(i).map_or(0.0, |v| v.high)),
            columns: self.q.iter().map(|q| q.iter().map(|v| v.high).collect()).collect(),
            residuals: residuals.iter().map(|e| e.high).collect(),
        }
    }

    /// `R^-1`, upper triangular, column by column.
    fn inverse_r(&self) -> Vec<Vec<Double>> {
        let column = |j: usize| {
            let mut out = vec![Double::default(); j + 1];
            out[j] = Double::from(1.0).over(self.r[j][j]);
            for i in (0..j).rev() {
                let sum = (i + 1..=j).fold(Double::default(), |sum, k| sum.plus(self.r[k][i].times_double(out[k])));
                out[i] = Double::default().minus(sum).over(self.r[i][i]);
            }
            out
        };
        (0..self.r.len()).map(column).collect()
    }

    fn product(&self, a: &[Double], b: &[Double]) -> Double {
        let terms = a.iter().zip(b).enumerate().map(|(row, (a, b))| match self.weights {
            None => a.times_double(*b),
            Some(w) => a.times_double(*b).times(w[row]),
        });
        terms.fold(Double::default(), Double::plus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Powers of a year, which least squares in working precision cannot tell apart, with weights.
    #[test]
    fn powers_of_a_year_are_told_apart() {
        let year: Vec<f64> = (1990..2020).map(f64::from).collect();
        let powers: Vec<Vec<f64>> = (0..5).map(|p| year.iter().map(|v| v.powi(p)).collect()).collect();
        let weights: Vec<f64> = (0..30).map(|i| 1.0 + f64::from(i % 3)).collect();
        let mut basis = Orthogonal::new(Some(&weights));
        for power in &powers {
            assert!(basis.offer(power.into(), 1e-6) > 1e-6);
        }
        let sum: Vec<f64> = (0..30).map(|i| powers[1][i] + powers[2][i]).collect();
        assert!(basis.offer(sum.into(), 1e-6) < 1e-6, "a combination leaves nothing");
        // (year - 2000)^4, whose coefficients are whole numbers.
        let y: Vec<f64> = year.iter().map(|v| (v - 2000.0).powi(4)).collect();
        let found = basis.solve(&y);
        for (b, wanted) in found.coefficients.iter().zip([1.6e13, -3.2e10, 2.4e7, -8e3, 1.0]) {
            assert!((b / wanted - 1.0).abs() < 1e-9, "{b} {wanted}");
        }
        assert!(found.residuals.iter().all(|e| e.abs() < 1e-6));
    }
}
