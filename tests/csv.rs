//! A small reader of comma-separated test data: a header row, no quotes, an empty field is missing.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use isard::panel::Factor;

/// Columns of text by name.
pub struct Csv {
    columns: HashMap<String, Vec<String>>,
}

impl Csv {
    /// Reads a file.
    pub fn read(path: &Path) -> Csv {
        let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let mut lines = text.lines();
        let names: Vec<String> = lines.next().unwrap().split(',').map(|s| s.trim_matches('"').to_string()).collect();
        let mut columns: HashMap<String, Vec<String>> = names.iter().map(|n| (n.clone(), Vec::new())).collect();
        for line in lines {
            for (name, field) in names.iter().zip(line.split(',')) {
                columns.get_mut(name).unwrap().push(field.trim_matches('"').to_string());
            }
        }
        Csv { columns }
    }

    /// A column of text.
    pub fn text(&self, name: &str) -> &[String] {
        self.columns.get(name).unwrap_or_else(|| panic!("no column {name}"))
    }

    /// Whether there is a column.
    pub fn has(&self, name: &str) -> bool {
        self.columns.contains_key(name)
    }

    /// A column of numbers.
    pub fn number(&self, name: &str) -> Vec<f64> {
        self.text(name).iter().map(|s| if s.is_empty() { f64::NAN } else { s.parse().unwrap() }).collect()
    }

    /// A column, or columns joined by `^`, as a factor.
    pub fn factor(&self, name: &str) -> Factor {
        let parts: Vec<Factor> = name
            .split('^')
            .map(|part| {
                Factor::from_values(self.text(part.trim()).iter().map(|s| (!s.is_empty()).then_some(s.as_str())))
            })
            .collect();
        Factor::interact(&parts.iter().collect::<Vec<_>>())
    }
}

/// A data file: from the package, or from the collection beside it that may not be distributed.
pub fn data_file(package: &str, file: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let candidates = [root.join(package).join(file), root.join("../shared/oracle/data").join(file)];
    candidates.into_iter().find(|path| path.is_file())
}

/// Cells of a csv line; quoted cells may hold commas.
pub fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            other => cells.last_mut().unwrap().push(other),
        }
    }
    cells
}
