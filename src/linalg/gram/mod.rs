//! `X'X` of many columns, and products of large matrices.
//!
//! For matrices of hundreds of columns, where [`super::cross_products`] (compensated, for the few columns of a model) would
//! be slow. Columns are laid out once in panels, and the result is made a tile of registers at a time. An entry is a sum
//! over blocks of `BLOCK` rows, and a block a chain of fused multiplications and additions in the order of its rows:
//! whichever processor, tiles and number of threads, the bits are the same. Sums are plain sums of doubles: relative error
//! at worst about `BLOCK + n / BLOCK` times 1e-16 of `|x||y|`.

mod kernel;

use nalgebra::DMatrix;
use rayon::prelude::*;

use kernel::{Kernel, PANEL, Row, STEP, Tile};

/// Rows of a chain of fused additions: 48 KB of a panel.
const BLOCK: usize = 256;
/// Parts of a panel.
const PARTS: usize = PANEL / STEP;
/// Panels of columns of the result that are one piece of parallel work: a block of their rows stays in the cache.
const PIECE: usize = 4;

/// `X'X`, k x k and exactly symmetric, for an n x k matrix. A column with a missing value (NaN) has missing products.
pub fn gram(columns: &DMatrix<f64>) -> DMatrix<f64> {
    gram_of(columns.shape(), |j, to| to.copy_from_slice(columns.column(j).as_slice()))
}

/// The same of `k` columns of `n` rows, each written by `column` (its number, where to).
pub fn gram_of(shape: (usize, usize), column: impl Fn(usize, &mut [f64]) + Sync) -> DMatrix<f64> {
    gram_by(&panels(shape, column), shape, Kernel::fastest())
}

fn gram_by(columns: &[Panel], (n, k): (usize, usize), kernel: Kernel) -> DMatrix<f64> {
    let mut out = products((columns, k), (columns, k), n, |left, right| left <= right, kernel);
    // Products commute to the last bit: the other triangle is the mirror image.
    out.fill_lower_triangle_with_upper_triangle();
    out
}

/// `A B`, each entry a chain as in [`gram`].
///
/// # Panics
/// When `A` has other columns than `B` has rows.
pub fn product(a: &DMatrix<f64>, b: &DMatrix<f64>) -> DMatrix<f64> {
    let (m, n) = a.shape();
    assert_eq!(n, b.nrows(), "matrices that can be multiplied");
    let rows = panels((n, m), |i, to| to.iter_mut().zip(a.row(i).iter()).for_each(|(to, value)| *to = *value));
    let columns = panels(b.shape(), |j, to| to.copy_from_slice(b.column(j).as_slice()));
    products((&rows, m), (&columns, b.ncols()), n, |_, _| true, Kernel::fastest())
}

/// Some columns side by side, a row after the other.
type Panel = Vec<Row>;

/// The columns in panels; the last one is filled up with zeros.
fn panels((n, k): (usize, usize), column: impl Fn(usize, &mut [f64]) + Sync) -> Vec<Panel> {
    if n == 0 {
        return vec![Vec::new(); k.div_ceil(PANEL)];
    }
    let panel = |buffer: &mut Vec<f64>, panel: usize| {
        let mut rows = vec![Row([0.0; PANEL]); n];
        // Some columns at a time, so that whole lines of a row are written.
        for part in 0..PARTS {
            let first = panel * PANEL + part * STEP;
            for (place, to) in (first..).zip(buffer.chunks_mut(n)) {
                if place < k { column(place, to) } else { to.fill(0.0) }
            }
            let columns: [&[f64]; STEP] = std::array::from_fn(|lane| &buffer[lane * n..][..n]);
            for (i, row) in rows.iter_mut().enumerate() {
                row.0.as_chunks_mut::<STEP>().0[part] = columns.map(|column| column[i]);
            }
        }
        rows
    };
    (0..k.div_ceil(PANEL)).into_par_iter().map_init(|| vec![0.0; STEP * n], panel).collect()
}

/// Products of the columns of one side (rows of the result) with those of another, for the pairs of panels that are wanted.
fn products(
    (left, m): (&[Panel], usize),
    (right, k): (&[Panel], usize),
    n: usize,
    is_wanted: impl Fn(usize, usize) -> bool + Sync,
    kernel: Kernel,
) -> DMatrix<f64> {
    let mut out = DMatrix::zeros(m, k);
    if m == 0 {
        return out;
    }
    let piece = |(piece, out): (usize, &mut [f64])| {
        for rows in (0..n).step_by(BLOCK).map(|start| start..n.min(start + BLOCK)) {
            for (above, panel) in left.iter().enumerate() {
                let next = left.get(above + 1).map_or(&[][..], |next| &next[rows.clone()]);
                let mut ahead = next.chunks(rows.len().div_ceil(PIECE * PARTS));
                for (part, out) in out.chunks_mut(STEP * m).enumerate() {
                    let (beside, part) = (piece * PIECE + part / PARTS, part % PARTS);
                    if is_wanted(above, beside) {
                        kernel::fetch(ahead.next().unwrap_or_default());
                        add(out, m, above, &kernel.tile(&panel[rows.clone()], &right[beside][rows.clone()], part));
                    }
                }
            }
        }
    };
    out.as_mut_slice().par_chunks_mut(PIECE * PANEL * m).enumerate().for_each(piece);
    out
}

/// Adds a tile to columns of `m` rows of the result.
fn add(out: &mut [f64], m: usize, above: usize, tile: &Tile) {
    for (column, sums) in out.chunks_mut(m).zip(tile) {
        column[above * PANEL..].iter_mut().zip(sums).for_each(|(entry, sum)| *entry += sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An entry by its definition: blocks of fused additions, added up.
    fn entry(x: &[f64], y: &[f64]) -> f64 {
        let block = |(x, y): (&[f64], &[f64])| x.iter().zip(y).fold(0.0, |sum: f64, (x, y)| x.mul_add(*y, sum));
        x.chunks(BLOCK).zip(y.chunks(BLOCK)).map(block).fold(0.0, |sum, block| sum + block)
    }

    #[test]
    fn every_kernel_and_any_number_of_threads_give_the_bits_of_the_definition() {
        let (n, k) = (2 * BLOCK + 7, PIECE * PANEL + PANEL + 5);
        let columns = DMatrix::from_fn(n, k, |i, j| ((i * 7919 + j * 104_729) % 1009) as f64 / 1009.0 - 0.3);
        let column = |j: usize| &columns.as_slice()[j * n..][..n];
        let expected = DMatrix::from_fn(k, k, |i, j| entry(column(i), column(j)));
        let panels = panels((n, k), |j, to| to.copy_from_slice(column(j)));
        for kernel in Kernel::usable() {
            assert_eq!(gram_by(&panels, (n, k), kernel), expected, "{kernel:?}");
        }
        let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(alone.install(|| gram(&columns)), expected);
        assert_eq!(product(&columns.transpose(), &columns), expected);
    }

    #[test]
    fn few_columns_no_rows_and_missing_values() {
        let mut columns = DMatrix::from_fn(3, 2, |i, j| (i + 2 * j) as f64);
        assert_eq!(gram(&columns), columns.transpose() * &columns);
        assert_eq!(product(&columns, &columns.transpose()), &columns * columns.transpose());
        assert_eq!(gram(&DMatrix::zeros(0, 2)), DMatrix::zeros(2, 2));
        assert_eq!(gram(&DMatrix::zeros(2, 0)), DMatrix::zeros(0, 0));
        columns[(1, 0)] = f64::NAN;
        let found = gram(&columns);
        assert!(found[(0, 0)].is_nan() && found[(0, 1)].is_nan() && found[(1, 0)].is_nan() && !found[(1, 1)].is_nan());
    }
}
