//! [`Locator`]: what a name in `[data]` stands for: a table made by steps, a resource of the package, or a file.

use std::path::{Path, PathBuf};

use super::error::{DataError, nearest};
use super::file::is_table_path;
use super::package::{DataPackage, Resource};
use crate::study::data::{DataSection, TableSection};

/// The places where a study's data are.
#[derive(Clone, Debug)]
pub(crate) struct Locator {
    /// The section.
    pub section: DataSection,
    /// The package, when the study names one.
    pub package: Option<DataPackage>,
    /// Folders that file names refer to, in the order they are tried.
    folders: Vec<PathBuf>,
    /// Whether the first folder was given on the command line.
    is_overridden: bool,
}

/// What a name stands for.
pub(crate) enum Place<'a> {
    /// A table made by steps.
    Steps(&'a TableSection),
    /// A file, with its description when it is a resource.
    File(PathBuf, Option<&'a Resource>),
}

impl Locator {
    /// Reads the package, when there is one.
    ///
    /// # Errors
    /// When the package cannot be read.
    pub(crate) fn new(section: &DataSection, base: &Path, data_dir: Option<&Path>) -> Result<Self, DataError> {
        let package = section.package.as_ref().map(|folder| DataPackage::read(&base.join(folder))).transpose()?;
        Ok(Self::with_package(section, base, data_dir, package))
    }

    /// With a package that was read before, or without one.
    pub(crate) fn with_package(
        section: &DataSection,
        base: &Path,
        data_dir: Option<&Path>,
        package: Option<DataPackage>,
    ) -> Self {
        let own = section.folder.as_ref().map(|folder| base.join(folder));
        let first = data_dir.map(Path::to_path_buf).or(own).unwrap_or_else(|| base.to_path_buf());
        let mut folders = vec![first];
        if folders[0] != base {
            folders.push(base.to_path_buf());
        }
        Locator { section: section.clone(), package, folders, is_overridden: data_dir.is_some() }
    }

    /// What a name stands for: first the study's tables, then the package's resources, then files.
    ///
    /// # Errors
    /// When it is none of these.
    pub(crate) fn locate(&self, name: &str) -> Result<Place<'_>, DataError> {
        if let Some(table) = self.section.tables.get(name) {
            return Ok(Place::Steps(table));
        }
        if let Some(package) = &self.package
            && let Some(resource) = package.resources.iter().find(|resource| resource.name == name)
        {
            return Ok(Place::File(package.folder.join(&resource.path), Some(resource)));
        }
        if is_table_path(name) || self.file(name).is_file() {
            return Ok(Place::File(self.file(name), None));
        }
        let known: Vec<String> = self.known();
        Err(DataError::UnknownTable {
            name: name.to_string(),
            nearest: nearest(name, known.iter().map(String::as_str)),
            known,
        })
    }

    /// The path of a file: in the data folder, or beside the study. A folder given on the command line may also hold the
    /// file without the folders that the study names.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        let bare = Path::new(name).file_name().filter(|_| self.is_overridden).map(|bare| self.folders[0].join(bare));
        let tries = self.folders.iter().map(|folder| folder.join(name)).chain(bare);
        tries.into_iter().find(|path| path.is_file()).unwrap_or_else(|| self.folders[0].join(name))
    }

    fn known(&self) -> Vec<String> {
        let resources = self.package.iter().flat_map(|package| package.resources.iter().map(|r| r.name.clone()));
        self.section.tables.keys().cloned().chain(resources).collect()
    }
}
