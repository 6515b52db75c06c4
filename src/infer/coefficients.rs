//! [`CoefficientEstimates`]: estimates and covariance at the places of all terms of a design, those that were left out
//! included, so that what was read before the fit can be computed after it.

use nalgebra::{DMatrix, DVector};

use super::hypothesis::Delta;
use super::record::Inferred;
use crate::estimate::Fit;

/// Coefficients of a fit by the places of the terms that a hypothesis was read against.
#[derive(Clone, Debug)]
pub struct CoefficientEstimates {
    /// The terms, in order.
    pub terms: Vec<String>,
    /// An estimate per term; zero where the term was left out.
    pub values: DVector<f64>,
    /// Their covariance; zero where a term was left out.
    pub covariance: DMatrix<f64>,
    /// Degrees of freedom of t; infinite for the normal distribution.
    pub df: f64,
    is_there: Vec<bool>,
}

impl CoefficientEstimates {
    /// The coefficients of a fit at the places of `terms`.
    pub fn of(fit: &Fit, terms: &[String]) -> CoefficientEstimates {
        let place: Vec<Option<usize>> =
            terms.iter().map(|term| fit.coefficients.iter().position(|c| c.term == *term)).collect();
        let at = |i: usize, j: usize| match (place[i], place[j]) {
            (Some(i), Some(j)) => fit.covariance[i][j],
            _ => 0.0,
        };
        CoefficientEstimates {
            values: DVector::from_fn(terms.len(), |i, _| place[i].map_or(0.0, |k| fit.coefficients[k].estimate)),
            covariance: DMatrix::from_fn(terms.len(), terms.len(), at),
            df: fit.errors.factors.df,
            is_there: place.iter().map(Option::is_some).collect(),
            terms: terms.to_vec(),
        }
    }

    /// All coefficients of something that left none of its terms out.
    pub fn complete(
        terms: Vec<String>,
        values: DVector<f64>,
        (covariance, df): (DMatrix<f64>, f64),
    ) -> CoefficientEstimates {
        let is_there = vec![true; terms.len()];
        CoefficientEstimates { terms, values, covariance, df, is_there }
    }

    /// Those of some places whose terms the fit has no coefficient for.
    pub fn left_out(&self, places: &[usize]) -> Vec<&str> {
        let is_out = |k: &&usize| !self.is_there.get(**k).copied().unwrap_or(false);
        places.iter().filter(is_out).filter_map(|&k| Some(self.terms.get(k)?.as_str())).collect()
    }

    /// A function of the coefficients with its standard error by the delta method, `sqrt(g'Vg)`.
    pub fn infer(&self, delta: &Delta) -> Inferred {
        let variance = delta.gradient.dot(&(&self.covariance * &delta.gradient));
        Inferred::new(delta.value, variance.max(0.0).sqrt(), self.df)
    }
}
