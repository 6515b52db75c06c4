//! Tables in LaTeX: booktabs rules and threeparttable notes.
//!
//! One file serves both uses. Before a `\documentclass`, the file loads one and compiles by itself; inside a document it
//! is the table alone. The test: LaTeX makes `\documentclass` mean `\@twoclasseserror` once a class is loaded, and keeps
//! the two equal after the preamble.

use std::fmt::Write;

use super::{Cell, HeaderCell, RowKind, Table};
use crate::report::escape;

/// The table as a LaTeX file that compiles by itself or is read with `\input`.
pub fn latex(table: &Table) -> String {
    let mut out = String::new();
    let name = file_safe(&table.name);
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "% Compiles by itself, or as a part of a document: \\usepackage{{booktabs,threeparttable}} and \\input{{{name}.tex}}\n\
         \\makeatletter\n\
         \\ifx\\documentclass\\@twoclasseserror\n\
         \\let\\isardend\\relax\n\
         \\else\n\
         \\def\\isardend{{\\end{{document}}}}\n\
         \\documentclass[11pt]{{article}}\n\
         \\usepackage[T1]{{fontenc}}\n\
         \\usepackage[utf8]{{inputenc}}\n\
         \\usepackage[margin=2cm]{{geometry}}\n\
         \\usepackage{{booktabs,threeparttable}}\n\
         \\pagestyle{{empty}}\n\
         \\begin{{document}}\n\
         \\fi\n\
         \\makeatother\n"
    );
    out.push_str(&float(table, &name));
    out.push_str("\\isardend\n");
    out
}

fn float(table: &Table, name: &str) -> String {
    let mut out = String::from("\\begin{table}[htbp]\n\\centering\n\\begin{threeparttable}\n");
    if let Some(title) = &table.title {
        let _ = writeln!(out, "\\caption{{{}}}", escape::latex(title));
        let _ = writeln!(out, "\\label{{tab:{name}}}");
    }
    let _ = writeln!(out, "\\begin{{tabular}}{{l*{{{}}}{{r}}}}", table.n_columns().max(1));
    out.push_str("\\toprule\n");
    out.push_str(&header(table));
    for section in &table.sections {
        out.push_str("\\midrule\n");
        for (i, row) in section.iter().enumerate() {
            let cells: Vec<String> = row.cells.iter().map(cell).collect();
            let indent = if row.kind == RowKind::Truth { "\\quad " } else { "" };
            let ends_term = section.get(i + 1).is_some_and(|next| next.kind == RowKind::Estimate);
            let space = if ends_term { "\\addlinespace\n" } else { "" };
            let _ = write!(out, "{indent}{} & {} \\\\\n{space}", escape::latex(&row.label), cells.join(" & "));
        }
    }
    out.push_str("\\bottomrule\n\\end{tabular}\n");
    if !table.notes.is_empty() {
        out.push_str("\\begin{tablenotes}[flushleft]\n\\footnotesize\n");
        for note in &table.notes {
            let _ = writeln!(out, "\\item {}", escape::latex(note));
        }
        out.push_str("\\end{tablenotes}\n");
    }
    out.push_str("\\end{threeparttable}\n\\end{table}\n");
    out
}

/// Heading rows, with a thin rule under each heading that spans several columns.
fn header(table: &Table) -> String {
    let mut out = String::new();
    for (i, row) in table.header.iter().enumerate() {
        let is_last = i + 1 == table.header.len();
        let stub = if is_last { escape::latex(&table.stub) } else { String::new() };
        let cells: Vec<String> = row.iter().map(heading).collect();
        let _ = writeln!(out, "{stub} & {} \\\\", cells.join(" & "));
        if !is_last {
            out.push_str(&spanning_rules(row));
        }
    }
    out
}

fn heading(cell: &HeaderCell) -> String {
    if cell.text.is_empty() && cell.span == 1 {
        return String::new();
    }
    let alignment = if cell.span == 1 { 'r' } else { 'c' };
    format!("\\multicolumn{{{}}}{{{alignment}}}{{{}}}", cell.span, escape::latex(&cell.text))
}

fn spanning_rules(row: &[HeaderCell]) -> String {
    let mut rules = String::new();
    // The first column holds the labels.
    let mut column = 2;
    for cell in row {
        if cell.span > 1 && !cell.text.is_empty() {
            let _ = write!(rules, "\\cmidrule(lr){{{column}-{}}}", column + cell.span - 1);
        }
        column += cell.span;
    }
    if rules.is_empty() { rules } else { rules + "\n" }
}

fn cell(cell: &Cell) -> String {
    let ghost = if cell.ghost.is_empty() { String::new() } else { format!("\\phantom{{{}}}", number(&cell.ghost)) };
    let text = if cell.is_number { number(&cell.text) } else { escape::latex(&cell.text) };
    text + &ghost
}

/// A number: a real minus, stars raised.
fn number(text: &str) -> String {
    let stars = text.chars().filter(|&c| c == '*').count();
    let plain = text.replace('*', "").replace('-', "−");
    let escaped = escape::latex(&plain);
    if stars > 0 { format!("{escaped}$^{{{}}}$", "*".repeat(stars)) } else { escaped }
}

/// A name for `\label` and `\input`: letters, digits, dashes and underscores.
fn file_safe(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect()
}
