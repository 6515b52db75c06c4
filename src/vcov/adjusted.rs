//! Clustered scores adjusted for leverage (CR2, CR3, jackknife) and Satterthwaite's degrees of freedom.
//!
//! With `X` all columns of the model, `A = (X'WX)^-1 = C^-T C^-1`, the rows `z = C^-1 x sqrt(w)` of a cluster as `Z_g` and
//! `y = e sqrt(w)`, the hat matrix of the cluster is `Z_g Z_g'` and its adjusted score
//!
//! `s_g = C Z_g' f(I - Z_g Z_g') y_g`, `f(m) = m^-1/2` (CR2), `m^-1` (CR3), `1` (CR0),
//!
//! which is found from the eigenvalues of `Z_g Z_g'` or of `Z_g'Z_g`, whichever is smaller; no matrix of the size of the
//! sample, or of a large cluster, is formed. An eigenvalue of one (a parameter that one cluster alone identifies) is left
//! out: the generalised inverse.
//!
//! Absorbed effects: those nested in the clusters are partialled out first and add nothing to the adjustment (Pustejovsky
//! and Tipton 2018, theorem 2); those that cut across clusters are columns of `X` here, net of the nested ones, up to
//! [`MOST_ACROSS`] parameters.
//!
//! Degrees of freedom of a contrast with `u = C'b` under errors that are independent with one variance (Bell and McCaffrey
//! 2002): `(Σ_g p_g'p_g)² / Σ_gh (p_g'p_h)²`, `p_g'p_h = [g = h] q_g - t_g't_h`, `t_g = Z_g'f Z_g u`, `q_g = |f Z_g u|²`; the
//! double sum is `Σ_g (q_g² - 2 q_g t_g't_g) + |Σ_g t_g t_g'|²`, so that no matrix of clusters by clusters is formed either.
//!
//! With weights all of this is done in units of `sqrt(w)`: errors are taken to have variance `1/w`, as clubSandwich does
//! for `lm` with weights.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::error::CovarianceError;
use super::errors::ClusterType;
use crate::absorb::{Absorber, Effects, Projections};
use crate::design::{AbsorbedTerm, DenseFactor, DesignMatrix};
use crate::estimate::Influence;
use crate::linalg::{IndependentFactor, cross_products};

/// Most parameters of effects that cut across the clusters.
pub const MOST_ACROSS: usize = 400;

/// Most numbers that their columns may take (240 MB).
const MOST_NUMBERS: usize = 30_000_000;

/// `1 - eigenvalue` under this is zero.
const SINGULAR: f64 = 1e-9;

/// Sums by cluster.
pub(super) struct AdjustedSums {
    /// Clusters x working columns.
    scores: Vec<DVector<f64>>,
    /// Satterthwaite's degrees of freedom of each coefficient, where they were asked for.
    pub(super) degrees: Vec<f64>,
}

impl AdjustedSums {
    /// `Σ_g s_g s_g'`, for the jackknife about the mean.
    pub(super) fn meat(&self, kind: ClusterType) -> DMatrix<f64> {
        let p = self.scores.first().map_or(0, |score| score.len());
        let mut centre = DVector::zeros(p);
        if kind == ClusterType::Jackknife {
            self.scores.iter().for_each(|score| centre += score);
            centre /= self.scores.len() as f64;
        }
        let mut meat = DMatrix::zeros(p, p);
        for score in &self.scores {
            let about = score - &centre;
            meat.ger(1.0, &about, &about, 1.0);
        }
        meat
    }
}

/// What one cluster adds.
struct ClusterPart {
    score: DVector<f64>,
    /// `(q_g, t_g)` of each coefficient.
    moments: Vec<(f64, DVector<f64>)>,
}

/// Adjusted scores, and degrees of freedom if asked for. `cluster` may be a combination of several variables.
pub(super) fn adjusted_sums(
    (kind, name): (ClusterType, &str),
    design: &DesignMatrix,
    influence: &Influence,
    cluster: &DenseFactor,
    with_degrees: bool,
) -> Result<AdjustedSums, CovarianceError> {
    let columns = Columns::of((kind, name), design, influence, cluster)?;
    let contrasts: Vec<DVector<f64>> = if with_degrees { columns.contrasts(&influence.bread) } else { Vec::new() };
    let residuals: &[f64] = &influence.residuals;
    let (starts, rows) = cluster.rows();
    let parts: Vec<ClusterPart> = (0..cluster.n_levels)
        .into_par_iter()
        .map(|g| columns.part(kind, &rows[starts[g]..starts[g + 1]], residuals, &contrasts))
        .collect();
    let degrees = (0..contrasts.len()).map(|k| degrees(&parts, k, columns.n_columns())).collect();
    Ok(AdjustedSums { scores: parts.into_iter().map(|part| part.score).collect(), degrees })
}

fn degrees(parts: &[ClusterPart], k: usize, m: usize) -> f64 {
    let mut outer = DMatrix::zeros(m, m);
    let (mut trace, mut squares) = (0.0, 0.0);
    for (q, t) in parts.iter().map(|part| &part.moments[k]) {
        let own = t.dot(t);
        trace += q - own;
        squares += q * q - 2.0 * q * own;
        outer.ger(1.0, t, t, 1.0);
    }
    trace * trace / (squares + outer.iter().map(|v| v * v).sum::<f64>())
}

/// All columns of the model net of the effects nested in the clusters, with `C^-1` of each of the two blocks.
struct Columns<'a> {
    inner: Vec<&'a [f64]>,
    across: Vec<Vec<f64>>,
    weights: Option<&'a [f64]>,
    inner_lower: DMatrix<f64>,
    inner_inverse: DMatrix<f64>,
    across_inverse: DMatrix<f64>,
}

impl<'a> Columns<'a> {
    fn of(
        (kind, name): (ClusterType, &str),
        design: &'a DesignMatrix,
        influence: &'a Influence,
        cluster: &DenseFactor,
    ) -> Result<Columns<'a>, CovarianceError> {
        let inner: Vec<&[f64]> = influence.columns.iter().map(|column| column.as_slice()).collect();
        let weights = design.weight_values();
        let factor = IndependentFactor::of(&cross_products(&inner, weights), 0.0);
        let mut across = columns_across((kind, name), design, cluster)?;
        let views: Vec<&[f64]> = across.iter().map(Vec::as_slice).collect();
        let independent = IndependentFactor::of(&cross_products(&views, weights), 1e-9);
        let mut position = 0..;
        across.retain(|_| position.next().is_some_and(|at: usize| independent.kept.binary_search(&at).is_ok()));
        Ok(Columns {
            inner,
            across,
            weights,
            inner_inverse: factor.inverse_lower(),
            inner_lower: factor.lower,
            across_inverse: independent.inverse_lower(),
        })
    }

    fn n_columns(&self) -> usize {
        self.inner.len() + self.across.len()
    }

    /// `u = C'b` of each coefficient; its part in the columns across is zero, for they are orthogonal to the others.
    fn contrasts(&self, bread: &DMatrix<f64>) -> Vec<DVector<f64>> {
        let of = |k: usize| {
            let mut u = DVector::zeros(self.n_columns());
            u.rows_mut(0, self.inner.len()).copy_from(&(self.inner_lower.transpose() * bread.row(k).transpose()));
            u
        };
        (0..bread.nrows()).map(of).collect()
    }

    /// `Z_g`, rows x columns, and `y_g`.
    fn rows(&self, rows: &[u32], residuals: &[f64]) -> (DMatrix<f64>, DVector<f64>) {
        let (p, m) = (self.inner.len(), self.n_columns());
        let root = |row: u32| self.weights.map_or(1.0, |w| w[row as usize].sqrt());
        let mut z = DMatrix::zeros(rows.len(), m);
        let x = DMatrix::from_fn(rows.len(), p, |i, j| self.inner[j][rows[i] as usize] * root(rows[i]));
        z.columns_mut(0, p).copy_from(&(x * self.inner_inverse.transpose()));
        if m > p {
            let n = DMatrix::from_fn(rows.len(), m - p, |i, j| self.across[j][rows[i] as usize] * root(rows[i]));
            z.columns_mut(p, m - p).copy_from(&(n * self.across_inverse.transpose()));
        }
        (z, DVector::from_fn(rows.len(), |i, _| residuals[rows[i] as usize] * root(rows[i])))
    }

    fn part(&self, kind: ClusterType, rows: &[u32], residuals: &[f64], contrasts: &[DVector<f64>]) -> ClusterPart {
        let (z, y) = self.rows(rows, residuals);
        let of_rows = z.nrows() <= z.ncols();
        let adjust = function_of(kind, if of_rows { &z * z.transpose() } else { z.transpose() * &z });
        // Z'f(I - ZZ') = f(I - Z'Z)Z'.
        let against =
            |v: DVector<f64>| if of_rows { z.transpose() * (&adjust * v) } else { &adjust * (z.transpose() * v) };
        let whole = against(y);
        let score = &self.inner_lower * whole.rows(0, self.inner.len());
        let moments = contrasts
            .iter()
            .map(|u| {
                let a = if of_rows { &adjust * (&z * u) } else { &z * (&adjust * u) };
                (a.dot(&a), z.transpose() * a)
            })
            .collect();
        ClusterPart { score, moments }
    }
}

/// `f(I - H)` of a symmetric matrix with eigenvalues in [0, 1].
fn function_of(kind: ClusterType, hat: DMatrix<f64>) -> DMatrix<f64> {
    if kind == ClusterType::Cr0 {
        return DMatrix::identity(hat.nrows(), hat.nrows());
    }
    let eigen = hat.symmetric_eigen();
    let values = eigen.eigenvalues.map(|value| {
        let left = 1.0 - value;
        match kind {
            _ if left < SINGULAR => 0.0,
            ClusterType::Cr2 => left.sqrt().recip(),
            _ => left.recip(),
        }
    });
    &eigen.eigenvectors * DMatrix::from_diagonal(&values) * eigen.eigenvectors.transpose()
}

/// The columns of effects that are not nested in the clusters, net of those that are.
fn columns_across(
    (kind, name): (ClusterType, &str),
    design: &DesignMatrix,
    cluster: &DenseFactor,
) -> Result<Vec<Vec<f64>>, CovarianceError> {
    let nested: Vec<bool> = design.absorbed.iter().map(|effect| effect.factor.is_nested_in(cluster)).collect();
    let outside: Vec<&AbsorbedTerm> =
        design.absorbed.iter().zip(&nested).filter(|(_, nested)| !**nested).map(|(effect, _)| effect).collect();
    let parameters: usize = outside.iter().map(|effect| effect.factor.n_levels * effect.width()).sum();
    let most = MOST_ACROSS.min(MOST_NUMBERS / design.n_rows().max(1));
    if parameters > most {
        let names: Vec<&str> = outside.iter().map(|effect| effect.name.as_str()).collect();
        return Err(CovarianceError::CutAcross {
            errors: kind.name().to_string(),
            cluster: name.to_string(),
            effects: names.join(" and "),
            parameters,
            most,
            one: names.len() == 1,
        });
    }
    let mut columns: Vec<Vec<f64>> = outside.iter().flat_map(|effect| dummies(effect)).collect();
    let inside: Vec<usize> = nested.iter().enumerate().filter(|(_, nested)| **nested).map(|(i, _)| i).collect();
    if let Some(effects) = Effects::of(design).filter(|_| !inside.is_empty() && !columns.is_empty()) {
        let failed = |error: crate::absorb::AbsorbError| CovarianceError::Absorb { reason: error.to_string() };
        let absorber = Projections::new(&effects.only(&inside)).map_err(failed)?;
        let mut views: Vec<&mut [f64]> = columns.iter_mut().map(Vec::as_mut_slice).collect();
        absorber.absorb_all(&mut views).map_err(failed)?;
    }
    Ok(columns)
}

/// A column per parameter of an effect.
fn dummies(effect: &AbsorbedTerm) -> Vec<Vec<f64>> {
    let codes = &effect.factor.codes;
    let ones: Option<Arc<Vec<f64>>> = (!effect.slopes_only).then(|| Arc::new(vec![1.0; codes.len()]));
    let values: Vec<Arc<Vec<f64>>> = ones.into_iter().chain(effect.slopes.iter().cloned()).collect();
    let column = |level: u32, values: &[f64]| -> Vec<f64> {
        codes.iter().zip(values).map(|(&code, &v)| if code == level { v } else { 0.0 }).collect()
    };
    values.iter().flat_map(|values| (0..effect.factor.n_levels as u32).map(|level| column(level, values))).collect()
}
