//! Space: which regions are next to which, and what a map of them looks like.
//!
//! ```text
//! bytes of a file -> Polygons -> (dissolve) -> weights::build -> SpatialWeights
//!                       |                          |
//!                       +--> project -> a map      +--> spatial lags, Moran, Conley
//! ```
//!
//! Everything is keyed by region id. Nothing here reads a file: callers hand over bytes, tables or points.

pub mod attributes;
pub mod borders;
pub mod build;
pub mod combine;
pub mod contiguity;
mod dbase;
pub mod distance;
pub mod error;
pub mod formats;
mod geojson;
pub mod matching;
mod nearby;
pub mod overlap;
pub mod polygons;
pub mod project;
pub mod shapefile;
pub mod standardize;
pub mod summary;
mod topojson;
pub mod topology;
pub mod weights;

pub use attributes::NearValue;
pub use build::{Islands, Regions, WeightsSource, WeightsSpec, build};
pub use combine::{Combination, Symmetry};
pub use contiguity::Contiguity;
pub use distance::{Bandwidth, Decay, EARTH_RADIUS_KM, Falling, Kernel, Points, great_circle_km};
pub use error::SpaceError;
pub use formats::{WeightsFile, WeightsFormat};
pub use matching::{Unmatched, match_regions};
pub use polygons::{PolygonSource, Polygons, Ring, Shape};
pub use project::{Projection, project};
pub use shapefile::{CoordinateSystem, Shapefile, ShapefileFault};
pub use standardize::Standardize;
pub use summary::WeightsRecord;
pub use topology::Topology;
pub use weights::SpatialWeights;
