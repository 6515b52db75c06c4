//! [`Panel`]: named columns and the index (unit, time) that makes them a panel.

use indexmap::IndexMap;

use super::{Column, Factor};

/// The names of the columns that identify a row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Index {
    /// The unit: one column or several (`["region", "industry"]`).
    pub unit: Vec<String>,
    /// The time column, numeric; `None` for a cross-section.
    pub time: Option<String>,
}

/// A table of columns of equal length with its index.
#[derive(Clone, Debug, Default)]
pub struct Panel {
    n_rows: usize,
    columns: IndexMap<String, Column>,
    /// Which columns identify a row.
    pub index: Index,
}

impl Panel {
    /// A panel of `n_rows` rows and no columns yet.
    pub fn new(n_rows: usize, index: Index) -> Self {
        Panel { n_rows, columns: IndexMap::new(), index }
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Adds or replaces a column.
    ///
    /// # Panics
    /// If its length differs from the panel's: a bug in the caller, never a matter of user data.
    pub fn insert(&mut self, name: impl Into<String>, column: Column) {
        assert_eq!(column.len(), self.n_rows, "a column has as many rows as its panel");
        self.columns.insert(name.into(), column);
    }

    /// Takes a column out; the others keep their order.
    pub fn remove(&mut self, name: &str) -> Option<Column> {
        self.columns.shift_remove(name)
    }

    /// A column by name.
    pub fn get(&self, name: &str) -> Option<&Column> {
        self.columns.get(name)
    }

    /// The names of all columns, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.keys().map(String::as_str)
    }

    /// All columns with their names, in order.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &Column)> {
        self.columns.iter().map(|(name, column)| (name.as_str(), column))
    }

    /// The unit as one factor (the interaction of its columns); `None` when the panel has no unit.
    pub fn unit_factor(&self) -> Option<Factor> {
        let parts: Vec<Factor> =
            self.index.unit.iter().map(|name| self.get(name).map(Column::to_factor)).collect::<Option<_>>()?;
        match parts.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            many => Some(Factor::interact(&many.iter().collect::<Vec<_>>())),
        }
    }

    /// A row's unit and time for messages: `region r1, year 2012`; its number where there is no unit.
    pub fn row_name(&self, row: usize) -> String {
        let keys: Vec<String> = self.index.unit.iter().chain(&self.index.time).cloned().collect();
        let name = super::key::describe(self, &keys, row);
        if name.is_empty() { format!("row {}", row + 1) } else { name }
    }

    /// The unit of a row, its columns joined by `|`; empty where the panel has none.
    pub fn unit_name(&self, row: usize) -> String {
        let columns = self.index.unit.iter().filter_map(|name| self.get(name));
        columns.map(|column| column.display(row)).collect::<Vec<_>>().join("|")
    }

    /// The time of every row; `None` when the panel has no time or it is not numeric.
    pub fn time(&self) -> Option<&[f64]> {
        match self.get(self.index.time.as_deref()?)? {
            Column::Number(values) => Some(values),
            Column::Text(_) => None,
        }
    }
}
