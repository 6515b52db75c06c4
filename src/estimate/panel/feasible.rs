//! Feasible generalised least squares with any covariance of a unit's errors over time (Wooldridge 2010, section 10.4.3;
//! Kiefer 1980): plm's `pggls`.
//!
//! `Σ̂_ts` is the mean of `e_it e_is` over the units that have both periods, `e` least-squares residuals. The rows of unit `i`
//! are multiplied by a root of `Σ̂_i^-1`, its periods' block, after which errors are independent with variance one. Rows net of
//! unit means have a singular `Σ`: they lie in its range, and the root of its generalised inverse is the same as leaving
//! a period out; this holds in balanced panels, which they need. In unbalanced panels `Σ̂` need not be positive definite,
//! which is an error: plm goes on with a generalised Cholesky factor, and its numbers depend on the order of periods. No matrix is larger than periods by periods.

use nalgebra::{DMatrix, DVector};

use super::error::PanelError;
use super::levels::Levels;
use crate::design::{DesignMatrix, PanelIndex, Way};
use crate::linalg::solve_least_squares;

/// Eigenvalues below this share of the largest are those of a null space.
const NULL: f64 = 1e-10;

/// Roots of the inverse covariances of units' errors.
pub(crate) struct Whitening {
    /// Of every unit, a matrix of its periods by its periods.
    roots: Vec<DMatrix<f64>>,
}

impl Whitening {
    /// From the residuals of least squares on a design that is transformed already.
    ///
    /// # Errors
    /// [`PanelError::FewUnits`] if there are fewer units than periods, [`PanelError::Indefinite`] if the covariance is none,
    /// [`PanelError::Singular`] if the regressors are collinear.
    pub(crate) fn of(design: &DesignMatrix, index: &PanelIndex) -> Result<Whitening, PanelError> {
        let periods = index.n(Way::Time);
        if index.n(Way::Unit) < periods {
            return Err(PanelError::FewUnits { units: index.n(Way::Unit), periods });
        }
        let levels = Levels::of(design);
        let solved = solve_least_squares(&levels.columns(), &levels.outcome, None)
            .ok_or(PanelError::Singular { where_: "by generalised least squares" })?;
        let covariance = over_time(&solved.residuals, index);
        let root = |rows: &[u32]| {
            let of = |i: usize| index.period(rows[i]);
            inverse_root(DMatrix::from_fn(rows.len(), rows.len(), |i, j| covariance[(of(i), of(j))]))
        };
        Ok(Whitening { roots: index.units().map(root).collect::<Option<_>>().ok_or(PanelError::Indefinite)? })
    }

    /// A column with the rows of every unit multiplied by its root.
    pub(crate) fn apply(&self, values: &[f64], index: &PanelIndex) -> Vec<f64> {
        let mut out = vec![0.0; values.len()];
        for (rows, root) in index.units().zip(&self.roots) {
            let own = DVector::from_iterator(rows.len(), rows.iter().map(|&row| values[row as usize]));
            rows.iter().zip((root * own).iter()).for_each(|(&row, &value)| out[row as usize] = value);
        }
        out
    }
}

/// `Σ̂`, periods x periods; zero for two periods that no unit has both of.
fn over_time(residuals: &[f64], index: &PanelIndex) -> DMatrix<f64> {
    let size = index.n(Way::Time);
    let (mut total, mut pairs) = (DMatrix::zeros(size, size), DMatrix::zeros(size, size));
    for rows in index.units() {
        for &a in rows {
            for &b in rows {
                let at = (index.period(a), index.period(b));
                total[at] += residuals[a as usize] * residuals[b as usize];
                pairs[at] += 1.0;
            }
        }
    }
    total.zip_map(&pairs, |total: f64, pairs: f64| total / pairs.max(1.0))
}

/// `Q diag(λ^-1/2) Q'`, without the null space; `None` if an eigenvalue is negative.
fn inverse_root(covariance: DMatrix<f64>) -> Option<DMatrix<f64>> {
    let eigen = covariance.symmetric_eigen();
    let floor = eigen.eigenvalues.amax() * NULL;
    if eigen.eigenvalues.iter().any(|&value| value < -floor) {
        return None;
    }
    let roots = eigen.eigenvalues.map(|value| if value > floor { value.sqrt().recip() } else { 0.0 });
    Some(&eigen.eigenvectors * DMatrix::from_diagonal(&roots) * eigen.eigenvectors.transpose())
}
