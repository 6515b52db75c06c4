//! CSV as RFC 4180 has it, with line feeds: commas, a heading row, quotes where a text needs them.

use super::frame::{Frame, Values};
use crate::report::number::exact;

/// The frame as CSV text. Numbers are the shortest texts that read back to the same bits.
pub fn csv(frame: &Frame) -> String {
    let headings: Vec<String> = frame.columns().iter().map(|(name, _)| quoted(name)).collect();
    let mut out = headings.join(",") + "\n";
    for row in 0..frame.n_rows() {
        let cells: Vec<String> = frame.columns().iter().map(|(_, values)| cell(values, row)).collect();
        out.push_str(&cells.join(","));
        out.push('\n');
    }
    out
}

fn cell(values: &Values, row: usize) -> String {
    match values {
        Values::Text(texts) => texts.get(row).and_then(Option::as_deref).map(quoted),
        Values::Number(numbers) => numbers.get(row).copied().flatten().map(exact),
        Values::Count(counts) => counts.get(row).copied().flatten().map(|n| n.to_string()),
        Values::Flag(flags) => flags.get(row).copied().flatten().map(|flag| flag.to_string()),
    }
    .unwrap_or_default()
}

/// A text, in quotes if a reader could mistake it.
fn quoted(text: &str) -> String {
    let needs_quotes = text.contains([',', '"', '\n', '\r']) || text.starts_with(' ') || text.ends_with(' ');
    if needs_quotes { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_string() }
}
