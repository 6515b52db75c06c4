//! `study.lock`: what a run depended on and what it made, so that the next run knows what is still true.

use std::path::Path;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// A file and its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedFile {
    /// The file as the study names it, or relative to the output folder.
    pub path: String,
    /// BLAKE3 digest of its bytes, in hexadecimal.
    pub blake3: String,
}

/// The lock of one study.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lock {
    /// Version of isard that made the results.
    pub isard: String,
    /// Seed of every random stream.
    pub seed: u64,
    /// Digest of the whole checked plan.
    pub plan: String,
    /// Every model with the digest of what its numbers depend on.
    pub models: IndexMap<String, String>,
    /// Every data file read.
    pub data: Vec<LockedFile>,
    /// Every result written.
    pub results: Vec<LockedFile>,
}

impl Lock {
    /// The lock of an output folder; `None` when there is none or it is of another shape (an older version's).
    pub fn read(folder: &Path) -> Option<Lock> {
        toml::from_str(&std::fs::read_to_string(folder.join("study.lock")).ok()?).ok()
    }

    /// The text of the lock file.
    ///
    /// # Errors
    /// Never for a lock made by isard; the serialiser's error is passed on all the same.
    pub fn to_text(&self) -> Result<String, toml::ser::Error> {
        Ok(format!("# Written by isard: what these results depend on. Not for editing.\n{}", toml::to_string(self)?))
    }

    /// Whether every result is still there, byte for byte.
    pub fn results_intact(&self, folder: &Path) -> bool {
        self.results.iter().all(|file| digest_file(&folder.join(&file.path)).is_ok_and(|digest| digest == file.blake3))
    }
}

/// BLAKE3 digest of a file, in hexadecimal.
///
/// # Errors
/// The file cannot be read.
pub fn digest_file(path: &Path) -> std::io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    std::io::copy(&mut std::fs::File::open(path)?, &mut hasher)?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// BLAKE3 digest of texts, each closed by a zero byte so that their borders count.
pub fn digest_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = blake3::Hasher::new();
    for text in texts {
        hasher.update(text.as_bytes());
        hasher.update(&[0]);
    }
    hasher.finalize().to_hex().to_string()
}
