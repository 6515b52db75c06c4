//! Weighted least squares on columns known to be independent.
//!
//! Minimises `(y - Xb)'W(y - Xb)`. Columns are scaled to unit length, `X'WX` is factorised by Cholesky, and where the
//! columns are nearly collinear (or the problem is so small that it costs nothing) the factorisation is repeated on the
//! orthogonalised columns (`CholeskyQR2`, Yamamoto et al. 2015), whose error is that of a Householder QR but whose work
//! is cross products that run in parallel in a fixed order. One step of refinement on the residual follows.
//!
//! It does not decide rank: see [`super::Pivots`].

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::cross::{cross_products, weighted_dot};

/// Smallest squared pivot, relative to a unit diagonal, at which one pass of Cholesky is still accurate to 13 digits.
pub(super) const WELL_CONDITIONED: f64 = 1e-2;

/// Multiplications below which the second pass is made anyway.
const SMALL: usize = 1_000_000;

/// A solved least-squares problem.
#[derive(Clone, Debug)]
pub struct LeastSquares {
    /// `b`, one per column.
    pub coefficients: DVector<f64>,
    /// `(X'WX)^-1`, k x k.
    pub inverse: DMatrix<f64>,
    /// `y - Xb`, one per row.
    pub residuals: Vec<f64>,
}

/// Solves the problem; `None` if `X'WX` is not positive definite in floating point.
pub fn solve_least_squares(columns: &[&[f64]], y: &[f64], weights: Option<&[f64]>) -> Option<LeastSquares> {
    let k = columns.len();
    if k == 0 {
        return Some(LeastSquares {
            coefficients: DVector::zeros(0),
            inverse: DMatrix::zeros(0, 0),
            residuals: y.to_vec(),
        });
    }
    let gram = cross_products(columns, weights);
    let scale: Vec<f64> = (0..k).map(|j| gram[(j, j)].sqrt()).collect();
    let scaled = DMatrix::from_fn(k, k, |i, j| gram[(i, j)] / (scale[i] * scale[j]));
    let factor = scaled.cholesky()?.l().transpose();
    let weakest = factor.diagonal().iter().fold(f64::INFINITY, |least, v| least.min(v * v));
    // R with X = Q R in the units of X.
    let mut r = DMatrix::from_fn(k, k, |i, j| factor[(i, j)] * scale[j]);
    let second = weakest < WELL_CONDITIONED || y.len() * k * k < SMALL;
    if second {
        let q = orthogonalise(columns, &r);
        let views: Vec<&[f64]> = q.iter().map(Vec::as_slice).collect();
        r = cross_products(&views, weights).cholesky()?.l().transpose() * r;
    }
    let root = r.clone().solve_upper_triangular(&DMatrix::identity(k, k))?;
    let inverse = &root * root.transpose();
    let mut coefficients = DVector::zeros(k);
    let mut residuals = y.to_vec();
    for _ in 0..if second { 3 } else { 2 } {
        let gradient = DVector::from_vec(
            columns.par_iter().map(|column| weighted_dot(column, &residuals, weights)).collect::<Vec<f64>>(),
        );
        coefficients += &root * (root.transpose() * gradient);
        residuals = residual(columns, y, &coefficients);
    }
    Some(LeastSquares { coefficients, inverse, residuals })
}

/// `X R^-1`, column by column, blocks of rows in parallel.
fn orthogonalise(columns: &[&[f64]], r: &DMatrix<f64>) -> Vec<Vec<f64>> {
    let mut out: Vec<Vec<f64>> = Vec::with_capacity(columns.len());
    for (j, column) in columns.iter().enumerate() {
        let mut q = column.to_vec();
        q.par_chunks_mut(4096).enumerate().for_each(|(block, chunk)| {
            let from = block * 4096;
            for (i, earlier) in out.iter().enumerate() {
                let share = r[(i, j)];
                for (v, e) in chunk.iter_mut().zip(&earlier[from..]) {
                    *v -= share * e;
                }
            }
            chunk.iter_mut().for_each(|v| *v /= r[(j, j)]);
        });
        out.push(q);
    }
    out
}

/// `y - Xb`, with the terms added up in the order of the columns.
pub(crate) fn residual(columns: &[&[f64]], y: &[f64], b: &DVector<f64>) -> Vec<f64> {
    let mut out = y.to_vec();
    subtract_fit(columns, b, &mut out);
    out
}

/// The same in the place of `y`.
pub(crate) fn subtract_fit(columns: &[&[f64]], b: &DVector<f64>, y: &mut [f64]) {
    y.par_chunks_mut(4096).enumerate().for_each(|(block, chunk)| {
        let from = block * 4096;
        for (column, &b) in columns.iter().zip(b.iter()) {
            for (v, x) in chunk.iter_mut().zip(&column[from..]) {
                *v -= b * x;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_polynomial_is_recovered() {
        let x: Vec<f64> = (0..21).map(f64::from).collect();
        let powers: Vec<Vec<f64>> = (0..6).map(|p| x.iter().map(|v| v.powi(p)).collect()).collect();
        let y: Vec<f64> = (0..21).map(|i| powers.iter().map(|p| p[i]).sum()).collect();
        let columns: Vec<&[f64]> = powers.iter().map(Vec::as_slice).collect();
        let fit = solve_least_squares(&columns, &y, None).unwrap();
        assert!(fit.coefficients.iter().all(|b| (b - 1.0).abs() < 1e-9), "{}", fit.coefficients);
    }
}
