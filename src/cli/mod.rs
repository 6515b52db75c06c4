//! One file per verb.

mod allocator;
mod certify;
mod check;
mod completions;
mod define;
mod draw;
mod explain;
mod failure;
mod map;
mod measure;
mod new;
mod plan;
mod progress;
mod run;
mod schema;
mod show;
mod weights;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use failure::Failure;

/// Cluster-performance econometrics from declarative study files.
///
/// Exit codes: 0 fine, 1 fault in the study, 2 fault in the data, 3 estimation failed, 4 verification differs.
#[derive(Debug, Parser)]
#[command(name = "isard", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Start a study from a template.
    New(new::Args),
    /// Show every fault of a study at once, without computing anything.
    Check(check::Args),
    /// List the steps of a run, and which of them are already done.
    Plan(plan::Args),
    /// Run a study: print its tables, write tables, figures, data and a page.
    Run(run::Args),
    /// Print the tables of a study that has run.
    Show(show::Args),
    /// Say in words and symbols what a model of a study is.
    Explain(explain::Args),
    /// Print the JSON Schema of study files, for editors.
    Schema(schema::Args),
    /// Find clusters of related industries as [clusters.define] of a study says.
    Define(define::Args),
    /// Measure every region and cluster as [map] of a study says: tables, maps and a page.
    Map(map::Args),
    /// Compute the variables of a study for every row of its panel and write them as a parquet file.
    Measure(measure::Args),
    /// Judge every cluster by the [[designation]] of a study: who qualifies, who nearly does, and by how much.
    Certify(certify::Args),
    /// Say what the spatial weights of a study are, or write them as a file for other programs.
    Weights(weights::Args),
    /// Draw a synthetic panel from a process file.
    Draw(draw::Args),
    /// Print shell completions.
    Completions(completions::Args),
}

/// Runs the command line and returns its exit code.
pub fn main() -> ExitCode {
    allocator::return_freed_columns();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 1 } else { 0 });
        }
    };
    let outcome = match cli.verb {
        Verb::New(args) => new::run(&args),
        Verb::Check(args) => check::run(&args),
        Verb::Plan(args) => plan::run(&args),
        Verb::Run(args) => run::run(&args),
        Verb::Show(args) => show::run(&args),
        Verb::Explain(args) => explain::run(&args),
        Verb::Schema(args) => schema::run(&args),
        Verb::Define(args) => define::run(&args),
        Verb::Map(args) => map::run(&args),
        Verb::Measure(args) => measure::run(&args),
        Verb::Certify(args) => certify::run(&args),
        Verb::Weights(args) => weights::run(&args),
        Verb::Draw(args) => draw::run(&args),
        Verb::Completions(args) => completions::run(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print();
            ExitCode::from(failure.code())
        }
    }
}

/// `1 model`, `2 models`.
fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// What is said of a study whose data are not here.
fn skipped(study: &std::path::Path, missing: &[String]) -> String {
    let files = missing.join(", ");
    format!("{}: skipped, because its data are not here ({files}); give their folder with --data DIR.", study.display())
}

/// Prints a line to standard output; a closed pipe (`isard show | head`) is no error.
fn say(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}
