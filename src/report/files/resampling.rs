//! Wild bootstraps and families as frames of result files.

use super::frame::Frame;
use crate::estimate::Fit;
use crate::infer::family::{Adjusted, FamilyMember, FamilyRecord};
use crate::infer::resample::{Interval, WildRecord, WildTest};

/// A row per piece of the confidence set of each term that a wild bootstrap tests; one row where there is no set.
pub fn wild(fits: &[Fit]) -> Frame {
    let records = fits.iter().filter_map(|fit| Some((fit, fit.wild.as_ref()?)));
    let tests = records.flat_map(|(fit, wild)| wild.tests.iter().map(move |test| (fit, wild, test)));
    let rows: Vec<(&Fit, &WildRecord, &WildTest, Option<&Interval>)> = tests
        .flat_map(|(fit, wild, test)| {
            let pieces = test.confidence_set.iter().map(Some).chain(test.confidence_set.is_empty().then_some(None));
            pieces.map(move |piece| (fit, wild, test, piece)).collect::<Vec<_>>()
        })
        .collect();
    Frame::new()
        .text("model", &rows, |(fit, ..)| fit.model.clone())
        .text("term", &rows, |(_, _, test, _)| test.term.clone())
        .number("value", &rows, |(_, _, test, _)| Some(test.value))
        .number("estimate", &rows, |(_, _, test, _)| Some(test.estimate))
        .number("std_error", &rows, |(_, _, test, _)| Some(test.std_error))
        .number("statistic", &rows, |(_, _, test, _)| Some(test.statistic))
        .number("p_value", &rows, |(_, _, test, _)| Some(test.p_value))
        .number("p_strict", &rows, |(_, _, test, _)| Some(test.p_strict))
        .number("p_ties", &rows, |(_, _, test, _)| Some(test.p_ties))
        .number("p_equal_tail", &rows, |(_, _, test, _)| Some(test.p_equal_tail))
        .number("set_low", &rows, |(.., piece)| piece.map(|piece| piece.low))
        .number("set_high", &rows, |(.., piece)| piece.map(|piece| piece.high))
        .number("level", &rows, |(_, wild, ..)| wild.level)
        .count("draws", &rows, |(_, wild, ..)| Some(wild.draws))
        .flag("enumerated", &rows, |(_, wild, ..)| wild.enumerated)
        .text("weights", &rows, |(_, wild, ..)| wild.weights.clone())
        .text("drawn_by", &rows, |(_, wild, ..)| wild.drawn_by.clone())
        .count("groups", &rows, |(_, wild, ..)| Some(wild.n_groups))
        .number("effective_clusters", &rows, |(_, _, test, _)| Some(test.effective_clusters))
        .count("undefined_draws", &rows, |(_, _, test, _)| Some(test.undefined_draws))
}

/// A row per hypothesis and method of every family.
pub fn families(families: &[FamilyRecord]) -> Frame {
    let members = families.iter().flat_map(|family| family.members.iter().map(move |member| (family, member)));
    let rows: Vec<(&FamilyRecord, &FamilyMember, &Adjusted)> = members
        .flat_map(|(family, member)| member.adjusted.iter().map(move |adjusted| (family, member, adjusted)))
        .collect();
    Frame::new()
        .text("family", &rows, |(family, ..)| family.name.clone())
        .text("method", &rows, |(.., adjusted)| adjusted.method.clone())
        .text("model", &rows, |(_, member, _)| member.model.clone())
        .text("term", &rows, |(_, member, _)| member.term.clone())
        .number("estimate", &rows, |(_, member, _)| Some(member.estimate))
        .number("std_error", &rows, |(_, member, _)| Some(member.std_error))
        .number("p_value", &rows, |(_, member, _)| Some(member.p_value))
        .number("adjusted_p_value", &rows, |(.., adjusted)| Some(adjusted.p_value))
}
