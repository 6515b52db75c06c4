//! `[geography]` as written: what "next door" means.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::weights::{RawWeights, WeightsChoice, WeightsFault};

/// The `[geography]` section.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawGeography {
    /// Where the regions are: the name of a resource of the data package, or a path to polygons (.json, .topojson,
    /// .geojson, or .shp with its .dbf beside it), to points (a table with `region`, `longitude`, `latitude`) or to a neighbour list (a table with
    /// `region`, `neighbor` and, if wanted, `weight`).
    pub regions: String,
    /// The object of a TopoJSON file (`counties`, `states`); may be left out where the file has only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// The property (or column; of a shapefile one of its .dbf) that holds the region id; the feature's own `id` (or the column `region`) where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The panel's column of region ids; the first column of `unit` where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Merges the areas of the file into the panel's regions, so that these get outlines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggregate: Option<RawAggregate>,
    /// Spatial weights by name, for `spatial_lag(x, name)` and spatial models.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Contiguity, Decay};

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
        assert_eq!(
            choice("neighbors"),
            Ok(WeightsChoice::Contiguity { contiguity: Contiguity::Queen, tolerance: 0.0 })
        );
        assert_eq!(choice("near"), Ok(WeightsChoice::Distance { cutoff_km: 150.0, decay: Decay::Inverse.into() }));
        assert_eq!(
            choice("both").unwrap_err().to_string(),
            "weights 'both' give contiguity and distance_km: choose one"
        );
        assert!(matches!(choice("empty"), Err(WeightsFault::Empty { .. })));
        assert!(toml::from_str::<RawGeography>("regions = \"x\"\nislnds = \"keep\"").is_err());
    }
}
