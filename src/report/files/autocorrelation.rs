//! Spatial autocorrelation as frames of result files.

use super::frame::Frame;
use crate::infer::association::{AutocorrelationRecord, GlobalRow, LocalRow};

/// A row per autocorrelation, period and statistic.
pub fn autocorrelations(records: &[AutocorrelationRecord]) -> Frame {
    let rows: Vec<(&AutocorrelationRecord, &GlobalRow)> =
        records.iter().flat_map(|record| record.global.iter().map(move |row| (record, row))).collect();
    Frame::new()
        .text("name", &rows, |(record, _)| record.name.clone())
        .text("variable", &rows, |(record, _)| record.variable.clone())
        .text("weights", &rows, |(record, _)| record.weights.clone())
        .text("period", &rows, |(_, row)| row.period.clone())
        .text("statistic", &rows, |(_, row)| row.statistic.clone())
        .count("regions", &rows, |(_, row)| Some(row.regions))
        .number("value", &rows, |(_, row)| Some(row.value))
        .number("expectation", &rows, |(_, row)| Some(row.expectation))
        .number("std_deviation", &rows, |(_, row)| Some(row.std_deviation))
        .number("z", &rows, |(_, row)| Some(row.z))
        .number("p_value", &rows, |(_, row)| Some(row.p_value))
        .number("pseudo_p_value", &rows, |(_, row)| row.pseudo_p_value)
        .count("hot_spots", &rows, |(_, row)| Some(row.hot_spots))
        .count("cold_spots", &rows, |(_, row)| Some(row.cold_spots))
}

/// A row per autocorrelation, period and region.
pub fn local_autocorrelations(rows: &[LocalRow]) -> Frame {
    Frame::new()
        .text("name", rows, |row| row.name.clone())
        .text("period", rows, |row| row.period.clone())
        .text("region", rows, |row| row.region.clone())
        .number("value", rows, |row| Some(row.value))
        .number("lag", rows, |row| Some(row.lag))
        .number("local_moran", rows, |row| Some(row.moran))
        .number("p_value", rows, |row| Some(row.p_value))
        .number("adjusted_p_value", rows, |row| Some(row.adjusted_p_value))
        .text("quadrant", rows, |row| row.quadrant.to_string())
        .text("is_significant", rows, |row| row.is_significant.to_string())
        .number("getis_ord_star", rows, |row| Some(row.getis_ord))
}
