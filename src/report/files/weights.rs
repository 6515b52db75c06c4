//! Spatial weights as frames of result files.

use super::frame::Frame;
use crate::space::{SpatialWeights, WeightsRecord};

/// A row per weights matrix.
pub fn weights(records: &[WeightsRecord]) -> Frame {
    Frame::new()
        .text("name", records, |record| record.name.clone())
        .text("standardize", records, |record| record.standardize.clone())
        .count("regions", records, |record| Some(record.regions))
        .count("links", records, |record| Some(record.links))
        .count("fewest_neighbors", records, |record| Some(record.fewest))
        .number("mean_neighbors", records, |record| Some(record.mean))
        .count("most_neighbors", records, |record| Some(record.most))
        .count("one_way_links", records, |record| Some(record.one_way))
        .text("is_symmetric", records, |record| record.is_symmetric.to_string())
        .count("islands", records, |record| Some(record.islands.len()))
        .count("components", records, |record| Some(record.components))
        .count("largest_component", records, |record| Some(record.largest_component))
        .number("s0", records, |record| Some(record.s0))
        .number("s1", records, |record| Some(record.s1))
        .number("s2", records, |record| Some(record.s2))
        .number("largest_eigenvalue", records, |record| Some(record.largest_eigenvalue))
}

/// A row per link: `region`, `neighbor`, `weight`, as `[geography.weights]` reads them.
pub fn links(weights: &SpatialWeights) -> Frame {
    let pairs = weights.pairs();
    Frame::new()
        .text("region", &pairs, |(from, _, _)| from.clone())
        .text("neighbor", &pairs, |(_, to, _)| to.clone())
        .number("weight", &pairs, |(_, _, weight)| Some(*weight))
}
