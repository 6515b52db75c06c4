//! Quasi-maximum likelihood of first differences (Hsiao, Pesaran and Tahmiscioglu 2002).
//!
//! `Δy_it = ρ Δy_{i,t-1} + β'Δx_it + Δu_it` for the second change of a unit on, and of the first
//! `Δy_i1 = c + Σ_s π_s'Δx_is + v_i1`, the projection on all changes of strictly exogenous regressors (their equation 3.6). The `T`
//! errors of a unit have covariance `σ² Ω`, tridiagonal with `ω, 2, 2, ...` on and `-1` beside the diagonal, `|Ω| = 1 + T(ω - 1)`
//! (equation 3.9). Given `ω` the coefficients are generalised least squares, for the system is triangular in the outcomes, and
//! `σ²` the mean square: the likelihood is searched along `ω` alone.
//!
//! The covariance is the sandwich of the scores of units and the Hessian in all parameters, which holds when errors are not normal.

use nalgebra::{DMatrix, DVector};

use super::super::descent::golden_section;
use super::corrected::Corrected;
use super::sequences::{Sequence, Sequences};
use super::variables::DynamicError;

/// Points at which the search along `ln(|Ω|)` starts, and the width at which golden sections end.
const GRID: usize = 60;
const NARROW: f64 = 1e-11;

/// Changes of a unit.
struct Changes {
    y: DVector<f64>,
    w: DMatrix<f64>,
}

impl Changes {
    /// The lagged change and the changes of other regressors from the second change on; in the first row the constant and all
    /// changes of these.
    fn of(unit: &Sequence) -> Changes {
        let changes = |values: &[f64]| values.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<f64>>();
        // The lag of the first row is the outcome before it.
        let mut levels = vec![unit.w[0][0]];
        levels.extend(&unit.y);
        let y = changes(&levels);
        let periods = y.len();
        let others: Vec<Vec<f64>> = unit.w[1..].iter().map(|column| changes(column)).collect();
        let k = 1 + others.len();
        let size = k + 1 + others.len() * (periods - 1);
        let w = DMatrix::from_fn(periods, size, |t, j| match (t, j) {
            (0, j) if j < k => 0.0,
            (0, j) if j == k => 1.0,
            (0, j) => others[(j - k - 1) / (periods - 1)][(j - k - 1) % (periods - 1)],
            (t, 0) => y[t - 1],
            (t, j) if j < k => others[j - 1][t - 1],
            _ => 0.0,
        });
        Changes { y: DVector::from_vec(y), w }
    }
}

/// The maximum for an `ω`.
struct Profile {
    omega: f64,
    inverse: DMatrix<f64>,
    coefficients: DVector<f64>,
    variance: f64,
    log_likelihood: f64,
}

/// `Ω`.
fn covariance(periods: usize, omega: f64) -> DMatrix<f64> {
    DMatrix::from_fn(periods, periods, |s, t| match (s, t) {
        (0, 0) => omega,
        (s, t) if s == t => 2.0,
        (s, t) if s.abs_diff(t) == 1 => -1.0,
        _ => 0.0,
    })
}

fn profile(units: &[Changes], omega: f64) -> Result<Profile, DynamicError> {
    let periods = units[0].y.len();
    let inverse = covariance(periods, omega).cholesky().ok_or(DynamicError::NotIdentified)?.inverse();
    let k = units[0].w.ncols();
    let (mut gram, mut against) = (DMatrix::zeros(k, k), DVector::zeros(k));
    for unit in units {
        let weighted = unit.w.tr_mul(&inverse);
        gram += &weighted * &unit.w;
        against += weighted * &unit.y;
    }
    let coefficients = gram.cholesky().ok_or(DynamicError::NotIdentified)?.solve(&against);
    let squares: f64 = units
        .iter()
        .map(|unit| {
            let e = &unit.y - &unit.w * &coefficients;
            e.dot(&(&inverse * &e))
        })
        .sum();
    let (n, t) = (units.len() as f64, periods as f64);
    let variance = squares / (n * t);
    let log_determinant = (1.0 + t * (omega - 1.0)).ln();
    let log_likelihood = -0.5 * n * (t * ((2.0 * std::f64::consts::PI * variance).ln() + 1.0) + log_determinant);
    Ok(Profile { omega, inverse, coefficients, variance, log_likelihood })
}

/// The best of a grid along `ln |Ω|`, then golden sections between its neighbours.
fn search(units: &[Changes]) -> Result<Profile, DynamicError> {
    let t = units[0].y.len() as f64;
    let at = |log: f64| profile(units, 1.0 + log.exp() / t);
    let point = |step: usize| -9.0 + 15.0 * step as f64 / GRID as f64;
    let mut best = (f64::NEG_INFINITY, 0);
    for step in 0..=GRID {
        let found = at(point(step))?.log_likelihood;
        if found > best.0 {
            best = (found, step);
        }
    }
    let bracket = (point(best.1.saturating_sub(1)), point((best.1 + 1).min(GRID)));
    at(golden_section(bracket, NARROW, |log| at(log).map(|found| -found.log_likelihood))?)
}

/// Scores of units (a column each) and the negative Hessian in coefficients, `ω` and `σ²`.
fn information(units: &[Changes], at: &Profile) -> (DMatrix<f64>, DMatrix<f64>) {
    let (t, k, s) = (at.inverse.nrows() as f64, at.coefficients.len(), at.variance);
    let determinant = 1.0 + t * (at.omega - 1.0);
    let first = at.inverse.row(0).transpose();
    let mut hessian = DMatrix::zeros(k + 2, k + 2);
    let mut scores = DMatrix::zeros(k + 2, units.len());
    for (unit, mut score) in units.iter().zip(scores.column_iter_mut()) {
        let e = &unit.y - &unit.w * &at.coefficients;
        let weighted = &at.inverse * &e;
        let along = unit.w.tr_mul(&weighted);
        let square = e.dot(&weighted);
        // ∂Ω^-1/∂ω = -c c', c the first column of Ω^-1.
        let q = weighted[0];
        let across = unit.w.tr_mul(&first);
        score.rows_mut(0, k).copy_from(&(&along / s));
        score[k] = 0.5 * (q * q / s - t / determinant);
        score[k + 1] = 0.5 * (square / s - t) / s;
        let mut block = hessian.view_mut((0, 0), (k, k));
        block += unit.w.tr_mul(&at.inverse) * &unit.w / s;
        for j in 0..k {
            hessian[(j, k)] += across[j] * q / s;
            hessian[(j, k + 1)] += along[j] / (s * s);
        }
        hessian[(k, k)] += q * q * first[0] / s - 0.5 * t * t / (determinant * determinant);
        hessian[(k, k + 1)] += 0.5 * q * q / (s * s);
        hessian[(k + 1, k + 1)] += square / s.powi(3) - 0.5 * t / (s * s);
    }
    hessian.fill_lower_triangle_with_upper_triangle();
    (scores, hessian)
}

/// The estimate, its sandwich, and the log-likelihood.
///
/// # Errors
/// [`DynamicError::Unequal`] if units have different numbers of periods, [`DynamicError::NotIdentified`] if regressors repeat each other.
pub(super) fn transformed_likelihood(sequences: &Sequences) -> Result<(Corrected, f64), DynamicError> {
    let lengths = || sequences.units.iter().map(|unit| unit.y.len());
    if let (Some(shortest), Some(longest)) = (lengths().min(), lengths().max())
        && shortest != longest
    {
        return Err(DynamicError::Unequal { shortest, longest });
    }
    let units: Vec<Changes> = sequences.units.iter().map(Changes::of).collect();
    let found = search(&units)?;
    let (scores, hessian) = information(&units, &found);
    let inverse = hessian.try_inverse().ok_or(DynamicError::NotIdentified)?;
    let all = &inverse * &scores * scores.transpose() * inverse.transpose();
    let k = sequences.terms.len();
    let corrected = Corrected {
        coefficients: found.coefficients.rows(0, k).into_owned(),
        covariance: all.view((0, 0), (k, k)).into_owned(),
        iterations: 0,
    };
    Ok((corrected, found.log_likelihood))
}
