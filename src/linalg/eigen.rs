//! The nearest positive semi-definite matrix by setting negative eigenvalues to zero.

use nalgebra::DMatrix;

/// Negative eigenvalues smaller than this, relative to the largest, are rounding.
const ROUNDING: f64 = 1e-12;

/// Replaces negative eigenvalues of a symmetric matrix by zero (Cameron, Gelbach and Miller 2011).
///
/// `None` if there is none beyond rounding; otherwise the new matrix and the most negative eigenvalue relative to the
/// largest in absolute value. The matrix is scaled to a unit diagonal first for the test, so that units of coefficients
/// do not decide what is rounding.
pub fn nearest_positive(matrix: &DMatrix<f64>) -> Option<(DMatrix<f64>, f64)> {
    let k = matrix.nrows();
    if k == 0 || matrix.iter().any(|v| !v.is_finite()) {
        return None;
    }
    let scale: Vec<f64> = (0..k).map(|i| matrix[(i, i)].abs().sqrt()).map(|s| if s > 0.0 { s } else { 1.0 }).collect();
    let scaled = DMatrix::from_fn(k, k, |i, j| matrix[(i, j)] / (scale[i] * scale[j]));
    let eigen = scaled.symmetric_eigen();
    let largest = eigen.eigenvalues.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    let least = eigen.eigenvalues.iter().fold(f64::INFINITY, |m, &v| m.min(v));
    if largest == 0.0 || least >= -ROUNDING * largest {
        return None;
    }
    // The repair itself is of the matrix in its own units, as CGM and the programs that follow them do it.
    let raw = matrix.clone().symmetric_eigen();
    let clipped = DMatrix::from_diagonal(&raw.eigenvalues.map(|v| v.max(0.0)));
    let repaired = &raw.eigenvectors * clipped * raw.eigenvectors.transpose();
    Some(((&repaired + repaired.transpose()) * 0.5, least / largest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_indefinite_matrices_change() {
        assert!(nearest_positive(&DMatrix::from_row_slice(2, 2, &[2.0, 1.0, 1.0, 2.0])).is_none());
        let (fixed, relative) = nearest_positive(&DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 2.0, 1.0])).unwrap();
        assert!((fixed[(0, 0)] - 1.5).abs() < 1e-12 && (relative + 1.0 / 3.0).abs() < 1e-12);
    }
}
