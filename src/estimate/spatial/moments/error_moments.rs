//! The moments of a spatial error: quadratic forms of residuals with matrices of zero diagonal or trace.
//!
//! For `u = lambda W u + e` and `A` with `E e'A e = 0`: `u'A u / n - 2 lambda (Wu)'A u / n + lambda^2 (Wu)'A W u / n = 0`. Two of
//! them are used: with `A1` from `W'W`, and with `A2 = (W + W')/2`.

use nalgebra::{DMatrix, DVector};

use super::super::layout::SpatialLayout;
use super::super::request::ErrorMoments;
use super::quadratic::Quadratic;
use crate::linalg::{SparseMatrix, dot};

/// The two matrices of every distinct matrix of weights.
pub(super) struct MomentMatrices<'a> {
    layout: &'a SpatialLayout,
    kind: ErrorMoments,
    forms: Vec<[SparseMatrix; 2]>,
    /// Diagonal of `A1`, one value per row of the sample.
    diagonal: Vec<f64>,
    pub(super) bound: f64,
}

impl<'a> MomentMatrices<'a> {
    pub(super) fn of(layout: &'a SpatialLayout, kind: ErrorMoments) -> MomentMatrices<'a> {
        let counts = layout.counts();
        let squares: f64 = layout.matrices.iter().zip(&counts).map(|(w, &count)| count as f64 * w.squares()).sum();
        // The mean of the diagonal of W'W, over all rows.
        let mean = squares / layout.n_rows as f64;
        let forms: Vec<[SparseMatrix; 2]> = layout.matrices.iter().map(|w| forms(w, kind, mean)).collect();
        let ones = vec![1.0; layout.n_rows];
        let diagonal = layout.map(&ones, |matrix, _| diagonal(&forms[matrix][0]));
        MomentMatrices { layout, kind, forms, diagonal, bound: bound(layout) }
    }

    /// `A_i` times a column.
    fn times(&self, i: usize, column: &[f64]) -> Vec<f64> {
        self.layout.map(column, |matrix, values| self.forms[matrix][i].times(values))
    }

    /// The two moments of residuals as functions of lambda.
    pub(super) fn moments(&self, u: &[f64]) -> Quadratic {
        let (n, wu) = (u.len() as f64, self.layout.lag(u));
        let (mut constant, mut linear, mut square) = (DVector::zeros(2), DVector::zeros(2), DVector::zeros(2));
        for i in 0..2 {
            let (au, awu) = (self.times(i, u), self.times(i, &wu));
            constant[i] = dot(u, &au) / n;
            linear[i] = 2.0 * dot(&wu, &au) / n;
            square[i] = -dot(&wu, &awu) / n;
        }
        Quadratic { constant, linear, square }
    }

    /// Covariance of the moments (times n) at filtered residuals, with the part `a` that estimated coefficients of endogenous
    /// regressors add (Arraiz et al. 2010, eq. A.2; Drukker et al. 2013, eq. 24).
    pub(super) fn covariance(&self, e: &[f64], a: Option<&[Vec<f64>; 2]>) -> DMatrix<f64> {
        let n = e.len() as f64;
        let spread = Spread::of(e, self.kind);
        let mut psi = DMatrix::from_fn(2, 2, |i, j| 2.0 * self.trace((i, j), &spread.variances) / n);
        psi[(0, 0)] += spread.excess * dot(&self.diagonal, &self.diagonal) / n;
        let Some(a) = a else { return psi };
        for i in 0..2 {
            for j in 0..2 {
                let products = a[i].iter().zip(&a[j]).zip(&spread.variances);
                psi[(i, j)] += products.map(|((x, y), v)| x * y * v).sum::<f64>() / n;
                // A2 has no diagonal.
                let skewed =
                    f64::from(i == 0) * dot(&a[j], &self.diagonal) + f64::from(j == 0) * dot(&a[i], &self.diagonal);
                psi[(i, j)] += spread.third * skewed / n;
            }
        }
        psi
    }

    /// Covariance (times n) of moments and of the scores `columns' e`.
    pub(super) fn with_scores(
        &self,
        e: &[f64],
        columns: (&[Vec<f64>], &[Vec<f64>]),
        a: Option<&[Vec<f64>; 2]>,
    ) -> DMatrix<f64> {
        let n = e.len() as f64;
        let spread = Spread::of(e, self.kind);
        let (scores, raw) = columns;
        DMatrix::from_fn(scores.len(), 2, |k, i| {
            let own = a.map_or(0.0, |a| {
                let products = scores[k].iter().zip(&a[i]).zip(&spread.variances);
                products.map(|((x, y), v)| x * y * v).sum()
            });
            let skewed = if i == 0 { spread.third * dot(&raw[k], &self.diagonal) } else { 0.0 };
            (own + skewed) / n
        })
    }

    /// What estimated coefficients of `z` (filtered) move the moments by, per unit of their scores: `-2 z'A e / n`.
    pub(super) fn slopes(&self, z: &[Vec<f64>], e: &[f64]) -> [DVector<f64>; 2] {
        let n = e.len() as f64;
        [0, 1].map(|i| {
            let ae = self.times(i, e);
            DVector::from_fn(z.len(), |k, _| -2.0 * dot(&z[k], &ae) / n)
        })
    }

    /// Variances of the errors for scores.
    pub(super) fn variances(&self, e: &[f64]) -> Vec<f64> {
        Spread::of(e, self.kind).variances
    }

    /// `tr(A_i S A_j S)` with `S` the diagonal matrix of variances.
    fn trace(&self, (i, j): (usize, usize), variances: &[f64]) -> f64 {
        let mut total = 0.0;
        for block in &self.layout.blocks {
            let [first, second] = [i, j].map(|k| &self.forms[block.matrix][k]);
            let at = |row: usize| variances[block.rows[row] as usize];
            // Both are symmetric: the trace runs over entries that they share.
            for row in 0..first.n_rows() {
                let mut others = second.row(row).peekable();
                for (column, value) in first.row(row) {
                    while others.peek().is_some_and(|(other, _)| *other < column) {
                        others.next();
                    }
                    if let Some((other, of)) = others.peek()
                        && *other == column
                    {
                        total += value * of * at(row) * at(column);
                    }
                }
            }
        }
        total
    }
}

/// Second to fourth moments of the errors, as the kind has them.
struct Spread {
    variances: Vec<f64>,
    third: f64,
    /// The fourth moment less three squared variances.
    excess: f64,
}

impl Spread {
    fn of(e: &[f64], kind: ErrorMoments) -> Spread {
        let n = e.len() as f64;
        let mean = |power: i32| e.iter().map(|e| e.powi(power)).sum::<f64>() / n;
        match kind {
            // Matrices without a diagonal see no third or fourth moments.
            ErrorMoments::Heteroskedastic => {
                Spread { variances: e.iter().map(|e| e * e).collect(), third: 0.0, excess: 0.0 }
            }
            _ => {
                let variance = mean(2);
                Spread {
                    variances: vec![variance; e.len()],
                    third: mean(3),
                    excess: mean(4) - 3.0 * variance * variance,
                }
            }
        }
    }
}

/// `A1` and `A2` of a matrix: `W'W` less its diagonal, or less the mean of it and scaled as Kelejian and Prucha (1999) weigh it.
fn forms(w: &SparseMatrix, kind: ErrorMoments, mean: f64) -> [SparseMatrix; 2] {
    let turned = w.transposed();
    let crossed = turned.product(w);
    let (share, scale) = match kind {
        ErrorMoments::Heteroskedastic => (None, 1.0),
        _ => (Some(mean), 1.0 / (1.0 + mean * mean)),
    };
    let rows: Vec<Vec<(u32, f64)>> = (0..w.n_rows())
        .map(|row| {
            let others = crossed.row(row).filter(|(column, _)| share.is_some() || *column != row);
            let mut entries: Vec<(u32, f64)> = others.map(|(column, value)| (column as u32, scale * value)).collect();
            entries.extend(share.map(|share| (row as u32, -scale * share)));
            entries
        })
        .collect();
    [SparseMatrix::from_rows(w.n_rows(), &rows), w.combined(0.5, &turned, 0.5)]
}

fn diagonal(matrix: &SparseMatrix) -> Vec<f64> {
    (0..matrix.n_rows()).map(|row| matrix.row(row).filter(|(column, _)| *column == row).map(|(_, v)| v).sum()).collect()
}

/// Largest admissible size of lambda: the inverse of the smaller of the largest absolute row and column sums (Kelejian and Prucha
/// 2010, section 2.2).
pub(super) fn bound(layout: &SpatialLayout) -> f64 {
    layout.matrices.iter().map(|w| 1.0 / norm(w)).fold(f64::INFINITY, f64::min)
}

/// The smaller of the largest absolute row and column sums.
fn norm(w: &SparseMatrix) -> f64 {
    let largest = |of: &SparseMatrix| {
        (0..of.n_rows()).map(|row| of.row(row).map(|(_, v)| v.abs()).sum::<f64>()).fold(0.0, f64::max)
    };
    largest(w).min(largest(&w.transposed()))
}

/// The three moments of Kelejian and Prucha (1999), with the variance that fits them best taken out.
pub(super) fn kelejian_prucha(u: &[f64], layout: &SpatialLayout) -> Quadratic {
    let n = u.len() as f64;
    let wu = layout.lag(u);
    let wwu = layout.lag(&wu);
    let counts = layout.counts();
    let squares: f64 = layout.matrices.iter().zip(counts).map(|(w, count)| count as f64 * w.squares()).sum();
    let constant = DVector::from_vec(vec![dot(u, u), dot(&wu, &wu), dot(u, &wu)]) / n;
    let linear = DVector::from_vec(vec![2.0 * dot(u, &wu), 2.0 * dot(&wu, &wwu), dot(u, &wwu) + dot(&wu, &wu)]) / n;
    let square = DVector::from_vec(vec![-dot(&wu, &wu), -dot(&wwu, &wwu), -dot(&wu, &wwu)]) / n;
    let variance = DVector::from_vec(vec![1.0, squares / n, 0.0]);
    let without = |v: DVector<f64>| {
        let share = variance.dot(&v) / variance.norm_squared();
        v - &variance * share
    };
    Quadratic { constant: without(constant), linear: without(linear), square: without(square) }
}
