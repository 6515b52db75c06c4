//! `isard check`: every fault at once, no computing.

use std::path::PathBuf;

use super::Failure;
use crate::plan::Plan;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The study file.
    study: PathBuf,
    /// Folder of the study's data files, in place of its own `folder`.
    #[arg(long, env = "ISARD_DATA")]
    data: Option<PathBuf>,
}

/// Checks the study, and the columns that it names where its files are there.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let study = crate::study::read(&args.study)?;
    let plan = Plan::new(study, args.data.as_deref())?;
    let missing = plan.missing_files();
    if missing.is_empty() {
        plan.check_columns()?;
    }
    super::say(&format!(
        "{}: fine. {} models, {} tables, {} figures.",
        args.study.display(),
        plan.models.len(),
        plan.study.tables.len(),
        plan.study.figures.len()
    ));
    if !missing.is_empty() {
        super::say(&format!("Its data are not here: {}. Give their folder with --data DIR.", missing.join(", ")));
    }
    Ok(())
}
