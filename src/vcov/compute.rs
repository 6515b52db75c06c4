//! [`covariance`]: raw matrix, counts, factors.

use nalgebra::DMatrix;

use super::cluster::{cluster_factor, clustered_meat};
use super::error::CovarianceError;
use super::errors::Errors;
use super::small_sample::{AbsorbedCount, SmallSample};
use crate::design::{AbsorbedTerm, ClusterVariable, DesignMatrix, WeightKind};
use crate::estimate::{ClusterCount, Estimate, Influence, SmallSampleFactors, Spread};
use crate::linalg::{cross_products, nearest_positive};
use crate::note::Note;

/// Fewer clusters than this raise a note: simulations find the usual tests to reject too often (Cameron and Miller 2015
/// speak of 20 to 50).
pub const FEW_CLUSTERS: usize = 30;

/// A covariance with the counts behind it.
#[derive(Clone, Debug)]
pub struct Covariance {
    /// One row and column per coefficient.
    pub matrix: DMatrix<f64>,
    /// `iid`, `hc1` or `cluster`.
    pub kind: &'static str,
    /// Cluster variables and their numbers of clusters.
    pub clusters: Vec<ClusterCount>,
    /// Counts, factors and degrees of freedom.
    pub factors: SmallSampleFactors,
    /// Of each absorbed effect, whether it is nested in a cluster variable.
    pub nested: Vec<bool>,
    /// Findings.
    pub notes: Vec<Note>,
}

/// Computes the covariance of an estimate. It can be called again with other errors without a new fit.
///
/// # Errors
/// [`CovarianceError`] if a cluster variable is unknown or none is given.
pub fn covariance(
    errors: &Errors,
    rules: &SmallSample,
    design: &DesignMatrix,
    estimate: &Estimate,
) -> Result<Covariance, CovarianceError> {
    let clusters = match errors {
        Errors::Cluster(names) => find_clusters(design, names)?,
        _ => Vec::new(),
    };
    let nested: Vec<bool> = design
        .absorbed
        .iter()
        .map(|effect| clusters.iter().any(|cluster| effect.factor.is_nested_in(&cluster.factor)))
        .collect();
    let factors = count(rules, design, estimate, (&clusters, &nested));
    let Spread::Influence(influence) = &estimate.spread;
    let mut notes = few_clusters(&clusters);
    let mut matrix = match errors {
        Errors::Iid => &influence.inverse * (estimate.sums.residual / (factors.n as f64 - 1.0)),
        Errors::Hc1 => sandwich(influence, hetero_meat(design, influence, factors.n)),
        Errors::Cluster(_) => {
            let dense: Vec<_> = clusters.iter().map(|cluster| &cluster.factor).collect();
            sandwich(influence, clustered_meat(design, influence, &dense, rules))
        }
    };
    matrix *= factors.k_factor;
    if clusters.len() > 1
        && let Some((repaired, relative)) = nearest_positive(&matrix)
    {
        matrix = repaired;
        notes.push(Note::NotPositiveDefinite { relative });
    }
    let clusters = clusters
        .iter()
        .map(|cluster| ClusterCount { variable: cluster.name.clone(), clusters: cluster.factor.n_levels })
        .collect();
    Ok(Covariance { matrix, kind: errors.kind(), clusters, factors, nested, notes })
}

fn find_clusters<'a>(design: &'a DesignMatrix, names: &[String]) -> Result<Vec<&'a ClusterVariable>, CovarianceError> {
    if names.is_empty() || names.len() > 8 {
        return Err(CovarianceError::ClusterCount { given: names.len() });
    }
    let find = |name: &String| {
        design.clusters.iter().find(|cluster| cluster.name == *name).ok_or_else(|| {
            let nearest = design
                .clusters
                .iter()
                .max_by(|a, b| strsim::jaro_winkler(name, &a.name).total_cmp(&strsim::jaro_winkler(name, &b.name)));
            CovarianceError::ClusterUnknown { name: name.clone(), nearest: nearest.map(|c| c.name.clone()) }
        })
    };
    names.iter().map(find).collect()
}

/// N, K, G and the factors.
fn count(
    rules: &SmallSample,
    design: &DesignMatrix,
    estimate: &Estimate,
    (clusters, nested): (&[&ClusterVariable], &[bool]),
) -> SmallSampleFactors {
    let n = design.n_obs();
    let k = count_parameters(rules, design, estimate, (clusters, nested));
    let g = clusters.iter().map(|cluster| cluster.factor.n_levels).min();
    SmallSampleFactors {
        n,
        k,
        g,
        k_factor: if rules.adjust_k { (n as f64 - 1.0) / (n as f64 - k as f64) } else { 1.0 },
        g_factor: g.filter(|_| rules.adjust_g).map_or(1.0, cluster_factor),
        df: g.map_or(n as f64 - k as f64, |g| g as f64 - 1.0),
    }
}

/// K by the rules.
fn count_parameters(
    rules: &SmallSample,
    design: &DesignMatrix,
    estimate: &Estimate,
    (clusters, nested): (&[&ClusterVariable], &[bool]),
) -> usize {
    let same = |effect: &AbsorbedTerm, cluster: &ClusterVariable| {
        effect.factor.n_levels == cluster.factor.n_levels && effect.factor.is_nested_in(&cluster.factor)
    };
    let is_absorbed = |cluster: &&ClusterVariable| design.absorbed.iter().any(|effect| same(effect, cluster));
    let only_same = match rules.absorbed {
        AbsorbedCount::Full => return estimate.n_parameters(),
        AbsorbedCount::None => return estimate.terms.len(),
        AbsorbedCount::NonNested => false,
        AbsorbedCount::NonNestedFixest => clusters.iter().all(is_absorbed),
    };
    let inside = design.absorbed.iter().zip(nested).filter(|(effect, nested)| {
        **nested && !effect.slopes_only && (!only_same || clusters.iter().any(|cluster| same(effect, cluster)))
    });
    estimate.n_parameters() - inside.map(|(effect, _)| effect.factor.n_levels - 1).sum::<usize>()
}

fn few_clusters(clusters: &[&ClusterVariable]) -> Vec<Note> {
    let few = clusters.iter().filter(|cluster| cluster.factor.n_levels < FEW_CLUSTERS);
    few.map(|c| Note::FewClusters { variable: c.name.clone(), clusters: c.factor.n_levels }).collect()
}

/// `N/(N-1) Σ e² x x'` with the weights that the kind of weight asks for.
fn hetero_meat(design: &DesignMatrix, influence: &Influence, n: usize) -> DMatrix<f64> {
    let e = &influence.residuals;
    let squares: Vec<f64> = match &design.weights {
        None => e.iter().map(|e| e * e).collect(),
        Some(weights) if weights.kind == WeightKind::Frequency => {
            e.iter().zip(weights.values.iter()).map(|(e, w)| w * e * e).collect()
        }
        Some(weights) => e.iter().zip(weights.values.iter()).map(|(e, w)| (w * e) * (w * e)).collect(),
    };
    let columns: Vec<&[f64]> = influence.columns.iter().map(|column| column.as_slice()).collect();
    cross_products(&columns, Some(&squares)) * (n as f64 / (n as f64 - 1.0))
}

/// `B M B'`, exactly symmetric.
fn sandwich(influence: &Influence, meat: DMatrix<f64>) -> DMatrix<f64> {
    let v = &influence.bread * meat * influence.bread.transpose();
    (&v + v.transpose()) * 0.5
}
