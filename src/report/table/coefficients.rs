//! The upper part of a regression table: estimates, what stands below them, and true values.

use super::{Cell, Row, RowKind, TableSpec};
use crate::estimate::{Coefficient, Fit};
use crate::pattern::matches;
use crate::report::number::{Rounding, p_value};
use crate::study::table::Below;

/// Where the true values stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TruthPlace {
    /// Nowhere: not asked, or unknown.
    Nowhere,
    /// In a column before the estimates, since every model that has a term has the same truth.
    Column,
    /// In a row below each estimate, since the truths of a term differ between models.
    Row,
}

/// Decides where the true values stand.
pub fn truth_place(spec: &TableSpec, fits: &[&Fit]) -> TruthPlace {
    let terms = shown_terms(spec, fits);
    let truths: Vec<Vec<f64>> = terms.iter().map(|term| truths(term, fits)).collect();
    if !spec.truth || truths.iter().all(Vec::is_empty) {
        return TruthPlace::Nowhere;
    }
    let is_same = truths.iter().all(|values| values.windows(2).all(|pair| matches!(pair, [a, b] if a == b)));
    if is_same { TruthPlace::Column } else { TruthPlace::Row }
}

fn truths(term: &str, fits: &[&Fit]) -> Vec<f64> {
    fits.iter().filter_map(|fit| coefficient(fit, term)?.truth).collect()
}

/// The terms of a table in the order it shows them: `order` first, the constant last.
pub fn shown_terms(spec: &TableSpec, fits: &[&Fit]) -> Vec<String> {
    let mut terms: Vec<String> = Vec::new();
    for coefficient in fits.iter().flat_map(|fit| &fit.coefficients) {
        let term = &coefficient.term;
        let is_kept = spec.terms.keep.is_empty() || spec.terms.keep.iter().any(|p| matches(p, term));
        let is_dropped = spec.terms.drop.iter().any(|p| matches(p, term));
        if is_kept && !is_dropped && !terms.contains(term) {
            terms.push(term.clone());
        }
    }
    let rank = |term: &String| {
        let ordered = spec.terms.order.iter().position(|p| matches(p, term));
        ordered.unwrap_or(spec.terms.order.len() + usize::from(term == "(Intercept)"))
    };
    terms.sort_by_key(rank);
    terms
}

/// All rows of the estimates.
pub fn rows(spec: &TableSpec, fits: &[&Fit], truth: TruthPlace) -> Vec<Row> {
    shown_terms(spec, fits).iter().flat_map(|term| term_rows(spec, fits, term, truth)).collect()
}

fn term_rows(spec: &TableSpec, fits: &[&Fit], term: &str, truth: TruthPlace) -> Vec<Row> {
    let found: Vec<Option<&Coefficient>> = fits.iter().map(|fit| coefficient(fit, term)).collect();
    let rounding = rounding(spec, &found);
    let leading = |text: String| (truth == TruthPlace::Column).then(|| Cell::number(text));
    let true_value = truths(term, fits).first().map(|&value| rounding.write(value)).unwrap_or_default();
    let mut rows = vec![
        Row {
            label: spec.label(term),
            kind: RowKind::Estimate,
            cells: leading(true_value).into_iter().chain(found.iter().map(|c| estimate(spec, rounding, *c))).collect(),
        },
        Row {
            label: String::new(),
            kind: RowKind::Below,
            cells: leading(String::new())
                .into_iter()
                .chain(fits.iter().zip(&found).map(|(fit, c)| below(spec, rounding, (fit, *c))))
                .collect(),
        },
    ];
    if truth == TruthPlace::Row && found.iter().flatten().any(|c| c.truth.is_some()) {
        let value = |c: &Option<&Coefficient>| c.and_then(|c| c.truth).map(|value| rounding.write(value));
        let cells = found.iter().map(|c| Cell::number(value(c).unwrap_or_default())).collect();
        rows.push(Row { label: "true value".into(), kind: RowKind::Truth, cells });
    }
    rows
}

fn coefficient<'a>(fit: &'a Fit, term: &str) -> Option<&'a Coefficient> {
    fit.coefficients.iter().find(|c| c.term == term)
}

fn rounding(spec: &TableSpec, found: &[Option<&Coefficient>]) -> Rounding {
    let estimates: Vec<f64> = found.iter().flatten().map(|c| c.estimate).collect();
    let errors: Vec<f64> = found.iter().flatten().map(|c| c.std_error).collect();
    spec.style.digits.rounding(&estimates, &errors)
}

fn estimate(spec: &TableSpec, rounding: Rounding, coefficient: Option<&Coefficient>) -> Cell {
    let Some(c) = coefficient else { return Cell::default() };
    let stars = match c.p_value {
        p if !spec.style.stars || p.is_nan() => "",
        p if p < 0.01 => "***",
        p if p < 0.05 => "**",
        p if p < 0.10 => "*",
        _ => "",
    };
    Cell::number(rounding.write(c.estimate) + stars)
}

fn below(spec: &TableSpec, rounding: Rounding, (fit, coefficient): (&Fit, Option<&Coefficient>)) -> Cell {
    let Some(c) = coefficient else { return Cell::default() };
    let wild = fit.wild.iter().flat_map(|wild| &wild.tests).find(|test| test.term == c.term);
    let text = match spec.style.below {
        Below::StdError if c.std_error.is_finite() => format!("({})", rounding.write(c.std_error)),
        Below::T if c.statistic.is_finite() => format!("({})", Rounding::Decimals(2).write(c.statistic)),
        Below::P if c.p_value.is_finite() => format!("({})", p_value(c.p_value)),
        Below::Interval if c.conf_low.is_finite() && c.conf_high.is_finite() => {
            format!("[{}, {}]", rounding.write(c.conf_low), rounding.write(c.conf_high))
        }
        Below::WildP => wild.map(|test| format!("({})", p_value(test.p_value))).unwrap_or_default(),
        Below::WildInterval => wild.and_then(|test| test.hull()).map_or_else(String::new, |set| {
            let end = |value: f64| if value.is_finite() { rounding.write(value) } else { unbounded(value) };
            format!("[{}, {}]", end(set.low), end(set.high))
        }),
        _ => String::new(),
    };
    Cell::number(text)
}

/// The end of a set without a bound.
fn unbounded(value: f64) -> String {
    if value < 0.0 { "−∞".into() } else { "∞".into() }
}
