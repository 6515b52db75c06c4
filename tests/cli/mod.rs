//! The verbs, one file each, run as a user runs them.

mod certify;
mod check;
mod completions;
mod curve;
mod define;
mod draw;
mod explain;
mod inference;
mod map;
mod measure;
mod new;
mod plan;
mod resampling;
mod run;
mod schema;
mod show;
pub mod support;
mod weights;
