//! [`Stability`]: whether a grouping comes back when the regions are drawn anew.
//!
//! Regions are drawn with replacement, similarities and the grouping computed again, and the two compared: adjusted Rand
//! indices for the whole set; for each cluster the mean of the largest Jaccard coefficient with a cluster of the draw
//! (Hennig 2007: above 0.75 stable, below 0.5 dissolved).

use rayon::prelude::*;

use crate::mapping::grouping::{GroupingError, Partition, compare};
use crate::monte::Streams;

/// Agreement of a grouping with those of draws of regions.
#[derive(Clone, Debug, PartialEq)]
pub struct Stability {
    /// The adjusted Rand index of every draw, in order.
    pub adjusted_rand: Vec<f64>,
    /// The mean largest Jaccard coefficient of every cluster.
    pub clusters: Vec<f64>,
}

impl Stability {
    /// The mean adjusted Rand index.
    pub fn mean(&self) -> f64 {
        self.adjusted_rand.iter().sum::<f64>() / self.adjusted_rand.len() as f64
    }
}

/// Draws `n_regions` regions `draws` times and compares `partition` with what `again` makes of each draw (a list of region
/// numbers). The draw has a stream of its own.
///
/// # Errors
/// As `again`.
pub fn stability(
    partition: &Partition,
    n_regions: usize,
    draws: usize,
    streams: &Streams,
    again: impl Fn(&[usize]) -> Result<Partition, GroupingError> + Sync,
) -> Result<Stability, GroupingError> {
    let found: Vec<_> = (0..draws)
        .into_par_iter()
        .map(|draw| {
            let mut stream = streams.stream("regions", draw as u64);
            let regions: Vec<usize> = (0..n_regions).map(|_| stream.below(n_regions)).collect();
            Ok(compare(partition, &again(&regions)?))
        })
        .collect::<Result<_, GroupingError>>()?;
    let mut clusters = vec![0.0; partition.n_groups()];
    for comparison in found.iter().flatten() {
        clusters.iter_mut().zip(&comparison.matches).for_each(|(mean, (_, jaccard))| *mean += jaccard / draws as f64);
    }
    Ok(Stability {
        adjusted_rand: found.iter().flatten().map(|comparison| comparison.adjusted_rand).collect(),
        clusters,
    })
}
