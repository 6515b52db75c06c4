//! The rows of a regression table for what was asked of coefficients: combinations, and p-values of Wald tests.

use super::{Cell, Row, RowKind, TableSpec};
use crate::estimate::Fit;
use crate::report::number::{Digits, p_value};

/// A row per combination of any column, with its standard error in parentheses.
pub fn combinations(spec: &TableSpec, fits: &[&Fit]) -> Vec<Row> {
    let names = distinct(fits.iter().flat_map(|fit| &fit.inference.combinations).map(|row| row.name.as_str()));
    let cell = |fit: &Fit, name: &str| {
        let found = fit.inference.combinations.iter().find(|row| row.name == name);
        let found = found.filter(|row| row.value.estimate.is_finite() && row.value.std_error.is_finite());
        found.map_or_else(Cell::default, |row| {
            let (estimate, error) = (row.value.estimate, row.value.std_error);
            let rounding = Digits::default().rounding(&[estimate], &[error]);
            Cell::number(format!("{} ({})", rounding.write(estimate), rounding.write(error)))
        })
    };
    let row = |name: &str| statistic(spec.label(name), fits.iter().map(|fit| cell(fit, name)).collect());
    names.into_iter().map(row).collect()
}

/// A row per Wald test of any column with its p-value.
pub fn tests(fits: &[&Fit]) -> Vec<Row> {
    let is_asked = |name: &&str| name.starts_with("Wald: ");
    let names = distinct(fits.iter().flat_map(|fit| &fit.tests).map(|test| test.test.as_str()).filter(is_asked));
    let cell = |fit: &Fit, name: &str| {
        let p = fit.tests.iter().find(|test| test.test == name).and_then(|test| test.p_value);
        p.filter(|p| p.is_finite()).map_or_else(Cell::default, |p| Cell::number(p_value(p)))
    };
    let label = |name: &str| format!("{}, p-value", name.trim_start_matches("Wald: ").replace('`', ""));
    names.into_iter().map(|name| statistic(label(name), fits.iter().map(|fit| cell(fit, name)).collect())).collect()
}

fn statistic(label: String, cells: Vec<Cell>) -> Row {
    Row { label, kind: RowKind::Statistic, cells }
}

/// Names in order of first appearance.
pub fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}
