//! `isard define`: from the tables that a study names to a set of clusters.
//!
//! `sources` reads the tables; [`run`] searches, scores, picks the best candidate, reassigns marginal industries and
//! measures overlap and stability. What is found is a [`Definition`]; `report::definition` writes it.

mod run;
mod sources;

pub use run::{ClusterRow, Definition, IndustryRow, OtherScores, run};
pub use sources::Sources;

use super::execute::RunError;
use crate::mapping::TableError;
use crate::mapping::grouping::GroupingError;
use crate::mapping::similarity::LinksError;

/// Why no clusters were found.
#[derive(Debug, thiserror::Error)]
pub enum DefineError {
    /// Reading failed.
    #[error(transparent)]
    Run(#[from] Box<RunError>),
    /// The study has no such section.
    #[error(
        "the study has no [clusters.define]: add it, with similarity = [\"lc-employment\"] and clusters = {{ from = 30, to = 60 }}"
    )]
    NoSection,
    /// The study has no industry column.
    #[error(
        "no column holds the industry: give unit = [\"region\", \"industry\"] in [data], or industry = \"...\" in [clusters]"
    )]
    NoIndustry,
    /// The table of regions and industries.
    #[error("{table}, {column}: {source}")]
    Cells {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Why.
        source: TableError,
    },
    /// The table of flows.
    #[error("{table}: {source}")]
    Links {
        /// The table.
        table: String,
        /// Why.
        source: LinksError,
    },
    /// The industries cannot be grouped.
    #[error("{source}{}", .left_out.as_ref().map(|names| format!(" ({names})")).unwrap_or_default())]
    Grouping {
        /// Why.
        source: GroupingError,
        /// Industries left out beforehand, in words.
        left_out: Option<String>,
    },
    /// Another set shares too few industries with the data.
    #[error("{set}: it has {known} of the {all} industries of the data; codes may be of another vintage")]
    OtherSet {
        /// The set.
        set: String,
        /// How many it has.
        known: usize,
        /// How many there are.
        all: usize,
    },
    /// An industry stands in two clusters of another set.
    #[error("{set}: industry {industry} is in {first} and in {second}: give a set with one cluster for each industry")]
    Ambiguous {
        /// The set.
        set: String,
        /// The industry.
        industry: String,
        /// One cluster.
        first: String,
        /// The other.
        second: String,
    },
}

impl From<RunError> for DefineError {
    fn from(error: RunError) -> Self {
        DefineError::Run(Box::new(error))
    }
}
