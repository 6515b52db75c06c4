//! Designs on transformed rows: unit means, differences.
//!
//! A transformation changes the columns of numbers and chooses the row that stands for each new row; factors, periods and
//! weights are taken from there. What comes out is a design like any other, so that every kind of errors works on it.

use std::sync::Arc;

use rayon::prelude::*;

use super::error::PanelError;
use super::means::means;
use super::method::{Difference, Gaps, Span};
use crate::design::{
    AbsorbedTerm, ClusterVariable, Dependence, DesignMatrix, PanelIndex, Sample, Variable, Way, Weights,
};
use crate::panel::Reason;

/// The step named in ledger lines that are written here.
const STEP: &str = "model";

/// A design with its columns changed by `change`, on the rows that stand for the new ones.
pub(crate) fn rebuilt(design: &DesignMatrix, rows: &[u32], change: impl Fn(&[f64]) -> Vec<f64> + Sync) -> DesignMatrix {
    let changed =
        |variable: &Variable| Variable { name: variable.name.clone(), values: Arc::new(change(&variable.values)) };
    let all = |variables: &[Variable]| variables.par_iter().map(changed).collect::<Vec<_>>();
    let at = |values: &[f64]| Arc::new(rows.iter().map(|&row| values[row as usize]).collect::<Vec<f64>>());
    let kept = |variable: &Variable| Variable { name: variable.name.clone(), values: at(&variable.values) };
    let absorbed = |term: &AbsorbedTerm| AbsorbedTerm {
        name: term.name.clone(),
        factor: term.factor.on(rows),
        slopes: term.slopes.iter().map(|slope| at(slope)).collect(),
        slopes_only: term.slopes_only,
    };
    let cluster = |cluster: &ClusterVariable| ClusterVariable {
        name: cluster.name.clone(),
        factor: cluster.factor.on(rows),
        levels: Arc::clone(&cluster.levels),
    };
    let Dependence { time, unit, latitude, longitude } = &design.dependence;
    DesignMatrix {
        outcome: changed(&design.outcome),
        regressors: all(&design.regressors),
        endogenous: all(&design.endogenous),
        instruments: all(&design.instruments),
        absorbed: design.absorbed.iter().map(absorbed).collect(),
        weights: design.weights.as_ref().map(|weights| Weights {
            kind: weights.kind,
            name: weights.name.clone(),
            values: at(&weights.values),
        }),
        clusters: design.clusters.iter().map(cluster).collect(),
        dependence: Dependence {
            time: time.as_ref().map(kept),
            unit: unit.as_ref().map(|(name, factor)| (name.clone(), factor.on(rows))),
            latitude: latitude.as_ref().map(kept),
            longitude: longitude.as_ref().map(kept),
        },
        sample: Sample {
            rows: Arc::new(rows.iter().map(|&row| design.sample.rows[row as usize]).collect()),
            ledger: design.sample.ledger.clone(),
        },
        ..design.clone()
    }
}

/// The means of every unit (or period) in place of its rows, each counted once: the between regression.
///
/// # Errors
/// [`PanelError::NotWithin`] if a cluster variable is not constant within the units, [`PanelError::Absorbed`] if effects
/// are absorbed, [`PanelError::Weights`] if there are weights.
pub(crate) fn averaged(design: &DesignMatrix, index: &PanelIndex, way: Way) -> Result<DesignMatrix, PanelError> {
    let factor = index.factor(way);
    if let Some(cluster) = design.clusters.iter().find(|cluster| !factor.is_nested_in(&cluster.factor)) {
        return Err(PanelError::NotWithin { cluster: cluster.name.clone(), of: index.name(way).to_string() });
    }
    if !design.absorbed.is_empty() {
        return Err(PanelError::Absorbed { method: "between" });
    }
    if design.weights.is_some() {
        return Err(PanelError::Weights { method: "between" });
    }
    let (starts, order) = factor.rows();
    let first: Vec<u32> = starts[..factor.n_levels].iter().map(|&start| order[start]).collect();
    let mut out = rebuilt(design, &first, |values| means(values, factor));
    let lost = design.n_rows() - out.n_rows();
    out.sample.ledger.push(STEP, Reason::Aggregate, format!("means by {}", index.name(way)), lost, out.n_rows());
    Ok(out)
}

/// Pairs of rows of the same unit that are differenced: the earlier and the later one, by unit and time.
fn pairs(index: &PanelIndex, difference: &Difference) -> Result<Vec<(u32, u32)>, PanelError> {
    let by_time = difference.gaps == Gaps::Skip && matches!(difference.span, Span::Steps(_));
    let steps = if by_time { index.steps()? } else { Vec::new() };
    let step = |row: u32| steps[index.period(row)];
    let mut out = Vec::new();
    for rows in index.units() {
        match difference.span {
            Span::Longest => {
                if let [first, .., last] = rows {
                    out.push((*first, *last));
                }
            }
            Span::Steps(lag) if !by_time => out.extend(rows.iter().copied().zip(rows.iter().copied().skip(lag))),
            Span::Steps(lag) => {
                let mut from = 0;
                for (at, &row) in rows.iter().enumerate() {
                    while from < at && step(row) - step(rows[from]) > lag as i64 {
                        from += 1;
                    }
                    if step(row) - step(rows[from]) == lag as i64 {
                        out.push((rows[from], row));
                    }
                }
            }
        }
    }
    Ok(out)
}

/// Differences over time within units: first differences, or long ones.
///
/// # Errors
/// [`PanelError::Index`] if periods have no common step, [`PanelError::NoPair`] if no unit has two rows to difference.
pub(crate) fn differenced(
    design: &DesignMatrix,
    index: &PanelIndex,
    difference: &Difference,
) -> Result<DesignMatrix, PanelError> {
    let pairs = pairs(index, difference)?;
    if pairs.is_empty() {
        return Err(PanelError::NoPair { unit: index.unit_name.clone(), span: difference.in_words() });
    }
    let later: Vec<u32> = pairs.iter().map(|&(_, later)| later).collect();
    let change = |values: &[f64]| pairs.iter().map(|&(a, b)| values[b as usize] - values[a as usize]).collect();
    let mut out = rebuilt(design, &later, change);
    let lost = design.n_rows() - out.n_rows();
    out.sample.ledger.push(STEP, Reason::Differenced, difference.in_words(), lost, out.n_rows());
    Ok(out)
}
