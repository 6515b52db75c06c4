//! Bad input: one test per fault, with its message, its exit code, and nothing half-written.

mod data;
mod geography;
mod model;
mod study;
