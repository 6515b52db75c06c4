//! The largest eigenvalue of a symmetric matrix once a known eigenvector is taken out, by Lanczos' iteration.
//!
//! Every new direction is made orthogonal to all before it, twice (Parlett 1998, The Symmetric Eigenvalue Problem, chapter
//! 13), so that a few dozen products give what a full decomposition would; the start is the same in every run.

use nalgebra::{DMatrix, DVector, SymmetricEigen};
use rayon::prelude::*;

use crate::linalg::dot;

/// The residual at which a pair counts as found, relative to the eigenvalue.
const FOUND: f64 = 1e-14;
/// How often it is looked whether it is.
const EVERY: usize = 8;

/// The largest eigenvalue of `matrix` among eigenvectors orthogonal to `known` (of unit length), and its eigenvector, of
/// unit length. The sign means nothing.
pub(super) fn leading(matrix: &DMatrix<f64>, known: &DVector<f64>) -> (f64, DVector<f64>) {
    let n = matrix.nrows();
    let mut basis: Vec<DVector<f64>> = vec![known.clone()];
    let (mut diagonal, mut beside): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
    // Any vector that favours no direction would do.
    let mut next = DVector::from_fn(n, |i, _| ((i + 1) as f64 * 0.618_033_988_749_895).fract() - 0.5);
    loop {
        (0..2).for_each(|_| basis.iter().for_each(|one| next.axpy(-one.dot(&next), one, 1.0)));
        let length = next.norm();
        let steps = diagonal.len();
        // All directions there are: n, less the known one.
        let is_whole = length <= f64::EPSILON || steps + 1 >= n;
        if steps > 0 && (is_whole || steps.is_multiple_of(EVERY)) {
            let (value, weights) = of_tridiagonal(&diagonal, &beside);
            if is_whole || (length * weights[steps - 1]).abs() <= FOUND * value.abs().max(f64::MIN_POSITIVE) {
                let mut vector = DVector::zeros(n);
                basis[1..].iter().zip(weights.iter()).for_each(|(one, &weight)| vector.axpy(weight, one, 1.0));
                return (value, vector.normalize());
            }
        }
        if is_whole {
            return (0.0, next);
        }
        if steps > 0 {
            beside.push(length);
        }
        let direction = &next / length;
        next = times(matrix, &direction);
        diagonal.push(direction.dot(&next));
        basis.push(direction);
    }
}

/// A symmetric matrix times a vector: a dot product for every column, each in a fixed order.
fn times(matrix: &DMatrix<f64>, vector: &DVector<f64>) -> DVector<f64> {
    let n = matrix.nrows();
    let columns = matrix.as_slice().par_chunks(n).with_min_len(32);
    DVector::from_vec(columns.map(|column| dot(column, vector.as_slice())).collect())
}

/// The largest eigenvalue of a tridiagonal matrix and its eigenvector.
fn of_tridiagonal(diagonal: &[f64], beside: &[f64]) -> (f64, DVector<f64>) {
    let n = diagonal.len();
    let matrix = DMatrix::from_fn(n, n, |i, j| match i.abs_diff(j) {
        0 => diagonal[i],
        1 => beside[i.min(j)],
        _ => 0.0,
    });
    let eigen = SymmetricEigen::new(matrix);
    let best = (0..n).max_by(|&a, &b| eigen.eigenvalues[a].total_cmp(&eigen.eigenvalues[b])).unwrap_or(0);
    (eigen.eigenvalues[best], eigen.eigenvectors.column(best).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_full_decomposition() {
        for n in [3, 10, 60, 200] {
            let half = DMatrix::from_fn(n, n + 3, |i, j| ((i * 37 + j * 101 + i * j * 7) % 97) as f64 / 97.0);
            let matrix = &half * half.transpose();
            let full = SymmetricEigen::new(matrix.clone());
            let mut order: Vec<usize> = (0..n).collect();
            order.sort_by(|&a, &b| full.eigenvalues[b].total_cmp(&full.eigenvalues[a]));
            let vector = |k: usize| full.eigenvectors.column(order[k]).into_owned();
            let (value, found) = leading(&matrix, &vector(0));
            assert!((value / full.eigenvalues[order[1]] - 1.0).abs() < 1e-12, "{n}: {value}");
            assert!(1.0 - found.dot(&vector(1)).abs() < 1e-12, "{n}");
        }
    }
}
