//! Data-generating processes.
