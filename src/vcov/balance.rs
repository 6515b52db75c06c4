//! How unequal clusters are: effective clusters and leverages.
//!
//! With `M_g = X_g'WX_g` of the working columns and `b` the row of a coefficient in the bread: `γ_g = b M_g b'`, the share
//! of a cluster in the variance of the coefficient if errors were independent with one variance. `G* = G / (1 + cv²(γ))`
//! (Carter, Schnepel and Steigerwald 2017) is the number of equal clusters that would be as good; `γ_g / Σγ` is the partial
//! leverage of the cluster, its share of the variation of the regressor net of all others, and `tr(M_g A) / p` its share of
//! the leverage of all columns (MacKinnon, Nielsen and Webb 2023). Absorbed effects are partialled out before, and their
//! own leverage is not counted.

use nalgebra::DMatrix;

use super::raw::FEW_CLUSTERS;
use super::record::ClusterBalance;
use crate::design::{ClusterVariable, DesignMatrix};
use crate::estimate::ols::INTERCEPT;
use crate::estimate::{ClusterProduct, Influence};
use crate::linalg::IndependentFactor;
use crate::note::Note;

/// A share of partial leverage over this, and over [`OUTSTANDING`] times the mean, raises a note.
const DECISIVE: f64 = 0.15;

/// See [`DECISIVE`].
const OUTSTANDING: f64 = 3.0;

/// Effective clusters under this share of all, and fewer than [`FEW_CLUSTERS`], raise a note.
const UNEQUAL: f64 = 0.7;

/// The balance of a cluster variable; `None` where there are so many clusters that their cross products take more room
/// than the columns, or no slope.
pub(super) fn of(
    design: &DesignMatrix,
    (influence, terms): (&Influence, &[String]),
    cluster: &ClusterVariable,
) -> Option<ClusterBalance> {
    let grams = influence.cluster_grams(&cluster.factor, design.weight_values())?;
    let p = influence.columns.len();
    let mut total = DMatrix::zeros(p, p);
    for product in &grams {
        let (i, j) = product.columns;
        total[(i, j)] = product.sums.iter().sum();
        total[(j, i)] = total[(i, j)];
    }
    let inverse = IndependentFactor::of(&total, 1e-14).generalised_inverse(p);
    let leverages = combined(&grams, cluster.factor.n_levels, |i, j| inverse[(i, j)]);
    let shares = |term: usize| {
        let b = influence.bread.row(term);
        combined(&grams, cluster.factor.n_levels, |i, j| b[i] * b[j])
    };
    let level = |g: usize| {
        let code = cluster.factor.origin.get(g).copied().unwrap_or_default();
        cluster.levels.get(code as usize).cloned().unwrap_or_default()
    };
    let (largest, leverage) = top(&leverages)?;
    let mut worst: Option<(usize, f64)> = None;
    let mut decisive: Option<(usize, usize, f64)> = None;
    for term in (0..terms.len()).filter(|&term| terms[term] != INTERCEPT) {
        let shares = shares(term);
        let effective = effective(&shares);
        if worst.is_none_or(|(_, least)| effective < least) {
            worst = Some((term, effective));
        }
        if let Some((g, share)) = top(&shares)
            && decisive.is_none_or(|(_, _, most)| share > most)
        {
            decisive = Some((term, g, share));
        }
    }
    let ((term, effective), (partial_term, g, share)) = (worst?, decisive?);
    Some(ClusterBalance {
        variable: cluster.name.clone(),
        term: terms[term].clone(),
        clusters: cluster.factor.n_levels,
        effective,
        largest: level(largest),
        leverage,
        partial_term: terms[partial_term].clone(),
        partial_largest: level(g),
        partial_leverage: share,
    })
}

/// `Σ_ij c_ij M_g[i, j]` by cluster, for symmetric `c`.
fn combined(grams: &[ClusterProduct], n_levels: usize, c: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let mut out = vec![0.0; n_levels];
    for product in grams {
        let (i, j) = product.columns;
        let share = if i == j { c(i, j) } else { 2.0 * c(i, j) };
        out.iter_mut().zip(product.sums.iter()).for_each(|(out, sum)| *out += share * sum);
    }
    out
}

/// `G / (1 + cv²)`.
fn effective(shares: &[f64]) -> f64 {
    let (sum, squares) = shares.iter().fold((0.0, 0.0), |(sum, squares), v| (sum + v, squares + v * v));
    sum * sum / squares
}

/// The largest entry as a share of all.
fn top(values: &[f64]) -> Option<(usize, f64)> {
    let total: f64 = values.iter().sum();
    let (at, value) = values.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
    (total > 0.0).then_some((at, value / total))
}

impl ClusterBalance {
    /// What a reader must know of it.
    pub(super) fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        if self.effective < FEW_CLUSTERS as f64 && self.effective < UNEQUAL * self.clusters as f64 {
            notes.push(Note::UnequalClusters {
                variable: self.variable.clone(),
                term: self.term.clone(),
                clusters: self.clusters,
                effective: self.effective,
            });
        }
        if self.partial_leverage > DECISIVE && self.partial_leverage * self.clusters as f64 > OUTSTANDING {
            notes.push(Note::InfluentialCluster {
                variable: self.variable.clone(),
                cluster: self.partial_largest.clone(),
                term: self.partial_term.clone(),
                share: self.partial_leverage,
            });
        }
        notes
    }
}
