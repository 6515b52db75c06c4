//! [`Scores`]: how well a grouping separates related industries (Delgado, Porter and Stern 2016).
//!
//! Four scores per validating matrix, each 100 times the share of clusters (industries) whose relatedness within their
//! cluster exceeds (strictly) the mean, or a percentile (type 7), of their relatedness with the other clusters.
//! `VS-Cluster` is the mean of the two cluster scores over all matrices, `VS-Industry` likewise, `VS` the mean of the two.
//!
//! A grouping into one cluster has nothing between: its scores are missing.

use serde::{Deserialize, Serialize};

use super::ClusterRelatedness;
use crate::describe::quantile;
use crate::mapping::grouping::Partition;
use crate::mapping::similarity::Similarity;

/// What a cluster of one industry counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Singletons {
    /// It does not pass: it groups nothing. (Leaving it out would rank highest what groups nothing.)
    #[default]
    Fail,
    /// It is left out of both counts.
    LeaveOut,
}

/// How groupings are scored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scoring {
    /// The percentile of the two stricter scores, in (0, 1).
    pub percentile: f64,
    /// What a cluster of one industry counts.
    pub singletons: Singletons,
}

impl Default for Scoring {
    fn default() -> Self {
        Scoring { percentile: 0.95, singletons: Singletons::Fail }
    }
}

/// The four scores over one validating matrix, in per cent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// Clusters whose `WCR_c` exceeds the mean of their `BCR_cd`.
    pub cluster_mean: f64,
    /// Clusters whose `WCR_c` exceeds the percentile of their `BCR_cd`.
    pub cluster_percentile: f64,
    /// Industries whose `WCR_ic` exceeds the mean of their `BCR_id`.
    pub industry_mean: f64,
    /// Industries whose `WCR_ic` exceeds the percentile of their `BCR_id`.
    pub industry_percentile: f64,
    /// The mean over industries of `WCR_ic` less the largest `BCR_id`.
    pub margin: f64,
}

impl Validation {
    /// Scores a grouping by one matrix of the same industries.
    pub fn of(similarity: &Similarity, partition: &Partition, scoring: &Scoring) -> Self {
        let found = ClusterRelatedness::of(similarity, partition);
        let mut clusters = Tally::default();
        for c in 0..partition.n_groups() {
            clusters.add(found.clusters.column(c).as_slice(), c, scoring);
        }
        let mut industries = Tally::default();
        for (i, &own) in partition.labels().iter().enumerate() {
            industries.add(found.industries.column(i).as_slice(), own, scoring);
        }
        let ((cluster_mean, cluster_percentile), (industry_mean, industry_percentile)) =
            (clusters.shares(), industries.shares());
        let margin = industries.margin / industries.with_margin as f64;
        Validation { cluster_mean, cluster_percentile, industry_mean, industry_percentile, margin }
    }
}

/// Counts of those that pass.
#[derive(Default)]
struct Tally {
    above_mean: usize,
    above_percentile: usize,
    counted: usize,
    margin: f64,
    with_margin: usize,
}

impl Tally {
    /// Counts one cluster or industry by its relatedness with every cluster, of which one is its own.
    fn add(&mut self, relatedness: &[f64], own: usize, scoring: &Scoring) {
        let mut between: Vec<f64> =
            relatedness.iter().enumerate().filter(|(d, value)| *d != own && !value.is_nan()).map(|(_, v)| *v).collect();
        if between.is_empty() || (relatedness[own].is_nan() && scoring.singletons == Singletons::LeaveOut) {
            return;
        }
        self.counted += 1;
        let mean = between.iter().sum::<f64>() / between.len() as f64;
        between.sort_unstable_by(f64::total_cmp);
        self.above_mean += usize::from(relatedness[own] > mean);
        let high = quantile(&between, scoring.percentile).unwrap_or(f64::NAN);
        self.above_percentile += usize::from(relatedness[own] > high);
        if let (Some(&largest), false) = (between.last(), relatedness[own].is_nan()) {
            self.margin += relatedness[own] - largest;
            self.with_margin += 1;
        }
    }

    fn shares(&self) -> (f64, f64) {
        let share =
            |count: usize| if self.counted == 0 { f64::NAN } else { 100.0 * count as f64 / self.counted as f64 };
        (share(self.above_mean), share(self.above_percentile))
    }
}

/// The scores of a grouping over all validating matrices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// One per validating matrix, in their order.
    pub by_matrix: Vec<Validation>,
    /// `VS-Cluster`.
    pub cluster: f64,
    /// `VS-Industry`.
    pub industry: f64,
    /// `VS`, the mean of the two.
    pub total: f64,
    /// The mean over matrices and industries of `WCR_ic` less the largest `BCR_id`: how clear the grouping is. It settles
    /// what the scores leave open; industries alone in their cluster are left out.
    pub margin: f64,
}

impl Scores {
    /// Scores a grouping by several matrices of the same industries.
    pub fn of(validating: &[&Similarity], partition: &Partition, scoring: &Scoring) -> Self {
        let by_matrix: Vec<Validation> =
            validating.iter().map(|similarity| Validation::of(similarity, partition, scoring)).collect();
        let mean = |of: fn(&Validation) -> f64| by_matrix.iter().map(of).sum::<f64>() / by_matrix.len() as f64;
        let cluster = mean(|v| 0.5 * (v.cluster_mean + v.cluster_percentile));
        let industry = mean(|v| 0.5 * (v.industry_mean + v.industry_percentile));
        let margin = mean(|v| v.margin);
        Scores { by_matrix, cluster, industry, total: 0.5 * (cluster + industry), margin }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monte::Streams;
    use nalgebra::DMatrix;

    fn similarity(n: usize, of: impl FnMut(usize, usize) -> f64) -> Similarity {
        let mut of = of;
        let mut values = DMatrix::zeros(n, n);
        for i in 0..n {
            for j in 0..i {
                values[(i, j)] = of(i, j);
                values[(j, i)] = values[(i, j)];
            }
        }
        Similarity::new((0..n).map(|i| i.to_string()).collect(), values).unwrap()
    }

    #[test]
    fn blocks_score_a_hundred_and_singletons_do_not_pass() {
        let partition = Partition::new((0..30).map(|i| i / 3));
        let blocks = similarity(30, |i, j| f64::from(i / 3 == j / 3));
        let scores = Scores::of(&[&blocks], &partition, &Scoring::default());
        assert_eq!((scores.total, scores.margin), (100.0, 1.0));
        let alone = Partition::new(0..30);
        assert_eq!(Scores::of(&[&blocks], &alone, &Scoring::default()).total, 0.0);
        let left_out = Scoring { singletons: Singletons::LeaveOut, ..Scoring::default() };
        assert!(Scores::of(&[&blocks], &alone, &left_out).total.is_nan());
        assert!(Scores::of(&[&blocks], &Partition::new([0; 30]), &Scoring::default()).total.is_nan());
    }

    #[test]
    fn relabelling_and_a_constant_change_nothing() {
        let mut stream = Streams::new(4).stream("validation", 0);
        // Dyadic numbers: adding a constant is exact.
        let matrix = similarity(40, |_, _| stream.below(4096) as f64 / 4096.0);
        let moved = similarity(40, |i, j| matrix.values()[(i, j)] + 8.0);
        let labels: Vec<usize> = (0..40).map(|i| (i * 7) % 8).collect();
        let renamed = Partition::new(labels.iter().map(|label| 100 - label));
        let partition = Partition::new(labels);
        let of = |m: &Similarity, p: &Partition| Validation::of(m, p, &Scoring::default());
        let found = of(&matrix, &partition);
        for other in [of(&matrix, &renamed), of(&moved, &partition)] {
            // Counts are exact; means of differences round.
            assert!((other.margin - found.margin).abs() < 1e-12, "{other:?} {found:?}");
            assert_eq!(Validation { margin: 0.0, ..other }, Validation { margin: 0.0, ..found });
        }
    }

    #[test]
    fn chance_scores_fifty_and_five() {
        let mut totals = [0.0; 4];
        let draws = 10;
        for draw in 0..draws {
            let mut stream = Streams::new(11).stream("validation", draw);
            let matrix = similarity(480, |_, _| stream.normal());
            let partition = Partition::new((0..480).map(|i| i % 60));
            let found = Validation::of(&matrix, &partition, &Scoring::default());
            let all = [found.cluster_mean, found.industry_mean, found.cluster_percentile, found.industry_percentile];
            totals.iter_mut().zip(all).for_each(|(total, value)| *total += value / draws as f64);
        }
        // An industry's mean within is over 7, between over 8: nearly exchangeable. A cluster's is over 28 distinct pairs,
        // between over 64: a larger spread, so that chance passes the percentile more often than once in twenty.
        assert!((totals[0] - 50.0).abs() < 5.0 && (totals[1] - 50.0).abs() < 3.0, "{totals:?}");
        assert!(totals[2] > 8.0 && totals[2] < 19.0 && totals[3] > 4.0 && totals[3] < 9.0, "{totals:?}");
    }
}
