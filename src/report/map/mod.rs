//! Choropleth maps as SVG.
//!
//! In: regions as rings of plane coordinates, their values, and classes that were computed before. Out: an
//! [`Svg`](crate::report::figure::Svg) with a legend of bounds and counts, hatched regions without data, a tooltip per
//! region and the map in words; or the same with categories in place of classes. Projecting, joining and classifying happen before; nothing here looks at longitudes.

mod categories;
mod choropleth;
mod graph;
mod legend;
mod outline;
mod ramp;

/// The category of regions whose statistic is not significant.
pub const NOT_SIGNIFICANT: &str = "not significant";

pub use categories::{CategoryPlot, CategoryShape, categories};
pub use choropleth::{MapPlot, Shape, choropleth};
pub use graph::{GraphPlot, GraphRegion, graph};
pub use outline::{Direction, Ring};
