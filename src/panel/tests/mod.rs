//! Files of every kind and fault, through [`load`](super::load).

mod crosswalk;
mod csv_files;
mod impute;
mod other_files;
mod packages;
mod spells;
mod steps;

use std::path::Path;

use super::{Column, DataError, Loaded, Panel, load};
use crate::study::data::DataSection;

/// A folder with one file.
fn folder(name: &str, content: impl AsRef<[u8]>) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(&dir, name, content);
    dir
}

fn write(dir: &tempfile::TempDir, name: &str, content: impl AsRef<[u8]>) {
    std::fs::write(dir.path().join(name), content).unwrap();
}

fn section(toml: &str) -> DataSection {
    toml::from_str(toml).unwrap()
}

fn read(base: &Path, toml: &str) -> Result<Loaded, DataError> {
    load(&section(toml), base, None, None)
}

/// The message of a fault, with the temporary folder taken out.
fn message(base: &Path, toml: &str) -> String {
    let fault = read(base, toml).map(|loaded| loaded.panel).unwrap_err();
    fault.to_string().replace(&format!("{}/", base.display()), "")
}

fn numbers(panel: &Panel, name: &str) -> Vec<f64> {
    match panel.get(name) {
        Some(Column::Number(values)) => values.to_vec(),
        other => panic!("{name} is {other:?}"),
    }
}

fn texts(panel: &Panel, name: &str) -> Vec<String> {
    match panel.get(name) {
        Some(Column::Text(factor)) => {
            (0..factor.len()).map(|row| factor.text(row).unwrap_or("-").to_string()).collect()
        }
        other => panic!("{name} is {other:?}"),
    }
}
