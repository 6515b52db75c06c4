//! [`SpaceError`]: everything that can be wrong with regions and their weights.

use thiserror::Error;

use super::ShapefileFault;

/// A fault in polygons, points, neighbour lists, or in what was asked of them.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum SpaceError {
    /// The bytes are not JSON of the expected shape.
    #[error("the polygons cannot be read: {message} (line {line}, column {column})")]
    Json {
        /// What the parser said.
        message: String,
        /// Line of the file, from 1.
        line: usize,
        /// Column of the file, from 1.
        column: usize,
    },
    /// JSON, but neither TopoJSON nor a GeoJSON collection.
    #[error("the polygons are JSON of type '{found}'; give a TopoJSON Topology or a GeoJSON FeatureCollection")]
    NotPolygons {
        /// The `type` that was found.
        found: String,
    },
    /// The files of a shapefile are broken or do not belong together.
    #[error("the shapefile cannot be read: {0}")]
    Shapefile(#[source] ShapefileFault),
    /// The TopoJSON file has no such object.
    #[error("the TopoJSON file has no object '{object}'{}; it has {}", hint(.nearest), .known.join(", "))]
    ObjectUnknown {
        /// The object asked for.
        object: String,
        /// The objects of the file.
        known: Vec<String>,
        /// The nearest of them.
        nearest: Option<String>,
    },
    /// The TopoJSON file has several objects and the study names none.
    #[error("the TopoJSON file has several objects ({}): choose one with `object = \"{}\"`", .known.join(", "), .known.first().map_or("", String::as_str))]
    ObjectAmbiguous {
        /// The objects of the file.
        known: Vec<String>,
    },
    /// A feature has no id.
    #[error("feature {feature} of the polygons has no '{key}'{}", properties(.known))]
    IdMissing {
        /// Number of the feature in the file, from 1.
        feature: usize,
        /// The key looked for: `id` or a property.
        key: String,
        /// The properties that the feature has.
        known: Vec<String>,
    },
    /// Two features have the same id.
    #[error("region '{id}' stands twice in the polygons: choose another `id`, or dissolve with `aggregate`")]
    IdDuplicate {
        /// The id.
        id: String,
    },
    /// A feature that is not an area.
    #[error("region '{region}' is a {kind}, not a Polygon or MultiPolygon")]
    NotAnArea {
        /// The region.
        region: String,
        /// Its geometry type.
        kind: String,
    },
    /// Coordinates or arcs that do not make rings of numbers.
    #[error("the outline of region '{region}' is broken: {fault}")]
    Outline {
        /// The region.
        region: String,
        /// What is wrong.
        fault: OutlineFault,
    },
    /// A pair names a region that is not among the regions.
    #[error("the neighbour list names region '{region}', which the regions do not have{}", hint(.nearest))]
    RegionUnknown {
        /// The region.
        region: String,
        /// The nearest id.
        nearest: Option<String>,
    },
    /// A weight that is negative, infinite or missing.
    #[error("the weight from '{from}' to '{to}' is {weight}; weights are finite and not negative")]
    WeightInvalid {
        /// From this region.
        from: String,
        /// To this region.
        to: String,
        /// The weight.
        weight: f64,
    },
    /// A pair stands twice with different weights.
    #[error("the pair '{from}', '{to}' stands twice in the neighbour list with different weights")]
    PairConflict {
        /// From this region.
        from: String,
        /// To this region.
        to: String,
    },
    /// Regions without a neighbour, and no policy chosen, or the policy `error`.
    #[error("{} without a neighbour: {}; choose `islands = \"keep\"` (their spatial lag is zero) or `islands = \"nearest\"` (joined to the nearest region)", count(.regions.len()), shown(.regions))]
    Islands {
        /// Their ids, sorted.
        regions: Vec<String>,
    },
    /// Most regions touch no other.
    #[error(
        "{alone} of {regions} regions share no point with another: their borders seem to have been drawn one by one; write tolerance = 0.001 beside `contiguity` (in {unit}: points so near count as the same), or choose `islands` where they lie apart"
    )]
    BordersApart {
        /// Regions that touch no other.
        alone: usize,
        /// Regions.
        regions: usize,
        /// The unit of the coordinates.
        unit: &'static str,
    },
    /// A tolerance as wide as regions are.
    #[error(
        "a tolerance of {tolerance} ({unit}, as the coordinates) is wider than half of a middling region ({most:.3}): it would join regions across others"
    )]
    ToleranceWide {
        /// The tolerance.
        tolerance: f64,
        /// The widest that makes sense.
        most: f64,
        /// The unit of the coordinates.
        unit: &'static str,
    },
    /// Contiguity was asked of regions without outlines.
    #[error(
        "contiguity needs polygons: give `regions` as TopoJSON, GeoJSON or a shapefile, or `neighbors` as a table of pairs"
    )]
    NeedsPolygons,
    /// Distances were asked of regions without longitude and latitude.
    #[error(
        "distances need longitude and latitude: give `regions` as points or as polygons that are not yet projected"
    )]
    NeedsLongitudeLatitude,
    /// A point that is no place on Earth.
    #[error("region '{region}' lies at longitude {longitude}, latitude {latitude}, which is no place on Earth{}", if .latitude.abs() <= 360.0 && .longitude.abs() <= 90.0 { ": the two seem to be swapped (longitude is degrees east, latitude degrees north)" } else { "; both are in degrees" })]
    NotAPlace {
        /// The region.
        region: String,
        /// Degrees east.
        longitude: f64,
        /// Degrees north.
        latitude: f64,
    },
    /// A region that is its own neighbour.
    #[error(
        "region '{region}' is its own neighbour with weight {weight}; the diagonal of spatial weights is zero: take the row out, or write diagonal = \"drop\""
    )]
    OwnNeighbor {
        /// The region.
        region: String,
        /// The weight.
        weight: f64,
    },
    /// Weights that must be the same in both directions and are not.
    #[error(
        "the weight from '{from}' to '{to}' is {there}, and {back} the other way: write symmetry = \"mean\", \"either\" or \"both\", or leave `symmetry` out"
    )]
    Asymmetric {
        /// From this region.
        from: String,
        /// To this region.
        to: String,
        /// The weight.
        there: f64,
        /// The weight the other way.
        back: f64,
    },
    /// Weights of different regions that are put together.
    #[error("the weights to put together are not of the same regions: {} only in some", shown(.regions))]
    RegionsDiffer {
        /// Regions that not all have.
        regions: Vec<String>,
    },
    /// Two regions with the same value have no inverse difference.
    #[error(
        "regions '{first}' and '{second}' both have {value}, so their inverse difference is infinite: write decay = \"none\" or \"exponential\", or use a finer variable"
    )]
    SameValue {
        /// One region.
        first: String,
        /// The other.
        second: String,
        /// The value.
        value: f64,
    },
    /// All pairs of many regions.
    #[error(
        "weights between all pairs of {regions} regions would fill a matrix of that size (at most {most} may): write `within` or `k_nearest`"
    )]
    EveryPair {
        /// Regions.
        regions: usize,
        /// How many may.
        most: usize,
    },
    /// A weights file that cannot be read.
    #[error("the weights file cannot be read: {message} (line {line})")]
    WeightsFile {
        /// Line of the file, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// Two regions at the same place have no inverse distance.
    #[error("regions '{first}' and '{second}' lie at the same place, so their inverse distance is infinite")]
    SamePlace {
        /// One region.
        first: String,
        /// The other.
        second: String,
    },
}

/// What is wrong with an outline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OutlineFault {
    /// An arc index beyond the arcs of the file.
    #[error("it uses arc {0}, which the file does not have")]
    Arc(i64),
    /// Arcs or coordinates nested differently from what the geometry type says.
    #[error("its arcs or coordinates are not nested as its type requires")]
    Nesting,
    /// A coordinate that is missing or not finite.
    #[error("a coordinate is missing or not finite")]
    Coordinate,
}

/// The candidate most like `name`, if any is near enough to be meant.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(name, candidate), candidate))
        .filter(|(score, _)| *score > 0.5)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map(|(_, candidate)| candidate.to_string())
}

fn hint(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or(String::new(), |name| format!(" (did you mean '{name}'?)"))
}

fn properties(known: &[String]) -> String {
    if known.is_empty() {
        String::new()
    } else {
        format!(": choose one of its properties with `id`: {}", known.join(", "))
    }
}

fn count(regions: usize) -> String {
    if regions == 1 { "1 region is".into() } else { format!("{regions} regions are") }
}

fn shown(regions: &[String]) -> String {
    const SHOWN: usize = 10;
    let head = regions.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if regions.len() > SHOWN { format!("{head}, and {} more", regions.len() - SHOWN) } else { head }
}
