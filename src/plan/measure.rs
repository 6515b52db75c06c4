//! `isard measure`: the study's variables for every row of the panel, written as they come.

use std::collections::BTreeSet;
use std::io::Write;

use super::execute::RunError;
use super::parts::{self, Reading};
use super::resolve::Plan;
use crate::note::Note;
use crate::panel::Panel;
use crate::report::files::PanelWriter;

/// What was measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// Rows written.
    pub rows: usize,
    /// The names of the variables.
    pub variables: Vec<String>,
    /// In how many parts the panel was read: one, or its periods.
    pub parts: usize,
    /// Findings about the data, each once.
    pub notes: Vec<Note>,
}

/// Computes the study's variables and writes them to a parquet file with unit and time: a row group for every part.
///
/// # Errors
/// When the study has no variables, faults in the data, or a file that cannot be written.
pub fn run(plan: &Plan, reading: Reading, file: &mut (dyn Write + Send)) -> Result<Measured, RunError> {
    let study = &plan.study;
    let variables: Vec<String> = study.variables.iter().map(|(name, _)| name.clone()).collect();
    if variables.is_empty() {
        return Err(RunError::NotAsked {
            message: "the study has no [variables]: add some, such as lq = \"lq(employment)\"".into(),
        });
    }
    let names: BTreeSet<String> = variables.iter().cloned().collect();
    let columns: Vec<String> = study.data.unit.names().into_iter().chain(study.data.time.clone()).collect();
    let columns: Vec<String> =
        columns.into_iter().filter(|name| !names.contains(name)).chain(variables.clone()).collect();
    let mut writer = PanelWriter::new(file, columns);
    let mut found = Measured { variables, ..Measured::default() };
    let unwritten = |error: crate::report::files::ParquetError| RunError::Page { message: error.to_string() };
    found.parts = parts::for_each(plan, &names, reading, &mut |prepared| {
        let panel: &Panel = &prepared.panel;
        writer.write(panel).map_err(unwritten)?;
        found.rows += panel.n_rows();
        for note in &prepared.notes {
            if !found.notes.contains(note) {
                found.notes.push(note.clone());
            }
        }
        Ok(())
    })?;
    writer.finish().map_err(unwritten)?;
    Ok(found)
}
