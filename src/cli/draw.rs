//! `isard draw`: a synthetic panel from a process file.

use std::path::PathBuf;

use super::Failure;

/// Arguments of `draw`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The process file.
    process: PathBuf,
    /// The folder that the data package is written to.
    #[arg(long)]
    out: PathBuf,
    /// Counties: the TopoJSON file counties-10m.json of npm us-atlas.
    #[arg(long)]
    counties: PathBuf,
    /// Which draw of the process: another number, other random numbers.
    #[arg(long, default_value_t = 0)]
    replicate: u64,
}

/// Draws the panel.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    todo!("{args:?}")
}
