//! The integration tests of isard, in one binary.

mod agree;
mod certified;
mod cli;
mod csv;
mod faults;
mod reference;
