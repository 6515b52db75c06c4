//! Instruments for Poisson: the control function (Wooldridge 2015; Lin and Wooldridge 2019 with effects).
//!
//! The residual `v` of each endogenous regressor's first stage, by least squares on exogenous regressors and instruments net of the
//! effects, is one more regressor. Its coefficient `ρ` is the test of exogeneity. Errors are those of the moments of both stages
//! stacked (Newey and McFadden 1994): row `i` moves the coefficients by `A⁻¹ (g_i + C ψ_i)`, with the second stage's information `A`
//! and scores `g`, the influence `ψ` of the first stages, and `C = ∂Σg/∂π`: through the index `ρ Σ x μ z`, and through the column `v`
//! itself `-Σ z (y - μ)`. Effects need no terms of their own: scores are net of them.

use std::sync::Arc;

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::estimator::MaximumLikelihood;
use crate::absorb::AbsorberCache;
use crate::design::{DesignMatrix, Variable};
use crate::estimate::error::EstimateError;
use crate::estimate::estimator::{Estimate, Estimator, Influence, Spread};
use crate::estimate::ols::Ols;
use crate::linalg::{dot, weighted_dot};

/// The name of a first stage's residual among the terms.
pub(crate) fn residual_of(endogenous: &str) -> String {
    format!("residual({endogenous})")
}

/// A first stage.
struct Stage {
    /// The regressors of the first stage; the constant is a column of ones.
    columns: Vec<Arc<Vec<f64>>>,
    /// What each row moves each coefficient of it by, but for the row's weight.
    moves: Vec<Vec<f64>>,
    residual: Variable,
}

impl Stage {
    fn of(design: &DesignMatrix, endogenous: &Variable, cache: &AbsorberCache) -> Result<Stage, EstimateError> {
        let regressors = design.regressors.iter().chain(&design.instruments).cloned().collect();
        let first = DesignMatrix { outcome: endogenous.clone(), regressors, ..alone(design) };
        let estimate = Ols.fit(&first, cache)?;
        let influence = estimate.linear()?;
        let residuals: Vec<f64> = influence.residuals.to_vec();
        let moves = (0..influence.bread.nrows())
            .into_par_iter()
            .map(|j| {
                let mut row = vec![0.0; residuals.len()];
                for (column, by) in influence.columns.iter().zip(influence.bread.row(j).iter()) {
                    row.iter_mut().zip(column.iter()).for_each(|(row, x)| *row += by * x);
                }
                row.iter_mut().zip(&residuals).for_each(|(row, e)| *row *= e);
                row
            })
            .collect();
        let find = |term: &String| {
            let known = first.regressors.iter().find(|variable| variable.name == *term);
            known.map_or_else(|| Arc::new(vec![1.0; residuals.len()]), |variable| Arc::clone(&variable.values))
        };
        let columns = estimate.terms.iter().map(find).collect();
        let residual = Variable { name: residual_of(&endogenous.name), values: Arc::new(residuals) };
        Ok(Stage { columns, moves, residual })
    }
}

/// The design without instruments and offset.
fn alone(design: &DesignMatrix) -> DesignMatrix {
    DesignMatrix { endogenous: Vec::new(), instruments: Vec::new(), offset: None, ..design.clone() }
}

/// Fits both stages.
pub(super) fn fit(
    model: &MaximumLikelihood,
    design: &DesignMatrix,
    cache: &AbsorberCache,
) -> Result<Estimate, EstimateError> {
    let names = || design.endogenous.iter().map(|variable| variable.name.clone()).collect::<Vec<_>>();
    let stages: Vec<Stage> = design
        .endogenous
        .iter()
        .map(|endogenous| Stage::of(design, endogenous, cache))
        .collect::<Result<_, EstimateError>>()?;
    let residuals = stages.iter().map(|stage| stage.residual.clone());
    let regressors = design.endogenous.iter().chain(&design.regressors).cloned().chain(residuals).collect();
    let second = DesignMatrix { regressors, offset: design.offset.clone(), ..alone(design) };
    let estimate = model.fit(&second, cache)?;
    let has = |name: &str| estimate.terms.iter().any(|term| term == name);
    if design.endogenous.iter().any(|variable| !has(&variable.name) || !has(&residual_of(&variable.name))) {
        return Err(EstimateError::NotIdentified { endogenous: names() });
    }
    corrected(design, estimate, &stages)
}

/// The estimate with the influence of both stages.
fn corrected(design: &DesignMatrix, estimate: Estimate, stages: &[Stage]) -> Result<Estimate, EstimateError> {
    let (Spread::Influence(influence), Some(index)) = (&estimate.spread, &estimate.index) else {
        return Err(crate::estimate::NotLinear.into());
    };
    let weights = design.weight_values();
    let scores: Vec<f64> = influence.residuals.to_vec();
    let means: Vec<f64> = index.means();
    let place = |name: &str| estimate.terms.iter().position(|term| term == name);
    let mut columns: Vec<Vec<f64>> =
        influence.columns.iter().map(|column| column.iter().zip(&scores).map(|(x, s)| x * s).collect()).collect();
    for stage in stages {
        let Some(own) = place(&stage.residual.name) else { continue };
        let rho = estimate.coefficients[own];
        for (z, moves) in stage.columns.iter().zip(&stage.moves) {
            let through_index: Vec<f64> = z.iter().zip(&means).map(|(z, mean)| rho * z * mean).collect();
            for (k, column) in columns.iter_mut().enumerate() {
                let mut moved = weighted_dot(&influence.columns[k], &through_index, weights);
                if k == own {
                    moved -= weighted_dot(z, &scores, weights);
                }
                column.iter_mut().zip(moves).for_each(|(column, psi)| *column += moved * psi);
            }
        }
    }
    let ones = vec![1.0; scores.len()];
    let (bread, columns) = (influence.bread.clone(), columns.into_iter().map(Arc::new).collect::<Vec<_>>());
    let inverse = sandwich(&bread, &columns, weights);
    Ok(Estimate {
        spread: Spread::Influence(Influence { columns, residuals: ones.into(), bread, inverse }),
        // Scores are no longer those of one weighted regression.
        index: None,
        ..estimate
    })
}

/// The covariance of independent rows.
fn sandwich(bread: &DMatrix<f64>, columns: &[Arc<Vec<f64>>], weights: Option<&[f64]>) -> DMatrix<f64> {
    let weighted: Vec<Vec<f64>> = columns
        .iter()
        .map(|column| column.iter().enumerate().map(|(i, x)| x * weights.map_or(1.0, |w| w[i])).collect())
        .collect();
    let k = columns.len();
    let meat = DMatrix::from_fn(k, k, |i, j| dot(&weighted[i], &weighted[j]));
    bread * meat * bread.transpose()
}
