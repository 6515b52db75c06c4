//! [`Polygons`]: outlines of regions, keyed by id.
//!
//! In: the bytes of a TopoJSON, GeoJSON or shapefile. Out: rings of `(x, y)`. Points that the file shares between regions are
//! bit-identical here, which is what contiguity and dissolving rest on. Files whose neighbours were digitised separately
//! have no shared points: contiguity needs a tolerance there, and dissolving leaves the lines between them.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::{SpaceError, geojson, topojson};

/// A closed line: its first point is also its last. Longitude and latitude in degrees, or plane units when projected.
pub type Ring = Vec<[f64; 2]>;

/// The area inside an odd number of rings (the even-odd rule), so that holes need no marking.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shape {
    /// Outer boundaries and holes, in no particular order or direction.
    pub rings: Vec<Ring>,
}

/// Regions and their outlines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Polygons {
    /// Region ids, distinct, in file order.
    pub ids: Vec<String>,
    /// Names for maps and messages, where the file has them.
    pub names: Vec<Option<String>>,
    /// One shape per region; a region without geometry has no rings.
    pub shapes: Vec<Shape>,
    /// Whether coordinates are plane units (y downwards, as in screens and us-atlas "albers" files) and not degrees.
    pub projected: bool,
}

/// Which regions of a file, and what identifies them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PolygonSource {
    /// The TopoJSON object (`counties`, `states`); may be left out where the file has only one.
    pub object: Option<String>,
    /// The property that holds the region id; the feature's own `id` where left out.
    pub id: Option<String>,
}

/// One feature as every format gives it.
pub(super) struct Feature {
    pub id: String,
    pub name: Option<String>,
    pub shape: Shape,
}

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "type", default)]
    kind: String,
}

impl Polygons {
    /// Reads TopoJSON or GeoJSON.
    ///
    /// # Errors
    /// When the bytes are neither, when the object or an id is missing, an id stands twice, or an outline is broken.
    pub fn parse(bytes: &[u8], source: &PolygonSource) -> Result<Self, SpaceError> {
        let head: Head = serde_json::from_slice(bytes).map_err(json_error)?;
        let features = match head.kind.as_str() {
            "Topology" => topojson::features(bytes, source)?,
            "FeatureCollection" => geojson::features(bytes, source)?,
            _ => return Err(SpaceError::NotPolygons { found: head.kind }),
        };
        Polygons::from_features(features)
    }

    /// Features as regions with distinct ids.
    pub(super) fn from_features(features: Vec<Feature>) -> Result<Self, SpaceError> {
        let mut polygons = Polygons::default();
        let mut seen = std::collections::HashSet::new();
        for feature in features {
            if !seen.insert(feature.id.clone()) {
                return Err(SpaceError::IdDuplicate { id: feature.id });
            }
            polygons.ids.push(feature.id);
            polygons.names.push(feature.name);
            polygons.shapes.push(feature.shape);
        }
        // Degrees stay within these bounds; a plane file of a country does not.
        let projected = polygons.points().any(|[x, y]| x.abs() > 180.001 || y.abs() > 90.001);
        polygons.projected = projected;
        Ok(polygons)
    }

    /// What coordinates are in, for messages.
    pub fn unit(&self) -> &'static str {
        if self.projected { "plane units" } else { "degrees" }
    }

    /// Number of regions.
    pub fn n(&self) -> usize {
        self.ids.len()
    }

    /// Every point of every ring.
    pub fn points(&self) -> impl Iterator<Item = [f64; 2]> {
        self.shapes.iter().flat_map(|shape| shape.rings.iter().flatten().copied())
    }

    /// `[min x, min y, max x, max y]`; `None` when no region has an outline.
    pub fn bounds(&self) -> Option<[f64; 4]> {
        self.points().fold(None, |bounds, [x, y]| {
            let [x0, y0, x1, y1] = bounds.unwrap_or([x, y, x, y]);
            Some([x0.min(x), y0.min(y), x1.max(x), y1.max(y)])
        })
    }

    /// The regions for which `keep` holds.
    pub fn filtered(&self, keep: impl Fn(&str) -> bool) -> Polygons {
        let mut out = Polygons { projected: self.projected, ..Polygons::default() };
        for ((id, name), shape) in self.ids.iter().zip(&self.names).zip(&self.shapes) {
            if keep(id) {
                out.ids.push(id.clone());
                out.names.push(name.clone());
                out.shapes.push(shape.clone());
            }
        }
        out
    }

    /// Merges areas into larger regions: lines between two areas of the same region vanish.
    ///
    /// `region_of` maps an area's id to its region; areas that it does not name are left out. Regions come sorted by id
    /// and without names.
    pub fn dissolve(&self, region_of: &HashMap<String, String>) -> Polygons {
        let mut parts: BTreeMap<&str, Vec<&Shape>> = BTreeMap::new();
        for (id, shape) in self.ids.iter().zip(&self.shapes) {
            if let Some(region) = region_of.get(id) {
                parts.entry(region).or_default().push(shape);
            }
        }
        let mut out = Polygons { projected: self.projected, ..Polygons::default() };
        for (region, shapes) in parts {
            out.ids.push(region.to_string());
            out.names.push(None);
            out.shapes.push(Shape { rings: outline(&shapes) });
        }
        out
    }
}

/// A point as a key: equal points are equal keys (`-0.0` is `0.0`).
pub(super) fn key([x, y]: [f64; 2]) -> (u64, u64) {
    ((x + 0.0).to_bits(), (y + 0.0).to_bits())
}

/// An edge without direction as a key.
pub(super) fn edge_key(a: [f64; 2], b: [f64; 2]) -> [(u64, u64); 2] {
    let (a, b) = (key(a), key(b));
    if a <= b { [a, b] } else { [b, a] }
}

/// The boundary of a union of shapes that do not overlap: the edges that occur an odd number of times, joined to rings.
fn outline(shapes: &[&Shape]) -> Vec<Ring> {
    let edges = |f: &mut dyn FnMut([f64; 2], [f64; 2])| {
        for pair in shapes.iter().flat_map(|shape| &shape.rings).flat_map(|ring| ring.windows(2)) {
            if let [a, b] = *pair
                && key(a) != key(b)
            {
                f(a, b);
            }
        }
    };
    let mut times: HashMap<[(u64, u64); 2], usize> = HashMap::new();
    edges(&mut |a, b| *times.entry(edge_key(a, b)).or_default() += 1);
    let mut kept: Vec<[[f64; 2]; 2]> = Vec::new();
    edges(&mut |a, b| {
        if times.remove(&edge_key(a, b)).is_some_and(|n| n % 2 == 1) {
            kept.push([a, b]);
        }
    });
    join(&kept)
}

/// Joins edges end to end into closed rings, in the order of `edges`.
fn join(edges: &[[[f64; 2]; 2]]) -> Vec<Ring> {
    let mut at: HashMap<(u64, u64), Vec<usize>> = HashMap::new();
    for (k, [a, b]) in edges.iter().enumerate() {
        at.entry(key(*a)).or_default().push(k);
        at.entry(key(*b)).or_default().push(k);
    }
    let mut used = vec![false; edges.len()];
    let mut rings = Vec::new();
    for (first, &[start, next]) in edges.iter().enumerate() {
        if std::mem::replace(&mut used[first], true) {
            continue;
        }
        let mut ring = vec![start, next];
        let mut here = next;
        while key(here) != key(start) {
            let Some(&k) = at.get(&key(here)).and_then(|list| list.iter().find(|&&k| !used[k])) else { break };
            used[k] = true;
            let [a, b] = edges[k];
            here = if key(a) == key(here) { b } else { a };
            ring.push(here);
        }
        if ring.len() >= 4 && key(here) == key(start) {
            rings.push(ring);
        }
    }
    rings
}

pub(super) fn json_error(error: serde_json::Error) -> SpaceError {
    // The position is given in fields; drop the parser's own copy of it.
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default().to_string();
    SpaceError::Json { message, line: error.line(), column: error.column() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four unit squares `a b / c d` as GeoJSON.
    fn squares() -> Polygons {
        let square = |id: &str, x: f64, y: f64| {
            format!(
                r#"{{"type":"Feature","properties":{{"code":"{id}","name":"Square {id}"}},"geometry":{{"type":"Polygon",
                "coordinates":[[[{x},{y}],[{},{y}],[{},{}],[{x},{}],[{x},{y}]]]}}}}"#,
                x + 1.0,
                x + 1.0,
                y + 1.0,
                y + 1.0
            )
        };
        let features = [square("a", 0., 1.), square("b", 1., 1.), square("c", 0., 0.), square("d", 1., 0.)].join(",");
        let text = format!(r#"{{"type":"FeatureCollection","features":[{features}]}}"#);
        Polygons::parse(text.as_bytes(), &PolygonSource { object: None, id: Some("code".into()) }).unwrap()
    }

    #[test]
    fn dissolving_two_squares_leaves_one_ring_without_the_inner_line() {
        let regions = [("a", "west"), ("c", "west"), ("b", "east")].map(|(a, b)| (a.to_string(), b.to_string()));
        let merged = squares().dissolve(&regions.into_iter().collect());
        assert_eq!(merged.ids, ["east", "west"]);
        assert_eq!(merged.shapes[1].rings.len(), 1);
        assert_eq!(merged.shapes[1].rings[0].len(), 7);
        assert!((merged.shapes[1].area() - 2.0).abs() < 1e-12);
    }

    #[test]
    fn dissolving_a_frame_leaves_a_hole() {
        let mut frame = squares();
        frame.ids.push("hole".into());
        frame.names.push(None);
        let ring = vec![[0.2, 0.2], [0.4, 0.2], [0.4, 0.4], [0.2, 0.4], [0.2, 0.2]];
        frame.shapes[2].rings.push(ring.clone());
        frame.shapes.push(Shape { rings: vec![ring] });
        let all = ["a", "b", "c", "d"].map(|id| (id.to_string(), "all".to_string()));
        let merged = frame.dissolve(&all.into_iter().collect());
        assert_eq!(merged.shapes[0].rings.len(), 2);
        assert!((merged.shapes[0].area() - 3.96).abs() < 1e-12);
    }

    #[test]
    fn faults_name_the_way_out() {
        let fault = |text: &str, source: &PolygonSource| Polygons::parse(text.as_bytes(), source).unwrap_err();
        let plain = PolygonSource::default();
        assert!(matches!(fault("{", &plain), SpaceError::Json { line: 1, .. }));
        assert_eq!(fault(r#"{"type":"Point"}"#, &plain), SpaceError::NotPolygons { found: "Point".into() });
        let two = r#"{"type":"Topology","arcs":[],"objects":{"states":{"type":"GeometryCollection","geometries":[]},
            "nation":{"type":"GeometryCollection","geometries":[]}}}"#;
        assert!(matches!(fault(two, &plain), SpaceError::ObjectAmbiguous { .. }));
        let misspelt = fault(two, &PolygonSource { object: Some("state".into()), id: None });
        assert!(misspelt.to_string().contains("did you mean 'states'?"), "{misspelt}");
        let whole = r#"{"type":"FeatureCollection","features":[{"id":6.0,"properties":{},"geometry":null},
            {"id":7,"properties":{},"geometry":null},{"id":2.5,"properties":{},"geometry":null}]}"#;
        assert_eq!(Polygons::parse(whole.as_bytes(), &plain).unwrap().ids, ["6", "7", "2.5"]);
        let no_id = r#"{"type":"FeatureCollection","features":[{"properties":{"NUTS_ID":"AT11"},"geometry":null}]}"#;
        assert!(fault(no_id, &plain).to_string().contains("NUTS_ID"));
    }
}
