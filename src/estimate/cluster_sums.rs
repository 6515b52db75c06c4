//! Sums of products of columns by cluster.
//!
//! In: a factor and pairs of columns; out: for each pair `Σ_g w a b` over the rows of each cluster `g`. The sums of a pair do
//! not depend on the other pairs: rows are cut into spans whose number is a matter of rows and clusters alone, rows of a
//! cluster that follow each other are added up first, and spans are added in their order.

use rayon::prelude::*;

use crate::design::DenseFactor;
use crate::linalg::weighted_dot;

/// Two columns, or one and a constant.
pub(super) type Pair<'a> = (Option<&'a [f64]>, Option<&'a [f64]>);

/// Rows per cluster from which sums over its run are faster than adding row by row.
const LONG_RUN: usize = 32;

/// Pairs that share a pass over the rows: as many sums as stay in registers.
const TOGETHER: usize = 4;

/// Most spans of rows.
const SPANS: usize = 16;

/// Rows per cluster and span from which the sums of a span are little beside its rows.
const FULL_SPAN: usize = 32;

/// `Σ_g w a b` of each pair.
pub(super) fn cluster_sums(cluster: &DenseFactor, pairs: &[Pair<'_>], weights: Option<&[f64]>) -> Vec<Vec<f64>> {
    if let Some(runs) = runs(cluster) {
        return pairs.par_iter().map(|&pair| over_runs(cluster, &runs, pair, weights)).collect();
    }
    let (n, n_levels) = (cluster.codes.len(), cluster.n_levels);
    let spans = (n / (n_levels * FULL_SPAN).max(1)).clamp(1, SPANS);
    let blocks: Vec<&[Pair<'_>]> = pairs.chunks(TOGETHER).collect();
    let parts: Vec<Vec<[f64; TOGETHER]>> = (0..blocks.len() * spans)
        .into_par_iter()
        .map(|part| {
            let (block, span) = (blocks[part / spans], part % spans);
            let rows = n * span / spans..n * (span + 1) / spans;
            let block: Vec<Pair<'_>> =
                block.iter().map(|&(a, b)| (a.map(|a| &a[rows.clone()]), b.map(|b| &b[rows.clone()]))).collect();
            let mut sums = vec![[0.0; TOGETHER]; n_levels];
            add_rows(&cluster.codes[rows.clone()], &block, weights.map(|w| &w[rows.clone()]), &mut sums);
            sums
        })
        .collect();
    let of_pair = |pair: usize| {
        let mut sums = vec![0.0; n_levels];
        for part in &parts[pair / TOGETHER * spans..][..spans] {
            sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += part[pair % TOGETHER]);
        }
        sums
    };
    (0..pairs.len()).map(of_pair).collect()
}

/// Adds the rows of a span to the sums of a block of pairs.
fn add_rows(codes: &[u32], block: &[Pair<'_>], weights: Option<&[f64]>, sums: &mut [[f64; TOGETHER]]) {
    match *block {
        [(Some(a), Some(b)), (Some(c), Some(d)), (Some(e), Some(f)), (Some(g), Some(h))] => {
            add_products([(a, b), (c, d), (e, f), (g, h)], codes, weights, sums, 0);
        }
        [(Some(a), Some(b)), (Some(c), Some(d)), (Some(e), Some(f))] => {
            add_products([(a, b), (c, d), (e, f)], codes, weights, sums, 0);
        }
        [(Some(a), Some(b)), (Some(c), Some(d))] => add_products([(a, b), (c, d)], codes, weights, sums, 0),
        _ => {
            for (slot, pair) in block.iter().enumerate() {
                match *pair {
                    (Some(a), Some(b)) => add_products([(a, b)], codes, weights, sums, slot),
                    (Some(one), None) | (None, Some(one)) => add_column(one, codes, weights, sums, slot),
                    (None, None) => {}
                }
            }
        }
    }
}

/// Adds products of `P` pairs to the sums from a slot on.
fn add_products<const P: usize>(
    pairs: [(&[f64], &[f64]); P],
    codes: &[u32],
    weights: Option<&[f64]>,
    sums: &mut [[f64; TOGETHER]],
    slot: usize,
) {
    match weights {
        None => add(codes, sums, slot, |row| pairs.map(|(a, b)| a[row] * b[row])),
        Some(w) => add(codes, sums, slot, |row| pairs.map(|(a, b)| a[row] * b[row] * w[row])),
    }
}

fn add_column(column: &[f64], codes: &[u32], weights: Option<&[f64]>, sums: &mut [[f64; TOGETHER]], slot: usize) {
    match weights {
        None => add(codes, sums, slot, |row| [column[row]]),
        Some(w) => add(codes, sums, slot, |row| [column[row] * w[row]]),
    }
}

/// Adds `P` numbers of each row to the sums of its cluster; those of rows that follow each other in it are added up first.
#[inline]
fn add<const P: usize>(codes: &[u32], sums: &mut [[f64; TOGETHER]], slot: usize, numbers: impl Fn(usize) -> [f64; P]) {
    let mut put = |code: u32, run: &[f64; P]| {
        sums[code as usize][slot..slot + P].iter_mut().zip(run).for_each(|(sum, run)| *sum += run);
    };
    let Some(&(mut at)) = codes.first() else { return };
    let mut run = [0.0; P];
    for (row, &code) in codes.iter().enumerate() {
        if code != at {
            put(at, &run);
            (at, run) = (code, [0.0; P]);
        }
        run.iter_mut().zip(numbers(row)).for_each(|(sum, number)| *sum += number);
    }
    put(at, &run);
}

/// Sums over clusters whose rows stand together.
fn over_runs(cluster: &DenseFactor, runs: &[usize], pair: Pair<'_>, weights: Option<&[f64]>) -> Vec<f64> {
    if let (Some(a), Some(b)) = pair {
        let sum = |run: &[usize]| {
            let rows = run[0]..run[1];
            weighted_dot(&a[rows.clone()], &b[rows.clone()], weights.map(|w| &w[rows]))
        };
        return runs.windows(2).map(sum).collect();
    }
    let mut sums = vec![[0.0; TOGETHER]; cluster.n_levels];
    add_rows(&cluster.codes, &[pair], weights, &mut sums);
    sums.into_iter().map(|sums| sums[0]).collect()
}

/// Where each cluster starts, and the end, if rows stand in the order of the clusters and these are long.
fn runs(cluster: &DenseFactor) -> Option<Vec<usize>> {
    let codes = &cluster.codes;
    if cluster.n_levels * LONG_RUN > codes.len() || !codes.is_sorted() {
        return None;
    }
    let mut starts = vec![0; cluster.n_levels + 1];
    codes.iter().for_each(|&code| starts[code as usize + 1] += 1);
    (0..cluster.n_levels).for_each(|g| starts[g + 1] += starts[g]);
    Some(starts)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// Pairs in any company have the bits of pairs alone, and the sums are right.
    #[test]
    fn sums_do_not_depend_on_their_company() {
        let n = 4_000u32;
        let column = |step: f64| (0..n).map(|row| (f64::from(row) * step).sin()).collect::<Vec<f64>>();
        let (a, b, w) = (column(0.37), column(1.9), column(0.05).iter().map(|v| 1.0 + v * v).collect::<Vec<f64>>());
        let orders: [&dyn Fn(u32) -> u32; 3] = [&|row| row / 400, &|row| row % 7, &|row| (row / 3) % 11];
        for of in orders {
            let codes: Vec<u32> = (0..n).map(of).collect();
            let n_levels = codes.iter().max().map_or(0, |&most| most as usize + 1);
            let origin = Arc::new((0..n_levels as u32).collect());
            let cluster = DenseFactor { codes: Arc::new(codes), n_levels, origin };
            let (a, b) = (Some(a.as_slice()), Some(b.as_slice()));
            let pairs = [(a, b), (a, a), (b, b), (b, a), (None, b), (a, None), (b, b)];
            for weights in [None, Some(w.as_slice())] {
                let together = cluster_sums(&cluster, &pairs, weights);
                for (pair, sums) in pairs.iter().zip(&together) {
                    assert_eq!(&cluster_sums(&cluster, &[*pair], weights)[0], sums);
                    let mut plain = vec![0.0; n_levels];
                    for (row, &code) in cluster.codes.iter().enumerate() {
                        let value = |column: Option<&[f64]>| column.map_or(1.0, |column| column[row]);
                        plain[code as usize] += value(pair.0) * value(pair.1) * value(weights);
                    }
                    assert!(sums.iter().zip(&plain).all(|(sum, plain)| (sum - plain).abs() < 1e-10));
                }
            }
        }
    }
}
