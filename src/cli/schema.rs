//! `isard schema`: the JSON Schema of study files, generated from the types that read them.

use super::Failure;

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The schema of results.json instead.
    #[arg(long)]
    results: bool,
}

/// Prints the schema.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let schema = if args.results {
        crate::report::results::Results::schema().to_value()
    } else {
        crate::study::schema::schema()
    };
    super::say(&format!("{schema:#}"));
    Ok(())
}
