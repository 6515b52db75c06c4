//! From the end of a search to an [`Estimate`].

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::super::record::{Index, Likelihood, Optimisation};
use super::newton::Lost;
use crate::design::DesignMatrix;
use crate::estimate::error::EstimateError;
use crate::estimate::estimator::{Estimate, Influence, LeastSquaresSums, Spread};
use crate::estimate::fit::Convergence;
use crate::estimate::working::mean;
use crate::linalg::{squares_about, sum};
use crate::note::Note;

pub(super) fn sums(design: &DesignMatrix) -> LeastSquaresSums {
    let (y, weights) = (&design.outcome.values, design.weight_values());
    let mean = mean(y, weights);
    LeastSquaresSums {
        residual: f64::NAN,
        residual_unweighted: f64::NAN,
        total: squares_about(y, mean, weights),
        within: None,
        weight: weights.map_or(y.len() as f64, sum),
        outcome_mean: mean,
        centred: true,
    }
}

pub(super) fn likelihood(
    family: &str,
    link: &str,
    (value, null): (f64, f64),
    (n_ancillary, optimisation): (usize, Optimisation),
) -> Likelihood {
    Likelihood {
        family: family.to_string(),
        link: link.to_string(),
        is_quasi: false,
        log_likelihood: value,
        null_log_likelihood: null,
        deviance: None,
        pseudo_r_squared: Some(1.0 - value / null).filter(|r| r.is_finite()),
        dispersion: None,
        correction: None,
        frailty: None,
        distribution: None,
        n_ancillary,
        optimisation,
    }
}

pub(super) fn assemble(
    terms: Vec<String>,
    coefficients: DVector<f64>,
    (scores, inverse): (Vec<Vec<f64>>, DMatrix<f64>),
    (likelihood, sums, index, notes): (Likelihood, LeastSquaresSums, Option<Index>, Vec<Note>),
) -> Estimate {
    let done = &likelihood.optimisation;
    let convergence = Convergence {
        iterations: done.iterations,
        residual: done.gradient_norm,
        converged: true,
        coefficient_error: Some(done.gradient_norm),
        solver: done.algorithm.clone(),
    };
    let ones = vec![1.0; scores.first().map_or(0, Vec::len)];
    Estimate {
        terms,
        coefficients,
        spread: Spread::Influence(Influence {
            columns: scores.into_iter().map(Arc::new).collect(),
            residuals: ones.into(),
            bread: inverse.clone(),
            inverse,
        }),
        sums,
        likelihood: Some(likelihood),
        index,
        absorbed: None,
        convergence,
        notes,
    }
}

pub(super) fn not_found(method: &str, lost: &Lost, way_out: &'static str) -> EstimateError {
    let Lost { iterations, step } = *lost;
    EstimateError::LikelihoodNotConverged { method: method.to_string(), iterations, step, way_out }
}
