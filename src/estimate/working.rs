//! Working columns of a linear model: net of absorbed effects, or centred where there is a constant, or as they are.

use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::error::EstimateError;
use super::fit::Convergence;
use super::group::{Group, Treatment, WorkingColumn};
use crate::absorb::{AbsorbedDegrees, AbsorberCache, Absorption, Effects};
use crate::design::DesignMatrix;
use crate::linalg::{dot, squares_about, sum, weighted_dot};
use crate::note::Note;

/// A sum of squares net of effects, relative to that about the mean, at which a column counts as absorbed.
pub(super) const COLLINEAR: f64 = 1e-9;

/// The same relative to the sum of squares about zero: what rounding alone leaves of a column of large numbers.
pub(super) const ROUNDING: f64 = 1e-24;

/// The columns, and which regressors the effects or the constant took away entirely.
pub(super) struct Working {
    /// The outcome.
    pub(super) outcome: Arc<WorkingColumn>,
    /// Regressors that are left: position in the design, working column.
    pub(super) regressors: Vec<(usize, Arc<WorkingColumn>)>,
    /// Regressors that are gone, and what took them.
    pub(super) gone: Vec<(String, String)>,
    pub(super) absorbed: Option<AbsorbedDegrees>,
    pub(super) convergence: Convergence,
    pub(super) notes: Vec<Note>,
}

impl Working {
    /// The columns of a design from its group.
    pub(super) fn of(design: &DesignMatrix, group: &Group, cache: &AbsorberCache) -> Result<Working, EstimateError> {
        let sources: Vec<&Arc<Vec<f64>>> =
            std::iter::once(&design.outcome).chain(&design.regressors).map(|variable| &variable.values).collect();
        let columns = group.columns(&sources, cache)?;
        let mut notes = Vec::new();
        let mut convergence = Convergence::closed();
        for column in columns.iter().filter_map(|column| column.absorption.as_ref()) {
            convergence.iterations = convergence.iterations.max(column.convergence.iterations);
            convergence.residual = convergence.residual.max(column.convergence.residual);
            convergence.converged &= column.convergence.converged;
        }
        let slowest = columns.iter().filter_map(|column| column.absorption.as_ref()).max_by_key(|a| a.solver);
        convergence.solver = slowest.map_or_else(String::new, |absorption| absorption.solver.to_string());
        if let (false, Treatment::Absorbed(effects)) = (convergence.converged, &group.treatment) {
            let (effects, iterations) = (effects.names(), convergence.iterations);
            notes.push(Note::NotConverged { effects, iterations, residual: convergence.residual });
        }
        let switched = columns.iter().filter_map(|column| column.absorption.as_ref()?.switched_after).max();
        if let Some(sweeps) = switched {
            notes.push(Note::SolverChanged { sweeps, to: "Schwarz-preconditioned LSMR".to_string() });
        }
        let (mut regressors, mut gone) = (Vec::new(), Vec::new());
        for ((j, regressor), column) in design.regressors.iter().enumerate().zip(&columns[1..]) {
            match taken_by(column, group, cache)? {
                None => regressors.push((j, Arc::clone(column))),
                Some(by) => {
                    let term = regressor.name.clone();
                    notes.push(match &group.treatment {
                        Treatment::Absorbed(_) => Note::Absorbed { term, by: by.clone() },
                        _ => Note::Collinear { term, with: vec![by.clone()] },
                    });
                    gone.push((regressor.name.clone(), by));
                }
            }
        }
        let absorbed = match &group.treatment {
            Treatment::Absorbed(effects) => Some(cache.absorber(effects)?.absorber().degrees().clone()),
            _ => None,
        };
        Ok(Working { outcome: Arc::clone(&columns[0]), regressors, gone, absorbed, convergence, notes })
    }

    /// Norms of the errors that absorption left in the outcome and in each regressor; `None` if nothing was absorbed.
    pub(super) fn column_errors(&self) -> Option<(f64, Vec<f64>)> {
        let error = |column: &WorkingColumn| column.absorption.as_ref().map(|absorption| absorption.error);
        let regressors = self.regressors.iter().map(|(_, column)| error(column)).collect::<Option<Vec<f64>>>()?;
        Some((error(&self.outcome)?, regressors))
    }
}

/// A working column, how its absorption ended, and what was taken as its mean.
type Made = (Arc<Vec<f64>>, Option<Absorption>, f64);

/// Makes working columns: absorbs, centres or passes on.
pub(super) fn prepare(
    group: &Group,
    sources: &[Arc<Vec<f64>>],
    cache: &AbsorberCache,
) -> Result<Vec<WorkingColumn>, EstimateError> {
    let made: Vec<Made> = match &group.treatment {
        Treatment::Absorbed(effects) => {
            let shared = cache.absorber(effects)?;
            let columns: Vec<&[f64]> = sources.iter().map(|source| source.as_slice()).collect();
            cache.absorb(&shared, &columns)?.into_iter().map(|c| (c.values, Some(c.absorption), 0.0)).collect()
        }
        Treatment::Centred => sources.par_iter().map(|source| centred(source, group.weight_values())).collect(),
        Treatment::Raw => sources.iter().map(|source| (Arc::clone(source), None, 0.0)).collect(),
    };
    let column = |(source, (values, absorption, centre)): (&Arc<Vec<f64>>, Made)| {
        let weights = group.weight_values();
        let mean = if matches!(group.treatment, Treatment::Centred) { centre } else { mean(source, weights) };
        WorkingColumn {
            id: 0,
            source: Arc::clone(source),
            mean,
            about_mean: squares_about(source, mean, weights),
            about_zero: weighted_dot(source, source, weights),
            left: weighted_dot(&values, &values, weights),
            values,
            absorption,
            by: OnceLock::new(),
        }
    };
    Ok(sources.par_iter().zip(made).map(column).collect())
}

/// A column about its mean, and the mean.
fn centred(values: &[f64], weights: Option<&[f64]>) -> Made {
    let m = mean(values, weights);
    let mut out: Vec<f64> = values.iter().map(|v| v - m).collect();
    // The mean of large numbers is rounded; what that leaves is taken out, and counted in the mean.
    let left = mean(&out, weights);
    out.iter_mut().for_each(|v| *v -= left);
    (Arc::new(out), None, m + left)
}

/// What takes a column away entirely, if anything does.
fn taken_by(column: &WorkingColumn, group: &Group, cache: &AbsorberCache) -> Result<Option<String>, EstimateError> {
    let is_gone = match &group.treatment {
        Treatment::Absorbed(_) => column.left <= (COLLINEAR * column.about_mean).max(ROUNDING * column.about_zero),
        Treatment::Centred => column.left <= ROUNDING * column.about_zero,
        Treatment::Raw => false,
    };
    if !is_gone {
        return Ok(None);
    }
    if let Some(known) = column.by.get() {
        return Ok(Some(known.clone()));
    }
    let by = match &group.treatment {
        Treatment::Absorbed(effects) => spanned_by(&column.source, effects, cache)?,
        _ => super::ols::INTERCEPT.to_string(),
    };
    Ok(Some(column.by.get_or_init(|| by).clone()))
}

/// Whether absorption left nothing but rounding of a column.
fn is_absorbed(before: &[f64], after: &[f64], effects: &Effects) -> bool {
    let weights = effects.weights.as_ref().map(|w| w.as_slice());
    let about_mean = squares_about(before, mean(before, weights), weights);
    let raw = weighted_dot(before, before, weights);
    weighted_dot(after, after, weights) <= (COLLINEAR * about_mean).max(ROUNDING * raw)
}

/// The first single effect that spans a column, or all of them.
pub(super) fn spanned_by(column: &[f64], effects: &Effects, cache: &AbsorberCache) -> Result<String, EstimateError> {
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
pub(crate) fn mean(values: &[f64], weights: Option<&[f64]>) -> f64 {
    match weights {
        None => sum(values) / values.len() as f64,
        Some(weights) => dot(values, weights) / sum(weights),
    }
}
