//! Spatial autocorrelation: is the value of a place like those of its neighbours?
//!
//! In: a value per place and sparse weights in the same order; out: one statistic ([`global`]) or one per place ([`local`]) with its
//! expectation and variance in closed form, and pseudo p-values from permutations ([`permutation`]), the same for any
//! number of threads. Places without a neighbour stay in: their lag is zero.
//!
//! Cliff and Ord (1981); Getis and Ord (1992); Anselin (1995); Ord and Getis (1995). Agrees with spdep and esda.

pub mod global;
pub mod local;
pub mod panel;
pub mod permutation;
pub mod record;
mod weights;

pub use global::{Association, JoinCounts, Null, bivariate_moran, geary, getis_ord, join_counts, moran};
pub use local::{
    LocalAssociation, Quadrant, local_bivariate_moran, local_geary, local_getis_ord, local_join_counts, local_moran,
    quadrant, with_itself,
};
pub use panel::{PooledValues, pooled_moran};
pub use permutation::{Permuted, permute, permute_local, permute_places};
pub use record::{AutocorrelationRecord, GlobalRow, LocalBivariate, LocalRow, LocalStatistic};
