//! From `[data]` to a panel: [`load`], and what can be known without reading ([`inputs`], [`columns`]).
//!
//! The panel's rows are identified by unit and time, and sorted by them. A row without one of them leaves (the ledger says so); two rows with
//! the same ones are an error.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::error::DataError;
use super::key::{KeyIndex, factors, repeated};
use super::layout::require;
use super::locate::{Locator, Place};
use super::order::{Standing, standing};
use super::package::DataPackage;
use super::read::Reader;
use super::source::SourceRecord;
use super::{Column, Factor, Index, Ledger, Panel, Reason};
use crate::note::Note;
use crate::study::data::DataSection;

/// A panel that was read, and where it came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The panel, rows in the order of unit and time, whatever their order in the file.
    pub panel: Panel,
    /// Every row that left on the way, by step.
    pub ledger: Ledger,
    /// What the results must carry.
    pub notes: Vec<Note>,
    /// Every file read.
    pub sources: Vec<SourceRecord>,
    locator: Locator,
}

/// Reads the panel of a study.
///
/// `base` is the folder of the study file, `data_dir` the one given by `--data`, which takes the place of the section's.
/// `needed` names the columns to read beside unit and time (all for `None`). Names that the panel does not have are
/// passed over: the caller knows where they were written (see [`columns`]).
///
/// # Errors
/// Any [`DataError`].
pub fn load(
    section: &DataSection,
    base: &Path,
    data_dir: Option<&Path>,
    needed: Option<&[String]>,
) -> Result<Loaded, DataError> {
    let locator = Locator::new(section, base, data_dir)?;
    let mut reader = Reader::new(&locator);
    let index = Index { unit: section.unit.names(), time: section.time.clone() };
    let names = reader.columns(&section.panel)?;
    index.unit.iter().try_for_each(|name| require(&section.panel, &names, name, "unit of [data]"))?;
    index.time.iter().try_for_each(|name| require(&section.panel, &names, name, "time of [data]"))?;
    let keys: Vec<String> = index.unit.iter().chain(&index.time).cloned().collect();
    let wanted: Option<BTreeSet<String>> = needed.map(|needed| needed.iter().chain(&keys).cloned().collect());
    let (mut panel, mut ledger) = reader.read(&section.panel, wanted.as_ref())?;
    panel.index = index;
    let panel = identified(&section.panel, canonical(panel), &keys, &mut ledger)?;
    let (notes, sources) = (std::mem::take(&mut reader.notes), std::mem::take(&mut reader.sources));
    drop(reader);
    Ok(Loaded { panel, ledger, notes, sources, locator })
}

impl Loaded {
    /// Reads another table of the study: one of `[data.tables]`, a resource of the package, or a file. Its files join
    /// [`Loaded::sources`], its notes [`Loaded::notes`].
    ///
    /// # Errors
    /// Any [`DataError`].
    pub fn table(&mut self, name: &str) -> Result<Panel, DataError> {
        let mut reader = Reader::new(&self.locator);
        let (panel, _) = reader.read(name, None)?;
        for note in reader.notes {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        for source in reader.sources {
            if !self.sources.iter().any(|known| known.path == source.path) {
                self.sources.push(source);
            }
        }
        Ok(canonical(panel))
    }

    /// The path of a file that is no table, such as polygons: a resource of the package, or a file name.
    pub fn path(&self, name: &str) -> PathBuf {
        path_of(&self.locator, name)
    }

    /// The places where the study's data are.
    pub(super) fn locator(&self) -> &Locator {
        &self.locator
    }

    /// The package, when the study names one.
    pub fn package(&self) -> Option<&DataPackage> {
        self.locator.package.as_ref()
    }
}

/// The columns of the panel, without reading its rows.
///
/// # Errors
/// Faults that show without reading rows.
pub fn columns(section: &DataSection, base: &Path, data_dir: Option<&Path>) -> Result<Vec<String>, DataError> {
    let locator = Locator::new(section, base, data_dir)?;
    Reader::new(&locator).columns(&section.panel)
}

/// The path behind the name of a table or other file: a resource of the package, or a file name. Nothing is read but the
/// package.
///
/// # Errors
/// When the package cannot be read.
pub fn path(section: &DataSection, base: &Path, data_dir: Option<&Path>, name: &str) -> Result<PathBuf, DataError> {
    Ok(path_of(&Locator::new(section, base, data_dir)?, name))
}

fn path_of(locator: &Locator, name: &str) -> PathBuf {
    match locator.locate(name) {
        Ok(Place::File(path, _)) => path,
        _ => locator.file(name),
    }
}

/// Every file that the section refers to, without reading any but the package: the package itself, the panel's, and those
/// of all tables. Sorted, each once; files need not exist.
///
/// # Errors
/// When there is a package that cannot be read.
pub fn inputs(section: &DataSection, base: &Path, data_dir: Option<&Path>) -> Result<Vec<PathBuf>, DataError> {
    let description = section.package.as_ref().map(|folder| base.join(folder).join("datapackage.json"));
    let locator = match &description {
        Some(path) if !path.is_file() => Locator::with_package(section, base, data_dir, None),
        _ => Locator::new(section, base, data_dir)?,
    };
    let mut paths: BTreeSet<PathBuf> = description.into_iter().collect();
    let mut add = |name: &str| {
        if let Ok(Place::File(path, _)) = locator.locate(name) {
            paths.insert(path);
        }
    };
    add(&section.panel);
    for table in section.tables.values() {
        table.from.iter().for_each(|name| add(name));
        table.join.iter().for_each(|join| add(&join.table));
        table.impute.iter().flat_map(|impute| &impute.totals).for_each(|totals| add(&totals.table));
        table.crosswalk.iter().for_each(|crosswalk| add(&crosswalk.table));
    }
    paths.extend(section.tables.values().filter_map(|table| Some(locator.file(table.file.as_ref()?))));
    Ok(paths.into_iter().collect())
}

/// Those of [`inputs`] that are not there.
///
/// # Errors
/// As [`inputs`].
pub fn missing_inputs(section: &DataSection, base: &Path, data_dir: Option<&Path>) -> Result<Vec<PathBuf>, DataError> {
    Ok(inputs(section, base, data_dir)?.into_iter().filter(|path| !path.is_file()).collect())
}

/// Drops rows without a key, refuses rows that share one.
fn identified(table: &str, panel: Panel, keys: &[String], ledger: &mut Ledger) -> Result<Panel, DataError> {
    if let Some(time) = panel.index.time.as_ref().filter(|time| matches!(panel.get(time), Some(Column::Text(_)))) {
        let used_in = "time of [data]".to_string();
        return Err(DataError::TextColumn { table: table.to_string(), column: time.clone(), used_in });
    }
    let mut keep = vec![true; panel.n_rows()];
    let mut rows = panel.n_rows();
    for (name, column) in keys.iter().filter_map(|name| Some((name, panel.get(name)?))) {
        let mut lost = 0;
        let mut leave = |row: usize| lost += usize::from(std::mem::replace(&mut keep[row], false));
        match column {
            Column::Number(values) => {
                values.iter().enumerate().filter(|(_, value)| value.is_nan()).for_each(|(row, _)| leave(row));
            }
            Column::Text(factor) => {
                let codes = factor.codes.iter().enumerate();
                codes.filter(|(_, code)| **code == Factor::MISSING).for_each(|(row, _)| leave(row));
            }
        }
        if lost > 0 {
            rows -= lost;
            ledger.push("data", Reason::Missing, name, lost, rows);
        }
    }
    let panel = if rows < panel.n_rows() { canonical(panel.filter(&keep)) } else { panel };
    match standing(&panel, keys) {
        Standing::Sorted => Ok(panel),
        Standing::Shuffled { order, has_repeats: false } => Ok(panel.take(&order)),
        Standing::Shuffled { .. } => {
            let (index, ids) = KeyIndex::build(&factors(&panel, keys), panel.n_rows());
            let duplicates = repeated(&panel, keys, &ids, index.n_keys);
            Err(DataError::DuplicateKeys { table: table.to_string(), columns: keys.to_vec(), keys: duplicates })
        }
    }
}

/// Leaves only the levels that occur, so that counts of levels mean what they say, in an order that their names decide.
fn canonical(mut panel: Panel) -> Panel {
    let text: Vec<(String, Column)> = panel
        .columns()
        .filter_map(|(name, column)| match column {
            Column::Text(factor) => Some((name.to_string(), Column::Text(factor.canonical()))),
            Column::Number(_) => None,
        })
        .collect();
    text.into_iter().for_each(|(name, column)| panel.insert(name, column));
    panel
}
