//! Tables, figures, maps and the page: formats and never computes a statistic.

pub mod certification;
pub mod cluster_map;
pub mod definition;
pub mod escape;
pub mod explain;
pub mod figure;
pub mod files;
pub mod map;
pub mod number;
pub mod page;
pub mod results;
pub mod table;
