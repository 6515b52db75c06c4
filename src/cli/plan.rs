//! `isard plan`: the steps of a run, and which of them are already done.

use std::path::PathBuf;

use comfy_table::{ContentArrangement, Table, presets};
use indexmap::IndexMap;

use super::Failure;
use crate::memory;
use crate::plan::{Lock, MemoryPlan, Plan, Step};

/// Arguments of `plan`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The study file.
    study: PathBuf,
    /// Folder of the study's data files, in place of its own `folder`.
    #[arg(long, env = "ISARD_DATA")]
    data: Option<PathBuf>,
    /// Where the results are or will be (default: results/NAME beside the study's folder).
    #[arg(long)]
    out: Option<PathBuf>,
    /// Say what one step depends on, and whether that has changed.
    #[arg(long, value_name = "STEP")]
    why: Option<String>,
}

/// Prints the plan.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let study = crate::study::read(&args.study)?;
    let out = args.out.clone().unwrap_or_else(|| super::run::default_out(&study));
    let plan = Plan::new(study, args.data.as_deref())?;
    let lock = Lock::read(&out);
    if let Some(step) = &args.why {
        return why(&plan, lock.as_ref(), step);
    }
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["step", "what", "state"]);
    for step in shortened(plan.steps(lock.as_ref(), &out), &plan) {
        table.add_row([step.name, step.what, if step.done { "done".into() } else { "to do".to_string() }]);
    }
    super::say(&table.trim_fmt());
    let (to_estimate, absorptions) = plan.work(lock.as_ref());
    super::say(&format!(
        "{to_estimate} of {} models to estimate, over {absorptions} distinct combinations of sample, effects and weights. Results: {}",
        plan.models.len(),
        out.display()
    ));
    if plan.missing_files().is_empty() {
        memory(&plan)?;
    }
    Ok(())
}

/// More models than this are told of by their `[[model]]`, not one by one.
const MANY: usize = 40;

/// The steps, with one line for all models of a `[[model]]` that has very many.
fn shortened(steps: Vec<Step>, plan: &Plan) -> Vec<Step> {
    if plan.models.len() <= MANY {
        return steps;
    }
    let models = 1..1 + plan.models.len();
    let mut blocks: IndexMap<&str, (usize, usize)> = IndexMap::new();
    for (model, step) in plan.models.iter().zip(&steps[models.clone()]) {
        let (all, done) = blocks.entry(&model.base).or_default();
        *all += 1;
        *done += usize::from(step.done);
    }
    let line = |(base, (all, done)): (&str, (usize, usize))| Step {
        name: base.to_string(),
        what: format!(
            "{}, {} done (--why takes their names: {base}[AXIS=CHOICE, ..])",
            super::count(all, "model"),
            done
        ),
        done: all == done,
    };
    let mut out = steps;
    out.splice(models, blocks.into_iter().map(line).collect::<Vec<_>>());
    out
}

/// Prints what the run will hold, by stage, and whether this machine has it.
fn memory(plan: &Plan) -> Result<(), Failure> {
    // A fault of the file is for `check` and `run` to explain.
    let Ok(Some(found)) = MemoryPlan::of(plan) else { return Ok(()) };
    let stages: Vec<String> =
        found.stages.iter().map(|stage| format!("{} {}", stage.stage, memory::words(stage.bytes))).collect();
    let rough = if found.is_rough { ", before what the steps of [data] do" } else { "" };
    super::say(&format!(
        "Memory: about {} at the peak ({} rows{rough}): {}.",
        memory::words(found.peak()),
        found.rows,
        stages.join(", ")
    ));
    if let Some(note) = super::run::too_much(&found) {
        super::say(&note);
    }
    Ok(())
}

fn why(plan: &Plan, lock: Option<&Lock>, name: &str) -> Result<(), Failure> {
    let Some(position) = plan.models.iter().position(|model| model.name == name) else {
        let names = plan.models.iter().map(|model| model.name.as_str());
        let near =
            crate::study::nearest(name, names).map(|near| format!(" Did you mean `{near}`?")).unwrap_or_default();
        return Err(Failure::study(format!("there is no step `{name}`.{near}")));
    };
    for (part, text) in plan.reasons(position) {
        super::say(&format!("{part}: {text}"));
    }
    let key = &plan.keys[position];
    super::say(&format!("key: {key}"));
    let state = match lock.and_then(|lock| lock.models.get(name)) {
        None => "not estimated before".to_string(),
        Some(former) if former == key => "unchanged since the last run".to_string(),
        Some(former) => format!("changed since the last run (its key was {former})"),
    };
    super::say(&state);
    Ok(())
}
