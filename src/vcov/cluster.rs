//! The meat of clustered covariances.

use nalgebra::DMatrix;

use super::small_sample::{ClusterFactor, SmallSample};
use crate::design::{DenseFactor, DesignMatrix};
use crate::estimate::Influence;
use crate::linalg::cross_products;

/// `Σ_A ± f_A Σ_g s_g s_g'` over all non-empty sets `A` of cluster variables, with `g` the combinations of their levels
/// that occur and `f_A` the factor `G/(G-1)` of the rules.
pub(super) fn clustered_meat(
    design: &DesignMatrix,
    influence: &Influence,
    clusters: &[&DenseFactor],
    rules: &SmallSample,
) -> DMatrix<f64> {
    let smallest = clusters.iter().map(|cluster| cluster.n_levels).min().unwrap_or(0);
    let k = influence.columns.len();
    let mut total = DMatrix::zeros(k, k);
    for set in 1u32..1 << clusters.len() {
        let members: Vec<&DenseFactor> =
            clusters.iter().enumerate().filter(|(i, _)| set >> i & 1 == 1).map(|(_, cluster)| *cluster).collect();
        let Some(cluster) = influence.combined(&members) else { continue };
        let g = match rules.clusters {
            ClusterFactor::Smallest => smallest,
            ClusterFactor::Own => cluster.n_levels,
        };
        let factor = if rules.adjust_g { cluster_factor(g) } else { 1.0 };
        let sign = if set.count_ones() % 2 == 1 { 1.0 } else { -1.0 };
        total += one_way_meat(design, influence, &cluster) * (sign * factor);
    }
    total
}

/// `G/(G-1)`.
pub(super) fn cluster_factor(g: usize) -> f64 {
    g as f64 / (g as f64 - 1.0)
}

/// `Σ_g s_g s_g'` with `s_g` the sum of the scores of a cluster.
fn one_way_meat(design: &DesignMatrix, influence: &Influence, cluster: &DenseFactor) -> DMatrix<f64> {
    let sums = influence.cluster_sums(cluster, design.weight_values());
    cross_products(&sums.iter().map(Vec::as_slice).collect::<Vec<_>>(), None)
}
