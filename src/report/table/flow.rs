//! The table of the sample flow: from the rows read to the rows estimated on, a line per loss.

use super::{Cell, HeaderCell, Row, RowKind, Table};
use crate::panel::{Ledger, Loss, Reason};
use crate::report::number::count;

/// A ledger as a table: what happened, rows lost, rows left.
pub fn flow_table(name: &str, title: &str, ledger: &Ledger) -> Table {
    let row = |loss: &Loss| Row {
        label: loss_in_words(loss),
        kind: RowKind::Statistic,
        cells: vec![Cell::number(lost(loss)), Cell::number(count(loss.rows_left))],
    };
    Table {
        name: name.to_string(),
        title: Some(title.to_string()),
        stub: "Step".into(),
        header: vec![["Rows lost", "Rows left"].into_iter().map(HeaderCell::one).collect()],
        sections: vec![ledger.0.iter().map(row).collect()],
        ..Table::default()
    }
}

fn lost(loss: &Loss) -> String {
    if loss.reason == Reason::Read { String::new() } else { count(loss.rows_lost) }
}

/// One line of a ledger in plain words.
pub fn loss_in_words(loss: &Loss) -> String {
    let column = &loss.column;
    match loss.reason {
        Reason::Read => format!("Rows read from {column}"),
        Reason::Where => format!("Outside the sample: {column}"),
        Reason::Join => format!("Without a partner in {column}"),
        Reason::Crosswalk => format!("Converted by the crosswalk {column}"),
        Reason::Spells => format!("Periods at risk: {column}"),
        Reason::Aggregate => format!("Added up: {column}"),
        Reason::Missing => format!("Missing: {column}"),
        Reason::NonFinite => format!("Infinite or not a number: {column}"),
        Reason::ZeroWeight => format!("Weight of zero: {column}"),
        Reason::Singleton => format!("Alone in a level of {column}"),
        Reason::Separated => format!("Separated by {column}"),
        Reason::Differenced => format!("No earlier row for a {column}"),
    }
}
