//! `isard define`: a set of clusters from a study's `[clusters.define]`.

use std::path::PathBuf;

use super::Failure;
use crate::plan::RunError;
use crate::plan::define::{self, DefineError};
use crate::report::definition;
use crate::report::figure::png::{SCALE, png};
use crate::report::files::OutputFolder;
use crate::study::data::IfMissing;

/// Arguments of `define`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The study file; it has [clusters.define].
    study: PathBuf,
    /// Where results go (default: results/NAME/define in the current folder).
    #[arg(long)]
    out: Option<PathBuf>,
    /// Folder of the study's data files, in place of its own `folder`.
    #[arg(long, env = "ISARD_DATA")]
    data: Option<PathBuf>,
    /// Number of threads (default: every core). Results do not depend on it.
    #[arg(long)]
    jobs: Option<usize>,
}

/// Finds clusters and writes them.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    if let Some(jobs) = args.jobs {
        super::run::limit_threads(jobs)?;
    }
    let study = crate::study::read(&args.study)?;
    let missing = crate::panel::missing_inputs(&study.data, study.folder(), args.data.as_deref());
    let missing = missing.map_err(|error| Failure::data(error.to_string()))?;
    if !missing.is_empty() && study.data.if_missing == IfMissing::Skip {
        let names: Vec<String> = missing.iter().map(|path| path.display().to_string()).collect();
        super::say(&super::skipped(&args.study, &names));
        return Ok(());
    }
    let out = args.out.clone().unwrap_or_else(|| super::run::default_out(&study).join("define"));
    let written = |error: crate::report::files::OutputError| Failure::data(error.to_string());
    let mut folder = OutputFolder::create(&out).map_err(written)?;
    let found = define::run(&study, args.data.as_deref())?;
    let clusters = study.clusters.as_ref();
    let cluster = clusters.and_then(|section| section.cluster.clone()).unwrap_or_else(|| "cluster".into());
    let industry = crate::plan::prepare::Roles::of(&study).industry.unwrap_or_else(|| "industry".into());
    for (name, text) in definition::files(&found, &industry, &cluster) {
        folder.stage(&name, text.as_bytes()).map_err(written)?;
    }
    let figures = definition::figures(&found);
    for (name, svg) in &figures {
        folder.stage(&format!("figures/{name}.svg"), svg.as_str().as_bytes()).map_err(written)?;
        let picture = png(svg, SCALE).map_err(|error| Failure::data(error.to_string()))?;
        folder.stage(&format!("figures/{name}.png"), &picture).map_err(written)?;
    }
    let page = definition::page((&study.title, study.question.as_deref()), &found, &figures);
    let page = page.map_err(|error| Failure::from(RunError::Page { message: error.to_string() }))?;
    folder.stage("report.html", page.as_bytes()).map_err(written)?;
    folder.publish(&Default::default()).map_err(written)?;
    super::say(definition::summary(&found).trim_end());
    super::say(&format!(
        "Definition: {}. Report: {}",
        out.join("definition.csv").display(),
        out.join("report.html").display()
    ));
    Ok(())
}

impl From<DefineError> for Failure {
    fn from(error: DefineError) -> Self {
        match error {
            DefineError::Run(error) => Failure::from(*error),
            DefineError::NoSection | DefineError::NoIndustry => Failure::study(error.to_string()),
            other => Failure::data(other.to_string()),
        }
    }
}
