//! Leaving out one cluster at a time: what variants 13, 31 and 33 of the wild bootstrap are made of.
//!
//! With `A_g = X_g'W X_g`, `A = Σ A_g` and scores `S_g = X_g'W u_g` of restricted residuals, the score of the residuals of
//! the restricted estimate without cluster `g` is `S_g + A_g N (N'(A - A_g)N)^-1 N'S_g`, `N` spanning the directions that
//! the restriction leaves free (MacKinnon, Nielsen and Webb 2023, equation 19 in scores). Unrestricted, `N = I`. CV3 needs
//! `d_g = (A - A_g)^-1 a`.

use nalgebra::{DMatrix, DVector};

use super::groups::Groups;
use super::rows::Rows;

/// Smallest squared Cholesky pivot of an equilibrated matrix that counts as nonsingular.
const SINGULAR: f64 = 1e-11;

/// `A` and the `A_g`.
pub(super) struct Jackknife {
    total: DMatrix<f64>,
    of_cluster: Vec<DMatrix<f64>>,
}

impl Jackknife {
    /// Cross products by cluster.
    pub(super) fn of(rows: &Rows<'_>, clusters: &Groups) -> Jackknife {
        let k = rows.columns.len();
        let mut of_cluster = vec![DMatrix::zeros(k, k); clusters.n];
        let mut total = DMatrix::zeros(k, k);
        for (j, column) in rows.columns.iter().enumerate() {
            let products = rows.scores(&rows.weighted(column), clusters);
            for (g, of) in of_cluster.iter_mut().enumerate() {
                of.column_mut(j).copy_from(&products.column(g));
            }
        }
        of_cluster.iter().for_each(|of| total += of);
        Jackknife { total, of_cluster }
    }

    /// `S + A_g N (N'(A - A_g)N)^-1 N'S` for every cluster's scores, restricted in the direction `c` (`a = A c`) or not;
    /// `None` if a cluster cannot be left out.
    pub(super) fn scores(
        &self,
        scores: &[DMatrix<f64>],
        restricted: Option<&DVector<f64>>,
    ) -> Option<Vec<DMatrix<f64>>> {
        let k = self.total.nrows();
        let free = match restricted {
            None => DMatrix::identity(k, k),
            Some(c) => orthogonal_complement(&(&self.total * c)),
        };
        let mut out = scores.to_vec();
        if free.ncols() == 0 {
            return Some(out);
        }
        for (g, own) in self.of_cluster.iter().enumerate() {
            let others = free.transpose() * (&self.total - own) * &free;
            let inverse = invert(&others)?;
            let map = own * &free * inverse * free.transpose();
            for (out, scores) in out.iter_mut().zip(scores) {
                let column = scores.column(g) + &map * scores.column(g);
                out.column_mut(g).copy_from(&column);
            }
        }
        Some(out)
    }

    /// `d_g = (A - A_g)^-1 A c`, a column per cluster.
    pub(super) fn directions(&self, c: &DVector<f64>) -> Option<DMatrix<f64>> {
        let a = &self.total * c;
        let mut out = DMatrix::zeros(a.len(), self.of_cluster.len());
        for (g, own) in self.of_cluster.iter().enumerate() {
            out.column_mut(g).copy_from(&(invert(&(&self.total - own))? * &a));
        }
        Some(out)
    }
}

/// The inverse of a symmetric matrix; `None` if it is singular but for rounding.
fn invert(matrix: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    let scale: Vec<f64> = matrix.diagonal().iter().map(|v| v.sqrt()).collect();
    if !scale.iter().all(|s| *s > 0.0) {
        return None;
    }
    let k = matrix.nrows();
    let factor = DMatrix::from_fn(k, k, |i, j| matrix[(i, j)] / (scale[i] * scale[j])).cholesky()?;
    if factor.l_dirty().diagonal().iter().any(|pivot| pivot * pivot < SINGULAR) {
        return None;
    }
    let inverse = factor.inverse();
    Some(DMatrix::from_fn(k, k, |i, j| inverse[(i, j)] / (scale[i] * scale[j])))
}

/// An orthonormal basis of what is orthogonal to a vector, by a Householder reflection: k x (k - 1).
fn orthogonal_complement(a: &DVector<f64>) -> DMatrix<f64> {
    let k = a.len();
    let mut v = a.clone();
    v[0] += a.norm().copysign(a[0]);
    let square = v.norm_squared();
    DMatrix::from_fn(k, k - 1, |i, j| f64::from(u8::from(i == j + 1)) - 2.0 * v[i] * v[j + 1] / square)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_complement_is_orthonormal() {
        let a = DVector::from_vec(vec![-3.0, 1.0, 0.5]);
        let n = orthogonal_complement(&a);
        assert!((n.transpose() * &a).norm() < 1e-15);
        assert!((n.transpose() * &n - DMatrix::identity(2, 2)).norm() < 1e-15);
        assert!(invert(&DMatrix::from_element(2, 2, 1.0)).is_none());
    }
}
