//! The frames of what was asked of coefficients: combinations; bands as columns beside the coefficients.

use super::frame::Frame;
use super::rows::pairs;
use crate::estimate::{Coefficient, Fit};
use crate::infer::record::{Band, Combination};

/// A row per combination.
pub fn combinations(fits: &[Fit]) -> Frame {
    let rows: Vec<(&Fit, &Combination)> = pairs(fits, |fit| &fit.inference.combinations);
    Frame::new()
        .text("model", &rows, |(fit, _)| fit.model.clone())
        .text("outcome", &rows, |(fit, _)| fit.outcome.clone())
        .text("combination", &rows, |(_, row)| row.name.clone())
        .text("expression", &rows, |(_, row)| row.expression.clone())
        .number("estimate", &rows, |(_, row)| Some(row.value.estimate))
        .number("std_error", &rows, |(_, row)| Some(row.value.std_error))
        .number("statistic", &rows, |(_, row)| Some(row.value.statistic))
        .number("df", &rows, |(_, row)| Some(row.value.df))
        .number("p_value", &rows, |(_, row)| Some(row.value.p_value))
        .number("conf_low", &rows, |(_, row)| Some(row.value.conf_low))
        .number("conf_high", &rows, |(_, row)| Some(row.value.conf_high))
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
