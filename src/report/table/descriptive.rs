//! The table of descriptive statistics. The numbers come in ready; here they become a grid.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Cell, HeaderCell, Row, RowKind, Table, align};
use crate::estimate::record;
use crate::report::number::{Digits, count};

/// Descriptive statistics of one variable over a sample, missing values left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DescriptiveStatistics {
    /// The variable as written.
    pub variable: String,
    /// Values that are not missing.
    pub n: usize,
    /// Mean.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub mean: f64,
    /// Standard deviation (divisor n - 1).
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub sd: f64,
    /// Smallest value.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub min: f64,
    /// First quartile.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub p25: f64,
    /// Median.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub median: f64,
    /// Third quartile.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub p75: f64,
    /// Largest value.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub max: f64,
}

/// A row per variable; each row has one rounding, decided by its standard deviation and mean.
pub fn descriptive_table(
    name: &str,
    title: &str,
    labels: &IndexMap<String, String>,
    statistics: &[DescriptiveStatistics],
) -> Table {
    let headings = ["N", "Mean", "SD", "Min", "P25", "Median", "P75", "Max"];
    let mut sections = vec![statistics.iter().map(|s| row(s, labels)).collect()];
    align::align(&mut sections, headings.len());
    Table {
        name: name.to_string(),
        title: Some(title.to_string()),
        stub: "Variable".into(),
        header: vec![headings.into_iter().map(HeaderCell::one).collect()],
        sections,
        ..Table::default()
    }
}

fn row(s: &DescriptiveStatistics, labels: &IndexMap<String, String>) -> Row {
    let rounding = Digits::default().rounding(&[s.mean, s.sd], &[s.sd]);
    let values = [s.mean, s.sd, s.min, s.p25, s.median, s.p75, s.max];
    let numbers = values.into_iter().map(|value| rounding.write(value));
    Row {
        label: labels.get(&s.variable).unwrap_or(&s.variable).clone(),
        kind: RowKind::Statistic,
        cells: std::iter::once(count(s.n)).chain(numbers).map(Cell::number).collect(),
    }
}
