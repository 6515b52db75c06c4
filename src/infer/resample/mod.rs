//! Inference by resampling: the wild cluster bootstrap, step-down tests of families, randomisation.
//!
//! In: a fitted model ([`Fitted`]) and what to draw; out: records of p-values and confidence sets. Random draws come from
//! keyed streams by blocks, and every sum has a fixed order, so that results have the same bits for any number of
//! threads. The pairs bootstrap is not here: it breaks down where these are needed, when clusters are few.

mod assignment;
mod bilinear;
mod confidence;
pub mod draws;
mod effects;
pub mod error;
mod groups;
mod jackknife;
pub mod randomise;
pub mod record;
mod rows;
pub mod stepdown;
mod sums;
pub mod variant;
pub mod wild;
mod wre;

pub use draws::WildWeights;
pub use error::ResampleError;
pub use randomise::{Randomisation, RandomisationRecord, RandomisationStatistic};
pub use record::{Interval, WildRecord, WildTest};
pub use rows::Fitted;
pub use stepdown::{JointDraws, Member, StepDown};
pub use variant::Variant;
pub use wild::{Hypothesis, Tail, Ties, WildBootstrap};
