//! `isard map`: the measured map of regions and clusters from a study's `[map]`.

use std::path::PathBuf;

use super::Failure;
use crate::mapping::cluster_map::Base;
use crate::plan::map::MeasuredMap;
use crate::plan::{Plan, RunError};
use crate::report::cluster_map::{self, MapPage};
use crate::report::figure::png::{SCALE, png};
use crate::report::files::{OutputFolder, csv, parquet};
use crate::study::data::IfMissing;
use crate::study::map::MapSpec;

/// Arguments of `map`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The study file; it has [map].
    study: PathBuf,
    /// The year that tables and page show; the tables show all and the page the latest if not given.
    #[arg(long)]
    year: Option<f64>,
    /// A cluster (code or name) that gets a map of its own; may be repeated.
    #[arg(long, value_name = "CLUSTER")]
    cluster: Vec<String>,
    /// Where results go (default: results/NAME/map in the current folder).
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

/// Measures the map and writes it.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    if let Some(jobs) = args.jobs {
        super::run::limit_threads(jobs)?;
    }
    let study = crate::study::read(&args.study)?;
    let out = args.out.clone().unwrap_or_else(|| super::run::default_out(&study).join("map"));
    let Some(spec) = study.map.clone() else {
        return Err(Failure::study("the study has no [map]: add it, with employment = \"COLUMN\""));
    };
    let plan = Plan::new(study, args.data.as_deref())?;
    let missing = plan.missing_files();
    if !missing.is_empty() && plan.study.data.if_missing == IfMissing::Skip {
        super::say(&super::skipped(&args.study, &missing));
        return Ok(());
    }
    let written = |error: crate::report::files::OutputError| Failure::data(error.to_string());
    let mut folder = OutputFolder::create(&out).map_err(written)?;
    plan.check_columns()?;
    let measured = crate::plan::map::run(&plan, super::measure::reading(args.by_period))?;
    let (only, shown) = period(args, &measured)?;
    let wanted: Vec<String> = spec.maps.iter().chain(&args.cluster).cloned().collect();
    let (figures, unknown) = cluster_map::figures(&measured, shown, &wanted);
    if let Some(name) = unknown.first() {
        return Err(unknown_cluster(&measured, name));
    }
    for (name, frame) in cluster_map::tables(&measured, only) {
        folder.stage(&format!("{name}.csv"), csv(&frame).as_bytes()).map_err(written)?;
        let bytes = parquet(&frame).map_err(|error| Failure::data(error.to_string()))?;
        folder.stage(&format!("{name}.parquet"), &bytes).map_err(written)?;
    }
    for figure in &figures {
        folder.stage(&format!("figures/{}.svg", figure.name), figure.svg.as_str().as_bytes()).map_err(written)?;
        let picture = png(&figure.svg, SCALE).map_err(|error| Failure::data(error.to_string()))?;
        folder.stage(&format!("figures/{}.png", figure.name), &picture).map_err(written)?;
    }
    let words = MapPage {
        title: plan.study.title.clone(),
        question: plan.study.question.clone(),
        rule: spec.rule_in_words(),
        base: base_in_words(&spec, &measured),
        references: plan.study.references.clone(),
        notes: measured.notes.iter().map(ToString::to_string).collect(),
    };
    let page = cluster_map::page(&measured, shown, &words, &figures)
        .map_err(|error| Failure::from(RunError::Page { message: error.to_string() }))?;
    folder.stage("report.html", page.as_bytes()).map_err(written)?;
    folder.publish(&Default::default()).map_err(written)?;
    super::say(cluster_map::summary(&measured, shown).trim_end());
    super::say(&format!("Map: {}. Report: {}", out.join("map.csv").display(), out.join("report.html").display()));
    Ok(())
}

/// The period that tables are limited to, and the one that the page shows.
fn period(args: &Args, measured: &MeasuredMap) -> Result<(Option<u32>, u32), Failure> {
    let periods = &measured.map.periods;
    let Some(year) = args.year else { return Ok((None, periods.len() as u32 - 1)) };
    match periods.iter().position(|&time| time == year) {
        Some(period) => Ok((Some(period as u32), period as u32)),
        None => {
            let known: Vec<String> = periods.iter().filter(|time| !time.is_nan()).map(f64::to_string).collect();
            let known = if known.is_empty() { "no time".to_string() } else { known.join(", ") };
            Err(Failure::study(format!("--year {year}: the data have no such year; they have {known}")))
        }
    }
}

fn unknown_cluster(measured: &MeasuredMap, name: &str) -> Failure {
    let codes = measured.map.clusters.iter().map(|cluster| cluster.name.as_str());
    let near = crate::study::nearest(name, codes.chain(measured.cluster_names.values().map(String::as_str)));
    let help = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    Failure::study(format!("no cluster is called `{name}`{help} (clusters.csv lists all)"))
}

fn base_in_words(spec: &MapSpec, measured: &MeasuredMap) -> String {
    let base = match spec.base {
        Base::Total => "all employment",
        Base::Traded => "traded employment",
        Base::SameType if measured.map.has_types => {
            "traded employment for traded clusters and local employment for local ones"
        }
        Base::SameType => "all employment, since the data do not tell traded from local",
    };
    let nation = match &spec.national {
        Some(table) => format!("given in `{table}`"),
        None => "sums over the regions".to_string(),
    };
    format!("Location quotients compare shares of {base}; national totals are {nation}.")
}
