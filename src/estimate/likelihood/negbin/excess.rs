//! The excess `δ` of NB1, whose size is `r = μ/δ`.

use std::sync::Arc;

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::signed::Signed;
use super::{DELTA, Joint, Second, digamma_gap, trigamma_gap};
use crate::design::DesignMatrix;
use crate::estimate::error::EstimateError;
use crate::estimate::likelihood::ascent::Summit;
use crate::estimate::likelihood::family::Family;
use crate::estimate::likelihood::problem::Problem;
use crate::estimate::likelihood::sweep::Sweep;
use crate::linalg::{dot, sum};

/// Excesses below which the variance is that of Poisson to rounding.
const SMALLEST: f64 = 1e-8;

/// Counts up to which the expected information is summed, and sizes from which it is that of the variance alone.
const SUMMED: usize = 32;
const LARGE: f64 = 30.0;

pub(super) struct Excess;

impl Second for Excess {
    const NAME: &'static str = DELTA;
    const IS_REGRESSION: bool = false;

    fn family(delta: f64) -> Family {
        Family::LinearNegativeBinomial { delta }
    }

    fn by_moments(excess: f64, _squares: f64, means: f64) -> f64 {
        excess / means
    }

    fn is_poisson(delta: f64) -> bool {
        delta < SMALLEST
    }

    fn score(y: f64, mean: f64, delta: f64) -> f64 {
        let size = mean / delta;
        -size / delta * (digamma_gap(y, size) - delta.ln_1p()) - size / (1.0 + delta) + y / (delta * (1.0 + delta))
    }

    fn curvature(y: f64, mean: f64, delta: f64) -> f64 {
        let (size, more) = (mean / delta, 1.0 + delta);
        let gap = digamma_gap(y, size) - delta.ln_1p();
        2.0 * size / (delta * delta) * gap - size / delta * (trigamma_gap(y, size) * size / delta - 1.0 / more)
            + size / (delta * more)
            + size / (more * more)
            - y * (1.0 + 2.0 * delta) / (delta * more).powi(2)
    }

    /// The observed information of a row's index may be negative, but that of each effect is not at a maximum: effects are concentrated
    /// out by their normal equations.
    fn joint(
        design: &DesignMatrix,
        _problem: &Problem,
        (sweep, delta): (&mut Sweep, f64),
        summit: &Summit,
    ) -> Result<Joint, EstimateError> {
        let index = sweep.restore(summit.point.index.clone());
        let (outcome, weights) = (&design.outcome.values, design.weight_values());
        let row = |i: usize| Row::at(outcome[i], index[i].exp(), delta);
        let rows: Vec<Row> = (0..index.len()).into_par_iter().map(row).collect();
        let weighed = |value: fn(&Row) -> f64| -> Vec<f64> {
            rows.iter().enumerate().map(|(i, row)| weights.map_or(1.0, |w| w[i]) * value(row)).collect()
        };
        let (h, c) = (weighed(|row| row.information), weighed(|row| row.cross));
        let singular = || EstimateError::Singular { terms: vec![DELTA.to_string()] };
        let signed = Signed::new(&design.absorbed, &h).ok_or_else(singular)?;
        let regressor = |&j: &usize| {
            let x = &design.regressors[j].values;
            let products: Vec<f64> = x.iter().zip(&h).map(|(x, h)| x * h).collect();
            let explained = signed.explain(&products)?;
            Some(x.iter().zip(explained).map(|(x, e)| x - e).collect::<Vec<f64>>())
        };
        let net: Option<Vec<Vec<f64>>> = summit.kept.par_iter().map(regressor).collect();
        let net = net.ok_or_else(singular)?;
        let explained = signed.explain(&c).ok_or_else(singular)?;
        let k = net.len();
        let left: Vec<f64> = c.iter().zip(&h).zip(&explained).map(|((c, h), e)| c - h * e).collect();
        let weighted: Vec<Vec<f64>> = net.iter().map(|x| x.iter().zip(&h).map(|(x, h)| x * h).collect()).collect();
        let mut information = DMatrix::from_fn(k + 1, k + 1, |i, j| match (i.min(j), i.max(j)) {
            (i, j) if j < k => dot(&weighted[i], &net[j]),
            (i, _) if i < k => dot(&net[i], &left),
            _ => 0.0,
        });
        information[(k, k)] = sum(&weighed(|row| -row.curvature)) - dot(&c, &explained);
        let inverse = information.cholesky().ok_or_else(singular)?.inverse();
        let of_regressor = |x: &Vec<f64>| x.iter().zip(&rows).map(|(x, row)| x * row.score).collect();
        let of_delta = rows.iter().zip(&explained).map(|(row, e)| row.score_delta - e * row.score).collect();
        let scores = net.iter().map(of_regressor).chain([of_delta]).map(Arc::new).collect();
        Ok(Joint { scores, inverse, centre: None })
    }
}

/// Derivatives of a row's log density in index and excess.
struct Row {
    score: f64,
    score_delta: f64,
    /// Minus the second derivative in the index, minus that in index and excess, and the second in the excess.
    information: f64,
    cross: f64,
    curvature: f64,
}

impl Row {
    fn at(y: f64, mean: f64, delta: f64) -> Row {
        let size = mean / delta;
        let (gap, fall) = (digamma_gap(y, size) - delta.ln_1p(), trigamma_gap(y, size));
        Row {
            score: size * gap,
            score_delta: Excess::score(y, mean, delta),
            information: size * size * fall - size * gap,
            cross: size / delta * gap - size * (fall * size / delta - 1.0 / (1.0 + delta)),
            curvature: Excess::curvature(y, mean, delta),
        }
    }
}

/// The expected information of the index, `r² Σ_k P(y > k) / (r + k)²`, nearly: the sum to a few counts, the rest as if sure. Only the way to the
/// maximum depends on it.
pub(in crate::estimate::likelihood) fn expected_information(mean: f64, delta: f64) -> f64 {
    let size = mean / delta;
    if size > LARGE {
        return mean / (1.0 + delta);
    }
    let share = delta / (1.0 + delta);
    let mut chance = (-size * delta.ln_1p()).exp();
    let (mut above, mut total) = (1.0 - chance, 0.0);
    for k in 0..SUMMED {
        let k = k as f64;
        total += above * (size / (size + k)).powi(2);
        chance *= (size + k) / (k + 1.0) * share;
        above = (above - chance).max(0.0);
    }
    total + above * size * size / (size + SUMMED as f64)
}
