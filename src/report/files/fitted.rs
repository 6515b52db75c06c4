//! The frames of predictions: at points of the study, and of every row of a sample.

use super::frame::Frame;
use super::rows::pairs;
use crate::estimate::Fit;
use crate::infer::prediction::FittedValues;
use crate::infer::record::PredictedPoint;

/// A row per point of prediction.
pub fn predictions(fits: &[Fit]) -> Frame {
    let rows: Vec<(&Fit, &PredictedPoint)> = pairs(fits, |fit| &fit.inference.predictions);
    let frame = Frame::new()
        .text("model", &rows, |(fit, _)| fit.model.clone())
        .text("outcome", &rows, |(fit, _)| fit.outcome.clone())
        .count("row", &rows, |(_, point)| Some(point.row))
        .text("at", &rows, |(_, point)| point.at.clone())
        .number("fitted", &rows, |(_, point)| Some(point.fitted));
    // A model without an index has no column of it.
    let frame = match rows.iter().any(|(_, point)| point.index.is_some()) {
        true => frame.number("index", &rows, |(_, point)| point.index),
        false => frame,
    };
    frame
        .number("std_error", &rows, |(_, point)| Some(point.std_error))
        .number("conf_low", &rows, |(_, point)| Some(point.conf_low))
        .number("conf_high", &rows, |(_, point)| Some(point.conf_high))
        .number("pred_low", &rows, |(_, point)| Some(point.pred_low))
        .number("pred_high", &rows, |(_, point)| Some(point.pred_high))
        .text("error_of", &rows, |(_, point)| point.error_of.clone())
}

/// The fitted values of one model.
#[derive(Clone, Debug)]
pub struct FittedSample<'a> {
    /// The model.
    pub model: &'a str,
    /// The values.
    pub values: &'a FittedValues,
}

/// A row per row of each model's sample; `unit` and `time` name a row of the panel.
pub fn fitted(
    samples: &[FittedSample<'_>],
    unit: impl Fn(usize) -> String,
    time: Option<impl Fn(usize) -> f64>,
) -> Frame {
    let rows: Vec<(&FittedSample<'_>, usize)> =
        samples.iter().flat_map(|sample| (0..sample.values.predictions.len()).map(move |row| (sample, row))).collect();
    let panel_row = |(sample, row): &(&FittedSample<'_>, usize)| sample.values.rows[*row] as usize;
    let frame = Frame::new()
        .text("model", &rows, |(sample, _)| sample.model.to_string())
        .count("row", &rows, |at| Some(panel_row(at) + 1))
        .text("unit", &rows, |at| unit(panel_row(at)));
    let frame = match time {
        Some(time) => frame.number("time", &rows, |at| Some(time(panel_row(at)))),
        None => frame,
    };
    let frame = frame.number("outcome", &rows, |(sample, row)| Some(sample.values.outcome[*row])).number(
        "fitted",
        &rows,
        |(sample, row)| Some(sample.values.predictions[*row].fitted),
    );
    let index = |(sample, row): &(&FittedSample<'_>, usize)| sample.values.predictions[*row].index;
    let frame = if rows.iter().any(|at| index(at).is_some()) { frame.number("index", &rows, index) } else { frame };
    frame
        .number("effects", &rows, |(sample, row)| Some(sample.values.effects.as_ref()?[*row]))
        .number("std_error", &rows, |(sample, row)| Some(sample.values.predictions[*row].std_error))
        .number("conf_low", &rows, |(sample, row)| Some(sample.values.predictions[*row].confidence.0))
        .number("conf_high", &rows, |(sample, row)| Some(sample.values.predictions[*row].confidence.1))
        .number("pred_low", &rows, |(sample, row)| Some(sample.values.predictions[*row].prediction.0))
        .number("pred_high", &rows, |(sample, row)| Some(sample.values.predictions[*row].prediction.1))
        .text("error_of", &rows, |(sample, _)| sample.values.scope.name().to_string())
}
