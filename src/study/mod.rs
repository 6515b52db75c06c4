//! TOML to a checked study.

pub mod figure;
