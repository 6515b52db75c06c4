//! The geography of a study: its regions, their weights, and what is said of both.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use indexmap::IndexMap;

use crate::note::Note;
use crate::panel::{self, Column, Loaded, Panel};
use crate::space::{
    self, Islands, Regions, SpaceError, SpatialWeights, WeightsFile, WeightsFormat, WeightsRecord, WeightsSource,
    WeightsSpec, formats,
};
use crate::study::Study;
use crate::study::geography::{RawGeography, RawWeights, WeightsChoice};
use crate::study::weights::{Diagonal, in_order};

use super::execute::RunError;
use super::outlines;
use super::prepare::{Roles, number_column, text_column};
use super::resolve::Plan;

/// Where the regions of a study are.
///
/// # Errors
/// Files that are missing or broken.
pub(super) fn regions(
    loaded: &mut Loaded,
    geography: &RawGeography,
    notes: &mut Vec<Note>,
) -> Result<Regions, RunError> {
    let path = loaded.path(&geography.regions);
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    if let Some(format) = WeightsFormat::of_ending(&ending) {
        let file = weights_file(&path, format, None)?;
        let named = file.pairs.into_iter().flat_map(|(from, to, _)| [from, to]);
        let ids: BTreeSet<String> = file.ids.into_iter().chain(named).collect();
        return Ok(Regions::Ids(ids.into_iter().collect()));
    }
    if !outlines::is_polygons(&path) {
        let table = loaded.table(&geography.regions)?;
        return points_or_ids(&table, geography);
    }
    let polygons = outlines::read(&path, geography, notes)?;
    let Some(aggregate) = &geography.aggregate else { return Ok(Regions::Polygons(polygons)) };
    let table = loaded.table(&aggregate.table)?;
    let from = text_column(&table, &aggregate.table, &aggregate.from)?;
    let to = text_column(&table, &aggregate.table, &aggregate.to)?;
    let region_of: HashMap<String, String> =
        (0..table.n_rows()).filter_map(|row| Some((from.text(row)?.to_string(), to.text(row)?.to_string()))).collect();
    Ok(Regions::Polygons(polygons.dissolve(&region_of)))
}

fn points_or_ids(table: &Panel, geography: &RawGeography) -> Result<Regions, RunError> {
    let name = &geography.regions;
    let ids = text_column(table, name, geography.id.as_deref().unwrap_or("region"))?;
    let texts: Vec<String> = (0..table.n_rows()).filter_map(|row| ids.text(row).map(str::to_string)).collect();
    if table.get("longitude").is_some() && table.get("latitude").is_some() {
        let longitude = number_column(table, name, "longitude")?;
        let latitude = number_column(table, name, "latitude")?;
        let places = longitude.iter().zip(latitude.iter()).map(|(&x, &y)| [x, y]).collect();
        let points =
            space::Points::new(texts, places).map_err(|source| RunError::Space { what: name.clone(), source })?;
        return Ok(Regions::Points(points));
    }
    let distinct: BTreeSet<String> = texts.into_iter().collect();
    Ok(Regions::Ids(distinct.into_iter().collect()))
}

/// The weights of a study among the regions of its panel, without its variables.
///
/// # Errors
/// Faults in the data or the geography.
pub fn read(plan: &Plan) -> Result<IndexMap<String, SpatialWeights>, RunError> {
    let study = &plan.study;
    let Some(geography) = &study.geography else {
        return Err(RunError::NotAsked { message: "the study has no [geography.weights]".into() });
    };
    let needed = plan.columns_of(&BTreeSet::new());
    let mut loaded = panel::load(&study.data, study.folder(), plan.data_dir.as_deref(), Some(&needed))?;
    let present: BTreeSet<String> = loaded
        .panel
        .get(&Roles::of(study).region)
        .map(|column| column.to_factor().levels.iter().cloned().collect())
        .unwrap_or_default();
    let regions = regions(&mut loaded, geography, &mut Vec::new())?;
    weights(&mut loaded, geography, (&regions, &present))
}

/// Weights in numbers, in the order of the study.
pub fn records(study: &Study, weights: &IndexMap<String, SpatialWeights>) -> Vec<WeightsRecord> {
    let scaled = |name: &str| study.geography.as_ref().and_then(|geography| geography.weights.get(name));
    let record = |(name, weights): (&String, &SpatialWeights)| {
        weights.record(name, scaled(name).map(|raw| raw.standardize).unwrap_or_default().name())
    };
    weights.iter().map(record).collect()
}

/// The weights of a geography among the regions that the panel has.
///
/// # Errors
/// Files that cannot be read, and what [`space::build::raw`] finds.
pub(super) fn weights(
    loaded: &mut Loaded,
    geography: &RawGeography,
    (all, present): (&Regions, &BTreeSet<String>),
) -> Result<IndexMap<String, SpatialWeights>, RunError> {
    let regions = all.among(present);
    let mut raw: HashMap<String, SpatialWeights> = HashMap::new();
    for name in in_order(&geography.weights).map_err(|source| RunError::Weights { source })? {
        let Some(section) = geography.weights.get(&name) else { continue };
        let found = Builder { loaded, geography, all, raw: &raw }.spec(&name, section).and_then(|spec| {
            space::build::raw(&regions, &among(spec, present)).map_err(|source| failed(&name, source))
        })?;
        raw.insert(name, found);
    }
    let scaled = geography
        .weights
        .iter()
        .filter_map(|(name, section)| Some((name.clone(), raw.remove(name)?.standardized(section.standardize))));
    Ok(scaled.collect())
}

/// Weights by distance, as a section says them, among regions.
///
/// # Errors
/// Sections that say something else, and what [`space::build::raw`] finds.
pub(super) fn of_distances(regions: &Regions, name: &str, section: &RawWeights) -> Result<SpatialWeights, RunError> {
    let choice = section.choice(name).map_err(|source| RunError::Weights { source })?;
    let source = match choice {
        WeightsChoice::Distance { cutoff_km, decay } => WeightsSource::Distance { cutoff_km, decay },
        WeightsChoice::Nearest { k, decay } => WeightsSource::Nearest { k, decay },
        WeightsChoice::Kernel { kernel, bandwidth } => WeightsSource::Kernel { kernel, bandwidth },
        _ => return Err(RunError::NotAsked { message: format!("the weights `{name}` are not by distance") }),
    };
    let found = space::build::raw(regions, &settled(source, section)).map_err(|source| failed(name, source))?;
    Ok(found.standardized(section.standardize))
}

/// A source with what a section says besides.
fn settled(source: WeightsSource, section: &RawWeights) -> WeightsSpec {
    WeightsSpec {
        source,
        order: section.order.map(|order| (order, section.lower_orders)),
        symmetry: section.symmetry,
        drops_diagonal: section.diagonal == Some(Diagonal::Drop),
        standardize: section.standardize,
        islands: section.islands,
    }
}

/// Pairs of regions that the panel has.
fn among(mut spec: WeightsSpec, present: &BTreeSet<String>) -> WeightsSpec {
    if let WeightsSource::Pairs(pairs) = &mut spec.source {
        pairs.retain(|(from, to, _)| present.contains(from) && present.contains(to));
    }
    spec
}

fn failed(name: &str, source: SpaceError) -> RunError {
    RunError::Space { what: format!("the weights `{name}`"), source }
}

/// What weights are built from.
struct Builder<'a> {
    loaded: &'a mut Loaded,
    geography: &'a RawGeography,
    all: &'a Regions,
    /// Weights before scaling that are there already.
    raw: &'a HashMap<String, SpatialWeights>,
}

impl Builder<'_> {
    fn spec(&mut self, name: &str, section: &RawWeights) -> Result<WeightsSpec, RunError> {
        let choice = section.choice(name).map_err(|source| RunError::Weights { source })?;
        let source = match choice {
            WeightsChoice::Contiguity { contiguity, tolerance } => WeightsSource::Contiguity { contiguity, tolerance },
            WeightsChoice::Distance { cutoff_km, decay } => WeightsSource::Distance { cutoff_km, decay },
            WeightsChoice::Nearest { k, decay } => WeightsSource::Nearest { k, decay },
            WeightsChoice::Kernel { kernel, bandwidth } => WeightsSource::Kernel { kernel, bandwidth },
            WeightsChoice::Neighbors(table, ids) => WeightsSource::Pairs(self.pairs(name, &table, ids.as_deref())?),
            WeightsChoice::Block { table, column } => {
                let (table, of) = self.table(table)?;
                let groups = text_column(&table, &of, &column)?;
                let text = |row: usize| groups.text(row).map(String::from);
                WeightsSource::Block(self.by_region(&table, &of, text)?)
            }
            WeightsChoice::Economic { table, column, near, decay } => {
                let (table, of) = self.table(table)?;
                let numbers = number_column(&table, &of, &column)?;
                let values = self.by_region(&table, &of, |row| Some(numbers[row]))?;
                WeightsSource::Economic { values, near, decay }
            }
            WeightsChoice::Combined { how, of } => {
                let of = of.iter().filter_map(|part| self.raw.get(part).cloned()).collect();
                WeightsSource::Combined { how, of }
            }
        };
        Ok(settled(source, section))
    }

    /// The table of a variable, and its name.
    fn table(&mut self, named: Option<String>) -> Result<(Panel, String), RunError> {
        let name = named.unwrap_or_else(|| self.geography.regions.clone());
        Ok((self.loaded.table(&name)?, name))
    }

    /// A column by region, the first row of each.
    fn by_region<T>(
        &self,
        table: &Panel,
        name: &str,
        value: impl Fn(usize) -> Option<T>,
    ) -> Result<HashMap<String, T>, RunError> {
        let is_own = *name == self.geography.regions;
        let id = self.geography.id.as_deref().filter(|_| is_own).unwrap_or("region");
        let ids = text_column(table, name, id)?;
        let rows = (0..table.n_rows()).rev();
        Ok(rows.filter_map(|row| Some((ids.text(row)?.to_string(), value(row)?))).collect())
    }

    /// The pairs of a table or file; those of regions that only the panel lacks are left out.
    fn pairs(&mut self, name: &str, table: &str, ids: Option<&str>) -> Result<Vec<(String, String, f64)>, RunError> {
        let path = self.loaded.path(table);
        let ending = path.extension().map(|ending| ending.to_string_lossy().into_owned()).unwrap_or_default();
        let pairs = match WeightsFormat::of_ending(&ending) {
            Some(format) => {
                let ids = ids.map(|ids| self.ids(ids)).transpose()?;
                weights_file(&path, format, ids.as_deref())?.pairs
            }
            None => pairs_of_table(&self.loaded.table(table)?, table)?,
        };
        let known: BTreeSet<&str> = self.all.ids().iter().map(String::as_str).collect();
        let stranger = pairs.iter().flat_map(|(from, to, _)| [from, to]).find(|id| !known.contains(id.as_str()));
        if let Some(region) = stranger {
            let nearest = space::error::nearest(region, known.iter().copied());
            return Err(failed(name, SpaceError::RegionUnknown { region: region.clone(), nearest }));
        }
        Ok(pairs)
    }

    fn ids(&mut self, table: &str) -> Result<Vec<String>, RunError> {
        let ids = text_column(&self.loaded.table(table)?, table, "region")?;
        Ok((0..ids.len()).filter_map(|row| ids.text(row).map(String::from)).collect())
    }
}

fn weights_file(path: &Path, format: WeightsFormat, ids: Option<&[String]>) -> Result<WeightsFile, RunError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| RunError::Unreadable { path: path.to_path_buf(), source })?;
    let text = ids.map_or_else(|| text.clone(), |ids| formats::with_ids(&text, ids));
    format.read(&text).map_err(|source| RunError::Space { what: path.display().to_string(), source })
}

fn pairs_of_table(table: &Panel, name: &str) -> Result<Vec<(String, String, f64)>, RunError> {
    let from = text_column(table, name, "region")?;
    let to = text_column(table, name, "neighbor")?;
    let weight = match table.get("weight") {
        Some(Column::Number(values)) => Some(values.clone()),
        _ => None,
    };
    Ok((0..table.n_rows())
        .filter_map(|row| {
            let weight = weight.as_ref().map_or(1.0, |weight| weight[row]);
            Some((from.text(row)?.to_string(), to.text(row)?.to_string(), weight))
        })
        .collect())
}

/// Weights whose islands keep a lag of zero.
pub(super) fn kept_islands(geography: &RawGeography) -> BTreeSet<String> {
    geography
        .weights
        .iter()
        .filter(|(_, raw)| raw.islands == Some(Islands::Keep))
        .map(|(name, _)| name.clone())
        .collect()
}

/// Notes regions that panel and geography do not share, islands, and outlines over each other.
pub(super) fn note(
    geography: &RawGeography,
    (present, regions): (&BTreeSet<String>, &Regions),
    weights: &IndexMap<String, SpatialWeights>,
    notes: &mut Vec<Note>,
) {
    if !present.is_empty() {
        let unmatched =
            space::match_regions(present.iter().map(String::as_str), regions.ids().iter().map(String::as_str));
        for (missing_from, regions) in [("geography", unmatched.without_geography), ("panel", unmatched.without_rows)] {
            if !regions.is_empty() {
                let examples = regions.iter().take(5).cloned().collect();
                notes.push(Note::RegionsUnmatched {
                    missing_from: missing_from.into(),
                    regions: regions.len(),
                    examples,
                });
            }
        }
    }
    for (name, matrix) in weights {
        let islands: Vec<String> = matrix.islands().iter().map(ToString::to_string).collect();
        if !islands.is_empty() {
            notes.push(Note::Islands { weights: name.clone(), regions: islands });
        }
    }
    borders_apart(geography, &regions.among(present), notes);
    if let Regions::Polygons(polygons) = regions
        && geography.weights.values().any(|weights| weights.contiguity.is_some())
    {
        let pairs = polygons.overlapping();
        if !pairs.is_empty() {
            let shown = pairs.iter().take(5).map(|&(r, s)| format!("{} and {}", polygons.ids[r], polygons.ids[s]));
            notes.push(Note::PolygonsOverlap { pairs: pairs.len(), examples: shown.collect() });
        }
    }
}

/// Notes contiguity of polygons that mostly touch no other, where a policy for islands lets it pass.
fn borders_apart(geography: &RawGeography, regions: &Regions, notes: &mut Vec<Note>) {
    let Regions::Polygons(polygons) = regions else { return };
    let exact = geography.weights.iter().filter(|(_, raw)| raw.tolerance.unwrap_or_default() == 0.0);
    for (name, contiguity) in exact.filter_map(|(name, raw)| Some((name, raw.contiguity?))) {
        let touching: BTreeSet<usize> = polygons.contiguous(contiguity).into_iter().map(|(r, _)| r).collect();
        let (regions, alone) = (polygons.n(), polygons.n() - touching.len());
        if space::build::are_apart(alone, regions) {
            notes.push(Note::BordersApart { weights: name.clone(), alone, regions });
        }
    }
}
