//! Result files: every number of a run as plain tables (`tidy`, `glance`, `tests`, `sample`), in CSV and parquet, and the
//! folder that receives them whole or not at all.
//!
//! An empty cell is a number that does not exist for that model, and every number reads back to the same bits.

mod autocorrelation;
mod clubs;
mod csv;
mod curve;
mod distance_decay;
mod fitted;
pub mod folder;
pub mod frame;
mod impacts;
mod inference;
mod parquet;
mod resampling;
mod rows;
mod sensitivity;
mod shift_share;
mod system;
mod weights;

pub use autocorrelation::{autocorrelations, local_autocorrelations};
pub use clubs::{club_tests, clubs};
pub use csv::csv;
pub use curve::{curve_tests, curves};
pub use distance_decay::distance_decays;
pub use fitted::{FittedSample, fitted, predictions};
pub use folder::{OutputError, OutputFolder, WrittenFile};
pub use frame::{Frame, Values};
pub use impacts::impacts;
pub use inference::{combinations, margins};
pub use parquet::{PanelRows, PanelWriter, ParquetError, parquet};
pub use resampling::{families, wild};
pub use rows::{fixed_effects, glance, sample, tests, tidy};
pub use sensitivity::{sensitivity, sensitivity_bounds};
pub use shift_share::{rotemberg, shift_share, shocks};
pub use system::{system_tests, systems};
pub use weights::{links, weights};
