//! isard: cluster-performance econometrics.
//!
//! Every study is the same walk. Each word is a type, each arrow one step:
//!
//! ```text
//! study.toml -> Study -> Plan -> Panel -> DesignMatrix -> Estimate -> Covariance -> Fit -> Report
//! ```
#![deny(missing_docs)]

pub mod absorb;
pub mod cli;
pub mod describe;
pub mod design;
pub mod estimate;
pub mod evaluate;
pub mod formula;
pub mod infer;
pub mod linalg;
pub mod mapping;
mod memo;
pub mod memory;
pub mod monte;
pub mod note;
pub mod panel;
pub mod pattern;
pub mod plan;
pub mod report;
pub mod space;
pub mod study;
pub mod vcov;
