//! Distances of points, and of industries from their similarity.

use nalgebra::DMatrix;
use rayon::prelude::*;

use crate::mapping::similarity::Similarity;

/// Euclidean distances of the columns of a matrix, from their differences (not from products, which lose the digits of
/// near points).
pub fn euclidean(points: &DMatrix<f64>) -> DMatrix<f64> {
    let n = points.ncols();
    let rows: Vec<Vec<f64>> = (0..n)
        .into_par_iter()
        .map(|j| (0..j).map(|i| squared_distance(column(points, i), column(points, j)).sqrt()).collect())
        .collect();
    DMatrix::from_fn(n, n, |i, j| match i.cmp(&j) {
        std::cmp::Ordering::Equal => 0.0,
        std::cmp::Ordering::Less => rows[j][i],
        std::cmp::Ordering::Greater => rows[i][j],
    })
}

/// `max(M) - M_ij`, the maximum over distinct pairs and zero on the diagonal: what linkage functions take for a distance.
pub fn dissimilarity(similarity: &Similarity) -> DMatrix<f64> {
    let largest = similarity.pairs().fold(f64::NEG_INFINITY, f64::max);
    let mut distances = similarity.values().map(|value| largest - value);
    distances.fill_diagonal(0.0);
    distances
}

/// A point: a column, as a slice.
pub(super) fn column(points: &DMatrix<f64>, j: usize) -> &[f64] {
    let rows = points.nrows();
    &points.as_slice()[j * rows..(j + 1) * rows]
}

/// `|a - b|^2`, in eight lanes of a fixed order.
pub(super) fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    let (a_chunks, a_rest) = a.as_chunks::<8>();
    let (b_chunks, b_rest) = b.as_chunks::<8>();
    let mut lanes = [0.0f64; 8];
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..8 {
            lanes[lane] += (x[lane] - y[lane]) * (x[lane] - y[lane]);
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(x, y)| (x - y) * (x - y)).sum();
    lanes.iter().sum::<f64>() + rest
}

/// `|a - b|_1`.
pub(super) fn absolute_distance(a: &[f64], b: &[f64]) -> f64 {
    let (a_chunks, a_rest) = a.as_chunks::<8>();
    let (b_chunks, b_rest) = b.as_chunks::<8>();
    let mut lanes = [0.0f64; 8];
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..8 {
            lanes[lane] += (x[lane] - y[lane]).abs();
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(x, y)| (x - y).abs()).sum();
    lanes.iter().sum::<f64>() + rest
}
