//! The integration tests of isard, in one binary.

mod agree;
mod certified;
mod csv;
mod reference;
mod studies;
