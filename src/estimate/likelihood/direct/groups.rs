//! Groups given their totals: which regressors are identified, and the maximum.

use std::sync::Arc;

use nalgebra::DVector;

use super::assemble::{assemble, likelihood, not_found, sums};
use super::conditional::{Conditional, Groups};
use super::newton::{Lost, climb};
use crate::design::DesignMatrix;
use crate::estimate::error::EstimateError;
use crate::estimate::estimator::Estimate;
use crate::estimate::ols::INTERCEPT;
use crate::estimate::working::{COLLINEAR, ROUNDING, mean};
use crate::linalg::{Pivots, cross_products, dot, squares_about};
use crate::note::Note;

/// What to do where a parameter runs off.
const SEPARATES: &str = "look for a regressor that predicts the outcome perfectly, or takes huge values";

/// Groups given their totals.
pub(super) fn conditional(kind: Conditional, design: &DesignMatrix) -> Result<Estimate, EstimateError> {
    let effect = &design.absorbed[0];
    let mut members = vec![Vec::new(); effect.factor.n_levels];
    effect.factor.codes.iter().enumerate().for_each(|(row, &code)| members[code as usize].push(row));
    let (kept, notes) = choose(kind, design, &members)?;
    let (mut names, mut columns) = (Vec::new(), Vec::new());
    if kind == Conditional::Negbin {
        names.push(INTERCEPT.to_string());
        columns.push(Arc::new(vec![1.0; design.n_rows()]));
    }
    names.extend(kept.iter().map(|&j| design.regressors[j].name.clone()));
    columns.extend(kept.iter().map(|&j| Arc::clone(&design.regressors[j].values)));
    let groups = Groups {
        kind,
        members,
        outcome: Arc::clone(&design.outcome.values),
        offset: design.offset.as_ref().map(|offset| Arc::clone(&offset.values)),
        columns,
    };
    let lost = |lost: Lost| not_found(kind.name(), &lost, SEPARATES);
    let peak = climb(&groups, DVector::zeros(names.len())).map_err(lost)?;
    let constants = usize::from(kind == Conditional::Negbin);
    let short = Groups { columns: groups.columns[..constants].to_vec(), ..groups.clone() };
    let null = climb(&short, DVector::zeros(constants)).map_or(f64::NAN, |peak| peak.value);
    let link = if kind == Conditional::Logit { "logit" } else { "log" };
    let scores = groups.scores(&peak.parameters);
    let likelihood = likelihood(kind.name(), link, (peak.value, null), (0, peak.optimisation));
    Ok(assemble(names, peak.parameters, (scores, peak.inverse), (likelihood, sums(design), None, notes)))
}

/// The regressors that are identified: those that vary within groups, in a logit, and are no combination of others.
fn choose(
    kind: Conditional,
    design: &DesignMatrix,
    members: &[Vec<usize>],
) -> Result<(Vec<usize>, Vec<Note>), EstimateError> {
    let group = &design.absorbed[0].name;
    let centred = |column: &[f64]| -> Vec<f64> {
        let mut out = column.to_vec();
        if kind == Conditional::Negbin {
            let centre = mean(column, None);
            out.iter_mut().for_each(|v| *v -= centre);
            return out;
        }
        for rows in members {
            let centre = rows.iter().map(|&row| column[row]).sum::<f64>() / rows.len() as f64;
            rows.iter().for_each(|&row| out[row] -= centre);
        }
        out
    };
    let columns: Vec<Vec<f64>> = design.regressors.iter().map(|x| centred(&x.values)).collect();
    let (mut notes, mut dropped, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for (j, (x, left)) in design.regressors.iter().zip(&columns).enumerate() {
        let about = squares_about(&x.values, mean(&x.values, None), None);
        if dot(left, left) > (COLLINEAR * about).max(ROUNDING * dot(&x.values, &x.values)) {
            open.push(j);
        } else if kind == Conditional::Logit {
            notes.push(Note::Absorbed { term: x.name.clone(), by: group.clone() });
            dropped.push((x.name.clone(), group.clone()));
        } else {
            notes.push(Note::Collinear { term: x.name.clone(), with: vec![INTERCEPT.to_string()] });
        }
    }
    let views: Vec<&[f64]> = open.iter().map(|&j| columns[j].as_slice()).collect();
    let pivots = Pivots::choose(&cross_products(&views, None), COLLINEAR);
    for dependent in &pivots.dependent {
        let with: Vec<String> = dependent.of.iter().map(|&(k, _)| design.regressors[open[k]].name.clone()).collect();
        let term = design.regressors[open[dependent.column]].name.clone();
        dropped.push((term.clone(), with.join(", ")));
        notes.push(Note::Collinear { term, with });
    }
    if pivots.kept.is_empty() && kind == Conditional::Logit {
        return Err(EstimateError::NothingLeft { dropped });
    }
    Ok((pivots.kept.iter().map(|&k| open[k]).collect(), notes))
}
