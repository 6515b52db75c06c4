//! [`extent`]: how large a panel will be, from what its file says of itself and its first rows.
//!
//! In: the `[data]` section and the columns that are needed; out: rows, and of each column its kind, its levels where it
//! is used as a factor, whether it has gaps. What steps do to rows (filters, sums) is not known without reading: their
//! number is that of the file which the panel starts from.

use std::collections::HashSet;
use std::path::Path;

use rayon::prelude::*;

use super::error::DataError;
use super::file::DataFile;
use super::locate::{Locator, Place};
use super::order::{Standing, standing};
use super::read::Reader;
use super::request::Request;
use super::{Column, Factor, Panel};
use crate::study::data::DataSection;

/// Rows that are looked at.
const HEAD: usize = 1 << 16;

/// Of these, rows that are kept to try conditions on.
const KEPT: usize = 1 << 13;

/// Tables that are followed from one to the next: more is a circle, which reading will tell.
const MOST_TABLES: usize = 100;

/// The size of a panel before it is read.
#[derive(Clone, Debug)]
pub struct Extent {
    /// Rows of the file that the panel starts from.
    pub rows: usize,
    /// Whether the panel is that file, with no steps between.
    pub is_file: bool,
    /// Whether its rows stand in the order of unit and time, as far as was looked at.
    pub in_order: bool,
    /// Bytes of the file that reading holds as they are (all of a csv file).
    pub held: u64,
    /// Bytes of the file.
    pub file: u64,
    /// The columns needed that the file has.
    pub columns: Vec<ColumnExtent>,
    /// Columns that steps add.
    pub added: usize,
    /// Some of the rows that were looked at.
    pub head: Panel,
}

/// The size of a column before it is read.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnExtent {
    /// Its name in the panel.
    pub name: String,
    /// Whether it is text.
    pub is_text: bool,
    /// Distinct values, estimated; zero for numbers that are not used as a factor.
    pub levels: usize,
    /// Whether equal values stand together.
    pub is_grouped: bool,
    /// Whether values are missing.
    pub has_gaps: bool,
    /// Share of the rows that are alone in their level, estimated.
    pub alone: f64,
}

/// Looks at the file that a panel starts from. `needed` names its columns, `factors` those that are used as factors;
/// `None` where the panel's own table goes in circles.
///
/// # Errors
/// Any [`DataError`] that opening the file and reading its first rows can find.
pub fn extent(
    section: &DataSection,
    base: &Path,
    data_dir: Option<&Path>,
    (needed, factors): (&[String], &[String]),
) -> Result<Option<Extent>, DataError> {
    let locator = Locator::new(section, base, data_dir)?;
    // Names that play no part because the panel does not have them are not counted.
    let known = Reader::new(&locator).columns(&section.panel)?;
    let wanted = needed.iter().filter(|name| known.contains(name));
    let mut columns: Vec<(String, String)> = wanted.map(|name| (name.clone(), name.clone())).collect();
    let mut table = section.panel.clone();
    for step in 0..MOST_TABLES {
        let (path, resource) = match locator.locate(&table)? {
            Place::File(path, resource) => (path, resource),
            Place::Steps(steps) => {
                // Columns by the names that they have before the step.
                for (old, _) in &mut columns {
                    if let Some((before, _)) = steps.rename.iter().find(|(_, after)| *after == old) {
                        *old = before.clone();
                    }
                }
                match (&steps.file, &steps.from) {
                    (Some(file), _) => (locator.file(file), None),
                    (None, Some(from)) => {
                        table = from.clone();
                        continue;
                    }
                    (None, None) => return Ok(None),
                }
            }
        };
        let file = DataFile::open(&path)?;
        let (there, added): (Vec<_>, Vec<_>) =
            columns.into_iter().partition(|(old, _)| file.names().iter().any(|name| name == old));
        let text = section.text.iter().cloned().collect();
        let request = Request { columns: there, filter: None, old_name: &str::to_string, text: &text, resource };
        let held = file.held();
        let (head, rows) = file.head(&request, HEAD)?;
        let keys: Vec<String> = section.unit.names().into_iter().chain(section.time.clone()).collect();
        return Ok(Some(Extent {
            rows,
            is_file: step == 0 && section.tables.get(&section.panel).is_none(),
            in_order: standing(&head, &keys) == Standing::Sorted,
            held,
            file: std::fs::metadata(&path).map_or(0, |data| data.len()),
            columns: measured(&head, rows, factors),
            added: added.len(),
            head: thinned(&head),
        }));
    }
    Ok(None)
}

/// Rows at even distances.
fn thinned(head: &Panel) -> Panel {
    let rows: Vec<u32> = (0..head.n_rows() as u32).step_by(head.n_rows().div_ceil(KEPT).max(1)).collect();
    head.take(&rows)
}

fn measured(head: &Panel, rows: usize, factors: &[String]) -> Vec<ColumnExtent> {
    let columns: Vec<(&str, &Column)> = head.columns().collect();
    let measure = |&(name, column): &(&str, &Column)| {
        let is_text = matches!(column, Column::Text(_));
        let has_gaps = match column {
            Column::Number(values) => values.iter().any(|value| !value.is_finite()),
            Column::Text(factor) => factor.codes.contains(&Factor::MISSING),
        };
        let mut out =
            ColumnExtent { name: name.to_string(), is_text, levels: 0, is_grouped: false, has_gaps, alone: 0.0 };
        if is_text || factors.iter().any(|factor| factor == name) {
            let Distinct { found, runs, short } = match column {
                Column::Number(values) => distinct(values.iter().map(|value| (value + 0.0).to_bits())),
                Column::Text(factor) => distinct(factor.codes.iter().map(|&code| u64::from(code))),
            };
            out.is_grouped = runs <= found + 1;
            out.levels = levels(found, out.is_grouped, (column.len(), rows));
            // Rows in a level of their own: counted where equal values stand together; else those of random draws.
            out.alone = match out.is_grouped {
                true => short as f64 / column.len().max(1) as f64,
                false => (-(rows as f64) / out.levels.max(1) as f64).exp(),
            };
        }
        out
    };
    columns.par_iter().map(measure).collect()
}

/// What the values of a column repeat.
struct Distinct {
    /// Distinct values.
    found: usize,
    /// Stretches of equal ones.
    runs: usize,
    /// Stretches of one row.
    short: usize,
}

fn distinct(values: impl Iterator<Item = u64>) -> Distinct {
    let (mut seen, mut last, mut length) = (HashSet::new(), None, 0usize);
    let (mut runs, mut short) = (0, 0);
    for value in values.filter(|value| !f64::from_bits(*value).is_nan()) {
        if last.replace(value) == Some(value) {
            length += 1;
            continue;
        }
        short += usize::from(length == 1);
        (runs, length) = (runs + 1, 1);
        seen.insert(value);
    }
    // The last stretch may go on.
    Distinct { found: seen.len(), runs, short }
}

/// Levels of all rows from those of the first `n`: in proportion where equal values stand together; else as many as give
/// so many in `n` draws with equal chances, `L (1 - exp(-n / L))`.
fn levels(found: usize, is_grouped: bool, (n, rows): (usize, usize)) -> usize {
    if n == 0 || n >= rows {
        return found;
    }
    let (d, n) = (found as f64, n as f64);
    if is_grouped && found > 1 {
        return ((d * rows as f64 / n) as usize).min(rows);
    }
    let (mut low, mut high) = (d, rows as f64);
    for _ in 0..60 {
        let middle = (low * high).sqrt();
        if middle * -(-n / middle).exp_m1() < d { low = middle } else { high = middle }
    }
    high.round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_told_from_the_first_rows() {
        // Ten rows each, one after the other; drawn from a hundred; drawn from 50,000; a key.
        assert_eq!(levels(100, true, (1000, 20_000)), 2000);
        assert_eq!(levels(100, false, (10_000, 1_000_000)), 100);
        let expected = (50_000.0 * (1.0 - (-0.2f64).exp())) as usize;
        let found = levels(expected, false, (10_000, 1_000_000));
        assert!((49_000..51_000).contains(&found), "{found}");
        assert_eq!(levels(1000, false, (1000, 20_000)), 20_000);
        assert_eq!(levels(7, false, (50, 50)), 7);
    }
}
