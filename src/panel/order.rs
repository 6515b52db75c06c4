//! The canonical order of a panel: by unit, then time; numbers by value, text by its bytes.
//!
//! Everything after [`super::load`] adds up rows in the order of the panel and levels in the order of their codes. With rows
//! and levels in an order that the values alone decide, results have the same bits for any order of the rows of the file.

use std::cmp::Ordering;

use rayon::prelude::*;

use super::{Column, Factor, Panel};

/// How the rows of a panel stand.
#[derive(Debug, PartialEq)]
pub(crate) enum Standing {
    /// In canonical order, no two with the same key.
    Sorted,
    /// Otherwise: the rows in canonical order, and whether two have the same key.
    Shuffled { order: Vec<u32>, has_repeats: bool },
}

/// A key column, comparable row by row.
enum Key<'a> {
    Number(&'a [f64]),
    Text { codes: &'a [u32], rank: Vec<u32> },
}

impl Key<'_> {
    fn of(column: &Column) -> Key<'_> {
        match column {
            Column::Number(values) => Key::Number(values),
            Column::Text(factor) => Key::Text { codes: &factor.codes, rank: ranks(factor) },
        }
    }

    fn compare(&self, a: usize, b: usize) -> Ordering {
        match self {
            // Zero has two signs and is one number.
            Key::Number(values) => (values[a] + 0.0).total_cmp(&(values[b] + 0.0)),
            Key::Text { codes, rank } => rank_of(rank, codes[a]).cmp(&rank_of(rank, codes[b])),
        }
    }
}

/// The place of every level among the levels.
fn ranks(factor: &Factor) -> Vec<u32> {
    let mut order: Vec<u32> = (0..factor.n_levels() as u32).collect();
    order.sort_unstable_by_key(|&level| &factor.levels[level as usize]);
    let mut rank = vec![0; order.len()];
    order.iter().zip(0..).for_each(|(&level, place)| rank[level as usize] = place);
    rank
}

fn rank_of(rank: &[u32], code: u32) -> u32 {
    rank.get(code as usize).copied().unwrap_or(u32::MAX)
}

/// How the rows stand with respect to the key columns, one pass where they stand well.
pub(crate) fn standing(panel: &Panel, keys: &[String]) -> Standing {
    let columns: Vec<Key> = keys.iter().filter_map(|name| panel.get(name)).map(Key::of).collect();
    let compare = |a: usize, b: usize| {
        columns.iter().map(|key| key.compare(a, b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    };
    let n = panel.n_rows();
    if (1..n).into_par_iter().all(|row| compare(row - 1, row).is_lt()) {
        return Standing::Sorted;
    }
    let mut order: Vec<u32> = (0..n as u32).collect();
    // Ties are repeated keys, which the caller refuses: their order is free.
    order.par_sort_unstable_by(|&a, &b| compare(a as usize, b as usize));
    let has_repeats = order.par_windows(2).any(|pair| compare(pair[0] as usize, pair[1] as usize).is_eq());
    Standing::Shuffled { order, has_repeats }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::Index;

    fn panel(regions: &[&str], years: &[f64]) -> Panel {
        let mut panel = Panel::new(years.len(), Index::default());
        panel.insert("region", Column::Text(Factor::from_values(regions.iter().map(|r| Some(*r)))));
        panel.insert("year", Column::number(years.to_vec()));
        panel
    }

    #[test]
    fn rows_stand_by_value_and_not_by_appearance() {
        let keys = ["region".to_string(), "year".to_string()];
        assert_eq!(standing(&panel(&["a", "a", "b"], &[1.0, 10.0, -2.0]), &keys), Standing::Sorted);
        let shuffled = standing(&panel(&["b", "a", "a"], &[-2.0, 10.0, 9.0]), &keys);
        assert_eq!(shuffled, Standing::Shuffled { order: vec![2, 1, 0], has_repeats: false });
        let Standing::Shuffled { has_repeats, .. } = standing(&panel(&["a", "a"], &[0.0, -0.0]), &keys) else {
            panic!("zero is zero")
        };
        assert!(has_repeats);
        assert_eq!(standing(&panel(&[], &[]), &keys), Standing::Sorted);
    }
}
