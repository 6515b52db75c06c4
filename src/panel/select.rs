//! Choosing rows and columns of a panel.

use std::sync::Arc;

use super::{Column, Factor, Panel};

impl Panel {
    /// The rows given by number, in that order; a number may occur more than once.
    pub fn take(&self, rows: &[u32]) -> Panel {
        let mut out = Panel::new(rows.len(), self.index.clone());
        for (name, column) in self.columns() {
            out.insert(name, column.take(rows));
        }
        out
    }

    /// The rows where `keep` is true.
    pub fn filter(&self, keep: &[bool]) -> Panel {
        if keep.iter().all(|&kept| kept) {
            return self.clone();
        }
        let rows: Vec<u32> = keep.iter().enumerate().filter(|(_, kept)| **kept).map(|(row, _)| row as u32).collect();
        self.take(&rows)
    }

    /// The columns for which `wanted` is true, in their order.
    pub(crate) fn project(&self, wanted: impl Fn(&str) -> bool) -> Panel {
        let mut out = Panel::new(self.n_rows(), self.index.clone());
        for (name, column) in self.columns().filter(|(name, _)| wanted(name)) {
            out.insert(name, column.clone());
        }
        out
    }
}

impl Column {
    /// The rows given by number; `u32::MAX` gives a missing value.
    pub fn take(&self, rows: &[u32]) -> Column {
        match self {
            Column::Number(values) => {
                Column::number(rows.iter().map(|&row| values.get(row as usize).copied().unwrap_or(f64::NAN)).collect())
            }
            Column::Text(factor) => {
                let code = |&row: &u32| factor.codes.get(row as usize).copied().unwrap_or(Factor::MISSING);
                let codes = rows.iter().map(code).collect();
                Column::Text(Factor { codes: Arc::new(codes), levels: factor.levels.clone() })
            }
        }
    }
}

impl Factor {
    /// The same values with only the levels that occur, in order of first appearance.
    pub fn compact(&self) -> Factor {
        let mut new_codes = vec![Self::MISSING; self.levels.len()];
        let mut levels = Vec::new();
        let mut in_place = true;
        let mut code = |&old: &u32| {
            let Some(new) = new_codes.get_mut(old as usize) else { return Self::MISSING };
            if *new == Self::MISSING {
                *new = levels.len() as u32;
                levels.push(self.levels[old as usize].clone());
            }
            in_place &= *new == old;
            *new
        };
        let codes: Vec<u32> = self.codes.iter().map(&mut code).collect();
        if in_place && levels.len() == self.levels.len() { self.clone() } else { Factor::new(codes, levels) }
    }
}
