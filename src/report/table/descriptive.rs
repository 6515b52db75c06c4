//! The table of descriptive statistics. The numbers come in ready; here they become a grid.

use indexmap::IndexMap;

use super::{Cell, HeaderCell, Row, RowKind, Table, align};
use crate::describe::DescriptiveStatistics;
use crate::report::number::{Digits, count};

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
        label: labels.get(&s.name).unwrap_or(&s.name).clone(),
        kind: RowKind::Statistic,
        cells: std::iter::once(count(s.n)).chain(numbers).map(Cell::number).collect(),
    }
}
