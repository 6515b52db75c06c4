//! Which industries form a cluster: candidates, their scores, and the final set (Delgado, Porter and Stern 2016).
//!
//! The five steps of the paper, each a part of this module: similarities ([`super::similarity`]); choices of functions,
//! starts and numbers of clusters ([`Search`]); groupings ([`super::grouping`]); scores of every candidate over every
//! validating matrix ([`Scores`]); marginal industries and their reassignment ([`marginal_industries`], [`reassign`]). Then
//! broad membership and related clusters ([`Overlap`]), and stability over draws of regions ([`Stability`]).

mod marginal;
mod overlap;
mod relatedness;
mod search;
mod stability;
mod validation;

pub use marginal::{Marginal, marginal_industries, reassign};
pub use overlap::{Link, Overlap, OverlapRule};
pub use relatedness::ClusterRelatedness;
pub(crate) use search::distances;
pub use search::{Candidate, Function, Search};
pub use stability::{Stability, stability};
pub use validation::{Scores, Scoring, Singletons, Validation};
