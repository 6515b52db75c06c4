//! [`OutputFolder`]: the folder of a run's results, written whole or not at all.
//!
//! Each file is first written beside its place under a name of its own; when all are there, [`OutputFolder::publish`]
//! renames them into place. A run that fails or is stopped before leaves the results of the run before it untouched. A
//! file of an earlier run that this one no longer makes is removed only if its content is still what isard wrote.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use tempfile::NamedTempFile;
use thiserror::Error;

/// A file or folder of the results could not be written.
#[derive(Debug, Error)]
#[error("cannot write {}: {}", .path.display(), way_out(.source))]
pub struct OutputError {
    /// Which.
    pub path: PathBuf,
    /// What the system says.
    pub source: io::Error,
}

fn way_out(source: &io::Error) -> String {
    match source.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "this folder may not be written to; change its permissions or choose another with --out DIR".into()
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "the disk is full; free some space or choose another disk with --out DIR (earlier results are untouched)"
                .into()
        }
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            "a file stands where a folder is needed; move it away or choose another folder with --out DIR".into()
        }
        ErrorKind::IsADirectory => "a folder stands where a file is needed; move it away".into(),
        ErrorKind::InvalidInput => "result files stay inside the results folder".into(),
        _ => format!("{source}; choose another folder with --out DIR if this one cannot be used"),
    }
}

/// A file that a run wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenFile {
    /// Its path inside the folder, with `/` between the parts.
    pub name: String,
    /// blake3 of its content, in hexadecimal.
    pub digest: String,
}

/// The folder of a run's results while the run goes on.
#[derive(Debug)]
pub struct OutputFolder {
    path: PathBuf,
    staged: Vec<(WrittenFile, NamedTempFile)>,
}

/// Leftovers of a run that was killed are removed when they are older than this; younger ones may belong to a run that
/// is still writing.
const LEFTOVER_AGE: Duration = Duration::from_secs(3600);
const PREFIX: &str = ".isard-";
const SUFFIX: &str = ".partial";

impl OutputFolder {
    /// Makes the folder if it is not there.
    ///
    /// # Errors
    /// When the folder cannot be made or written to.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, OutputError> {
        let path = path.into();
        fs::create_dir_all(&path).map_err(|source| OutputError { path: path.clone(), source })?;
        let folder = OutputFolder { path, staged: Vec::new() };
        // Whether it can be written to should be known before anything is computed.
        folder.temporary(&folder.path)?;
        remove_leftovers(&folder.path);
        Ok(folder)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file beside its place; nobody sees it before [`publish`](Self::publish). A second file of the same name
    /// replaces the first. `name` may lie in a folder below (`tables/main.tex`).
    ///
    /// # Errors
    /// When the file cannot be written, or its name leads out of the folder.
    pub fn stage(&mut self, name: &str, content: &[u8]) -> Result<(), OutputError> {
        let place = self.place(name)?;
        let parent = place.parent().unwrap_or(&self.path);
        fs::create_dir_all(parent).map_err(|source| OutputError { path: parent.to_path_buf(), source })?;
        let mut file = self.temporary(parent)?;
        let written = file.write_all(content).and_then(|()| file.flush());
        written.map_err(|source| OutputError { path: place, source })?;
        let digest = blake3::hash(content).to_hex().to_string();
        self.staged.retain(|(other, _)| other.name != name);
        self.staged.push((WrittenFile { name: name.to_string(), digest }, file));
        Ok(())
    }

    /// Opens a file beside its place, to be written piece by piece and handed to [`OutputFolder::finish`].
    ///
    /// # Errors
    /// As [`OutputFolder::stage`].
    pub fn begin(&self, name: &str) -> Result<NamedTempFile, OutputError> {
        let place = self.place(name)?;
        let parent = place.parent().unwrap_or(&self.path);
        fs::create_dir_all(parent).map_err(|source| OutputError { path: parent.to_path_buf(), source })?;
        self.temporary(parent)
    }

    /// Takes a file that was begun and is written; nobody sees it before [`publish`](Self::publish).
    ///
    /// # Errors
    /// When it cannot be read again for its digest.
    pub fn finish(&mut self, name: &str, file: NamedTempFile) -> Result<(), OutputError> {
        let path = self.place(name)?;
        let mut hasher = blake3::Hasher::new();
        let digested = file.reopen().and_then(|again| hasher.update_reader(again).map(|_| ()));
        digested.map_err(|source| OutputError { path, source })?;
        let digest = hasher.finalize().to_hex().to_string();
        self.staged.retain(|(other, _)| other.name != name);
        self.staged.push((WrittenFile { name: name.to_string(), digest }, file));
        Ok(())
    }

    /// What was staged so far, in order: what a lock file records.
    pub fn files(&self) -> Vec<WrittenFile> {
        self.staged.iter().map(|(file, _)| file.clone()).collect()
    }

    /// Renames all files into place in the order they were staged, then removes files of an earlier run that this one
    /// does not make. `earlier` holds their digests by name, as the earlier run's lock recorded them; a file that was
    /// changed since stays.
    ///
    /// # Errors
    /// When a file cannot be put in place.
    pub fn publish(self, earlier: &BTreeMap<String, String>) -> Result<Vec<WrittenFile>, OutputError> {
        let OutputFolder { path, staged } = self;
        let mut files = Vec::with_capacity(staged.len());
        for (file, temporary) in staged {
            let place = path.join(&file.name);
            temporary.persist(&place).map_err(|error| OutputError { path: place, source: error.error })?;
            files.push(file);
        }
        for (name, digest) in earlier.iter().filter(|(name, _)| !files.iter().any(|file| file.name == **name)) {
            remove_stale(&path, name, digest)?;
        }
        Ok(files)
    }

    fn place(&self, name: &str) -> Result<PathBuf, OutputError> {
        if is_inside(name) {
            return Ok(self.path.join(name));
        }
        Err(OutputError { path: self.path.join(name), source: ErrorKind::InvalidInput.into() })
    }

    fn temporary(&self, folder: &Path) -> Result<NamedTempFile, OutputError> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX).suffix(SUFFIX);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // As any other new file: the user's mask decides, not the caution of temporary files.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        builder.tempfile_in(folder).map_err(|source| OutputError { path: folder.to_path_buf(), source })
    }
}

/// Whether a name stays inside the folder that it is joined to.
fn is_inside(name: &str) -> bool {
    !name.is_empty() && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
}

/// Removes a file of an earlier run if its content is still what was written then, and its folder if that is now empty.
fn remove_stale(folder: &Path, name: &str, digest: &str) -> Result<(), OutputError> {
    if !is_inside(name) {
        return Ok(());
    }
    let path = folder.join(name);
    let Ok(content) = fs::read(&path) else { return Ok(()) };
    if blake3::hash(&content).to_hex().as_str() != digest {
        return Ok(());
    }
    fs::remove_file(&path).map_err(|source| OutputError { path: path.clone(), source })?;
    if let Some(parent) = path.parent().filter(|parent| *parent != folder) {
        // Fails while the folder holds anything, which is meant.
        let _ = fs::remove_dir(parent);
    }
    Ok(())
}

/// Removes what killed runs left behind. Failing to is no reason to fail the run.
fn remove_leftovers(folder: &Path) {
    for place in [folder.to_path_buf(), folder.join("tables"), folder.join("figures")] {
        for entry in fs::read_dir(place).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let age = entry.metadata().and_then(|m| m.modified()).ok().and_then(|time| time.elapsed().ok());
            if name.starts_with(PREFIX) && name.ends_with(SUFFIX) && age.is_some_and(|age| age > LEFTOVER_AGE) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn nothing_is_visible_before_all_is() {
        let root = tempfile::tempdir().unwrap();
        let mut folder = OutputFolder::create(root.path().join("results/study")).unwrap();
        folder.stage("tidy.csv", b"a,b\n").unwrap();
        folder.stage("tables/main.tex", b"x").unwrap();
        assert!(!folder.path().join("tidy.csv").exists());
        let path = folder.path().to_path_buf();
        drop(folder);
        assert_eq!(names(&path), ["tables"]);
        assert!(names(&path.join("tables")).is_empty());
    }

    #[test]
    fn stale_files_go_and_changed_ones_stay() {
        let root = tempfile::tempdir().unwrap();
        let mut first = OutputFolder::create(root.path()).unwrap();
        first.stage("tables/old.tex", b"old").unwrap();
        first.stage("figures/edited.svg", b"made").unwrap();
        first.stage("tidy.csv", b"1").unwrap();
        let earlier: BTreeMap<String, String> =
            first.publish(&BTreeMap::new()).unwrap().into_iter().map(|file| (file.name, file.digest)).collect();
        fs::write(root.path().join("figures/edited.svg"), b"edited").unwrap();
        let mut second = OutputFolder::create(root.path()).unwrap();
        second.stage("tidy.csv", b"2").unwrap();
        second.publish(&earlier).unwrap();
        assert_eq!(names(root.path()), ["figures", "tidy.csv"]);
        assert_eq!(fs::read(root.path().join("tidy.csv")).unwrap(), b"2");
    }

    #[test]
    fn faults_are_sentences() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        fs::write(&file, b"").unwrap();
        let error = OutputFolder::create(file.join("below")).unwrap_err();
        assert!(error.to_string().contains("a file stands where a folder is needed"), "{error}");
        let mut folder = OutputFolder::create(root.path()).unwrap();
        assert!(folder.stage("../outside", b"").unwrap_err().to_string().contains("stay inside"));
        let full = OutputError { path: file, source: ErrorKind::StorageFull.into() };
        assert!(full.to_string().contains("the disk is full"));
    }
}
