//! The negative binomial with variance `μ + μ²/θ` (NB2; Cameron and Trivedi 1986), with absorbed effects.
//!
//! Coefficients given `θ` by Fisher's scoring and `θ` given the means by Newton's method alternate until both settle. Errors rest
//! on the joint observed information of the coefficients and `θ`, as fixest's do (R's MASS takes `θ` as known): with effects
//! concentrated out, `θ` is one more column `q` of the weighted regression, `q = -(∂²l/∂η∂θ) / h` for the observed information
//! `h` of the index. With few rows per effect `θ` is biased like any variance (Lancaster 2000).

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};
use statrs::function::gamma::digamma;

use super::estimator::{Found, MaximumLikelihood, check_degrees, explain, with_constant};
use super::family::Family;
use super::problem::Problem;
use super::sweep::Sweep;
use crate::absorb::AbsorberCache;
use crate::design::DesignMatrix;
use crate::estimate::error::EstimateError;
use crate::estimate::estimator::{Estimate, Influence, Spread};
use crate::linalg::{cross_products, weighted_dot};

/// Name of the size parameter, as fixest has it.
pub const THETA: &str = ".theta";

/// Most alternations.
const ROUNDS: usize = 200;

/// Relative change of `θ` at which the search ends.
const SETTLED: f64 = 1e-10;

/// Sizes beyond which the variance is that of Poisson to rounding.
const LARGEST: f64 = 1e8;

/// Fits the model.
pub(super) fn fit(
    model: &MaximumLikelihood,
    design: &DesignMatrix,
    (sweep, cache): (&mut Sweep, &AbsorberCache),
) -> Result<Estimate, EstimateError> {
    let poisson = MaximumLikelihood { family: Family::Poisson, ..*model };
    let (problem, mut summit) = poisson.maximise(design, sweep, None)?;
    let mut theta = Size::of(&problem, &summit.point.index).start()?;
    let mut settled = false;
    let mut problem = Problem { family: Family::NegativeBinomial { theta }, ..problem };
    for _ in 0..ROUNDS {
        let given = MaximumLikelihood { family: Family::NegativeBinomial { theta }, ..*model };
        (problem, summit) = given.maximise(design, sweep, Some(summit.point.index))?;
        let next = Size::of(&problem, &summit.point.index).improve(theta)?;
        let change = (next / theta - 1.0).abs();
        if change <= SETTLED {
            settled = true;
            break;
        }
        theta = next;
    }
    if !settled {
        return Err(EstimateError::ThetaNotSettled { theta });
    }
    let family = Family::NegativeBinomial { theta };
    let notes = explain(&summit, design, cache)?;
    let joint = Joint::of(design, &problem, (sweep, theta), &summit)?;
    let null = null(&problem, theta);
    let mut estimate = Found { family, design, problem, sweep, summit }.estimate(notes);
    let k = estimate.terms.len();
    let means = joint.centre.as_ref();
    let slopes = estimate.coefficients.rows(usize::from(design.intercept), k - usize::from(design.intercept));
    let slopes: DVector<f64> = slopes.into_owned().push(theta);
    let (coefficients, bread, inverse) = match means {
        None => (slopes, joint.inverse.clone(), joint.inverse),
        Some((total, means)) => with_constant((*total, means), estimate.coefficients[0], (slopes, joint.inverse)),
    };
    estimate.coefficients = coefficients;
    estimate.terms.push(THETA.to_string());
    let ones = vec![1.0; design.n_rows()];
    estimate.spread = Spread::Influence(Influence { columns: joint.scores, residuals: ones.into(), bread, inverse });
    if let Some(likelihood) = &mut estimate.likelihood {
        likelihood.n_ancillary = 1;
        likelihood.null_log_likelihood = null;
        likelihood.pseudo_r_squared = Some(1.0 - likelihood.log_likelihood / null).filter(|p| p.is_finite());
    }
    check_degrees(estimate, design)
}

/// The size given the means.
struct Size<'a> {
    problem: &'a Problem,
    index: &'a [f64],
}

impl<'a> Size<'a> {
    fn of(problem: &'a Problem, index: &'a [f64]) -> Size<'a> {
        Size { problem, index }
    }

    /// A first value by moments.
    ///
    /// # Errors
    /// [`EstimateError::NoOverdispersion`] if the variance is not larger than Poisson's: the likelihood then rises with `θ`.
    fn start(&self) -> Result<f64, EstimateError> {
        let excess = self.problem.sum(self.index, |y, eta| (y - eta.exp()).powi(2) - y);
        let squares = self.problem.sum(self.index, |_, eta| (2.0 * eta).exp());
        if excess <= 0.0 {
            return Err(EstimateError::NoOverdispersion);
        }
        Ok((squares / excess).clamp(1e-3, 1e4))
    }

    /// Newton's method on `ln θ`, from a value.
    fn improve(&self, start: f64) -> Result<f64, EstimateError> {
        let mut theta = start;
        for _ in 0..100 {
            let gradient = theta * self.problem.sum(self.index, |y, eta| score(y, eta.exp(), theta));
            let curvature =
                theta * theta * self.problem.sum(self.index, |y, eta| curvature(y, eta.exp(), theta)) + gradient;
            // Where the likelihood is not concave the gradient alone says where to go.
            let step = if curvature < 0.0 { -gradient / curvature } else { gradient.signum() };
            theta *= step.clamp(-1.5, 1.5).exp();
            if theta > LARGEST {
                return Err(EstimateError::NoOverdispersion);
            }
            if step.abs() <= 1e-12 || step.is_nan() {
                break;
            }
        }
        Ok(theta)
    }
}

/// `∂l/∂θ`.
fn score(y: f64, mean: f64, theta: f64) -> f64 {
    digamma_gap(y, theta) + (theta / (mean + theta)).ln() + (mean - y) / (mean + theta)
}

/// `∂²l/∂θ²`.
fn curvature(y: f64, mean: f64, theta: f64) -> f64 {
    let sum = mean + theta;
    -trigamma_gap(y, theta) + 1.0 / theta - 1.0 / sum - (mean - y) / (sum * sum)
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

/// The log likelihood of a constant alone with a size of its own.
fn null(problem: &Problem, start: f64) -> f64 {
    let mut theta = start;
    let at = |theta: f64| Problem { family: Family::NegativeBinomial { theta }, ..problem.clone() };
    for _ in 0..ROUNDS {
        let given = at(theta);
        let Ok(next) = Size::of(&given, &given.null_index()).improve(theta) else { return f64::NAN };
        let change = (next / theta - 1.0).abs();
        theta = next;
        if change <= SETTLED {
            break;
        }
    }
    let given = at(theta);
    let index = given.null_index();
    given.at(index.clone()).log_likelihood + given.sum(&index, |y, _| given.family.constant(y))
}

/// The joint observed information of coefficients and `θ`, effects or constant concentrated out.
struct Joint {
    /// Scores of the rows in the order of the sample, of the constant if there is one, the regressors and `θ`.
    scores: Vec<Arc<Vec<f64>>>,
    /// Of the regressors and `θ`.
    inverse: DMatrix<f64>,
    /// Total weight, and means of regressors and `q`, where there is a constant.
    centre: Option<(f64, Vec<f64>)>,
}

impl Joint {
    fn of(
        design: &DesignMatrix,
        problem: &Problem,
        (sweep, theta): (&mut Sweep, f64),
        summit: &super::ascent::Summit,
    ) -> Result<Joint, EstimateError> {
        let rows = || problem.outcome.iter().zip(&summit.point.index).map(|(&y, &eta)| (y, eta.exp()));
        let own = |i: usize| problem.weights.as_ref().map_or(1.0, |w| w[i]);
        let h: Vec<f64> = rows().map(|(y, m)| theta * m * (y + theta) / (m + theta).powi(2)).collect();
        let weights: Vec<f64> = h.iter().enumerate().map(|(i, h)| own(i) * h).collect();
        let q: Vec<f64> = rows().zip(&h).map(|((y, m), h)| -(y - m) * m / (m + theta).powi(2) / h).collect();
        sweep.weigh(&weights);
        let mut columns: Vec<Vec<f64>> =
            summit.kept.iter().map(|&j| sweep.arrange(&design.regressors[j].values)).collect();
        columns.push(q.clone());
        let views: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let centre = sweep.centre(&views);
        let norm = |column: &Vec<f64>| weighted_dot(column, column, Some(&weights)).sqrt();
        let goals: Vec<f64> = columns.iter().map(|column| 1e-11 * norm(column)).collect();
        let mut net = columns;
        let mut views: Vec<&mut [f64]> = net.iter_mut().map(Vec::as_mut_slice).collect();
        sweep.sweep(&mut views, &goals)?;
        let views: Vec<&[f64]> = net.iter().map(Vec::as_slice).collect();
        let mut information = cross_products(&views, Some(&weights));
        let k = summit.kept.len();
        let own_curvature = -problem.sum(&summit.point.index, |y, eta| curvature(y, eta.exp(), theta));
        information[(k, k)] += own_curvature - weighted_dot(&q, &q, Some(&weights));
        let singular = || EstimateError::Singular { terms: vec![THETA.to_string()] };
        let inverse = information.cholesky().ok_or_else(singular)?.inverse();
        let s: Vec<f64> = rows().map(|(y, m)| (y - m) * theta / (m + theta)).collect();
        let mut scores: Vec<Vec<f64>> = Vec::new();
        if centre.is_some() {
            scores.push(s.clone());
        }
        for column in &net[..k] {
            scores.push(column.iter().zip(&s).map(|(x, s)| x * s).collect());
        }
        let of_theta = rows().enumerate().map(|(i, (y, m))| score(y, m, theta) - (q[i] - net[k][i]) * s[i]);
        scores.push(of_theta.collect());
        let scores = scores.into_iter().map(|column| Arc::new(sweep.restore(column))).collect();
        Ok(Joint { scores, inverse, centre })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_in_theta_agree_with_differences() {
        let log = |y: f64, mean: f64, theta: f64| {
            let family = Family::NegativeBinomial { theta };
            family.density(y, mean.ln()).log + family.constant(y)
        };
        for (y, mean, theta) in [(0.0, 1.3, 0.7), (3.0, 2.0, 4.0), (60.0, 45.0, 2.5), (2000.0, 1500.0, 1.1)] {
            let h = 1e-4 * theta;
            let slope = (log(y, mean, theta + h) - log(y, mean, theta - h)) / (2.0 * h);
            assert!((slope - score(y, mean, theta)).abs() < 1e-5 * (1.0 + slope.abs()), "{y} {theta}");
            let bend = (score(y, mean, theta + h) - score(y, mean, theta - h)) / (2.0 * h);
            assert!((bend - curvature(y, mean, theta)).abs() < 1e-5 * (1.0 + bend.abs()), "{y} {theta}");
        }
        assert!((trigamma(1.0) - std::f64::consts::PI.powi(2) / 6.0).abs() < 1e-14);
    }
}
