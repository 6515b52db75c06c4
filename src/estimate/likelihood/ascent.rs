//! Fisher's scoring: one weighted regression after another, each net of the effects.
//!
//! The working residual `r` and the regressors are projected off the effects by conjugate gradients, and the index moves by
//! `r - (M r - X̃ d)`: what regressors and effects explain of the residual. The index therefore stays in their span whatever
//! the projections' errors, and only the gradient decides where the search ends; early steps project loosely, and the
//! regressors' projections start from those of the step before. Steps that lower the likelihood are halved.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::problem::{Point, Problem};
use super::record::Optimisation;
use super::sweep::Sweep;
use crate::absorb::AbsorbError;
use crate::estimate::working::{COLLINEAR, ROUNDING, mean};
use crate::linalg::{Pivots, cross_products, solve_least_squares, solve_products, squares_about, sum, weighted_dot};

/// Most steps.
const MOST: usize = 200;

/// Most halvings of a step.
const HALVINGS: usize = 40;

/// How far, in standard errors, a further step may move the coefficients at the end.
const CLOSE: f64 = 1e-8;

/// Root mean square of the last step in units of the index, which bounds how far the information is that of the end.
const SMALL_STEP: f64 = 1e-5;

/// Root mean square of a step at which most rows have settled.
const SETTLING: f64 = 1e-2;

/// Error of a projected regressor relative to its norm: at the end, and at most.
const FINE: f64 = 1e-10;
const COARSE: f64 = 1e-3;

/// Rows that are not worth a thread of their own.
const SHORT: usize = 1 << 12;

/// Why the search ended without a maximum.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Lost {
    Absorb(AbsorbError),
    /// The cross products of the regressors that are left cannot be factorised.
    Singular {
        terms: Vec<usize>,
    },
    /// Steps, and the last one in units of the index.
    NotConverged {
        iterations: usize,
        step: f64,
        /// The last step that moved rows at a boundary by far more than the others.
        flight: Option<Vec<f64>>,
    },
}

impl From<AbsorbError> for Lost {
    fn from(error: AbsorbError) -> Lost {
        Lost::Absorb(error)
    }
}

/// Why a regressor was left out.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Gone {
    /// Effects or constant explain it.
    Swept(usize),
    /// Regressors before it do.
    Explained(usize, Vec<usize>),
}

/// Where the search ended.
pub(super) struct Summit {
    pub(super) point: Point,
    /// Coefficients of the regressors that were kept.
    pub(super) coefficients: DVector<f64>,
    /// Positions of these.
    pub(super) kept: Vec<usize>,
    pub(super) gone: Vec<Gone>,
    /// The kept regressors net of effects or constant under the last weights.
    pub(super) net: Vec<Vec<f64>>,
    /// Inverse information of the coefficients.
    pub(super) inverse: DMatrix<f64>,
    pub(super) optimisation: Optimisation,
    /// How far the coefficients may be from the maximum, in standard errors.
    pub(super) error: f64,
    /// The last step that moved rows at a boundary by far more than the others: they may be separated.
    pub(super) flight: Option<Vec<f64>>,
}

/// The regressors on the way up.
struct Regressors {
    /// Those that are left, net of effects or constant.
    net: Vec<Vec<f64>>,
    kept: Vec<usize>,
    gone: Vec<Gone>,
    /// Sums of squares about mean and zero of each as it came, under the first weights.
    own: Vec<(f64, f64)>,
    /// Norms of the net columns when they were last projected.
    norms: Vec<f64>,
}

/// How exactly a step projects.
struct Precision {
    /// Error of the residual, as a norm.
    residual: f64,
    /// Error of a regressor, relative to its norm.
    regressors: f64,
    /// Whether errors are recomputed: for the choice of regressors, and at the end.
    is_checked: bool,
}

/// Maximises the likelihood; `columns` are the regressors and `start` an index in the order of the sweep.
pub(super) fn climb(
    problem: &Problem,
    sweep: &mut Sweep,
    columns: Vec<Vec<f64>>,
    start: Option<Vec<f64>>,
) -> Result<Summit, Lost> {
    let mut point = problem.at(start.unwrap_or_else(|| problem.start()));
    // Room for the next point and for the working residual: allocated once, for pages of new blocks cost as much as sums.
    let mut next = Point::on(vec![0.0; point.index.len()]);
    let mut left = vec![0.0; point.index.len()];
    let mut regressors = Regressors::new(columns, sweep, &point);
    let mut coefficients = DVector::zeros(0);
    let mut done = Optimisation {
        algorithm: match sweep {
            Sweep::Effects(_) => "Fisher scoring, effects absorbed by conjugate gradients".into(),
            _ => "Fisher scoring".into(),
        },
        start: f64::NAN,
        end: f64::NAN,
        iterations: 0,
        halvings: 0,
        absorptions: 0,
        gradient_norm: f64::NAN,
        condition_number: f64::NAN,
    };
    // What the coming step is expected to be, in units of the index.
    let (mut before, mut flight) = (1.0, None);
    let (mut expected, mut fine): (f64, f64) = (1.0, COLLINEAR.sqrt() * 0.1);
    loop {
        let is_first = done.iterations == 0;
        done.iterations += 1;
        sweep.weigh(&point.weights);
        let total = sum(&point.weights);
        left.copy_from_slice(&point.residuals);
        if is_first {
            // The start is not in the span: the first regression is that of the whole index.
            add_index(&mut left, &point.index, problem.offset.as_deref());
        }
        let precision = Precision {
            residual: total.sqrt() * (0.3 * expected * expected).clamp(1e-9, 1e-3),
            regressors: fine,
            is_checked: is_first || fine <= FINE,
        };
        done.absorptions += regressors.sweep(sweep, &mut left, &precision)?;
        if is_first {
            regressors.choose(&point.weights, sweep);
        }
        let (step_coefficients, inverse) = regressors.solve(&mut left, &point.weights)?;
        let step = subtract_from(&point.residuals, &mut left);
        let norm = |column: &[f64]| weighted_dot(column, column, Some(&point.weights));
        let (of_step, of_residuals) = rayon::join(|| norm(step), || norm(&point.residuals));
        let length = (of_step / total).sqrt();
        let deviation = (of_residuals / step.len() as f64).sqrt();
        let base = if is_first { None } else { Some(point.log_likelihood) };
        let moved = advance(problem, (&point, &mut next), step, base, length);
        let (share, halvings) = moved.ok_or_else(|| Lost::NotConverged {
            iterations: done.iterations,
            step: length,
            flight: flight.take(),
        })?;
        done.halvings += halvings;
        if is_first {
            coefficients = step_coefficients * share;
            done.start = next.log_likelihood;
            expected = 1.0;
            fine = COARSE;
        } else {
            coefficients += step_coefficients * share;
        }
        std::mem::swap(&mut point, &mut next);
        // Steps of the expected information shrink as those before them did, of the observed one with their square.
        let rate = if problem.family.is_newton() { length } else { length / before };
        let shrinks = if is_first || halvings > 0 { 1.0 } else { rate.max(precision.regressors).min(1.0) };
        before = length;
        if !is_first && length <= SETTLING && problem.flees(step) {
            flight = Some(step.to_vec());
        }
        let error = length * total.sqrt() / deviation.max(f64::MIN_POSITIVE) * shrinks;
        let is_fine = regressors.kept.is_empty() || precision.regressors <= FINE;
        if !is_first && halvings == 0 && error <= CLOSE && length <= SMALL_STEP && is_fine {
            return Ok(Summit { flight, ..regressors.end(point, coefficients, inverse, (done, error)) });
        }
        if done.iterations >= MOST {
            return Err(Lost::NotConverged { iterations: done.iterations, step: length, flight });
        }
        if !is_first {
            expected = (length * shrinks).min(1.0);
            fine = if expected <= 1e-3 { FINE } else { expected.clamp(FINE, COARSE) };
        }
    }
}

/// Moves the index by a step into the next point, halved until the likelihood rises; the share of the step, and the halvings.
fn advance(
    problem: &Problem,
    (from, next): (&Point, &mut Point),
    step: &[f64],
    base: Option<f64>,
    length: f64,
) -> Option<(f64, usize)> {
    if !length.is_finite() {
        return None;
    }
    let mut share = 1.0;
    for halvings in 0..HALVINGS {
        let rows = next.index.par_iter_mut().zip(&from.index).zip(step).with_min_len(SHORT);
        match (base, &problem.offset) {
            (Some(_), _) => rows.for_each(|((to, a), b)| *to = a + share * b),
            // The start is not in the span of the regressors: the first step is shortened towards an index of zero.
            (None, None) => rows.for_each(|((to, a), b)| *to = (a + b) * share),
            (None, Some(offset)) => {
                rows.zip(offset).for_each(|(((to, a), b), o)| *to = o + (a + b - o) * share);
            }
        }
        problem.renew(next);
        let rounding = 1e-12 * (from.log_likelihood.abs() + step.len() as f64);
        let rises = base.is_none_or(|base| next.log_likelihood >= base - rounding || length * share < 1e-9);
        let all_finite = || next.weights.par_iter().with_min_len(SHORT).all(|w| w.is_finite());
        if rises && next.log_likelihood.is_finite() && all_finite() {
            return Some((share, halvings));
        }
        share *= 0.5;
    }
    None
}

impl Regressors {
    fn new(columns: Vec<Vec<f64>>, sweep: &Sweep, point: &Point) -> Regressors {
        let weights = Some(point.weights.as_slice());
        let about = |column: &Vec<f64>| {
            (squares_about(column, mean(column, weights), weights), weighted_dot(column, column, weights))
        };
        let own: Vec<(f64, f64)> = match sweep {
            Sweep::Nothing => columns.iter().map(|_| (0.0, 0.0)).collect(),
            _ => columns.par_iter().map(about).collect(),
        };
        let norms = own.iter().map(|(about_mean, _)| about_mean.sqrt()).collect();
        Regressors { kept: (0..columns.len()).collect(), net: columns, gone: Vec::new(), own, norms }
    }

    /// Projects the residual and the regressors; the iterations it took.
    fn sweep(&mut self, sweep: &mut Sweep, left: &mut [f64], precision: &Precision) -> Result<usize, AbsorbError> {
        let mut goals = vec![precision.residual];
        goals.extend(self.norms.iter().map(|norm| norm * precision.regressors));
        let mut columns: Vec<&mut [f64]> = vec![left];
        columns.extend(self.net.iter_mut().map(Vec::as_mut_slice));
        if precision.is_checked {
            sweep.sweep(&mut columns, &goals)
        } else {
            sweep.sweep_on_the_way(&mut columns, &goals)
        }
    }

    /// Leaves out regressors that effects, constant or the regressors before them explain.
    fn choose(&mut self, weights: &[f64], sweep: &Sweep) {
        let left = |j: usize| weighted_dot(&self.net[j], &self.net[j], Some(weights));
        let is_gone = |&j: &usize| {
            let (about_mean, about_zero) = self.own[j];
            match sweep {
                Sweep::Effects(_) => left(j) <= (COLLINEAR * about_mean).max(ROUNDING * about_zero),
                Sweep::Constant(_) => left(j) <= ROUNDING * about_zero,
                Sweep::Nothing => false,
            }
        };
        let (swept, open): (Vec<usize>, Vec<usize>) = (0..self.net.len()).partition(|j| is_gone(j));
        self.gone.extend(swept.into_iter().map(Gone::Swept));
        let views: Vec<&[f64]> = open.iter().map(|&j| self.net[j].as_slice()).collect();
        let pivots = Pivots::choose(&cross_products(&views, Some(weights)), COLLINEAR);
        for dependent in pivots.dependent {
            let of = dependent.of.iter().map(|&(position, _)| open[position]).collect();
            self.gone.push(Gone::Explained(open[dependent.column], of));
        }
        self.kept = pivots.kept.iter().map(|&position| open[position]).collect();
        let mut all: Vec<Option<Vec<f64>>> = std::mem::take(&mut self.net).into_iter().map(Some).collect();
        self.net = self.kept.iter().filter_map(|&j| all[j].take()).collect();
        self.norms = self.kept.iter().map(|&j| self.norms[j]).collect();
    }

    /// The regression of the projected residual on the projected regressors: coefficients and inverse cross products. Of the
    /// residual it leaves what the regressors do not explain.
    fn solve(&mut self, left: &mut [f64], weights: &[f64]) -> Result<(DVector<f64>, DMatrix<f64>), Lost> {
        let views: Vec<&[f64]> = std::iter::once(&*left).chain(self.net.iter().map(Vec::as_slice)).collect();
        let products = cross_products(&views, Some(weights));
        self.norms = (1..views.len()).map(|j| products[(j, j)].sqrt()).collect();
        if self.net.is_empty() {
            return Ok((DVector::zeros(0), DMatrix::zeros(0, 0)));
        }
        let views: Vec<&[f64]> = self.net.iter().map(Vec::as_slice).collect();
        if let Some(found) = solve_products(&products) {
            crate::linalg::subtract_fit(&views, &found.coefficients, left);
            return Ok((found.coefficients, found.inverse));
        }
        let found = solve_least_squares(&views, left, Some(weights));
        let found = found.ok_or_else(|| Lost::Singular { terms: self.kept.clone() })?;
        left.copy_from_slice(&found.residuals);
        Ok((found.coefficients, found.inverse))
    }

    fn end(
        self,
        point: Point,
        coefficients: DVector<f64>,
        inverse: DMatrix<f64>,
        (mut done, error): (Optimisation, f64),
    ) -> Summit {
        let score: Vec<f64> = point.residuals.par_iter().zip(&point.weights).map(|(r, w)| r * w).collect();
        let k = self.net.len();
        let gradient = DVector::from_fn(k, |j, _| crate::linalg::dot(&self.net[j], &score));
        let deviation = (crate::linalg::dot(&point.residuals, &score) / score.len() as f64).sqrt();
        done.gradient_norm = gradient.dot(&(&inverse * &gradient)).max(0.0).sqrt() / deviation;
        let root = |j: usize| inverse[(j, j)].sqrt();
        let scaled = DMatrix::from_fn(k, k, |i, j| inverse[(i, j)] / (root(i) * root(j)));
        // nalgebra has no eigenvalues of an empty matrix.
        done.condition_number = if k == 0 {
            1.0
        } else {
            let values = scaled.symmetric_eigenvalues();
            values.max() / values.min()
        };
        done.end = point.log_likelihood;
        let Regressors { net, kept, gone, .. } = self;
        Summit { point, coefficients, kept, gone, net, inverse, optimisation: done, error, flight: None }
    }
}

fn add_index(left: &mut [f64], index: &[f64], offset: Option<&[f64]>) {
    left.par_iter_mut().zip(index).with_min_len(SHORT).for_each(|(left, index)| *left += index);
    if let Some(offset) = offset {
        left.par_iter_mut().zip(offset).with_min_len(SHORT).for_each(|(left, offset)| *left -= offset);
    }
}

/// `from - values`, in the place of `values`.
fn subtract_from<'a>(from: &[f64], values: &'a mut [f64]) -> &'a [f64] {
    values.par_iter_mut().zip(from).with_min_len(SHORT).for_each(|(value, from)| *value = from - *value);
    values
}
