//! Regressors that those before them explain: which go, and what is done with those that all but do.
//!
//! A regressor goes if the share of its variation that the regressors before it leave is at most [`COLLINEAR`], as the
//! cross products have it. Where a model is so small that it can be solved in twice the precision, the share is found in
//! that precision, and the limit is [`COMBINATION`]: powers of a year, or the tenth power in NIST's problem of Filippelli,
//! are then estimated, with a note.

use std::sync::Arc;

use super::estimator::Influence;
use super::group::{Group, WorkingColumn};
use super::ols::{Solution, is_small};
use super::working::{COLLINEAR, Working};
use crate::design::DesignMatrix;
use crate::linalg::{Orthogonal, Pivots};
use crate::note::Note;

/// A share of the variation at which nothing but the rounding of a combination is left: columns are known to 16 digits,
/// their combinations to ten or more.
const COMBINATION: f64 = 1e-18;

/// The same relative to the sum of squares about zero: a combination of large numbers that hardly vary is rounded as they are.
const LEVEL: f64 = 1e-28;

/// Regressors of a small model that are nearly collinear, ready to be solved.
pub(super) struct NearlyCollinear<'a>(Orthogonal<'a>);

impl NearlyCollinear<'_> {
    /// Coefficients and influence on the orthogonal columns.
    pub(super) fn solve(&self, outcome: &[f64]) -> Solution {
        let found = self.0.solve(outcome);
        let inverse = &found.root * found.root.transpose();
        let influence = Influence {
            columns: found.columns.into_iter().map(Arc::new).collect(),
            residuals: found.residuals.into(),
            bread: found.root,
            inverse,
        };
        (found.coefficients, influence, None)
    }
}

/// Takes out regressors that those before them explain, with a note that names these. What it returns, if it does, is to be
/// solved in place of the working columns.
pub(super) fn drop_collinear<'a>(
    design: &'a DesignMatrix,
    group: &Group,
    working: &mut Working,
) -> Option<NearlyCollinear<'a>> {
    let columns: Vec<&WorkingColumn> = working.regressors.iter().map(|(_, column)| column.as_ref()).collect();
    let mut pivots = Pivots::choose(&group.products(&columns), COLLINEAR);
    let mut nearly = None;
    if !pivots.dependent.is_empty() && is_small(design, columns.len() + usize::from(design.intercept)) {
        nearly = told_apart(design, working, &mut pivots);
    }
    let name = |position: usize| design.regressors[working.regressors[position].0].name.clone();
    for dependent in &pivots.dependent {
        let with: Vec<String> = dependent.of.iter().map(|&(position, _)| name(position)).collect();
        let term = name(dependent.column);
        let by = if with.is_empty() { "zero in every row".to_string() } else { with.join(", ") };
        working.gone.push((term.clone(), by));
        working.notes.push(Note::Collinear { term, with });
    }
    working.regressors = pivots.kept.iter().map(|&position| working.regressors[position].clone()).collect();
    nearly
}

/// Moves regressors that are not quite dependent to those that are kept; `None` if there is none.
fn told_apart<'a>(design: &'a DesignMatrix, working: &mut Working, pivots: &mut Pivots) -> Option<NearlyCollinear<'a>> {
    let mut basis = Orthogonal::new(design.weight_values());
    let ones = vec![1.0; design.n_rows()];
    if design.intercept {
        basis.offer(ones.into(), 0.0);
    }
    let (mut kept, mut notes) = (Vec::new(), Vec::new());
    for (position, (j, column)) in working.regressors.iter().enumerate() {
        let variable = &design.regressors[*j];
        let own = if design.intercept { column.about_mean } else { column.about_zero };
        let least = (COMBINATION * own).max(LEVEL * column.about_zero);
        let left = basis.offer(variable.values.as_slice().into(), least);
        if left <= least {
            continue;
        }
        kept.push(position);
        if left <= COLLINEAR * own {
            notes.push(Note::NearlyCollinear { term: variable.name.clone(), left: left / own });
        }
    }
    if notes.is_empty() {
        return None;
    }
    pivots.dependent.retain(|dependent| !kept.contains(&dependent.column));
    pivots.kept = kept;
    working.notes.extend(notes);
    Some(NearlyCollinear(basis))
}
