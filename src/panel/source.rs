//! [`SourceRecord`]: where the numbers of a study come from, file by file.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::DataError;
use super::package::{DataPackage, Resource};

/// One file that was read, with what its package says about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceRecord {
    /// The table or resource that it was read as.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Rows in the file.
    pub rows: usize,
    /// BLAKE3 of the file's bytes, in hexadecimal digits.
    pub digest: String,
    /// Title for people.
    pub title: Option<String>,
    /// Licence.
    pub licence: Option<String>,
    /// Origin.
    pub source: Option<String>,
    /// Whether the data are made up by a program.
    pub synthetic: bool,
    /// What it is.
    pub description: Option<String>,
    /// Units of its columns.
    pub units: IndexMap<String, String>,
}

impl SourceRecord {
    /// Describes a file that was read.
    ///
    /// # Errors
    /// When the file cannot be read for its digest.
    pub(crate) fn new(
        name: &str,
        path: &Path,
        rows: usize,
        described: Option<(&DataPackage, &Resource)>,
    ) -> Result<Self, DataError> {
        let resource = described.map(|(_, resource)| resource);
        let fields = resource.into_iter().flat_map(|resource| &resource.schema.fields);
        Ok(SourceRecord {
            name: name.to_string(),
            path: path.to_path_buf(),
            rows,
            digest: digest(path)?,
            title: described.and_then(|(package, resource)| resource.title.clone().or_else(|| package.title.clone())),
            licence: described.and_then(|(package, resource)| package.licence(resource)),
            source: described.and_then(|(package, resource)| package.source(resource)),
            synthetic: described.is_some_and(|(package, resource)| package.synthetic || resource.synthetic),
            description: described
                .and_then(|(package, resource)| resource.description.clone().or_else(|| package.description.clone())),
            units: fields.filter_map(|field| Some((field.name.clone(), field.unit.clone()?))).collect(),
        })
    }
}

/// BLAKE3 of a file's bytes, in hexadecimal digits; the file is read in pieces.
///
/// # Errors
/// When the file cannot be read.
pub fn digest(path: &Path) -> Result<String, DataError> {
    let read = || -> std::io::Result<String> {
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(std::fs::File::open(path)?)?;
        Ok(hasher.finalize().to_hex().to_string())
    };
    read().map_err(|cause| DataError::Unreadable { path: path.to_path_buf(), cause })
}
