//! `isard certify`: who meets the criteria of a study's `[[designation]]`, and by how much.

use std::path::PathBuf;

use super::Failure;
use crate::plan::{Plan, RunError};
use crate::report::certification;
use crate::report::figure::png::{SCALE, png};
use crate::report::files::{OutputFolder, csv, parquet};
use crate::study::data::IfMissing;

/// Arguments of `certify`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The study file; it has [map] and [[designation]].
    study: PathBuf,
    /// Only the designation of this name.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Where results go (default: results/NAME/certify in the current folder).
    #[arg(long)]
    out: Option<PathBuf>,
    /// Folder of the study's data files, in place of its own `folder`.
    #[arg(long, env = "ISARD_DATA")]
    data: Option<PathBuf>,
    /// Number of threads (default: every core). Results do not depend on it.
    #[arg(long)]
    jobs: Option<usize>,
}

/// Judges the designations and writes a folder for each.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    if let Some(jobs) = args.jobs {
        super::run::limit_threads(jobs)?;
    }
    let study = crate::study::read(&args.study)?;
    let out = args.out.clone().unwrap_or_else(|| super::run::default_out(&study).join("certify"));
    let plan = Plan::new(study, args.data.as_deref())?;
    let missing = plan.missing_files();
    if !missing.is_empty() && plan.study.data.if_missing == IfMissing::Skip {
        super::say(&super::skipped(&args.study, &missing));
        return Ok(());
    }
    let written = |error: crate::report::files::OutputError| Failure::data(error.to_string());
    let made = |error: crate::report::page::PageError| Failure::from(RunError::Page { message: error.to_string() });
    plan.check_columns()?;
    let (measured, judged) = crate::plan::certify::run(&plan, args.only.as_deref())?;
    let title = (plan.study.title.as_str(), plan.study.question.as_deref());
    for judged in &judged {
        let path = out.join(&judged.spec.name);
        let mut folder = OutputFolder::create(&path).map_err(written)?;
        for (name, frame) in certification::tables(&measured, judged) {
            folder.stage(&format!("{name}.csv"), csv(&frame).as_bytes()).map_err(written)?;
            let bytes = parquet(&frame).map_err(|error| Failure::data(error.to_string()))?;
            folder.stage(&format!("{name}.parquet"), &bytes).map_err(written)?;
        }
        let figure = certification::figure(&measured, judged);
        if let Some(figure) = &figure {
            folder.stage("figures/designated.svg", figure.svg.as_str().as_bytes()).map_err(written)?;
            let picture = png(&figure.svg, SCALE).map_err(|error| Failure::data(error.to_string()))?;
            folder.stage("figures/designated.png", &picture).map_err(written)?;
        }
        for cluster in certification::clusters(judged) {
            let page = certification::page(&measured, judged, title, Some(cluster), None).map_err(made)?;
            folder.stage(&certification::cluster_file(&measured, cluster), page.as_bytes()).map_err(written)?;
        }
        let page = certification::page(&measured, judged, title, None, figure.as_ref()).map_err(made)?;
        folder.stage("report.html", page.as_bytes()).map_err(written)?;
        folder.publish(&Default::default()).map_err(written)?;
        super::say(&certification::summary(&measured, judged));
        super::say(&format!(
            "Candidates: {}. Report: {}",
            path.join("candidates.csv").display(),
            path.join("report.html").display()
        ));
    }
    Ok(())
}
