//! `isard show`: the tables of a study that has run.

use std::path::PathBuf;

use super::Failure;
use crate::report::results::Results;

/// Arguments of `show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The study file.
    study: PathBuf,
    /// Only this table.
    table: Option<String>,
    /// Where the results are (default: results/NAME in the current folder).
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Prints tables that a run left.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let study = crate::study::read(&args.study)?;
    let out = args.out.clone().unwrap_or_else(|| super::run::default_out(&study));
    let file = out.join("results.json");
    let results =
        crate::plan::read_results(&out).map_err(|error| Failure::data(format!("{}: {error}", file.display())))?;
    let Some(results) = results else { return Err(not_run(&file, &args.study)) };
    if let Some(wanted) = &args.table
        && !results.tables.iter().any(|table| &table.name == wanted)
    {
        let names: Vec<&str> = results.tables.iter().map(|table| table.name.as_str()).collect();
        return Err(Failure::study(format!("there is no table `{wanted}`; the study has: {}", names.join(", "))));
    }
    print(&results, args.table.as_deref());
    Ok(())
}

fn not_run(file: &std::path::Path, study: &std::path::Path) -> Failure {
    Failure::data(format!("{} is not there: run the study first with `isard run {}`", file.display(), study.display()))
}

/// Prints all tables, or one.
pub(super) fn print(results: &Results, only: Option<&str>) {
    for table in results.tables.iter().filter(|table| only.is_none_or(|name| table.name == name)) {
        super::say(&crate::report::table::terminal(table, None));
        super::say("");
    }
}
