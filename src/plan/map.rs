//! `isard map`: from a study's `[map]` to the measured map.
//!
//! Reading, geography and definitions are those of a run (`plan::prepare`); `mapping::cluster_map` measures,
//! `report::cluster_map` writes.

use std::collections::HashMap;

use super::execute::{RunError, is_synthetic};
use super::parts::{self, Reading};
use super::prepare::{Prepared, Roles, text_column};
use super::resolve::Plan;
use crate::evaluate::Evaluator;
use crate::mapping::cluster_map::{ClusterMap, DrawnMaps, MapError, MapOptions, MapRows, MapSums, NationalTotal};
use crate::note::Note;
use crate::panel::{Column, FALSE, Factor, Panel, SourceRecord, TRUE};
use crate::space::{Polygons, Projection, project};
use crate::study::impute::ImputeDraw;
use crate::study::map::MapSpec;
use crate::study::{Parsed, Study};

/// A measured map with what a reader needs to see it.
#[derive(Debug)]
pub struct MeasuredMap {
    /// The map.
    pub map: ClusterMap,
    /// Names of regions by id.
    pub region_names: HashMap<String, String>,
    /// Names of clusters by code.
    pub cluster_names: HashMap<String, String>,
    /// The regions' outlines in the plane, if the study has them.
    pub outlines: Option<Polygons>,
    /// Whether any of the data are synthetic.
    pub is_synthetic: bool,
    /// Findings about the data.
    pub notes: Vec<Note>,
    /// The files read.
    pub sources: Vec<SourceRecord>,
}

impl MeasuredMap {
    /// A region as people call it.
    pub fn region(&self, region: u32) -> &str {
        let id = &self.map.regions[region as usize];
        self.region_names.get(id).unwrap_or(id)
    }

    /// A cluster as people call it.
    pub fn cluster(&self, cluster: u32) -> &str {
        let code = &self.map.clusters[cluster as usize].name;
        self.cluster_names.get(code).unwrap_or(code)
    }
}

/// Measures the map of a study, with its spread over draws of imputed values where the study asks for it.
///
/// # Errors
/// When the study has no `[map]`, or draws and nothing imputed, or its data cannot be mapped.
pub fn run(plan: &Plan, reading: Reading) -> Result<MeasuredMap, RunError> {
    let spec = spec(plan)?;
    let mut measured = once(plan, spec, reading)?;
    if spec.draws > 0 {
        let mut drawn = DrawnMaps::of(&measured.map);
        for_each_draw(plan, |plan| {
            let draw = once(plan, spec, reading)?;
            drawn.add(&measured.map, &draw.map).map_err(|source| RunError::Map { source })
        })?;
        drawn.write(&mut measured.map);
    }
    Ok(measured)
}

/// Gives `visit` the plan with imputed values drawn, as often as the study's map asks for it.
pub(super) fn for_each_draw(plan: &Plan, mut visit: impl FnMut(&Plan) -> Result<(), RunError>) -> Result<(), RunError> {
    let draws = plan.study.map.as_ref().map_or(0, |spec| spec.draws);
    (0..draws).try_for_each(|number| visit(&with_draw(plan, number.into())?))
}

fn once(plan: &Plan, spec: &MapSpec, reading: Reading) -> Result<MeasuredMap, RunError> {
    let mut collected = Collected::default();
    parts::for_each(plan, &plan.names_of_map(), reading, &mut |prepared| collected.add(&plan.study, spec, &prepared))?;
    collected.measured(spec)
}

/// The plan with imputed values drawn.
fn with_draw(plan: &Plan, number: u64) -> Result<Plan, RunError> {
    let mut plan = plan.clone();
    let seed = plan.study.seed;
    let mut steps = plan.study.data.tables.values_mut().flat_map(|table| &mut table.impute).peekable();
    if steps.peek().is_none() {
        let message = "draws of [map] needs imputed cells: add impute to a table of [data.tables], or leave draws out";
        return Err(RunError::NotAsked { message: message.into() });
    }
    steps.for_each(|step| step.draw = Some(ImputeDraw { seed, number }));
    Ok(plan)
}

/// Measures the map on data that are read already.
///
/// # Errors
/// As [`run`].
pub fn measure(plan: &Plan, prepared: &Prepared) -> Result<MeasuredMap, RunError> {
    let spec = spec(plan)?;
    let mut collected = Collected::default();
    collected.add(&plan.study, spec, prepared)?;
    collected.measured(spec)
}

fn spec(plan: &Plan) -> Result<&MapSpec, RunError> {
    plan.study.map.as_ref().ok_or_else(|| RunError::NotAsked {
        message: "the study has no [map]: add it, with employment = \"COLUMN\"".into(),
    })
}

/// What a map keeps of the parts of its panel.
#[derive(Default)]
struct Collected {
    sums: Vec<MapSums>,
    national: Option<Vec<NationalTotal>>,
    region_names: HashMap<String, String>,
    cluster_names: HashMap<String, String>,
    polygons: Option<Polygons>,
    is_synthetic: bool,
    notes: Vec<Note>,
    sources: Vec<SourceRecord>,
}

impl Collected {
    /// Adds a part up.
    fn add(&mut self, study: &Study, spec: &MapSpec, prepared: &Prepared) -> Result<(), RunError> {
        let panel = &prepared.panel;
        let roles = Roles::of(study);
        let columns = Columns { study, evaluator: Evaluator::new(panel, &prepared.setting) };
        let employment = columns.numbers(&spec.employment)?;
        let optional = |parsed: &Option<Parsed>| parsed.as_ref().map(|parsed| columns.numbers(parsed)).transpose();
        let (establishments, payroll) = (optional(&spec.establishments)?, optional(&spec.payroll)?);
        let patents = optional(&spec.patents)?;
        let bounds = match &spec.bounds {
            Some([low, high]) => Some([columns.numbers(low)?, columns.numbers(high)?]),
            None => None,
        };
        let rows = spec.filter.as_ref().map(|parsed| columns.truth(parsed)).transpose()?;
        let is_traded =
            prepared.setting.roles.traded.as_deref().map(|name| columns.traded(name, panel.get(name))).transpose()?;
        let region = text_column(panel, "the panel", &roles.region)?;
        let cluster = text_column(panel, "the panel", &roles.cluster)?;
        let map_rows = MapRows {
            region: &region,
            cluster: &cluster,
            time: panel.time(),
            is_traded: is_traded.as_deref(),
            rows: rows.as_deref(),
            employment: &employment,
            bounds: bounds.as_ref().map(|[low, high]| [low.as_slice(), high.as_slice()]),
            establishments: establishments.as_ref().map(|values| values.as_slice()),
            payroll: payroll.as_ref().map(|values| values.as_slice()),
            patents: patents.as_ref().map(|values| values.as_slice()),
        };
        self.sums.push(MapSums::of(map_rows).map_err(|source| RunError::Map { source })?);
        for (known, ids, column) in [
            (&mut self.region_names, &region, &spec.region_name),
            (&mut self.cluster_names, &cluster, &spec.cluster_name),
        ] {
            for (id, name) in names(panel, ids, column.as_ref())? {
                known.entry(id).or_insert(name);
            }
        }
        if self.polygons.is_none() {
            self.polygons.clone_from(&prepared.polygons);
        }
        if self.national.is_none() {
            self.national = national(study, spec, prepared, &roles)?;
        }
        self.is_synthetic |= is_synthetic(prepared);
        self.notes.extend(prepared.notes.iter().filter(|note| !self.notes.contains(note)).cloned().collect::<Vec<_>>());
        let new = prepared.sources.iter().filter(|source| !self.sources.iter().any(|known| known.path == source.path));
        self.sources.extend(new.cloned().collect::<Vec<_>>());
        Ok(())
    }

    /// The map of all parts.
    fn measured(mut self, spec: &MapSpec) -> Result<MeasuredMap, RunError> {
        let options = MapOptions { base: spec.base, national: self.national, rule: spec.rule, stars: spec.stars };
        let sums =
            if self.sums.len() == 1 { self.sums.pop().ok_or(MapError::Empty) } else { MapSums::stack(self.sums) };
        let map = sums.and_then(|sums| ClusterMap::of_sums(sums, &options));
        let map = map.map_err(|source| RunError::Map { source })?;
        if let Some(polygons) = &self.polygons {
            let named = polygons.ids.iter().zip(&polygons.names);
            for (id, name) in named.filter_map(|(id, name)| Some((id, name.as_ref()?))) {
                self.region_names.entry(id.clone()).or_insert_with(|| name.clone());
            }
        }
        let present = |id: &str| map.regions.binary_search_by(|known| known.as_str().cmp(id)).is_ok();
        Ok(MeasuredMap {
            region_names: self.region_names,
            cluster_names: self.cluster_names,
            outlines: self.polygons.as_ref().map(|polygons| {
                let among = polygons.filtered(present);
                project(&among, Projection::choose(&among))
            }),
            is_synthetic: self.is_synthetic,
            notes: self.notes,
            sources: self.sources,
            map,
        })
    }
}

/// Expressions of `[map]` on the panel.
struct Columns<'a> {
    study: &'a Study,
    evaluator: Evaluator<'a>,
}

impl Columns<'_> {
    fn numbers(&self, parsed: &Parsed) -> Result<std::sync::Arc<Vec<f64>>, RunError> {
        let found = self.evaluator.evaluate(&parsed.expr);
        match found.map_err(|error| RunError::at(self.study, &parsed.at, &error))? {
            Column::Number(values) => Ok(values),
            Column::Text(_) => {
                let message = format!("`{}` is text, not numbers", parsed.text);
                let fault = self.study.source.fault(&parsed.at, message);
                let fault = fault.help(format!("use number({}) if its texts are numbers", parsed.text));
                Err(RunError::Study(self.study.faults(vec![fault])))
            }
        }
    }

    fn truth(&self, parsed: &Parsed) -> Result<Vec<bool>, RunError> {
        let found = self.evaluator.truth(&parsed.expr);
        Ok(found.map_err(|error| RunError::at(self.study, &parsed.at, &error))?.rows)
    }

    /// The column that tells traded rows, 1 or 0; also where it is text that says true or false.
    fn traded(&self, name: &str, column: Option<&Column>) -> Result<Vec<f64>, RunError> {
        let values = match column {
            Some(Column::Number(values)) => values.to_vec(),
            Some(Column::Text(factor)) => {
                let levels: Vec<f64> = factor.levels.iter().map(|level| truth_of(level)).collect();
                let of = |code: &u32| levels.get(*code as usize).copied().unwrap_or(f64::NAN);
                factor.codes.iter().map(of).collect()
            }
            None => Vec::new(),
        };
        let other = values.iter().position(|&value| value != 0.0 && value != 1.0 && !value.is_nan());
        match other.zip(column) {
            None => Ok(values),
            Some((row, column)) => {
                let message = format!(
                    "`{name}` tells traded rows and holds {}: it must be true or false; name another column with traded = \"...\" in [clusters]",
                    column.display(row)
                );
                Err(RunError::Study(self.study.faults(vec![self.study.source.fault("map", message)])))
            }
        }
    }
}

/// 1 for a text that says true, 0 for one that says false, else an impossible truth.
fn truth_of(text: &str) -> f64 {
    if TRUE.contains(&text) {
        1.0
    } else if FALSE.contains(&text) {
        0.0
    } else {
        2.0
    }
}

/// The first name of every level.
pub(super) fn names(panel: &Panel, ids: &Factor, column: Option<&String>) -> Result<HashMap<String, String>, RunError> {
    let mut found = HashMap::new();
    if let Some(column) = column {
        let named = text_column(panel, "the panel", column)?;
        for row in 0..ids.len() {
            if let (Some(id), Some(name)) = (ids.text(row), named.text(row)) {
                found.entry(id.to_string()).or_insert_with(|| name.trim().to_string());
            }
        }
    }
    Ok(found)
}

/// The national totals of the table that `[map]` names.
fn national(
    study: &Study,
    spec: &MapSpec,
    prepared: &Prepared,
    roles: &Roles,
) -> Result<Option<Vec<NationalTotal>>, RunError> {
    let Some(name) = &spec.national else { return Ok(None) };
    let Some(table) = prepared.map_tables.get(name) else { return Ok(None) };
    let cluster = text_column(table, name, &roles.cluster)?;
    let employment = super::prepare::number_column(table, name, "employment")?;
    let time = match study.data.time.as_ref().and_then(|time| table.get(time)) {
        Some(Column::Number(time)) => Some(time.clone()),
        _ => None,
    };
    let totals = (0..table.n_rows()).filter_map(|row| {
        let time = time.as_ref().map(|time| time[row]);
        Some(NationalTotal { cluster: cluster.text(row)?.to_string(), time, employment: employment[row] })
    });
    Ok(Some(totals.collect()))
}

/// Whether a pattern or name means a cluster.
pub(crate) fn is_called(measured: &MeasuredMap, cluster: u32, wanted: &str) -> bool {
    let code = &measured.map.clusters[cluster as usize].name;
    code == wanted || measured.cluster(cluster).eq_ignore_ascii_case(wanted)
}
