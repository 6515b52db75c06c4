//! Shapefiles to polygons: outlines (`.shp`), the table of their properties (`.dbf`), the places of records (`.shx`) and the system of
//! coordinates (`.prj`).
//!
//! Source: ESRI Shapefile Technical Description (1998). Only areas are read, with or without heights and measures, which are ignored.

use thiserror::Error;

use super::error::OutlineFault;
use super::geojson::identify;
use super::polygons::{Feature, PolygonSource, Polygons, Ring, Shape, key};
use super::{SpaceError, dbase};

/// The files of a shapefile.
#[derive(Clone, Copy, Debug)]
pub struct Shapefile<'a> {
    /// The outlines, `.shp`.
    pub outlines: &'a [u8],
    /// Where each record begins, `.shx`; needed only where records do not stand in order.
    pub index: Option<&'a [u8]>,
    /// The properties, `.dbf`.
    pub table: &'a [u8],
    /// The system of coordinates in words (well-known text), `.prj`.
    pub system: Option<&'a str>,
}

/// What coordinates are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CoordinateSystem {
    /// Degrees.
    Degrees,
    /// Units of a plane, with the system's name.
    Plane(String),
    /// Not said.
    Unsaid,
}

/// What is wrong with a shapefile.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ShapefileFault {
    /// The file begins otherwise.
    #[error("it does not begin as a shapefile does; regions = \"....shp\" names the file of the outlines")]
    NotAShapefile,
    /// Points or lines.
    #[error("it holds {0}, not polygons")]
    NotAreas(String),
    /// The file ends within a record.
    #[error("record {0} ends beyond the file, which seems to be cut short: copy it again")]
    Cut(usize),
    /// Records out of order, without an index.
    #[error(
        "its records do not stand in order, and there is no .shx beside it that says where each begins: copy that too"
    )]
    IndexMissing,
    /// No table.
    #[error(
        "there is no .dbf beside it, which has the ids of its regions: copy that too (a shapefile is a .shp, .shx, .dbf and .prj of one name)"
    )]
    TableMissing,
    /// The table's head makes no sense.
    #[error("the .dbf beside it is no dBase table")]
    TableBroken,
    /// The table is cut short.
    #[error("the .dbf beside it has {has} of the {rows} rows that it announces: copy it again")]
    TableCut {
        /// Rows it has.
        has: usize,
        /// Rows it should have.
        rows: usize,
    },
    /// Table and outlines do not belong together.
    #[error("it has {shapes} shapes but the .dbf beside it has {rows} rows: the two do not belong together")]
    Counts {
        /// Shapes.
        shapes: usize,
        /// Rows.
        rows: usize,
    },
}

const HEAD: usize = 100;
const FILE_CODE: i32 = 9994;
/// Polygons, with heights, with measures.
const AREAS: [i32; 3] = [5, 15, 25];

impl Shapefile<'_> {
    /// What the `.prj` says of the coordinates.
    pub fn coordinates(&self) -> CoordinateSystem {
        let Some(text) = self.system.map(str::trim).filter(|text| !text.is_empty()) else {
            return CoordinateSystem::Unsaid;
        };
        let is_plane =
            ["PROJCS", "PROJCRS", "PROJECTEDCRS", "LOCAL_CS", "ENGCRS"].iter().any(|kind| text.contains(kind));
        let name = text.split('"').nth(1).unwrap_or("a plane");
        if is_plane { CoordinateSystem::Plane(name.into()) } else { CoordinateSystem::Degrees }
    }
}

impl Polygons {
    /// Reads a shapefile. Plane coordinates have y upwards in the file and, as all plane coordinates here, downwards after.
    ///
    /// # Errors
    /// [`ShapefileFault`]; an id that is missing or stands twice; an outline that is broken.
    pub fn from_shapefile(file: &Shapefile, source: &PolygonSource) -> Result<Self, SpaceError> {
        let records = records(file).map_err(SpaceError::Shapefile)?;
        let rows = dbase::rows(file.table).map_err(SpaceError::Shapefile)?;
        if records.len() != rows.len() {
            let fault = ShapefileFault::Counts { shapes: records.len(), rows: rows.len() };
            return Err(SpaceError::Shapefile(fault));
        }
        let mut features = Vec::with_capacity(rows.len());
        for (number, (rings, row)) in records.into_iter().zip(rows).enumerate() {
            let Some(row) = row else { continue };
            let (id, name) = identify(number, &row.get("id").cloned().unwrap_or_default(), Some(&row), source)?;
            let Some(rings) = rings else {
                return Err(SpaceError::Outline { region: id, fault: OutlineFault::Coordinate });
            };
            features.push(Feature { id, name, shape: Shape { rings } });
        }
        let mut polygons = Polygons::from_features(features)?;
        polygons.projected |= matches!(file.coordinates(), CoordinateSystem::Plane(_));
        if polygons.projected {
            let points = polygons.shapes.iter_mut().flat_map(|shape| &mut shape.rings).flatten();
            points.for_each(|point| point[1] = -point[1]);
        }
        Ok(polygons)
    }
}

/// Rings of every record in the order of the table; `None` where a coordinate is no number.
fn records(file: &Shapefile) -> Result<Vec<Option<Vec<Ring>>>, ShapefileFault> {
    let bytes = file.outlines;
    if big(bytes, 0) != Some(FILE_CODE) {
        return Err(ShapefileFault::NotAShapefile);
    }
    let kind = little(bytes, 32).ok_or(ShapefileFault::NotAShapefile)?;
    if !AREAS.contains(&kind) {
        return Err(ShapefileFault::NotAreas(kind_name(kind)));
    }
    let starts = match file.index {
        Some(index) => listed(index)?,
        None => walked(bytes)?,
    };
    starts.into_iter().enumerate().map(|(k, start)| record(bytes, start, k + 1)).collect()
}

/// Where records begin, by the index.
fn listed(index: &[u8]) -> Result<Vec<usize>, ShapefileFault> {
    let entries = index.get(HEAD..).ok_or(ShapefileFault::IndexMissing)?.chunks_exact(8);
    entries.map(|entry| words(entry, 0).ok_or(ShapefileFault::IndexMissing)).collect()
}

/// Where records begin, one after the other; each says its number and length.
fn walked(bytes: &[u8]) -> Result<Vec<usize>, ShapefileFault> {
    let end = words(bytes, 24).unwrap_or(bytes.len());
    let (mut at, mut starts) = (HEAD, Vec::new());
    while at < end {
        let number = starts.len() + 1;
        let length = words(bytes, at + 4).ok_or(ShapefileFault::Cut(number))?;
        if big(bytes, at) != i32::try_from(number).ok() {
            return Err(ShapefileFault::IndexMissing);
        }
        starts.push(at);
        at += 8 + length;
        if at > bytes.len() {
            return Err(ShapefileFault::Cut(number));
        }
    }
    Ok(starts)
}

/// The rings of one record: a box, where each ring begins, then all points.
fn record(bytes: &[u8], start: usize, number: usize) -> Result<Option<Vec<Ring>>, ShapefileFault> {
    const CONTENT: usize = 8;
    const COUNTS: usize = 36;
    let cut = || ShapefileFault::Cut(number);
    let length = words(bytes, start + 4).ok_or_else(cut)?;
    let content = bytes.get(start + CONTENT..).and_then(|rest| rest.get(..length)).ok_or_else(cut)?;
    let kind = little(content, 0).ok_or_else(cut)?;
    if kind == 0 {
        return Ok(Some(Vec::new()));
    }
    if !AREAS.contains(&kind) {
        return Err(ShapefileFault::NotAreas(format!("{} (record {number})", kind_name(kind))));
    }
    let (parts, points) = (count(content, COUNTS).ok_or_else(cut)?, count(content, COUNTS + 4).ok_or_else(cut)?);
    let first = COUNTS + 8 + 4 * parts;
    let coordinates = content.get(first..).and_then(|rest| rest.get(..16 * points)).ok_or_else(cut)?;
    let mut ends: Vec<usize> =
        (0..parts).map(|part| count(content, COUNTS + 8 + 4 * part)).collect::<Option<_>>().ok_or_else(cut)?;
    ends.push(points);
    let ring = |pair: &[usize]| coordinates.get(16 * pair[0]..16 * pair[1]).ok_or_else(cut).map(closed);
    ends.windows(2).map(ring).collect()
}

/// The points of a ring, with the first repeated at the end where the file forgot to.
fn closed(bytes: &[u8]) -> Option<Ring> {
    let mut ring: Ring = bytes.chunks_exact(16).map(|point| [float(point, 0), float(point, 8)]).collect();
    if let (Some(&first), Some(&last)) = (ring.first(), ring.last())
        && key(first) != key(last)
    {
        ring.push(first);
    }
    ring.iter().flatten().all(|value| value.is_finite()).then_some(ring)
}

fn kind_name(kind: i32) -> String {
    match kind {
        1 | 11 | 21 => "points".into(),
        8 | 18 | 28 => "groups of points".into(),
        3 | 13 | 23 => "lines".into(),
        31 => "surfaces (multipatch)".into(),
        _ => format!("shapes of type {kind}"),
    }
}

fn four(bytes: &[u8], at: usize) -> Option<[u8; 4]> {
    bytes.get(at..)?.first_chunk().copied()
}

fn big(bytes: &[u8], at: usize) -> Option<i32> {
    four(bytes, at).map(i32::from_be_bytes)
}

fn little(bytes: &[u8], at: usize) -> Option<i32> {
    four(bytes, at).map(i32::from_le_bytes)
}

/// A length or place that the file gives in words of two bytes.
fn words(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(big(bytes, at)?).ok().map(|words| 2 * words)
}

fn count(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(little(bytes, at)?).ok()
}

fn float(bytes: &[u8], at: usize) -> f64 {
    bytes.get(at..).and_then(|rest| rest.first_chunk().copied()).map_or(f64::NAN, f64::from_le_bytes)
}
