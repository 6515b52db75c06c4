//! [`SharedColumns`]: samples, gathered columns and dense codes that designs on one panel share.
//!
//! Columns are told apart by the memory they stand in, which is kept alive here: nothing is compared value by value
//! except the rows of two samples. The sample of a design is decided anew only when a column with gaps, the filter, the
//! effects, the weights or the clusters differ from those of a design before it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::error::DesignError;
use super::factor::DenseFactor;
use super::sample::{Sample, Selection, all_finite};
use super::variables::{BoundaryLevels, ModelVariables, Singletons, WeightKind};
use crate::note::Note;
use crate::panel::{Factor, Ledger};

/// A column by name and place in memory.
type Named = (String, usize);

/// What a sample depends on.
#[derive(PartialEq)]
struct SampleKey {
    rows: Option<usize>,
    /// Columns of numbers that have gaps or infinite values.
    numbers: Vec<Named>,
    weights: Option<(WeightKind, Named)>,
    absorbed: Vec<Named>,
    clusters: Vec<Named>,
    singletons: Singletons,
    /// The rule and the outcome that it looks at.
    boundary: Option<(BoundaryLevels, usize)>,
    separated: Vec<usize>,
    n_panel_rows: usize,
    ledger: Ledger,
}

#[derive(Default)]
struct Held {
    /// Whether every value of a column is finite; whether a factor has a code in every row.
    complete: HashMap<usize, bool>,
    samples: Vec<(SampleKey, Sample, Vec<Note>)>,
    /// By place of the rows and of the column.
    columns: HashMap<(usize, usize), Arc<Vec<f64>>>,
    factors: HashMap<(usize, usize), DenseFactor>,
    /// What the places refer to, so that no other column comes to stand there.
    numbers: HashMap<usize, Arc<Vec<f64>>>,
    codes: HashMap<usize, Arc<Vec<u32>>>,
    masks: HashMap<usize, Arc<Vec<bool>>>,
}

/// What designs on one panel share. Safe to use from several threads.
#[derive(Default)]
pub struct SharedColumns {
    held: Mutex<Held>,
}

impl SharedColumns {
    /// Nothing shared yet.
    pub fn new() -> SharedColumns {
        SharedColumns::default()
    }

    /// The sample of these variables.
    pub(super) fn sample(&self, vars: &ModelVariables, ledger: Ledger) -> Result<(Sample, Vec<Note>), DesignError> {
        let key = self.key(vars, ledger.clone());
        let known = |held: &Held| {
            held.samples
                .iter()
                .find(|(other, ..)| *other == key)
                .map(|(_, sample, notes)| (sample.clone(), notes.clone()))
        };
        if let Some(found) = known(&self.locked()) {
            return Ok(found);
        }
        let (mut sample, notes) = Selection::start(vars, ledger)?.finish()?;
        let mut held = self.locked();
        // The same rows for another reason are the same rows: what is gathered on them is shared.
        if let Some((_, same, _)) = held.samples.iter().find(|(_, other, _)| other.rows == sample.rows) {
            sample.rows = Arc::clone(&same.rows);
        }
        held.samples.push((key, sample.clone(), notes.clone()));
        Ok((sample, notes))
    }

    /// The values of a column in the sample; shared with the panel where the sample is all of it.
    pub(super) fn gather(&self, values: &Arc<Vec<f64>>, rows: &Arc<Vec<u32>>) -> Arc<Vec<f64>> {
        if rows.len() == values.len() {
            return Arc::clone(values);
        }
        let key = (place(rows), place(values));
        if let Some(found) = self.locked().columns.get(&key) {
            return Arc::clone(found);
        }
        let gathered = Arc::new(rows.iter().map(|&row| values[row as usize]).collect());
        let mut held = self.locked();
        held.numbers.insert(key.1, Arc::clone(values));
        held.codes.insert(key.0, Arc::clone(rows));
        Arc::clone(held.columns.entry(key).or_insert(gathered))
    }

    /// The codes of a factor in the sample.
    pub(super) fn dense(&self, factor: &Factor, rows: &Arc<Vec<u32>>) -> DenseFactor {
        let key = (place(rows), place(&factor.codes));
        if let Some(found) = self.locked().factors.get(&key) {
            return found.clone();
        }
        let dense = DenseFactor::of(factor, rows);
        let mut held = self.locked();
        held.codes.insert(key.1, Arc::clone(&factor.codes));
        held.codes.insert(key.0, Arc::clone(rows));
        held.factors.entry(key).or_insert(dense).clone()
    }

    fn key(&self, vars: &ModelVariables, ledger: Ledger) -> SampleKey {
        SampleKey {
            rows: vars.rows.as_ref().map(|mask| self.mask(mask)),
            numbers: vars
                .numbers()
                .filter_map(|(name, values)| Some((name.clone(), self.with_gaps(values)?)))
                .collect(),
            weights: vars.weights.as_ref().map(|(kind, name, values)| (*kind, (name.clone(), self.number(values)))),
            absorbed: vars.absorbed.iter().map(|effect| (effect.name.clone(), self.code(&effect.factor))).collect(),
            clusters: vars
                .clusters
                .iter()
                .chain(&vars.dependence.unit)
                .filter_map(|(name, factor)| Some((name.clone(), self.code_with_gaps(factor)?)))
                .collect(),
            singletons: vars.singletons,
            boundary: (vars.boundary != BoundaryLevels::Keep).then(|| (vars.boundary, self.number(&vars.outcome.1))),
            separated: vars.separated.iter().map(|found| self.mask(&found.rows)).collect(),
            n_panel_rows: vars.outcome.1.len(),
            ledger,
        }
    }

    fn mask(&self, mask: &Arc<Vec<bool>>) -> usize {
        self.locked().masks.insert(place(mask), Arc::clone(mask));
        place(mask)
    }

    fn number(&self, values: &Arc<Vec<f64>>) -> usize {
        self.locked().numbers.insert(place(values), Arc::clone(values));
        place(values)
    }

    fn code(&self, factor: &Factor) -> usize {
        self.locked().codes.insert(place(&factor.codes), Arc::clone(&factor.codes));
        place(&factor.codes)
    }

    /// The place of a column if it has values that no model can use.
    fn with_gaps(&self, values: &Arc<Vec<f64>>) -> Option<usize> {
        let at = self.number(values);
        let known = self.locked().complete.get(&at).copied();
        let complete = known.unwrap_or_else(|| all_finite(values));
        self.locked().complete.insert(at, complete);
        (!complete).then_some(at)
    }

    fn code_with_gaps(&self, factor: &Factor) -> Option<usize> {
        let at = self.code(factor);
        let known = self.locked().complete.get(&at).copied();
        let complete = known.unwrap_or_else(|| !factor.codes.contains(&Factor::MISSING));
        self.locked().complete.insert(at, complete);
        (!complete).then_some(at)
    }

    /// Nothing panics while this is held, and every state of it is valid.
    fn locked(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a column stands.
fn place<T>(column: &Arc<Vec<T>>) -> usize {
    Arc::as_ptr(column) as usize
}

#[cfg(test)]
mod tests {
    use crate::design::{DesignMatrix, ModelVariables, SharedColumns};

    #[test]
    fn designs_share_samples_columns_and_ledgers_are_their_own() {
        let y = vec![1.0, 2.0, 4.0, 3.0];
        let mut vars = ModelVariables::new(("y", y), vec![("x", vec![1.0, f64::NAN, 0.0, 2.0])]);
        let shared = SharedColumns::new();
        let a = DesignMatrix::build_shared(&vars, Default::default(), &shared).unwrap();
        let b = DesignMatrix::build_shared(&vars, Default::default(), &shared).unwrap();
        assert!(std::sync::Arc::ptr_eq(&a.outcome.values, &b.outcome.values));
        let z = std::sync::Arc::new(vec![5.0, f64::NAN, 1.0, 1.0]);
        vars.regressors = vec![("z".into(), z)];
        let c = DesignMatrix::build_shared(&vars, Default::default(), &shared).unwrap();
        assert!(std::sync::Arc::ptr_eq(&a.outcome.values, &c.outcome.values));
        assert_eq!(c.sample.ledger.0[0].column, "z");
        assert_eq!(c, DesignMatrix::build(&vars, Default::default()).unwrap());
    }
}
