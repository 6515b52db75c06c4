//! From regions and a choice to [`SpatialWeights`]: contiguity, a neighbour list, a distance band or nearest neighbours;
//! then the policy for islands; then standardisation.

use std::collections::{BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attributes::{NearValue, block, economic};
use super::error::nearest;
use super::{
    Bandwidth, Combination, Contiguity, Falling, Kernel, Points, Polygons, SpaceError, SpatialWeights, Standardize,
    Symmetry,
};

/// Where regions are.
#[derive(Clone, Debug, PartialEq)]
pub enum Regions {
    /// By their outlines.
    Polygons(Polygons),
    /// By points.
    Points(Points),
    /// Only by name: enough for a neighbour list.
    Ids(Vec<String>),
}

/// What makes two regions neighbours.
#[derive(Clone, Debug, PartialEq)]
pub enum WeightsSource {
    /// A common border.
    Contiguity {
        /// What is common.
        contiguity: Contiguity,
        /// How far apart points may be that count as the same, in units of the coordinates; 0: not at all.
        tolerance: f64,
    },
    /// Pairs `(region, neighbor, weight)` of a table; a pair counts in the direction written.
    Pairs(Vec<(String, String, f64)>),
    /// A distance of at most so many kilometres.
    Distance {
        /// The largest distance, kilometres.
        cutoff_km: f64,
        /// How weights fall with distance.
        decay: Falling,
    },
    /// The so many nearest regions.
    Nearest {
        /// How many.
        k: usize,
        /// How weights fall with distance.
        decay: Falling,
    },
    /// A kernel of the distance over a bandwidth.
    Kernel {
        /// How it falls.
        kernel: Kernel,
        /// How far it reaches.
        bandwidth: Bandwidth,
    },
    /// The same group: of each region its own.
    Block(HashMap<String, String>),
    /// Nearly the same value of a variable: of each region its own.
    Economic {
        /// The values.
        values: HashMap<String, f64>,
        /// Which regions are near.
        near: NearValue,
        /// How weights fall with the difference.
        decay: Falling,
    },
    /// Other weights of the same regions, before these are scaled.
    Combined {
        /// How they are put together.
        how: Combination,
        /// The weights.
        of: Vec<SpatialWeights>,
    },
}

/// What becomes of regions without a neighbour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Islands {
    /// They stop the study.
    Error,
    /// They keep a row of zeros: their spatial lag is zero.
    Keep,
    /// They and their nearest region become neighbours of each other, with weight one (before standardisation).
    Nearest,
}

/// A choice of weights.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightsSpec {
    /// What makes neighbours.
    pub source: WeightsSource,
    /// Neighbours that are so many links away, and whether those that are fewer away count too; `None`: neighbours.
    pub order: Option<(usize, bool)>,
    /// What must be, or becomes, the same in both directions.
    pub symmetry: Option<Symmetry>,
    /// Whether a region that is its own neighbour in a list of pairs is left out; it is an error otherwise.
    pub drops_diagonal: bool,
    /// How rows are scaled.
    pub standardize: Standardize,
    /// The policy for islands; `None` is the same as [`Islands::Error`]: a study with islands must choose.
    pub islands: Option<Islands>,
}

/// Builds the weights of `regions`. Regions with `Islands::Keep` are reported by [`SpatialWeights::islands`].
///
/// # Errors
/// When the regions cannot answer what is asked (contiguity without polygons, distances without degrees), a pair names
/// an unknown region or a weight that is no weight, or there are islands and no policy.
pub fn build(regions: &Regions, spec: &WeightsSpec) -> Result<SpatialWeights, SpaceError> {
    Ok(raw(regions, spec)?.standardized(spec.standardize))
}

/// The same before rows are scaled.
///
/// # Errors
/// As [`build`].
pub fn raw(regions: &Regions, spec: &WeightsSpec) -> Result<SpatialWeights, SpaceError> {
    let found = match &spec.source {
        WeightsSource::Contiguity { contiguity, tolerance } => {
            contiguity_weights(regions, (*contiguity, *tolerance), spec.islands)?
        }
        WeightsSource::Pairs(pairs) => pair_weights(regions, pairs, spec.drops_diagonal)?,
        WeightsSource::Distance { cutoff_km, decay } => on_all(regions, regions.places()?.within(*cutoff_km, *decay)?),
        WeightsSource::Nearest { k, decay } => on_all(regions, regions.places()?.k_nearest(*k, *decay)?),
        WeightsSource::Kernel { kernel, bandwidth } => on_all(regions, regions.places()?.kernel(*kernel, *bandwidth)?),
        WeightsSource::Block(groups) => block(regions.ids(), groups),
        WeightsSource::Economic { values, near, decay } => economic(regions.ids(), values, (*near, *decay))?,
        WeightsSource::Combined { how, of } => SpatialWeights::combined(&of.iter().collect::<Vec<_>>(), *how)?,
    };
    let found = if let Some((order, lower)) = spec.order { found.of_order(order, lower) } else { found };
    let found = if let Some(how) = spec.symmetry { found.symmetric(how)? } else { found };
    settle_islands(regions, found, spec.islands)
}

impl Regions {
    /// All region ids.
    pub fn ids(&self) -> &[String] {
        match self {
            Regions::Polygons(polygons) => &polygons.ids,
            Regions::Points(points) => &points.ids,
            Regions::Ids(ids) => ids,
        }
    }

    /// Only the regions that `present` lists.
    pub fn among(&self, present: &BTreeSet<String>) -> Regions {
        match self {
            Regions::Polygons(polygons) => Regions::Polygons(polygons.filtered(|id| present.contains(id))),
            Regions::Points(points) => Regions::Points(points.filtered(|id| present.contains(id))),
            Regions::Ids(ids) => Regions::Ids(ids.iter().filter(|id| present.contains(*id)).cloned().collect()),
        }
    }

    /// Where the regions are, in degrees.
    ///
    /// # Errors
    /// [`SpaceError::NeedsLongitudeLatitude`].
    pub fn places(&self) -> Result<Points, SpaceError> {
        match self {
            Regions::Polygons(polygons) => polygons.centroids(),
            Regions::Points(points) => Ok(points.clone()),
            Regions::Ids(_) => Err(SpaceError::NeedsLongitudeLatitude),
        }
    }
}

fn contiguity_weights(
    regions: &Regions,
    (contiguity, tolerance): (Contiguity, f64),
    islands: Option<Islands>,
) -> Result<SpatialWeights, SpaceError> {
    let Regions::Polygons(polygons) = regions else { return Err(SpaceError::NeedsPolygons) };
    let most = polygons.widest_tolerance().unwrap_or(f64::INFINITY);
    if tolerance > most {
        return Err(SpaceError::ToleranceWide { tolerance, most, unit: polygons.unit() });
    }
    let ids = &polygons.ids;
    let pairs: Vec<_> = polygons
        .contiguous_within(contiguity, tolerance)
        .into_iter()
        .map(|(r, s)| (ids[r].clone(), ids[s].clone(), 1.0))
        .collect();
    let weights = SpatialWeights::from_pairs(ids.clone(), &pairs);
    let (alone, regions) = (weights.islands().len(), weights.n());
    if tolerance == 0.0 && matches!(islands, None | Some(Islands::Error)) && are_apart(alone, regions) {
        return Err(SpaceError::BordersApart { alone, regions, unit: polygons.unit() });
    }
    Ok(weights)
}

/// Whether so many regions of all touch no other that their borders seem to have been drawn one by one.
pub fn are_apart(alone: usize, regions: usize) -> bool {
    regions > 2 && 2 * alone > regions
}

fn pair_weights(
    regions: &Regions,
    pairs: &[(String, String, f64)],
    drops_diagonal: bool,
) -> Result<SpatialWeights, SpaceError> {
    let ids = regions.ids();
    let known: std::collections::HashSet<&str> = ids.iter().map(String::as_str).collect();
    let mut seen: HashMap<(&str, &str), f64> = HashMap::new();
    for (from, to, weight) in pairs {
        if let Some(region) = [from, to].into_iter().find(|id| !known.contains(id.as_str())) {
            let nearest = nearest(region, known.iter().copied());
            return Err(SpaceError::RegionUnknown { region: region.clone(), nearest });
        }
        if !(weight.is_finite() && *weight >= 0.0) {
            return Err(SpaceError::WeightInvalid { from: from.clone(), to: to.clone(), weight: *weight });
        }
        if from == to && *weight != 0.0 && !drops_diagonal {
            return Err(SpaceError::OwnNeighbor { region: from.clone(), weight: *weight });
        }
        if seen.insert((from, to), *weight).is_some_and(|before| before != *weight) {
            return Err(SpaceError::PairConflict { from: from.clone(), to: to.clone() });
        }
    }
    // A weight of zero is no link: a region with only such pairs is an island.
    let links: Vec<_> = pairs.iter().filter(|(_, _, weight)| *weight > 0.0).cloned().collect();
    Ok(SpatialWeights::from_pairs(ids.to_vec(), &links))
}

/// Weights over every region, also those without an outline.
fn on_all(regions: &Regions, weights: SpatialWeights) -> SpatialWeights {
    if weights.n() == regions.ids().len() {
        weights
    } else {
        SpatialWeights::from_pairs(regions.ids().to_vec(), &weights.pairs())
    }
}

fn settle_islands(
    regions: &Regions,
    weights: SpatialWeights,
    policy: Option<Islands>,
) -> Result<SpatialWeights, SpaceError> {
    let islands: Vec<String> = weights.islands().into_iter().map(String::from).collect();
    if islands.is_empty() {
        return Ok(weights);
    }
    match policy {
        None | Some(Islands::Error) => Err(SpaceError::Islands { regions: islands }),
        Some(Islands::Keep) => Ok(weights),
        Some(Islands::Nearest) => join_nearest(regions, weights, &islands),
    }
}

fn join_nearest(regions: &Regions, weights: SpatialWeights, islands: &[String]) -> Result<SpatialWeights, SpaceError> {
    let places = regions.places()?;
    let mut pairs = weights.pairs();
    for island in islands {
        let found = places.ids.iter().position(|id| id == island).and_then(|r| places.nearest(r));
        // Without an outline there is no nearest region.
        let Some(s) = found else { return Err(SpaceError::Islands { regions: vec![island.clone()] }) };
        pairs.push((island.clone(), places.ids[s].clone(), 1.0));
        pairs.push((places.ids[s].clone(), island.clone(), 1.0));
    }
    Ok(SpatialWeights::from_pairs(weights.ids, &pairs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Decay;

    fn spec(source: WeightsSource, islands: Option<Islands>) -> WeightsSpec {
        let standardize = Standardize::Row;
        WeightsSpec { source, standardize, islands, order: None, symmetry: None, drops_diagonal: false }
    }

    fn points() -> Regions {
        let ids = ["a", "b", "c"].map(String::from).to_vec();
        Regions::Points(Points::new(ids, vec![[0.0, 0.0], [1.0, 0.0], [5.0, 0.0]]).unwrap())
    }

    #[test]
    fn islands_must_be_chosen() {
        let band = WeightsSource::Distance { cutoff_km: 120.0, decay: Decay::None.into() };
        let fault = build(&points(), &spec(band.clone(), None)).unwrap_err();
        assert_eq!(fault, SpaceError::Islands { regions: vec!["c".into()] });
        let kept = build(&points(), &spec(band.clone(), Some(Islands::Keep))).unwrap();
        assert_eq!(kept.islands(), ["c"]);
        let joined = build(&points(), &spec(band, Some(Islands::Nearest))).unwrap();
        assert_eq!(joined.rows, [vec![(1, 1.0)], vec![(0, 0.5), (2, 0.5)], vec![(1, 1.0)]]);
    }

    #[test]
    fn pairs_are_checked() {
        let ids = Regions::Ids(["R01", "R02"].map(String::from).to_vec());
        let pair = |a: &str, b: &str, w| WeightsSource::Pairs(vec![(a.into(), b.into(), w)]);
        let fault = |source| build(&ids, &spec(source, Some(Islands::Keep))).unwrap_err();
        assert!(fault(pair("R01", "R2", 1.0)).to_string().contains("did you mean 'R02'?"));
        assert!(matches!(fault(pair("R01", "R02", -1.0)), SpaceError::WeightInvalid { .. }));
        assert!(matches!(fault(pair("R01", "R01", 1.0)), SpaceError::OwnNeighbor { .. }));
        assert_eq!(
            fault(WeightsSource::Contiguity { contiguity: Contiguity::Queen, tolerance: 0.0 }),
            SpaceError::NeedsPolygons
        );
        let both = WeightsSource::Pairs(vec![("R01".into(), "R02".into(), 1.0), ("R02".into(), "R01".into(), 3.0)]);
        let weights = build(&ids, &spec(both, None)).unwrap();
        assert_eq!(weights.rows, [vec![(1, 1.0)], vec![(0, 1.0)]]);
    }
}
