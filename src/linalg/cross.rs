//! Dot and cross products over rows: `X'WX` with partial sums over fixed spans, added up in a fixed order.
//!
//! Partial sums keep eight lanes (so that the compiler can use vector instructions) and spans are added with
//! Neumaier's compensation (1974), which makes the total nearly independent of the number of rows.

use std::ops::Range;

use nalgebra::DMatrix;
use rayon::prelude::*;

/// Rows that are multiplied at once: small enough that a block of a few columns stays in the first-level cache.
const BLOCK: usize = 1024;

/// Most spans that rows are cut into; it bounds the memory of the partial sums and the number of parallel tasks.
const MAX_SPANS: usize = 64;

/// A running sum with Neumaier's compensation.
#[derive(Clone, Copy, Default)]
struct Compensated {
    total: f64,
    lost: f64,
}

impl Compensated {
    #[inline]
    fn add(&mut self, value: f64) {
        let next = self.total + value;
        self.lost +=
            if self.total.abs() >= value.abs() { (self.total - next) + value } else { (value - next) + self.total };
        self.total = next;
    }

    fn value(self) -> f64 {
        // An infinite or NaN total has a NaN compensation that must not hide it.
        if self.total.is_finite() { self.total + self.lost } else { self.total }
    }
}

/// Eight-lane dot product of one block.
#[inline]
fn block_dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0f64; 8];
    let (a_chunks, a_rest) = a.as_chunks::<8>();
    let (b_chunks, b_rest) = b.as_chunks::<8>();
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..8 {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7])) + rest
}

/// The same with weights; the order of `a` and `b` does not matter.
#[inline]
fn block_dot_weighted(a: &[f64], b: &[f64], w: &[f64]) -> f64 {
    let mut lanes = [0.0f64; 8];
    let (a_chunks, a_rest) = a.as_chunks::<8>();
    let (b_chunks, b_rest) = b.as_chunks::<8>();
    let (w_chunks, w_rest) = w.as_chunks::<8>();
    for ((x, y), w) in a_chunks.iter().zip(b_chunks).zip(w_chunks) {
        for lane in 0..8 {
            lanes[lane] += x[lane] * y[lane] * w[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).zip(w_rest).map(|((x, y), w)| x * y * w).sum();
    ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7])) + rest
}

/// Blocks from which on they are worth several threads.
const MANY_BLOCKS: usize = 64;

/// The sum over blocks of `n` rows, added up in the order of the rows.
fn over_blocks(n: usize, of_block: impl Fn(Range<usize>) -> f64 + Sync) -> f64 {
    let at = |block: usize| of_block(block * BLOCK..((block + 1) * BLOCK).min(n));
    let (blocks, mut total) = (n.div_ceil(BLOCK), Compensated::default());
    if blocks < MANY_BLOCKS {
        (0..blocks).for_each(|block| total.add(at(block)));
    } else {
        let parts: Vec<f64> = (0..blocks).into_par_iter().with_min_len(MANY_BLOCKS / 2).map(at).collect();
        parts.into_iter().for_each(|part| total.add(part));
    }
    total.value()
}

/// `a'b`, block by block in a fixed order. The shorter slice decides the length.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    over_blocks(a.len().min(b.len()), |rows| block_dot(&a[rows.clone()], &b[rows]))
}

/// The sum of a column, compensated term by term, in eight lanes (Knuth's sum without branches).
pub fn sum(a: &[f64]) -> f64 {
    let (mut totals, mut lost) = ([0.0f64; 8], [0.0f64; 8]);
    let (chunks, rest) = a.as_chunks::<8>();
    for chunk in chunks {
        for lane in 0..8 {
            let next = totals[lane] + chunk[lane];
            let part = next - totals[lane];
            lost[lane] += (totals[lane] - (next - part)) + (chunk[lane] - part);
            totals[lane] = next;
        }
    }
    let mut total = Compensated::default();
    totals.iter().chain(rest).chain(&lost).for_each(|&value| total.add(value));
    // An infinite total has a NaN compensation that must not hide it.
    if total.value().is_nan() { a.iter().sum() } else { total.value() }
}

/// `Σ w a b`, or `Σ a b` without weights, block by block in a fixed order.
pub fn weighted_dot(a: &[f64], b: &[f64], weights: Option<&[f64]>) -> f64 {
    let Some(weights) = weights else { return dot(a, b) };
    let n = a.len().min(b.len()).min(weights.len());
    over_blocks(n, |rows| block_dot_weighted(&a[rows.clone()], &b[rows.clone()], &weights[rows]))
}

/// The sum of squares about a centre, `Σ w (a - c)²`.
pub fn squares_about(a: &[f64], centre: f64, weights: Option<&[f64]>) -> f64 {
    let mut total = Compensated::default();
    if let Some(weights) = weights {
        a.iter().zip(weights).for_each(|(x, w)| total.add(w * (x - centre) * (x - centre)));
        return total.value();
    }
    let mut shifted = [0.0f64; BLOCK];
    for block in a.chunks(BLOCK) {
        shifted.iter_mut().zip(block).for_each(|(s, x)| *s = x - centre);
        total.add(block_dot(&shifted[..block.len()], &shifted[..block.len()]));
    }
    total.value()
}

/// `C'WC` of columns `C` (n x k) with optional row weights `W`; k x k and exactly symmetric.
pub fn cross_products(columns: &[&[f64]], weights: Option<&[f64]>) -> DMatrix<f64> {
    let k = columns.len();
    let pairs: Vec<(usize, usize)> = (0..k).flat_map(|j| (0..=j).map(move |i| (i, j))).collect();
    let mut out = DMatrix::zeros(k, k);
    for ((i, j), total) in pairs.iter().zip(pair_products(columns, &pairs, weights)) {
        out[(*i, *j)] = total;
        out[(*j, *i)] = total;
    }
    out
}

/// `Σ w a b` for pairs of columns. A product depends on its two columns and the weights alone, not on their order or on
/// what other pairs there are.
///
/// Spans of rows run in parallel; their partial sums are added in the order of the rows.
pub fn pair_products(columns: &[&[f64]], pairs: &[(usize, usize)], weights: Option<&[f64]>) -> Vec<f64> {
    let n = columns.first().map_or(0, |column| column.len());
    let span = n.div_ceil(MAX_SPANS).max(BLOCK);
    let partial: Vec<Vec<f64>> = (0..n.div_ceil(span))
        .into_par_iter()
        .map(|s| span_products((columns, pairs), weights, s * span..((s + 1) * span).min(n)))
        .collect();
    let total = |entry: usize| {
        let mut total = Compensated::default();
        partial.iter().for_each(|sums| total.add(sums[entry]));
        total.value()
    };
    (0..pairs.len()).map(total).collect()
}

/// The products of one span of rows, block by block, so that a block of a few columns stays in the cache.
fn span_products(
    (columns, pairs): (&[&[f64]], &[(usize, usize)]),
    weights: Option<&[f64]>,
    rows: Range<usize>,
) -> Vec<f64> {
    let mut totals = vec![Compensated::default(); pairs.len()];
    let mut from = rows.start;
    while from < rows.end {
        let to = (from + BLOCK).min(rows.end);
        for (total, &(i, j)) in totals.iter_mut().zip(pairs) {
            let (a, b) = (&columns[i][from..to], &columns[j][from..to]);
            total.add(match weights {
                None => block_dot(a, b),
                Some(weights) => block_dot_weighted(a, b, &weights[from..to]),
            });
        }
        from = to;
    }
    totals.into_iter().map(Compensated::value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cross_products_are_the_plain_sums() {
        let n = 5000;
        let a: Vec<f64> = (0..n).map(|i| (i as f64 * 0.37).sin()).collect();
        let b: Vec<f64> = (0..n).map(|i| (i as f64 * 0.11).cos()).collect();
        let w: Vec<f64> = (0..n).map(|i| 1.0 + (i % 3) as f64).collect();
        let got = cross_products(&[&a, &b], Some(&w));
        let plain: f64 = (0..n).map(|i| w[i] * a[i] * b[i]).sum();
        assert!((got[(0, 1)] - plain).abs() < 1e-10);
        assert_eq!(got[(0, 1)], got[(1, 0)]);
        assert!((weighted_dot(&a, &b, Some(&w)) - plain).abs() < 1e-10);
        let weights = Some(w.as_slice());
        assert_eq!(pair_products(&[&b, &a, &a], &[(1, 0)], weights), vec![got[(0, 1)]]);
        assert!((squares_about(&a, 0.5, None) - a.iter().map(|v| (v - 0.5).powi(2)).sum::<f64>()).abs() < 1e-9);
    }

    #[test]
    fn compensation_keeps_small_terms() {
        assert_eq!(sum(&[1e16, 1.0, -1e16]), 1.0);
    }
}
