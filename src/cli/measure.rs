//! `isard measure`: the study's variables for every row of its panel, as a parquet file for other programs.

use std::path::PathBuf;
use std::time::Instant;

use super::Failure;
use crate::plan::parts::Reading;
use crate::plan::{Plan, measure};
use crate::report::files::OutputFolder;
use crate::study::data::IfMissing;

/// Arguments of `measure`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The study file; it has [variables].
    study: PathBuf,
    /// Where results go (default: results/NAME/measure in the current folder).
    #[arg(long)]
    out: Option<PathBuf>,
    /// Folder of the study's data files, in place of its own `folder`.
    #[arg(long, env = "ISARD_DATA")]
    data: Option<PathBuf>,
    /// Read one period at a time also where the file has fewer than ten million rows. Results are the same.
    #[arg(long)]
    by_period: bool,
    /// Number of threads (default: every core). Results do not depend on it.
    #[arg(long)]
    jobs: Option<usize>,
}

/// Measures and writes.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    if let Some(jobs) = args.jobs {
        super::run::limit_threads(jobs)?;
    }
    super::allocator::keep_freed_columns();
    let study = crate::study::read(&args.study)?;
    let out = args.out.clone().unwrap_or_else(|| super::run::default_out(&study).join("measure"));
    let plan = Plan::new(study, args.data.as_deref())?;
    let missing = plan.missing_files();
    if !missing.is_empty() && plan.study.data.if_missing == IfMissing::Skip {
        super::say(&super::skipped(&args.study, &missing));
        return Ok(());
    }
    plan.check_columns()?;
    let written = |error: crate::report::files::OutputError| Failure::data(error.to_string());
    let mut folder = OutputFolder::create(&out).map_err(written)?;
    let start = Instant::now();
    let mut file = folder.begin("measures.parquet").map_err(written)?;
    let found = measure::run(&plan, reading(args.by_period), file.as_file_mut())?;
    folder.finish("measures.parquet", file).map_err(written)?;
    folder.publish(&Default::default()).map_err(written)?;
    let seconds = start.elapsed().as_secs_f64();
    for note in &found.notes {
        super::say(&format!("Note: {note}"));
    }
    let parts = if found.parts > 1 { format!(", {} periods one after the other", found.parts) } else { String::new() };
    super::say(&format!(
        "{} rows, {} ({:.0} rows a second{parts}): {}",
        found.rows,
        super::count(found.variables.len(), "variable"),
        found.rows as f64 / seconds.max(1e-9),
        out.join("measures.parquet").display()
    ));
    Ok(())
}

/// How a panel is read.
pub(super) fn reading(by_period: bool) -> Reading {
    if by_period { Reading::ByPeriod } else { Reading::Auto }
}
