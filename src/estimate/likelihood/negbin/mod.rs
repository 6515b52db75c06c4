//! Negative binomials with absorbed effects: NB2 with variance `μ + μ²/θ` and NB1 with `μ (1 + δ)` (Cameron and Trivedi 1986).
//!
//! Coefficients given the second parameter by Fisher's scoring and the second parameter given the means by Newton's method alternate until
//! both settle. Errors rest on the joint observed information of the coefficients and the second parameter, effects concentrated out, as
//! fixest's do (R's MASS takes `θ` as known). With few rows per effect the second parameter is biased like any variance (Lancaster 2000).

mod excess;
mod signed;
mod size;

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};
use statrs::function::gamma::digamma;

use super::ascent::Summit;
use super::estimator::{Found, MaximumLikelihood, check_degrees, explain, with_constant};
use super::family::Family;
use super::problem::Problem;
use super::sweep::Sweep;
use crate::absorb::AbsorberCache;
use crate::design::DesignMatrix;
use crate::estimate::error::EstimateError;
use crate::estimate::estimator::{Estimate, Influence, Spread};

use excess::Excess;
pub(super) use excess::expected_information;
use size::Size;

/// Name of the size parameter of NB2, as fixest has it.
pub const THETA: &str = ".theta";

/// Name of the excess of NB1.
pub const DELTA: &str = ".delta";

/// Most alternations.
const ROUNDS: usize = 400;

/// Relative change of the second parameter at which the search ends.
const SETTLED: f64 = 1e-10;

/// The second parameter of a distribution.
trait Second {
    /// Its name among the coefficients.
    const NAME: &'static str;

    /// Whether errors of the coefficients are those of the last weighted regression: the second parameter is orthogonal to them.
    const IS_REGRESSION: bool;

    /// The family at a value.
    fn family(value: f64) -> Family;

    /// A first value by moments: sums of `(y-μ)² - y`, of `μ²` and of `μ`.
    fn by_moments(excess: f64, squares: f64, means: f64) -> f64;

    /// Whether the variance at a value is that of Poisson to rounding.
    fn is_poisson(value: f64) -> bool;

    /// The derivative of the log density.
    fn score(y: f64, mean: f64, value: f64) -> f64;

    /// The second derivative.
    fn curvature(y: f64, mean: f64, value: f64) -> f64;

    /// The joint information at a maximum.
    fn joint(
        design: &DesignMatrix,
        problem: &Problem,
        of: (&mut Sweep, f64),
        summit: &Summit,
    ) -> Result<Joint, EstimateError>;
}

/// The joint observed information of coefficients and second parameter, effects or constant concentrated out.
struct Joint {
    /// Scores of the rows in the order of the sample, of the constant if there is one, the regressors and the second parameter.
    scores: Vec<Arc<Vec<f64>>>,
    /// Of the regressors and the second parameter.
    inverse: DMatrix<f64>,
    /// Total weight, and means of regressors and of the second parameter's column, where there is a constant.
    centre: Option<(f64, Vec<f64>)>,
}

/// Fits the model; NB1 has effects.
pub(super) fn fit(
    model: &MaximumLikelihood,
    design: &DesignMatrix,
    (sweep, cache): (&mut Sweep, &AbsorberCache),
) -> Result<Estimate, EstimateError> {
    match model.family {
        Family::LinearNegativeBinomial { .. } => fit_with::<Excess>(model, design, (sweep, cache)),
        _ => fit_with::<Size>(model, design, (sweep, cache)),
    }
}

fn fit_with<P: Second>(
    model: &MaximumLikelihood,
    design: &DesignMatrix,
    (sweep, cache): (&mut Sweep, &AbsorberCache),
) -> Result<Estimate, EstimateError> {
    let (problem, summit, value) = settle::<P>(model, design, sweep)?;
    let notes = explain(&summit, design, cache)?;
    let joint = P::joint(design, &problem, (sweep, value), &summit)?;
    let null = null::<P>(&problem, value);
    let family = P::family(value);
    let mut estimate = Found { family, design, problem, sweep, summit }.estimate(notes);
    let k = estimate.terms.len();
    let slopes = estimate.coefficients.rows(usize::from(design.intercept), k - usize::from(design.intercept));
    let slopes: DVector<f64> = slopes.into_owned().push(value);
    let (coefficients, bread, inverse) = match &joint.centre {
        None => (slopes, joint.inverse.clone(), joint.inverse),
        Some((total, means)) => with_constant((*total, means), estimate.coefficients[0], (slopes, joint.inverse)),
    };
    estimate.coefficients = coefficients;
    estimate.terms.push(P::NAME.to_string());
    let ones = vec![1.0; design.n_rows()];
    estimate.spread = Spread::Influence(Influence { columns: joint.scores, residuals: ones.into(), bread, inverse });
    if let Some(index) = &mut estimate.index {
        index.is_regression = P::IS_REGRESSION;
    }
    if let Some(likelihood) = &mut estimate.likelihood {
        likelihood.n_ancillary = 1;
        likelihood.null_log_likelihood = null;
        likelihood.pseudo_r_squared = Some(1.0 - likelihood.log_likelihood / null).filter(|p| p.is_finite());
    }
    check_degrees(estimate, design)
}

/// Alternates until both settle.
fn settle<P: Second>(
    model: &MaximumLikelihood,
    design: &DesignMatrix,
    sweep: &mut Sweep,
) -> Result<(Problem, Summit, f64), EstimateError> {
    let poisson = MaximumLikelihood { family: Family::Poisson, ..*model };
    let (problem, mut summit) = poisson.maximise(design, sweep, None)?;
    let mut value = start::<P>(&problem, &summit.point.index)?;
    for _ in 0..ROUNDS {
        let given = MaximumLikelihood { family: P::family(value), ..*model };
        let problem;
        (problem, summit) = given.maximise(design, sweep, Some(summit.point.index))?;
        let next = improve::<P>(&problem, &summit.point.index, value)?;
        if (next / value - 1.0).abs() <= SETTLED {
            return Ok((problem, summit, value));
        }
        value = next;
    }
    Err(EstimateError::SecondNotSettled { parameter: P::NAME, value })
}

/// A first value by moments.
///
/// # Errors
/// [`EstimateError::NoOverdispersion`] if the variance is not larger than Poisson's: the likelihood then has no maximum.
fn start<P: Second>(problem: &Problem, index: &[f64]) -> Result<f64, EstimateError> {
    let excess = problem.sum(index, |y, eta| (y - eta.exp()).powi(2) - y);
    let squares = problem.sum(index, |_, eta| (2.0 * eta).exp());
    let means = problem.sum(index, |_, eta| eta.exp());
    if excess <= 0.0 {
        return Err(EstimateError::NoOverdispersion);
    }
    Ok(P::by_moments(excess, squares, means).clamp(1e-3, 1e4))
}

/// Newton's method on the logarithm of the second parameter, from a value, given the means.
fn improve<P: Second>(problem: &Problem, index: &[f64], start: f64) -> Result<f64, EstimateError> {
    let mut value = start;
    for _ in 0..100 {
        let gradient = value * problem.sum(index, |y, eta| P::score(y, eta.exp(), value));
        let curvature = value * value * problem.sum(index, |y, eta| P::curvature(y, eta.exp(), value)) + gradient;
        // Where the likelihood is not concave the gradient alone says where to go.
        let step = if curvature < 0.0 { -gradient / curvature } else { gradient.signum() };
        value *= step.clamp(-1.5, 1.5).exp();
        if P::is_poisson(value) {
            return Err(EstimateError::NoOverdispersion);
        }
        if step.abs() <= 1e-12 || step.is_nan() {
            break;
        }
    }
    Ok(value)
}

/// The log likelihood of a constant alone with a second parameter of its own.
fn null<P: Second>(problem: &Problem, start: f64) -> f64 {
    let mut value = start;
    let at = |value: f64| Problem { family: P::family(value), ..problem.clone() };
    for _ in 0..ROUNDS {
        let given = at(value);
        let Ok(next) = improve::<P>(&given, &given.null_index(), value) else { return f64::NAN };
        let change = (next / value - 1.0).abs();
        value = next;
        if change <= SETTLED {
            break;
        }
    }
    let given = at(value);
    let index = given.null_index();
    given.at(index.clone()).log_likelihood + given.sum(&index, |y, _| given.family.constant(y))
}

/// `ψ(θ+y) - ψ(θ)`: a sum for whole numbers, which loses nothing where `θ` is large.
pub(super) fn digamma_gap(y: f64, theta: f64) -> f64 {
    if y <= 40.0 {
        (0..y as usize).map(|k| 1.0 / (theta + k as f64)).sum()
    } else {
        digamma(y + theta) - digamma(theta)
    }
}

/// `ψ'(θ) - ψ'(θ+y)`, positive.
pub(super) fn trigamma_gap(y: f64, theta: f64) -> f64 {
    if y <= 1000.0 {
        return (0..y as usize).map(|k| (theta + k as f64).powi(-2)).sum();
    }
    trigamma(theta) - trigamma(theta + y)
}

/// `ψ'(x)`, by recurrence and the asymptotic series (Abramowitz and Stegun 6.4.12).
fn trigamma(mut x: f64) -> f64 {
    let mut sum = 0.0;
    while x < 12.0 {
        sum += x.powi(-2);
        x += 1.0;
    }
    let z = x.powi(-2);
    let series = z * (1.0 / 6.0 - z * (1.0 / 30.0 - z * (1.0 / 42.0 - z * (1.0 / 30.0 - z * 5.0 / 66.0))));
    sum + 1.0 / x + 0.5 * z + series / x
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Derivatives of the log density in the second parameter.
    fn check<P: Second>(cases: &[(f64, f64, f64)]) {
        let log = |y: f64, mean: f64, value: f64| {
            let family = P::family(value);
            family.density(y, mean.ln()).log + family.constant(y)
        };
        for &(y, mean, value) in cases {
            let h = 1e-4 * value;
            let slope = (log(y, mean, value + h) - log(y, mean, value - h)) / (2.0 * h);
            assert!((slope - P::score(y, mean, value)).abs() < 1e-5 * (1.0 + slope.abs()), "{} {y} {value}", P::NAME);
            let bend = (P::score(y, mean, value + h) - P::score(y, mean, value - h)) / (2.0 * h);
            let found = P::curvature(y, mean, value);
            assert!((bend - found).abs() < 1e-5 * (1.0 + bend.abs()), "{} {y} {value}: {found} {bend}", P::NAME);
        }
    }

    #[test]
    fn derivatives_agree_with_differences() {
        check::<Size>(&[(0.0, 1.3, 0.7), (3.0, 2.0, 4.0), (60.0, 45.0, 2.5), (2000.0, 1500.0, 1.1)]);
        check::<Excess>(&[(0.0, 1.3, 0.7), (3.0, 2.0, 4.0), (60.0, 45.0, 2.5), (9.0, 0.2, 12.0)]);
        assert!((trigamma(1.0) - std::f64::consts::PI.powi(2) / 6.0).abs() < 1e-14);
    }
}
