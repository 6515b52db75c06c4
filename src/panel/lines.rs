//! Where a row of a table stands in the file that it comes from, for messages.

use std::path::PathBuf;

use super::file::DataFile;
use super::load::Loaded;
use super::locate::Place;

/// Lines that a message lists at most.
const LISTED: usize = 5;

impl Loaded {
    /// A table, with the lines of its file that rows with these texts in these columns stand on, as far as they can be
    /// told: `codes.csv, lines 2 and 7`; `codes (codes.csv, line 2)` for a table with a name of its own.
    pub fn place(&self, table: &str, rows: &[Vec<(&str, &str)>]) -> String {
        let Some((path, lines)) = self.lines(table, rows) else { return table.to_string() };
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut listed: Vec<String> = lines.iter().take(LISTED).map(usize::to_string).collect();
        if lines.len() > LISTED {
            listed.push("...".into());
        }
        let lines = match listed.as_slice() {
            [] => return table.to_string(),
            [one] => format!("line {one}"),
            [before @ .., last] => format!("lines {} and {last}", before.join(", ")),
        };
        if table.ends_with(&file) { format!("{table}, {lines}") } else { format!("{table} ({file}, {lines})") }
    }

    /// The file that a table starts with, and its lines that hold these rows.
    fn lines(&self, table: &str, rows: &[Vec<(&str, &str)>]) -> Option<(PathBuf, Vec<usize>)> {
        let locator = self.locator();
        let mut rows: Vec<Vec<(String, &str)>> =
            rows.iter().map(|texts| texts.iter().map(|(column, text)| (column.to_string(), *text)).collect()).collect();
        let mut name = table.to_string();
        // A circle of tables is told by the reader; here it must only end.
        for _ in 0..=locator.section.tables.len() {
            let section = match locator.locate(&name).ok()? {
                Place::File(path, _) => return Some((path.clone(), held(&path, &rows)?)),
                Place::Steps(section) => section,
            };
            for (column, _) in rows.iter_mut().flatten() {
                if let Some((old, _)) = section.rename.iter().find(|(_, new)| *new == column) {
                    column.clone_from(old);
                }
            }
            if let Some(file) = &section.file {
                let path = locator.file(file);
                return Some((path.clone(), held(&path, &rows)?));
            }
            name.clone_from(section.from.as_ref()?);
        }
        None
    }
}

/// The lines of a file that hold rows with these texts, ascending, each once.
fn held(path: &std::path::Path, rows: &[Vec<(String, &str)>]) -> Option<Vec<usize>> {
    let file = DataFile::open(path).ok()?;
    let mut lines: Vec<usize> = Vec::new();
    for texts in rows {
        lines.extend(file.lines_with(texts)?);
    }
    lines.sort_unstable();
    lines.dedup();
    Some(lines)
}
