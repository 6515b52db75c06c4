//! A folder with a small panel and a study, and the binary run in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use tempfile::TempDir;

/// The `[data]` of most tests.
pub const DATA: &str = r#"title = "A test"
[data]
panel = "panel.csv"
unit = ["region", "industry"]
time = "year"
"#;

/// One model and its table.
pub const MODEL: &str = r#"[[model]]
name = "within"
formula = "y ~ x + z | region + year"
errors = { cluster = "region" }
[[table]]
name = "main"
models = ["within"]
"#;

/// A temporary folder that a test works in.
pub struct Folder(TempDir);

impl Folder {
    /// A folder with `panel.csv`: 6 regions x 4 industries x 3 years, made by arithmetic.
    pub fn new() -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        folder.write("panel.csv", panel());
        folder
    }

    /// The same with `study.toml`.
    pub fn with(study: &str) -> Folder {
        let folder = Folder::new();
        folder.write("study.toml", study);
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path().join(name), content).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The binary in this folder, with its arguments separated by spaces.
    pub fn isard(&self, arguments: &str) -> Assert {
        let mut command = Command::cargo_bin("isard").unwrap();
        command.current_dir(self.path()).env_remove("ISARD_DATA").args(arguments.split_whitespace()).assert()
    }

    /// Every file below a folder with its bytes, but `memory.json`: that one describes the machine, and no two runs take the
    /// same memory.
    pub fn files(&self, below: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let root = self.path().join(below);
        let mut found = BTreeMap::new();
        let mut open = vec![root.clone()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    open.push(path);
                } else if !path.ends_with("memory.json") {
                    found.insert(path.strip_prefix(&root).unwrap().to_path_buf(), fs::read(&path).unwrap());
                }
            }
        }
        found
    }

    /// Runs the study and expects a fault: its exit code and parts of its message, and nothing written.
    #[track_caller]
    pub fn fails(&self, code: i32, parts: &[&str]) {
        self.refuses("run study.toml --out out", code, parts);
        assert!(self.files("out").is_empty(), "left behind: {:?}", self.files("out").keys());
    }

    /// The same for any arguments, without looking at what was written.
    #[track_caller]
    pub fn refuses(&self, arguments: &str, code: i32, parts: &[&str]) {
        let message = stderr(&self.isard(arguments).code(code));
        for part in parts {
            assert!(flat(&message).contains(&flat(part)), "no {part:?} in:\n{message}");
        }
        assert!(!message.contains("panicked"), "{message}");
    }
}

pub fn stderr(assert: &Assert) -> String {
    String::from_utf8_lossy(&assert.get_output().stderr).into_owned()
}

pub fn stdout(assert: &Assert) -> String {
    String::from_utf8_lossy(&assert.get_output().stdout).into_owned()
}

/// A text on one line, without the frame that a wrapped message stands in.
fn flat(text: &str) -> String {
    text.replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The rows of the panel, without their header.
pub fn rows() -> Vec<String> {
    let row = |k: i64| {
        let (region, industry, year) = (k / 12 + 1, k / 3 % 4 + 1, 2000 + k % 3);
        let y = 10.0 + ((k * 37) % 23) as f64 + k as f64 / 8.0;
        let x = 1.0 + ((k * 17) % 19) as f64 / 4.0;
        let z = ((k * 29) % 31) as f64 / 4.0;
        format!("r{region},i{industry},{year},{y},{x},{z},{},{}", 1 + k % 5, 100 + (k * 53) % 71)
    };
    (0..72).map(row).collect()
}

/// The panel's header.
pub const HEADER: &str = "region,industry,year,y,x,z,w,employment";

/// A csv file of a header and rows.
pub fn csv(header: &str, rows: &[String]) -> String {
    format!("{header}\n{}\n", rows.join("\n"))
}

/// `panel.csv`.
pub fn panel() -> String {
    csv(HEADER, &rows())
}

/// The panel with one field of one row replaced.
pub fn panel_with(row: usize, field: usize, value: &str) -> String {
    let mut rows = rows();
    let mut fields: Vec<&str> = rows[row].split(',').collect();
    fields[field] = value;
    rows[row] = fields.join(",");
    csv(HEADER, &rows)
}
