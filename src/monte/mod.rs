//! Data-generating processes.

pub mod process;
pub mod streams;

pub use process::{DrawSummary, Process, ProcessError, draw};
pub use streams::{Stream, Streams};
