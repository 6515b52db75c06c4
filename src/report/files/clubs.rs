//! Convergence clubs as frames of result files.

use super::frame::Frame;
use crate::infer::panel::clubs::{ClubMember, ClubTest, ClubsRecord};

/// A row per unit of every search.
pub fn clubs(records: &[ClubsRecord]) -> Frame {
    let rows: Vec<(&ClubsRecord, &ClubMember)> =
        records.iter().flat_map(|record| record.members.iter().map(move |member| (record, member))).collect();
    Frame::new()
        .text("clubs", &rows, |(record, _)| record.name.clone())
        .text("unit", &rows, |(_, member)| member.unit.clone())
        .count("club", &rows, |(_, member)| member.club)
        .flag("is_core", &rows, |(_, member)| member.is_core)
        .number("last", &rows, |(_, member)| Some(member.last))
        .number("relative", &rows, |(_, member)| Some(member.relative))
}

/// A row per club of every search; club 0 is all units.
pub fn club_tests(records: &[ClubsRecord]) -> Frame {
    let of =
        |record: &'_ ClubsRecord| std::iter::once(record.all.clone()).chain(record.clubs.clone()).collect::<Vec<_>>();
    let rows: Vec<(&ClubsRecord, ClubTest)> =
        records.iter().flat_map(|record| of(record).into_iter().map(move |test| (record, test))).collect();
    Frame::new()
        .text("clubs", &rows, |(record, _)| record.name.clone())
        .text("variable", &rows, |(record, _)| record.variable.clone())
        .count("club", &rows, |(_, test)| Some(test.club))
        .count("units", &rows, |(_, test)| Some(test.units))
        .count("core", &rows, |(_, test)| (test.club > 0).then_some(test.core))
        .number("b", &rows, |(_, test)| Some(test.b))
        .number("std_error", &rows, |(_, test)| Some(test.std_error))
        .number("t", &rows, |(_, test)| Some(test.t))
        .number("p_value", &rows, |(_, test)| Some(test.p_value))
        .number("critical", &rows, |(_, test)| (test.club > 0).then_some(test.critical))
        .text("parts", &rows, |(_, test)| test.parts.iter().map(usize::to_string).collect::<Vec<_>>().join(" "))
        .text("from", &rows, |(record, _)| record.from.clone())
}
