//! GeoJSON (RFC 7946) to features. Only areas are read; heights are ignored.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::SpaceError;
use super::error::OutlineFault;
use super::polygons::{Feature, PolygonSource, Ring, Shape, json_error, key};

#[derive(Deserialize)]
struct File {
    features: Vec<RawFeature>,
}

#[derive(Deserialize)]
struct RawFeature {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    properties: Option<Map<String, Value>>,
    geometry: Option<Geometry>,
}

#[derive(Deserialize)]
struct Geometry {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    coordinates: Value,
}

/// Every feature of a collection.
pub(super) fn features(bytes: &[u8], source: &PolygonSource) -> Result<Vec<Feature>, SpaceError> {
    let file: File = serde_json::from_slice(bytes).map_err(json_error)?;
    file.features.into_iter().enumerate().map(|(k, raw)| feature(k, raw, source)).collect()
}

fn feature(number: usize, raw: RawFeature, source: &PolygonSource) -> Result<Feature, SpaceError> {
    let (id, name) = identify(number, &raw.id, raw.properties.as_ref(), source)?;
    let broken = |fault| SpaceError::Outline { region: id.clone(), fault };
    let nesting = |_| broken(OutlineFault::Nesting);
    let polygons: Vec<Vec<Vec<Vec<f64>>>> = match raw.geometry {
        None => Vec::new(),
        Some(geometry) => match geometry.kind.as_str() {
            "Polygon" => vec![serde_json::from_value(geometry.coordinates).map_err(nesting)?],
            "MultiPolygon" => serde_json::from_value(geometry.coordinates).map_err(nesting)?,
            _ => return Err(SpaceError::NotAnArea { region: id, kind: geometry.kind }),
        },
    };
    let rings = polygons.iter().flatten().map(|ring| close(ring)).collect::<Option<_>>();
    let rings = rings.ok_or_else(|| broken(OutlineFault::Coordinate))?;
    Ok(Feature { id, name, shape: Shape { rings } })
}

/// Plane positions, with the first repeated at the end where the file forgot to.
fn close(ring: &[Vec<f64>]) -> Option<Ring> {
    let mut points: Ring = ring.iter().map(|p| Some([*p.first()?, *p.get(1)?])).collect::<Option<_>>()?;
    if let (Some(&first), Some(&last)) = (points.first(), points.last())
        && key(first) != key(last)
    {
        points.push(first);
    }
    points.iter().flatten().all(|v| v.is_finite()).then_some(points)
}

/// The id and the name of a feature. Ids that the file has as numbers become text as they print, whole ones without
/// decimals (`6.0` is `6`).
pub(super) fn identify(
    number: usize,
    id: &Value,
    properties: Option<&Map<String, Value>>,
    source: &PolygonSource,
) -> Result<(String, Option<String>), SpaceError> {
    let property = |name: &str| properties.and_then(|map| map.get(name)).and_then(text);
    let found = match &source.id {
        None => text(id),
        Some(name) => property(name).or_else(|| if name == "id" { text(id) } else { None }),
    };
    let missing = || SpaceError::IdMissing {
        feature: number + 1,
        key: source.id.clone().unwrap_or_else(|| "id".to_string()),
        known: properties.map(|map| map.keys().cloned().collect()).unwrap_or_default(),
    };
    Ok((found.ok_or_else(missing)?, property("name").or_else(|| property("NAME"))))
}

/// Whole numbers below are exact as floating-point numbers.
pub(super) const EXACT: f64 = 9e15;

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => match number.as_f64().filter(|value| value.fract() == 0.0 && value.abs() < EXACT) {
            Some(whole) => Some(format!("{whole}")),
            None => Some(number.to_string()),
        },
        _ => None,
    }
}
