//! The size `θ` of NB2.

use std::sync::Arc;

use super::{Joint, Second, THETA, digamma_gap, trigamma_gap};
use crate::design::DesignMatrix;
use crate::estimate::error::EstimateError;
use crate::estimate::likelihood::ascent::Summit;
use crate::estimate::likelihood::family::Family;
use crate::estimate::likelihood::problem::Problem;
use crate::estimate::likelihood::sweep::Sweep;
use crate::linalg::{cross_products, weighted_dot};

/// Sizes beyond which the variance is that of Poisson to rounding.
const LARGEST: f64 = 1e8;

pub(super) struct Size;

impl Second for Size {
    const NAME: &'static str = THETA;
    const IS_REGRESSION: bool = true;

    fn family(theta: f64) -> Family {
        Family::NegativeBinomial { theta }
    }

    fn by_moments(excess: f64, squares: f64, _means: f64) -> f64 {
        squares / excess
    }

    fn is_poisson(theta: f64) -> bool {
        theta > LARGEST
    }

    fn score(y: f64, mean: f64, theta: f64) -> f64 {
        digamma_gap(y, theta) + (theta / (mean + theta)).ln() + (mean - y) / (mean + theta)
    }

    fn curvature(y: f64, mean: f64, theta: f64) -> f64 {
        let sum = mean + theta;
        -trigamma_gap(y, theta) + 1.0 / theta - 1.0 / sum - (mean - y) / (sum * sum)
    }

    /// `θ` is one more column `q = -(∂²l/∂η∂θ) / h` of the weighted regression, for the observed information `h` of the index.
    fn joint(
        design: &DesignMatrix,
        problem: &Problem,
        (sweep, theta): (&mut Sweep, f64),
        summit: &Summit,
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
        let own_curvature = -problem.sum(&summit.point.index, |y, eta| Self::curvature(y, eta.exp(), theta));
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
        let of_theta = rows().enumerate().map(|(i, (y, m))| Self::score(y, m, theta) - (q[i] - net[k][i]) * s[i]);
        scores.push(of_theta.collect());
        let scores = scores.into_iter().map(|column| Arc::new(sweep.restore(column))).collect();
        Ok(Joint { scores, inverse, centre })
    }
}
