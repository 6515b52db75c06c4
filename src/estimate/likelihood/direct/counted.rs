//! Counts with several indices: starts from models of one index, and the maximum.

use std::sync::Arc;

use nalgebra::DVector;

use super::super::estimator::{constant, explain};
use super::super::record::Index;
use super::super::separation::Separation;
use super::super::sweep::Sweep;
use super::super::{Family, Link, MaximumLikelihood};
use super::assemble::{assemble, likelihood, not_found, sums};
use super::density::Counts;
use super::newton::{Peak, climb};
use super::rows::{Entry, Rows};
use crate::absorb::AbsorberCache;
use crate::design::{DesignMatrix, Variable};
use crate::estimate::error::EstimateError;
use crate::estimate::estimator::{Estimate, LeastSquaresSums};
use crate::estimate::ols::INTERCEPT;
use crate::estimate::working::mean;
use crate::linalg::{dot, weighted_dot};
use crate::note::Note;

/// Before the names of terms of the index of zeros, as in R's pscl.
pub(crate) const ZERO: &str = "zero_";

/// A design without its last regressors.
pub(super) fn without_zeros(design: &DesignMatrix, zeros: usize) -> DesignMatrix {
    let keep = design.regressors.len() - zeros;
    DesignMatrix { regressors: design.regressors[..keep].to_vec(), ..design.clone() }
}

/// Fitted counts.
pub(super) struct Counted {
    pub(super) rows: Rows,
    pub(super) peak: Peak,
    names: Vec<String>,
    notes: Vec<Note>,
    null: f64,
}

/// Columns of one index with a start.
struct Part {
    names: Vec<String>,
    columns: Vec<Arc<Vec<f64>>>,
    start: Vec<f64>,
    notes: Vec<Note>,
    means: Vec<f64>,
}

/// The columns of an index that are no combination of others (`prefix` stands before the constant's name), with the coefficients of a model of one index.
fn part(family: Family, design: &DesignMatrix, prefix: &str, cache: &AbsorberCache) -> Result<Part, EstimateError> {
    let model = MaximumLikelihood { separation: Separation::KEEP, ..MaximumLikelihood::of(family) };
    let (_, summit) = model.maximise(design, &mut Sweep::of(design)?, None)?;
    let notes = explain(&summit, design, cache)?;
    let mut out = Part {
        names: Vec::new(),
        columns: Vec::new(),
        start: Vec::new(),
        notes,
        means: summit.point.index.iter().map(|&eta| family.mean(eta)).collect(),
    };
    if design.intercept {
        let raw: Vec<&[f64]> = summit.kept.iter().map(|&j| design.regressors[j].values.as_slice()).collect();
        let offset = design.offset.as_ref().map(|offset| offset.values.as_slice());
        out.names.push(format!("{prefix}{INTERCEPT}"));
        out.columns.push(Arc::new(vec![1.0; design.n_rows()]));
        out.start.push(constant(&summit.point.index, offset, (&raw, &summit.coefficients)));
    }
    for (&j, b) in summit.kept.iter().zip(summit.coefficients.iter()) {
        out.names.push(design.regressors[j].name.clone());
        out.columns.push(Arc::clone(&design.regressors[j].values));
        out.start.push(*b);
    }
    Ok(out)
}

impl Counted {
    pub(super) fn of(
        counts: Counts,
        zeros: usize,
        design: &DesignMatrix,
        cache: &AbsorberCache,
    ) -> Result<Counted, EstimateError> {
        let mut of_counts = part(Family::Poisson, &without_zeros(design, zeros), "", cache)?;
        let (mut names, mut start, mut notes) =
            (of_counts.names, of_counts.start, std::mem::take(&mut of_counts.notes));
        let enter = |argument: usize, columns: Vec<Arc<Vec<f64>>>| {
            columns.into_iter().map(move |values| Entry { argument, values })
        };
        let mut entries: Vec<Entry> = enter(0, of_counts.columns).collect();
        if counts.has_zeros() {
            let of_zeros = part(Family::Binomial(Link::Logit), &zero_design(counts, zeros, design), ZERO, cache)?;
            names.extend(of_zeros.names);
            start.extend(of_zeros.start);
            notes.extend(of_zeros.notes);
            entries.extend(enter(1, of_zeros.columns));
        }
        if let Some(size) = counts.size() {
            names.push(size.to_string());
            start.push(log_size(counts, design, &of_counts.means)?);
            entries.extend(enter(2, vec![Arc::new(vec![1.0; design.n_rows()])]));
        }
        let rows = Rows {
            counts,
            outcome: Arc::clone(&design.outcome.values),
            offset: design.offset.as_ref().map(|offset| Arc::clone(&offset.values)),
            weights: design.weights.as_ref().map(|weights| Arc::clone(&weights.values)),
            entries,
        };
        let peak =
            climb(&rows, DVector::from_vec(start)).map_err(|lost| not_found(counts.name(), &lost, way_out(counts)))?;
        let null = null(&rows, &names, &peak);
        Ok(Counted { rows, peak, names, notes, null })
    }

    pub(super) fn estimate(self, design: &DesignMatrix) -> Estimate {
        let Counted { rows, peak, names, notes, null } = self;
        let n_ancillary = usize::from(rows.counts == Counts::Negbin1);
        let (y, weights) = (&design.outcome.values, design.weight_values());
        let at = |row: usize| rows.arguments(row, &peak.parameters);
        let residuals: Vec<f64> = (0..y.len()).map(|row| y[row] - rows.counts.mean(at(row))).collect();
        let mut scores = rows.scores(&peak.parameters);
        let (mut coefficients, mut inverse) = (peak.parameters.clone(), peak.inverse.clone());
        let index = (rows.counts == Counts::Negbin1).then(|| index(&rows, &peak, weights));
        if rows.counts.size().is_some() {
            // The search is on the logarithm of the size, the record is of the size itself.
            let last = coefficients.len() - 1;
            let size = coefficients[last].exp();
            coefficients[last] = size;
            scores[last].iter_mut().for_each(|score| *score /= size);
            inverse.row_mut(last).scale_mut(size);
            inverse.column_mut(last).scale_mut(size);
        }
        let sums = LeastSquaresSums {
            residual: weighted_dot(&residuals, &residuals, weights),
            residual_unweighted: dot(&residuals, &residuals),
            ..sums(design)
        };
        let likelihood = likelihood(rows.counts.name(), "log", (peak.value, null), (n_ancillary, peak.optimisation));
        assemble(names, coefficients, (scores, inverse), (likelihood, sums, index, notes))
    }
}

/// The outcome whether there is none (or some), on the regressors of the zeros.
fn zero_design(counts: Counts, zeros: usize, design: &DesignMatrix) -> DesignMatrix {
    let is_hurdle = matches!(counts, Counts::Hurdle(_));
    let values = design.outcome.values.iter().map(|&y| f64::from((y > 0.0) == is_hurdle)).collect();
    let keep = design.regressors.len() - zeros;
    DesignMatrix {
        outcome: Variable { name: design.outcome.name.clone(), values: Arc::new(values) },
        regressors: design.regressors[keep..].to_vec(),
        intercept: true,
        offset: None,
        ..design.clone()
    }
}

/// The logarithm of a size to start from.
fn log_size(counts: Counts, design: &DesignMatrix, means: &[f64]) -> Result<f64, EstimateError> {
    if matches!(counts, Counts::ZeroInflated(_) | Counts::Hurdle(_)) {
        return Ok(0.0);
    }
    let y = &design.outcome.values;
    let weights = design.weight_values();
    let excess: Vec<f64> = y.iter().zip(means).map(|(y, m)| (y - m).powi(2) - y).collect();
    let ones = vec![1.0; y.len()];
    let excess = weighted_dot(&excess, &ones, weights);
    if excess <= 0.0 {
        return Err(EstimateError::NoOverdispersion);
    }
    let size = match counts {
        Counts::Negbin1 => excess / weighted_dot(means, &ones, weights),
        _ => weighted_dot(means, means, weights) / excess,
    };
    Ok(size.clamp(1e-3, 1e3).ln())
}

/// The log likelihood with constants alone.
fn null(rows: &Rows, names: &[String], peak: &Peak) -> f64 {
    let stays = |name: &String| name == INTERCEPT || *name == format!("{ZERO}{INTERCEPT}") || name.starts_with('.');
    let kept: Vec<usize> = (0..names.len()).filter(|&k| stays(&names[k])).collect();
    let short = Rows { entries: kept.iter().map(|&k| rows.entries[k].clone()).collect(), ..rows.clone() };
    let mean = mean(&rows.outcome, rows.weights.as_ref().map(|w| w.as_slice()));
    let start = kept.iter().map(|&k| match rows.entries[k].argument {
        0 => mean.ln(),
        _ => peak.parameters[k].clamp(-2.0, 2.0),
    });
    climb(&short, DVector::from_iterator(kept.len(), start)).map_or(f64::NAN, |peak| peak.value)
}

/// The index of a negative binomial of one.
fn index(rows: &Rows, peak: &Peak, weights: Option<&[f64]>) -> Index {
    let delta = peak.parameters[peak.parameters.len() - 1].exp();
    let family = Family::LinearNegativeBinomial { delta };
    let values: Vec<f64> = (0..rows.outcome.len()).map(|row| rows.arguments(row, &peak.parameters)[0]).collect();
    let found: Vec<_> = rows.outcome.iter().zip(&values).map(|(&y, &eta)| family.density(y, eta)).collect();
    let weight = |row: usize| weights.map_or(1.0, |w| w[row]);
    Index {
        family,
        weights: Arc::new(found.iter().enumerate().map(|(row, d)| weight(row) * d.information).collect()),
        residuals: Arc::new(found.iter().map(|d| d.score / d.information).collect()),
        values: Arc::new(values),
        is_regression: false,
    }
}

fn way_out(counts: Counts) -> &'static str {
    match (counts.has_zeros(), counts.size().is_some()) {
        (true, true) => {
            "the counts may be no more dispersed, or the zeros no more frequent, than the simpler models say (poisson, negbin), or a regressor predicts the zeros perfectly"
        }
        (true, false) => {
            "the zeros may be no more frequent than Poisson's (method = \"poisson\"), or a regressor predicts them perfectly"
        }
        _ => "use method = \"poisson\" with robust errors, or look for a regressor that takes huge values",
    }
}
