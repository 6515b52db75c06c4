//! `isard measure`: the study's variables for every row of the panel, written as they come.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::mpsc::sync_channel;

use super::execute::RunError;
use super::parts::{self, Reading};
use super::resolve::Plan;
use crate::note::Note;
use crate::panel::Panel;
use crate::report::files::{PanelRows, PanelWriter, ParquetError};

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
    let mut found = Measured { variables, ..Measured::default() };
    written(file, &columns, |put| {
        found.parts = parts::for_each(plan, &names, reading, &mut |prepared| {
            found.rows += prepared.panel.n_rows();
            for note in prepared.notes {
                if !found.notes.contains(&note) {
                    found.notes.push(note);
                }
            }
            put(prepared.panel)
        })?;
        Ok(())
    })?;
    Ok(found)
}

/// Writes the panels that `work` puts, each while the next is made.
fn written(
    file: &mut (dyn Write + Send),
    columns: &[String],
    work: impl FnOnce(&mut dyn FnMut(Panel) -> Result<(), RunError>) -> Result<(), RunError>,
) -> Result<(), RunError> {
    let unwritten = |error: ParquetError| RunError::Page { message: error.to_string() };
    std::thread::scope(|scope| {
        // Nothing waits in the channel: one is written, one is made.
        let (send, receive) = sync_channel(0);
        let writing = scope.spawn(move || {
            let mut writer = PanelWriter::new(file, columns.to_vec());
            receive.into_iter().try_for_each(|rows| writer.append(rows))?;
            writer.finish()
        });
        let worked = work(&mut |panel| {
            let rows = PanelRows::of(panel, columns).map_err(unwritten)?;
            // Where writing has ended early its own error is told, not this one.
            let ended = || RunError::Page { message: "the table could not be written".into() };
            send.send(rows).map_err(|_| ended())
        });
        drop(send);
        match writing.join() {
            Ok(Err(error)) => Err(unwritten(error)),
            Ok(Ok(())) => worked,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
