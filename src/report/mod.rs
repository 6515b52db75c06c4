//! Tables, figures, maps and the page: formats and never computes a statistic.

pub mod escape;
pub mod files;
pub mod number;
pub mod page;
pub mod results;
pub mod table;
