//! Errors of measurement in a regressor, the base year of a convergence regression above all: how the coefficient moves with them.
//!
//! The observed column is `x = x* + u`. Where the outcome is a change from the same base, the error is in it too: the observed outcome is
//! `y = y* + s u` (`s = -1` for `ln y_T - ln y_0` on `ln y_0`, `-1/T` per year). Each answer is about one regressor:
//!
//! - reliability `λ = Var x* / Var x` known: `b = (X'X - n σ²_u ι ι')^-1 (X'y - s n σ²_u ι)`, `σ²_u = (1 - λ) Var x`, on columns net of effects
//!   (Fuller 1987, section 2.2; with `s` as in Temple 1998). Its covariance is `A V A'` with `A = (X'X - n σ²_u ι ι')^-1 X'X` and `V` that of the
//!   model: `λ` counts as known.
//! - a standard deviation of `u` known: simulation extrapolation. Normal errors of variance `ζ σ²_u` are added, and the mean coefficients at
//!   `ζ = 0, 1/2, 1, 3/2, 2` are extrapolated to `ζ = -1` by a parabola (Cook and Stefanski 1994); so is the difference of the mean variance and the
//!   variance between draws (Stefanski and Cook 1995).
//! - intervals known, as of suppressed employment: `x` is drawn uniformly in them. The coefficient is the mean over draws, its variance
//!   that within draws and `1 + 1/B` times that between (Rubin 1987).

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::record::Inferred;
use crate::absorb::AbsorberCache;
use crate::design::{DesignMatrix, Variable};
use crate::estimate::{Estimate, EstimateError, Fit, ModelRequest, fit_design};
use crate::monte::streams::{Stream, Streams};

/// Multiples of the error variance that are added.
const MULTIPLES: [f64; 5] = [0.0, 0.5, 1.0, 1.5, 2.0];

/// What is known of the errors.
#[derive(Clone, Debug, PartialEq)]
pub enum KnownErrors {
    /// The share of the variance of the column that is not error.
    Reliability(f64),
    /// The standard deviation of the error.
    Deviation(f64),
    /// The least and the largest value of every row of the design.
    Intervals(Arc<Vec<f64>>, Arc<Vec<f64>>),
}

/// A question about one regressor.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasurementRequest {
    /// The regressor.
    pub term: String,
    /// `s`: what an error of one adds to the outcome.
    pub outcome: f64,
    /// What is known.
    pub errors: KnownErrors,
    /// Draws of a simulation.
    pub draws: usize,
    /// Their seed.
    pub seed: u64,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MeasurementError {
    /// The term is not there.
    #[error("`{0}` is no regressor with a coefficient: name one of the formula")]
    NoTerm(String),
    /// More error than variation.
    #[error(
        "errors of variance {variance:.4} leave nothing of `{term}` net of the other regressors and effects (variance {left:.4}): the reliability is too low"
    )]
    NothingLeft {
        /// The regressor.
        term: String,
        /// The variance of the error.
        variance: f64,
        /// What the other regressors and the effects leave.
        left: f64,
    },
    /// A model without the columns that this needs.
    #[error("errors of measurement are for least squares without weights and instruments")]
    NotLeastSquares,
    /// A simulated model without an estimate.
    #[error("a simulated model could not be estimated: {0}")]
    Simulated(String),
}

impl From<EstimateError> for MeasurementError {
    fn from(error: EstimateError) -> Self {
        MeasurementError::Simulated(error.to_string())
    }
}

/// The coefficient with errors of measurement taken out, or drawn.
///
/// # Errors
/// [`MeasurementError`].
pub fn with_errors_in(
    asked: &MeasurementRequest,
    request: &ModelRequest,
    design: &DesignMatrix,
    (fit, estimate): (&Fit, &Estimate),
    cache: &AbsorberCache,
) -> Result<Inferred, MeasurementError> {
    if !design.endogenous.is_empty() || design.weights.is_some() {
        return Err(MeasurementError::NotLeastSquares);
    }
    let missing = || MeasurementError::NoTerm(asked.term.clone());
    let place = fit.coefficients.iter().position(|c| c.term == asked.term).ok_or_else(missing)?;
    let column = design.regressors.iter().position(|variable| variable.name == asked.term).ok_or_else(missing)?;
    let simulation = Simulation { asked, request, design, column, cache };
    match &asked.errors {
        KnownErrors::Reliability(share) => {
            let variance = (1.0 - share) * variance(&design.regressors[column].values);
            corrected(asked, variance, (fit, estimate), place)
        }
        KnownErrors::Deviation(deviation) => simulation.extrapolated(*deviation, fit.coefficients[place].df),
        KnownErrors::Intervals(low, high) => simulation.within(low, high, fit.coefficients[place].df),
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0)
}

/// The coefficients with the error's variance taken out of the cross products.
fn corrected(
    asked: &MeasurementRequest,
    variance: f64,
    (fit, estimate): (&Fit, &Estimate),
    place: usize,
) -> Result<Inferred, MeasurementError> {
    let influence = estimate.linear().map_err(|_| MeasurementError::NotLeastSquares)?;
    let k = estimate.terms.len();
    let gram = influence.inverse.clone().try_inverse().ok_or(MeasurementError::NotLeastSquares)?;
    let errors = fit.statistics.n_obs as f64 * variance;
    let left = influence.inverse[(place, place)].recip();
    if left <= errors {
        let n = fit.statistics.n_obs as f64;
        return Err(MeasurementError::NothingLeft { term: asked.term.clone(), variance, left: left / n });
    }
    let mut net = gram.clone();
    net[(place, place)] -= errors;
    let inverse = net.try_inverse().ok_or(MeasurementError::NotLeastSquares)?;
    let mut against: DVector<f64> = &gram * &estimate.coefficients;
    against[place] -= asked.outcome * errors;
    let turn = &inverse * gram;
    let v = DMatrix::from_fn(k, k, |i, j| fit.covariance[i][j]);
    let v = &turn * v * turn.transpose();
    Ok(Inferred::new((inverse * against)[place], v[(place, place)].max(0.0).sqrt(), fit.coefficients[place].df))
}

struct Simulation<'a> {
    asked: &'a MeasurementRequest,
    request: &'a ModelRequest,
    design: &'a DesignMatrix,
    column: usize,
    cache: &'a AbsorberCache,
}

impl Simulation<'_> {
    /// The coefficient and its variance with the column changed by some errors.
    fn moved(&self, errors: &[f64]) -> Result<(f64, f64), MeasurementError> {
        let added = |variable: &Variable, share: f64| Variable {
            name: variable.name.clone(),
            values: Arc::new(variable.values.iter().zip(errors).map(|(value, u)| value + share * u).collect()),
        };
        let mut design = self.design.clone();
        design.regressors[self.column] = added(&design.regressors[self.column], 1.0);
        design.outcome = added(&design.outcome, self.asked.outcome);
        let (fit, _) = fit_design(self.request, &design, self.cache)?;
        let found = fit.coefficients.iter().find(|c| c.term == self.asked.term);
        let found = found.ok_or_else(|| MeasurementError::NoTerm(self.asked.term.clone()))?;
        Ok((found.estimate, found.std_error.powi(2)))
    }

    /// Coefficients of all draws of the errors, and their variances; `draw` gives the error of a row.
    fn drawn(&self, draw: impl Fn(&mut Stream, usize) -> f64) -> Result<(Vec<f64>, Vec<f64>), MeasurementError> {
        let one = |replicate: usize| {
            let mut stream = Streams::new(self.asked.seed).stream("measurement", replicate as u64);
            let errors: Vec<f64> = (0..self.design.n_rows()).map(|row| draw(&mut stream, row)).collect();
            self.moved(&errors)
        };
        let found = (0..self.asked.draws.max(2)).map(one).collect::<Result<Vec<_>, _>>()?;
        Ok(found.into_iter().unzip())
    }

    fn extrapolated(&self, deviation: f64, df: f64) -> Result<Inferred, MeasurementError> {
        let (mut estimates, mut variances) = (Vec::new(), Vec::new());
        for multiple in MULTIPLES {
            let scale = deviation * f64::sqrt(multiple);
            let (found, within) = self.drawn(|stream, _| scale * stream.normal())?;
            estimates.push(mean(&found));
            variances.push(mean(&within) - variance(&found));
        }
        Ok(Inferred::new(at_minus_one(&estimates), at_minus_one(&variances).max(0.0).sqrt(), df))
    }

    fn within(&self, low: &[f64], high: &[f64], df: f64) -> Result<Inferred, MeasurementError> {
        let x = &self.design.regressors[self.column].values;
        let draw = |uniform: f64, row: usize| {
            let is_interval = low[row].is_finite() && high[row] > low[row];
            if is_interval { low[row] + uniform * (high[row] - low[row]) - x[row] } else { 0.0 }
        };
        let (found, within) = self.drawn(|stream, row| draw(stream.uniform(), row))?;
        let draws = found.len() as f64;
        let total = mean(&within) + (1.0 + 1.0 / draws) * variance(&found);
        Ok(Inferred::new(mean(&found), total.sqrt(), df))
    }
}

/// The least-squares parabola through values at [`MULTIPLES`], at minus one.
fn at_minus_one(values: &[f64]) -> f64 {
    let x = DMatrix::from_fn(MULTIPLES.len(), 3, |i, j| MULTIPLES[i].powi(j as i32));
    let solved = x.svd(true, true).solve(&DVector::from_column_slice(values), 1e-12);
    solved.map_or(f64::NAN, |c: DVector<f64>| c[0] - c[1] + c[2])
}
