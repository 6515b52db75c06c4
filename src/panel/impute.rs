//! `impute` of a table: intervals of suppressed cells, first guesses, and the fit to published totals.
//!
//! The interval of a cell is what its flag, its size classes and the fact that sizes are not negative have in common. Known
//! cells have the interval of one point. Every imputed cell is marked.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::error::DataError;
use super::expression::RowExpression;
use super::key::{KeyIndex, describe, factors, repeated};
use super::{Column, Factor, Panel};
use crate::linalg::sum;
use crate::mapping::{SuppressedCells, Totals, fit_to_totals};
use crate::monte::Streams;
use crate::note::Note;
use crate::study::impute::{CBP_FLAGS, ImputeDraw, ImputeMethod, ImputeSection, KnownRanges, RangesText};

/// An open interval's guess, in units of its lower end.
const OPEN: f64 = 1.5;

/// Of a row, what its size classes say: least, most, and establishments times the middle of their class.
type ClassCounts = (f64, f64, f64);

/// A table and how one of its columns is imputed.
pub(crate) struct Impute<'a> {
    /// The table's name.
    pub table: &'a str,
    /// What the study says.
    pub section: &'a ImputeSection,
    /// Which rows are suppressed.
    pub condition: Option<&'a RowExpression>,
    /// The tables of totals, in the section's order.
    pub totals: &'a [Panel],
}

impl Impute<'_> {
    /// Fills the column and adds its interval and its mark.
    ///
    /// # Errors
    /// Text where numbers are needed; flags without a range; ranges that are not two numbers in order; negative counts;
    /// `NoRange` where nothing bounds a cell and the method needs it.
    pub(crate) fn run(&self, mut panel: Panel) -> Result<(Panel, Option<Note>), DataError> {
        let value = self.number(&panel, &self.section.value, "value of impute")?;
        let flags = self.flag_ranges(&panel)?;
        let is_suppressed = match self.condition {
            Some(condition) => condition.test(&panel)?,
            None => value.iter().zip(&flags).map(|(value, flag)| value.is_nan() || flag.is_some()).collect(),
        };
        let classes = self.class_counts(&panel)?;
        let mut cells = SuppressedCells { low: value.clone(), high: value.clone(), values: value, is_suppressed };
        for row in (0..panel.n_rows()).filter(|&row| cells.is_suppressed[row]) {
            let (low, high) = interval(flags[row], classes.as_ref().map(|classes| classes[row]));
            (cells.low[row], cells.high[row]) = (low, high);
        }
        self.guess(&panel, &mut cells, classes.as_deref())?;
        let fit = fit_to_totals(&mut cells, &self.groups(&panel)?);
        let note = self.note(&panel, &cells, &fit);
        let [low, high, imputed] = self.section.added();
        let mark = cells.is_suppressed.iter().map(|&is| f64::from(u8::from(is))).collect();
        for (name, values) in
            [(self.section.value.clone(), cells.values), (low, cells.low), (high, cells.high), (imputed, mark)]
        {
            panel.insert(name, Column::number(values));
        }
        Ok((panel, note))
    }

    fn number(&self, panel: &Panel, name: &str, used_in: &str) -> Result<Vec<f64>, DataError> {
        match panel.get(name) {
            Some(Column::Number(values)) => Ok(values.to_vec()),
            _ => Err(DataError::TextColumn {
                table: self.table.to_string(),
                column: name.to_string(),
                used_in: used_in.to_string(),
            }),
        }
    }

    fn fault(&self, detail: String) -> DataError {
        DataError::Imputation { table: self.table.to_string(), column: self.section.value.clone(), detail }
    }

    /// The range of every row's flag; `None` without a flag.
    fn flag_ranges(&self, panel: &Panel) -> Result<Vec<Option<(f64, f64)>>, DataError> {
        let Some(name) = &self.section.flag else { return Ok(vec![None; panel.n_rows()]) };
        let known: IndexMap<String, (f64, f64)> = match &self.section.ranges {
            Some(RangesText::Given(given)) => given
                .iter()
                .map(|(flag, ends)| Ok((flag.clone(), self.range(flag, ends)?)))
                .collect::<Result<_, _>>()?,
            Some(RangesText::Known(KnownRanges::Cbp)) => {
                CBP_FLAGS.iter().map(|&(flag, low, high)| (flag.to_string(), (low, high))).collect()
            }
            None => {
                return Err(self.fault(format!(
                    "flag = \"{name}\" has no ranges: write ranges = \"cbp\", or {{ A = [0, 19], ... }}"
                )));
            }
        };
        let flags = panel.get(name).map_or_else(|| Factor::new(Vec::new(), Vec::new()), Column::to_factor);
        let ranges: Vec<Option<(f64, f64)>> = flags.levels.iter().map(|flag| known.get(flag.trim()).copied()).collect();
        let unknown: BTreeSet<&str> = (flags.levels.iter().zip(&ranges))
            .filter(|(flag, range)| range.is_none() && !flag.trim().is_empty())
            .map(|(flag, _)| flag.as_str())
            .collect();
        if let Some(flag) = unknown.first() {
            let names = known.keys().cloned().collect::<Vec<_>>().join(", ");
            return Err(self.fault(format!("flag {flag:?} of column {name} has no range; ranges are for {names}")));
        }
        Ok(flags.codes.iter().map(|&code| ranges.get(code as usize).copied().flatten()).collect())
    }

    fn range(&self, name: &str, ends: &[f64]) -> Result<(f64, f64), DataError> {
        match ends {
            [low] if *low >= 0.0 => Ok((*low, f64::INFINITY)),
            [low, high] if *low >= 0.0 && high >= low => Ok((*low, *high)),
            _ => Err(self.fault(format!("the range of {name} must be one number or two in order, such as [20, 99]"))),
        }
    }

    /// Of every row what its size classes say: least, most, and establishments times the middle of their class.
    fn class_counts(&self, panel: &Panel) -> Result<Option<Vec<ClassCounts>>, DataError> {
        if self.section.classes.is_empty() {
            return Ok(None);
        }
        let mut found = vec![(0.0, 0.0, 0.0); panel.n_rows()];
        for (name, ends) in &self.section.classes {
            let (low, high) = self.range(name, ends)?;
            let counts = self.number(panel, name, "classes of impute")?;
            for (row, (slot, count)) in found.iter_mut().zip(&counts).enumerate().filter(|(_, (_, n))| !n.is_nan()) {
                if *count < 0.0 {
                    return Err(self.fault(format!("{name} is {count} in row {}: counts are not negative", row + 1)));
                }
                if *count > 0.0 {
                    *slot = (slot.0 + count * low, slot.1 + count * high, slot.2 + count * middle(low, high));
                }
            }
        }
        Ok(Some(found))
    }

    fn guess(
        &self,
        panel: &Panel,
        cells: &mut SuppressedCells,
        classes: Option<&[ClassCounts]>,
    ) -> Result<(), DataError> {
        let sizes = match self.section.method {
            ImputeMethod::Establishments => Some(self.by_establishments(panel, cells)?),
            ImputeMethod::Classes if classes.is_none() => {
                return Err(self.fault("method = \"classes\" needs classes = { n1_4 = [1, 4], ... }".into()));
            }
            _ => None,
        };
        for row in (0..panel.n_rows()).filter(|&row| cells.is_suppressed[row]) {
            let (low, high) = (cells.low[row], cells.high[row]);
            let value = match self.section.method {
                ImputeMethod::Midpoint => middle(low, high),
                ImputeMethod::Low => low,
                ImputeMethod::High if high.is_finite() => high,
                ImputeMethod::High => OPEN * low,
                ImputeMethod::Classes => classes.map_or(f64::NAN, |classes| classes[row].2),
                ImputeMethod::Establishments => sizes.as_ref().map_or(f64::NAN, |sizes| sizes[row]),
            };
            if value.is_nan() {
                return Err(self.fault(format!("row {} has no number of establishments to guess from", row + 1)));
            }
            // What nothing is known of would start at zero, and zeros cannot be scaled up to a total.
            let is_asked_for = matches!(self.section.method, ImputeMethod::Establishments | ImputeMethod::Low);
            if value == 0.0 && high == f64::INFINITY && !is_asked_for {
                return Err(self.fault(format!(
                    "nothing bounds the suppressed cell of row {}: name a flag with ranges, classes, or method = \"establishments\"",
                    row + 1
                )));
            }
            cells.values[row] = match self.section.draw {
                Some(draw) => self.drawn(draw, panel, row, (low, high, value)),
                None => value,
            };
        }
        Ok(())
    }

    /// A value drawn evenly from the interval of a cell; from an open one, evenly up to where the guess is the middle. What
    /// the row holds is the key of its stream, so that the order of rows does not matter.
    fn drawn(&self, draw: ImputeDraw, panel: &Panel, row: usize, (low, high, guess): (f64, f64, f64)) -> f64 {
        let names: Vec<String> = panel.names().map(String::from).collect();
        let key = format!("impute {} of {}: {}", self.section.value, self.table, describe(panel, &names, row));
        let high = if high.is_finite() { high } else { (2.0 * guess - low).max(low) };
        low + (high - low) * Streams::new(draw.seed).stream(&key, draw.number).uniform()
    }

    /// Establishments times the mean size of the known cells of the same `by`, or of all where that has none.
    fn by_establishments(&self, panel: &Panel, cells: &SuppressedCells) -> Result<Vec<f64>, DataError> {
        let Some(name) = &self.section.establishments else {
            return Err(self.fault("method = \"establishments\" needs establishments = \"COLUMN\"".into()));
        };
        let establishments = self.number(panel, name, "establishments of impute")?;
        let (index, groups) = KeyIndex::build(&factors(panel, &self.section.by), panel.n_rows());
        let mut totals = vec![(0.0, 0.0); index.n_keys];
        let mut all = (0.0, 0.0);
        for row in (0..panel.n_rows()).filter(|&row| !cells.is_suppressed[row]) {
            let (value, count) = (cells.values[row], establishments[row]);
            if value.is_finite() && count.is_finite() {
                all = (all.0 + value, all.1 + count);
                if let Some(slot) = totals.get_mut(groups[row] as usize) {
                    *slot = (slot.0 + value, slot.1 + count);
                }
            }
        }
        let mean = |(value, count): (f64, f64)| if count > 0.0 { value / count } else { f64::NAN };
        let size = |row: usize| {
            let own = totals.get(groups[row] as usize).map_or(f64::NAN, |&slot| mean(slot));
            if own.is_finite() && own > 0.0 { own } else { mean(all) }
        };
        Ok((0..panel.n_rows()).map(|row| establishments[row] * size(row)).collect())
    }

    /// The group of every row and the total of every group, for each table of totals.
    fn groups(&self, panel: &Panel) -> Result<Vec<Totals>, DataError> {
        let mut found = Vec::new();
        for (totals, table) in self.section.totals.iter().zip(self.totals) {
            let on = totals.on.pairs();
            super::join::check_kinds((panel, self.table), (table, &totals.table), &on)?;
            let (here, there): (Vec<String>, Vec<String>) = on.into_iter().unzip();
            let (left, right) = (factors(panel, &here), factors(table, &there));
            let (index, ids) = KeyIndex::build(&right, table.n_rows());
            let keys = repeated(table, &there, &ids, index.n_keys);
            if !keys.is_empty() {
                return Err(DataError::RepeatedKeys { with: totals.table.clone(), columns: there, keys });
            }
            let name = totals.value.as_ref().unwrap_or(&self.section.value);
            let Some(Column::Number(published)) = table.get(name) else {
                let used_in = "value of the totals of impute".to_string();
                return Err(DataError::TextColumn { table: totals.table.clone(), column: name.clone(), used_in });
            };
            let mut of_key = vec![f64::NAN; index.n_keys];
            for (&id, &total) in ids.iter().zip(published.iter()).filter(|(id, _)| **id != Factor::MISSING) {
                of_key[id as usize] = total;
            }
            let codes: Vec<Vec<u32>> = left.iter().zip(&right).map(|(l, r)| super::join::translate(l, r)).collect();
            let group = |row: usize| index.find(codes.iter().map(|column| column[row])).unwrap_or(u32::MAX);
            found.push(Totals { group_of_row: (0..panel.n_rows()).map(group).collect(), totals: of_key });
        }
        Ok(found)
    }

    fn note(&self, panel: &Panel, cells: &SuppressedCells, fit: &crate::mapping::FitToTotals) -> Option<Note> {
        let rows: Vec<usize> = (0..cells.values.len()).filter(|&row| cells.is_suppressed[row]).collect();
        if rows.is_empty() {
            return None;
        }
        let total = |of: &[f64]| sum(&rows.iter().map(|&row| of[row]).collect::<Vec<f64>>());
        let all = sum(&cells.values.iter().copied().filter(|value| value.is_finite()).collect::<Vec<f64>>());
        Some(Note::Imputed {
            table: self.table.to_string(),
            column: self.section.value.clone(),
            cells: rows.len(),
            of: panel.n_rows(),
            imputed: total(&cells.values),
            total: all,
            low: total(&cells.low),
            high: Some(total(&cells.high)).filter(|high| high.is_finite()),
            gap: if self.section.totals.is_empty() { None } else { Some(fit.gap) },
            out_of_reach: fit.out_of_reach.len(),
            examples: self.examples(panel, fit),
        })
    }

    /// Up to five groups whose published total the bounds do not allow.
    fn examples(&self, panel: &Panel, fit: &crate::mapping::FitToTotals) -> Vec<String> {
        let Ok(groups) = self.groups(panel) else { return Vec::new() };
        let name = |&(place, group): &(usize, usize)| {
            let row = groups[place].group_of_row.iter().position(|&of| of as usize == group)?;
            let here: Vec<String> = self.section.totals[place].on.pairs().into_iter().map(|(here, _)| here).collect();
            Some(describe(panel, &here, row))
        };
        fit.out_of_reach.iter().filter_map(name).take(5).collect()
    }
}

/// What a flag and size classes have in common. Where they contradict each other the flag holds.
fn interval(flag: Option<(f64, f64)>, classes: Option<ClassCounts>) -> (f64, f64) {
    match (flag, classes) {
        (None, None) => (0.0, f64::INFINITY),
        (Some(flag), None) => flag,
        (None, Some((low, high, _))) => (low, high),
        (Some((a, b)), Some((low, high, _))) if low <= b && high >= a => (a.max(low), b.min(high)),
        (Some(flag), Some(_)) => flag,
    }
}

fn middle(low: f64, high: f64) -> f64 {
    if high.is_finite() { 0.5 * (low + high) } else { OPEN * low }
}
