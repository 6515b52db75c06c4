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
    /// The same values with only the levels that occur, in the order of their bytes.
    pub fn canonical(&self) -> Factor {
        let mut occurs = vec![false; self.levels.len()];
        for &code in self.codes.iter() {
            if let Some(slot) = occurs.get_mut(code as usize) {
                *slot = true;
            }
        }
        if occurs.iter().all(|&occurs| occurs) && self.levels.is_sorted() {
            return self.clone();
        }
        let mut order: Vec<u32> = (0..self.levels.len() as u32).filter(|&level| occurs[level as usize]).collect();
        order.sort_unstable_by_key(|&level| &self.levels[level as usize]);
        let mut code_of = vec![Self::MISSING; self.levels.len()];
        order.iter().zip(0..).for_each(|(&level, code)| code_of[level as usize] = code);
        let codes = self.codes.iter().map(|&code| code_of.get(code as usize).copied().unwrap_or(Self::MISSING));
        Factor::new(codes.collect(), order.iter().map(|&level| self.levels[level as usize].clone()).collect())
    }
}
