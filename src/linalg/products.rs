//! Least squares from cross products alone.
//!
//! In: `X'WX`, `X'Wy` and `y'Wy`; out: coefficients, `(X'WX)^-1` and the sum of squared residuals. The columns are scaled
//! to unit length, factorised by Cholesky, and the coefficients refined once on the products. It declines where that loses
//! digits that the rows still hold: nearly collinear columns, or residuals that are a small difference of large numbers.

use nalgebra::{DMatrix, DVector};

use super::least_squares::WELL_CONDITIONED;

/// Smallest share of residuals in the outcome's sum of squares that the difference of products still gives to 12 digits.
const DIFFERENCE: f64 = 1e-3;

/// A solution from cross products.
#[derive(Clone, Debug)]
pub struct ProductsSolution {
    /// `b`, one per column.
    pub coefficients: DVector<f64>,
    /// `(X'WX)^-1`, k x k.
    pub inverse: DMatrix<f64>,
    /// `(y - Xb)'W(y - Xb)`.
    pub residual: f64,
}

/// Solves from the cross products of the columns of `[y, X]`; `None` where the rows are needed.
pub fn solve_products(products: &DMatrix<f64>) -> Option<ProductsSolution> {
    let k = products.nrows().checked_sub(1)?;
    let own = products[(0, 0)];
    let gram = products.view((1, 1), (k, k)).into_owned();
    let xy = products.view((1, 0), (k, 1)).column(0).into_owned();
    let scale: Vec<f64> = (0..k).map(|j| gram[(j, j)].sqrt()).collect();
    let scaled = DMatrix::from_fn(k, k, |i, j| gram[(i, j)] / (scale[i] * scale[j]));
    let factor = scaled.cholesky()?.l().transpose();
    if factor.diagonal().iter().any(|pivot| pivot * pivot < WELL_CONDITIONED) {
        return None;
    }
    let r = DMatrix::from_fn(k, k, |i, j| factor[(i, j)] * scale[j]);
    let root = r.solve_upper_triangular(&DMatrix::identity(k, k))?;
    let inverse = &root * root.transpose();
    let mut coefficients = DVector::zeros(k);
    for _ in 0..2 {
        let gradient = &xy - &gram * &coefficients;
        coefficients += &root * (root.transpose() * gradient);
    }
    let residual = own - coefficients.dot(&(&xy * 2.0 - &gram * &coefficients));
    (residual >= DIFFERENCE * own).then_some(ProductsSolution { coefficients, inverse, residual })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::{cross_products, solve_least_squares, weighted_dot};

    #[test]
    fn products_and_rows_agree_and_lost_digits_are_declined() {
        let n = 4000;
        let column = |f: f64| (0..n).map(|i| (i as f64 * f).sin()).collect::<Vec<f64>>();
        let (a, b, noise) = (column(0.37), column(1.1), column(2.3));
        let y: Vec<f64> = (0..n).map(|i| 2.0 * a[i] - b[i] + noise[i]).collect();
        let found = solve_products(&cross_products(&[&y, &a, &b], None)).unwrap();
        let rows = solve_least_squares(&[&a, &b], &y, None).unwrap();
        assert!((&found.coefficients - &rows.coefficients).amax() < 1e-13);
        let squares = weighted_dot(&rows.residuals, &rows.residuals, None);
        assert!((found.residual - squares).abs() < 1e-12 * squares);
        let close: Vec<f64> = (0..n).map(|i| a[i] + 1e-3 * b[i]).collect();
        assert!(solve_products(&cross_products(&[&y, &a, &close], None)).is_none());
        let exact: Vec<f64> = (0..n).map(|i| a[i] + 1e-3 * noise[i]).collect();
        assert!(solve_products(&cross_products(&[&exact, &a], None)).is_none());
    }
}
