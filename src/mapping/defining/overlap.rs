//! [`Overlap`]: which clusters share industries broadly, and which are related.
//!
//! An industry belongs broadly to every other cluster with which its relatedness `BCR_id` reaches a percentile (90 by
//! default) of all `BCR_id`. `omega_cd = (n_{c->d}/N_c + n_{d->c}/N_d) / 2` then counts overlap (Delgado, Porter and Stern
//! 2010, 2014). Two clusters are related when `BCR_cd` reaches the percentile of all pairs of clusters; strongly so when
//! `omega` also reaches a share (20 per cent): the rule of the US Cluster Mapping Project.

use super::ClusterRelatedness;
use crate::describe::quantile;
use crate::mapping::grouping::Partition;
use crate::mapping::similarity::Similarity;

/// The thresholds of overlap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OverlapRule {
    /// The percentile from which an industry belongs broadly to another cluster, and a pair of clusters is related.
    pub percentile: f64,
    /// The share of industries from which related clusters are strongly related.
    pub share: f64,
}

impl Default for OverlapRule {
    fn default() -> Self {
        OverlapRule { percentile: 0.9, share: 0.2 }
    }
}

/// A pair of clusters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// One cluster; `first < second`.
    pub first: usize,
    /// The other.
    pub second: usize,
    /// `BCR_cd`.
    pub between: f64,
    /// The share of pairs of clusters with a smaller `BCR`, plus half of those with the same, in per cent.
    pub percentile: f64,
    /// `omega_cd`, the mean of the two shares of industries that belong broadly to the other.
    pub overlap: f64,
    /// The smaller of the two shares.
    pub overlap_min: f64,
    /// Whether `BCR_cd` reaches the percentile of all pairs.
    pub is_related: bool,
    /// Whether it does and `omega` reaches the share.
    pub is_strong: bool,
}

/// Broad membership, and the links of all pairs of clusters.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlap {
    /// For every industry, the other clusters that it belongs to broadly, the nearest first.
    pub broad: Vec<Vec<usize>>,
    /// All pairs of clusters whose relatedness is defined.
    pub links: Vec<Link>,
}

impl Overlap {
    /// Overlap of a grouping's clusters by a similarity of the same industries.
    pub fn of(similarity: &Similarity, partition: &Partition, rule: &OverlapRule) -> Self {
        let found = ClusterRelatedness::of(similarity, partition);
        let labels = partition.labels();
        let other = |i: usize| {
            let own = labels[i];
            let column = found.industries.column(i);
            (0..partition.n_groups())
                .filter(move |&d| d != own)
                .map(move |d| (d, column[d]))
                .filter(|(_, v)| !v.is_nan())
        };
        let all = (0..labels.len()).flat_map(|i| other(i).map(|(_, value)| value).collect::<Vec<_>>());
        let high = threshold(all.collect(), rule.percentile);
        let broad: Vec<Vec<usize>> = (0..labels.len())
            .map(|i| {
                let mut reached: Vec<(usize, f64)> = other(i).filter(|(_, value)| *value >= high).collect();
                reached.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
                reached.into_iter().map(|(cluster, _)| cluster).collect()
            })
            .collect();
        let links = links(&found, partition, &broad, rule);
        Overlap { broad, links }
    }
}

fn links(found: &ClusterRelatedness, partition: &Partition, broad: &[Vec<usize>], rule: &OverlapRule) -> Vec<Link> {
    let (k, sizes) = (partition.n_groups(), partition.sizes());
    let mut reach = vec![vec![0usize; k]; k];
    for (&own, clusters) in partition.labels().iter().zip(broad) {
        clusters.iter().for_each(|&cluster| reach[own][cluster] += 1);
    }
    let pairs = found.pairs();
    let mut sorted: Vec<f64> = pairs.iter().map(|(_, _, value)| *value).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let high = quantile(&sorted, rule.percentile).unwrap_or(f64::INFINITY);
    let link = |(first, second, between): (usize, usize, f64)| {
        let below = sorted.partition_point(|value| *value < between);
        let same = sorted.partition_point(|value| *value <= between) - below;
        let shares =
            [reach[first][second] as f64 / sizes[first] as f64, reach[second][first] as f64 / sizes[second] as f64];
        let overlap = 0.5 * (shares[0] + shares[1]);
        let is_related = between >= high;
        Link {
            first,
            second,
            between,
            percentile: 100.0 * (below as f64 + 0.5 * same as f64) / sorted.len() as f64,
            overlap,
            overlap_min: shares[0].min(shares[1]),
            is_related,
            is_strong: is_related && overlap >= rule.share,
        }
    };
    pairs.into_iter().map(link).collect()
}

fn threshold(mut values: Vec<f64>, percentile: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    quantile(&values, percentile).unwrap_or(f64::INFINITY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::DMatrix;

    #[test]
    fn a_bridge_makes_two_of_three_clusters_related() {
        // Industry 1 of cluster 0 is also close to cluster 1 = {2, 3}; cluster 2 = {4, 5} is apart.
        let labels = [0, 0, 1, 1, 2, 2];
        let values = DMatrix::from_fn(6, 6, |i, j| {
            let (i, j) = (i.min(j), i.max(j));
            if labels[i] == labels[j] {
                1.0
            } else if i == 1 && labels[j] == 1 {
                0.8
            } else {
                0.01 * (i + j) as f64
            }
        });
        let similarity = Similarity::new((0..6).map(|i| i.to_string()).collect(), values).unwrap();
        let found = Overlap::of(&similarity, &Partition::new(labels), &OverlapRule::default());
        assert_eq!(found.broad[1], [1]);
        let link = &found.links[0];
        assert!((link.first, link.second) == (0, 1) && link.is_related && link.is_strong);
        assert_eq!(link.overlap, 0.25 + 0.5 * found.broad[2..4].iter().filter(|b| b.contains(&0)).count() as f64 / 2.0);
        assert!(found.links.iter().filter(|link| link.is_related).count() == 1);
    }
}
