//! Faults of a study file: what is wrong, where, and the way out. All of a file's faults are shown together.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// One fault.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// What is wrong, in a sentence.
    pub message: String,
    /// Bytes of the study file that it concerns.
    pub span: Option<Range<usize>>,
    /// The way out.
    pub help: Option<String>,
}

impl Fault {
    /// Adds the way out.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Every fault of one study file.
#[derive(Clone, Debug)]
pub struct StudyFaults {
    /// The file.
    pub path: PathBuf,
    /// Its text.
    pub text: Arc<str>,
    /// Its faults in the order of the file.
    pub faults: Vec<Fault>,
}

impl fmt::Display for StudyFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, fault) in self.faults.iter().enumerate() {
            let line = fault.span.as_ref().map_or(1, |span| {
                1 + self.text.as_bytes().iter().take(span.start).filter(|&&byte| byte == b'\n').count()
            });
            let separator = if position == 0 { "" } else { "\n" };
            write!(f, "{separator}{}:{line}: {}", self.path.display(), fault.message)?;
            if let Some(help) = &fault.help {
                write!(f, " ({help})")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for StudyFaults {}

/// The nearest of several names to a misspelt one, if any is near enough to be meant.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&name.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|&(similarity, _)| similarity > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
