//! Group-by: rows that agree in some columns become one, the others are summed up.
//!
//! Groups come out sorted by their columns (text by its bytes, numbers by value), so that the result does not depend on
//! the order of the rows read. Missing values are left out of a statistic; a group with nothing but missing values has a
//! missing statistic. A row with a missing group column belongs to no group.

use std::cmp::Ordering;

use super::error::DataError;
use super::key::{KeyIndex, factors};
use super::{Column, Factor, Panel};
use crate::mapping::CompensatedSum;
use crate::study::data::TableSection;

/// How the rows of a group become one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Statistic {
    /// Sum.
    Sum,
    /// Mean.
    Mean,
    /// Smallest.
    Min,
    /// Largest.
    Max,
    /// First that is not missing.
    First,
}

/// A new column of an aggregation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Aggregate {
    /// The new column.
    pub new: String,
    /// The column it is made of.
    pub old: String,
    /// How.
    pub statistic: Statistic,
}

/// The aggregations that a table asks for, in the order sum, mean, min, max, first.
pub(crate) fn aggregates(section: &TableSection) -> Vec<Aggregate> {
    let lists = [
        (&section.sum, Statistic::Sum),
        (&section.mean, Statistic::Mean),
        (&section.min, Statistic::Min),
        (&section.max, Statistic::Max),
        (&section.first, Statistic::First),
    ];
    let one =
        |statistic| move |(new, old): (&String, &String)| Aggregate { new: new.clone(), old: old.clone(), statistic };
    lists.into_iter().flat_map(|(list, statistic)| list.iter().map(one(statistic))).collect()
}

/// A finished aggregation.
pub(crate) struct Aggregated {
    /// One row per group.
    pub panel: Panel,
    /// Rows that had no group, by the group column that was missing first.
    pub missing: Vec<(String, usize)>,
}

/// Sums up. All columns named must exist.
///
/// # Errors
/// A sum, mean, minimum or maximum of text.
pub(crate) fn aggregate(table: &str, panel: &Panel, section: &TableSection) -> Result<Aggregated, DataError> {
    let by = &section.group_by;
    let keys = factors(panel, by);
    let missing = missing_keys(by, &keys, panel.n_rows());
    let (index, ids) = KeyIndex::build(&keys, panel.n_rows());
    let order = sorted_groups(panel, by, &keys, &Rows { ids: &ids, n_keys: index.n_keys });
    let mut out = Panel::new(order.len(), panel.index.clone());
    for (name, column) in by.iter().filter_map(|name| Some((name, panel.get(name)?))) {
        out.insert(name, column.take(&order.iter().map(|group| group.first_row).collect::<Vec<_>>()));
    }
    let position = positions(&order, index.n_keys);
    let groups = Groups { of_row: ids.iter().map(|&id| lookup(&position, id)).collect(), n: order.len() };
    for wanted in aggregates(section) {
        if let Some(column) = panel.get(&wanted.old) {
            out.insert(&wanted.new, groups.reduce(table, &wanted, column)?);
        }
    }
    if let Some(name) = &section.count {
        out.insert(name, Column::number(groups.counts()));
    }
    Ok(Aggregated { panel: out, missing })
}

struct Group {
    id: u32,
    first_row: u32,
}

struct Rows<'a> {
    ids: &'a [u32],
    n_keys: usize,
}

fn sorted_groups(panel: &Panel, by: &[String], keys: &[Factor], rows: &Rows) -> Vec<Group> {
    let mut first = vec![u32::MAX; rows.n_keys];
    for (row, &id) in rows.ids.iter().enumerate().rev().filter(|(_, id)| **id != Factor::MISSING) {
        first[id as usize] = row as u32;
    }
    let mut groups: Vec<Group> = first.into_iter().zip(0..).map(|(first_row, id)| Group { id, first_row }).collect();
    let is_text = |name: &String| matches!(panel.get(name), Some(Column::Text(_)));
    let ranks: Vec<Vec<u32>> = by.iter().zip(keys).map(|(name, key)| ranks(key, is_text(name), &groups)).collect();
    groups.sort_unstable_by(|a, b| {
        let by_column = ranks.iter().map(|rank| rank[a.id as usize].cmp(&rank[b.id as usize]));
        by_column.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    });
    groups
}

/// The rank of each group by one column: comparing ranks is cheaper than comparing texts again and again.
fn ranks(key: &Factor, is_text: bool, groups: &[Group]) -> Vec<u32> {
    let mut codes: Vec<u32> = (0..key.n_levels() as u32).collect();
    if is_text {
        codes.sort_unstable_by_key(|&code| &key.levels[code as usize]);
    } else {
        // Levels of a number are written so that they read back to the same value.
        let values: Vec<f64> = key.levels.iter().map(|level| level.parse().unwrap_or(f64::NAN)).collect();
        codes.sort_unstable_by(|&a, &b| values[a as usize].total_cmp(&values[b as usize]));
    }
    let mut rank = vec![0; codes.len()];
    codes.iter().zip(0..).for_each(|(&code, place)| rank[code as usize] = place);
    groups.iter().map(|group| lookup(&rank, key.codes[group.first_row as usize])).collect()
}

fn positions(order: &[Group], n_keys: usize) -> Vec<u32> {
    let mut position = vec![u32::MAX; n_keys];
    order.iter().zip(0..).for_each(|(group, place)| position[group.id as usize] = place);
    position
}

fn lookup(table: &[u32], at: u32) -> u32 {
    table.get(at as usize).copied().unwrap_or(u32::MAX)
}

fn missing_keys(by: &[String], keys: &[Factor], n_rows: usize) -> Vec<(String, usize)> {
    let mut gone = vec![false; n_rows];
    let mut lost = Vec::new();
    for (name, key) in by.iter().zip(keys) {
        let mut rows = 0;
        for (gone, _) in gone.iter_mut().zip(key.codes.iter()).filter(|(_, code)| **code == Factor::MISSING) {
            rows += usize::from(!std::mem::replace(gone, true));
        }
        if rows > 0 {
            lost.push((name.clone(), rows));
        }
    }
    lost
}

struct Groups {
    /// The group of each row, `u32::MAX` for none.
    of_row: Vec<u32>,
    n: usize,
}

impl Groups {
    fn counts(&self) -> Vec<f64> {
        let mut counts = vec![0.0; self.n];
        self.of_row.iter().filter(|&&group| group != u32::MAX).for_each(|&group| counts[group as usize] += 1.0);
        counts
    }

    fn reduce(&self, table: &str, wanted: &Aggregate, column: &Column) -> Result<Column, DataError> {
        match (column, wanted.statistic) {
            (column, Statistic::First) => Ok(self.first(column)),
            (Column::Number(values), statistic) => Ok(Column::number(self.numbers(values, statistic))),
            (Column::Text(_), _) => Err(DataError::TextColumn {
                table: table.to_string(),
                column: wanted.old.clone(),
                used_in: format!("group_by's column {}", wanted.new),
            }),
        }
    }

    fn first(&self, column: &Column) -> Column {
        let mut rows = vec![u32::MAX; self.n];
        for (row, &group) in self.of_row.iter().enumerate().filter(|(_, group)| **group != u32::MAX) {
            let is_missing = match column {
                Column::Number(values) => values[row].is_nan(),
                Column::Text(factor) => factor.codes[row] == Factor::MISSING,
            };
            if rows[group as usize] == u32::MAX && !is_missing {
                rows[group as usize] = row as u32;
            }
        }
        column.take(&rows)
    }

    fn numbers(&self, values: &[f64], statistic: Statistic) -> Vec<f64> {
        let known = || self.of_row.iter().zip(values).filter(|(group, value)| **group != u32::MAX && !value.is_nan());
        if matches!(statistic, Statistic::Sum | Statistic::Mean) {
            // Compensated, so that the order of the rows does not matter.
            let mut sums = vec![CompensatedSum::default(); self.n];
            known().for_each(|(&group, &value)| sums[group as usize].add(value));
            let finished = |sum: &CompensatedSum| match statistic {
                Statistic::Mean => sum.mean(),
                _ if sum.count == 0 => f64::NAN,
                _ => sum.value(),
            };
            return sums.iter().map(finished).collect();
        }
        // Of a number and a missing value both give the number.
        let choose = if statistic == Statistic::Min { f64::min } else { f64::max };
        let mut out = vec![f64::NAN; self.n];
        known().for_each(|(&group, &value)| out[group as usize] = choose(out[group as usize], value));
        out
    }
}
