//! Files of polygons: JSON of both kinds, and shapefiles with the files beside them.

use std::path::{Path, PathBuf};

use crate::note::Note;
use crate::space::{CoordinateSystem, PolygonSource, Polygons, Shapefile, ShapefileFault, SpaceError};
use crate::study::geography::RawGeography;

use super::execute::RunError;

/// Whether a file ends like one of polygons.
pub(super) fn is_polygons(path: &Path) -> bool {
    matches!(ending(path).as_str(), "json" | "topojson" | "geojson" | "shp")
}

/// The files beside a shapefile that are read with it.
pub(super) fn beside(path: &Path) -> Vec<PathBuf> {
    if ending(path) != "shp" {
        return Vec::new();
    }
    ["shx", "dbf", "prj"].into_iter().filter_map(|part| companion(path, part)).collect()
}

/// Reads polygons.
///
/// # Errors
/// Files that are missing or broken.
pub(super) fn read(path: &Path, geography: &RawGeography, notes: &mut Vec<Note>) -> Result<Polygons, RunError> {
    let source = PolygonSource { object: geography.object.clone(), id: geography.id.clone() };
    let failed = |source| RunError::Space { what: path.display().to_string(), source };
    let outlines = bytes(path)?;
    if ending(path) != "shp" {
        return Polygons::parse(&outlines, &source).map_err(failed);
    }
    let part = |part: &str| companion(path, part).map(|path| bytes(&path)).transpose();
    let table = part("dbf")?.ok_or_else(|| failed(SpaceError::Shapefile(ShapefileFault::TableMissing)))?;
    let (index, system) = (part("shx")?, part("prj")?);
    let system = system.map(|text| String::from_utf8_lossy(&text).into_owned());
    let file = Shapefile { outlines: &outlines, index: index.as_deref(), table: &table, system: system.as_deref() };
    let polygons = Polygons::from_shapefile(&file, &source).map_err(failed)?;
    let name = geography.regions.clone();
    match file.coordinates() {
        CoordinateSystem::Plane(system) => notes.push(Note::PlaneCoordinates { file: name, system }),
        CoordinateSystem::Unsaid if polygons.projected => {
            notes
                .push(Note::PlaneCoordinates { file: name, system: "there is no .prj, but degrees end at 180".into() });
        }
        CoordinateSystem::Unsaid => notes.push(Note::CoordinatesUnsaid { file: name }),
        CoordinateSystem::Degrees => {}
    }
    Ok(polygons)
}

fn bytes(path: &Path) -> Result<Vec<u8>, RunError> {
    std::fs::read(path).map_err(|source| RunError::Unreadable { path: path.to_path_buf(), source })
}

fn ending(path: &Path) -> String {
    path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// The file of the same name with another ending, in small or large letters.
fn companion(path: &Path, part: &str) -> Option<PathBuf> {
    let endings = [part.to_string(), part.to_uppercase()];
    endings.iter().map(|ending| path.with_extension(ending)).find(|path| path.is_file())
}
