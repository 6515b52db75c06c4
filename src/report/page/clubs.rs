//! Convergence clubs on the page: a grid each.

use super::shift_share::Grid;
use crate::infer::panel::clubs::{ClubTest, ClubsRecord};
use crate::panel::Reason;
use crate::report::number::{Digits, counted, p_value};

/// Members of a club that the page names; all are in `clubs.csv`.
const NAMED: usize = 60;

/// The clubs as a grid: all units, a row per club, the units without one.
pub fn grid(record: &ClubsRecord) -> Grid {
    let number = |value: f64| Digits::default().one(value);
    let row = |name: String, test: &ClubTest| {
        let numbers = [number(test.b), number(test.std_error), number(test.t), p_value(test.p_value)];
        let names = if test.club == 0 { String::new() } else { members(record, Some(test.club)) };
        [name, test.units.to_string()].into_iter().chain(numbers).chain([names]).collect::<Vec<String>>()
    };
    let of_clubs = record.clubs.iter().map(|test| row(test.club.to_string(), test));
    let without = record.members.iter().filter(|member| member.club.is_none()).count();
    let blank = || String::new();
    let rest = vec!["none".into(), without.to_string(), blank(), blank(), blank(), blank(), members(record, None)];
    Grid {
        caption: format!("Convergence clubs {}: {}", record.name, record.variable),
        head: ["Club", "Units", "b", "Std. error", "t", "p", "Members"].map(String::from).to_vec(),
        rows: std::iter::once(row("all".into(), &record.all))
            .chain(of_clubs)
            .chain((without > 0).then_some(rest))
            .collect(),
        note: note(record),
    }
}

fn members(record: &ClubsRecord, club: Option<usize>) -> String {
    let mut names: Vec<&str> =
        record.members.iter().filter(|member| member.club == club).map(|member| member.unit.as_str()).collect();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let listed = names.join(", ");
    if more > 0 { format!("{listed} and {more} more") } else { listed }
}

fn note(record: &ClubsRecord) -> String {
    let mut text = format!(
        "Log t regressions of Phillips and Sul from {} on, {} and {}; convergence is rejected where t is below -1.65 (p below 0.05).",
        record.from,
        counted(record.units, "unit", "units"),
        counted(record.periods, "period", "periods")
    );
    let left_out: usize =
        record.ledger.0.iter().filter(|loss| loss.reason == Reason::Missing).map(|loss| loss.rows_lost).sum();
    if left_out > 0 {
        let rows = counted(left_out, "row has", "rows have");
        text.push_str(&format!(" {rows} no value, or are of units that miss a period."));
    }
    if let Some(weight) = record.smooth {
        text.push_str(&format!(" Of the Hodrick-Prescott trend with weight {weight}."));
    }
    if record.before_merging > record.clubs.len() {
        text.push_str(&format!(" {} clubs before merging.", record.before_merging));
    }
    if record.convention == "programs" {
        text.push_str(" Details as in the authors' programs.");
    }
    text
}
