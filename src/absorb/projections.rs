//! [`Projections`]: the effect with most parameters is projected out exactly, the others by conjugate gradients.
//!
//! Rows are sorted by the largest effect `D1`, whose projection `M1` is then a running mean per group. With the other
//! effects `D2` the residual of a column is `v - D2 a` net of `D1`, where `a` solves the Schur complement
//! `D2'W M1 D2 a = D2'W M1 v`: symmetric alternating projections in the space of coefficients instead of rows
//! (methods: Correia 2017; for two effects the iterates are those of symmetric Kaczmarz sweeps with conjugate gradient
//! acceleration). One iteration reads the codes once and no vector of the length of the sample.
//!
//! The error of the residual, `|D2 (a - a_k)|`, is what conjugate gradients minimise; it is estimated by the decrease
//! over the last quarter of the iterations (Hestenes and Stiefel 1952; Strakos and Tichy 2002), and the iteration stops
//! when that is under [`TOLERANCE`] of the column's norm. If the rate so far predicts too many iterations the rest is
//! left to [`Schwarz`].

use std::sync::OnceLock;

use rayon::prelude::*;

use super::degrees::AbsorbedDegrees;
use super::effects::Effects;
use super::error::AbsorbError;
use super::schwarz::Schwarz;
use super::term::{Term, reorder};
use super::{Absorber, Absorption};
use crate::estimate::Convergence;
use crate::linalg::{dot, weighted_dot};

/// Error of a residual relative to the column's norm net of the largest effect. Coefficients then agree with an exact
/// solution to about ten digits.
pub const TOLERANCE: f64 = 1e-11;

/// Largest group mean left, relative to the column's scale, that a converged column may have.
pub(super) const LARGEST_MEAN: f64 = 1e-6;

/// Iterations after which a column counts as stalled in any case.
const MAX_ITERATIONS: usize = 10_000;

/// Rows under which a slow rate does not matter: all iterations together take less than setting up another method.
const SMALL_SAMPLE: usize = 20_000;

/// Predicted iterations beyond which another method is faster on a large sample.
const TOO_MANY: f64 = 300.0;

/// Iterations before the rate is looked at: the first few say little about the ones that follow.
const FIRST_LOOK: usize = 40;

/// How one run of conjugate gradients ended.
enum Outcome {
    Converged(usize),
    Stalled(usize),
}

/// The projection described in the module head.
pub struct Projections {
    effects: Effects,
    degrees: AbsorbedDegrees,
    /// Rows sorted by the eliminated effect; `None` if they stand in that order already.
    order: Option<Vec<u32>>,
    /// Where each group of the eliminated effect starts, and the end.
    starts: Vec<u32>,
    weights: Option<Vec<f64>>,
    head: Term,
    others: Vec<Term>,
    /// Where the coefficients of each other effect start, and the end.
    offsets: Vec<usize>,
    diagonal: Vec<f64>,
    schwarz: OnceLock<Result<Schwarz, AbsorbError>>,
}

impl Projections {
    /// Sorts the rows and prepares the effects.
    ///
    /// # Errors
    /// [`AbsorbError::NoEffect`] if there is none.
    pub fn new(effects: &Effects) -> Result<Projections, AbsorbError> {
        let degrees = AbsorbedDegrees::of(effects);
        // The first of the largest, so that the choice does not depend on anything but the effects.
        let largest = (0..effects.terms.len()).rev().max_by_key(|&i| degrees.parameters[i]);
        let largest = largest.ok_or(AbsorbError::NoEffect)?;
        let factor = &effects.terms[largest].factor;
        let (starts, order) = sort_by_code(&factor.codes, factor.n_levels);
        let weights = effects.weights.as_ref().map(|w| reorder(w, order.as_deref()));
        let prepare = |i: usize| Term::prepare(&effects.terms[i], order.as_deref(), weights.as_deref());
        let head = prepare(largest);
        let others: Vec<Term> = (0..effects.terms.len())
            .filter(|&i| i != largest)
            .collect::<Vec<_>>()
            .into_par_iter()
            .map(prepare)
            .collect();
        let mut offsets = vec![0];
        for term in &others {
            offsets.push(offsets[offsets.len() - 1] + term.diagonal.len());
        }
        let diagonal = others.iter().flat_map(|term| term.diagonal.iter().copied()).collect();
        Ok(Projections {
            effects: effects.clone(),
            degrees,
            order,
            starts,
            weights,
            head,
            others,
            offsets,
            diagonal,
            schwarz: OnceLock::new(),
        })
    }

    /// Projects a column; the outcome says whether it converged.
    fn project(&self, column: &mut [f64]) -> (Outcome, f64) {
        let mut v = reorder(column, self.order.as_deref());
        let before = self.norm(&v);
        let mut coefficients = vec![0.0; self.head.width()];
        for group in self.groups() {
            let from = group.start;
            self.remove_group(&mut v[group], from, &mut coefficients);
        }
        let mut iterations = 0;
        let mut stalled = false;
        if !self.others.is_empty() {
            // A column that the largest effect spans leaves rounding, which is no target.
            let goal = (TOLERANCE * self.norm(&v)).max(1e-15 * before);
            // A second round starts from the recomputed residual, which undoes the drift of the recurrences.
            for _ in 0..3 {
                match self.conjugate_gradients(&mut v, goal) {
                    Outcome::Converged(0) => break,
                    Outcome::Converged(n) => iterations += n,
                    Outcome::Stalled(n) => {
                        iterations += n;
                        stalled = true;
                        break;
                    }
                }
            }
        }
        let residual = self.largest_mean(&v, before);
        match &self.order {
            None => column.copy_from_slice(&v),
            Some(order) => order.iter().zip(&v).for_each(|(&row, value)| column[row as usize] = *value),
        }
        (if stalled { Outcome::Stalled(iterations) } else { Outcome::Converged(iterations) }, residual)
    }

    /// Solves for the coefficients of the other effects and takes their fit out of `v`, which is net of the largest
    /// effect before and after.
    fn conjugate_gradients(&self, v: &mut [f64], goal: f64) -> Outcome {
        let size = self.diagonal.len();
        let (mut solution, mut image, mut scratch) = (vec![0.0; size], vec![0.0; size], Vec::new());
        let mut r = vec![0.0; size];
        self.products(v, &mut r);
        let mut z = self.precondition(&r);
        let mut direction = z.clone();
        let mut energy = dot(&r, &z);
        if energy.sqrt() <= goal {
            return Outcome::Converged(0);
        }
        // Few levels are solved exactly in few steps; a step from rounding alone would go anywhere.
        let rounding = 1e-30 * energy;
        let mut decreases: Vec<f64> = Vec::new();
        let outcome = loop {
            self.schur(&direction, &mut image, &mut scratch);
            let curvature = dot(&direction, &image);
            if curvature.is_nan() || curvature <= 0.0 {
                break Outcome::Converged(decreases.len().max(1));
            }
            let step = energy / curvature;
            for i in 0..size {
                solution[i] += step * direction[i];
                r[i] -= step * image[i];
            }
            decreases.push(step * energy);
            z = self.precondition(&r);
            let next = dot(&r, &z);
            if next <= rounding {
                break Outcome::Converged(decreases.len());
            }
            if let Some(outcome) = judge(&decreases, goal, v.len()) {
                break outcome;
            }
            let ratio = next / energy;
            energy = next;
            for (d, z) in direction.iter_mut().zip(&z) {
                *d = z + ratio * *d;
            }
        };
        self.subtract_fit(&solution, v);
        outcome
    }

    /// `D2'W v` for all other effects.
    fn products(&self, v: &[f64], out: &mut [f64]) {
        for (term, span) in self.others.iter().zip(self.offsets.windows(2)) {
            term.add_products(v, 0, self.weights.as_deref(), &mut out[span[0]..span[1]]);
        }
    }

    fn precondition(&self, r: &[f64]) -> Vec<f64> {
        r.iter().zip(&self.diagonal).map(|(r, d)| if *d > 0.0 { r / d } else { 0.0 }).collect()
    }

    /// `D2'W M1 D2 a`, one group of the largest effect after the other.
    fn schur(&self, a: &[f64], out: &mut [f64], scratch: &mut Vec<f64>) {
        out.fill(0.0);
        let weights = self.weights.as_deref();
        let mut coefficients = vec![0.0; self.head.width()];
        for group in self.groups() {
            let from = group.start;
            scratch.clear();
            scratch.resize(group.len(), 0.0);
            for (term, span) in self.others.iter().zip(self.offsets.windows(2)) {
                term.add_fitted(&a[span[0]..span[1]], from, scratch);
            }
            self.remove_group(scratch, from, &mut coefficients);
            for (term, span) in self.others.iter().zip(self.offsets.windows(2)) {
                term.add_products(scratch, from, weights, &mut out[span[0]..span[1]]);
            }
        }
    }

    /// `v - D2 a`, net of the largest effect.
    fn subtract_fit(&self, a: &[f64], v: &mut [f64]) {
        let minus: Vec<f64> = a.iter().map(|x| -x).collect();
        let mut coefficients = vec![0.0; self.head.width()];
        for group in self.groups() {
            let from = group.start;
            let rows = &mut v[group];
            for (term, span) in self.others.iter().zip(self.offsets.windows(2)) {
                term.add_fitted(&minus[span[0]..span[1]], from, rows);
            }
            self.remove_group(rows, from, &mut coefficients);
        }
    }

    /// The rows of each level of the largest effect.
    #[inline]
    fn groups(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        self.starts.windows(2).map(|pair| pair[0] as usize..pair[1] as usize)
    }

    /// Takes the largest effect's intercept and slopes out of one of its groups.
    #[inline]
    fn remove_group(&self, rows: &mut [f64], from: usize, coefficients: &mut [f64]) {
        if self.head.slopes.is_empty() {
            let mean = match &self.weights {
                None => rows.iter().sum::<f64>() / rows.len() as f64,
                Some(w) => {
                    let w = &w[from..from + rows.len()];
                    rows.iter().zip(w).map(|(v, w)| v * w).sum::<f64>() / w.iter().sum::<f64>()
                }
            };
            rows.iter_mut().for_each(|v| *v -= mean);
            return;
        }
        // The level's own equations are diagonal, with the level's code equal to the group's number.
        let width = self.head.width();
        let level = self.head.codes[from] as usize;
        let diagonal = &self.head.diagonal[level * width..(level + 1) * width];
        let weights = self.weights.as_deref();
        for j in 0..width {
            let value = |k: usize| match (self.head.intercept, j) {
                (true, 0) => 1.0,
                (true, j) => self.head.slopes[j - 1][from + k],
                (false, j) => self.head.slopes[j][from + k],
            };
            let product: f64 =
                rows.iter().enumerate().map(|(k, v)| v * value(k) * weights.map_or(1.0, |w| w[from + k])).sum();
            coefficients[j] = if diagonal[j] > 0.0 { product / diagonal[j] } else { 0.0 };
            rows.iter_mut().enumerate().for_each(|(k, v)| *v -= coefficients[j] * value(k));
        }
    }

    fn norm(&self, v: &[f64]) -> f64 {
        weighted_dot(v, v, self.weights.as_deref()).sqrt()
    }

    /// The largest (weighted) group mean of a residual over all effects, relative to the root mean square of the column
    /// that went in: the normal equations, recomputed.
    fn largest_mean(&self, v: &[f64], norm_before: f64) -> f64 {
        let weights = self.weights.as_deref();
        let total = weights.map_or(v.len() as f64, |w| w.iter().sum());
        let scale = norm_before / total.sqrt();
        if scale == 0.0 {
            return 0.0;
        }
        let terms = std::iter::once(&self.head).chain(&self.others);
        let largest = terms.map(|term| {
            let mut sums = vec![0.0; term.diagonal.len()];
            term.add_products(v, 0, weights, &mut sums);
            // For an intercept the mean; for an orthonormal slope its coefficient per root of the average weight.
            let per_row = (total / v.len() as f64).sqrt();
            sums.iter()
                .zip(&term.diagonal)
                .map(|(s, &d)| if d > 0.0 { s.abs() / d.max(per_row) } else { 0.0 })
                .fold(0.0, f64::max)
        });
        largest.fold(0.0, f64::max) / scale
    }

    /// The second engine, built when it is first needed.
    ///
    /// It is built on a thread of its own: a worker that waited inside the pool could pick up another column that waits
    /// for the same engine.
    fn schwarz(&self) -> Result<&Schwarz, AbsorbError> {
        let build = || Schwarz::new(&self.effects);
        let built = self.schwarz.get_or_init(|| {
            std::thread::scope(|scope| scope.spawn(build).join()).unwrap_or_else(|_| {
                Err(AbsorbError::SetUp { effects: self.effects.names(), reason: "the solver stopped".to_string() })
            })
        });
        built.as_ref().map_err(Clone::clone)
    }

    /// Accepts a converged column or says by how much it failed.
    fn accept(
        &self,
        iterations: usize,
        residual: f64,
        switched_after: Option<usize>,
    ) -> Result<Absorption, AbsorbError> {
        if residual.is_nan() || residual > LARGEST_MEAN {
            return Err(AbsorbError::NotConverged { effects: self.effects.names(), iterations, residual });
        }
        Ok(Absorption { convergence: Convergence { iterations, residual, converged: true }, switched_after })
    }
}

impl Absorber for Projections {
    fn absorb_all(&self, columns: &mut [&mut [f64]]) -> Result<Vec<Absorption>, AbsorbError> {
        let expected = self.effects.n_rows();
        if let Some(column) = columns.iter().find(|column| column.len() != expected) {
            return Err(AbsorbError::LengthDiffers { rows: column.len(), expected });
        }
        let outcomes: Vec<(Outcome, f64)> = columns.par_iter_mut().map(|column| self.project(column)).collect();
        // A stalled residual is a better start than the column: only what is left has to be found.
        let is_stalled = |outcome: &Outcome| matches!(outcome, Outcome::Stalled(_));
        let mut stalled: Vec<&mut [f64]> = columns
            .iter_mut()
            .zip(&outcomes)
            .filter(|(_, (outcome, _))| is_stalled(outcome))
            .map(|(column, _)| &mut **column)
            .collect();
        let mut finished =
            if stalled.is_empty() { Vec::new() } else { self.schwarz()?.absorb_all(&mut stalled)? }.into_iter();
        outcomes
            .into_iter()
            .map(|(outcome, residual)| match outcome {
                Outcome::Converged(n) => self.accept(n, residual, None),
                Outcome::Stalled(n) => {
                    let done = finished.next().ok_or(AbsorbError::NoColumn)?.convergence;
                    self.accept(n + done.iterations, done.residual, Some(n))
                }
            })
            .collect()
    }

    fn degrees(&self) -> &AbsorbedDegrees {
        &self.degrees
    }
}

/// Whether to stop after these decreases of the squared error.
fn judge(decreases: &[f64], goal: f64, n_rows: usize) -> Option<Outcome> {
    let done = decreases.len();
    let window = (done / 4).max(4);
    if done < window {
        return None;
    }
    let error = decreases[done - window..].iter().sum::<f64>().sqrt();
    if error <= goal {
        return Some(Outcome::Converged(done));
    }
    if done >= MAX_ITERATIONS {
        return Some(Outcome::Stalled(done));
    }
    let look = n_rows >= SMALL_SAMPLE && done >= FIRST_LOOK && done.is_multiple_of(10);
    let first = decreases.iter().sum::<f64>().sqrt();
    let predicted = done as f64 * (first / goal).ln() / (first / error).ln().max(1e-3);
    (look && predicted > TOO_MANY).then_some(Outcome::Stalled(done))
}

/// Group boundaries of codes, and the rows in the order of the codes (stable), or `None` if they are in order.
fn sort_by_code(codes: &[u32], n_levels: usize) -> (Vec<u32>, Option<Vec<u32>>) {
    let mut starts = vec![0u32; n_levels + 1];
    for &code in codes {
        starts[code as usize + 1] += 1;
    }
    for level in 0..n_levels {
        starts[level + 1] += starts[level];
    }
    if codes.is_sorted() {
        return (starts, None);
    }
    let mut next = starts.clone();
    let mut order = vec![0u32; codes.len()];
    for (row, &code) in codes.iter().enumerate() {
        let slot = &mut next[code as usize];
        order[*slot as usize] = row as u32;
        *slot += 1;
    }
    (starts, Some(order))
}
