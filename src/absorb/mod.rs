//! Fixed-effect projection.
