//! [`KClass`]: `b = (X'(I - k M_Z)X)^-1 X'(I - k M_Z)y`, with `k` one (two-stage least squares), the smallest root (LIML),
//! that less `a/(N - L)` (Fuller 1977), or given.
//!
//! The influence has the fitted regressors `P_Z X` as columns, as linearmodels and ivreg2 have it for every k; with k one
//! this is the usual sandwich of two-stage least squares.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::assemble::{Solution, assemble};
use super::columns::InstrumentedColumns;
use super::partial::Partialled;
use crate::absorb::AbsorberCache;
use crate::design::DesignMatrix;
use crate::estimate::ols::total_weight;
use crate::estimate::{Estimate, EstimateError, Estimator};
use crate::linalg::least_squares::residual;

/// Smallest pivot of the fitted endogenous regressors relative to their sum of squares.
const UNIDENTIFIED: f64 = 1e-10;

/// How k is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kappa {
    /// One: two-stage least squares.
    One,
    /// The smallest root of `|Y'Y - k Y'MY| = 0`: limited-information maximum likelihood.
    SmallestRoot,
    /// The smallest root less `a/(N - L)`, with L the exogenous variables, instruments and absorbed parameters; a = 1
    /// is nearly unbiased, a = 4 has nearly the smallest mean squared error.
    Fuller(f64),
    /// A given number; zero is ordinary least squares.
    Fixed(f64),
}

/// The k-class estimator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KClass(pub Kappa);

impl Estimator for KClass {
    fn fit(&self, design: &DesignMatrix, cache: &AbsorberCache) -> Result<Estimate, EstimateError> {
        let columns = InstrumentedColumns::of(design, cache)?;
        let parts = Partialled::of(&columns, design.weight_values())?;
        let k = self.value(design, &columns, &parts)?;
        let solution = solve(design, &columns, &parts, k)?;
        let is_root = matches!(self.0, Kappa::SmallestRoot | Kappa::Fuller(_)) && columns.overidentified_by() > 0;
        let error = columns.coefficient_error(design, &solution.residuals, (k, is_root));
        let mut estimate = assemble(design, columns, solution)?;
        estimate.convergence.coefficient_error = error;
        Ok(estimate)
    }
}

impl KClass {
    /// The number k of a model.
    ///
    /// # Errors
    /// [`EstimateError::Singular`] if the reduced form explains the outcome or an endogenous regressor without error.
    pub fn value(
        &self,
        design: &DesignMatrix,
        columns: &InstrumentedColumns,
        parts: &Partialled,
    ) -> Result<f64, EstimateError> {
        let root = || -> Result<f64, EstimateError> {
            if columns.overidentified_by() == 0 {
                return Ok(1.0);
            }
            smallest_root(parts).ok_or_else(|| EstimateError::Singular {
                terms: columns.endogenous.iter().map(|c| c.name.clone()).collect(),
            })
        };
        Ok(match self.0 {
            Kappa::One => 1.0,
            Kappa::Fixed(k) => k,
            Kappa::SmallestRoot => root()?,
            Kappa::Fuller(a) => root()? - a / (design.n_obs() as f64 - n_exogenous(design, columns) as f64),
        })
    }
}

/// Exogenous regressors, constant, instruments and absorbed parameters.
pub(crate) fn n_exogenous(design: &DesignMatrix, columns: &InstrumentedColumns) -> usize {
    let absorbed = columns.working.absorbed.as_ref().map_or(0, |degrees| degrees.conventional);
    columns.exogenous.len() + columns.instruments.len() + usize::from(design.intercept) + absorbed
}

/// The smallest k with `|Y'Y - k Y'MY| = 0`.
fn smallest_root(parts: &Partialled) -> Option<f64> {
    let left = &parts.total - parts.explained();
    let p = left.nrows();
    let scale: Vec<f64> = parts.total.diagonal().iter().map(|d| d.sqrt()).collect();
    let scaled = |m: &DMatrix<f64>| DMatrix::from_fn(p, p, |i, j| m[(i, j)] / (scale[i] * scale[j]));
    let root = scaled(&left).cholesky()?.l().solve_lower_triangular(&DMatrix::identity(p, p))?;
    // k - 1 rather than k: the roots of the explained part, which keep their digits when they are small.
    let ratio = &root * scaled(&parts.explained()) * root.transpose();
    let least = ((&ratio + ratio.transpose()) * 0.5).symmetric_eigenvalues().min();
    Some(1.0 + least.max(0.0))
}

fn solve(
    design: &DesignMatrix,
    columns: &InstrumentedColumns,
    parts: &Partialled,
    k: f64,
) -> Result<Solution, EstimateError> {
    let p = columns.endogenous.len();
    let mixed = &parts.total * (1.0 - k) + parts.explained() * k;
    let a = mixed.view((0, 0), (p, p)).into_owned();
    let unidentified =
        || EstimateError::NotIdentified { endogenous: columns.endogenous.iter().map(|c| c.name.clone()).collect() };
    let a_inverse = invert(&a, UNIDENTIFIED).ok_or_else(unidentified)?;
    let b: DVector<f64> = &a_inverse * mixed.view((0, p), (p, 1)).column(0);
    let slopes = parts.on_exogenous.columns(0, p);
    let on_exogenous = parts.on_exogenous.column(p) - slopes * &b;
    let endogenous: Vec<&[f64]> = parts.endogenous.iter().map(Vec::as_slice).collect();
    let residuals = residual(&endogenous, &parts.outcome, &b);
    let fitted = columns.endogenous.iter().enumerate().map(|(j, column)| {
        let left = parts.unexplained(j);
        Arc::new(column.values.iter().zip(&left).map(|(d, m)| d - m).collect::<Vec<f64>>())
    });
    let exogenous = columns.exogenous.iter().map(|column| Arc::clone(&column.values));
    let ones = design.intercept.then(|| Arc::new(vec![1.0; design.n_rows()]));
    let from = usize::from(design.intercept);
    let n = from + p + columns.exogenous.len();
    let mut inverse = DMatrix::zeros(n, n);
    let mut coefficients = DVector::zeros(n);
    if design.intercept {
        inverse[(0, 0)] = 1.0 / total_weight(design);
        coefficients[0] = columns.working.outcome.mean;
    }
    let corner = -&slopes * &a_inverse;
    let rest = &parts.exogenous_inverse - &corner * slopes.transpose();
    inverse.view_mut((from, from), (p, p)).copy_from(&a_inverse);
    inverse.view_mut((from + p, from), corner.shape()).copy_from(&corner);
    inverse.view_mut((from, from + p), (p, corner.nrows())).copy_from(&corner.transpose());
    inverse.view_mut((from + p, from + p), rest.shape()).copy_from(&rest);
    coefficients.rows_mut(from, p).copy_from(&b);
    coefficients.rows_mut(from + p, on_exogenous.len()).copy_from(&on_exogenous);
    Ok(Solution {
        coefficients,
        columns: ones.into_iter().chain(fitted).chain(exogenous).collect(),
        residuals,
        bread: inverse.clone(),
        inverse,
    })
}

/// The inverse of a symmetric positive definite matrix, scaled to a unit diagonal first; `None` if its smallest squared
/// pivot is under `tolerance`.
pub(crate) fn invert(matrix: &DMatrix<f64>, tolerance: f64) -> Option<DMatrix<f64>> {
    let k = matrix.nrows();
    let scale: Vec<f64> = matrix.diagonal().iter().map(|d| d.sqrt()).collect();
    if scale.iter().any(|s| s.is_nan() || *s <= 0.0) {
        return None;
    }
    let factor = DMatrix::from_fn(k, k, |i, j| matrix[(i, j)] / (scale[i] * scale[j])).cholesky()?;
    if factor.l_dirty().diagonal().iter().any(|d| d * d < tolerance) {
        return None;
    }
    let inverse = factor.inverse();
    Some(DMatrix::from_fn(k, k, |i, j| 0.5 * (inverse[(i, j)] + inverse[(j, i)]) / (scale[i] * scale[j])))
}
