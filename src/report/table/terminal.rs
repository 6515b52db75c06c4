//! Tables for a terminal: three rules, numbers flush right, as wide as the terminal allows.
//!
//! The minus stays an ASCII hyphen, so that what a reader copies is a number. A table with more columns than fit is
//! printed in parts, each with the row labels.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, TableComponent, Width, presets};

use super::{Cell, Row, RowKind, Table};

/// The width where it is not known (a pipe, a file).
const DEFAULT_WIDTH: u16 = 100;
/// Headings wider than the numbers below them wrap at this width.
const HEADING_WIDTH: usize = 14;
/// Marks the line between two sections until the width of the table is known.
const RULE: &str = "\u{2500}";

/// The table as text that fits `width` columns (100 when `None`). Ends with a line break.
pub fn terminal(table: &Table, width: Option<u16>) -> String {
    let width = usize::from(width.unwrap_or(DEFAULT_WIDTH).max(40));
    let grid = Grid::new(table, width);
    let mut out = String::new();
    if let Some(title) = &table.title {
        out.push_str(&wrap(title, width));
    }
    if let Some(outcome) = shared_outcome(table) {
        out.push_str(&wrap(&format!("Outcome: {outcome}"), width));
    }
    for part in grid.parts(width) {
        out.push_str(&grid.render(table, &part));
    }
    for note in &table.notes {
        out.push_str(&wrap(note, width.min(usize::from(DEFAULT_WIDTH))));
    }
    out
}

/// The widths of the columns.
struct Grid {
    label: usize,
    columns: Vec<usize>,
}

impl Grid {
    fn new(table: &Table, width: usize) -> Self {
        let longest = table.rows().map(|row| row.label.chars().count()).max().unwrap_or(0);
        let columns = (0..table.n_columns()).map(|column| column_width(table, column)).collect();
        Grid { label: longest.max(table.stub.chars().count()).min(width * 2 / 5), columns }
    }

    /// Which columns stand together: as many as fit beside the labels, at least one.
    fn parts(&self, width: usize) -> Vec<Vec<usize>> {
        let room = width.saturating_sub(self.label + 2);
        let mut parts: Vec<Vec<usize>> = vec![Vec::new()];
        let mut used = 0;
        for (column, needed) in self.columns.iter().map(|w| w + 2).enumerate() {
            match parts.last_mut() {
                Some(part) if part.is_empty() || used + needed <= room => {
                    used += needed;
                    part.push(column);
                }
                _ => {
                    used = needed;
                    parts.push(vec![column]);
                }
            }
        }
        parts
    }

    fn render(&self, table: &Table, part: &[usize]) -> String {
        let mut grid = comfy_table::Table::new();
        grid.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
        grid.remove_style(TableComponent::HorizontalLines).remove_style(TableComponent::MiddleIntersections);
        for component in [TableComponent::HeaderLines, TableComponent::MiddleHeaderIntersections] {
            grid.set_style(component, '─');
        }
        let total = self.label + 2 + part.iter().filter_map(|&c| self.columns.get(c)).map(|w| w + 2).sum::<usize>();
        grid.set_width(u16::try_from(total).unwrap_or(u16::MAX));
        let headings = part.iter().map(|&column| heading(table, column));
        grid.set_header(std::iter::once(table.stub.clone()).chain(headings));
        for (i, section) in table.sections.iter().enumerate() {
            if i > 0 {
                grid.add_row([RULE]);
            }
            for row in section.iter().filter(|row| !is_blank(row, part)) {
                let cells = part.iter().map(|&c| row.cells.get(c).map(shown).unwrap_or_default());
                grid.add_row(std::iter::once(row.label.clone()).chain(cells));
            }
        }
        self.constrain(&mut grid, part);
        rule_lines(&grid.to_string())
    }

    fn constrain(&self, grid: &mut comfy_table::Table, part: &[usize]) {
        let widths = std::iter::once(self.label).chain(part.iter().filter_map(|&c| self.columns.get(c).copied()));
        for (i, (column, width)) in grid.column_iter_mut().zip(widths).enumerate() {
            let fixed = u16::try_from(width + 2).unwrap_or(u16::MAX);
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(fixed)));
            if i > 0 {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
    }
}

/// Whether a line below an estimate has nothing to show in these columns.
fn is_blank(row: &Row, part: &[usize]) -> bool {
    let mut cells = part.iter().filter_map(|&column| row.cells.get(column));
    row.kind == RowKind::Below && cells.all(|cell| cell.text.is_empty())
}

/// Numbers decide the width of a column; headings may wrap.
fn column_width(table: &Table, column: usize) -> usize {
    let cells = table.rows().filter_map(|row| row.cells.get(column)).map(|cell| shown(cell).chars().count()).max();
    let heading = heading(table, column).lines().map(|line| line.chars().count()).max().unwrap_or(0);
    cells.unwrap_or(0).max(heading.min(HEADING_WIDTH))
}

fn shown(cell: &Cell) -> String {
    cell.text.clone() + &" ".repeat(cell.ghost.chars().count())
}

/// The headings above a column, one per line; an outcome that all columns share stands above the table instead.
fn heading(table: &Table, column: usize) -> String {
    let skip = usize::from(shared_outcome(table).is_some());
    let lines: Vec<&str> = table
        .header
        .iter()
        .skip(skip)
        .filter_map(|row| {
            let mut end = 0;
            row.iter().find(|cell| {
                end += cell.span;
                column < end
            })
        })
        .map(|cell| cell.text.as_str())
        .filter(|text| !text.is_empty())
        .collect();
    lines.join("\n")
}

/// The one outcome of a table with several heading rows, if its columns share it.
fn shared_outcome(table: &Table) -> Option<&str> {
    let outcomes: Vec<&str> =
        table.header.first()?.iter().map(|c| c.text.as_str()).filter(|text| !text.is_empty()).collect();
    match outcomes.as_slice() {
        [one] if table.header.len() > 1 => Some(one),
        _ => None,
    }
}

/// Turns the marked lines into rules as wide as the table, and takes trailing spaces off.
fn rule_lines(text: &str) -> String {
    let width = text.lines().next().map_or(0, |line| line.chars().count());
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let line = line.trim_end();
        if line.trim_start() == RULE {
            out.push_str(&RULE.repeat(width));
        } else {
            out.push_str(line);
        }
        out.push('\n');
    }
    out
}

/// Text broken at spaces, indented by one like the table's cells.
fn wrap(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            out.push('\n');
            used = 0;
        }
        out.push(' ');
        out.push_str(word);
        used += 1 + length;
    }
    out.push('\n');
    out
}
