//! Faults of a `[[figure]]` section.

use thiserror::Error;

/// What can be wrong with a `[[figure]]` before any data is read.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum FigureFault {
    /// A key that belongs to another kind of figure.
    #[error("`{key}` is not a key of a {kind} figure; it takes {}", known.join(", "))]
    KeyForeign {
        /// The key.
        key: &'static str,
        /// The figure's kind.
        kind: &'static str,
        /// The keys that it takes.
        known: &'static [&'static str],
    },
    /// A key without which the figure cannot be drawn.
    #[error("a {kind} figure needs `{key}`: add `{key} = \"{example}\"`")]
    KeyMissing {
        /// The key.
        key: &'static str,
        /// The figure's kind.
        kind: &'static str,
        /// A value that shows what is meant.
        example: &'static str,
    },
    /// A confidence level outside 0 to 1.
    #[error("{value} is not a confidence level: write a share between 0 and 1, such as 0.95")]
    LevelOutOfRange {
        /// The value in the file.
        value: f64,
    },
    /// No confidence level at all.
    #[error("`levels` is empty: leave it out for 95% intervals, or write levels = [0.90, 0.95]")]
    LevelsEmpty,
    /// A number of bins, classes or counts out of range.
    #[error("{key} = {value} is out of range: choose {least} to {most}")]
    CountOutOfRange {
        /// `bins`, `classes` or `most`.
        key: &'static str,
        /// The value in the file.
        value: usize,
        /// The smallest allowed.
        least: usize,
        /// The largest allowed.
        most: usize,
    },
    /// A name that cannot be the name of a file.
    #[error("`{name}` cannot name a file: use letters, digits, `-`, `_` and `.`, and begin with a letter or digit")]
    NameInvalid {
        /// The name.
        name: String,
    },
}

impl FigureFault {
    /// The key of the section that the fault is about, for the caret.
    pub fn key(&self) -> &'static str {
        match self {
            FigureFault::KeyForeign { key, .. } | FigureFault::CountOutOfRange { key, .. } => key,
            // A missing key has no place of its own; the kind asks for it.
            FigureFault::KeyMissing { .. } => "kind",
            FigureFault::LevelOutOfRange { .. } | FigureFault::LevelsEmpty => "levels",
            FigureFault::NameInvalid { .. } => "name",
        }
    }
}
