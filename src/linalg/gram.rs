//! `X'X` of many columns, as matrix products.
//!
//! For matrices of hundreds of columns, where [`super::cross_products`] (compensated, for the few columns of a model) would
//! be slow. Tiles of a fixed width are each one product, so that the bits do not depend on the number of threads. Sums are
//! plain sums of doubles: relative error about `n` times 2e-16 at worst.

use nalgebra::DMatrix;
use rayon::prelude::*;

/// Columns of one tile of the result; a tile is the unit of parallel work, and its two operands stay in the cache.
const TILE: usize = 128;

/// `X'X`, k x k for an n x k matrix, exactly symmetric.
pub fn gram(columns: &DMatrix<f64>) -> DMatrix<f64> {
    let k = columns.ncols();
    let starts: Vec<usize> = (0..k).step_by(TILE).collect();
    let width = |start: usize| TILE.min(k - start);
    let rows = columns.transpose();
    // The upper triangle, tile by tile.
    let pairs: Vec<(usize, usize)> =
        starts.iter().flat_map(|&i| starts.iter().filter(move |&&j| j >= i).map(move |&j| (i, j))).collect();
    let product = |&(i, j): &(usize, usize)| rows.rows(i, width(i)) * columns.columns(j, width(j));
    let tiles: Vec<DMatrix<f64>> = pairs.par_iter().map(product).collect();
    let mut out = DMatrix::zeros(k, k);
    for (&(i, j), tile) in pairs.iter().zip(&tiles) {
        out.view_mut((i, j), tile.shape()).copy_from(tile);
        if i != j {
            out.view_mut((j, i), (tile.ncols(), tile.nrows())).tr_copy_from(tile);
        }
    }
    for &start in &starts {
        // A product of a tile with itself is symmetric up to rounding.
        out.view_mut((start, start), (width(start), width(start))).fill_lower_triangle_with_upper_triangle();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_dot_products_across_tiles() {
        let columns = DMatrix::from_fn(37, 2 * TILE + 5, |i, j| ((i * 31 + j * 17) % 23) as f64 - 11.0);
        let found = gram(&columns);
        for (i, j) in [(0, 0), (3, TILE), (TILE + 1, 2 * TILE + 4), (2 * TILE + 4, 1)] {
            assert_eq!(found[(i, j)], columns.column(i).dot(&columns.column(j)), "whole numbers are exact: {i}, {j}");
        }
    }
}
