//! [`ProcessError`]: what can be wrong with a process or its drawing.

use std::path::PathBuf;

use thiserror::Error;

use crate::space::SpaceError;

/// A fault in a process file, its geography, or in writing.
#[derive(Debug, Error)]
pub enum ProcessError {
    /// The file is not TOML of the right shape; the text shows the line.
    #[error("the process file cannot be read:\n{0}")]
    Toml(String),
    /// Years that do not make waves.
    #[error(
        "years = {{ base = {base}, end = {end}, step = {step} }}: the end must lie a whole number of steps after the base"
    )]
    Years {
        /// Base year.
        base: i32,
        /// End year.
        end: i32,
        /// Years between waves.
        step: i32,
    },
    /// Too few industries for the clusters.
    #[error(
        "industries.{group} has {industries} industries in {clusters} clusters; every cluster needs at least two industries, and there must be a cluster"
    )]
    Industries {
        /// `traded` or `local`.
        group: &'static str,
        /// Clusters asked for.
        clusters: usize,
        /// Industries asked for.
        industries: usize,
    },
    /// An outcome without equation.
    #[error("the process has no [equations.{outcome}]")]
    EquationMissing {
        /// The outcome.
        outcome: &'static str,
    },
    /// A chance or share outside zero to one.
    #[error("{key} = {value} is a chance and must lie between 0 and 1")]
    Chance {
        /// The key.
        key: &'static str,
        /// Its value.
        value: f64,
    },
    /// More regions than counties, or none.
    #[error("regions.count = {count}, but there are {counties} counties to grow regions from")]
    RegionCount {
        /// Regions asked for.
        count: usize,
        /// Counties of the file.
        counties: usize,
    },
    /// Outlines without the name that says the state.
    #[error(
        "region '{region}' has no name of the form 'Region around COUNTY, STATE'; give the outlines that a drawing wrote, or counties"
    )]
    RegionName {
        /// The region.
        region: String,
    },
    /// The polygons are at fault.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// A file cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}
