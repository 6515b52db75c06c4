//! [`ReducedForm`]: outcome and endogenous regressors on exogenous regressors and instruments, with the covariance of
//! all coefficients of the instruments under the model's errors.

use nalgebra::{DMatrix, DVector};

use crate::absorb::AbsorberCache;
use crate::design::{DesignMatrix, Variable};
use crate::estimate::instruments::{InstrumentedColumns, WorkingColumn};
use crate::estimate::{Estimate, EstimateError, Estimator, Influence, Ols, Spread};
use crate::linalg::weighted_dot;
use crate::vcov::{CovarianceError, Errors, SmallSample, covariance};

/// The reduced form. The first of the `p + 1` equations is the outcome's, the others the endogenous regressors'.
#[derive(Clone, Debug)]
pub struct ReducedForm {
    /// Coefficients of the L instruments, L x (p + 1).
    pub coefficients: DMatrix<f64>,
    /// `Z'WZ` of the instruments net of the exogenous regressors, L x L.
    pub gram: DMatrix<f64>,
    /// Cross products of the residuals, (p + 1) x (p + 1).
    pub residuals: DMatrix<f64>,
    /// Covariance of the coefficients of equations `a` and `b` as block `(a, b)` of L x L; of size `(p + 1) L`.
    pub covariance: DMatrix<f64>,
    /// Observations.
    pub n: f64,
    /// N less the parameters of an equation, every absorbed one counted.
    pub df_residual: f64,
    /// Denominator degrees of freedom of Wald tests under the model's errors.
    pub df_errors: f64,
    /// The equations.
    pub equations: Vec<Estimate>,
}

/// The equations' design: an outcome on exogenous regressors and instruments.
pub(super) fn equation(design: &DesignMatrix, columns: &InstrumentedColumns, outcome: &Variable) -> DesignMatrix {
    design.with(outcome.clone(), variables(columns.exogenous.iter().chain(&columns.instruments)))
}

/// Columns as they came, as regressors.
pub(super) fn variables<'a>(columns: impl Iterator<Item = &'a WorkingColumn>) -> Vec<Variable> {
    columns.map(|c| Variable { name: c.name.clone(), values: std::sync::Arc::clone(&c.raw) }).collect()
}

/// The influence of a linear estimate.
///
/// # Errors
/// [`EstimateError::NotLinear`] of any other.
pub(super) fn influence(estimate: &Estimate) -> Result<&Influence, EstimateError> {
    Ok(estimate.linear()?)
}

impl ReducedForm {
    /// Estimates the equations.
    ///
    /// # Errors
    /// Those of [`Ols`] and of [`covariance`].
    pub fn of(
        design: &DesignMatrix,
        columns: &InstrumentedColumns,
        (errors, rules): (&Errors, &SmallSample),
        cache: &AbsorberCache,
    ) -> Result<ReducedForm, EstimateError> {
        let outcomes = std::iter::once(&design.outcome).chain(&design.endogenous);
        let equations = outcomes
            .map(|outcome| Ols.fit(&equation(design, columns, outcome), cache))
            .collect::<Result<Vec<_>, _>>()?;
        let first = &equations[0];
        let l = columns.instruments.len();
        let from = first.terms.len() - l;
        let m = equations.len();
        let gram = influence(first)?.inverse.view((from, from), (l, l)).into_owned();
        let gram = crate::estimate::instruments::invert(&gram, 0.0)
            .ok_or_else(|| EstimateError::Singular { terms: first.terms[from..].to_vec() })?;
        let residuals =
            equations.iter().map(|e| Ok(&*influence(e)?.residuals)).collect::<Result<Vec<&[f64]>, EstimateError>>()?;
        let (joint, df_errors) = joint_covariance(design, first, &residuals, (errors, rules))?;
        let weights = design.weight_values();
        Ok(ReducedForm {
            coefficients: DMatrix::from_fn(l, m, |i, a| equations[a].coefficients[from + i]),
            residuals: DMatrix::from_fn(m, m, |a, b| weighted_dot(residuals[a], residuals[b], weights)),
            covariance: keep_block(&joint, (m, first.terms.len()), from),
            gram,
            n: design.n_obs() as f64,
            df_residual: design.n_obs() as f64 - first.n_parameters() as f64,
            df_errors,
            equations,
        })
    }

    /// Instruments.
    pub fn n_instruments(&self) -> usize {
        self.gram.nrows()
    }

    /// Endogenous regressors.
    pub fn n_endogenous(&self) -> usize {
        self.coefficients.ncols() - 1
    }

    /// Cross products of the equations' fitted values net of the exogenous regressors, (p + 1) x (p + 1).
    pub fn explained(&self) -> DMatrix<f64> {
        self.coefficients.transpose() * &self.gram * &self.coefficients
    }

    /// Coefficients and covariance of the instruments in a combination of the equations.
    pub fn combine(&self, shares: &DVector<f64>) -> (DVector<f64>, DMatrix<f64>) {
        combine(&self.coefficients, &self.covariance, shares)
    }

    /// The Wald statistic that the instruments do not move a combination of the equations: chi-squared with L degrees of
    /// freedom; `None` if the covariance is singular.
    pub fn wald(&self, shares: &DVector<f64>) -> Option<f64> {
        let (coefficients, v) = self.combine(shares);
        quadratic(&coefficients, &v)
    }
}

/// `b'V^-1 b`; `None` if V is singular.
pub(super) fn quadratic(b: &DVector<f64>, v: &DMatrix<f64>) -> Option<f64> {
    Some(b.dot(&(crate::estimate::instruments::invert(v, 1e-13)? * b)))
}

fn combine(coefficients: &DMatrix<f64>, joint: &DMatrix<f64>, shares: &DVector<f64>) -> (DVector<f64>, DMatrix<f64>) {
    let l = coefficients.nrows();
    let mut v = DMatrix::zeros(l, l);
    for (a, s) in shares.iter().enumerate() {
        for (b, t) in shares.iter().enumerate() {
            v += joint.view((a * l, b * l), (l, l)) * (s * t);
        }
    }
    (coefficients * shares, (&v + v.transpose()) * 0.5)
}

/// The joint covariance of the coefficients of several outcomes on the same regressors, blocks in the order of the
/// residuals, and the degrees of freedom of the errors.
pub(super) fn joint_covariance(
    design: &DesignMatrix,
    equation: &Estimate,
    residuals: &[&[f64]],
    (errors, rules): (&Errors, &SmallSample),
) -> Result<(DMatrix<f64>, f64), CovarianceError> {
    let k = equation.terms.len();
    let weights = design.weight_values();
    let size: Vec<f64> =
        residuals.iter().map(|e| weighted_dot(e, e, weights).sqrt()).map(|s| if s > 0.0 { s } else { 1.0 }).collect();
    let mut df = f64::NAN;
    let mut of = |combined: Vec<f64>| -> Result<DMatrix<f64>, CovarianceError> {
        let mut estimate = equation.clone();
        estimate.sums = crate::estimate::instruments::sums_of(design, &combined);
        if let Spread::Influence(influence) = &mut estimate.spread {
            influence.residuals = combined.into();
        }
        let found = covariance(errors, rules, design, &estimate)?;
        df = found.factors.df;
        Ok(found.matrix)
    };
    let mut joint = DMatrix::zeros(k * residuals.len(), k * residuals.len());
    for a in 0..residuals.len() {
        for b in 0..=a {
            // Scaled to unit length, so that the sum and the difference lose nothing of the smaller.
            let mix = |sign: f64| {
                let pairs = residuals[a].iter().zip(residuals[b]);
                pairs.map(|(x, y)| x / size[a] + sign * y / size[b]).collect::<Vec<f64>>()
            };
            let block = if a == b {
                of(residuals[a].to_vec())?
            } else {
                (of(mix(1.0))? - of(mix(-1.0))?) * (0.25 * size[a] * size[b])
            };
            joint.view_mut((a * k, b * k), (k, k)).copy_from(&block);
            joint.view_mut((b * k, a * k), (k, k)).copy_from(&block.transpose());
        }
    }
    Ok((joint, df))
}

/// Of each `k x k` block the lower right part from `from`.
pub(super) fn keep_block(joint: &DMatrix<f64>, (m, k): (usize, usize), from: usize) -> DMatrix<f64> {
    let l = k - from;
    DMatrix::from_fn(m * l, m * l, |i, j| joint[((i / l) * k + from + i % l, (j / l) * k + from + j % l)])
}
