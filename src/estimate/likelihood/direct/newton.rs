//! Newton's method with a line search, for likelihoods of few parameters that are no weighted regression.

use nalgebra::{DMatrix, DVector};

use super::super::record::Optimisation;

/// Most steps.
const MOST: usize = 200;

/// Most halvings of a step.
const HALVINGS: usize = 50;

/// How far, in standard errors, a further step may move the parameters at the end.
const CLOSE: f64 = 1e-8;

/// How far it may move the index of any row: where a parameter runs off to infinity, rows move on though the likelihood does not.
const STILL: f64 = 1e-4;

/// Share of the rise that a step promises which it must make.
const RISE: f64 = 1e-4;

/// A log likelihood at a point.
pub(super) struct Evaluation {
    pub(super) value: f64,
    pub(super) gradient: DVector<f64>,
    pub(super) hessian: DMatrix<f64>,
}

/// A log likelihood of a vector of parameters.
pub(super) trait Objective: Sync {
    /// Value and derivatives; not finite where there is no likelihood.
    fn at(&self, parameters: &DVector<f64>) -> Evaluation;

    /// The largest move of any row's index by a step.
    fn reach(&self, step: &DVector<f64>) -> f64;
}

/// A maximum.
pub(super) struct Peak {
    pub(super) parameters: DVector<f64>,
    pub(super) value: f64,
    /// Inverse of the observed information.
    pub(super) inverse: DMatrix<f64>,
    pub(super) optimisation: Optimisation,
}

/// The search did not end at a maximum: steps made, and the move of the rows by the last one.
pub(super) struct Lost {
    pub(super) iterations: usize,
    pub(super) step: f64,
}

/// Maximises.
pub(super) fn climb(objective: &dyn Objective, start: DVector<f64>) -> Result<Peak, Lost> {
    let mut at = start;
    let mut here = objective.at(&at);
    let (begin, mut halvings) = (here.value, 0);
    let mut moved = f64::NAN;
    for iterations in 1..=MOST {
        let lost = |step: f64| Lost { iterations, step };
        let direction = Direction::of(&here).ok_or_else(|| lost(moved))?;
        let gain = here.gradient.dot(&direction.step);
        moved = objective.reach(&direction.step);
        if let Some(inverse) = direction.inverse.as_ref().filter(|_| gain.max(0.0).sqrt() <= CLOSE && moved <= STILL) {
            let optimisation = Optimisation {
                algorithm: "Newton's method with a line search".into(),
                start: begin,
                end: here.value,
                iterations,
                halvings,
                absorptions: 0,
                gradient_norm: gain.max(0.0).sqrt(),
                condition_number: condition(inverse),
            };
            return Ok(Peak { parameters: at, value: here.value, inverse: inverse.clone(), optimisation });
        }
        let mut share = 1.0;
        let rounding = 1e-13 * (1.0 + here.value.abs());
        let mut found = None;
        for _ in 0..HALVINGS {
            let to = &at + &direction.step * share;
            let there = objective.at(&to);
            let is_finite = there.value.is_finite() && there.hessian.iter().all(|v| v.is_finite());
            if is_finite && there.value >= here.value + RISE * share * gain - rounding {
                found = Some((to, there));
                break;
            }
            share *= 0.5;
            halvings += 1;
        }
        (at, here) = found.ok_or_else(|| lost(moved))?;
    }
    Err(Lost { iterations: MOST, step: moved })
}

/// Where to go from a point.
struct Direction {
    step: DVector<f64>,
    /// The inverse information, where the likelihood is concave.
    inverse: Option<DMatrix<f64>>,
}

impl Direction {
    /// Newton's step, or where the likelihood is not concave that with the absolute values of its curvatures.
    fn of(here: &Evaluation) -> Option<Direction> {
        if !here.value.is_finite() || !here.hessian.iter().all(|v| v.is_finite()) {
            return None;
        }
        let information = -&here.hessian;
        if let Some(factor) = information.clone().cholesky() {
            let inverse = factor.inverse();
            return Some(Direction { step: &inverse * &here.gradient, inverse: Some(inverse) });
        }
        let eigen = information.symmetric_eigen();
        let largest = eigen.eigenvalues.amax();
        if largest <= 0.0 {
            return None;
        }
        let along = eigen.eigenvectors.tr_mul(&here.gradient);
        let scaled = along.zip_map(&eigen.eigenvalues, |g, value| g / value.abs().max(1e-6 * largest));
        Some(Direction { step: &eigen.eigenvectors * scaled, inverse: None })
    }
}

/// Condition number of an inverse information, scaled to a diagonal of ones.
fn condition(inverse: &DMatrix<f64>) -> f64 {
    let k = inverse.nrows();
    if k == 0 {
        return 1.0;
    }
    let root = |j: usize| inverse[(j, j)].sqrt();
    let values = DMatrix::from_fn(k, k, |i, j| inverse[(i, j)] / (root(i) * root(j))).symmetric_eigenvalues();
    values.max() / values.min()
}
