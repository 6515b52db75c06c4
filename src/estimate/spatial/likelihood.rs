//! [`Likelihood`]: the Gaussian likelihood of a spatial model in its two spatial parameters, the rest concentrated out.
//!
//! `y = rho W1 y + X b + u`, `u = lambda W2 u + e`: with `A = I - rho W1` and `B = I - lambda W2`
//! `l = -n/2 ln(2 pi s2) + ln|A| + ln|B| - n/2`, `s2 = |B(A y - X b)|^2 / n`, `b` from least squares of `B A y` on `B X` (Anselin
//! 1988, ch. 6). Slopes follow from the envelope theorem: `tr` terms and products of residuals. Durbin terms are columns
//! of `X`.

use std::borrow::Cow;

use nalgebra::{DMatrix, DVector};

use super::error::SpatialError;
use super::jacobian::Jacobian;
use super::layout::SpatialLayout;
use crate::linalg::{dot, solve_least_squares};

/// The columns of one model, net of effects.
#[derive(Clone, Debug)]
pub struct SpatialColumns {
    /// The outcome.
    pub y: Vec<f64>,
    /// Regressors and their lags.
    pub x: Vec<Vec<f64>>,
    /// `W1 y`, where the outcome is lagged.
    pub wy: Vec<f64>,
    /// `W2 y`, `W2 W1 y` and `W2 X`, where the error is.
    pub filtered: Option<FilteredColumns>,
}

/// Columns lagged with the weights of the error.
#[derive(Clone, Debug)]
pub struct FilteredColumns {
    /// `W2 y`.
    pub y: Vec<f64>,
    /// `W2 W1 y`.
    pub wy: Vec<f64>,
    /// `W2 X`.
    pub x: Vec<Vec<f64>>,
}

impl SpatialColumns {
    /// `B A y`.
    pub fn filtered_outcome(&self, rho: f64, lambda: f64) -> Vec<f64> {
        let ay = minus(&self.y, rho, &self.wy);
        match &self.filtered {
            Some(of) => minus(&ay, lambda, &minus(&of.y, rho, &of.wy)),
            None => ay,
        }
    }

    /// `B W1 y`.
    pub fn filtered_lag(&self, lambda: f64) -> Cow<'_, [f64]> {
        match &self.filtered {
            Some(of) => Cow::Owned(minus(&self.wy, lambda, &of.wy)),
            None => Cow::Borrowed(&self.wy),
        }
    }

    /// `B X`.
    pub fn filtered_regressors(&self, lambda: f64) -> Cow<'_, [Vec<f64>]> {
        match &self.filtered {
            Some(of) => Cow::Owned(self.x.iter().zip(&of.x).map(|(x, wx)| minus(x, lambda, wx)).collect()),
            None => Cow::Borrowed(&self.x),
        }
    }

    /// `W2 (A y - X b)`, where the error is lagged.
    pub fn lagged_residuals(&self, rho: f64, b: &DVector<f64>) -> Option<Vec<f64>> {
        let of = self.filtered.as_ref()?;
        let mut out = minus(&of.y, rho, &of.wy);
        for (b, wx) in b.iter().zip(&of.x) {
            out.iter_mut().zip(wx).for_each(|(u, x)| *u -= b * x);
        }
        Some(out)
    }
}

/// The likelihood of one model.
pub struct Likelihood<'a> {
    /// Its columns.
    pub columns: &'a SpatialColumns,
    /// Blocks and weights.
    pub layout: &'a SpatialLayout,
    /// Of the lag, if there is one.
    pub lag: Option<&'a Jacobian>,
    /// Of the error, if there is one.
    pub error: Option<&'a Jacobian>,
    /// Observations that the likelihood counts.
    pub n: f64,
    /// Names of the columns, for messages.
    pub terms: &'a [String],
}

/// The likelihood at one point.
#[derive(Clone, Debug)]
pub struct Point {
    /// `rho`; zero without a lag.
    pub rho: f64,
    /// `lambda`; zero without a spatial error.
    pub lambda: f64,
    /// The log likelihood.
    pub log_likelihood: f64,
    /// Its slopes in `rho` and `lambda`; zero for one that is not there.
    pub slope: [f64; 2],
    /// Coefficients.
    pub coefficients: DVector<f64>,
    /// `((B X)'(B X))^-1`.
    pub inverse: DMatrix<f64>,
    /// `e = B (A y - X b)`.
    pub residuals: Vec<f64>,
    /// `e'e / n`.
    pub variance: f64,
}

fn minus(a: &[f64], share: f64, b: &[f64]) -> Vec<f64> {
    if share == 0.0 { a.to_vec() } else { a.iter().zip(b).map(|(a, b)| a - share * b).collect() }
}

impl Likelihood<'_> {
    /// Which parameters there are, in order.
    pub fn free(&self) -> Vec<usize> {
        [self.lag.is_some(), self.error.is_some()].iter().enumerate().filter(|(_, is)| **is).map(|(k, _)| k).collect()
    }

    /// Open bounds of a parameter.
    pub fn bounds(&self, parameter: usize) -> (f64, f64) {
        let of = if parameter == 0 { self.lag } else { self.error };
        of.map_or((0.0, 0.0), |jacobian| jacobian.bounds())
    }

    /// Evaluates the likelihood.
    ///
    /// # Errors
    /// A singular matrix, or collinear columns.
    pub fn at(&self, rho: f64, lambda: f64) -> Result<Point, SpatialError> {
        let c = self.columns;
        let (target, x) = (c.filtered_outcome(rho, lambda), c.filtered_regressors(lambda));
        let views: Vec<&[f64]> = x.iter().map(Vec::as_slice).collect();
        let solved = solve_least_squares(&views, &target, None)
            .ok_or_else(|| SpatialError::Collinear { terms: self.terms.to_vec() })?;
        let squares = dot(&solved.residuals, &solved.residuals);
        let variance = squares / self.n;
        let (mut log, mut slope) = (0.0, [0.0; 2]);
        if let Some(jacobian) = self.lag {
            let (value, trace) = jacobian.value(rho)?;
            log += value;
            slope[0] = -trace + dot(&solved.residuals, &c.filtered_lag(lambda)) / variance;
        }
        if let (Some(jacobian), Some(wu)) = (self.error, c.lagged_residuals(rho, &solved.coefficients)) {
            let (value, trace) = jacobian.value(lambda)?;
            log += value;
            slope[1] = -trace + dot(&solved.residuals, &wu) / variance;
        }
        let two_pi = 2.0 * std::f64::consts::PI;
        Ok(Point {
            rho,
            lambda,
            log_likelihood: log - 0.5 * self.n * ((two_pi * variance).ln() + 1.0),
            slope,
            coefficients: solved.coefficients,
            inverse: solved.inverse,
            residuals: solved.residuals,
            variance,
        })
    }
}
