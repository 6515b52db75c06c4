//! `isard draw`: a synthetic panel from a process file.

use std::path::PathBuf;

use super::Failure;
use crate::monte::process::{self, Geography, Process};

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
    let text = std::fs::read_to_string(&args.process)
        .map_err(|error| Failure::data(format!("cannot read {}: {error}", args.process.display())))?;
    let process =
        Process::parse(&text).map_err(|error| Failure::study(format!("{}: {error}", args.process.display())))?;
    let counties = std::fs::read(&args.counties)
        .map_err(|error| Failure::data(format!("cannot read {}: {error}", args.counties.display())))?;
    let failed = |error: crate::monte::process::ProcessError| Failure::data(error.to_string());
    let geography = Geography::from_counties(&process, &counties).map_err(failed)?;
    let summary = process::draw(&process, &geography, args.replicate, &args.out).map_err(failed)?;
    super::say(&format!(
        "{} holds a synthetic panel, replicate {}: {} rows, {} regions, {} industries",
        args.out.display(),
        args.replicate,
        summary.rows,
        summary.regions,
        summary.industries
    ));
    Ok(())
}
