//! The estimation sample: which rows of the panel a model uses, and why the others left.

use std::sync::Arc;

use rayon::prelude::*;

use super::error::{DesignError, FirstRow};
use super::variables::{AbsorbedVariable, BoundaryLevels, ModelVariables, Singletons, WeightKind};
use crate::note::Note;
use crate::panel::{Factor, Ledger, Reason};

/// The step named in ledger lines that are written here.
const STEP: &str = "model";

/// Rows of the panel in the sample, ascending, with the ledger of those that left.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Row numbers in the panel, counted from 0.
    pub rows: Arc<Vec<u32>>,
    /// What left, in order.
    pub ledger: Ledger,
}

/// Whether every value is a finite number: read at the speed of memory, on all threads.
pub(super) fn all_finite(values: &[f64]) -> bool {
    values.par_chunks(1 << 15).all(|chunk| chunk.iter().fold(true, |finite, value| finite & value.is_finite()))
}

/// A sample in the making.
pub(super) struct Selection<'a> {
    vars: &'a ModelVariables,
    sample: Sample,
    pub(super) notes: Vec<Note>,
}

impl<'a> Selection<'a> {
    /// Starts from the rows that the filters left.
    pub(super) fn start(vars: &'a ModelVariables, ledger: Ledger) -> Result<Self, DesignError> {
        let n = vars.outcome.1.len();
        let n_rows = u32::try_from(n).map_err(|_| DesignError::TooManyRows { rows: n })?;
        let rows: Vec<u32> = match &vars.rows {
            Some(mask) => (0..n_rows).filter(|&row| mask[row as usize]).collect(),
            None => (0..n_rows).collect(),
        };
        if rows.is_empty() {
            let last = ledger.0.iter().rev().find(|loss| loss.rows_lost > 0);
            return Err(DesignError::EmptySample {
                by: last
                    .map_or("the panel has no rows, and nothing".to_string(), |l| format!("{} {}", l.reason, l.column)),
                rows_lost: last.map_or(0, |l| l.rows_lost),
            });
        }
        Ok(Selection { vars, sample: Sample { rows: Arc::new(rows), ledger }, notes: Vec::new() })
    }

    /// The decided sample.
    pub(super) fn finish(mut self) -> Result<(Sample, Vec<Note>), DesignError> {
        self.drop_missing()?;
        self.drop_infinite()?;
        self.check_weights()?;
        self.drop_separated()?;
        self.drop_levels()?;
        Ok((self.sample, self.notes))
    }

    /// Every column of numbers, in the order of the formula.
    fn numbers(&self) -> Vec<(&'a str, &'a [f64])> {
        let vars = self.vars;
        let mut out: Vec<(&str, &[f64])> =
            vars.numbers().map(|(name, values)| (name.as_str(), values.as_slice())).collect();
        out.extend(vars.weights.as_ref().map(|(_, name, values)| (name.as_str(), values.as_slice())));
        out
    }

    /// Keeps the rows for which `keep` holds; the ledger gets a line if any leaves.
    fn retain(&mut self, reason: Reason, column: &str, keep: impl Fn(usize) -> bool) -> Result<(), DesignError> {
        let before = self.sample.rows.len();
        Arc::make_mut(&mut self.sample.rows).retain(|&row| keep(row as usize));
        let left = self.sample.rows.len();
        if left == before {
            return Ok(());
        }
        self.sample.ledger.push(STEP, reason, column, before - left, left);
        if left == 0 {
            return Err(DesignError::EmptySample { by: format!("{reason} {column}"), rows_lost: before });
        }
        Ok(())
    }

    fn drop_missing(&mut self) -> Result<(), DesignError> {
        let start = Arc::clone(&self.sample.rows);
        for (name, values) in self.numbers() {
            // Most columns are complete, and a plain scan costs a fraction of going through the rows of the sample.
            if all_finite(values) || !values.iter().any(|v| v.is_nan()) {
                continue;
            }
            if start.iter().all(|&row| values[row as usize].is_nan()) {
                return Err(DesignError::AllMissing { variable: name.to_string() });
            }
            self.retain(Reason::Missing, name, |row| !values[row].is_nan())?;
        }
        let effects = self.vars.absorbed.iter().map(|effect| (&effect.name, &effect.factor));
        for (name, factor) in effects
            .chain(self.vars.clusters.iter().chain(&self.vars.dependence.unit).map(|(name, factor)| (name, factor)))
        {
            if !factor.codes.contains(&Factor::MISSING) {
                continue;
            }
            if start.iter().all(|&row| factor.codes[row as usize] == Factor::MISSING) {
                return Err(DesignError::AllMissing { variable: name.clone() });
            }
            self.retain(Reason::Missing, name, |row| factor.codes[row] != Factor::MISSING)?;
        }
        Ok(())
    }

    fn drop_infinite(&mut self) -> Result<(), DesignError> {
        for (name, values) in self.numbers() {
            if !all_finite(values) {
                self.retain(Reason::NonFinite, name, |row| values[row].is_finite())?;
            }
        }
        Ok(())
    }

    /// Refuses negative and fractional frequency weights; drops rows with weight zero.
    fn check_weights(&mut self) -> Result<(), DesignError> {
        let Some((kind, name, weights)) = &self.vars.weights else { return Ok(()) };
        let offending = |wrong: &dyn Fn(f64) -> bool| {
            let mut rows = self.sample.rows.iter().filter(|&&row| wrong(weights[row as usize]));
            rows.next().map(|&first| (1 + rows.count(), FirstRow::at(first as usize)))
        };
        if let Some((rows, first)) = offending(&|w| w < 0.0) {
            return Err(DesignError::NegativeWeight { variable: name.clone(), rows, first });
        }
        if *kind == WeightKind::Frequency
            && let Some((rows, first)) = offending(&|w| w.fract() != 0.0)
        {
            return Err(DesignError::FractionalFrequency { variable: name.clone(), rows, first });
        }
        self.retain(Reason::ZeroWeight, name, |row| weights[row] > 0.0)
    }

    /// Drops rows that a search found to be separated.
    fn drop_separated(&mut self) -> Result<(), DesignError> {
        for found in &self.vars.separated {
            let before = self.sample.rows.len();
            self.retain(Reason::Separated, &found.by, |row| !found.rows[row])?;
            let rows = before - self.sample.rows.len();
            if rows > 0 {
                self.notes.push(Note::Separated { rows, by: found.by.clone() });
            }
        }
        Ok(())
    }

    /// Drops rows alone in a level of any absorbed effect, and rows in levels at a boundary of the outcome, round by round
    /// until none is left: either may make one of the other.
    fn drop_levels(&mut self) -> Result<(), DesignError> {
        let effects = &self.vars.absorbed;
        let before = self.sample.rows.len();
        let (mut alone, mut rounds) = (0, 0);
        let mut at_boundary = vec![0; effects.len()];
        loop {
            let start = self.sample.rows.len();
            if self.vars.singletons == Singletons::Drop {
                alone += effects.iter().map(|effect| self.without_singletons(&effect.factor)).sum::<usize>();
                rounds += usize::from(self.sample.rows.len() < start);
            }
            for (lost, effect) in at_boundary.iter_mut().zip(effects).filter(|(_, effect)| !effect.slopes_only) {
                *lost += self.without_boundary(effect);
            }
            if self.sample.rows.len() == start {
                break;
            }
        }
        let names: Vec<&str> = effects.iter().map(|effect| effect.name.as_str()).collect();
        let mut left = before;
        if alone > 0 {
            left -= alone;
            self.sample.ledger.push(STEP, Reason::Singleton, names.join(" + "), alone, left);
            self.notes.push(Note::Singletons { rows: alone, rounds });
        }
        for (&name, rows) in names.iter().zip(at_boundary).filter(|(_, rows)| *rows > 0) {
            left -= rows;
            self.sample.ledger.push(STEP, Reason::Separated, name, rows, left);
            self.notes.push(Note::Separated { rows, by: name.to_string() });
        }
        if left == 0 {
            let what = if alone > 0 { "singletons" } else { "levels at a boundary of the outcome" };
            return Err(DesignError::EmptySample { by: format!("{what} of {}", names.join(" + ")), rows_lost: before });
        }
        Ok(())
    }

    /// Drops the rows alone in a level; how many. A row with a frequency weight of two or more is not alone: it stands for
    /// several.
    fn without_singletons(&mut self, factor: &Factor) -> usize {
        let repeats = match &self.vars.weights {
            Some((WeightKind::Frequency, _, weights)) => Some(weights.as_slice()),
            _ => None,
        };
        let count = self.rows_by_level(factor, repeats);
        if !count.contains(&1) {
            return 0;
        }
        self.keep_levels(factor, |level| count[level] > 1)
    }

    /// Drops the rows of levels in which every outcome is at a boundary; how many.
    fn without_boundary(&mut self, effect: &AbsorbedVariable) -> usize {
        if self.vars.boundary == BoundaryLevels::Keep {
            return 0;
        }
        let (factor, outcome) = (&effect.factor, &self.vars.outcome.1);
        let ones = self.vars.boundary == BoundaryLevels::ZerosAndOnes;
        // Of each level, whether some outcome is off the lower boundary, and off the upper one.
        let mut off = vec![(false, !ones); factor.n_levels()];
        for &row in self.sample.rows.iter() {
            let y = outcome[row as usize];
            let level = &mut off[factor.codes[row as usize] as usize];
            *level = (level.0 || y > 0.0, level.1 || y < 1.0);
        }
        if off.iter().all(|&(lower, upper)| lower && upper) {
            return 0;
        }
        self.keep_levels(factor, |level| off[level].0 && off[level].1)
    }

    /// Keeps the rows of some levels; how many left.
    fn keep_levels(&mut self, factor: &Factor, keep: impl Fn(usize) -> bool) -> usize {
        let before = self.sample.rows.len();
        Arc::make_mut(&mut self.sample.rows).retain(|&row| keep(factor.codes[row as usize] as usize));
        before - self.sample.rows.len()
    }

    /// Rows of the sample in each level; a row that stands for several counts twice.
    fn rows_by_level(&self, factor: &Factor, repeats: Option<&[f64]>) -> Vec<u32> {
        let mut count = vec![0u32; factor.n_levels()];
        if repeats.is_none() && self.sample.rows.len() == factor.len() {
            factor.codes.iter().for_each(|&code| count[code as usize] += 1);
            return count;
        }
        for &row in self.sample.rows.iter() {
            let alone = repeats.is_none_or(|weights| weights[row as usize] < 2.0);
            let slot = &mut count[factor.codes[row as usize] as usize];
            *slot = slot.saturating_add(if alone { 1 } else { 2 });
        }
        count
    }
}
