//! Preconditioned conjugate gradients on the Schur complement `D2'W M1 D2 a = r`, several columns at once.
//!
//! The error of the residual, `|D2 (a - a_k)|` net of the eliminated effect, is what they minimise. Columns share passes
//! over the rows and nothing else: each has its own steps, its own goal and its own end, after which its lane stands still.

use super::layout::{Layout, Sums};
use super::preconditioner::Preconditioner;
use super::term::add_scaled;
use super::watch::{Ending, Patience, Watch};

/// Squared residual, relative to that at the start, that is rounding.
const ROUNDING: f64 = 1e-29;

/// Curvature of a direction, relative to its (weighted) square, at which nothing but rounding tells it from a constant.
const FLAT: f64 = 1e-15;

/// How a run ended.
pub(super) struct Run<const K: usize> {
    /// What was found.
    pub(super) solution: Vec<[f64; K]>,
    /// How each column ended.
    pub(super) ending: [Ending; K],
    /// Iterations of each column.
    pub(super) iterations: [usize; K],
    /// Error of each column, estimated.
    pub(super) error: [f64; K],
}

/// Solves for the coefficients that explain `r`. A column with no goal (infinite) is left alone.
pub(super) fn conjugate_gradients<const K: usize>(
    layout: &Layout,
    preconditioner: &Preconditioner,
    mut r: Vec<[f64; K]>,
    goal: [f64; K],
    patience: &Patience,
) -> Run<K> {
    let size = r.len();
    let mut solution = vec![[0.0; K]; size];
    let mut z = vec![[0.0; K]; size];
    preconditioner.apply(layout, &r, &mut z);
    let mut direction = z.clone();
    let mut energy = dots(&r, &z);
    // Few levels are solved exactly in few steps; a step from rounding alone would go anywhere.
    let rounding = energy.map(|e| ROUNDING * e);
    let mut watch: [Watch; K] = std::array::from_fn(|_| Watch::default());
    let mut error: [f64; K] = energy.map(|e| e.max(0.0).sqrt());
    let mut ending: [Option<Ending>; K] =
        std::array::from_fn(|k| (error[k] <= goal[k] || error[k].is_nan()).then_some(Ending::Converged));
    let mut sums = Sums::new(layout);
    while ending.iter().any(Option::is_none) {
        for k in 0..K {
            if ending[k].is_some() {
                direction.iter_mut().for_each(|d| d[k] = 0.0);
            }
        }
        layout.schur(&direction, &mut sums);
        let curvature = dots(&direction, &sums.total);
        let size_of = squares(&direction, &layout.diagonal);
        let mut step = [0.0; K];
        for k in 0..K {
            if ending[k].is_some() {
                continue;
            }
            if curvature[k].is_nan() || curvature[k] <= FLAT * size_of[k] {
                ending[k] = Some(Ending::Converged);
            } else {
                step[k] = energy[k] / curvature[k];
                watch[k].push(step[k] * energy[k]);
            }
        }
        for ((x, r), (d, image)) in solution.iter_mut().zip(&mut r).zip(direction.iter().zip(&sums.total)) {
            for k in 0..K {
                x[k] += step[k] * d[k];
                r[k] -= step[k] * image[k];
            }
        }
        preconditioner.apply(layout, &r, &mut z);
        let next = dots(&r, &z);
        let mut ratio = [0.0; K];
        for k in 0..K {
            if ending[k].is_some() {
                continue;
            }
            error[k] = watch[k].error();
            ending[k] = if next[k] <= rounding[k] || next[k].is_nan() {
                error[k] = next[k].max(0.0).sqrt();
                Some(Ending::Converged)
            } else {
                watch[k].judge(goal[k], patience)
            };
            ratio[k] = next[k] / energy[k];
            energy[k] = next[k];
        }
        for (d, z) in direction.iter_mut().zip(&z) {
            for k in 0..K {
                d[k] = z[k] + ratio[k] * d[k];
            }
        }
    }
    Run {
        solution,
        ending: ending.map(|end| end.unwrap_or(Ending::Exhausted)),
        iterations: std::array::from_fn(|k| watch[k].iterations()),
        error,
    }
}

/// `a'Da` lane by lane.
fn squares<const K: usize>(a: &[[f64; K]], diagonal: &[f64]) -> [f64; K] {
    let mut total = [0.0; K];
    for (a, d) in a.iter().zip(diagonal) {
        add_scaled(&mut total, *d, &a.map(|a| a * a));
    }
    total
}

/// `a'b` lane by lane, in blocks, in a fixed order.
pub(super) fn dots<const K: usize>(a: &[[f64; K]], b: &[[f64; K]]) -> [f64; K] {
    let mut total = [0.0; K];
    for (a, b) in a.chunks(256).zip(b.chunks(256)) {
        let mut block = [0.0; K];
        for (a, b) in a.iter().zip(b) {
            for k in 0..K {
                block[k] += a[k] * b[k];
            }
        }
        add_scaled(&mut total, 1.0, &block);
    }
    total
}
