//! Everything that a run writes, staged file by file and put in place at once.

use std::collections::BTreeMap;

use crate::describe::DescriptiveStatistics;
use crate::estimate::Fit;
use crate::infer::association::LocalRow;
use crate::infer::curve::CurveRecord;
use crate::infer::family::FamilyRecord;
use crate::note::Note;
use crate::panel::Panel;
use crate::report::figure::png;
use crate::report::files::{self, OutputFolder};
use crate::report::page::{Page, PageParts, render};
use crate::report::results::{DataSource, FigureRecord, Results, StudyRecord};
use crate::report::table::{self, Table, TableSpec};

use super::autocorrelation::Autocorrelation;
use super::draw::Drawn;
use super::execute::RunError;
use super::groups::Estimated;
use super::lock::{Lock, LockedFile};
use super::prepare::Prepared;
use super::resolve::Plan;
use crate::estimate::system::SystemRecord;
use crate::infer::distance_decay::DistanceDecayRecord;
use crate::infer::panel::clubs::ClubsRecord;

/// What is written beside the models.
pub(super) struct Beside {
    /// Descriptive statistics.
    pub(super) descriptives: Vec<DescriptiveStatistics>,
    /// Families of hypotheses.
    pub(super) families: Vec<FamilyRecord>,
    /// Specification curves.
    pub(super) curves: Vec<CurveRecord>,
    /// Spatial autocorrelation.
    pub(super) autocorrelations: Vec<Autocorrelation>,
    /// Systems of equations.
    pub(super) systems: Vec<SystemRecord>,
    /// Numbers of spatial weights by profile likelihood.
    pub(super) distance_decays: Vec<DistanceDecayRecord>,
    /// Convergence clubs.
    pub(super) clubs: Vec<ClubsRecord>,
    /// Findings about the run as a whole.
    pub(super) notes: Vec<Note>,
}

/// Writes the results of a run and returns their record.
pub(super) fn write(
    plan: &Plan,
    prepared: &Prepared,
    (estimated, beside): (&[Estimated], Beside),
    figures: &[Drawn],
    (mut folder, former): (OutputFolder, Option<&Lock>),
) -> Result<Results, RunError> {
    let fits: Vec<Fit> = estimated.iter().map(|estimated| estimated.fit.clone()).collect();
    let specs: Vec<TableSpec> = plan.study.tables.iter().map(TableSpec::from).collect();
    for fault in specs.iter().flat_map(|spec| spec.faults(&fits)) {
        // A table of models that `--only` left out is no fault; a misspelt label is.
        if fits.len() == plan.models.len() {
            return Err(RunError::Table { message: fault.to_string() });
        }
    }
    let tables: Vec<Table> = specs
        .iter()
        .map(|spec| (spec, spec.select(&fits)))
        .filter(|(_, chosen)| !chosen.is_empty())
        .map(|(spec, chosen)| table::layout(spec, &chosen))
        .collect();
    let denied = tables.iter().flat_map(|table| &table.findings).find(|note| plan.study.deny.contains(&note.code()));
    if let Some(note) = denied {
        return Err(RunError::Denied { note: Box::new(note.clone()) });
    }
    let results = Results {
        format: Results::FORMAT,
        version: env!("CARGO_PKG_VERSION").to_string(),
        study: StudyRecord {
            name: plan.study.name(),
            title: plan.study.title.clone(),
            question: plan.study.question.clone(),
            seed: Some(plan.study.seed),
        },
        data: sources(prepared),
        descriptives: beside.descriptives,
        models: fits,
        families: beside.families,
        curves: beside.curves,
        weights: super::geography::records(&plan.study, &prepared.setting.weights),
        autocorrelations: beside.autocorrelations.iter().map(|one| one.record.clone()).collect(),
        systems: beside.systems,
        distance_decays: beside.distance_decays,
        clubs: beside.clubs,
        tables,
        figures: figures.iter().map(record).collect(),
        notes: prepared.notes.iter().cloned().chain(beside.notes).collect(),
    };
    stage_data(&mut folder, &results)?;
    if !results.weights.is_empty() {
        folder.stage("weights.csv", files::csv(&files::weights(&results.weights)).as_bytes())?;
    }
    if !beside.autocorrelations.is_empty() {
        let local: Vec<LocalRow> = beside.autocorrelations.into_iter().flat_map(|one| one.local).collect();
        folder
            .stage("autocorrelation.csv", files::csv(&files::autocorrelations(&results.autocorrelations)).as_bytes())?;
        folder.stage("local_autocorrelation.csv", files::csv(&files::local_autocorrelations(&local)).as_bytes())?;
    }
    if !results.systems.is_empty() {
        folder.stage("systems.csv", files::csv(&files::systems(&results.systems)).as_bytes())?;
        folder.stage("system_tests.csv", files::csv(&files::system_tests(&results.systems)).as_bytes())?;
    }
    if !results.distance_decays.is_empty() {
        folder.stage("distance_decay.csv", files::csv(&files::distance_decays(&results.distance_decays)).as_bytes())?;
    }
    if !results.clubs.is_empty() {
        folder.stage("clubs.csv", files::csv(&files::clubs(&results.clubs)).as_bytes())?;
        folder.stage("club_tests.csv", files::csv(&files::club_tests(&results.clubs)).as_bytes())?;
    }
    stage_fitted(&mut folder, &prepared.panel, estimated)?;
    stage_tables(&mut folder, &results.tables)?;
    stage_figures(&mut folder, figures)?;
    folder.stage("report.html", page(plan, &results, &specs, figures)?.as_bytes())?;
    let json = results.to_json().map_err(|error| RunError::Page { message: error.to_string() })?;
    folder.stage("results.json", json.as_bytes())?;
    let lock = lock(plan, &results, &folder);
    let text = lock.to_text().map_err(|error| RunError::Page { message: error.to_string() })?;
    folder.stage("study.lock", text.as_bytes())?;
    let earlier: BTreeMap<String, String> = former
        .into_iter()
        .flat_map(|lock| &lock.results)
        .map(|file| (file.path.clone(), file.blake3.clone()))
        .collect();
    folder.publish(&earlier)?;
    Ok(results)
}

fn stage_data(folder: &mut OutputFolder, results: &Results) -> Result<(), RunError> {
    let fits = &results.models;
    let mut frames = vec![("tidy", files::tidy(fits)), ("glance", files::glance(fits))];
    if fits.iter().any(|fit| !fit.fixed_effects.is_empty()) {
        frames.push(("fixed_effects", files::fixed_effects(fits)));
    }
    for (name, frame) in &frames {
        folder.stage(&format!("{name}.csv"), files::csv(frame).as_bytes())?;
        let bytes = files::parquet(frame).map_err(|error| RunError::Page { message: error.to_string() })?;
        folder.stage(&format!("{name}.parquet"), &bytes)?;
    }
    folder.stage("tests.csv", files::csv(&files::tests(fits)).as_bytes())?;
    folder.stage("sample.csv", files::csv(&files::sample(fits)).as_bytes())?;
    if fits.iter().any(|fit| !fit.inference.combinations.is_empty()) {
        folder.stage("combinations.csv", files::csv(&files::combinations(fits)).as_bytes())?;
    }
    if fits.iter().any(|fit| !fit.inference.margins.is_empty()) {
        folder.stage("margins.csv", files::csv(&files::margins(fits)).as_bytes())?;
    }
    if fits.iter().any(|fit| !fit.inference.predictions.is_empty()) {
        folder.stage("predictions.csv", files::csv(&files::predictions(fits)).as_bytes())?;
    }
    if fits.iter().any(|fit| fit.wild.is_some()) {
        folder.stage("wild.csv", files::csv(&files::wild(fits)).as_bytes())?;
    }
    if !results.families.is_empty() {
        folder.stage("families.csv", files::csv(&files::families(&results.families)).as_bytes())?;
    }
    if !results.curves.is_empty() {
        folder.stage("curve.csv", files::csv(&files::curves(&results.curves)).as_bytes())?;
        folder.stage("curve_tests.csv", files::csv(&files::curve_tests(&results.curves)).as_bytes())?;
    }
    if fits.iter().any(|fit| fit.sensitivity.is_some()) {
        folder.stage("sensitivity.csv", files::csv(&files::sensitivity(fits)).as_bytes())?;
        folder.stage("sensitivity_bounds.csv", files::csv(&files::sensitivity_bounds(fits)).as_bytes())?;
    }
    if fits.iter().any(|fit| fit.spatial.as_ref().is_some_and(|record| !record.impacts.is_empty())) {
        folder.stage("impacts.csv", files::csv(&files::impacts(fits)).as_bytes())?;
    }
    if fits.iter().any(|fit| fit.shift_share.is_some()) {
        folder.stage("shift_share.csv", files::csv(&files::shift_share(fits)).as_bytes())?;
        folder.stage("rotemberg.csv", files::csv(&files::rotemberg(fits)).as_bytes())?;
        folder.stage("shocks.csv", files::csv(&files::shocks(fits)).as_bytes())?;
    }
    Ok(())
}

/// The fitted values of the models that ask for them, with the unit and time of every row.
fn stage_fitted(folder: &mut OutputFolder, panel: &Panel, estimated: &[Estimated]) -> Result<(), RunError> {
    let samples: Vec<files::FittedSample<'_>> = estimated
        .iter()
        .filter_map(|one| Some(files::FittedSample { model: &one.fit.model, values: one.beside.fitted.as_ref()? }))
        .collect();
    if samples.is_empty() {
        return Ok(());
    }
    let frame =
        files::fitted(&samples, |row| panel.unit_name(row), panel.time().map(|time| move |row: usize| time[row]));
    folder.stage("fitted.csv", files::csv(&frame).as_bytes())?;
    let bytes = files::parquet(&frame).map_err(|error| RunError::Page { message: error.to_string() })?;
    folder.stage("fitted.parquet", &bytes)?;
    Ok(())
}

fn stage_tables(folder: &mut OutputFolder, tables: &[Table]) -> Result<(), RunError> {
    for one in tables {
        folder.stage(&format!("tables/{}.tex", one.name), table::latex(one).as_bytes())?;
        folder.stage(&format!("tables/{}.html", one.name), table::html(one).as_bytes())?;
        folder.stage(&format!("tables/{}.md", one.name), table::markdown(one).as_bytes())?;
    }
    Ok(())
}

fn stage_figures(folder: &mut OutputFolder, figures: &[Drawn]) -> Result<(), RunError> {
    for figure in figures {
        let bytes = png::png(&figure.svg, png::SCALE)
            .map_err(|error| RunError::Figure { figure: figure.name.clone(), message: error.to_string() })?;
        folder.stage(&format!("figures/{}.svg", figure.name), figure.svg.as_str().as_bytes())?;
        folder.stage(&format!("figures/{}.png", figure.name), &bytes)?;
    }
    Ok(())
}

fn page(plan: &Plan, results: &Results, specs: &[TableSpec], figures: &[Drawn]) -> Result<String, RunError> {
    let digests = std::iter::once(("plan".to_string(), plan.digest.clone()))
        .chain(plan.inputs.iter().filter_map(|(path, digest)| Some((file_name(path), digest.clone()?))))
        .collect();
    let parts = PageParts {
        specs,
        figures: figures.iter().map(|figure| (record(figure), figure.svg.as_str().to_string())).collect(),
        references: plan.study.references.clone(),
        command: format!("isard run {}", plan.study.source.path.display()),
        digests,
    };
    render(&Page::new(results, parts)).map_err(|error| RunError::Page { message: error.to_string() })
}

fn record(figure: &Drawn) -> FigureRecord {
    FigureRecord {
        name: figure.name.clone(),
        title: figure.title.clone(),
        caption: figure.caption.clone(),
        is_map: figure.is_map,
    }
}

fn sources(prepared: &Prepared) -> Vec<DataSource> {
    let mut told: Vec<&String> = Vec::new();
    prepared
        .sources
        .iter()
        .map(|source| DataSource {
            name: source.name.clone(),
            title: source.title.clone(),
            // Tables of one package share its description: it is told once.
            description: source.description.as_ref().filter(|text| !told.contains(text)).map(|text| {
                told.push(text);
                text.clone()
            }),
            licence: source.licence.clone(),
            sources: source.source.iter().cloned().collect(),
            rows: Some(source.rows),
            is_synthetic: source.synthetic,
        })
        .collect()
}

fn lock(plan: &Plan, results: &Results, folder: &OutputFolder) -> Lock {
    let keys: BTreeMap<&str, &String> =
        plan.models.iter().zip(&plan.keys).map(|(model, key)| (model.name.as_str(), key)).collect();
    let complete = results.models.len() == plan.models.len();
    Lock {
        isard: env!("CARGO_PKG_VERSION").to_string(),
        seed: plan.study.seed,
        // A run of some models is not the whole plan: the next full run must not take it for that.
        plan: if complete { plan.digest.clone() } else { format!("partial {}", plan.digest) },
        models: results
            .models
            .iter()
            .filter_map(|fit| Some((fit.model.clone(), (*keys.get(fit.model.as_str())?).clone())))
            .collect(),
        data: plan
            .inputs
            .iter()
            .filter_map(|(path, digest)| Some(LockedFile { path: file_name(path), blake3: digest.clone()? }))
            .collect(),
        results: folder.files().into_iter().map(|file| LockedFile { path: file.name, blake3: file.digest }).collect(),
    }
}

fn file_name(path: &std::path::Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
