//! Cluster mapping: which industries form a cluster, which clusters are related, and how specialised regions are in them.
//!
//! A "cluster" here is always a set of industries; cluster-robust errors are `vcov::clustered`.
//!
//! The measures are pure functions over arrays. They take values (employment, say) and codes for the region, the group
//! and the period of every row, and return one number per row. They cost one pass of sums by cell, whatever the number
//! of regions and industries. Sums are compensated ([`CompensatedSum`]), so that results do not depend on row order.
//!
//! Zero and missing rules, shared by all measures:
//! - a ratio with a zero denominator is missing (NaN), never 0 and never infinite;
//! - a missing value adds nothing to a sum; a cell none of whose values is known is missing;
//! - a cell that has no row has no activity: it counts as zero;
//! - a row without a region or a period enters no sum and gets no value.
//!
//! National totals are the sums over the regions at hand.

mod cells;
pub mod cluster_map;
mod compensated;
pub mod defining;
mod definition;
pub mod designation;
pub mod grouping;
mod herfindahl;
mod location_quotient;
pub mod measures;
pub mod points;
mod relatedness;
pub mod similarity;
mod suppression;
pub mod table;

pub use cells::{Cells, Codes};
pub use cluster_map::{ClusterMap, MapError, MapOptions, MapRows, MapSums, StrongRule};
pub use compensated::CompensatedSum;
pub use definition::{ClusterDefinition, DefinitionError, Membership};
pub use herfindahl::herfindahl;
pub use location_quotient::{Activity, Base, Part, location_quotient, share};
pub use relatedness::{RelatedWeights, Relatedness, RelatednessError};
pub use suppression::{FitToTotals, SuppressedCells, Totals, fit_to_totals};
pub use table::{RegionIndustry, TableError};
