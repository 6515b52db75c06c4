//! `isard check`: every fault at once, no computing.

use std::path::PathBuf;

use super::Failure;
use crate::plan::Plan;
use crate::study::data::IfMissing;

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
    } else if plan.study.data.if_missing == IfMissing::Error {
        return Err(Failure::data(format!(
            "{} by itself is fine, but its data are not here: {}; put them there, or give their folder with --data DIR",
            args.study.display(),
            missing.join(", ")
        )));
    }
    super::say(&format!(
        "{}: fine. {}, {}, {}.",
        args.study.display(),
        super::count(plan.models.len(), "model"),
        super::count(plan.study.tables.len(), "table"),
        super::count(plan.study.figures.len(), "figure")
    ));
    if !missing.is_empty() {
        super::say(&format!(
            "Its columns were not checked, because its data are not here: {}. Give their folder with --data DIR.",
            missing.join(", ")
        ));
    }
    Ok(())
}
