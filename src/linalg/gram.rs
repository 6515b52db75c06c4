//! `X'X` of many columns, as matrix products.
//!
//! For matrices of hundreds of columns, where [`super::cross_products`] (compensated, for the few columns of a model) would
//! be slow. Strips of a fixed width are each one product, so that the bits do not depend on the number of threads. Sums are
//! plain sums of doubles: relative error about `n` times 2e-16 at worst.

use nalgebra::DMatrix;
use rayon::prelude::*;

/// Columns of one strip; a strip is the unit of parallel work.
const STRIP: usize = 64;

/// `X'X`, k x k for an n x k matrix, exactly symmetric.
pub fn gram(columns: &DMatrix<f64>) -> DMatrix<f64> {
    let k = columns.ncols();
    let starts: Vec<usize> = (0..k).step_by(STRIP).collect();
    // A strip of rows of the result, from its first column to the last: the upper triangle.
    let strips: Vec<DMatrix<f64>> = starts
        .par_iter()
        .map(|&start| columns.columns(start, STRIP.min(k - start)).transpose() * columns.columns(start, k - start))
        .collect();
    let mut out = DMatrix::zeros(k, k);
    for (&start, strip) in starts.iter().zip(&strips) {
        out.view_mut((start, start), strip.shape()).copy_from(strip);
    }
    out.fill_lower_triangle_with_upper_triangle();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_dot_products_across_strips() {
        let columns = DMatrix::from_fn(37, 2 * STRIP + 5, |i, j| ((i * 31 + j * 17) % 23) as f64 - 11.0);
        let found = gram(&columns);
        for (i, j) in [(0, 0), (3, STRIP), (STRIP + 1, 2 * STRIP + 4), (2 * STRIP + 4, 1)] {
            assert_eq!(found[(i, j)], columns.column(i).dot(&columns.column(j)), "whole numbers are exact: {i}, {j}");
        }
    }
}
