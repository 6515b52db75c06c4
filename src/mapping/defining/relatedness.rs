//! [`ClusterRelatedness`]: how related industries are within and between clusters.
//!
//! For a grouping and a similarity `M` (Delgado, Porter and Stern 2016):
//!
//! - `WCR_ic = 1/(N_c - 1) sum_{j in c, j != i} M_ij`, `BCR_id = 1/N_d sum_{j in d} M_ij` for `d != c(i)`;
//! - `WCR_c = 1/(N_c (N_c - 1)) sum_{i in c} sum_{j in c, j != i} M_ij`, `BCR_cd = 1/(N_c N_d) sum_{i in c} sum_{j in d} M_ij`.
//!
//! Undefined similarities are left out of the means. A mean of nothing is missing: `WCR` of a cluster of one industry.

use nalgebra::DMatrix;

use crate::mapping::grouping::Partition;
use crate::mapping::similarity::Similarity;

/// Relatedness of industries and of clusters with clusters.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterRelatedness {
    /// A row per cluster, a column per industry: `BCR_id`, and `WCR_ic` where the cluster is the industry's own.
    pub industries: DMatrix<f64>,
    /// A row and a column per cluster: `BCR_cd`, and `WCR_c` on the diagonal.
    pub clusters: DMatrix<f64>,
}

impl ClusterRelatedness {
    /// Means of the similarities of a grouping's industries; the two are in the same order.
    pub fn of(similarity: &Similarity, partition: &Partition) -> Self {
        let (n, k) = (partition.len().min(similarity.len()), partition.n_groups());
        let labels = partition.labels();
        let mut sums = DMatrix::<f64>::zeros(k, n);
        let mut counts = DMatrix::<f64>::zeros(k, n);
        for i in 0..n {
            for (j, &label) in labels.iter().enumerate().take(n) {
                let value = similarity.values()[(j, i)];
                if i != j && !value.is_nan() {
                    sums[(label, i)] += value;
                    counts[(label, i)] += 1.0;
                }
            }
        }
        let mut pooled = DMatrix::<f64>::zeros(k, k);
        let mut pairs = DMatrix::<f64>::zeros(k, k);
        for i in 0..n {
            for group in 0..k {
                pooled[(group, labels[i])] += sums[(group, i)];
                pairs[(group, labels[i])] += counts[(group, i)];
            }
        }
        // The two triangles are the same sums in two orders: one rounding is taken for both.
        let clusters = DMatrix::from_fn(k, k, |c, d| ratio(pooled[(c.min(d), c.max(d))], pairs[(c.min(d), c.max(d))]));
        ClusterRelatedness { industries: DMatrix::from_fn(k, n, |c, i| ratio(sums[(c, i)], counts[(c, i)])), clusters }
    }

    /// `BCR_cd` of every pair of clusters `c < d` for which it is defined.
    pub fn pairs(&self) -> Vec<(usize, usize, f64)> {
        let k = self.clusters.nrows();
        let all = (0..k).flat_map(|c| (c + 1..k).map(move |d| (c, d)));
        all.map(|(c, d)| (c, d, self.clusters[(c, d)])).filter(|(_, _, value)| !value.is_nan()).collect()
    }
}

fn ratio(sum: f64, count: f64) -> f64 {
    if count == 0.0 { f64::NAN } else { sum / count }
}
