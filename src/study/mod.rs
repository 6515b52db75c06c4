//! TOML to a checked study.

pub mod data;
