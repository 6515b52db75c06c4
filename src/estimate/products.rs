//! [`Products`]: a model solved from the cross products of its [`Group`].
//!
//! Residuals are formed only when something reads them; sums of scores by cluster come from per-cluster cross products,
//! `Σ_g w x e = Σ_g w x y - Σ_g w x X b`, which every model of the group with these clusters shares.

use std::sync::Arc;

use nalgebra::DVector;
use rayon::prelude::*;

use super::estimator::Influence;
use super::group::{CONSTANT, Group, WorkingColumn};
use crate::design::DenseFactor;
use crate::linalg::least_squares::residual;

/// A model's columns in its group, and its coefficients on the working columns.
pub(super) struct Products {
    pub(super) group: Arc<Group>,
    /// Whether the first of the influence's columns is a constant, of which the working columns are net.
    pub(super) constant: bool,
    pub(super) outcome: Arc<WorkingColumn>,
    pub(super) regressors: Vec<Arc<WorkingColumn>>,
    pub(super) coefficients: DVector<f64>,
}

impl Products {
    /// `y - Xb`.
    pub(super) fn residuals(&self) -> Vec<f64> {
        let columns: Vec<&[f64]> = self.regressors.iter().map(|column| column.values.as_slice()).collect();
        residual(&columns, &self.outcome.values, &self.coefficients)
    }

    /// Sums of the scores by cluster, one vector per working column.
    fn cluster_sums(&self, cluster: &DenseFactor) -> Vec<Vec<f64>> {
        let rows: Vec<usize> =
            self.constant.then_some(CONSTANT).into_iter().chain(self.regressors.iter().map(|c| c.id)).collect();
        let of: Vec<usize> = std::iter::once(self.outcome.id).chain(self.regressors.iter().map(|c| c.id)).collect();
        let pairs: Vec<(usize, usize)> = rows.iter().flat_map(|&a| of.iter().map(move |&b| (a, b))).collect();
        let sums = self.group.cluster_products(cluster, &pairs);
        sums.par_chunks(of.len())
            .map(|sums| {
                let mut out = sums[0].to_vec();
                for (products, b) in sums[1..].iter().zip(self.coefficients.iter()) {
                    out.iter_mut().zip(products.iter()).for_each(|(sum, product)| *sum -= b * product);
                }
                out
            })
            .collect()
    }
}

impl Products {
    /// Sums of products of pairs of working columns by cluster; the first may be the constant.
    fn cluster_grams(&self, cluster: &DenseFactor, pairs: &[(usize, usize)]) -> Vec<Arc<Vec<f64>>> {
        let ids: Vec<usize> =
            self.constant.then_some(CONSTANT).into_iter().chain(self.regressors.iter().map(|c| c.id)).collect();
        let known: Vec<(usize, usize)> = pairs.iter().map(|&(i, j)| (ids[i], ids[j])).collect();
        let mut sums = self.group.cluster_products(cluster, &known);
        if self.constant {
            // No column holds the constant: its product with itself are the weights.
            let mut mass = vec![0.0; cluster.n_levels];
            let weights = self.group.weight_values();
            for (row, &code) in cluster.codes.iter().enumerate() {
                mass[code as usize] += weights.map_or(1.0, |w| w[row]);
            }
            sums[0] = Arc::new(mass);
        }
        sums
    }
}

/// The (weighted) products of two working columns, added up by cluster.
#[derive(Clone, Debug)]
pub struct ClusterProduct {
    /// The columns, the first not after the second.
    pub columns: (usize, usize),
    /// A sum per cluster.
    pub sums: Arc<Vec<f64>>,
}

/// Whether clusters are few enough that their cross products take less room than the columns: a matter of the model
/// alone, so that it has the same bits by itself and among others.
pub(super) fn is_compact(cluster: &DenseFactor, n_columns: usize) -> bool {
    cluster.n_levels.saturating_mul(n_columns + 1) <= cluster.codes.len()
}

impl Influence {
    /// Sums of the scores `w x e` over the rows of each cluster: one vector, with an entry per cluster, for each of
    /// [`Influence::columns`]. `weights` are those of the design.
    pub fn cluster_sums(&self, cluster: &DenseFactor, weights: Option<&[f64]>) -> Vec<Vec<f64>> {
        if let Some(products) = self.residuals.products().filter(|_| is_compact(cluster, self.columns.len())) {
            return products.cluster_sums(cluster);
        }
        let residuals: &[f64] = &self.residuals;
        let weighted: Option<Vec<f64>> =
            weights.map(|weights| residuals.iter().zip(weights).map(|(e, w)| e * w).collect());
        let scores = weighted.as_deref().unwrap_or(residuals);
        self.columns
            .par_iter()
            .map(|column| {
                let mut sums = vec![0.0; cluster.n_levels];
                for ((&code, x), s) in cluster.codes.iter().zip(column.iter()).zip(scores) {
                    sums[code as usize] += x * s;
                }
                sums
            })
            .collect()
    }

    /// `X_g'WX_g` of the working columns: for each pair of columns the sums by cluster. `None` where clusters are so many
    /// that these take more room than the columns.
    pub fn cluster_grams(&self, cluster: &DenseFactor, weights: Option<&[f64]>) -> Option<Vec<ClusterProduct>> {
        let p = self.columns.len();
        if !is_compact(cluster, p) {
            return None;
        }
        let pairs: Vec<(usize, usize)> = (0..p).flat_map(|j| (0..=j).map(move |i| (i, j))).collect();
        let sums: Vec<Arc<Vec<f64>>> = match self.residuals.products() {
            Some(products) => products.cluster_grams(cluster, &pairs),
            None => {
                let by = |&(i, j): &(usize, usize)| {
                    let mut sums = vec![0.0; cluster.n_levels];
                    for (row, &code) in cluster.codes.iter().enumerate() {
                        let weight = weights.map_or(1.0, |w| w[row]);
                        sums[code as usize] += weight * self.columns[i][row] * self.columns[j][row];
                    }
                    Arc::new(sums)
                };
                pairs.par_iter().map(by).collect()
            }
        };
        Some(pairs.into_iter().zip(sums).map(|(columns, sums)| ClusterProduct { columns, sums }).collect())
    }

    /// The factor whose levels are the combinations of several that occur; found once for all models that share it.
    pub fn combined(&self, factors: &[&DenseFactor]) -> Option<DenseFactor> {
        match self.residuals.products() {
            Some(products) => products.group.combined(factors),
            None => combine(factors),
        }
    }
}

/// The factor whose levels are the combinations of several that occur; `None` of none.
pub(super) fn combine(factors: &[&DenseFactor]) -> Option<DenseFactor> {
    let (first, rest) = factors.split_first()?;
    let pair = |one: DenseFactor, two: &&DenseFactor| {
        if one.is_nested_in(two) {
            one
        } else if two.is_nested_in(&one) {
            (*two).clone()
        } else {
            one.pair(two)
        }
    };
    Some(rest.iter().fold((*first).clone(), pair))
}
