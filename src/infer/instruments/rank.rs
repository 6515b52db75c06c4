//! Tests that the instruments identify the coefficients: Cragg and Donald (1993), Kleibergen and Paap (2006).

use nalgebra::{DMatrix, DVector};

use super::reduced_form::{ReducedForm, quadratic};

/// The Cragg-Donald F: the smallest eigenvalue of the first stages' fitted over residual products, as F. Stock and
/// Yogo's critical values are for it, with iid errors.
pub fn cragg_donald(form: &ReducedForm) -> Option<f64> {
    let p = form.n_endogenous();
    let endogenous = |m: &DMatrix<f64>| m.view((1, 1), (p, p)).into_owned();
    let least = least_root(&endogenous(&form.explained()), &endogenous(&form.residuals))?;
    Some(least * form.df_residual / form.n_instruments() as f64)
}

/// The smallest root of `|A - r B|` for a positive definite `B`.
pub(super) fn least_root(a: &DMatrix<f64>, b: &DMatrix<f64>) -> Option<f64> {
    let root = inverse_root(b)?;
    let ratio = &root * a * root.transpose();
    Some(((&ratio + ratio.transpose()) * 0.5).symmetric_eigenvalues().min())
}

/// `C` with `C B C' = I`.
fn inverse_root(b: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    let p = b.nrows();
    b.clone().cholesky()?.l().solve_lower_triangular(&DMatrix::identity(p, p))
}

/// The rk statistic for the rank of the first stages being one less than the number of endogenous regressors:
/// chi-squared with L - p + 1 degrees of freedom. `covariance` is that of the coefficients of the endogenous regressors'
/// equations (blocks of L x L): under the alternative for the Wald form, under no effect of the instruments for LM.
///
/// Coefficients are normalised to canonical correlations (Kleibergen and Paap 2006, section 3; as in ranktest), for which
/// both forms are functions of the smallest one when errors are iid.
pub fn kleibergen_paap(form: &ReducedForm, covariance: &DMatrix<f64>) -> Option<f64> {
    let (l, p) = (form.n_instruments(), form.n_endogenous());
    let pi = form.coefficients.columns(1, p).into_owned();
    let total = (form.explained() + &form.residuals).view((1, 1), (p, p)).into_owned();
    let right = inverse_root(&total)?;
    let left = form.gram.clone().cholesky()?.l().transpose();
    let theta = &left * pi * right.transpose();
    // vec(L pi R') = (R x L) vec(pi), equation by equation.
    let turn = right.kronecker(&left);
    let v = &turn * covariance * turn.transpose();
    let eigen = (theta.transpose() * &theta).symmetric_eigen();
    let last = eigen.eigenvalues.imin();
    let direction = eigen.eigenvectors.column(last).into_owned();
    // An orthonormal basis of what the other p - 1 left singular vectors leave.
    let mut off = DMatrix::identity(l, l);
    for j in (0..p).filter(|j| *j != last) {
        let u = (&theta * eigen.eigenvectors.column(j)).normalize();
        off -= &u * u.transpose();
    }
    let spanned = off.symmetric_eigen();
    let mut order: Vec<usize> = (0..l).collect();
    order.sort_by(|a, b| spanned.eigenvalues[*b].total_cmp(&spanned.eigenvalues[*a]));
    let basis = spanned.eigenvectors.select_columns(&order[..l + 1 - p]);
    let along = direction.kronecker(&DMatrix::identity(l, l));
    let middle = along.transpose() * v * &along;
    let gap: DVector<f64> = basis.transpose() * (&theta * &direction);
    quadratic(&gap, &(basis.transpose() * middle * &basis))
}
