//! [`KeyIndex`]: rows told apart by the values of several columns, through small integers.

use polars::prelude::{InitHashMaps, PlHashMap};

use super::{Column, Factor, Panel};

/// Maps combinations of codes to numbers 0, 1, ... in order of first appearance.
pub(crate) struct KeyIndex {
    /// One map per column: (number so far, code) to number.
    maps: Vec<PlHashMap<u64, u32>>,
    /// Number of combinations.
    pub n_keys: usize,
}

impl KeyIndex {
    /// Numbers every row by its combination; a row is [`Factor::MISSING`] where any code is.
    pub(crate) fn build(columns: &[Factor], n_rows: usize) -> (Self, Vec<u32>) {
        let mut ids = vec![0_u32; n_rows];
        let (mut maps, mut n_keys) = (Vec::with_capacity(columns.len()), usize::from(n_rows > 0));
        for column in columns {
            let mut seen: PlHashMap<u64, u32> = PlHashMap::new();
            for (id, &code) in ids.iter_mut().zip(column.codes.iter()) {
                if *id != Factor::MISSING {
                    let next = seen.len() as u32;
                    *id = if code == Factor::MISSING { code } else { *seen.entry(pair(*id, code)).or_insert(next) };
                }
            }
            n_keys = seen.len();
            maps.push(seen);
        }
        (KeyIndex { maps, n_keys }, ids)
    }

    /// The number of a combination, when it has occurred.
    pub(crate) fn find(&self, codes: impl IntoIterator<Item = u32>) -> Option<u32> {
        self.maps.iter().zip(codes).try_fold(0, |id, (map, code)| map.get(&pair(id, code)).copied())
    }
}

fn pair(id: u32, code: u32) -> u64 {
    (u64::from(id) << 32) | u64::from(code)
}

/// The first five keys that occur more than once, in order of appearance, with their numbers of rows.
pub(crate) fn repeated(panel: &Panel, columns: &[String], ids: &[u32], n_keys: usize) -> Vec<(String, usize)> {
    let mut counts = vec![0_usize; n_keys];
    ids.iter().filter(|&&id| id != Factor::MISSING).for_each(|&id| counts[id as usize] += 1);
    if counts.iter().all(|&count| count < 2) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (row, &id) in ids.iter().enumerate() {
        if id != Factor::MISSING && counts[id as usize] > 1 {
            found.push((describe(panel, columns, row), std::mem::take(&mut counts[id as usize])));
            if found.len() == 5 {
                break;
            }
        }
    }
    found
}

/// A row's key for messages: `fips 01001, year 2018`.
pub(crate) fn describe(panel: &Panel, columns: &[String], row: usize) -> String {
    let parts = columns.iter().filter_map(|name| Some(format!("{name} {}", panel.get(name)?.display(row))));
    parts.collect::<Vec<_>>().join(", ")
}

/// The columns as factors; names that do not exist are passed over (callers check them first).
pub(crate) fn factors(panel: &Panel, columns: &[String]) -> Vec<Factor> {
    columns.iter().filter_map(|name| panel.get(name)).map(Column::to_factor).collect()
}
