//! Distance decays as frames of result files.

use super::frame::Frame;
use crate::infer::distance_decay::DistanceDecayRecord;
use crate::infer::profile::ProfilePoint;

/// A row per value of every profile, the estimate among them.
pub fn distance_decays(records: &[DistanceDecayRecord]) -> Frame {
    let points = |record: &DistanceDecayRecord| {
        let profile = &record.profile;
        let estimate = ProfilePoint { value: profile.estimate, log_likelihood: profile.log_likelihood };
        let mut points: Vec<ProfilePoint> =
            profile.points.iter().copied().filter(|p| p.value != estimate.value).collect();
        points.push(estimate);
        points.sort_by(|a, b| a.value.total_cmp(&b.value));
        points
    };
    let rows: Vec<(&DistanceDecayRecord, ProfilePoint)> =
        records.iter().flat_map(|record| points(record).into_iter().map(move |point| (record, point))).collect();
    Frame::new()
        .text("distance_decay", &rows, |(record, _)| record.name.clone())
        .text("model", &rows, |(record, _)| record.model.clone())
        .text("weights", &rows, |(record, _)| record.weights.clone())
        .text("parameter", &rows, |(record, _)| record.parameter.clone())
        .number("value", &rows, |(_, point)| Some(point.value))
        .number("log_likelihood", &rows, |(_, point)| Some(point.log_likelihood))
        .flag("is_estimate", &rows, |(record, point)| point.value == record.profile.estimate)
        .flag("is_rejected", &rows, |(record, point)| point.log_likelihood < record.profile.threshold)
}
