//! Wald tests and intervals.
