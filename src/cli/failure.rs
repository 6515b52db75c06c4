//! What went wrong, as a person reads it, and the exit code that a script reads.

use std::fmt;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

use crate::plan::{PlanError, RunError};
use crate::study::{Fault, StudyError, StudyFaults};

/// A verb that failed.
#[derive(Debug)]
pub enum Failure {
    /// Faults in the study file, with their places.
    Study(StudyFaults),
    /// Anything else: the exit code, the message, and the way out.
    Other {
        /// Exit code.
        code: u8,
        /// The message.
        message: String,
    },
}

impl Failure {
    /// A fault of the study or the command line (exit code 1) without a place.
    pub fn study(message: impl Into<String>) -> Self {
        Failure::Other { code: 1, message: message.into() }
    }

    /// A fault of data or files (exit code 2).
    pub fn data(message: impl Into<String>) -> Self {
        Failure::Other { code: 2, message: message.into() }
    }

    /// The process' exit code.
    pub fn code(&self) -> u8 {
        match self {
            Failure::Study(_) => 1,
            Failure::Other { code, .. } => *code,
        }
    }

    /// Prints the failure to standard error.
    pub fn print(&self) {
        match self {
            Failure::Study(faults) => {
                for fault in &faults.faults {
                    eprintln!("{}", render(faults, fault));
                }
                let count = faults.faults.len();
                eprintln!("{}: {count} {}.", faults.path.display(), if count == 1 { "fault" } else { "faults" });
            }
            Failure::Other { message, .. } => eprintln!("error: {message}"),
        }
    }
}

impl From<StudyError> for Failure {
    fn from(error: StudyError) -> Self {
        match error {
            StudyError::Faults(faults) => Failure::Study(faults),
            other => Failure::study(other.to_string()),
        }
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Study(faults) => Failure::Study(faults),
            other => Failure::data(other.to_string()),
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let code = error.exit_code();
        match error {
            RunError::Study(faults) => Failure::Study(faults),
            other => Failure::Other { code, message: other.to_string() },
        }
    }
}

fn render(faults: &StudyFaults, fault: &Fault) -> String {
    use std::io::IsTerminal;
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let placed = Placed {
        message: fault.message.clone(),
        help: fault.help.clone(),
        source: NamedSource::new(faults.path.display().to_string(), faults.text.to_string()),
        // A span of the whole file (a missing section) marks nothing.
        span: fault.span.clone().filter(|span| !span.is_empty()),
    };
    let mut out = String::new();
    match GraphicalReportHandler::new_themed(theme).with_width(100).render_report(&mut out, &placed) {
        Ok(()) => out,
        Err(fmt::Error) => fault.message.clone(),
    }
}

/// A fault in miette's terms; it stays inside the command line, so that the library's signatures are free of miette.
#[derive(Debug)]
struct Placed {
    message: String,
    help: Option<String>,
    source: NamedSource<String>,
    span: Option<std::ops::Range<usize>>,
}

impl fmt::Display for Placed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Placed {}

impl Diagnostic for Placed {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.span.as_ref().map(|_| &self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.span.clone()?;
        Some(Box::new(std::iter::once(LabeledSpan::underline(span.start..span.end))))
    }
}
