//! [`Periods`]: a panel read one period at a time, so that what does not fit in memory can be measured.
//!
//! The condition on time is put where the panel's parquet file is read, below joins and sums, so that the rows of other
//! periods never come into memory. That changes nothing but which rows there are: tables that join, sum over or impute
//! from other periods are not split (see [`Periods::of`]), nor are csv and Stata files, which are read whole anyway.

use std::collections::BTreeSet;
use std::path::Path;

use super::error::DataError;
use super::file::DataFile;
use super::locate::{Locator, Place};
use super::read::Reader;
use super::{Column, Factor};
use crate::study::data::{DataSection, TableSection};

/// What is added to the names of tables that are limited to a period.
const SUFFIX: &str = " (one period)";

/// A panel that can be read one period at a time.
#[derive(Clone, Debug)]
pub struct Periods {
    /// The section with tables of its own for one period.
    section: DataSection,
    /// The table whose file is read, and what time is called there.
    place: (String, String),
    /// The periods, ascending.
    values: Vec<f64>,
    /// Rows of the file, of all periods.
    n_rows: usize,
}

impl Periods {
    /// The periods of a panel; `None` where it has no time, is no parquet file, or where a step between file and panel
    /// needs several periods: time from a join, a sum or a new column, imputation, a sum over periods.
    ///
    /// # Errors
    /// When a file cannot be opened or its time read.
    pub fn of(section: &DataSection, base: &Path, data_dir: Option<&Path>) -> Result<Option<Self>, DataError> {
        let Some(time) = section.time.clone() else { return Ok(None) };
        let locator = Locator::new(section, base, data_dir)?;
        let mut limited = section.clone();
        let (mut name, mut column) = (section.panel.clone(), time);
        limited.panel.push_str(SUFFIX);
        // A circle of tables is told by the reader; here it must only end.
        for _ in 0..=section.tables.len() {
            let step = match locator.locate(&name)? {
                Place::File(path, _) => {
                    TableSection { file: Some(path.to_string_lossy().into_owned()), ..TableSection::default() }
                }
                Place::Steps(table) => table.clone(),
            };
            let Some(old) = time_of_source(&step, &column) else { return Ok(None) };
            let copy = format!("{name}{SUFFIX}");
            if let Some(from) = step.from.clone() {
                let inner = format!("{from}{SUFFIX}");
                limited.tables.insert(copy, TableSection { from: Some(inner), ..step });
                (name, column) = (from, old);
                continue;
            }
            let path = locator.file(step.file.as_deref().unwrap_or_default());
            if !path.to_string_lossy().to_lowercase().ends_with(".parquet") {
                return Ok(None);
            }
            let file = DataFile::open(&path)?;
            if !file.names().contains(&old) {
                return Ok(None);
            }
            let n_rows = file.rows();
            limited.tables.insert(copy.clone(), step);
            let Some(values) = times(&Locator::new(&limited, base, data_dir)?, &copy, &column)? else {
                return Ok(None);
            };
            return Ok(Some(Periods { section: limited, place: (copy, column), values, n_rows }));
        }
        Ok(None)
    }

    /// The periods, ascending.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Rows of the file, of all periods, before any condition.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// The section of one period: to be read as any other.
    pub fn section(&self, period: f64) -> DataSection {
        let mut section = self.section.clone();
        let (table, column) = &self.place;
        if let Some(table) = section.tables.get_mut(table) {
            let is_now = format!("`{column}` == {period:?}");
            table.filter = Some(match &table.filter {
                Some(filter) => format!("({filter}) and {is_now}"),
                None => is_now,
            });
        }
        section
    }
}

/// What the source of a table calls its time; `None` where the time is made on the way or rows of several periods meet.
fn time_of_source(table: &TableSection, time: &str) -> Option<String> {
    let is_made = table.spells.is_some()
        || table.derive.contains_key(time)
        || table.crosswalk.iter().any(|crosswalk| crosswalk.new_name() == time);
    let is_summed_over = !table.group_by.is_empty() && !table.group_by.iter().any(|name| name == time);
    if is_made || is_summed_over || !table.impute.is_empty() {
        return None;
    }
    match table.rename.iter().find(|(_, new)| *new == time) {
        Some((old, _)) => Some(old.clone()),
        None => (!table.rename.contains_key(time)).then(|| time.to_string()),
    }
}

/// The distinct times of a table, ascending; `None` where they are not numbers.
fn times(locator: &Locator, table: &str, column: &str) -> Result<Option<Vec<f64>>, DataError> {
    let wanted = BTreeSet::from([column.to_string()]);
    let (panel, _) = Reader::new(locator).read(table, Some(&wanted))?;
    let Some(Column::Number(times)) = panel.get(column) else { return Ok(None) };
    let mut distinct: Vec<f64> = Vec::new();
    for &time in times.iter().filter(|time| !time.is_nan()) {
        // Rows of one period mostly stand together.
        if distinct.last() != Some(&time) && !distinct.contains(&time) {
            distinct.push(time);
        }
    }
    distinct.sort_by(f64::total_cmp);
    Ok(Some(distinct))
}

/// The distinct texts (or numbers as text) of a column of the panel, which is not read otherwise; sorted.
///
/// # Errors
/// Any [`DataError`] of reading.
pub fn distinct(
    section: &DataSection,
    base: &Path,
    data_dir: Option<&Path>,
    column: &str,
) -> Result<BTreeSet<String>, DataError> {
    let locator = Locator::new(section, base, data_dir)?;
    let wanted = BTreeSet::from([column.to_string()]);
    let (panel, _) = Reader::new(&locator).read(&section.panel, Some(&wanted))?;
    let factor = panel.get(column).map_or_else(|| Factor::new(Vec::new(), Vec::new()), Column::to_factor);
    let mut is_used = vec![false; factor.n_levels()];
    factor.codes.iter().filter(|code| **code != Factor::MISSING).for_each(|&code| is_used[code as usize] = true);
    Ok(factor.levels.iter().zip(is_used).filter(|(_, is_used)| *is_used).map(|(level, _)| level.clone()).collect())
}
