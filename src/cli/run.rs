//! `isard run`: the whole line, from a study file to tables, figures, data and a page.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Failure;
use super::progress::Progress;
use crate::memory;
use crate::note::Note;
use crate::plan::{Lock, MemoryPlan, MemoryRecord, Plan, RunError, RunOptions, execute};
use crate::report::results::Results;
use crate::study::Study;
use crate::study::data::IfMissing;

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The study file.
    study: PathBuf,
    /// Where results go (default: results/NAME in the current folder).
    #[arg(long)]
    out: Option<PathBuf>,
    /// Folder of the study's data files, in place of its own `folder`.
    #[arg(long, env = "ISARD_DATA")]
    data: Option<PathBuf>,
    /// Only models whose name fits this pattern (`*` stands for any text).
    #[arg(long, value_name = "PATTERN")]
    only: Option<String>,
    /// Number of threads (default: every core). Results do not depend on it.
    #[arg(long)]
    jobs: Option<usize>,
    /// Go on with the other models when one fails; the exit code still tells.
    #[arg(long)]
    keep_going: bool,
    /// Estimate again what is already there.
    #[arg(long)]
    force: bool,
    /// Print nothing but errors.
    #[arg(long, short)]
    quiet: bool,
}

/// Where a study's results go when the user names no folder.
pub(super) fn default_out(study: &Study) -> PathBuf {
    Path::new("results").join(study.name())
}

/// Runs a study.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    if let Some(jobs) = args.jobs {
        limit_threads(jobs)?;
    }
    let study = crate::study::read(&args.study)?;
    if study.models.is_empty() && study.autocorrelations.is_empty() {
        return Err(Failure::study(without_models(&study, &args.study)));
    }
    let out = args.out.clone().unwrap_or_else(|| default_out(&study));
    let plan = Plan::new(study, args.data.as_deref())?;
    let missing = plan.missing_files();
    if !missing.is_empty() && plan.study.data.if_missing == IfMissing::Skip {
        super::say(&super::skipped(&args.study, &missing));
        return Ok(());
    }
    if !args.force
        && args.only.is_none()
        && let Some(results) = unchanged(&plan, &out)
    {
        if !args.quiet {
            super::show::print(&results, None);
            super::say(&format!(
                "Nothing has changed since the last run: nothing was estimated. Report: {}",
                out.join("report.html").display()
            ));
        }
        return Ok(());
    }
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = interrupted.clone();
    // Without a handler (a second one in the same process) Ctrl-C ends the process at once, which is also safe: files
    // are renamed into place whole.
    let _ = ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed));
    let progress = Progress::new(plan.models.len() + 2, args.quiet);
    let options = RunOptions { only: args.only.clone(), keep_going: args.keep_going, force: args.force, interrupted };
    let predicted = MemoryPlan::of(&plan).ok().flatten();
    if let Some(note) = predicted.as_ref().and_then(too_much) {
        super::say(&note);
    }
    let outcome = execute(&plan, &out, &options, &progress);
    progress.finish();
    let execution = outcome?;
    let record = MemoryRecord::new(predicted);
    record.write(&out).map_err(RunError::from)?;
    if !args.quiet {
        super::show::print(&execution.results, None);
        let left_out = execution.results.notes.iter().filter(|note| matches!(note, Note::LeftOut { .. }));
        left_out.for_each(|note| super::say(&format!("Note: {note}.")));
        super::say(&record.words());
        super::say(&format!("Report: {}", out.join("report.html").display()));
    }
    match execution.failed.as_slice() {
        [] => Ok(()),
        failed => Err(Failure::Other {
            code: 3,
            message: format!("{} failed:\n{}", super::count(failed.len(), "model"), failed.join("\n")),
        }),
    }
}

/// What to say where a run is expected to need more memory than there is.
pub(super) fn too_much(predicted: &MemoryPlan) -> Option<String> {
    let available = memory::available().filter(|&available| predicted.peak() > available)?;
    Some(format!(
        "Note: the run is expected to need {} and {} are available: leave out columns or rows (`where` of [data.tables]), split the study, or use a larger machine.",
        memory::words(predicted.peak()),
        memory::words(available)
    ))
}

/// What to do with a study that has nothing to estimate.
fn without_models(study: &Study, path: &Path) -> String {
    let verbs = [
        ("map", study.map.is_some()),
        ("certify", !study.designations.is_empty()),
        ("define", study.clusters.as_ref().is_some_and(|c| c.define.is_some())),
        ("measure", !study.variables.is_empty()),
        ("weights", study.geography.as_ref().is_some_and(|geography| !geography.weights.is_empty())),
    ];
    let verbs = verbs.iter().filter(|(_, has)| *has).map(|(verb, _)| format!("`isard {verb} {}`", path.display()));
    format!(
        "the study has no [[model]] or [[autocorrelation]] to run; give it one, or use {}",
        verbs.collect::<Vec<_>>().join(" or ")
    )
}

fn unchanged(plan: &Plan, out: &Path) -> Option<Results> {
    let lock = Lock::read(out)?;
    (lock.plan == plan.digest && lock.results_intact(out)).then(|| crate::plan::read_results(out).ok().flatten())?
}

/// Sets the number of threads.
pub(super) fn limit_threads(jobs: usize) -> Result<(), Failure> {
    if jobs == 0 {
        return Err(Failure::study("--jobs must be at least 1; leave it out to use every core"));
    }
    rayon::ThreadPoolBuilder::new()
        .num_threads(jobs)
        .build_global()
        .map_err(|error| Failure::study(format!("cannot use {jobs} threads: {error}")))
}
