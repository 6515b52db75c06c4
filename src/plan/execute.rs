//! The whole line: prepare, design, estimate, describe, draw, write.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::design::DesignError;
use crate::estimate::shift_share::ShiftShareError;
use crate::estimate::{EstimateError, Fit};
use crate::evaluate::EvaluateError;
use crate::infer::measurement::MeasurementError;
use crate::infer::sensitivity::SensitivityError;
use crate::mapping::{DefinitionError, MapError, RelatednessError};
use crate::note::Note;
use crate::panel::DataError;
use crate::report::files::OutputError;
use crate::report::results::{Results, ResultsError};
use crate::space::SpaceError;
use crate::study::geography::WeightsFault;
use crate::study::{Study, StudyFaults};

use super::curve::test_curves;
use super::expand::PlannedModel;
use super::groups::{Estimated, Groups};
use super::lock::Lock;
use super::prepare::{Prepared, prepare};
use super::resample::test_families;
use super::resolve::{Plan, PlanError};
use super::{draw, write};

/// What is told of a run as it goes.
pub trait Observer: Sync {
    /// A step begins.
    fn step(&self, what: &str);

    /// Some more of many models are done, or (none done) a group of them begins.
    fn models(&self, what: &str, done: usize) {
        if done == 0 {
            self.step(what);
        }
    }
}

/// How to run.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Only models whose name fits this pattern.
    pub only: Option<String>,
    /// Whether a model that fails does not stop the others.
    pub keep_going: bool,
    /// Whether to estimate again what is already there.
    pub force: bool,
    /// Set when the user asks to stop; looked at between models.
    pub interrupted: Arc<AtomicBool>,
}

/// A finished run.
#[derive(Debug)]
pub struct Execution {
    /// Everything found.
    pub results: Results,
    /// Messages of models that failed under `keep_going`.
    pub failed: Vec<String>,
}

/// Why a run stopped.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The study asks for something that its data do not have.
    #[error(transparent)]
    Study(#[from] StudyFaults),
    /// The data.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A file beside the data.
    #[error("cannot read {}: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A table lacks a column.
    #[error("{table} has no column `{column}`{}; it has: {}", .nearest.as_ref().map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default(), .known.join(", "))]
    NoColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The nearest name that it has.
        nearest: Option<String>,
        /// All names.
        known: Vec<String>,
    },
    /// A cluster definition that contradicts itself.
    #[error("{table}: {source}")]
    Definition {
        /// The table.
        table: String,
        /// Why.
        source: DefinitionError,
    },
    /// Relatedness that contradicts itself.
    #[error("{table}: {source}")]
    Relatedness {
        /// The table.
        table: String,
        /// Why.
        source: RelatednessError,
    },
    /// The map could not be measured.
    #[error("{source}")]
    Map {
        /// Why.
        source: MapError,
    },
    /// A designation that could not be judged.
    #[error("designation `{designation}`: {message}")]
    Designation {
        /// The designation.
        designation: String,
        /// Why, and the way out.
        message: String,
    },
    /// The study does not say what a verb needs.
    #[error("{message}")]
    NotAsked {
        /// What, and the way out.
        message: String,
    },
    /// A shift-share variable that could not be built.
    #[error("shift-share variable `{variable}`: {source}")]
    ShiftShare {
        /// The variable.
        variable: String,
        /// Why.
        source: ShiftShareError,
    },
    /// A system of equations that could not be estimated.
    #[error("system `{system}`: {source}")]
    System {
        /// The system.
        system: String,
        /// Why.
        source: Box<EstimateError>,
    },
    /// Autocorrelation that cannot be measured.
    #[error("autocorrelation `{name}`: {message}")]
    Autocorrelation {
        /// Its name.
        name: String,
        /// Why, and the way out.
        message: String,
    },
    /// Clubs that cannot be searched for.
    #[error("clubs `{name}`: {message}")]
    Clubs {
        /// Their name.
        name: String,
        /// Why, and the way out.
        message: String,
    },
    /// A distance decay that cannot be estimated.
    #[error("distance decay `{name}`: {message}")]
    DistanceDecay {
        /// Its name.
        name: String,
        /// Why, and the way out.
        message: String,
    },
    /// The geography.
    #[error("{what}: {source}")]
    Space {
        /// What was read or built.
        what: String,
        /// Why.
        source: SpaceError,
    },
    /// Weights that contradict themselves.
    #[error(transparent)]
    Weights {
        /// Why.
        source: WeightsFault,
    },
    /// A filter left nothing.
    #[error(
        "model `{model}` has no observation left: the {step}'s condition `{filter}` is true in none of {before} rows; loosen it or check the values it compares"
    )]
    EmptySample {
        /// The model.
        model: String,
        /// Whose condition.
        step: String,
        /// The condition.
        filter: String,
        /// Rows before it.
        before: usize,
    },
    /// Text where a number is needed.
    #[error(
        "model `{model}` needs numbers in `{variable}`, which is text; use number({variable}) if its texts are numbers"
    )]
    TextOutcome {
        /// The model.
        model: String,
        /// The variable.
        variable: String,
    },
    /// A model could not be estimated.
    #[error("model `{model}`: {source}")]
    Estimate {
        /// The model.
        model: String,
        /// Why.
        source: Box<EstimateError>,
    },
    /// A sensitivity analysis that could not be made.
    #[error("model `{model}`: {source}")]
    Sensitivity {
        /// The model.
        model: String,
        /// Why.
        source: Box<SensitivityError>,
    },
    /// Errors of measurement that cannot be taken out.
    #[error("model `{model}`: measurement `{name}`: {source}")]
    Measurement {
        /// The model.
        model: String,
        /// The name of the question.
        name: String,
        /// Why.
        source: Box<MeasurementError>,
    },
    /// A note that the study denies.
    #[error("{} (the study denies `{}`: mend it, or take that code out of `deny`)", .note, .note.code())]
    Denied {
        /// The note.
        note: Box<Note>,
    },
    /// A map without shapes.
    #[error(
        "figure `{figure}` is a map, but the study has no polygons: give [geography] regions = \"FILE\" with a TopoJSON or GeoJSON file"
    )]
    NoPolygons {
        /// The figure.
        figure: String,
    },
    /// A figure names a term that its model does not have.
    #[error("figure `{figure}`: model `{model}` has no term `{term}`; it has: {}", .known.join(", "))]
    NoTerm {
        /// The figure.
        figure: String,
        /// The model.
        model: String,
        /// The term.
        term: String,
        /// Its terms.
        known: Vec<String>,
    },
    /// A figure could not be drawn.
    #[error("figure `{figure}`: {message}")]
    Figure {
        /// The figure.
        figure: String,
        /// Why.
        message: String,
    },
    /// A table names what no model has.
    #[error("{message}")]
    Table {
        /// What.
        message: String,
    },
    /// No model fits the pattern of `--only`.
    #[error("no model fits the pattern `{pattern}`; the study has: {}", .known.join(", "))]
    NoModel {
        /// The pattern.
        pattern: String,
        /// All models.
        known: Vec<String>,
    },
    /// Results could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The page could not be made: a bug in isard.
    #[error("the report could not be made: {message}")]
    Page {
        /// Why.
        message: String,
    },
    /// The user stopped the run.
    #[error("stopped; earlier results are untouched")]
    Interrupted,
}

impl From<PlanError> for RunError {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Study(faults) => RunError::Study(faults),
            PlanError::Data(error) => RunError::Data(error),
        }
    }
}

impl RunError {
    /// Rows that a model's likelihood has no maximum with, if that is what is wrong.
    pub(super) fn separated(&self) -> Option<&crate::estimate::likelihood::Separated> {
        match self {
            RunError::Estimate { source, .. } => match source.as_ref() {
                crate::estimate::EstimateError::Separated(found) => Some(found),
                _ => None,
            },
            _ => None,
        }
    }

    /// An evaluation fault at a place of the study file.
    pub(super) fn at(study: &Study, at: &str, error: &EvaluateError) -> RunError {
        let mut fault = study.source.fault(at, error.to_string());
        fault.help = error.help();
        if let Some(span) = error.span().and_then(|span| study.source.inside(at, &span)) {
            fault.span = Some(span);
        }
        RunError::Study(study.faults(vec![fault]))
    }

    /// A fault of a sensitivity analysis, at its place in the study where it has one.
    pub(super) fn sensitivity(study: &Study, model: &PlannedModel, source: SensitivityError) -> RunError {
        let error = RunError::Sensitivity { model: model.name.clone(), source: Box::new(source) };
        let RunError::Sensitivity { source, .. } = &error else { return error };
        let Some(key) = source.key() else { return error };
        let at = model.formula_at.replace(".formula", &format!(".sensitivity.{key}"));
        RunError::Study(study.faults(vec![study.source.fault(&at, error.to_string())]))
    }

    /// The same error, at its place in the study when it is the study that is at fault.
    fn placed(self, study: &Study) -> RunError {
        match &self {
            RunError::Data(error) => match super::misplaced::fault(study, error) {
                Some(fault) => RunError::Study(study.faults(vec![fault])),
                None => self,
            },
            RunError::Space {
                source:
                    SpaceError::Islands { .. }
                    | SpaceError::NeedsPolygons
                    | SpaceError::BordersApart { .. }
                    | SpaceError::ToleranceWide { .. },
                what,
            } => {
                let name = what.trim_start_matches("the weights ").trim_matches('`');
                let fault = study.source.fault(&format!("geography.weights.{name}"), self.to_string());
                RunError::Study(study.faults(vec![fault]))
            }
            _ => self,
        }
    }

    /// The exit code of the command line.
    pub fn exit_code(&self) -> u8 {
        match self {
            RunError::Estimate { source, .. } => match source.as_ref() {
                // The columns hold what no model can use: that is for their maker to mend.
                EstimateError::Design(
                    DesignError::NegativeWeight { .. }
                    | DesignError::FractionalFrequency { .. }
                    | DesignError::AllMissing { .. }
                    | DesignError::EmptySample { .. },
                ) => 2,
                _ => 3,
            },
            RunError::Sensitivity { .. } | RunError::System { .. } | RunError::DistanceDecay { .. } => 3,
            RunError::Study(_)
            | RunError::NoTerm { .. }
            | RunError::NoPolygons { .. }
            | RunError::TextOutcome { .. }
            | RunError::NoModel { .. }
            | RunError::NotAsked { .. }
            | RunError::Designation { .. }
            | RunError::Table { .. }
            | RunError::Weights { .. } => 1,
            RunError::Denied { .. } | RunError::Figure { .. } | RunError::Page { .. } => 3,
            _ => 2,
        }
    }
}

/// Runs a plan and writes its results to `out`.
///
/// # Errors
/// See [`RunError`]. Nothing is written unless everything could be computed.
pub fn execute(plan: &Plan, out: &Path, options: &RunOptions, observer: &dyn Observer) -> Result<Execution, RunError> {
    let chosen = chosen(plan, options.only.as_deref())?;
    plan.check_columns().map_err(|error| match error {
        PlanError::Study(faults) => RunError::Study(faults),
        PlanError::Data(error) => RunError::Data(error),
    })?;
    let lock = Lock::read(out).filter(|_| !options.force);
    let former = former_fits(plan, lock.as_ref(), out);
    // Whether results can be written is known before the work begins.
    let folder = crate::report::files::OutputFolder::create(out)?;
    observer.step("reading the data");
    let prepared = prepare(plan).map_err(|error| error.placed(&plan.study))?;
    deny(&plan.study, &prepared.notes)?;
    let groups = Groups { plan, prepared: &prepared, former: &former, options, observer };
    let (outcomes, descriptives) = groups.estimate(&chosen);
    let (mut estimated, failed) = settle(outcomes, options.keep_going)?;
    let (families, mut notes) = test_families(plan, &mut estimated)?;
    let (curves, of_curves) = test_curves(plan, &mut estimated)?;
    notes.extend(of_curves);
    let (systems, of_systems) = super::system::estimate(plan, &prepared, &chosen)?;
    notes.extend(of_systems);
    deny(&plan.study, &notes)?;
    observer.step("tables, figures and the page");
    let mut figures = draw::figures(plan, &prepared, &estimated)?;
    let left_out = left_out(plan, &estimated, &figures);
    deny(&plan.study, &left_out)?;
    notes.extend(left_out);
    figures.extend(super::curve::figures(plan, &prepared, &curves));
    let autocorrelations = super::autocorrelation::measure(&plan.study, &prepared)?;
    figures.extend(super::draw_autocorrelation::figures(plan, &prepared, &autocorrelations)?);
    let clubs = super::clubs::search(&plan.study, &prepared)?;
    figures.extend(super::clubs::figures(&prepared, &clubs));
    if !plan.study.distance_decays.is_empty() {
        observer.step("profiling distance decay");
    }
    let distance_decays = super::distance_decay::estimate(plan, &prepared)?;
    figures.extend(super::distance_decay::figures(&prepared, &distance_decays));
    let beside =
        write::Beside { distance_decays, descriptives, families, curves, autocorrelations, systems, clubs, notes };
    let results = write::write(plan, &prepared, (&estimated, beside), &figures, (folder, lock.as_ref()))?;
    Ok(Execution { results, failed })
}

fn chosen(plan: &Plan, only: Option<&str>) -> Result<Vec<usize>, RunError> {
    let fits = |name: &str| only.is_none_or(|pattern| super::matches_name(pattern, name));
    let chosen: Vec<usize> =
        (0..plan.models.len()).filter(|&k| fits(&plan.models[k].name) || fits(&plan.models[k].base)).collect();
    // Without a pattern there is no model to leave out: the study may be of autocorrelation alone.
    if let (true, Some(pattern)) = (chosen.is_empty(), only) {
        return Err(RunError::NoModel {
            pattern: pattern.to_string(),
            known: plan.models.iter().map(|model| model.name.clone()).collect(),
        });
    }
    Ok(chosen)
}

/// Tables and figures of which no model was estimated; families and curves speak for themselves.
fn left_out(plan: &Plan, estimated: &[Estimated], figures: &[draw::Drawn]) -> Vec<Note> {
    let (of, models) = (plan.models.len(), plan.models.len() - estimated.len());
    if models == 0 {
        return Vec::new();
    }
    let is_named = |patterns: &[String], name: &str, base: &str| {
        let fits = |pattern: &String| super::matches_name(pattern, name) || super::matches_name(pattern, base);
        patterns.is_empty() || patterns.iter().any(fits)
    };
    let tables = plan.study.tables.iter().filter_map(|table| {
        let of = plan.models.iter().filter(|model| is_named(&table.models, &model.name, &model.base)).count();
        let is_there = estimated.iter().any(|one| is_named(&table.models, &one.fit.model, &one.fit.base));
        (!is_there).then(|| Note::LeftOut { what: format!("table {}", table.name), models: of, of })
    });
    let is_drawn = |name: &str| figures.iter().any(|figure| figure.name == name);
    let undrawn = plan.study.figures.iter().filter(|figure| !is_drawn(&figure.name));
    let undrawn = undrawn.map(|figure| Note::LeftOut { what: format!("figure {}", figure.name), models, of });
    tables.chain(undrawn).collect()
}

/// Fits of a former run whose keys have not changed.
fn former_fits(plan: &Plan, lock: Option<&Lock>, out: &Path) -> BTreeMap<String, Fit> {
    let Some(lock) = lock else { return BTreeMap::new() };
    let intact = lock.results.iter().any(|file| {
        file.path == "results.json"
            && super::lock::digest_file(&out.join(&file.path)).is_ok_and(|digest| digest == file.blake3)
    });
    let Some(results) = intact.then(|| read_results(out).ok().flatten()).flatten() else { return BTreeMap::new() };
    let keys: HashMap<&str, &String> =
        plan.models.iter().zip(&plan.keys).map(|(model, key)| (model.name.as_str(), key)).collect();
    let unchanged = |name: &str| keys.get(name).is_some_and(|&key| lock.models.get(name) == Some(key));
    results.models.into_iter().filter(|fit| unchanged(&fit.model)).map(|fit| (fit.model.clone(), fit)).collect()
}

/// The results that a run left in a folder; `None` where there are none.
///
/// # Errors
/// The file is not such a record, or of a later version.
pub fn read_results(out: &Path) -> Result<Option<Results>, ResultsError> {
    match std::fs::read_to_string(out.join("results.json")) {
        Ok(text) => Results::from_json(&text).map(Some),
        Err(_) => Ok(None),
    }
}

pub(super) fn deny(study: &Study, notes: &[Note]) -> Result<(), RunError> {
    match notes.iter().find(|note| study.deny.contains(&note.code())) {
        Some(note) => Err(RunError::Denied { note: Box::new(note.clone()) }),
        None => Ok(()),
    }
}

type Settled = (Vec<Estimated>, Vec<String>);

fn settle(outcomes: Vec<Result<Estimated, RunError>>, keep_going: bool) -> Result<Settled, RunError> {
    let mut estimated = Vec::new();
    let mut failed = Vec::new();
    for outcome in outcomes {
        match outcome {
            Ok(one) => estimated.push(one),
            Err(RunError::Interrupted) => return Err(RunError::Interrupted),
            Err(error) if keep_going => failed.push(error),
            Err(error) => return Err(error),
        }
    }
    let messages = failed.iter().map(ToString::to_string).collect();
    // With nothing estimated there is nothing to write: the first failure is the message.
    match failed.into_iter().next() {
        Some(first) if estimated.is_empty() => Err(first),
        _ => Ok((estimated, messages)),
    }
}

/// What draws and writes need of the data.
pub(super) fn is_synthetic(prepared: &Prepared) -> bool {
    prepared.sources.iter().any(|source| source.synthetic)
}
