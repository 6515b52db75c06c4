//! TOML to a checked study.
