//! The frames of what was asked of coefficients: combinations and margins; bands as columns beside the coefficients.

use super::frame::Frame;
use super::rows::pairs;
use crate::estimate::{Coefficient, Fit};
use crate::infer::record::{Band, Combination, Inferred, Margin};

/// A row per combination.
pub fn combinations(fits: &[Fit]) -> Frame {
    let rows: Vec<(&Fit, &Combination)> = pairs(fits, |fit| &fit.inference.combinations);
    let frame = Frame::new()
        .text("model", &rows, |(fit, _)| fit.model.clone())
        .text("outcome", &rows, |(fit, _)| fit.outcome.clone())
        .text("combination", &rows, |(_, row)| row.name.clone())
        .text("expression", &rows, |(_, row)| row.expression.clone());
    inferred(frame, &rows, |(_, row)| &row.value)
}

/// A row per marginal effect or contrast.
pub fn margins(fits: &[Fit]) -> Frame {
    let rows: Vec<(&Fit, &Margin)> = pairs(fits, |fit| &fit.inference.margins);
    let frame = Frame::new()
        .text("model", &rows, |(fit, _)| fit.model.clone())
        .text("outcome", &rows, |(fit, _)| fit.outcome.clone())
        .text("variable", &rows, |(_, row)| row.variable.clone())
        .text("contrast", &rows, |(_, row)| row.contrast.clone())
        .text("at", &rows, |(_, row)| row.at.clone())
        .text("group", &rows, |(_, row)| row.group.clone());
    inferred(frame, &rows, |(_, row)| &row.value)
}

/// The columns of a number with its error.
fn inferred<T>(frame: Frame, rows: &[T], value: impl Fn(&T) -> &Inferred) -> Frame {
    frame
        .number("estimate", rows, |row| Some(value(row).estimate))
        .number("std_error", rows, |row| Some(value(row).std_error))
        .number("statistic", rows, |row| Some(value(row).statistic))
        .number("df", rows, |row| Some(value(row).df))
        .number("p_value", rows, |row| Some(value(row).p_value))
        .number("conf_low", rows, |row| Some(value(row).conf_low))
        .number("conf_high", rows, |row| Some(value(row).conf_high))
}

/// The columns `band_low` and `band_high` beside the coefficients, where any model has bands.
pub(super) fn with_bands(frame: Frame, rows: &[(&Fit, &Coefficient)]) -> Frame {
    if rows.iter().all(|(fit, _)| fit.inference.bands.is_none()) {
        return frame;
    }
    let end = |(fit, c): &(&Fit, &Coefficient), end: fn(&Band) -> f64| {
        fit.inference.bands.as_ref()?.terms.iter().find(|band| band.term == c.term).map(end)
    };
    frame
        .number("band_low", rows, |row| end(row, |band| band.low))
        .number("band_high", rows, |row| end(row, |band| band.high))
}
