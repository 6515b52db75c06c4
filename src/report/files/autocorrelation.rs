//! Spatial autocorrelation as frames of result files.

use super::frame::Frame;
use crate::infer::association::{AutocorrelationRecord, GlobalRow, LocalRow, LocalStatistic};

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

/// A row per autocorrelation, period and region; columns of local Geary, join counts and the bivariate I where any of them asks for these.
pub fn local_autocorrelations(rows: &[LocalRow]) -> Frame {
    let frame = Frame::new()
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
        .number("getis_ord_star", rows, |row| Some(row.getis_ord));
    let frame = statistic(frame, rows, "local_geary", |row| row.geary);
    let frame = statistic(frame, rows, "local_joins", |row| row.joins);
    if rows.iter().all(|row| row.bivariate.is_none()) {
        return frame;
    }
    let frame = frame.number("other_lag", rows, |row| row.bivariate.map(|one| one.lag));
    statistic(frame, rows, "local_bivariate", |row| row.bivariate.map(|one| one.moran))
        .text("local_bivariate_quadrant", rows, |row| row.bivariate.map_or_else(String::new, |one| one.quadrant.into()))
        .maybe("local_bivariate_is_significant", rows, |row| row.bivariate.map(|one| one.is_significant))
}

/// The columns of one more statistic, where any row has it.
fn statistic(frame: Frame, rows: &[LocalRow], name: &str, of: impl Fn(&LocalRow) -> Option<LocalStatistic>) -> Frame {
    if rows.iter().all(|row| of(row).is_none()) {
        return frame;
    }
    frame
        .number(name.to_string(), rows, |row| of(row).map(|one| one.value))
        .number(format!("{name}_p_value"), rows, |row| of(row).map(|one| one.p_value))
        .number(format!("{name}_adjusted_p_value"), rows, |row| of(row).map(|one| one.adjusted_p_value))
}
