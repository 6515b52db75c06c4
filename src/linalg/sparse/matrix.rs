//! [`SparseMatrix`]: compressed rows.

use rayon::prelude::*;

/// Rows that one task takes in a product with a vector.
const ROWS_AT_ONCE: usize = 2048;

/// A sparse matrix by rows; columns of a row ascend and stand once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SparseMatrix {
    n_columns: usize,
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f64>,
}

impl SparseMatrix {
    /// A matrix from its rows, each a list of (column, value) in any order; equal columns are added up in that order.
    pub fn from_rows(n_columns: usize, rows: &[Vec<(u32, f64)>]) -> SparseMatrix {
        let mut out = SparseMatrix { n_columns, starts: vec![0], ..SparseMatrix::default() };
        for row in rows {
            let mut row = row.clone();
            row.sort_by_key(|&(column, _)| column);
            let from = out.columns.len();
            for (column, value) in row {
                if out.columns.len() > from && out.columns.last() == Some(&column) {
                    if let Some(last) = out.values.last_mut() {
                        *last += value;
                    }
                } else {
                    out.columns.push(column);
                    out.values.push(value);
                }
            }
            out.starts.push(out.columns.len());
        }
        out
    }

    /// Rows.
    pub fn n_rows(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Columns.
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// Stored entries.
    pub fn n_stored(&self) -> usize {
        self.values.len()
    }

    /// The (column, value) pairs of a row.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.starts[row]..self.starts[row + 1];
        self.columns[range.clone()].iter().map(|&c| c as usize).zip(self.values[range].iter().copied())
    }

    /// Every entry as (row, column, value), by rows.
    pub fn entries(&self) -> impl Iterator<Item = (usize, usize, f64)> + '_ {
        (0..self.n_rows()).flat_map(move |row| self.row(row).map(move |(column, value)| (row, column, value)))
    }

    /// The product with a vector.
    pub fn times(&self, x: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.n_rows()];
        out.par_chunks_mut(ROWS_AT_ONCE).enumerate().for_each(|(block, chunk)| {
            for (k, value) in chunk.iter_mut().enumerate() {
                *value = self.row(block * ROWS_AT_ONCE + k).map(|(column, v)| v * x[column]).sum();
            }
        });
        out
    }

    /// The transpose.
    pub fn transposed(&self) -> SparseMatrix {
        let mut starts = vec![0usize; self.n_columns + 1];
        self.columns.iter().for_each(|&column| starts[column as usize + 1] += 1);
        for k in 0..self.n_columns {
            starts[k + 1] += starts[k];
        }
        let mut next = starts.clone();
        let (mut columns, mut values) = (vec![0u32; self.columns.len()], vec![0.0; self.values.len()]);
        for (row, column, value) in self.entries() {
            columns[next[column]] = row as u32;
            values[next[column]] = value;
            next[column] += 1;
        }
        SparseMatrix { n_columns: self.n_rows(), starts, columns, values }
    }

    /// The product of two sparse matrices.
    pub fn product(&self, other: &SparseMatrix) -> SparseMatrix {
        let rows: Vec<Vec<(u32, f64)>> = (0..self.n_rows())
            .into_par_iter()
            .map(|row| {
                let mut sums: Vec<(u32, f64)> = self
                    .row(row)
                    .flat_map(|(k, a)| other.row(k).map(move |(column, b)| (column as u32, a * b)))
                    .collect();
                sums.sort_by_key(|&(column, _)| column);
                let mut out: Vec<(u32, f64)> = Vec::with_capacity(sums.len());
                for (column, value) in sums {
                    match out.last_mut() {
                        Some((last, sum)) if *last == column => *sum += value,
                        _ => out.push((column, value)),
                    }
                }
                out
            })
            .collect();
        SparseMatrix::from_rows(other.n_columns, &rows)
    }

    /// `a self + b other`.
    pub fn combined(&self, a: f64, other: &SparseMatrix, b: f64) -> SparseMatrix {
        let rows: Vec<Vec<(u32, f64)>> = (0..self.n_rows())
            .map(|row| {
                let own = self.row(row).map(|(column, v)| (column as u32, a * v));
                own.chain(other.row(row).map(|(column, v)| (column as u32, b * v))).collect()
            })
            .collect();
        SparseMatrix::from_rows(self.n_columns, &rows)
    }

    /// `tr(self other)`.
    pub fn trace_of_product(&self, other: &SparseMatrix) -> f64 {
        let turned = other.transposed();
        (0..self.n_rows()).map(|row| matching(self, &turned, row)).sum()
    }

    /// The sum of all squares: `tr(self' self)`.
    pub fn squares(&self) -> f64 {
        self.values.iter().map(|v| v * v).sum()
    }

    /// Largest eigenvalue of a square matrix that is nowhere negative, by power iteration on `I + self`: the largest ratio of a place to what it was,
    /// which is never below it (Collatz 1942).
    pub fn spectral_radius(&self) -> f64 {
        let sums = self.row_sums();
        let most = sums.iter().copied().fold(0.0, f64::max);
        // Rows that sum to one, or to nothing, have the radius one.
        if sums.iter().all(|s| *s == 0.0 || (s - 1.0).abs() < 1e-12) {
            return 1.0;
        }
        let mut x = vec![1.0; self.n_rows()];
        let mut radius = most;
        // Where the second eigenvalue is near the first many steps are needed: as many as small matrices can afford.
        let steps = (400_000_000 / (self.n_stored() + self.n_rows()).max(1)).clamp(2_000, 50_000);
        for step in 0..steps {
            let y: Vec<f64> = self.times(&x).iter().zip(&x).map(|(wx, x)| wx + x).collect();
            let norm = y.iter().copied().fold(0.0, f64::max);
            let ratios = y.iter().zip(&x).filter(|(_, x)| **x > 1e-250).map(|(y, x)| y / x);
            let next = ratios.fold(0.0, f64::max) - 1.0;
            let done = step > 0 && (next - radius).abs() <= 1e-15 * radius;
            (radius, x) = (next, y.into_iter().map(|v| v / norm).collect());
            if done {
                break;
            }
        }
        radius.min(most)
    }

    /// Sums of rows.
    pub fn row_sums(&self) -> Vec<f64> {
        (0..self.n_rows()).map(|row| self.row(row).map(|(_, v)| v).sum()).collect()
    }
}

/// The sum over the columns that a row has in both matrices of the product of its entries.
fn matching(a: &SparseMatrix, b: &SparseMatrix, row: usize) -> f64 {
    let (mut left, mut right) = (a.row(row).peekable(), b.row(row).peekable());
    let mut sum = 0.0;
    while let (Some(&(i, v)), Some(&(j, w))) = (left.peek(), right.peek()) {
        if i == j {
            sum += v * w;
        }
        if i <= j {
            left.next();
        }
        if j <= i {
            right.next();
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A path of five places has the eigenvalues `2 cos(k pi / 6)`; a sixth place has no neighbour, and a seventh only looks at the path.
    #[test]
    fn the_radius_is_the_largest_eigenvalue() {
        let path = |i: u32| [i.checked_sub(1), Some(i + 1)].into_iter().flatten().filter(|j| *j < 5).map(|j| (j, 1.0));
        let mut rows: Vec<Vec<(u32, f64)>> = (0..5).map(|i| path(i).collect()).collect();
        rows.extend([vec![], vec![(0, 3.0), (1, 3.0)]]);
        let radius = SparseMatrix::from_rows(7, &rows).spectral_radius();
        assert!((radius - 3f64.sqrt()).abs() < 1e-10, "{radius}");
        assert_eq!(SparseMatrix::from_rows(2, &[vec![(1, 1.0)], vec![(0, 1.0)]]).spectral_radius(), 1.0);
    }

    #[test]
    fn products_and_traces() {
        let a = SparseMatrix::from_rows(3, &[vec![(2, 1.0), (1, 2.0)], vec![(0, 3.0)], vec![(1, 1.0), (1, 1.0)]]);
        assert_eq!(a.times(&[1.0, 10.0, 100.0]), [120.0, 3.0, 20.0]);
        assert_eq!(a.transposed().times(&[1.0, 1.0, 1.0]), [3.0, 4.0, 1.0]);
        let square = a.product(&a);
        let trace: f64 = (0..3).map(|k| square.row(k).filter(|&(c, _)| c == k).map(|(_, v)| v).sum::<f64>()).sum();
        assert_eq!(a.trace_of_product(&a), trace);
        assert_eq!(a.squares(), 18.0);
        assert_eq!(a.combined(2.0, &a.transposed(), 1.0).row_sums(), [9.0, 10.0, 5.0]);
    }
}
