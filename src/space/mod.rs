//! Space: which regions are next to which, and what a map of them looks like.

pub mod weights;

pub use weights::SpatialWeights;
