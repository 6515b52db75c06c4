//! Study to plan: expand the axes and stepwise formulas, give every model a key, and compare with what a former run left.
//!
//! A key is the digest of everything that a model's numbers depend on (data files, variables that it uses, sample,
//! formula, errors, version), in canonical form: comments, spacing and the order of unrelated sections change nothing.

pub mod execute;
pub mod expand;
pub mod lock;
mod resolve;

pub use execute::{Execution, Observer, RunError, execute};
pub use expand::{PlannedModel, expand};
pub use lock::{Lock, LockedFile};
pub use resolve::{Plan, PlanError};

/// Whether a name fits a pattern in which `*` stands for any text.
pub fn matches_name(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) => {
            let Some(rest) = name.strip_prefix(head) else { return false };
            (0..=rest.len()).filter(|&k| rest.is_char_boundary(k)).any(|k| matches_name(tail, &rest[k..]))
        }
    }
}
