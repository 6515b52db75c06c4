//! `[geography]` as written: what "next door" means.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::space::{Contiguity, Decay, Islands, Standardize};

/// The `[geography]` section.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawGeography {
    /// Where the regions are: the name of a resource of the data package, or a path to polygons (.json, .topojson,
    /// .geojson), to points (a table with `region`, `longitude`, `latitude`) or to a neighbour list (a table with
    /// `region`, `neighbor` and, if wanted, `weight`).
    pub regions: String,
    /// The object of a TopoJSON file (`counties`, `states`); may be left out where the file has only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// The property (or column) that holds the region id; the feature's own `id` (or the column `region`) where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The panel's column of region ids; the first column of `unit` where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Merges the areas of the file into the panel's regions, so that these get outlines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggregate: Option<RawAggregate>,
    /// Spatial weights by name, for `spatial_lag(x, name)`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub weights: IndexMap<String, RawWeights>,
}

/// `aggregate = { table = "county_region", from = "county", to = "region" }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawAggregate {
    /// The table that says which area belongs to which region: a resource of the data package or a path.
    pub table: String,
    /// Its column of area ids, as in the polygons.
    pub from: String,
    /// Its column of region ids, as in the panel.
    pub to: String,
}

/// One weights matrix: exactly one of `contiguity`, `neighbors`, `distance_km` and `k_nearest`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawWeights {
    /// Regions with a common border: `queen` (a common point is enough) or `rook` (a common edge).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contiguity: Option<Contiguity>,
    /// A table of pairs with columns `region`, `neighbor` and, if wanted, `weight`: a resource of the data package or a
    /// path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub neighbors: Option<String>,
    /// Regions at most so many kilometres apart (great circle, between centroids or points).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance_km: Option<f64>,
    /// The so many nearest regions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub k_nearest: Option<usize>,
    /// How weights fall with distance: `none` (the default), `inverse` (1/d) or `exponential` (exp(-d / distance_km)).
    /// Only with `distance_km` or `k_nearest`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decay: Option<Decay>,
    /// How rows are scaled: `row` (the default: they sum to one, a spatial lag is a mean) or `none`.
    #[serde(default)]
    pub standardize: Standardize,
    /// Regions without a neighbour: `error`, `keep` (their spatial lag is zero) or `nearest` (joined to the nearest
    /// region). Must be chosen where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub islands: Option<Islands>,
}

/// What makes neighbours, checked: as [`crate::space::WeightsSource`], but with the table of pairs not yet read.
#[derive(Clone, Debug, PartialEq)]
pub enum WeightsChoice {
    /// A common border.
    Contiguity(Contiguity),
    /// A table of pairs, by name or path.
    Neighbors(String),
    /// A distance band.
    Distance {
        /// The largest distance, kilometres.
        cutoff_km: f64,
        /// How weights fall with distance.
        decay: Decay,
    },
    /// Nearest neighbours.
    Nearest {
        /// How many.
        k: usize,
        /// How weights fall with distance.
        decay: Decay,
    },
}

/// A fault in one weights matrix.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum WeightsFault {
    /// None of the four sources is given.
    #[error(
        "weights '{name}' say nothing about neighbours: give one of contiguity = \"queen\", neighbors = \"table\", distance_km = 150, k_nearest = 5"
    )]
    Empty {
        /// The weights.
        name: String,
    },
    /// More than one source is given.
    #[error("weights '{name}' give {}: choose one", .given.join(" and "))]
    Several {
        /// The weights.
        name: String,
        /// The keys given.
        given: Vec<&'static str>,
    },
    /// `decay` without a distance.
    #[error("weights '{name}' give decay, which needs distance_km or k_nearest")]
    DecayWithoutDistance {
        /// The weights.
        name: String,
    },
    /// `decay = "exponential"` with `k_nearest`, which has no distance to scale by.
    #[error(
        "weights '{name}' combine k_nearest with exponential decay, which needs distance_km; use decay = \"inverse\""
    )]
    ExponentialNearest {
        /// The weights.
        name: String,
    },
    /// A distance or number that is not positive.
    #[error("weights '{name}' have {key} = {value}, which must be a positive number")]
    NotPositive {
        /// The weights.
        name: String,
        /// The key.
        key: &'static str,
        /// Its value.
        value: f64,
    },
}

impl RawWeights {
    /// The one source of neighbours, checked. `name` is the name of the weights, for messages.
    ///
    /// # Errors
    /// [`WeightsFault`].
    pub fn choice(&self, name: &str) -> Result<WeightsChoice, WeightsFault> {
        let name = || name.to_string();
        let given = self.given();
        if given.len() > 1 {
            return Err(WeightsFault::Several { name: name(), given });
        }
        let far = |choice| match self.decay {
            Some(_) => Err(WeightsFault::DecayWithoutDistance { name: name() }),
            None => Ok(choice),
        };
        let decay = self.decay.unwrap_or_default();
        if let Some(contiguity) = self.contiguity {
            far(WeightsChoice::Contiguity(contiguity))
        } else if let Some(table) = &self.neighbors {
            far(WeightsChoice::Neighbors(table.clone()))
        } else if let Some(cutoff_km) = self.distance_km {
            if !(cutoff_km > 0.0 && cutoff_km.is_finite()) {
                return Err(WeightsFault::NotPositive { name: name(), key: "distance_km", value: cutoff_km });
            }
            Ok(WeightsChoice::Distance { cutoff_km, decay })
        } else if let Some(k) = self.k_nearest {
            match (k, decay) {
                (0, _) => Err(WeightsFault::NotPositive { name: name(), key: "k_nearest", value: 0.0 }),
                (_, Decay::Exponential) => Err(WeightsFault::ExponentialNearest { name: name() }),
                _ => Ok(WeightsChoice::Nearest { k, decay }),
            }
        } else {
            Err(WeightsFault::Empty { name: name() })
        }
    }

    fn given(&self) -> Vec<&'static str> {
        let keys = [
            ("contiguity", self.contiguity.is_some()),
            ("neighbors", self.neighbors.is_some()),
            ("distance_km", self.distance_km.is_some()),
            ("k_nearest", self.k_nearest.is_some()),
        ];
        keys.into_iter().filter(|(_, is_given)| *is_given).map(|(key, _)| key).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_reads() {
        let text = r#"
            regions = "counties-10m.json"
            object = "counties"
            aggregate = { table = "county_region", from = "county", to = "region" }
            [weights]
            neighbors = { contiguity = "queen", standardize = "row", islands = "keep" }
            near = { distance_km = 150, decay = "inverse" }
            both = { distance_km = 150, contiguity = "rook" }
            empty = {}
        "#;
        let raw: RawGeography = toml::from_str(text).unwrap();
        let choice = |name: &str| raw.weights[name].choice(name);
        assert_eq!(choice("neighbors"), Ok(WeightsChoice::Contiguity(Contiguity::Queen)));
        assert_eq!(choice("near"), Ok(WeightsChoice::Distance { cutoff_km: 150.0, decay: Decay::Inverse }));
        assert_eq!(
            choice("both").unwrap_err().to_string(),
            "weights 'both' give contiguity and distance_km: choose one"
        );
        assert!(matches!(choice("empty"), Err(WeightsFault::Empty { .. })));
        assert!(toml::from_str::<RawGeography>("regions = \"x\"\nislnds = \"keep\"").is_err());
    }
}
