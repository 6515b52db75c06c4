//! `isard draw`: a synthetic panel from a process file.

use std::path::{Path, PathBuf};

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
    /// Grow new regions from these counties (the TopoJSON file counties-10m.json of npm us-atlas) in place of the regions
    /// in regions.json beside the process file.
    #[arg(long)]
    counties: Option<PathBuf>,
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
    let failed = |error: crate::monte::process::ProcessError| Failure::data(error.to_string());
    let geography = match &args.counties {
        Some(path) => Geography::from_counties(&process, &read(path)?).map_err(failed)?,
        None => {
            let path = args.process.with_file_name("regions.json");
            Geography::from_outlines(&String::from_utf8_lossy(&read(&path)?)).map_err(failed)?
        }
    };
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

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| {
        Failure::data(format!("cannot read {}: {error}; give counties with --counties FILE", path.display()))
    })
}
