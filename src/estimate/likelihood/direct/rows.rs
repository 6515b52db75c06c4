//! [`Rows`]: a log likelihood that is a sum over rows of a density with up to three indices.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::density::Counts;
use super::jet::{ARGUMENTS, Jet};
use super::newton::{Evaluation, Objective};

/// Rows that are gone through at once: sums have the same bits for any number of threads.
const BLOCK: usize = 1024;

/// A column with the index that its coefficient enters.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) argument: usize,
    pub(super) values: Arc<Vec<f64>>,
}

/// Counts with their columns.
#[derive(Clone)]
pub(super) struct Rows {
    pub(super) counts: Counts,
    pub(super) outcome: Arc<Vec<f64>>,
    pub(super) offset: Option<Arc<Vec<f64>>>,
    pub(super) weights: Option<Arc<Vec<f64>>>,
    /// One per parameter.
    pub(super) entries: Vec<Entry>,
}

impl Rows {
    /// The indices of a row.
    pub(super) fn arguments(&self, row: usize, parameters: &DVector<f64>) -> [f64; ARGUMENTS] {
        let mut out = [0.0; ARGUMENTS];
        out[0] = self.offset.as_ref().map_or(0.0, |offset| offset[row]);
        for (entry, b) in self.entries.iter().zip(parameters.iter()) {
            out[entry.argument] += b * entry.values[row];
        }
        out
    }

    fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }

    fn jet(&self, row: usize, parameters: &DVector<f64>) -> Jet {
        self.counts.log(self.outcome[row], self.arguments(row, parameters))
    }

    /// The log density of every row.
    pub(super) fn logs(&self, parameters: &DVector<f64>) -> Vec<f64> {
        (0..self.outcome.len()).into_par_iter().map(|row| self.jet(row, parameters).value).collect()
    }

    /// The score of every row by parameter.
    pub(super) fn scores(&self, parameters: &DVector<f64>) -> Vec<Vec<f64>> {
        let firsts: Vec<[f64; ARGUMENTS]> =
            (0..self.outcome.len()).into_par_iter().map(|row| self.jet(row, parameters).first).collect();
        let column = |entry: &Entry| {
            firsts.iter().zip(entry.values.iter()).map(|(first, x)| first[entry.argument] * x).collect()
        };
        self.entries.iter().map(column).collect()
    }

    fn block(&self, rows: std::ops::Range<usize>, parameters: &DVector<f64>) -> Evaluation {
        let k = self.entries.len();
        let mut out = Evaluation { value: 0.0, gradient: DVector::zeros(k), hessian: DMatrix::zeros(k, k) };
        for row in rows {
            let (jet, w) = (self.jet(row, parameters), self.weight(row));
            out.value += w * jet.value;
            for (i, a) in self.entries.iter().enumerate() {
                let x = w * a.values[row];
                out.gradient[i] += x * jet.first[a.argument];
                for (j, b) in self.entries[..=i].iter().enumerate() {
                    out.hessian[(i, j)] += x * b.values[row] * jet.second[a.argument][b.argument];
                }
            }
        }
        out
    }
}

impl Objective for Rows {
    fn at(&self, parameters: &DVector<f64>) -> Evaluation {
        let n = self.outcome.len();
        let blocks: Vec<Evaluation> = (0..n.div_ceil(BLOCK))
            .into_par_iter()
            .map(|at| self.block(at * BLOCK..((at + 1) * BLOCK).min(n), parameters))
            .collect();
        add_up(blocks, self.entries.len())
    }

    fn reach(&self, step: &DVector<f64>) -> f64 {
        let of = |row: usize| {
            let mut moved = [0.0f64; ARGUMENTS];
            for (entry, b) in self.entries.iter().zip(step.iter()) {
                moved[entry.argument] += b * entry.values[row];
            }
            moved.into_iter().fold(0.0, |most: f64, by| most.max(by.abs()))
        };
        (0..self.outcome.len()).into_par_iter().map(of).reduce(|| 0.0, f64::max)
    }
}

/// The sum of parts whose Hessians have a lower triangle, in order.
pub(super) fn add_up(parts: Vec<Evaluation>, k: usize) -> Evaluation {
    let mut out = Evaluation { value: 0.0, gradient: DVector::zeros(k), hessian: DMatrix::zeros(k, k) };
    for part in parts {
        out.value += part.value;
        out.gradient += part.gradient;
        out.hessian += part.hessian;
    }
    out.hessian.fill_upper_triangle_with_lower_triangle();
    out
}
