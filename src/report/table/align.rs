//! Alignment: how much room to leave on the right of each cell so that decimal points and last digits stand in line.
//!
//! Columns are set flush right. A cell's `ghost` names the characters whose width is missing on its right: spaces in a
//! terminal, `\phantom` in LaTeX, hidden characters in HTML.

use super::{Cell, Row, RowKind};

/// Fills the ghosts of all cells.
pub fn align(sections: &mut [Vec<Row>], n_columns: usize) {
    for column in 0..n_columns {
        let tails = column_tails(sections, column);
        let longest = tails.iter().max_by_key(|tail| tail.chars().count()).cloned().unwrap_or_default();
        let closing = tails.iter().map(|tail| closing(tail)).max_by_key(|mark| mark.len()).unwrap_or_default();
        for row in sections.iter_mut().flatten() {
            let kind = row.kind;
            if let Some(cell) = row.cells.get_mut(column) {
                cell.ghost = ghost(cell, kind, &longest, closing);
            }
        }
    }
}

/// What stands after the integer part of every aligned number of a column.
fn column_tails(sections: &[Vec<Row>], column: usize) -> Vec<String> {
    let rows = sections.iter().flatten().filter(|row| row.kind != RowKind::Statistic);
    rows.filter_map(|row| row.cells.get(column)).filter(|cell| has_point(cell)).map(|cell| tail(&cell.text)).collect()
}

/// Whether a cell is one plain number; intervals, `<0.001` and powers of ten are set flush right.
fn has_point(cell: &Cell) -> bool {
    cell.is_number && !cell.text.is_empty() && !cell.text.contains(['[', '<', 'e', '∞'])
}

fn tail(text: &str) -> String {
    match text.find('.') {
        Some(point) => text.get(point..).unwrap_or_default().to_string(),
        None => closing(text).to_string(),
    }
}

/// What follows the last digit: a parenthesis or stars.
fn closing(text: &str) -> &str {
    text.rfind(|c: char| c.is_ascii_digit()).and_then(|last| text.get(last + 1..)).unwrap_or_default()
}

fn ghost(cell: &Cell, kind: RowKind, longest: &str, mark: &str) -> String {
    if kind == RowKind::Statistic {
        return if cell.text.is_empty() { String::new() } else { mark.to_string() };
    }
    if !has_point(cell) {
        return String::new();
    }
    let missing = longest.chars().count().saturating_sub(tail(&cell.text).chars().count());
    longest.chars().skip(longest.chars().count() - missing).collect()
}
