//! `isard weights`: the spatial weights of a study in numbers, or as a file for other programs.

use std::path::{Path, PathBuf};

use super::Failure;
use crate::plan::{Plan, geography};
use crate::report::files;
use crate::space::{SpatialWeights, WeightsFormat, WeightsRecord};
use crate::study::data::IfMissing;
use crate::study::nearest;

/// Arguments of `weights`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The study file; it has [geography.weights].
    study: PathBuf,
    /// Which weights (default: all of them, or the only ones with --out).
    #[arg(long)]
    name: Option<String>,
    /// Writes them: .gal (links alone), .gwt, .mtx (Matrix Market), .csv or .parquet (region, neighbor, weight).
    #[arg(long)]
    out: Option<PathBuf>,
    /// Folder of the study's data files, in place of its own `folder`.
    #[arg(long, env = "ISARD_DATA")]
    data: Option<PathBuf>,
}

/// Prints or writes.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let plan = Plan::new(crate::study::read(&args.study)?, args.data.as_deref())?;
    let missing = plan.missing_files();
    if !missing.is_empty() && plan.study.data.if_missing == IfMissing::Skip {
        super::say(&super::skipped(&args.study, &missing));
        return Ok(());
    }
    let weights = geography::read(&plan)?;
    let names = || weights.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    let chosen = match &args.name {
        Some(name) => match weights.get_key_value(name) {
            Some(found) => vec![found],
            None => {
                let near = nearest(name, weights.keys().map(String::as_str));
                let hint =
                    near.map_or_else(|| format!("; it has {}", names()), |near| format!("; did you mean `{near}`?"));
                return Err(Failure::study(format!("the study has no weights named `{name}`{hint}")));
            }
        },
        None => weights.iter().collect(),
    };
    for record in geography::records(&plan.study, &chosen.iter().map(|(a, b)| ((*a).clone(), (*b).clone())).collect()) {
        super::say(&described(&record));
    }
    let Some(out) = &args.out else { return Ok(()) };
    let [(name, one)] = chosen.as_slice() else {
        return Err(Failure::study(format!("--out takes one weights matrix: choose it with --name ({})", names())));
    };
    write(one, out)?;
    super::say(&format!("{name}: {}", out.display()));
    Ok(())
}

fn described(record: &WeightsRecord) -> String {
    let islands = match record.islands.as_slice() {
        [] => "no islands".to_string(),
        few if few.len() <= 10 => format!("{}: {}", super::count(few.len(), "island"), few.join(", ")),
        many => format!("{} islands", many.len()),
    };
    let way = if record.one_way > 0 { format!(" ({} one-way)", record.one_way) } else { String::new() };
    format!(
        "{}: {}, {}{way}, {} to {} neighbours (mean {:.3}), {islands}, {}; rows: {}, {}; largest eigenvalue {:.6}",
        record.name,
        super::count(record.regions, "region"),
        super::count(record.links, "link"),
        record.fewest,
        record.most,
        record.mean,
        super::count(record.components, "component"),
        record.standardize,
        if record.is_symmetric { "symmetric" } else { "not symmetric" },
        record.largest_eigenvalue,
    )
}

fn write(weights: &SpatialWeights, out: &Path) -> Result<(), Failure> {
    let ending = out.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    let bytes = match (WeightsFormat::of_ending(&ending), ending.as_str()) {
        (Some(format), _) => match format.refuses(weights) {
            Some(why) => return Err(Failure::data(why)),
            None => format.write(weights).into_bytes(),
        },
        (None, "csv") => files::csv(&files::links(weights)).into_bytes(),
        (None, "parquet") => {
            files::parquet(&files::links(weights)).map_err(|error| Failure::data(error.to_string()))?
        }
        (None, _) => {
            return Err(Failure::study(format!(
                "`{ending}` is no form of weights: write .gal, .gwt, .mtx, .csv or .parquet"
            )));
        }
    };
    std::fs::write(out, bytes).map_err(|error| Failure::data(format!("{} cannot be written: {error}", out.display())))
}
