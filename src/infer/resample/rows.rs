//! [`Rows`]: what resampling needs of a fitted model, row by row, and the groups that errors are added up over.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::error::ResampleError;
use super::groups::{Groups, is_within, names_of};
use crate::absorb::{AbsorberCache, Effects};
use crate::design::{ClusterVariable, DenseFactor, DesignMatrix, WeightKind};
use crate::estimate::ols::INTERCEPT;
use crate::estimate::{Estimate, EstimateError};
use crate::vcov::{ClusterFactor, Covariance, SmallSample};

/// A fitted model with what it was fitted on.
#[derive(Clone, Copy)]
pub struct Fitted<'a> {
    /// The sample and its columns.
    pub design: &'a DesignMatrix,
    /// The estimate.
    pub estimate: &'a Estimate,
    /// Its covariance; the small-sample factors are taken from it.
    pub covariance: &'a Covariance,
    /// The rules behind the covariance.
    pub rules: &'a SmallSample,
    /// Absorbers, for effects that reach across clusters.
    pub cache: &'a AbsorberCache,
    /// Of each row of the sample a number that does not depend on the order of the rows, such as its rank by unit and
    /// time: what draws of single rows are keyed by. Without them it is the row's place in the panel.
    pub row_numbers: Option<&'a [u32]>,
}

/// What draws are made by, with the key of each group.
#[derive(Clone, Debug)]
pub(super) struct DrawnBy {
    /// The groups.
    pub(super) groups: Groups,
    /// Their keys: what makes a group of one model that of another.
    pub(super) keys: Vec<String>,
}

impl<'a> Fitted<'a> {
    /// A cluster variable of the design.
    pub(super) fn cluster(&self, name: &str) -> Result<&'a ClusterVariable, ResampleError> {
        let found = self.design.clusters.iter().find(|cluster| cluster.name == name);
        found.ok_or_else(|| ResampleError::ClusterUnknown { name: name.to_string() })
    }

    /// The groups of a cluster variable, or single rows without one.
    ///
    /// # Errors
    /// An unknown variable; single rows under frequency weights.
    pub(super) fn drawn_by(&self, cluster: Option<&str>) -> Result<DrawnBy, ResampleError> {
        if let Some(name) = cluster {
            let cluster = self.cluster(name)?;
            return Ok(DrawnBy { groups: Groups::of(cluster), keys: names_of(cluster) });
        }
        if self.design.weights.as_ref().is_some_and(|weights| weights.kind == WeightKind::Frequency) {
            return Err(ResampleError::FrequencyRows);
        }
        let numbers = self.row_numbers.unwrap_or(&self.design.sample.rows);
        let groups = Groups::rows(numbers);
        let mut keys = vec![String::new(); groups.n];
        groups.codes.iter().zip(numbers).for_each(|(&code, number)| keys[code as usize] = format!("{number:010}"));
        Ok(DrawnBy { groups, keys })
    }

    /// The terms of the variance: those of the cluster variables, or every row by itself without any.
    pub(super) fn error_sets(&self, clusters: &[String], drawn: &Groups) -> Result<Vec<ErrorSet>, ResampleError> {
        if !clusters.is_empty() {
            return ErrorSet::clustered(self, clusters, drawn);
        }
        let n = self.design.n_rows();
        let factor = self.covariance.factors.k_factor * n as f64 / (n as f64 - 1.0);
        let numbers = self.row_numbers.unwrap_or(&self.design.sample.rows);
        Ok(vec![ErrorSet::new(factor, Groups::rows(numbers), drawn)])
    }

    /// The cluster variables of the fit's errors; empty where errors are robust to unequal variances only, `None` where they
    /// are not robust.
    ///
    /// # Errors
    /// [`ResampleError::ErrorsNotDrawn`] for errors that are neither.
    pub fn error_clusters(&self) -> Result<Option<Vec<String>>, ResampleError> {
        match self.covariance.kind {
            "iid" => Ok(None),
            kind if kind.starts_with("hc") => Ok(Some(Vec::new())),
            kind if kind == "cluster" || kind.starts_with("cr") => {
                Ok(Some(self.covariance.clusters.iter().map(|count| count.variable.clone()).collect()))
            }
            kind => Err(ResampleError::ErrorsNotDrawn { errors: kind.to_string() }),
        }
    }

    /// The position of a term.
    pub(super) fn term(&self, name: &str) -> Result<usize, ResampleError> {
        let terms = &self.estimate.terms;
        terms.iter().position(|term| term == name).ok_or_else(|| ResampleError::TermUnknown {
            term: name.to_string(),
            nearest: crate::study::fault::nearest(name, terms.iter().map(String::as_str)).map(str::to_string),
            known: terms.clone(),
        })
    }
}

/// Working columns, residuals and weights, and the inverse cross products.
pub(super) struct Rows<'a> {
    pub(super) columns: &'a [Arc<Vec<f64>>],
    pub(super) residuals: &'a [f64],
    pub(super) weights: Option<&'a [f64]>,
    /// `(X'WX)^-1` of the working columns.
    pub(super) inverse: DMatrix<f64>,
    /// Coefficients x working columns.
    bread: &'a DMatrix<f64>,
    /// `(X'WX)^-1` of the coefficients.
    spread: &'a DMatrix<f64>,
}

impl<'a> Rows<'a> {
    /// The rows of a fit.
    pub(super) fn of(fitted: &Fitted<'a>) -> Result<Rows<'a>, ResampleError> {
        let influence = fitted.estimate.linear().map_err(EstimateError::from)?;
        Ok(Rows {
            columns: &influence.columns,
            residuals: &influence.residuals,
            weights: fitted.design.weight_values(),
            inverse: working_inverse(&influence.bread, fitted),
            bread: &influence.bread,
            spread: &influence.inverse,
        })
    }

    /// Columns without a fit of their own.
    pub(super) fn plain(
        columns: &'a [Arc<Vec<f64>>],
        residuals: &'a [f64],
        weights: Option<&'a [f64]>,
        inverse: &'a DMatrix<f64>,
    ) -> Rows<'a> {
        Rows { columns, residuals, weights, inverse: inverse.clone(), bread: inverse, spread: inverse }
    }

    /// Rows of the sample.
    pub(super) fn n(&self) -> usize {
        self.residuals.len()
    }

    /// `c = (X'WX)^-1 a` in working columns, and `a'(X'WX)^-1 a`, of a contrast `a` of the coefficients.
    pub(super) fn direction(&self, contrast: &DVector<f64>) -> (DVector<f64>, f64) {
        (self.bread.transpose() * contrast, contrast.dot(&(self.spread * contrast)))
    }

    /// `Xc`.
    pub(super) fn combine(&self, c: &DVector<f64>) -> Vec<f64> {
        let mut out = vec![0.0; self.n()];
        for (column, c) in self.columns.iter().zip(c.iter()) {
            out.iter_mut().zip(column.iter()).for_each(|(out, x)| *out += c * x);
        }
        out
    }

    /// `w u`.
    pub(super) fn weighted(&self, u: &[f64]) -> Vec<f64> {
        match self.weights {
            None => u.to_vec(),
            Some(weights) => u.iter().zip(weights).map(|(u, w)| u * w).collect(),
        }
    }

    /// `X_g' (w u)_g` for every group: columns x groups.
    pub(super) fn scores(&self, weighted: &[f64], groups: &Groups) -> DMatrix<f64> {
        let sums: Vec<Vec<f64>> = self.columns.par_iter().map(|column| groups.sums(column, weighted)).collect();
        DMatrix::from_fn(self.columns.len(), groups.n, |j, g| sums[j][g])
    }
}

/// `(X'WX)^-1` of the working columns: `bread` without the map from centred coefficients, which touches its first row
/// only.
fn working_inverse(bread: &DMatrix<f64>, fitted: &Fitted<'_>) -> DMatrix<f64> {
    let mut inverse = bread.clone();
    if fitted.estimate.terms.first().is_some_and(|term| term == INTERCEPT) {
        inverse.row_mut(0).fill(0.0);
        inverse[(0, 0)] = 1.0 / fitted.estimate.sums.weight;
    }
    inverse
}

/// The groups of one term of the variance, and the cells that they share with the groups of the draws.
pub(super) struct ErrorSet {
    /// What its sum of squares is multiplied by.
    pub(super) factor: f64,
    /// Its groups.
    pub(super) groups: Groups,
    /// Rows that are together in a group of errors and in one of draws.
    pub(super) cells: Groups,
    /// Of each cell, its group of errors and its group of draws.
    pub(super) homes: Vec<(u32, u32)>,
}

impl ErrorSet {
    pub(super) fn new(factor: f64, groups: Groups, drawn: &Groups) -> ErrorSet {
        let cells = if groups == *drawn { drawn.clone() } else { groups.meet(drawn) };
        let mut homes = vec![(0, 0); cells.n];
        for ((&cell, &h), &g) in cells.codes.iter().zip(groups.codes.iter()).zip(drawn.codes.iter()) {
            homes[cell as usize] = (h, g);
        }
        ErrorSet { factor, groups, cells, homes }
    }

    /// The terms of a clustered variance: inclusion and exclusion over the cluster variables, with the fit's factors.
    pub(super) fn clustered(
        fitted: &Fitted<'_>,
        names: &[String],
        drawn: &Groups,
    ) -> Result<Vec<ErrorSet>, ResampleError> {
        let ways: Vec<Groups> =
            names.iter().map(|name| fitted.cluster(name).map(Groups::of)).collect::<Result<_, _>>()?;
        let smallest = ways.iter().map(|way| way.n).min().unwrap_or(2);
        let (rules, factors) = (fitted.rules, &fitted.covariance.factors);
        let mut sets = Vec::new();
        for set in 1u32..1 << ways.len() {
            let mut members = (0..ways.len()).filter(|way| set >> way & 1 == 1);
            let Some(first) = members.next() else { continue };
            let groups = members.fold(ways[first].clone(), |groups, way| groups.meet(&ways[way]));
            let g = if rules.clusters == ClusterFactor::Smallest { smallest } else { groups.n } as f64;
            let sign = if set.count_ones() % 2 == 1 { 1.0 } else { -1.0 };
            let factor = sign * factors.k_factor * if rules.adjust_g { g / (g - 1.0) } else { 1.0 };
            sets.push(ErrorSet::new(factor, groups, drawn));
        }
        Ok(sets)
    }
}

/// The effects that reach across the groups of the draws; `None` if every one lies within them, since then residuals,
/// which sum to zero in every level, still do so after a draw.
pub(super) fn reaching(design: &DesignMatrix, drawn: &Groups) -> Option<Effects> {
    let nested = |factor: &DenseFactor| is_within(&factor.codes, factor.n_levels, &drawn.codes);
    let effects = Effects::of(design)?;
    (!effects.terms.iter().all(|term| nested(&term.factor))).then_some(effects)
}
