//! Space: which regions are next to which, and what a map of them looks like.
//!
//! ```text
//! bytes of a file -> Polygons -> (dissolve) -> weights::build -> SpatialWeights
//!                       |                          |
//!                       +--> project -> a map      +--> spatial lags, Moran, Conley
//! ```
//!
//! Everything is keyed by region id. Nothing here reads a file: callers hand over bytes, tables or points.

pub mod build;
pub mod contiguity;
pub mod distance;
pub mod error;
mod geojson;
pub mod matching;
pub mod polygons;
pub mod project;
mod topojson;
pub mod topology;
pub mod weights;

pub use build::{Islands, Regions, Standardize, WeightsSource, WeightsSpec, build};
pub use contiguity::Contiguity;
pub use distance::{Decay, EARTH_RADIUS_KM, Points, great_circle_km};
pub use error::SpaceError;
pub use matching::{Unmatched, match_regions};
pub use polygons::{PolygonSource, Polygons, Ring, Shape};
pub use project::{Projection, project};
pub use topology::Topology;
pub use weights::SpatialWeights;
