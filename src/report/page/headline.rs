//! The short answer: the estimates of the main table's last model, in words and numbers.

use serde::Serialize;

use crate::estimate::{Coefficient, Fit};
use crate::report::number::p_in_words;
use crate::report::table::TableSpec;

/// At most so many estimates: more are a table.
const MOST: usize = 4;

/// One estimate in words.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Headline {
    /// The term's label.
    pub term: String,
    /// The estimate.
    pub estimate: String,
    /// What it says.
    pub sentence: String,
    /// The model that it is of.
    pub model: String,
}

/// The estimates of the last model of the main table, without the constant.
pub fn headlines(main: &TableSpec, fits: &[Fit]) -> Vec<Headline> {
    let chosen = main.select(fits);
    let Some(fit) = chosen.last().copied().or(fits.last()) else { return Vec::new() };
    let shown = fit.coefficients.iter().filter(|c| c.term != "(Intercept)" && c.estimate.is_finite());
    shown.take(MOST).map(|c| headline(main, fit, c)).collect()
}

fn headline(main: &TableSpec, fit: &Fit, c: &Coefficient) -> Headline {
    let rounding = main.style.digits.rounding(&[c.estimate], &[c.std_error]);
    let write = |value: f64| rounding.write(value).replace('-', "−");
    let interval = if c.conf_low.is_finite() && c.conf_high.is_finite() {
        format!(" (95 % interval {} to {}, {})", write(c.conf_low), write(c.conf_high), p_in_words(c.p_value))
    } else {
        String::new()
    };
    Headline {
        term: main.label(&c.term),
        estimate: write(c.estimate),
        sentence: format!("{}{interval}.{}", direction(&main.label(&fit.outcome), c), truth(c, write)),
        model: fit.model.clone(),
    }
}

fn direction(outcome: &str, c: &Coefficient) -> String {
    if c.conf_low <= 0.0 && c.conf_high >= 0.0 {
        format!("No association with {outcome} that can be told from zero")
    } else if c.estimate > 0.0 {
        format!("Where it is higher, {outcome} is higher, the rest being equal")
    } else {
        format!("Where it is higher, {outcome} is lower, the rest being equal")
    }
}

fn truth(c: &Coefficient, write: impl Fn(f64) -> String) -> String {
    match c.truth {
        None => String::new(),
        Some(truth) => {
            let place = if (c.conf_low..=c.conf_high).contains(&truth) { "inside" } else { "outside" };
            format!(" The true value, {}, lies {place} the interval.", without_zeros(&write(truth)))
        }
    }
}

/// A known value is exact: zeros that only pad it would claim otherwise.
fn without_zeros(text: &str) -> &str {
    if text.contains('.') && !text.contains('e') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}
