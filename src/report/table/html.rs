//! Tables in HTML: a semantic `<table>` with scopes and a caption, without styles of its own. Classes: `regression` or
//! `plain` on the table; `estimate`, `below`, `truth`, `statistic` on rows; `number` on cells; `ghost` on the hidden
//! characters that align a column.

use std::fmt::Write;

use super::{Cell, HeaderCell, Row, RowKind, Table};
use crate::report::escape;

/// The table as one `<table>` element.
pub fn html(table: &Table) -> String {
    let is_regression = table.rows().any(|row| row.kind == RowKind::Estimate);
    let class = if is_regression { "regression" } else { "plain" };
    let mut out = format!("<table class=\"{class}\" id=\"table-{}\">\n", escape::html(&table.name.replace(' ', "-")));
    // Writing to a string cannot fail.
    if let Some(title) = &table.title {
        let _ = writeln!(out, "<caption>{}</caption>", escape::html(title));
    }
    out.push_str("<thead>\n");
    for (i, row) in table.header.iter().enumerate() {
        out.push_str(&header_row(table, row, i + 1 == table.header.len()));
    }
    out.push_str("</thead>\n");
    for section in &table.sections {
        out.push_str("<tbody>\n");
        for (i, row) in section.iter().enumerate() {
            let below = section.iter().skip(i + 1).take_while(|next| next.kind == RowKind::Below).count();
            out.push_str(&body_row(row, below));
        }
        out.push_str("</tbody>\n");
    }
    out.push_str(&notes(table));
    out.push_str("</table>\n");
    out
}

fn header_row(table: &Table, row: &[HeaderCell], is_last: bool) -> String {
    let mut out = String::from("<tr>");
    match is_last && !table.stub.is_empty() {
        true => out.push_str(&format!("<th scope=\"col\">{}</th>", escape::html(&table.stub))),
        false => out.push_str("<td></td>"),
    }
    for cell in row {
        let text = escape::html(&cell.text);
        match (cell.text.is_empty(), cell.span) {
            (true, span) => out.push_str(&format!("<td colspan=\"{span}\"></td>")),
            (false, 1) => out.push_str(&format!("<th scope=\"col\">{text}</th>")),
            (false, span) => {
                out.push_str(&format!("<th scope=\"colgroup\" colspan=\"{span}\" class=\"group\">{text}</th>"));
            }
        }
    }
    out + "</tr>\n"
}

/// A row; the heading of an estimate also heads the lines below it.
fn body_row(row: &Row, n_below: usize) -> String {
    let class = match row.kind {
        RowKind::Estimate => "estimate",
        RowKind::Below => "below",
        RowKind::Truth => "truth",
        RowKind::Statistic => "statistic",
    };
    let mut out = format!("<tr class=\"{class}\">");
    if row.kind != RowKind::Below {
        let span = if n_below > 0 { format!(" rowspan=\"{}\"", n_below + 1) } else { String::new() };
        let _ = write!(out, "<th scope=\"row\"{span}>{}</th>", escape::html(&row.label));
    }
    for cell in &row.cells {
        out.push_str(&body_cell(cell));
    }
    out + "</tr>\n"
}

fn body_cell(cell: &Cell) -> String {
    let ghost = match cell.ghost.as_str() {
        "" => String::new(),
        ghost => format!("<span class=\"ghost\" aria-hidden=\"true\">{}</span>", escape::html(ghost)),
    };
    let (class, text) = match cell.is_number {
        true => (" class=\"number\"", cell.text.replace('-', "−")),
        false => ("", cell.text.clone()),
    };
    format!("<td{class}>{}{ghost}</td>", escape::html(&text))
}

fn notes(table: &Table) -> String {
    if table.notes.is_empty() {
        return String::new();
    }
    let mut out = format!("<tfoot>\n<tr><td colspan=\"{}\">\n", table.n_columns() + 1);
    for note in &table.notes {
        let _ = writeln!(out, "<p>{}</p>", escape::html(note));
    }
    out + "</td></tr>\n</tfoot>\n"
}
