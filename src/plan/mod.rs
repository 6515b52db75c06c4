//! Study to plan: expand the axes and stepwise formulas, give every model a key, and compare with what a former run left.
//!
//! A key is the digest of everything that a model's numbers depend on (data files, variables that it uses, sample,
//! formula, errors, version), in canonical form: comments, spacing and the order of unrelated sections change nothing.

mod autocorrelation;
pub mod certify;
mod clubs;
mod columns;
mod conditions;
mod curve;
pub mod define;
mod distance_decay;
mod draw;
mod draw_autocorrelation;
mod draw_fitted;
mod draw_impact;
mod draw_margins;
mod draw_neighbors;
mod estimate;
mod evaluated;
pub mod execute;
pub mod expand;
mod exposure;
pub mod geography;
mod global_statistics;
mod groups;
mod identified;
mod inference;
mod local_statistics;
pub mod lock;
pub mod map;
mod margins;
pub mod measure;
mod memory;
mod misplaced;
mod outlines;
pub mod parts;
mod predictions;
pub mod prepare;
mod reader;
mod resample;
mod resolve;
mod response;
mod spatial;
mod system;
mod why;
mod write;

pub use execute::{Execution, Observer, RunError, RunOptions, execute, read_results};
pub use expand::{PlannedModel, expand};
pub use lock::{Lock, LockedFile};
pub use memory::{MemoryPlan, MemoryRecord, StageMemory};
pub use resolve::{Plan, PlanError, Step};

pub(crate) use crate::pattern::matches as matches_name;
