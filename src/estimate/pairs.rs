//! Cross products of the scores added up by pairs of levels of two factors, without coding the pairs.
//!
//! Row by row within a level of the one factor, sums stand in a table over the levels of the other; the rows of a level
//! are found together where the factor is in order, and otherwise by parting them into buckets of neighbouring levels
//! first, so that nothing larger than a bucket is written to at random.

use std::ops::Range;

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::estimator::Influence;
use crate::design::DenseFactor;

/// Spans of rows that run in parallel: a number of the problem, not of the threads, so that sums have the same bits.
const SPANS: usize = 64;

/// Buckets that rows are parted into: as many streams as a processor writes to without missing its caches.
const BUCKETS: usize = 256;

/// A number of columns that the compiler is not told.
const ANY: usize = 0;

impl Influence {
    /// `Σ_g s_g s_g'` over the pairs of levels of two factors that occur, and how many these are: `s_g` as in
    /// [`Influence::cluster_sums`]. `None` where the pairs are few enough that they are better coded once for all models
    /// ([`Influence::combined`]), or a factor lies within the other, so that it stands for the pairs itself.
    pub fn pair_products(
        &self,
        (one, two): (&DenseFactor, &DenseFactor),
        weights: Option<&[f64]>,
    ) -> Option<(DMatrix<f64>, usize)> {
        let columns: Vec<&[f64]> = self.columns.iter().map(|column| column.as_slice()).collect();
        let cells = one.n_levels.saturating_mul(two.n_levels);
        if cells.saturating_mul(8 * (columns.len() + 1)) <= one.codes.len()
            || one.is_nested_in(two)
            || two.is_nested_in(one)
        {
            return None;
        }
        let residuals: &[f64] = &self.residuals;
        let weighted: Option<Vec<f64>> =
            weights.map(|weights| residuals.iter().zip(weights).map(|(e, w)| e * w).collect());
        Some(products((one, two), &columns, weighted.as_deref().unwrap_or(residuals)))
    }
}

fn products((one, two): (&DenseFactor, &DenseFactor), columns: &[&[f64]], scores: &[f64]) -> (DMatrix<f64>, usize) {
    let (outer, inner, in_order) = if one.codes.is_sorted() {
        (one, two, true)
    } else if two.codes.is_sorted() {
        (two, one, true)
    } else if one.n_levels >= two.n_levels {
        (one, two, false)
    } else {
        (two, one, false)
    };
    let parts = match columns.len() {
        1 => parts::<1>((outer, inner, in_order), columns, scores),
        2 => parts::<2>((outer, inner, in_order), columns, scores),
        3 => parts::<3>((outer, inner, in_order), columns, scores),
        4 => parts::<4>((outer, inner, in_order), columns, scores),
        _ => parts::<ANY>((outer, inner, in_order), columns, scores),
    };
    let k = columns.len();
    let mut gram = DMatrix::zeros(k, k);
    let mut pairs = 0;
    for (part, found) in parts {
        pairs += found;
        let mut entries = part.iter();
        for j in 0..k {
            for i in 0..=j {
                gram[(i, j)] += entries.next().copied().unwrap_or_default();
            }
        }
    }
    gram.fill_lower_triangle_with_upper_triangle();
    (gram, pairs)
}

fn parts<const K: usize>(
    (outer, inner, in_order): (&DenseFactor, &DenseFactor, bool),
    columns: &[&[f64]],
    scores: &[f64],
) -> Vec<Part> {
    if in_order {
        in_order_products::<K>((outer, inner), columns, scores)
    } else {
        parted_products::<K>((outer, inner), columns, scores)
    }
}

/// What a span of rows adds: the upper triangle by columns, and the pairs found.
type Part = (Vec<f64>, usize);

/// Rows that stand in the order of the outer factor, in spans that end where a level does.
fn in_order_products<const K: usize>(
    (outer, inner): (&DenseFactor, &DenseFactor),
    columns: &[&[f64]],
    scores: &[f64],
) -> Vec<Part> {
    let n = scores.len();
    let codes = outer.codes.as_slice();
    let cut = |span: usize| {
        let row = n * span / SPANS;
        if row == 0 { 0 } else { codes.partition_point(|&code| code <= codes[row - 1]) }
    };
    let cuts: Vec<usize> = (0..=SPANS).map(cut).collect();
    let spans: Vec<Range<usize>> = cuts.windows(2).map(|bounds| bounds[0]..bounds[1]).collect();
    spans
        .into_par_iter()
        .map_init(
            || Table::<K>::new(inner.n_levels, columns.len()),
            |table, rows| {
                let mut level = u32::MAX;
                let columns: Vec<&[f64]> = columns.iter().map(|column| &column[rows.clone()]).collect();
                let codes = codes[rows.clone()].iter().zip(&inner.codes[rows.clone()]);
                for (row, ((&outer, &inner), score)) in codes.zip(&scores[rows]).enumerate() {
                    if outer != level {
                        table.end_level();
                        level = outer;
                    }
                    let sums = table.sums_of(inner, level);
                    sums.iter_mut().zip(&columns).for_each(|(sum, column)| *sum += column[row] * score);
                }
                table.end_span()
            },
        )
        .collect()
}

/// A row on its way: its outer level within the bucket, and its inner level.
type Key = (u32, u32);

/// Rows of one span by bucket: where each bucket starts, the keys, and the products of columns and scores.
struct Parted {
    starts: Vec<usize>,
    keys: Vec<Key>,
    values: Vec<f64>,
}

/// Rows in any order: parted into buckets of neighbouring outer levels, bucket by bucket brought into order.
fn parted_products<const K: usize>(
    (outer, inner): (&DenseFactor, &DenseFactor),
    columns: &[&[f64]],
    scores: &[f64],
) -> Vec<Part> {
    let (n, k) = (scores.len(), columns.len());
    let mut shift = 0u32;
    while (outer.n_levels.saturating_sub(1)) >> shift >= BUCKETS {
        shift += 1;
    }
    let n_buckets = (outer.n_levels.saturating_sub(1) >> shift) + 1;
    let part = |rows: Range<usize>| {
        let mut starts = vec![0usize; n_buckets + 1];
        outer.codes[rows.clone()].iter().for_each(|&code| starts[(code >> shift) as usize + 1] += 1);
        (0..n_buckets).for_each(|bucket| starts[bucket + 1] += starts[bucket]);
        let mut next = starts.clone();
        let mut keys = vec![(0u32, 0u32); rows.len()];
        let mut values = vec![0.0; rows.len() * k];
        for row in rows {
            let code = outer.codes[row];
            let slot = &mut next[(code >> shift) as usize];
            keys[*slot] = (code & ((1 << shift) - 1), inner.codes[row]);
            let here = &mut values[*slot * k..(*slot + 1) * k];
            here.iter_mut().zip(columns).for_each(|(value, column)| *value = column[row] * scores[row]);
            *slot += 1;
        }
        Parted { starts, keys, values }
    };
    let spans: Vec<Parted> =
        (0..SPANS).into_par_iter().map(|span| part(n * span / SPANS..n * (span + 1) / SPANS)).collect();
    (0..n_buckets)
        .into_par_iter()
        .map_init(
            || (Table::<K>::new(inner.n_levels, k), Bucket::default()),
            |(table, bucket), number| {
                bucket.gather(&spans, number, (1 << shift, k));
                for (level, rows) in bucket.bounds.windows(2).enumerate() {
                    // Levels of other buckets have other stamps.
                    let stamp = ((number << shift) + level) as u32;
                    for at in rows[0]..rows[1] {
                        let sums = table.sums_of(bucket.inner[at], stamp);
                        sums.iter_mut().zip(&bucket.values[at * k..]).for_each(|(sum, value)| *sum += value);
                    }
                    table.end_level();
                }
                table.end_span()
            },
        )
        .collect()
}

/// The rows of a bucket in the order of their outer levels, those of a level in the order of the sample.
#[derive(Default)]
struct Bucket {
    bounds: Vec<usize>,
    next: Vec<usize>,
    inner: Vec<u32>,
    values: Vec<f64>,
}

impl Bucket {
    fn gather(&mut self, spans: &[Parted], number: usize, (width, k): (usize, usize)) {
        let slices = || spans.iter().map(|span| (span, span.starts[number]..span.starts[number + 1]));
        self.bounds.clear();
        self.bounds.resize(width + 1, 0);
        for (span, rows) in slices() {
            span.keys[rows].iter().for_each(|key| self.bounds[key.0 as usize + 1] += 1);
        }
        (0..width).for_each(|level| self.bounds[level + 1] += self.bounds[level]);
        self.next.clear();
        self.next.extend_from_slice(&self.bounds);
        let n = self.bounds[width];
        self.inner.resize(n, 0);
        self.values.resize(n * k, 0.0);
        for (span, rows) in slices() {
            for row in rows {
                let (level, inner) = span.keys[row];
                let at = self.next[level as usize];
                self.next[level as usize] += 1;
                self.inner[at] = inner;
                self.values[at * k..(at + 1) * k].copy_from_slice(&span.values[row * k..(row + 1) * k]);
            }
        }
    }
}

/// Sums over the levels of the inner factor for one outer level at a time.
struct Table<const K: usize> {
    k: usize,
    /// The outer level that the sums of an inner level are of.
    stamps: Vec<u32>,
    sums: Vec<f64>,
    touched: Vec<u32>,
    gram: Vec<f64>,
    pairs: usize,
}

impl<const K: usize> Table<K> {
    fn new(n_levels: usize, k: usize) -> Table<K> {
        Table {
            k,
            stamps: vec![u32::MAX; n_levels],
            sums: vec![0.0; n_levels * k],
            touched: Vec::new(),
            gram: vec![0.0; k * (k + 1) / 2],
            pairs: 0,
        }
    }

    /// The number of columns, known to the compiler where they are few.
    #[inline]
    fn k(&self) -> usize {
        if K == ANY { self.k } else { K }
    }

    /// The sums of a pair; zero where it is met first.
    #[inline]
    fn sums_of(&mut self, inner: u32, outer: u32) -> &mut [f64] {
        let (at, k) = (inner as usize, self.k());
        let sums = &mut self.sums[at * k..(at + 1) * k];
        if self.stamps[at] != outer {
            self.stamps[at] = outer;
            sums.fill(0.0);
            self.touched.push(inner);
        }
        sums
    }

    fn end_level(&mut self) {
        let k = self.k();
        self.pairs += self.touched.len();
        for &inner in &self.touched {
            let sums = &self.sums[inner as usize * k..(inner as usize + 1) * k];
            let mut entries = self.gram.iter_mut();
            for (j, b) in sums.iter().enumerate() {
                sums[..=j].iter().zip(&mut entries).for_each(|(a, entry)| *entry += a * b);
            }
        }
        self.touched.clear();
    }

    fn end_span(&mut self) -> Part {
        self.end_level();
        let empty = vec![0.0; self.gram.len()];
        (std::mem::replace(&mut self.gram, empty), std::mem::take(&mut self.pairs))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::linalg::cross_products;

    fn factor(codes: Vec<u32>) -> DenseFactor {
        let n_levels = codes.iter().max().map_or(0, |&most| most as usize + 1);
        DenseFactor { codes: Arc::new(codes), n_levels, origin: Arc::new((0..n_levels as u32).collect()) }
    }

    /// Against coding the pairs and adding up by the codes: factors in order, in no order, and of more levels than buckets.
    #[test]
    fn products_are_those_of_coded_pairs() {
        let n = 5_000u32;
        let mix = |row: u32, levels: u32| (row.wrapping_mul(2_654_435_761) >> 7) % levels;
        let ordered = factor((0..n).map(|row| row / 7).collect());
        let few = factor((0..n).map(|row| mix(row, 9)).collect());
        let many = factor((0..n).map(|row| if row < 700 { row } else { mix(row ^ 99, 700) }).collect());
        let others = factor((0..n).map(|row| if row < 400 { row } else { mix(row + 31, 400) }).collect());
        let values = |step: f64| (0..n).map(|row| (f64::from(row) * step).sin()).collect::<Vec<f64>>();
        let (x, z, scores) = (values(0.37), values(1.91), values(0.11));
        for (one, two) in [(&ordered, &few), (&few, &ordered), (&many, &others), (&others, &many), (&few, &many)] {
            let coded = one.pair(two);
            let sums = [&x, &z].map(|column| {
                let mut sums = vec![0.0; coded.n_levels];
                for (row, &code) in coded.codes.iter().enumerate() {
                    sums[code as usize] += column[row] * scores[row];
                }
                sums
            });
            let expected = cross_products(&[&sums[0], &sums[1]], None);
            let (found, pairs) = products((one, two), &[&x, &z], &scores);
            assert_eq!(pairs, coded.n_levels);
            assert!((found - &expected).abs().max() < 1e-12 * expected.abs().max());
        }
    }
}
