//! [`Partialled`]: everything net of the exogenous regressors, and the instruments made orthonormal.
//!
//! With `M` the residual maker of the exogenous regressors, `Q` an orthonormal basis (in the weights) of the instruments
//! net of them, and `Y = M [D, y]`: the k-class needs `Y'Y` and `Q'Y` and nothing else (Davidson and MacKinnon 2004, 12.5).

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::columns::{InstrumentedColumns, WorkingColumn};
use crate::estimate::EstimateError;
use crate::linalg::least_squares::residual;
use crate::linalg::{cross_products, solve_least_squares, weighted_dot};

/// Corrections of coefficients on the residual, which make them exact to rounding.
const CORRECTIONS: usize = 3;

/// Columns net of the exogenous regressors. The outcome is the last of the `p + 1` columns of the matrices.
#[derive(Clone, Debug)]
pub struct Partialled {
    /// `Q`: L orthonormal columns.
    pub basis: Vec<Vec<f64>>,
    /// The p endogenous regressors net of the exogenous ones.
    pub endogenous: Vec<Vec<f64>>,
    /// The outcome net of the exogenous regressors.
    pub outcome: Vec<f64>,
    /// Coefficients of `[D, y]` on the exogenous regressors, k x (p + 1).
    pub on_exogenous: DMatrix<f64>,
    /// `(X'WX)^-1` of the exogenous regressors, k x k.
    pub exogenous_inverse: DMatrix<f64>,
    /// `Y'WY`, (p + 1) x (p + 1).
    pub total: DMatrix<f64>,
    /// `Q'WY`, L x (p + 1).
    pub projected: DMatrix<f64>,
}

impl Partialled {
    /// Takes the exogenous regressors out.
    ///
    /// # Errors
    /// [`EstimateError::Singular`] if they or the instruments cannot be told apart in double precision.
    pub fn of(columns: &InstrumentedColumns, weights: Option<&[f64]>) -> Result<Partialled, EstimateError> {
        let exogenous = slices(&columns.exogenous);
        let singular =
            |part: &[WorkingColumn]| EstimateError::Singular { terms: part.iter().map(|c| c.name.clone()).collect() };
        let outcome = &columns.working.outcome.values;
        let solved = solve_least_squares(&exogenous, outcome, weights).ok_or_else(|| singular(&columns.exogenous))?;
        let p = columns.endogenous.len();
        let mut on_exogenous = DMatrix::zeros(exogenous.len(), p + 1);
        on_exogenous.set_column(p, &solved.coefficients);
        let out = |column: &WorkingColumn| take_out(&exogenous, &column.values, weights, &solved.inverse);
        let mut endogenous = Vec::with_capacity(p);
        for (j, column) in columns.endogenous.iter().enumerate() {
            let (coefficients, left) = out(column);
            on_exogenous.set_column(j, &coefficients);
            endogenous.push(left);
        }
        let instruments: Vec<Vec<f64>> = columns.instruments.iter().map(|column| out(column).1).collect();
        let basis = orthonormal(instruments, weights).ok_or_else(|| singular(&columns.instruments))?;
        let l = basis.len();
        let all: Vec<&[f64]> = basis.iter().chain(&endogenous).chain([&solved.residuals]).map(Vec::as_slice).collect();
        let products = cross_products(&all, weights);
        Ok(Partialled {
            total: products.view((l, l), (p + 1, p + 1)).into_owned(),
            projected: products.view((0, l), (l, p + 1)).into_owned(),
            basis,
            endogenous,
            outcome: solved.residuals,
            on_exogenous,
            exogenous_inverse: solved.inverse,
        })
    }

    /// `Y'WPY` with `P` the projection on the instruments, (p + 1) x (p + 1).
    pub fn explained(&self) -> DMatrix<f64> {
        self.projected.transpose() * &self.projected
    }

    /// The share of endogenous regressor `j` (net of the exogenous ones) that the instruments do not explain: `M_Z d`.
    pub fn unexplained(&self, j: usize) -> Vec<f64> {
        residual(&vectors(&self.basis), &self.endogenous[j], &self.projected.column(j).into_owned())
    }
}

/// Column values as slices.
pub(super) fn slices(columns: &[WorkingColumn]) -> Vec<&[f64]> {
    columns.iter().map(|column| column.values.as_slice()).collect()
}

fn vectors(columns: &[Vec<f64>]) -> Vec<&[f64]> {
    columns.iter().map(Vec::as_slice).collect()
}

/// Coefficients and residual of a column, given `(X'WX)^-1`.
fn take_out(
    columns: &[&[f64]],
    target: &Arc<Vec<f64>>,
    weights: Option<&[f64]>,
    inverse: &DMatrix<f64>,
) -> (DVector<f64>, Vec<f64>) {
    let mut coefficients = DVector::zeros(columns.len());
    let mut left = target.to_vec();
    for _ in 0..if columns.is_empty() { 0 } else { CORRECTIONS } {
        let gradient =
            DVector::from_iterator(columns.len(), columns.iter().map(|column| weighted_dot(column, &left, weights)));
        coefficients += inverse * gradient;
        left = residual(columns, target, &coefficients);
    }
    (coefficients, left)
}

/// An orthonormal basis in the weights, by Cholesky twice (Yamamoto et al. 2015); `None` if the columns are dependent.
fn orthonormal(mut columns: Vec<Vec<f64>>, weights: Option<&[f64]>) -> Option<Vec<Vec<f64>>> {
    for _ in 0..2 {
        let views = vectors(&columns);
        let gram = cross_products(&views, weights);
        let l = gram.nrows();
        let scale: Vec<f64> = gram.diagonal().iter().map(|d| d.sqrt()).collect();
        let scaled = DMatrix::from_fn(l, l, |i, j| gram[(i, j)] / (scale[i] * scale[j]));
        let factor = scaled.cholesky()?.l().transpose();
        let root = factor.solve_upper_triangular(&DMatrix::identity(l, l))?;
        let nothing = vec![0.0; views.first().map_or(0, |column| column.len())];
        columns =
            (0..l).map(|j| residual(&views, &nothing, &DVector::from_fn(l, |i, _| -root[(i, j)] / scale[i]))).collect();
    }
    Some(columns)
}
