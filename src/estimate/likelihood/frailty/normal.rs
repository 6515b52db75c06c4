//! Normal frailty by adaptive Gauss-Hermite quadrature.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::{Level, Units};

/// A unit's frailty given its rows, on the points of its quadrature.
struct Posterior {
    log_likelihood: f64,
    /// Frailties and their probabilities.
    points: Vec<(f64, f64)>,
}

/// The likelihood at coefficients and `ln σ` (the last).
pub(super) fn level(units: &Units<'_>, at: &DVector<f64>, rule: &[(f64, f64)]) -> Level {
    let p = at.len();
    let index = units.index(&at.as_slice()[..p - 1]);
    let sigma = at[p - 1].exp();
    let blocks: Vec<Level> = (0..units.n_units())
        .collect::<Vec<usize>>()
        .par_chunks(64)
        .map(|chunk| {
            let mut sum = Level { value: 0.0, gradient: DVector::zeros(p), hessian: DMatrix::zeros(p, p) };
            chunk.iter().for_each(|&unit| add_unit(units, unit, (&index, sigma, rule), &mut sum));
            sum
        })
        .collect();
    blocks.into_iter().fold(
        Level { value: 0.0, gradient: DVector::zeros(p), hessian: DMatrix::zeros(p, p) },
        |mut sum, block| {
            sum.value += block.value;
            sum.gradient += block.gradient;
            sum.hessian += block.hessian;
            sum
        },
    )
}

/// Adds a unit: its score is the expected score given its frailty, its second derivatives those expected plus the variance of the score.
fn add_unit(units: &Units<'_>, unit: usize, (index, sigma, rule): (&[f64], f64, &[(f64, f64)]), sum: &mut Level) {
    let p = sum.gradient.len();
    let posterior = posterior(units, unit, (index, sigma, rule));
    sum.value += posterior.log_likelihood;
    let members = units.members(unit);
    let mut mean = DVector::zeros(p);
    let mut scores: Vec<(f64, DVector<f64>)> = Vec::with_capacity(posterior.points.len());
    for &(u, weight) in &posterior.points {
        let mut score = DVector::zeros(p);
        for &row in members {
            let row = row as usize;
            let (y, eta) = (units.outcome[row], index[row] + sigma * u);
            let slope = units.family.density(y, eta).score;
            score.rows_mut(0, p - 1).axpy(slope, &units.columns.column(row), 1.0);
            score[p - 1] += slope * sigma * u;
        }
        mean.axpy(weight, &score, 1.0);
        scores.push((weight, score));
    }
    for &row in members {
        let row = row as usize;
        let (mut bend, mut cross, mut own) = (0.0, 0.0, 0.0);
        for &(u, weight) in &posterior.points {
            let (y, eta, moved) = (units.outcome[row], index[row] + sigma * u, sigma * u);
            let curvature = units.family.curvature(y, eta);
            bend += weight * curvature;
            cross += weight * curvature * moved;
            own += weight * (curvature * moved * moved + units.family.density(y, eta).score * moved);
        }
        let x = units.columns.column(row);
        let mut block = sum.hessian.view_mut((0, 0), (p - 1, p - 1));
        block.ger(bend, &x, &x, 1.0);
        for j in 0..p - 1 {
            sum.hessian[(j, p - 1)] += cross * x[j];
            sum.hessian[(p - 1, j)] += cross * x[j];
        }
        sum.hessian[(p - 1, p - 1)] += own;
    }
    for (weight, score) in &scores {
        let about = score - &mean;
        sum.hessian.ger(*weight, &about, &about, 1.0);
    }
    sum.gradient += mean;
}

/// Scores of every row: expected given its unit's frailty; they add up to those of the units. The last column is of `ln σ`.
pub(super) fn row_scores(units: &Units<'_>, at: &DVector<f64>, rule: &[(f64, f64)]) -> Vec<Vec<f64>> {
    let p = at.len();
    let index = units.index(&at.as_slice()[..p - 1]);
    let sigma = at[p - 1].exp();
    let mut out = vec![vec![0.0; index.len()]; p];
    for unit in 0..units.n_units() {
        let posterior = posterior(units, unit, (&index, sigma, rule));
        for &row in units.members(unit) {
            let row = row as usize;
            let (mut slope, mut spread) = (0.0, 0.0);
            for &(u, weight) in &posterior.points {
                let score = units.family.density(units.outcome[row], index[row] + sigma * u).score;
                slope += weight * score;
                spread += weight * score * sigma * u;
            }
            for (column, x) in out.iter_mut().zip(units.columns.column(row).iter()) {
                column[row] = slope * x;
            }
            out[p - 1][row] = spread;
        }
    }
    out
}

/// The index of every row at the mean of its unit's frailty.
pub(super) fn fitted(units: &Units<'_>, at: &DVector<f64>, rule: &[(f64, f64)]) -> Vec<f64> {
    let p = at.len();
    let mut index = units.index(&at.as_slice()[..p - 1]);
    let sigma = at[p - 1].exp();
    for unit in 0..units.n_units() {
        let posterior = posterior(units, unit, (&index, sigma, rule));
        let mean: f64 = posterior.points.iter().map(|(u, weight)| u * weight).sum();
        units.members(unit).iter().for_each(|&row| index[row as usize] += sigma * mean);
    }
    index
}

fn posterior(units: &Units<'_>, unit: usize, (index, sigma, rule): (&[f64], f64, &[(f64, f64)])) -> Posterior {
    let members = units.members(unit);
    let log = |u: f64| -> f64 {
        let rows: f64 = members
            .iter()
            .map(|&row| units.family.density(units.outcome[row as usize], index[row as usize] + sigma * u).log)
            .sum();
        rows - 0.5 * u * u
    };
    let (mode, curvature) = mode(units, members, (index, sigma), &log);
    let scale = (2.0 / curvature).sqrt();
    let terms: Vec<(f64, f64)> = rule
        .iter()
        .map(|&(z, log_weight)| {
            let u = mode + scale * z;
            (u, log_weight + log(u))
        })
        .collect();
    let largest = terms.iter().map(|term| term.1).fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = terms.iter().map(|term| (term.1 - largest).exp()).sum();
    let points = terms.iter().map(|&(u, log)| (u, (log - largest).exp() / total)).collect();
    let constant = 0.5 * (2.0 * std::f64::consts::PI).ln();
    Posterior { log_likelihood: largest + total.ln() + scale.ln() - constant, points }
}

/// The most likely frailty of a unit, and minus the second derivative of its log density there.
fn mode(units: &Units<'_>, members: &[u32], (index, sigma): (&[f64], f64), log: &impl Fn(f64) -> f64) -> (f64, f64) {
    let mut u = 0.0;
    let mut value = log(u);
    let mut curvature = 1.0;
    for _ in 0..60 {
        let (mut slope, mut bend) = (-u, -1.0);
        for &row in members {
            let (y, eta) = (units.outcome[row as usize], index[row as usize] + sigma * u);
            slope += sigma * units.family.density(y, eta).score;
            bend += sigma * sigma * units.family.curvature(y, eta).min(0.0);
        }
        curvature = -bend;
        let mut step = slope / curvature;
        if step.abs() <= 1e-12 * (1.0 + u.abs()) {
            break;
        }
        for _ in 0..40 {
            let next = log(u + step);
            if next >= value - 1e-14 * value.abs() {
                value = next;
                break;
            }
            step *= 0.5;
        }
        u += step;
    }
    (u, curvature)
}
