//! Specification curves as frames of result files.

use indexmap::IndexSet;

use super::frame::Frame;
use crate::infer::curve::{CurveMember, CurveRecord};

/// A row per specification of every curve, the smallest estimate first, with a column per choice.
pub fn curves(curves: &[CurveRecord]) -> Frame {
    let rows: Vec<(&CurveRecord, usize, &CurveMember)> = curves
        .iter()
        .flat_map(|curve| curve.specifications.iter().enumerate().map(move |(rank, one)| (curve, rank + 1, one)))
        .collect();
    let axes: IndexSet<&String> = rows.iter().flat_map(|(.., one)| one.choices.keys()).collect();
    let frame = Frame::new()
        .text("curve", &rows, |(curve, ..)| curve.name.clone())
        .count("rank", &rows, |(_, rank, _)| Some(*rank))
        .text("model", &rows, |(.., one)| one.model.clone())
        .text("term", &rows, |(.., one)| one.term.clone())
        .number("estimate", &rows, |(.., one)| Some(one.estimate))
        .number("std_error", &rows, |(.., one)| Some(one.std_error))
        .number("p_value", &rows, |(.., one)| Some(one.p_value))
        .number("conf_low", &rows, |(.., one)| Some(one.conf_low))
        .number("conf_high", &rows, |(.., one)| Some(one.conf_high))
        .count("n_obs", &rows, |(.., one)| Some(one.n_obs));
    axes.into_iter().fold(frame, |frame, axis| {
        frame.text(format!("choice:{axis}"), &rows, |(.., one)| one.choices.get(axis).cloned().unwrap_or_default())
    })
}

/// A row per curve and statistic, with its joint p-value.
pub fn curve_tests(curves: &[CurveRecord]) -> Frame {
    let rows: Vec<(&CurveRecord, &str, f64, Option<f64>)> = curves
        .iter()
        .flat_map(|curve| {
            let (found, tests) = (&curve.statistics, curve.tests.as_ref());
            [
                (curve, "median", found.median, tests.map(|tests| tests.median)),
                (curve, "dominant_sign", found.dominant, None),
                (curve, "significant", found.significant, tests.map(|tests| tests.significant)),
                (curve, "stouffer", found.stouffer, tests.map(|tests| tests.stouffer)),
            ]
        })
        .collect();
    Frame::new()
        .text("curve", &rows, |row| row.0.name.clone())
        .text("statistic", &rows, |row| row.1.to_string())
        .number("value", &rows, |row| Some(row.2))
        .number("p_value", &rows, |row| row.3)
        .count("specifications", &rows, |row| Some(row.0.statistics.n))
        .count("draws", &rows, |row| row.0.draws.as_ref().map(|draws| draws.draws))
        .text("drawn_by", &rows, |row| row.0.draws.as_ref().map_or(String::new(), |draws| draws.drawn_by.clone()))
}
