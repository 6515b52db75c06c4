//! TOML to a checked study.
//!
//! [`read`] takes a file to a [`Study`] in three passes: TOML syntax, the published schema ([`schema`]), and meaning
//! (formulas parse, names are unique, tables name models that exist). All faults of a pass are returned together, each
//! with its place and the way out. No data are read here; whether a column exists is known later.

pub mod absorption;
pub mod autocorrelation;
mod check;
pub mod choice;
pub mod clubs;
pub mod counts;
pub mod crosswalk;
pub mod curve;
pub mod data;
pub mod define;
pub mod designation;
pub mod distance_decay;
pub mod dynamic;
pub mod errors;
pub mod family;
pub mod fault;
pub mod figure;
pub mod geography;
pub mod impute;
pub mod inference;
pub mod map;
pub mod margins;
pub mod measurement;
pub mod method;
pub mod model;
pub mod panel;
pub mod predict;
pub mod randomisation;
pub mod raw;
pub mod schema;
pub mod sensitivity;
pub mod shift_share;
pub mod source;
pub mod spatial;
pub mod spells;
pub mod system;
pub mod table;
pub mod weights;
pub mod wild;

use std::path::Path;
use std::sync::Arc;

pub use autocorrelation::AutocorrelationSpec;
pub(crate) use check::vary_formula;
pub use curve::CurveSpec;
pub use family::{FamilyMethod, FamilySpec};
pub use fault::{Fault, StudyFaults, nearest};
pub use method::MethodSpec;
pub use model::{Axis, AxisChoice, AxisKey, ErrorsSpec, ModelBlock, Parsed, WeightsSpec};
pub use randomisation::RandomisationSpec;
pub use source::Source;
pub use wild::WildSpec;

use data::DataSection;
use designation::DesignationSpec;
use figure::Figure;
use geography::RawGeography;
use map::MapSpec;
use raw::ClustersSection;
use shift_share::ShiftShareBlock;
use table::TableSection;

/// A checked study: every expression parsed, every reference inside the file resolved.
#[derive(Clone, Debug)]
pub struct Study {
    /// The text and its places.
    pub source: Source,
    /// The title.
    pub title: String,
    /// The question.
    pub question: Option<String>,
    /// The seed of every random stream.
    pub seed: u64,
    /// Codes of notes that are errors here.
    pub deny: Vec<&'static str>,
    /// References for the report.
    pub references: Vec<String>,
    /// The data.
    pub data: DataSection,
    /// The geography.
    pub geography: Option<RawGeography>,
    /// The clusters.
    pub clusters: Option<ClustersSection>,
    /// How regions and clusters are measured.
    pub map: Option<MapSpec>,
    /// What a cluster must have to be designated.
    pub designations: Vec<DesignationSpec>,
    /// Shift-share variables in the order of the file.
    pub shift_share: Vec<ShiftShareBlock>,
    /// New variables in the order of the file.
    pub variables: Vec<(String, Parsed)>,
    /// The sample's condition.
    pub filter: Option<Parsed>,
    /// The models.
    pub models: Vec<ModelBlock>,
    /// The axes.
    pub axes: Vec<Axis>,
    /// Families of hypotheses.
    pub families: Vec<FamilySpec>,
    /// Specification curves.
    pub curves: Vec<CurveSpec>,
    /// Randomisation tests.
    pub randomisations: Vec<RandomisationSpec>,
    /// Spatial autocorrelation of variables.
    pub autocorrelations: Vec<AutocorrelationSpec>,
    /// Models estimated together.
    pub systems: Vec<system::SystemSpec>,
    /// Numbers of spatial weights by profile likelihood.
    pub distance_decays: Vec<distance_decay::DistanceDecaySpec>,
    /// Convergence clubs.
    pub clubs: Vec<clubs::ClubsSpec>,
    /// The tables.
    pub tables: Vec<TableSection>,
    /// The figures.
    pub figures: Vec<Figure>,
}

impl Study {
    /// The folder that paths in the study are relative to.
    pub fn folder(&self) -> &Path {
        match self.source.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        }
    }

    /// The study's short name: its file's name without the ending.
    pub fn name(&self) -> String {
        self.source.path.file_stem().map_or_else(|| "study".to_string(), |stem| stem.to_string_lossy().into_owned())
    }

    /// Faults of this study as an error.
    pub fn faults(&self, faults: Vec<Fault>) -> StudyFaults {
        StudyFaults { path: self.source.path.clone(), text: self.source.text.clone(), faults }
    }
}

/// Why a study file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// The file cannot be read.
    #[error("cannot read the study file {}: {}", .path.display(), way_out(.path, .source))]
    Unreadable {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file has faults.
    #[error(transparent)]
    Faults(#[from] StudyFaults),
}

fn way_out(path: &Path, source: &std::io::Error) -> String {
    match source.kind() {
        std::io::ErrorKind::NotFound => match neighbor(path) {
            Some(near) => format!("there is no such file; did you mean {near}?"),
            None => "there is no such file; `isard new FILE` writes one to start from".into(),
        },
        std::io::ErrorKind::InvalidData => {
            "it is not UTF-8 text; save it with UTF-8 encoding, or give another file".into()
        }
        std::io::ErrorKind::IsADirectory => "it is a folder; give a study file, which ends in .toml".into(),
        _ => source.to_string(),
    }
}

/// The study file of the same folder with the nearest name.
fn neighbor(path: &Path) -> Option<String> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let studies = entries.filter(|other| other.extension().is_some_and(|ending| ending == "toml"));
    let mut names: Vec<String> = studies.filter_map(|other| Some(other.file_name()?.to_str()?.to_string())).collect();
    names.sort();
    let near = nearest(path.file_name()?.to_str()?, names.iter().map(String::as_str))?;
    Some(folder.join(near).display().to_string())
}

/// Reads and checks a study file.
///
/// # Errors
/// The file cannot be read, is not TOML, does not fit the schema, or contradicts itself; all faults of the first of these
/// that fails are returned together.
pub fn read(path: &Path) -> Result<Study, StudyError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| StudyError::Unreadable { path: path.to_path_buf(), source })?;
    Ok(parse(path, &text)?)
}

/// Checks the text of a study file; `path` is for messages and for relative paths.
///
/// # Errors
/// As [`read`], without the reading.
pub fn parse(path: &Path, text: &str) -> Result<Study, StudyFaults> {
    let text: Arc<str> = Arc::from(text);
    let faults = |faults| StudyFaults { path: path.to_path_buf(), text: text.clone(), faults };
    let (document, errors) = toml::de::DeTable::parse_recoverable(&text);
    if !errors.is_empty() {
        let syntax = |error: &toml::de::Error| {
            Fault {
            message: format!("this is not TOML: {}", error.message()),
            span: error.span(),
            help: Some(
                "a line is `key = value` with texts in quotes, or a [section]; `isard new FILE` writes one to start from".into(),
            ),
        }
        };
        return Err(faults(errors.iter().map(syntax).collect()));
    }
    let misfits = schema::check(&document);
    if !misfits.is_empty() {
        return Err(faults(misfits));
    }
    let source = Source::new(path, text.clone(), document.get_ref());
    let raw: raw::RawStudy = toml::from_str(&text).map_err(|error| {
        faults(vec![Fault { message: error.message().to_string(), span: error.span(), help: None }])
    })?;
    check::check(raw, source).map_err(faults)
}
