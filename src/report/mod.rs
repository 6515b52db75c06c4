//! Tables, figures, maps and the page: formats and never computes a statistic.

pub mod figure;
pub mod map;
