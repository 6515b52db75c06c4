//! A small panel, a study of it, and isard run on both, in a folder of their own.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use assert_cmd::assert::Assert;

/// A study of [`Bench::panel`] in which nothing is wrong.
pub const STUDY: &str = r#"title = "A small study"
[data]
panel = "panel.csv"
unit = ["region", "industry"]
time = "year"
[variables]
growth = "log(lead(employment, 1) / employment)"
initial = "log(employment)"
[[model]]
name = "m"
formula = "growth ~ initial + wage | region + industry"
errors = { cluster = "region" }
[[table]]
name = "main"
models = ["m"]
[[figure]]
kind = "coefficients"
models = ["m"]
"#;

/// A folder with a panel and a study.
pub struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    /// The sound study on the sound panel.
    pub fn new() -> Self {
        let bench = Bench { folder: tempfile::tempdir().unwrap() };
        bench.write("panel.csv", &panel().join("\n"));
        bench.write("study.toml", STUDY);
        bench
    }

    /// The study with texts replaced; each must be there.
    pub fn study(self, changes: &[(&str, &str)]) -> Self {
        let mut text = STUDY.to_string();
        for (from, to) in changes {
            assert!(text.contains(from), "the study has no {from:?}");
            text = text.replace(from, to);
        }
        self.write("study.toml", &text);
        self
    }

    /// Another file beside the study.
    pub fn file(self, name: &str, text: &str) -> Self {
        self.write(name, text);
        self
    }

    /// Replaces a file.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// isard with arguments, in the folder.
    pub fn isard(&self, args: &[&str]) -> Assert {
        Command::cargo_bin("isard")
            .unwrap()
            .current_dir(self.folder.path())
            .env_remove("ISARD_DATA")
            .args(args)
            .assert()
    }

    /// `isard run study.toml --out out`.
    pub fn run(&self) -> Assert {
        self.isard(&["run", "study.toml", "--out", "out"])
    }

    /// Runs, expects the exit code and every text on standard error, and that no result was written.
    pub fn fails(&self, code: i32, texts: &[&str]) {
        let assert = self.run().code(code);
        let told = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        // Long messages are wrapped: white space does not count.
        let flat: String = told.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        for text in texts {
            assert!(flat.contains(text), "expected {text:?} in:\n{told}");
        }
        assert_eq!(files(&self.path("out")), Vec::<String>::new(), "a failed run leaves no file");
    }

    /// Runs, expects success, and returns standard output.
    pub fn succeeds(&self) -> String {
        let assert = self.run().success();
        String::from_utf8_lossy(&assert.get_output().stdout).into_owned()
    }

    /// A result file.
    pub fn result(&self, name: &str) -> String {
        std::fs::read_to_string(self.path("out").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

/// Every file below a folder, sorted.
pub fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

/// 8 regions, 5 industries, 3 years; numbers from plain arithmetic.
fn panel() -> Vec<String> {
    let mut lines = vec!["region,industry,year,employment,wage,traded,nothing".to_string()];
    for r in 1..=8u32 {
        for i in 1..=5u32 {
            for year in 2000..2003u32 {
                let employment = 50 + 17 * ((r * 7 + i * 3 + (year - 2000) * 5) % 11) + 5 * r * i;
                let wage = 20_000 + 400 * ((r * 5 + i * 11 + (year - 2000) * 3) % 13);
                lines.push(format!("{r:02},i{i},{year},{employment},{wage},{},", i != 5));
            }
        }
    }
    lines
}
