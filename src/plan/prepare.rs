//! Before any model: the panel with the study's variables, its geography and its clusters.

use indexmap::IndexMap;

use crate::evaluate::{self, EvaluateError, Evaluator};
use crate::mapping::{ClusterDefinition, Relatedness};
use crate::note::Note;
use crate::panel::{Column, Factor, Loaded, Panel};
use crate::space::{Polygons, SpatialWeights};
use crate::study::raw::RelatednessWeights;
use crate::study::{Fault, Study};

use super::execute::RunError;

/// Which columns play which part in the study.
#[derive(Clone, Debug, PartialEq)]
pub struct Roles {
    /// The region.
    pub region: String,
    /// The industry, if the panel has one.
    pub industry: Option<String>,
    /// The cluster.
    pub cluster: Option<String>,
    /// Whether an industry is traded.
    pub traded: Option<String>,
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
        let named = |given: Option<&String>, usual: &str| given.cloned().or_else(|| Some(usual.to_string()));
        Roles {
            region,
            industry,
            cluster: named(clusters.and_then(|clusters| clusters.cluster.as_ref()), "cluster"),
            traded: named(clusters.and_then(|clusters| clusters.traded.as_ref()), "traded"),
        }
    }

    /// The names of all columns with a role.
    pub fn names(&self) -> Vec<String> {
        [Some(&self.region), self.industry.as_ref(), self.cluster.as_ref(), self.traded.as_ref()]
            .into_iter()
            .flatten()
            .cloned()
            .collect()
    }
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
        names.extend(geography.weights.values().filter_map(|weights| weights.neighbors.clone()));
    }
    if study.models.iter().any(|model| model.truth.is_some()) {
        names.push("truth".into());
    }
    names.sort();
    names.dedup();
    names
}
