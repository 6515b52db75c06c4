//! [`Frame`]: a small named table of typed columns, between the records of a run and a file format.

use std::borrow::Cow;

/// Columns of equal length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    columns: Vec<(Cow<'static, str>, Values)>,
}

/// The values of one column; `None` is an empty cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Texts.
    Text(Vec<Option<String>>),
    /// Numbers; NaN is written as an empty cell too.
    Number(Vec<Option<f64>>),
    /// Counts.
    Count(Vec<Option<u64>>),
    /// Yes or no.
    Flag(Vec<Option<bool>>),
}

impl Values {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Values::Text(values) => values.len(),
            Values::Number(values) => values.len(),
            Values::Count(values) => values.len(),
            Values::Flag(values) => values.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Frame {
    /// A frame without columns.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a column of texts made from each row.
    pub fn text<T>(self, name: impl Into<Cow<'static, str>>, rows: &[T], value: impl Fn(&T) -> String) -> Self {
        self.with(name, Values::Text(rows.iter().map(|row| Some(value(row))).collect()))
    }

    /// Adds a column of numbers made from each row.
    pub fn number<T>(self, name: impl Into<Cow<'static, str>>, rows: &[T], value: impl Fn(&T) -> Option<f64>) -> Self {
        let values = rows.iter().map(|row| value(row).filter(|number| !number.is_nan()));
        self.with(name, Values::Number(values.collect()))
    }

    /// Adds a column of counts made from each row.
    pub fn count<T>(self, name: impl Into<Cow<'static, str>>, rows: &[T], value: impl Fn(&T) -> Option<usize>) -> Self {
        self.with(name, Values::Count(rows.iter().map(|row| value(row).map(|n| n as u64)).collect()))
    }

    /// Adds a column of flags made from each row.
    pub fn flag<T>(self, name: impl Into<Cow<'static, str>>, rows: &[T], value: impl Fn(&T) -> bool) -> Self {
        self.with(name, Values::Flag(rows.iter().map(|row| Some(value(row))).collect()))
    }

    /// Adds a column of flags that some rows do not have.
    pub fn maybe<T>(self, name: impl Into<Cow<'static, str>>, rows: &[T], value: impl Fn(&T) -> Option<bool>) -> Self {
        self.with(name, Values::Flag(rows.iter().map(value).collect()))
    }

    fn with(mut self, name: impl Into<Cow<'static, str>>, values: Values) -> Self {
        self.columns.push((name.into(), values));
        self
    }

    /// Columns with their names, in order.
    pub fn columns(&self) -> &[(Cow<'static, str>, Values)] {
        &self.columns
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, values)| values.len())
    }
}
