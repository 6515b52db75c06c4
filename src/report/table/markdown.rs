//! Tables as GitHub reads them: one heading row, so that outcomes stand above the column numbers in the same cell.

use std::fmt::Write;

use super::Table;
use crate::report::escape;

/// The table in Markdown, with its title before and its notes after.
pub fn markdown(table: &Table) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    if let Some(title) = &table.title {
        let _ = writeln!(out, "**{}**\n", escape::markdown(title));
    }
    let headings: Vec<String> = (0..table.n_columns()).map(|column| heading(table, column)).collect();
    let mut lines: Vec<Vec<String>> = vec![std::iter::once(escape::markdown(&table.stub)).chain(headings).collect()];
    for row in table.rows() {
        let cells = row.cells.iter().map(|cell| escape::markdown(&cell.text));
        lines.push(std::iter::once(escape::markdown(&row.label)).chain(cells).collect());
    }
    out.push_str(&pipes(&lines));
    for note in &table.notes {
        let _ = write!(out, "\n{}\n", escape::markdown(note));
    }
    out
}

fn heading(table: &Table, column: usize) -> String {
    let texts = table.header.iter().filter_map(|row| {
        let mut end = 0;
        row.iter().find(|cell| {
            end += cell.span;
            column < end
        })
    });
    let texts: Vec<String> = texts.map(|c| escape::markdown(&c.text)).filter(|text| !text.is_empty()).collect();
    texts.join("<br>")
}

/// The lines with bars, padded so that the source reads as a table too.
fn pipes(lines: &[Vec<String>]) -> String {
    let n_columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        lines.iter().filter_map(|line| line.get(column)).map(|text| text.chars().count()).max().unwrap_or(0).max(3)
    };
    let widths: Vec<usize> = (0..n_columns).map(width).collect();
    let mut out = String::new();
    for (i, line) in lines.iter().enumerate() {
        for (column, &width) in widths.iter().enumerate() {
            let text = line.get(column).map_or("", String::as_str);
            let _ = match column {
                0 => write!(out, "| {text:<width$} "),
                _ => write!(out, "| {text:>width$} "),
            };
        }
        out.push_str("|\n");
        if i == 0 {
            for (column, &width) in widths.iter().enumerate() {
                let _ = match column {
                    0 => write!(out, "| {} ", "-".repeat(width)),
                    _ => write!(out, "| {}: ", "-".repeat(width - 1)),
                };
            }
            out.push_str("|\n");
        }
    }
    out
}
