//! The continuously updated estimator: `min g(b)'S(b)^-1 g(b)`.
//!
//! With `a = S^-1 g`, `c = Za` and residuals `e`, the derivative along regressor `x` is `-2 c'Wx - a'(dS)a`, and
//! `-a'(dS)a = 2 s(e, x)` with `s` the covariance of the single score `c'We` polarised in the residuals: this holds for
//! every kind of errors that is a quadratic form in the residuals.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::gmm::singular;
use super::kclass::invert;
use super::moments::{Minimum, Moments, SINGULAR, score_covariance};
use crate::design::DesignMatrix;
use crate::estimate::EstimateError;
use crate::estimate::descent::descend;
use crate::linalg::least_squares::residual;
use crate::linalg::weighted_dot;
use crate::vcov::Errors;

/// `g'S^-1 g` at some coefficients; `None` if `S` is singular.
pub(super) fn value(moments: &Moments, s: &DMatrix<f64>, b: &DVector<f64>) -> Option<f64> {
    let gap = &moments.against - &moments.cross * b;
    Some(gap.dot(&(invert(s, SINGULAR)? * &gap)))
}

struct Search<'a> {
    design: &'a DesignMatrix,
    moments: &'a Moments,
    weights: &'a Errors,
}

/// The minimum, from the coefficients of two steps; returns them and the rounds made.
pub(super) fn minimise(
    design: &DesignMatrix,
    moments: &Moments,
    weights: &Errors,
    start: &Minimum,
) -> Result<(DVector<f64>, usize), EstimateError> {
    let search = Search { design, moments, weights };
    let s = search.covariance(&start.coefficients)?;
    let unsolvable = || singular(design, moments, weights);
    let inverse = invert(&s, SINGULAR).ok_or_else(unsolvable)?;
    // Half the inverse of X'ZAZ'X: the inverse Hessian where the weights do not move.
    let metric =
        invert(&(moments.cross.transpose() * inverse * &moments.cross), SINGULAR).ok_or_else(unsolvable)? * 0.5;
    let found = descend(start.coefficients.clone(), &metric, |b| search.at(b))?;
    if found.settled {
        Ok((found.at, found.rounds))
    } else {
        Err(not_settled(found.rounds, &found.gradient, &found.at))
    }
}

fn not_settled(iterations: usize, gradient: &DVector<f64>, b: &DVector<f64>) -> EstimateError {
    EstimateError::GmmNotSettled { iterations, step: gradient.norm() / b.norm().max(f64::MIN_POSITIVE) }
}

impl Search<'_> {
    fn covariance(&self, b: &DVector<f64>) -> Result<DMatrix<f64>, EstimateError> {
        Ok(self.moments.covariance(self.design, self.weights, self.moments.residuals(b))?)
    }

    /// J and its gradient.
    fn at(&self, b: &DVector<f64>) -> Result<(f64, DVector<f64>), EstimateError> {
        let Search { design, moments, weights } = self;
        let e = moments.residuals(b);
        let s = moments.covariance(design, weights, e.clone())?;
        let gap = &moments.against - &moments.cross * b;
        let a = invert(&s, SINGULAR).ok_or_else(|| singular(design, moments, weights))? * &gap;
        let instruments: Vec<&[f64]> = moments.instruments.iter().map(|column| column.as_slice()).collect();
        let c = [Arc::new(residual(&instruments, &vec![0.0; e.len()], &-&a))];
        let gram = DMatrix::from_element(1, 1, weighted_dot(&c[0], &c[0], design.weight_values()));
        let along = (moments.cross.transpose() * &a) * -2.0;
        let mut gradient = along;
        let size = weighted_dot(&e, &e, None).sqrt();
        for (slot, x) in gradient.iter_mut().zip(&moments.regressors) {
            let scale = size / weighted_dot(x, x, None).sqrt();
            let moved = |sign: f64| -> Result<f64, EstimateError> {
                let residuals = e.iter().zip(x.iter()).map(|(e, x)| e + sign * scale * x).collect();
                Ok(score_covariance(design, weights, (&c, &gram), residuals)?[(0, 0)])
            };
            *slot += (moved(1.0)? - moved(-1.0)?) / (2.0 * scale);
        }
        Ok((gap.dot(&a), gradient))
    }
}
