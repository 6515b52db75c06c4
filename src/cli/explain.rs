//! `isard explain`: a model in words and symbols.

use std::path::PathBuf;

use super::Failure;
use crate::plan::Plan;

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The study file.
    study: PathBuf,
    /// The model (default: all).
    model: Option<String>,
    /// Where the results are (default: results/NAME in the current folder).
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Prints every model asked for, with what a former run found of it.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let study = crate::study::read(&args.study)?;
    let out = args.out.clone().unwrap_or_else(|| super::run::default_out(&study));
    let plan = Plan::new(study, None)?;
    let chosen: Vec<_> = plan
        .models
        .iter()
        .filter(|model| args.model.as_ref().is_none_or(|wanted| *wanted == model.name || *wanted == model.base))
        .collect();
    if chosen.is_empty() {
        let wanted = args.model.as_deref().unwrap_or_default();
        let names: Vec<&str> = plan.models.iter().map(|model| model.name.as_str()).collect();
        return Err(Failure::study(format!("there is no model `{wanted}`; the study has: {}", names.join(", "))));
    }
    let results = crate::plan::read_results(&out).ok().flatten();
    for model in chosen {
        super::say(&crate::report::explain::explain(&plan, model).text());
        let fit = results.iter().flat_map(|results| &results.models).find(|fit| fit.model == model.name);
        super::say(&fit.map_or_else(
            || {
                "It has not been estimated yet: the counts N, K and G and their factors appear here after a run.\n"
                    .to_string()
            },
            crate::report::explain::counts,
        ));
    }
    Ok(())
}
