//! Frames of sensitivity analyses: a row per model, and a row per benchmark and strength.

use super::frame::Frame;
use crate::estimate::Fit;
use crate::infer::sensitivity::{BoundRecord, OsterRecord, SensitivityRecord};

/// A row per model that asks for it: robustness values and Oster's bounds.
pub fn sensitivity(fits: &[Fit]) -> Frame {
    let rows: Vec<(&Fit, &SensitivityRecord)> = records(fits).collect();
    fn oster<'a>(row: &(&'a Fit, &'a SensitivityRecord)) -> Option<&'a OsterRecord> {
        row.1.oster.as_ref()
    }
    Frame::new()
        .text("model", &rows, |(fit, _)| fit.model.clone())
        .text("treatment", &rows, |(_, record)| record.treatment.clone())
        .number("estimate", &rows, |(_, record)| Some(record.estimate))
        .number("std_error", &rows, |(_, record)| Some(record.std_error))
        .number("statistic", &rows, |(_, record)| Some(record.statistic))
        .number("df", &rows, |(_, record)| Some(record.df))
        .number("q", &rows, |(_, record)| Some(record.q))
        .number("alpha", &rows, |(_, record)| Some(record.alpha))
        .number("partial_r_squared", &rows, |(_, record)| Some(record.partial_r_squared))
        .number("robustness_value", &rows, |(_, record)| Some(record.robustness_value))
        .number("robustness_value_at", &rows, |(_, record)| Some(record.robustness_value_at))
        .number("extreme_robustness_value_at", &rows, |(_, record)| Some(record.extreme_robustness_value_at))
        .number("oster_short_estimate", &rows, |row| oster(row).map(|found| found.short_estimate))
        .number("oster_short_r_squared", &rows, |row| oster(row).map(|found| found.short_r_squared))
        .number("oster_full_r_squared", &rows, |row| oster(row).map(|found| found.full_r_squared))
        .number("oster_r_max", &rows, |row| oster(row).map(|found| found.r_max))
        .number("oster_target", &rows, |row| oster(row).map(|found| found.target))
        .number("oster_delta", &rows, |row| oster(row).map(|found| found.delta))
        .number("oster_assumed_delta", &rows, |row| oster(row).map(|found| found.assumed_delta))
        .number("oster_bias_adjusted", &rows, |row| oster(row).and_then(|found| found.bias_adjusted))
}

/// A row per model, benchmark and strength.
pub fn sensitivity_bounds(fits: &[Fit]) -> Frame {
    let rows: Vec<(&Fit, &BoundRecord)> =
        records(fits).flat_map(|(fit, record)| record.bounds.iter().map(move |bound| (fit, bound))).collect();
    Frame::new()
        .text("model", &rows, |(fit, _)| fit.model.clone())
        .text("benchmark", &rows, |(_, bound)| bound.benchmark.clone())
        .number("kd", &rows, |(_, bound)| Some(bound.kd))
        .number("ky", &rows, |(_, bound)| Some(bound.ky))
        .number("r2_dz", &rows, |(_, bound)| Some(bound.r2_dz))
        .number("r2_yz", &rows, |(_, bound)| Some(bound.r2_yz))
        .number("estimate", &rows, |(_, bound)| Some(bound.estimate))
        .number("std_error", &rows, |(_, bound)| Some(bound.std_error))
        .number("statistic", &rows, |(_, bound)| Some(bound.statistic))
        .number("conf_low", &rows, |(_, bound)| Some(bound.conf_low))
        .number("conf_high", &rows, |(_, bound)| Some(bound.conf_high))
}

fn records(fits: &[Fit]) -> impl Iterator<Item = (&Fit, &SensitivityRecord)> {
    fits.iter().filter_map(|fit| Some((fit, fit.sensitivity.as_ref()?)))
}
