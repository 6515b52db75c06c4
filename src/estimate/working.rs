//! Working columns of a linear model: net of absorbed effects, or centred where there is a constant, or as they are.

use std::sync::Arc;

use super::error::EstimateError;
use super::fit::Convergence;
use crate::absorb::{AbsorbedDegrees, AbsorberCache, Effects};
use crate::design::DesignMatrix;
use crate::linalg::{dot, sum, weighted_dot};
use crate::note::Note;

/// A sum of squares net of effects, relative to that about the mean, at which a column counts as absorbed.
pub(super) const COLLINEAR: f64 = 1e-9;

/// The same relative to the sum of squares about zero: what rounding alone leaves of a column of large numbers.
const ROUNDING: f64 = 1e-24;

/// The columns, and which regressors the effects or the constant took away entirely.
pub(super) struct Working {
    /// The outcome.
    pub(super) outcome: Arc<Vec<f64>>,
    /// The outcome's mean.
    pub(super) outcome_mean: f64,
    /// The outcome's sum of squares about the mean (about zero without constant and effects).
    pub(super) outcome_total: f64,
    /// Regressors that are left: position in the design, working column, mean (zero if not centred).
    pub(super) regressors: Vec<(usize, Arc<Vec<f64>>, f64)>,
    /// Regressors that are gone, and what took them.
    pub(super) gone: Vec<(String, String)>,
    pub(super) absorbed: Option<AbsorbedDegrees>,
    pub(super) convergence: Convergence,
    pub(super) notes: Vec<Note>,
}

impl Working {
    /// Absorbs, centres or passes on the columns of a design.
    pub(super) fn of(design: &DesignMatrix, cache: &AbsorberCache) -> Result<Working, EstimateError> {
        let weights = design.weight_values();
        let outcome_mean = mean(&design.outcome.values, weights);
        let centred = design.intercept || !design.absorbed.is_empty();
        let mut out = Working {
            outcome: Arc::clone(&design.outcome.values),
            outcome_mean,
            outcome_total: squares_about(&design.outcome.values, if centred { outcome_mean } else { 0.0 }, weights),
            regressors: Vec::new(),
            gone: Vec::new(),
            absorbed: None,
            convergence: Convergence { iterations: 0, residual: 0.0, converged: true },
            notes: Vec::new(),
        };
        match Effects::of(design) {
            Some(effects) => out.absorb(design, &effects, cache)?,
            None if design.intercept => out.centre(design),
            None => {
                out.regressors =
                    design.regressors.iter().enumerate().map(|(j, v)| (j, Arc::clone(&v.values), 0.0)).collect();
            }
        }
        Ok(out)
    }

    fn centre(&mut self, design: &DesignMatrix) {
        let weights = design.weight_values();
        let centred = |values: &[f64]| {
            let m = mean(values, weights);
            let mut out: Vec<f64> = values.iter().map(|v| v - m).collect();
            // The mean of large numbers is rounded; what that leaves is taken out, and counted in the mean.
            let left = mean(&out, weights);
            out.iter_mut().for_each(|v| *v -= left);
            (Arc::new(out), m + left)
        };
        for (j, regressor) in design.regressors.iter().enumerate() {
            let (column, mean) = centred(&regressor.values);
            let raw = weighted_dot(&regressor.values, &regressor.values, weights);
            if weighted_dot(&column, &column, weights) <= ROUNDING * raw {
                let with = "(Intercept)".to_string();
                self.notes.push(Note::Collinear { term: regressor.name.clone(), with: vec![with.clone()] });
                self.gone.push((regressor.name.clone(), with));
            } else {
                self.regressors.push((j, column, mean));
            }
        }
        let (outcome, mean) = centred(&design.outcome.values);
        self.outcome = outcome;
        self.outcome_mean = mean;
    }

    fn absorb(&mut self, design: &DesignMatrix, effects: &Effects, cache: &AbsorberCache) -> Result<(), EstimateError> {
        let shared = cache.absorber(effects)?;
        let columns: Vec<&[f64]> = std::iter::once(&design.outcome)
            .chain(&design.regressors)
            .map(|variable| variable.values.as_slice())
            .collect();
        let mut done = cache.absorb(&shared, &columns)?.into_iter();
        for column in done.as_slice() {
            let convergence = &column.absorption.convergence;
            self.convergence.iterations = self.convergence.iterations.max(convergence.iterations);
            self.convergence.residual = self.convergence.residual.max(convergence.residual);
        }
        let switched = done.as_slice().iter().filter_map(|column| column.absorption.switched_after).max();
        if let Some(sweeps) = switched {
            self.notes.push(Note::SolverChanged { sweeps, to: "Schwarz-preconditioned LSMR".to_string() });
        }
        if let Some(outcome) = done.next() {
            self.outcome = outcome.values;
        }
        for ((j, regressor), column) in design.regressors.iter().enumerate().zip(done) {
            if is_absorbed(&regressor.values, &column.values, effects) {
                let by = spanned_by(&regressor.values, effects, cache)?;
                self.notes.push(Note::Absorbed { term: regressor.name.clone(), by: by.clone() });
                self.gone.push((regressor.name.clone(), by));
            } else {
                self.regressors.push((j, column.values, 0.0));
            }
        }
        self.absorbed = Some(shared.absorber().degrees().clone());
        Ok(())
    }
}

/// Whether absorption left nothing but rounding of a column.
fn is_absorbed(before: &[f64], after: &[f64], effects: &Effects) -> bool {
    let weights = effects.weights.as_ref().map(|w| w.as_slice());
    let about_mean = squares_about(before, mean(before, weights), weights);
    let raw = weighted_dot(before, before, weights);
    weighted_dot(after, after, weights) <= (COLLINEAR * about_mean).max(ROUNDING * raw)
}

/// The first single effect that spans a column, or all of them.
fn spanned_by(column: &[f64], effects: &Effects, cache: &AbsorberCache) -> Result<String, EstimateError> {
    if effects.terms.len() > 1 {
        for position in 0..effects.terms.len() {
            let alone = effects.only(&[position]);
            let absorber = cache.absorber(&alone)?;
            let mut left = column.to_vec();
            absorber.absorber().absorb(&mut left)?;
            if is_absorbed(column, &left, &alone) {
                return Ok(alone.names());
            }
        }
    }
    Ok(effects.names())
}

/// The (weighted) mean of a column.
pub(super) fn mean(values: &[f64], weights: Option<&[f64]>) -> f64 {
    match weights {
        None => sum(values) / values.len() as f64,
        Some(weights) => dot(values, weights) / sum(weights),
    }
}

/// The (weighted) sum of squares about a centre.
fn squares_about(values: &[f64], centre: f64, weights: Option<&[f64]>) -> f64 {
    let shifted: Vec<f64> = values.iter().map(|v| v - centre).collect();
    weighted_dot(&shifted, &shifted, weights)
}
