//! The blocks of a spatial model: its sample's rows by period and key, with the weights among the regions of each.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::estimate::spatial::{Dynamics, EffectsRule, SpatialBlock, SpatialError, SpatialLayout, SpatialRequest};
use crate::formula::parse_expression;
use crate::linalg::SparseMatrix;
use crate::panel::{Factor, Panel};
use crate::space::{SpatialWeights, Standardize};
use crate::study::{MethodSpec, Study};

use super::execute::RunError;
use super::expand::PlannedModel;
use super::prepare::Prepared;

/// The spatial side of a model on the rows of its sample; `None` if it is not spatial.
pub(super) fn spatial(
    study: &Study,
    prepared: &Prepared,
    model: &PlannedModel,
    rows: &[u32],
) -> Result<Option<SpatialRequest>, RunError> {
    let (MethodSpec::Spatial(terms), Some(spec)) = (&model.method, &model.spatial) else { return Ok(None) };
    let failed =
        |source: SpatialError| RunError::Estimate { model: model.name.clone(), source: Box::new(source.into()) };
    let places = Places::of(study, prepared, spec.by.as_deref())?;
    if matches!(spec.effects, EffectsRule::Random(_)) && !places.key.is_empty() {
        let what = "random effects are those of regions, one row for each region and period: choose one key with `where`, or add rows up with `group_by`";
        return Err(failed(SpatialError::Effects { what: what.into() }));
    }
    let layout = places.layout(rows, named_weights(study, prepared, &spec.weights)?, &spec.weights).map_err(failed)?;
    let islands = islands(&layout, &places, rows);
    Ok(Some(SpatialRequest {
        terms: *terms,
        weights: spec.weights.clone(),
        islands,
        layout,
        estimator: spec.estimator,
        effects: spec.effects,
        durbin: spec
            .durbin
            .as_deref()
            .map(|listed| texts(model, |canonical| listed.iter().any(|one| one == canonical))),
        dynamics: dynamics(model, &spec.weights, spec.bias_correction),
        lags_after_effects: spec.lags_after_effects,
        log_determinant: spec.log_determinant,
        information: spec.information,
        draws: spec.draws,
        seed: study.seed,
    }))
}

/// The regressors of a model, as written, whose canonical texts are asked for.
fn texts(model: &PlannedModel, is_asked: impl Fn(&str) -> bool) -> Vec<String> {
    let asked = model.formula.regressors.iter().filter(|expr| is_asked(&expr.canonical()));
    asked.map(|expr| expr.text(&model.formula_text)).collect()
}

/// Which regressors are the outcome one period earlier, and its spatial lag.
fn dynamics(model: &PlannedModel, weights: &str, correct: Option<bool>) -> Dynamics {
    let outcome = model.formula.outcome.canonical();
    let canonical = |text: String| parse_expression(&text).map(|expr| expr.canonical()).unwrap_or_default();
    let lags = [format!("lag({outcome})"), format!("lag({outcome}, 1)")];
    let spatial = |lag: &String| canonical(format!("spatial_lag({lag}, {weights})"));
    let (time, space_time) = (lags.clone().map(canonical), lags.each_ref().map(spatial));
    let first = |known: &[String]| texts(model, |text| known.iter().any(|one| one == text)).into_iter().next();
    Dynamics { time: first(&time), space_time: first(&space_time), correct }
}

/// Pairs of rows (by place among `rows`) of the same period and key whose regions are neighbours.
pub(super) fn neighbours(
    (study, prepared): (&Study, &Prepared),
    (model, weights): (&PlannedModel, &str),
    rows: &[u32],
) -> Result<Vec<(u32, u32)>, RunError> {
    let places = Places::of(study, prepared, None)?;
    let layout = places.layout(rows, named_weights(study, prepared, weights)?, weights);
    let layout =
        layout.map_err(|source| RunError::Estimate { model: model.name.clone(), source: Box::new(source.into()) })?;
    let of_block = |block: &SpatialBlock| {
        let matrix = &layout.matrices[block.matrix];
        let pairs = block.rows.iter().enumerate();
        pairs.flat_map(|(i, &a)| matrix.row(i).map(move |(j, _)| (a, block.rows[j]))).collect::<Vec<_>>()
    };
    Ok(layout.blocks.iter().flat_map(of_block).collect())
}

/// Weights of the geography by name, with how their rows are scaled.
pub(super) fn named_weights<'a>(
    study: &Study,
    prepared: &'a Prepared,
    name: &str,
) -> Result<(&'a SpatialWeights, Standardize), RunError> {
    let Some(weights) = prepared.setting.weights.get(name) else {
        return Err(RunError::NotAsked { message: format!("there are no weights named `{name}`") });
    };
    let raw = study.geography.as_ref().and_then(|geography| geography.weights.get(name));
    Ok((weights, raw.map(|raw| raw.standardize).unwrap_or_default()))
}

/// Region, period and key of every row of the panel.
pub(super) struct Places {
    pub(super) region: Factor,
    period: Option<Factor>,
    key: Vec<Factor>,
}

impl Places {
    pub(super) fn of(study: &Study, prepared: &Prepared, by: Option<&[String]>) -> Result<Places, RunError> {
        let panel: &Panel = &prepared.panel;
        let region = super::prepare::Roles::of(study).region;
        let others = || study.data.unit.names().into_iter().filter(|name| *name != region).collect();
        let by: Vec<String> = by.map_or_else(others, <[String]>::to_vec);
        let factor = |name: &str| super::prepare::text_column(panel, "the panel", name);
        Ok(Places {
            region: factor(&region)?,
            period: study.data.time.as_deref().map(factor).transpose()?,
            key: by.iter().map(|name| factor(name)).collect::<Result<_, _>>()?,
        })
    }

    /// The period of a row and what else tells its block apart; empty in a cross-section.
    pub(super) fn block_name(&self, row: usize) -> String {
        let parts = self.period.iter().chain(&self.key).filter_map(|factor| factor.text(row));
        parts.collect::<Vec<_>>().join("|")
    }

    /// The blocks of some rows, with the weights among the regions of each.
    ///
    /// # Errors
    /// Regions that the weights do not have, or that stand twice in a block.
    pub(super) fn layout(
        &self,
        rows: &[u32],
        (weights, scale): (&SpatialWeights, Standardize),
        name: &str,
    ) -> Result<SpatialLayout, SpatialError> {
        let position: Vec<Option<u32>> = self.region.levels.iter().map(|id| weights.position(id)).collect();
        let mut blocks: BTreeMap<Vec<u32>, Vec<(u32, u32)>> = BTreeMap::new();
        let mut missing = BTreeSet::new();
        for (at, &row) in rows.iter().enumerate() {
            let code = |factor: &Factor| factor.codes[row as usize];
            match position.get(code(&self.region) as usize).copied().flatten() {
                Some(place) => {
                    let key = self.period.iter().chain(&self.key).map(code).collect();
                    blocks.entry(key).or_default().push((place, at as u32));
                }
                None => {
                    missing.insert(self.region.text(row as usize).unwrap_or("(missing)").to_string());
                }
            }
        }
        if !missing.is_empty() {
            return Err(SpatialError::RegionsMissing { weights: name.into(), regions: missing.into_iter().collect() });
        }
        let mut known: HashMap<Vec<u32>, usize> = HashMap::new();
        let mut layout = SpatialLayout { blocks: Vec::new(), matrices: Vec::new(), n_rows: rows.len() };
        for mut members in blocks.into_values() {
            members.sort_unstable();
            if let Some(pair) = members.windows(2).find(|pair| pair[0].0 == pair[1].0) {
                let row = rows[pair[0].1 as usize] as usize;
                let period = self.period.as_ref().and_then(|period| period.text(row)).map(String::from);
                return Err(SpatialError::RegionRepeated { region: weights.ids[pair[0].0 as usize].clone(), period });
            }
            let regions: Vec<u32> = members.iter().map(|&(place, _)| place).collect();
            let matrix = *known.entry(regions).or_insert_with_key(|regions| {
                layout.matrices.push(Arc::new(among(weights, regions, scale)));
                layout.matrices.len() - 1
            });
            layout.blocks.push(SpatialBlock { rows: members.into_iter().map(|(_, at)| at).collect(), matrix });
        }
        Ok(layout)
    }
}

/// The weights among some regions, scaled again: the rows of a subset sum to one where those of the whole do.
fn among(weights: &SpatialWeights, regions: &[u32], scale: Standardize) -> SparseMatrix {
    let mut place: HashMap<u32, u32> = HashMap::new();
    regions.iter().enumerate().for_each(|(at, &region)| {
        place.insert(region, at as u32);
    });
    let mut rows: Vec<Vec<(u32, f64)>> = regions
        .iter()
        .map(|&region| {
            let links = weights.rows[region as usize].iter();
            links.filter_map(|(s, w)| Some((*place.get(s)?, *w))).collect()
        })
        .collect();
    scale.scale(&mut rows);
    SparseMatrix::from_rows(regions.len(), &rows)
}

/// Regions without a neighbour in some block.
fn islands(layout: &SpatialLayout, places: &Places, rows: &[u32]) -> Vec<String> {
    let mut out = BTreeSet::new();
    for block in &layout.blocks {
        let matrix = &layout.matrices[block.matrix];
        let alone = block.rows.iter().enumerate().filter(|(i, _)| matrix.row(*i).next().is_none());
        for (_, &at) in alone {
            out.extend(places.region.text(rows[at as usize] as usize).map(String::from));
        }
    }
    out.into_iter().collect()
}
