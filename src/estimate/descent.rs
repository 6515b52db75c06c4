//! Minima: of functions of one parameter by golden sections (Kiefer 1953), of smooth functions of a few parameters by BFGS with Armijo's rule (Nocedal and Wright 2006, algorithms 3.1 and 6.1).

use nalgebra::{DMatrix, DVector};

/// Most rounds of the search.
const MOST_ROUNDS: usize = 200;

/// Length of the gradient in the metric of the first inverse Hessian at which the search ends, where the function is of
/// the order of one.
const FLAT: f64 = 1e-10;

/// The least value between two points, which has no other dip between them, to `narrow` times one and the point.
///
/// # Errors
/// Those of the function.
pub(crate) fn golden_section<E>(
    (mut low, mut high): (f64, f64),
    narrow: f64,
    function: impl Fn(f64) -> Result<f64, E>,
) -> Result<f64, E> {
    let ratio = (5.0f64.sqrt() - 1.0) / 2.0;
    let (mut a, mut b) = (high - ratio * (high - low), low + ratio * (high - low));
    let (mut at_a, mut at_b) = (function(a)?, function(b)?);
    while high - low > narrow * (1.0 + low.abs()) {
        if at_a > at_b {
            (low, a, at_a) = (a, b, at_b);
            b = low + ratio * (high - low);
            at_b = function(b)?;
        } else {
            (high, b, at_b) = (b, a, at_a);
            a = high - ratio * (high - low);
            at_a = function(a)?;
        }
    }
    Ok(0.5 * (low + high))
}

/// Where a search ended.
pub(crate) struct Descended {
    /// The parameters.
    pub(crate) at: DVector<f64>,
    /// The gradient there.
    pub(crate) gradient: DVector<f64>,
    /// Rounds made.
    pub(crate) rounds: usize,
    /// Whether it is a minimum.
    pub(crate) settled: bool,
}

/// Searches from `start`; `metric` is an inverse Hessian there, or close to it. An error at a trial point shortens the
/// step.
///
/// # Errors
/// Those of the function at `start`.
pub(crate) fn descend<E>(
    start: DVector<f64>,
    metric: &DMatrix<f64>,
    function: impl Fn(&DVector<f64>) -> Result<(f64, DVector<f64>), E>,
) -> Result<Descended, E> {
    let (mut value, mut gradient) = function(&start)?;
    let (mut at, mut hessian) = (start, metric.clone());
    let length = |gradient: &DVector<f64>| gradient.dot(&(metric * gradient)).max(0.0).sqrt();
    for rounds in 1..=MOST_ROUNDS {
        if length(&gradient) < FLAT {
            return Ok(Descended { at, gradient, rounds, settled: true });
        }
        let mut direction = -(&hessian * &gradient);
        if direction.dot(&gradient) >= 0.0 {
            hessian = metric.clone();
            direction = -(&hessian * &gradient);
        }
        let Some((next, next_value, next_gradient)) = step(&function, (&at, value, &gradient), &direction) else {
            // No step goes down in floating point: this is the minimum, or the gradient would be far from zero.
            let settled = length(&gradient) < FLAT.sqrt();
            return Ok(Descended { at, gradient, rounds, settled });
        };
        update(&mut hessian, &(&next - &at), &(&next_gradient - &gradient));
        (at, value, gradient) = (next, next_value, next_gradient);
    }
    Ok(Descended { at, gradient, rounds: MOST_ROUNDS, settled: false })
}

/// The BFGS update of an inverse Hessian.
fn update(hessian: &mut DMatrix<f64>, step: &DVector<f64>, change: &DVector<f64>) {
    let along = step.dot(change);
    if along <= 0.0 {
        return;
    }
    let k = step.len();
    let left = DMatrix::identity(k, k) - step * change.transpose() / along;
    *hessian = &left * &*hessian * left.transpose() + step * step.transpose() / along;
}

/// The first of ever shorter steps that goes down enough, with the function and its gradient there.
fn step<E>(
    function: impl Fn(&DVector<f64>) -> Result<(f64, DVector<f64>), E>,
    (at, value, gradient): (&DVector<f64>, f64, &DVector<f64>),
    direction: &DVector<f64>,
) -> Option<(DVector<f64>, f64, DVector<f64>)> {
    let slope = direction.dot(gradient);
    let mut length = 1.0;
    for _ in 0..40 {
        let next = at + direction * length;
        if let Ok((found, its_gradient)) = function(&next)
            && found <= value + 1e-4 * length * slope
            && found < value
        {
            return Some((next, found, its_gradient));
        }
        length *= 0.5;
    }
    None
}
