//! Before any model: the panel with the study's variables, its geography and its clusters.

use std::collections::{BTreeSet, HashMap};

use std::sync::Arc;

use indexmap::IndexMap;

use crate::estimate::shift_share::Exposure;
use crate::evaluate::{self, Setting};
use crate::mapping::{ClusterDefinition, DefinitionError, Membership, Relatedness};
use crate::note::Note;
use crate::panel::{self, Column, Factor, Ledger, Loaded, Panel, SourceRecord};
use crate::space::{Polygons, Regions};
use crate::study::Study;
use crate::study::geography::RawWeights;
use crate::study::raw::{ClustersSection, RelatednessWeights};

use super::execute::RunError;
use super::geography;
use super::resolve::Plan;

/// Everything that models, figures and maps are computed from.
#[derive(Debug)]
pub struct Prepared {
    /// The panel with the study's variables as columns.
    pub panel: Panel,
    /// Weights, clusters and definitions that expressions may refer to.
    pub setting: Setting,
    /// The regions' outlines, if the geography has them.
    pub polygons: Option<Polygons>,
    /// Where the regions of the panel are, if the study asks how something falls with distance.
    pub regions: Option<Regions>,
    /// Shares and shocks of the shift-share variables, on the rows of the panel.
    pub exposures: IndexMap<String, Arc<Exposure>>,
    /// Tables that the map and its designations read, by name.
    pub map_tables: IndexMap<String, Panel>,
    /// True parameters: (equation, term, value).
    pub truth: Vec<(String, String, f64)>,
    /// Rows that left while reading.
    pub ledger: Ledger,
    /// Findings about the data.
    pub notes: Vec<Note>,
    /// The files read.
    pub sources: Vec<SourceRecord>,
}

/// Which columns play which part in the study.
#[derive(Clone, Debug, PartialEq)]
pub struct Roles {
    /// The region.
    pub region: String,
    /// The industry, if the panel has one.
    pub industry: Option<String>,
    /// The cluster.
    pub cluster: String,
    /// Whether an industry is traded.
    pub traded: String,
}

impl Roles {
    /// The roles of a study: as it says, or by the order of its unit.
    pub fn of(study: &Study) -> Roles {
        let unit = study.data.unit.names();
        let clusters = study.clusters.as_ref();
        let region = study.geography.as_ref().and_then(|geography| geography.region.clone());
        let region = region.or_else(|| unit.first().cloned()).unwrap_or_default();
        let industry = clusters.and_then(|clusters| clusters.industry.clone());
        let industry = industry.or_else(|| unit.iter().find(|name| **name != region).cloned());
        let named = |given: Option<&String>, usual: &str| given.cloned().unwrap_or_else(|| usual.to_string());
        Roles {
            region,
            industry,
            cluster: named(clusters.and_then(|clusters| clusters.cluster.as_ref()), "cluster"),
            traded: named(clusters.and_then(|clusters| clusters.traded.as_ref()), "traded"),
        }
    }

    /// The names of all columns with a role.
    pub fn names(&self) -> Vec<String> {
        [Some(&self.region), self.industry.as_ref(), Some(&self.cluster), Some(&self.traded)]
            .into_iter()
            .flatten()
            .cloned()
            .collect()
    }
}

/// Reads the data of a plan and computes the study's variables.
///
/// # Errors
/// Faults in the data, or expressions that do not fit them.
pub fn prepare(plan: &Plan) -> Result<Prepared, RunError> {
    prepare_for(plan, &plan.names_in_use())
}

/// The same with the columns and variables that some names lead to, and no others.
///
/// # Errors
/// As [`prepare`].
pub(super) fn prepare_for(plan: &Plan, names: &BTreeSet<String>) -> Result<Prepared, RunError> {
    let study = &plan.study;
    let needed = plan.columns_of(names);
    let mut loaded = panel::load(&study.data, study.folder(), plan.data_dir.as_deref(), Some(&needed))?;
    let mut panel = std::mem::take(&mut loaded.panel);
    let roles = Roles::of(study);
    // Weights are among the regions of the panel: one that the panel does not have cannot spill over.
    let present: BTreeSet<String> =
        panel.get(&roles.region).map(|column| column.to_factor().levels.iter().cloned().collect()).unwrap_or_default();
    let mut beside = Beside::read(plan, &mut loaded, &present)?;
    let exposures = super::exposure::attach(&mut panel, &mut loaded, study, &mut beside.notes)?;
    let mut prepared = beside.attach(plan, loaded, panel, names)?;
    prepared.exposures = exposures;
    Ok(prepared)
}

/// What a study reads beside its panel: read once, also where the panel comes one period at a time.
pub(super) struct Beside {
    definition: Option<Definition>,
    setting: Setting,
    polygons: Option<Polygons>,
    regions: Option<Regions>,
    map_tables: IndexMap<String, Panel>,
    truth: Vec<(String, String, f64)>,
    notes: Vec<Note>,
}

impl Beside {
    /// Reads it; `present` are the regions of the panel.
    pub(super) fn read(plan: &Plan, loaded: &mut Loaded, present: &BTreeSet<String>) -> Result<Self, RunError> {
        let study = &plan.study;
        let roles = Roles::of(study);
        let mut notes = Vec::new();
        let mut setting = Setting::default();
        let mut definition = None;
        if let Some(section) = &study.clusters {
            definition = read_definition(loaded, section, &roles)?;
            setting.relatedness = relatedness(loaded, section)?;
        }
        let (mut polygons, mut kept) = (None, None);
        if let Some(section) = &study.geography {
            let regions = geography::regions(loaded, section, &mut notes)?;
            setting.weights = geography::weights(loaded, section, (&regions, present))?;
            setting.kept_islands = geography::kept_islands(section);
            geography::note(section, (present, &regions), &setting.weights, &mut notes);
            kept = (!study.distance_decays.is_empty()).then(|| regions.among(present));
            if let Regions::Polygons(shapes) = regions {
                polygons = Some(shapes);
            }
        }
        let truth = if study.models.iter().any(|model| model.truth.is_some()) { truth(loaded)? } else { Vec::new() };
        let tables = map_tables(study).into_iter().map(|name| loaded.table(&name).map(|table| (name, table)));
        let map_tables = tables.collect::<Result<_, _>>()?;
        Ok(Beside { definition, setting, polygons, regions: kept, map_tables, truth, notes })
    }

    /// Gives a panel its clusters and the variables that the names lead to.
    pub(super) fn attach(
        &self,
        plan: &Plan,
        loaded: Loaded,
        mut panel: Panel,
        names: &BTreeSet<String>,
    ) -> Result<Prepared, RunError> {
        let study = &plan.study;
        let roles = Roles::of(study);
        let (mut notes, mut setting) = (self.notes.clone(), self.setting.clone());
        if let Some(definition) = &self.definition {
            attach_clusters(&mut panel, definition, &roles, &mut notes)?;
        }
        let present = |name: &str| panel.get(name).is_some().then(|| name.to_string());
        setting.roles = evaluate::Roles {
            region: present(&roles.region),
            industry: roles.industry.as_deref().and_then(present),
            cluster: present(&roles.cluster),
            traded: present(&roles.traded),
        };
        // Only variables that something uses are computed; all are known to `spatial_lag`.
        let used = plan.used_variables(names);
        let definitions: Vec<(String, crate::formula::Expr)> = study
            .variables
            .iter()
            .filter(|(name, _)| used.contains(name.as_str()))
            .map(|(name, parsed)| (name.clone(), parsed.expr.clone()))
            .collect();
        let found = evaluate::variables(&mut panel, &setting, &definitions).map_err(|fault| {
            let at = format!("variables.{}", fault.variable);
            RunError::at(study, &at, &fault.source)
        })?;
        setting.definitions = definitions.into_iter().collect();
        notes.extend(found);
        notes.extend(loaded.notes);
        Ok(Prepared {
            panel,
            setting,
            polygons: self.polygons.clone(),
            regions: self.regions.clone(),
            exposures: IndexMap::new(),
            map_tables: self.map_tables.clone(),
            truth: self.truth.clone(),
            ledger: loaded.ledger,
            notes,
            sources: loaded.sources,
        })
    }
}

/// The definition of clusters with its table.
struct Definition {
    table: Panel,
    definition: ClusterDefinition,
    /// Where its first industry stands.
    first: String,
}

/// The definition of clusters, if the study has one and its panel industries.
fn read_definition(
    loaded: &mut Loaded,
    section: &ClustersSection,
    roles: &Roles,
) -> Result<Option<Definition>, RunError> {
    let (Some(name), Some(industry)) = (&section.definition, &roles.industry) else { return Ok(None) };
    let table = loaded.table(name)?;
    let industries = text_column(&table, name, industry)?;
    let clusters = text_column(&table, name, &roles.cluster)?;
    let shares = match table.get(section.share.as_deref().unwrap_or("share")) {
        Some(Column::Number(shares)) => Some(shares.clone()),
        _ => None,
    };
    let lines: Vec<Membership> = (0..table.n_rows())
        .map(|row| Membership {
            industry: industries.text(row).unwrap_or_default().to_string(),
            cluster: clusters.text(row).unwrap_or_default().to_string(),
            share: shares.as_ref().map(|shares| shares[row]),
        })
        // A line with neither says nothing.
        .filter(|line| !(line.industry.is_empty() && line.cluster.is_empty()))
        .collect();
    let place = |loaded: &Loaded, source: &DefinitionError| {
        let of = |(code, cluster): (_, Option<_>)| {
            let cluster = cluster.map(|cluster| (roles.cluster.as_str(), cluster));
            [(industry.as_str(), code)].into_iter().chain(cluster).collect()
        };
        let rows: Vec<Vec<(&str, &str)>> = source.lines().into_iter().map(of).collect();
        loaded.place(name, &rows)
    };
    let definition = ClusterDefinition::from_table(&lines)
        .map_err(|source| RunError::Definition { table: place(loaded, &source), source })?;
    let code = definition.industries().next().unwrap_or_default().to_string();
    let unknown = DefinitionError::Unknown { code, known: String::new() };
    Ok(Some(Definition { first: place(loaded, &unknown), table, definition }))
}

/// Gives the panel its clusters (and what it lacks of `traded`) from the definition.
fn attach_clusters(
    panel: &mut Panel,
    Definition { table, definition, first }: &Definition,
    roles: &Roles,
    notes: &mut Vec<Note>,
) -> Result<(), RunError> {
    let Some(industry) = &roles.industry else { return Ok(()) };
    let industries = text_column(table, "the definition", industry)?;
    let codes = text_column(panel, "the panel", industry)?;
    let found: Vec<Option<&str>> = codes.levels.iter().map(|level| definition.narrow_cluster(level)).collect();
    let missing: Vec<String> = codes
        .levels
        .iter()
        .zip(&found)
        .filter(|(_, cluster)| cluster.is_none())
        .map(|(level, _)| level.clone())
        .collect();
    if let (true, Some(known), Some(code)) =
        (missing.len() == codes.n_levels(), missing.first(), definition.industries().next())
    {
        let source = DefinitionError::Unknown { code: code.to_string(), known: known.clone() };
        return Err(RunError::Definition { table: first.clone(), source });
    }
    if !missing.is_empty() {
        let examples = missing.iter().take(5).cloned().collect();
        notes.push(Note::IndustriesUnmatched { industries: missing.len(), examples });
    }
    let per_row = codes.codes.iter().map(|&code| found.get(code as usize).copied().flatten());
    let column = Factor::from_values(per_row);
    panel.insert(roles.cluster.clone(), Column::Text(column));
    if panel.get(&roles.traded).is_none()
        && let Some(traded) = table.get(&roles.traded)
    {
        let column = lookup(&codes, &industries, traded);
        panel.insert(roles.traded.clone(), column);
    }
    Ok(())
}

/// A column of a table keyed by text, spread over the rows of a panel with the same keys.
fn lookup(rows: &Factor, keys: &Factor, values: &Column) -> Column {
    let position: HashMap<&str, usize> = (0..keys.len()).rev().filter_map(|row| Some((keys.text(row)?, row))).collect();
    let source: Vec<Option<usize>> = rows.levels.iter().map(|level| position.get(level.as_str()).copied()).collect();
    let at = |code: &u32| source.get(*code as usize).copied().flatten();
    match values {
        Column::Number(values) => {
            Column::number(rows.codes.iter().map(|code| at(code).map_or(f64::NAN, |row| values[row])).collect())
        }
        Column::Text(values) => {
            Column::Text(Factor::from_values(rows.codes.iter().map(|code| at(code).and_then(|row| values.text(row)))))
        }
    }
}

fn relatedness(loaded: &mut Loaded, section: &ClustersSection) -> Result<Option<Relatedness>, RunError> {
    let Some(name) = &section.relatedness else { return Ok(None) };
    let table = loaded.table(name)?;
    let from = text_column(&table, name, "cluster")?;
    let to = text_column(&table, name, "related")?;
    let overlap = number_column(&table, name, "overlap")?;
    let pairs: Vec<(String, String, f64)> = (0..table.n_rows())
        .filter_map(|row| Some((from.text(row)?.to_string(), to.text(row)?.to_string(), overlap[row])))
        .map(|(from, to, weight)| match section.weights {
            RelatednessWeights::Overlap => (from, to, weight),
            RelatednessWeights::Binary => (from, to, if weight > 0.0 { 1.0 } else { 0.0 }),
        })
        .collect();
    let found =
        Relatedness::from_pairs(&pairs).map_err(|source| RunError::Relatedness { table: name.clone(), source })?;
    Ok(Some(found))
}

fn truth(loaded: &mut Loaded) -> Result<Vec<(String, String, f64)>, RunError> {
    let table = loaded.table("truth")?;
    let equation = text_column(&table, "truth", "equation")?;
    let term = text_column(&table, "truth", "term")?;
    let value = number_column(&table, "truth", "value")?;
    Ok((0..table.n_rows())
        .filter_map(|row| Some((equation.text(row)?.to_string(), term.text(row)?.to_string(), value[row])))
        .collect())
}

pub(super) fn text_column(table: &Panel, name: &str, column: &str) -> Result<Factor, RunError> {
    table.get(column).map(Column::to_factor).ok_or_else(|| no_column(table, name, column))
}

pub(super) fn number_column(table: &Panel, name: &str, column: &str) -> Result<std::sync::Arc<Vec<f64>>, RunError> {
    match table.get(column) {
        Some(Column::Number(values)) => Ok(values.clone()),
        _ => Err(no_column(table, name, column)),
    }
}

fn no_column(table: &Panel, name: &str, column: &str) -> RunError {
    RunError::NoColumn {
        table: name.to_string(),
        column: column.to_string(),
        nearest: crate::study::nearest(column, table.names()).map(str::to_string),
        known: table.names().map(str::to_string).collect(),
    }
}

/// Tables beside the panel that the map and its designations read.
fn map_tables(study: &Study) -> Vec<String> {
    let national = study.map.iter().filter_map(|map| map.national.clone());
    national.chain(study.designations.iter().flat_map(|designation| designation.tables())).collect()
}

/// Tables beside the panel that a study reads.
pub fn table_names(study: &Study) -> Vec<String> {
    let mut names = Vec::new();
    if let Some(clusters) = &study.clusters {
        names.extend(clusters.definition.clone());
        names.extend(clusters.relatedness.clone());
    }
    if let Some(geography) = &study.geography {
        names.push(geography.regions.clone());
        names.extend(geography.aggregate.as_ref().map(|aggregate| aggregate.table.clone()));
        let named = |weights: &RawWeights| [weights.neighbors.clone(), weights.ids.clone(), weights.table.clone()];
        names.extend(geography.weights.values().flat_map(named).flatten());
    }
    names.extend(map_tables(study));
    names.extend(study.shift_share.iter().flat_map(|block| block.tables()));
    if study.models.iter().any(|model| model.truth.is_some()) {
        names.push("truth".into());
    }
    names.sort();
    names.dedup();
    names
}
