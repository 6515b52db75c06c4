//! Frames of shift-share models: errors by kind, Rotemberg weights, shocks.

use super::frame::Frame;
use crate::estimate::Fit;
use crate::estimate::shift_share::{ConfidenceSet, ExposureErrors, RotembergWeight, ShiftShareRecord};
use crate::report::page::shift_share_facts;

/// An equation of a model: the model, what it is, its errors and its standard error over sectors.
struct Equation<'a> {
    model: &'a str,
    what: String,
    errors: &'a ExposureErrors,
    shock_level: Option<f64>,
}

/// A row per equation: the coefficient, first stage, reduced form, balance and pre-trend regressions.
pub fn shift_share(fits: &[Fit]) -> Frame {
    let rows: Vec<Equation<'_>> = records(fits).flat_map(|(fit, record)| equations(fit, record)).collect();
    Frame::new()
        .text("model", &rows, |row| row.model.to_string())
        .text("equation", &rows, |row| row.what.clone())
        .number("estimate", &rows, |row| Some(row.errors.estimate))
        .number("akm_std_error", &rows, |row| Some(row.errors.akm))
        .number("akm_p_value", &rows, |row| Some(row.errors.akm_p))
        .number("akm_conf_low", &rows, |row| Some(row.errors.akm_low))
        .number("akm_conf_high", &rows, |row| Some(row.errors.akm_high))
        .number("akm0_p_value", &rows, |row| Some(row.errors.akm0_p))
        .text("akm0_set", &rows, |row| shape(&row.errors.akm0).to_string())
        .number("akm0_low", &rows, |row| ends(&row.errors.akm0).map(|(low, _)| low))
        .number("akm0_high", &rows, |row| ends(&row.errors.akm0).map(|(_, high)| high))
        .number("homoskedastic_std_error", &rows, |row| Some(row.errors.homoskedastic))
        .number("robust_std_error", &rows, |row| Some(row.errors.robust))
        .number("clustered_std_error", &rows, |row| row.errors.clustered)
        .number("shock_level_std_error", &rows, |row| row.shock_level)
}

/// A row per sector and model, the largest absolute weight first.
pub fn rotemberg(fits: &[Fit]) -> Frame {
    let rows: Vec<(&Fit, &RotembergWeight)> =
        records(fits).flat_map(|(fit, record)| record.rotemberg.iter().map(move |row| (fit, row))).collect();
    Frame::new()
        .text("model", &rows, |(fit, _)| fit.model.clone())
        .text("sector", &rows, |(_, row)| row.sector.clone())
        .number("weight", &rows, |(_, row)| Some(row.weight))
        .number("estimate", &rows, |(_, row)| Some(row.estimate))
        .number("first_stage_f", &rows, |(_, row)| Some(row.first_stage_f))
        .number("shock", &rows, |(_, row)| Some(row.shock))
        .number("share_sum", &rows, |(_, row)| Some(row.importance))
}

/// A row per model and fact on its shocks.
pub fn shocks(fits: &[Fit]) -> Frame {
    let rows: Vec<(&Fit, (&'static str, f64))> = records(fits)
        .flat_map(|(fit, record)| shift_share_facts(&record.shocks).into_iter().map(move |fact| (fit, fact)))
        .collect();
    Frame::new()
        .text("model", &rows, |(fit, _)| fit.model.clone())
        .text("fact", &rows, |(_, fact)| fact.0.to_string())
        .number("value", &rows, |(_, fact)| Some(fact.1))
}

fn records(fits: &[Fit]) -> impl Iterator<Item = (&Fit, &ShiftShareRecord)> {
    fits.iter().filter_map(|fit| Some((fit, fit.shift_share.as_ref()?)))
}

fn equations<'a>(fit: &'a Fit, record: &'a ShiftShareRecord) -> Vec<Equation<'a>> {
    let equation = |what: String, errors: &'a ExposureErrors, shock_level: Option<f64>| Equation {
        model: &fit.model,
        what,
        errors,
        shock_level,
    };
    let mut out = vec![equation("coefficient".into(), &record.estimate, Some(record.shock_level_error))];
    out.extend(record.first_stage.iter().map(|errors| equation("first stage".into(), errors, None)));
    out.extend(record.reduced_form.iter().map(|errors| equation("reduced form".into(), errors, None)));
    out.extend(record.balance.iter().map(|balance| {
        let kind = if balance.is_pre_trend { "pre-trend" } else { "balance" };
        equation(format!("{kind}: {}", balance.variable), &balance.regional, Some(balance.shock_level_error))
    }));
    out
}

fn shape(set: &ConfidenceSet) -> &'static str {
    match set {
        ConfidenceSet::Interval { .. } => "interval",
        ConfidenceSet::Rays { .. } => "rays",
        ConfidenceSet::Line => "line",
    }
}

fn ends(set: &ConfidenceSet) -> Option<(f64, f64)> {
    match set {
        ConfidenceSet::Interval { low, high } | ConfidenceSet::Rays { low, high } => Some((*low, *high)),
        ConfidenceSet::Line => None,
    }
}
