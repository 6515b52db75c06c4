//! Tests of evaluation, by topic. Every expected number was worked out by hand or comes from another program, as said.

mod encode;
mod groups;
mod language;
mod measures;
mod order;
mod points;
mod reference;
mod rowwise;
mod spatial;
mod structure;
mod time;

use super::{EvaluateError, Evaluator, Roles, Setting};
use crate::formula::parse_expression;
use crate::panel::{Column, Factor, Index, Panel};

/// A panel of regions, industries in clusters, and years, with a hole: region B has no industry 12 in 2000.
///
/// | region | industry | cluster | traded | year | employment |
/// | --- | --- | --- | --- | --- | --- |
/// | A | 11, 12, 21, 31 | x, x, y, z | TRUE, TRUE, TRUE, FALSE | 2000 | 10, 30, 20, 40 |
/// | B | 11, 21, 31 | x, y, z | TRUE, TRUE, FALSE | 2000 | 60, 20, 120 |
/// | C | 31 | z | FALSE | 2000 | 100 |
/// | A | 11 | x | TRUE | 2001 | 15 |
/// | A | 11 | x | TRUE | 2003 | 0 |
pub(super) const ROWS: [(&str, &str, &str, &str, f64, f64); 10] = [
    ("A", "11", "x", "TRUE", 2000., 10.),
    ("A", "12", "x", "TRUE", 2000., 30.),
    ("A", "21", "y", "TRUE", 2000., 20.),
    ("A", "31", "z", "FALSE", 2000., 40.),
    ("B", "11", "x", "TRUE", 2000., 60.),
    ("B", "21", "y", "TRUE", 2000., 20.),
    ("B", "31", "z", "FALSE", 2000., 120.),
    ("C", "31", "z", "FALSE", 2000., 100.),
    ("A", "11", "x", "TRUE", 2001., 15.),
    ("A", "11", "x", "TRUE", 2003., 0.),
];

/// The rows of [`ROWS`] in the order of `order`.
pub(super) fn panel_of(order: &[usize]) -> Panel {
    let text = |f: &dyn Fn(usize) -> &'static str| Column::Text(Factor::from_values(order.iter().map(|&k| Some(f(k)))));
    let number = |f: &dyn Fn(usize) -> f64| Column::number(order.iter().map(|&k| f(k)).collect());
    let index = Index { unit: vec!["region".into(), "industry".into()], time: Some("year".into()) };
    let mut panel = Panel::new(order.len(), index);
    panel.insert("region", text(&|k| ROWS[k].0));
    panel.insert("industry", text(&|k| ROWS[k].1));
    panel.insert("cluster", text(&|k| ROWS[k].2));
    panel.insert("traded", text(&|k| ROWS[k].3));
    panel.insert("year", number(&|k| ROWS[k].4));
    panel.insert("employment", number(&|k| ROWS[k].5));
    panel.insert("holey", number(&|k| if k == 1 { f64::NAN } else { ROWS[k].5 }));
    panel
}

pub(super) fn panel() -> Panel {
    panel_of(&(0..ROWS.len()).collect::<Vec<_>>())
}

pub(super) fn setting() -> Setting {
    let name = |name: &str| Some(name.to_string());
    let roles =
        Roles { region: name("region"), industry: name("industry"), cluster: name("cluster"), traded: name("traded") };
    Setting { roles, ..Setting::default() }
}

pub(super) fn numbers_in(panel: &Panel, setting: &Setting, text: &str) -> Result<Vec<f64>, EvaluateError> {
    match Evaluator::new(panel, setting).evaluate(&parse_expression(text).unwrap())? {
        Column::Number(values) => Ok(values.to_vec()),
        Column::Text(factor) => panic!("{text} is text: {factor:?}"),
    }
}

/// The numbers of an expression on the panel of [`ROWS`].
pub(super) fn numbers(text: &str) -> Vec<f64> {
    numbers_in(&panel(), &setting(), text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

pub(super) fn fault(text: &str) -> EvaluateError {
    numbers_in(&panel(), &setting(), text).unwrap_err()
}

/// Checks the first entries of an expression; NaN stands for missing.
pub(super) fn check(text: &str, expected: &[f64]) {
    same(text, &numbers(text), expected);
}

pub(super) fn same(what: &str, values: &[f64], expected: &[f64]) {
    for (row, (&value, &wanted)) in values.iter().zip(expected).enumerate() {
        let is_close = (value - wanted).abs() <= 1e-12 * wanted.abs().max(1.0);
        assert!(is_close || (value.is_nan() && wanted.is_nan()), "{what}, row {row}: {value}, not {wanted}");
    }
}

pub(super) const MISSING: f64 = f64::NAN;

/// Every kind of expression gives every row the same bits, whatever the order of the rows.
#[test]
fn row_order_does_not_matter() {
    let order = [7, 2, 9, 0, 5, 3, 8, 1, 6, 4];
    let mut setting = setting();
    setting.weights.insert("near".into(), spatial::weights());
    for text in [
        "lag(employment) + growth(employment, 1)",
        "sd(employment / 7, by = region)",
        "standardize(log1p(employment), by = year)",
        "rank(employment, by = c(region, year))",
        "winsorize(employment / 3, 0.1)",
        "lq(employment / 7, within = cluster, outside = industry)",
        "herfindahl(employment / 7)",
        "krugman(employment / 7) + gini(employment / 7) + related_variety(employment / 7)",
        "complexity(employment / 7, 0.1) + theil(employment / 7, groups = region, part = within)",
        "spatial_lag(lq(employment / 3, within = cluster), near)",
    ] {
        let straight = numbers_in(&panel(), &setting, text).unwrap();
        let shuffled = numbers_in(&panel_of(&order), &setting, text).unwrap();
        for (place, &row) in order.iter().enumerate() {
            assert_eq!(shuffled[place].to_bits(), straight[row].to_bits(), "{text}, row {row}");
        }
    }
}
