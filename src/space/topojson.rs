//! TopoJSON to features: arcs are decoded (differences, then the quantisation transform) and strung to rings.
//!
//! Source: the TopoJSON 1.0 specification (Bostock and Metcalf). Only areas are read; points and lines are an error.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::{OutlineFault, nearest};
use super::polygons::{Feature, PolygonSource, Ring, Shape, json_error};
use super::{SpaceError, geojson};

#[derive(Deserialize)]
struct File {
    transform: Option<Transform>,
    objects: IndexMap<String, Geometry>,
    arcs: Vec<Vec<Vec<f64>>>,
}

#[derive(Deserialize)]
struct Transform {
    scale: [f64; 2],
    translate: [f64; 2],
}

#[derive(Deserialize)]
struct Geometry {
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    id: Value,
    #[serde(default)]
    properties: Option<Map<String, Value>>,
    #[serde(default)]
    arcs: Value,
    #[serde(default)]
    geometries: Vec<Geometry>,
}

/// The features of the chosen object.
pub(super) fn features(bytes: &[u8], source: &PolygonSource) -> Result<Vec<Feature>, SpaceError> {
    let file: File = serde_json::from_slice(bytes).map_err(json_error)?;
    let object = choose(&file.objects, source.object.as_deref())?;
    let arcs: Vec<Option<Ring>> = file.arcs.iter().map(|arc| decode(arc, file.transform.as_ref())).collect();
    let collection = object.kind.as_deref() == Some("GeometryCollection");
    let geometries = if collection { object.geometries.as_slice() } else { std::slice::from_ref(object) };
    geometries.iter().enumerate().map(|(k, geometry)| feature(k, geometry, &arcs, source)).collect()
}

fn choose<'a>(objects: &'a IndexMap<String, Geometry>, wanted: Option<&str>) -> Result<&'a Geometry, SpaceError> {
    let known = || objects.keys().cloned().collect::<Vec<_>>();
    match (wanted, objects.len()) {
        (Some(name), _) => objects.get(name).ok_or_else(|| SpaceError::ObjectUnknown {
            object: name.to_string(),
            known: known(),
            nearest: nearest(name, objects.keys().map(String::as_str)),
        }),
        (None, 1) => objects.first().map(|(_, object)| object).ok_or(SpaceError::ObjectAmbiguous { known: known() }),
        (None, _) => Err(SpaceError::ObjectAmbiguous { known: known() }),
    }
}

/// Positions of one arc; `None` when one of them is no pair of finite numbers. A quantised arc is a list of
/// differences of whole numbers, so equal points decode to equal bits.
fn decode(arc: &[Vec<f64>], transform: Option<&Transform>) -> Option<Ring> {
    let mut sum = [0.0, 0.0];
    arc.iter()
        .map(|position| {
            let (&x, &y) = (position.first()?, position.get(1)?);
            let point = match transform {
                None => [x, y],
                Some(t) => {
                    sum = [sum[0] + x, sum[1] + y];
                    [sum[0] * t.scale[0] + t.translate[0], sum[1] * t.scale[1] + t.translate[1]]
                }
            };
            point.iter().all(|v| v.is_finite()).then_some(point)
        })
        .collect()
}

fn feature(
    number: usize,
    geometry: &Geometry,
    arcs: &[Option<Ring>],
    source: &PolygonSource,
) -> Result<Feature, SpaceError> {
    let (id, name) = geojson::identify(number, &geometry.id, geometry.properties.as_ref(), source)?;
    let broken = |fault| SpaceError::Outline { region: id.clone(), fault };
    let nested = |value: &Value| serde_json::from_value(value.clone()).map_err(|_| broken(OutlineFault::Nesting));
    let polygons: Vec<Vec<Vec<i64>>> = match geometry.kind.as_deref() {
        None => Vec::new(),
        Some("Polygon") => {
            vec![serde_json::from_value(geometry.arcs.clone()).map_err(|_| broken(OutlineFault::Nesting))?]
        }
        Some("MultiPolygon") => nested(&geometry.arcs)?,
        Some(kind) => return Err(SpaceError::NotAnArea { region: id, kind: kind.to_string() }),
    };
    let rings = polygons.iter().flatten().map(|ring| string(ring, arcs)).collect::<Result<_, _>>().map_err(broken)?;
    Ok(Feature { id: id.clone(), name, shape: Shape { rings } })
}

/// Strings arcs to a ring; `~k` is arc `k` backwards, and an arc's first point repeats the last one before it.
fn string(ring: &[i64], arcs: &[Option<Ring>]) -> Result<Ring, OutlineFault> {
    let mut points: Ring = Vec::new();
    for &index in ring {
        let position = usize::try_from(if index < 0 { !index } else { index }).unwrap_or(usize::MAX);
        let arc = arcs.get(position).ok_or(OutlineFault::Arc(index))?.as_ref().ok_or(OutlineFault::Coordinate)?;
        points.pop();
        if index < 0 {
            points.extend(arc.iter().rev());
        } else {
            points.extend(arc);
        }
    }
    Ok(points)
}
