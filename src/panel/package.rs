//! [`DataPackage`]: a folder of tables described by a Frictionless `datapackage.json` (Data Package v1 and Table Schema).
//!
//! Reads what a study needs to know: which file a table is, the types and units of its columns, its licence and sources,
//! and whether it is synthetic (`"isard:synthetic": true`). Deliberately not read: dialects, foreign keys, constraints,
//! remote paths, and resources of several files.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::{DataError, nearest};

/// A data package: the folder and its description.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct DataPackage {
    /// The folder that paths of resources are relative to.
    #[serde(skip)]
    pub folder: PathBuf,
    /// Short name.
    #[serde(default)]
    pub name: String,
    /// Title for people.
    #[serde(default)]
    pub title: Option<String>,
    /// What it is, in a few sentences.
    #[serde(default)]
    pub description: Option<String>,
    /// Licences.
    #[serde(default)]
    pub licenses: Vec<License>,
    /// Where it came from.
    #[serde(default)]
    pub sources: Vec<PackageSource>,
    /// Its tables and other files.
    pub resources: Vec<Resource>,
    /// Whether the data are made up by a program.
    #[serde(default, rename = "isard:synthetic")]
    pub synthetic: bool,
}

/// A licence.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct License {
    /// Its short name (`CC0-1.0`).
    #[serde(default)]
    pub name: Option<String>,
    /// Its title.
    #[serde(default)]
    pub title: Option<String>,
    /// Where its text is.
    #[serde(default)]
    pub path: Option<String>,
}

/// Where data came from.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PackageSource {
    /// Its title.
    #[serde(default)]
    pub title: Option<String>,
    /// Its address.
    #[serde(default)]
    pub path: Option<String>,
}

/// One file of a package.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Resource {
    /// The name by which studies call it.
    pub name: String,
    /// Its file, relative to the package.
    pub path: String,
    /// Title for people.
    #[serde(default)]
    pub title: Option<String>,
    /// What it is.
    #[serde(default)]
    pub description: Option<String>,
    /// Its columns, when it is a table.
    #[serde(default)]
    pub schema: TableSchema,
    /// Its own licences, when they differ from the package's.
    #[serde(default)]
    pub licenses: Vec<License>,
    /// Its own sources, when they differ from the package's.
    #[serde(default)]
    pub sources: Vec<PackageSource>,
    /// Whether it is made up by a program.
    #[serde(default, rename = "isard:synthetic")]
    pub synthetic: bool,
}

/// The columns of a table.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct TableSchema {
    /// The columns.
    #[serde(default)]
    pub fields: Vec<Field>,
    /// The columns that identify a row.
    #[serde(default, rename = "primaryKey")]
    pub primary_key: Option<crate::study::data::OneOrMany>,
    /// Text that means missing, in place of `NA` and `.`; the empty field always does.
    #[serde(default, rename = "missingValues")]
    pub missing_values: Vec<String>,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type: `string`, `number`, `integer`, `year` and `boolean` are enforced; any other is decided by the values.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// Title for people.
    #[serde(default)]
    pub title: Option<String>,
    /// What it is.
    #[serde(default)]
    pub description: Option<String>,
    /// Its unit (`people`, `1,000 US dollars`).
    #[serde(default)]
    pub unit: Option<String>,
}

impl DataPackage {
    /// Reads `datapackage.json` of a folder.
    ///
    /// # Errors
    /// When the file is missing, cannot be read, or is not a package.
    pub fn read(folder: &Path) -> Result<Self, DataError> {
        let path = folder.join("datapackage.json");
        if !path.is_file() {
            return Err(DataError::MissingFile { path, nearest: None });
        }
        let text =
            std::fs::read_to_string(&path).map_err(|cause| DataError::Unreadable { path: path.clone(), cause })?;
        let mut package: DataPackage =
            serde_json::from_str(&text).map_err(|fault| DataError::Package { path, detail: fault.to_string() })?;
        package.folder = folder.to_path_buf();
        Ok(package)
    }

    /// A resource by name.
    ///
    /// # Errors
    /// When there is none of that name, with the nearest name.
    pub fn resource(&self, name: &str) -> Result<&Resource, DataError> {
        self.resources.iter().find(|resource| resource.name == name).ok_or_else(|| {
            let known: Vec<String> = self.resources.iter().map(|resource| resource.name.clone()).collect();
            DataError::UnknownTable {
                name: name.to_string(),
                nearest: nearest(name, known.iter().map(String::as_str)),
                known,
            }
        })
    }

    /// The licences of a resource (the package's when it has none of its own), joined with `; `.
    pub fn licence(&self, resource: &Resource) -> Option<String> {
        let licenses = if resource.licenses.is_empty() { &self.licenses } else { &resource.licenses };
        joined(licenses.iter().map(|license| [&license.title, &license.name, &license.path]))
    }

    /// The sources of a resource (the package's when it has none of its own), joined with `; `.
    pub fn source(&self, resource: &Resource) -> Option<String> {
        let sources = if resource.sources.is_empty() { &self.sources } else { &resource.sources };
        joined(sources.iter().map(|source| [&source.title, &source.path, &None]))
    }
}

/// The first text that each entry has, joined.
fn joined<'a>(entries: impl Iterator<Item = [&'a Option<String>; 3]>) -> Option<String> {
    let texts: Vec<&str> = entries.filter_map(|entry| entry.into_iter().find_map(|text| text.as_deref())).collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}
