//! [`ShareProjection`]: the (weighted) regression of a column on the shares.

use nalgebra::DMatrix;

use super::shares::ShareMatrix;
use crate::linalg::weighted_dot;

/// Sum of squares of a share column net of those before it, relative to its own, at which it counts as dependent.
///
/// Shares come rounded: columns that differ by rounding alone would get loadings without bound, and with them the errors.
/// On the shares of Goldsmith-Pinkham, Sorkin and Swift (nine digits) the pivots fall from 3e-6 to 6e-14; R's default
/// tolerance of 1e-7 (1e-14 here) keeps a column of the lower kind, and the error becomes ten million times too large.
const DEPENDENT: f64 = 1e-9;

/// The same at which cross products are no longer trusted with the decision.
const DOUBTFUL: f64 = 1e-4;

/// Steps of refinement on the residual: two bring the normal equations to the accuracy of an orthogonal decomposition.
const REFINEMENTS: usize = 3;

/// A factor of the cross products of share columns.
///
/// Of linearly dependent columns those stay that come first in the order of the sectors, which is that of their names
/// (numbers by value), not of the table's rows; ShiftShareSE's pivoted QR has the same rule for a given order of columns.
/// A dropped sector has coefficient zero.
#[derive(Clone, Debug)]
pub struct ShareProjection {
    sectors: usize,
    kept: Vec<usize>,
    dependent: Vec<usize>,
    /// Rows of the lower Cholesky factor of the kept columns.
    factor: Vec<Vec<f64>>,
}

impl ShareProjection {
    /// Factorises the cross products of shares.
    pub fn new(shares: &ShareMatrix, weights: Option<&[f64]>) -> ShareProjection {
        ShareProjection::choose(&shares.gram(weights), |chosen, sector| {
            // The cross products have lost the digits that decide: what is left of the column itself has not.
            let column = shares.column(sector);
            let coefficients = chosen.coefficients(shares, &column, weights);
            let fitted = shares.times(&coefficients);
            let left: Vec<f64> = column.iter().zip(&fitted).map(|(v, f)| v - f).collect();
            Some(weighted_dot(&left, &left, weights))
        })
    }

    /// Factorises given cross products (sectors x sectors).
    pub fn of_gram(gram: &DMatrix<f64>) -> ShareProjection {
        ShareProjection::choose(gram, |_, _| None)
    }

    /// Chooses columns in order; `exact` gives a doubtful column's sum of squares net of those chosen, if it can.
    fn choose(gram: &DMatrix<f64>, exact: impl Fn(&ShareProjection, usize) -> Option<f64>) -> ShareProjection {
        let mut out =
            ShareProjection { sectors: gram.ncols(), kept: Vec::new(), dependent: Vec::new(), factor: Vec::new() };
        for j in 0..gram.ncols() {
            let own = gram[(j, j)];
            let mut row: Vec<f64> = Vec::with_capacity(out.kept.len() + 1);
            for (&kept, earlier) in out.kept.iter().zip(&out.factor) {
                let explained: f64 = row.iter().zip(earlier).map(|(a, b)| a * b).sum();
                row.push((gram[(kept, j)] - explained) / earlier[row.len()]);
            }
            let mut pivot = own - row.iter().map(|v| v * v).sum::<f64>();
            if own > 0.0 && pivot <= DOUBTFUL * own {
                pivot = exact(&out, j).unwrap_or(pivot);
            }
            if own > 0.0 && pivot > DEPENDENT * own {
                row.push(pivot.sqrt());
                out.factor.push(row);
                out.kept.push(j);
            } else {
                out.dependent.push(j);
            }
        }
        out
    }

    /// Sectors whose shares the others before them explain (or that have none).
    pub fn dependent(&self) -> &[usize] {
        &self.dependent
    }

    /// Number of independent share columns.
    pub fn rank(&self) -> usize {
        self.kept.len()
    }

    /// Solves the normal equations for right-hand sides `S'Wv`; a value per sector.
    pub fn solve(&self, moments: &[f64]) -> Vec<f64> {
        let k = self.kept.len();
        let mut x: Vec<f64> = self.kept.iter().map(|&sector| moments[sector]).collect();
        for i in 0..k {
            let known: f64 = self.factor[i].iter().zip(&x[..i]).map(|(a, b)| a * b).sum();
            x[i] = (x[i] - known) / self.factor[i][i];
        }
        for i in (0..k).rev() {
            x[i] /= self.factor[i][i];
            let value = x[i];
            for (earlier, l) in x[..i].iter_mut().zip(&self.factor[i]) {
                *earlier -= l * value;
            }
        }
        let mut out = vec![0.0; self.sectors];
        for (&sector, value) in self.kept.iter().zip(x) {
            out[sector] = value;
        }
        out
    }

    /// The coefficients of the regression of `v` on the shares, a value per sector.
    pub fn coefficients(&self, shares: &ShareMatrix, v: &[f64], weights: Option<&[f64]>) -> Vec<f64> {
        let mut out = vec![0.0; self.sectors];
        let mut left = v.to_vec();
        for _ in 0..=REFINEMENTS {
            let step = self.solve(&shares.transposed_times(&left, weights));
            out.iter_mut().zip(&step).for_each(|(total, step)| *total += step);
            let fitted = shares.times(&out);
            left = v.iter().zip(&fitted).map(|(v, f)| v - f).collect();
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shocks_are_recovered_and_the_later_of_two_equal_sectors_goes() {
        let rows: Vec<Vec<f64>> = (0..30)
            .map(|r| {
                let raw: Vec<f64> = (0..4).map(|k| 1.0 + ((r * 7 + k * 3 + k * r * r) as f64).sin()).collect();
                vec![raw[0], raw[1], raw[0], raw[2], raw[3]]
            })
            .collect();
        let shares = ShareMatrix::from_dense(&rows).unwrap();
        let projection = ShareProjection::new(&shares, None);
        assert_eq!((projection.dependent(), projection.rank()), (&[2usize][..], 4));
        let x = shares.times(&[1.0, -2.0, 0.0, 3.0, 0.5]);
        let found = projection.coefficients(&shares, &x, None);
        for (a, b) in found.iter().zip([1.0, -2.0, 0.0, 3.0, 0.5]) {
            assert!((a - b).abs() < 1e-12, "{found:?}");
        }
    }
}
