//! The covariance of a spatial maximum-likelihood estimate: expected or observed information.
//!
//! Parameters in order: coefficients, `rho`, `lambda` (those that there are), `s2`. With `G1 = W1 A^-1`, `G2 = W2 B^-1` and
//! `C = B G1 B^-1` the expected information is (Anselin 1988, ch. 6) `bb: X'B'BX/s2`, `b rho: X'B'B G1 X b/s2`,
//! `rho rho: tr(G1 G1) + tr(C'C) + |B G1 X b|^2/s2`, `lambda lambda: tr(G2 G2) + tr(G2'G2)`, `rho lambda: tr(G2'C) + tr(W2 G1 B^-1)`,
//! `rho s2: tr G1/s2`, `lambda s2: tr G2/s2`, `s2 s2: n/(2 s2^2)`. It needs `tr(G'G)`, a sum over all of `G`; above
//! [`super::DENSE_LIMIT`] regions the observed information is used, which does not.

use std::borrow::Cow;

use nalgebra::{DMatrix, DVector};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::SpatialError;
use super::jacobian::{Jacobian, Traces};
use super::likelihood::{Likelihood, Point};
use crate::linalg::{cross_products, dot, sum};

/// Which information matrix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Information {
    /// Expected where the matrices are small, observed elsewhere.
    #[default]
    Auto,
    /// Minus the expectation of the second derivatives.
    Expected,
    /// Minus the second derivatives.
    Observed,
}

/// The covariance of coefficients and spatial parameters (without the variance's own row), that of the variance, and what it was computed from.
#[derive(Clone, Debug)]
pub struct SpatialCovariance {
    /// Coefficients, then `rho`, then `lambda`.
    pub matrix: DMatrix<f64>,
    /// Standard error of the variance.
    pub variance_error: f64,
    /// Expected or observed.
    pub information: Information,
}

/// Inverts the information at a maximum.
///
/// # Errors
/// It is not positive definite, or a matrix is singular.
pub fn covariance(
    likelihood: &Likelihood<'_>,
    point: &Point,
    kind: Information,
) -> Result<SpatialCovariance, SpatialError> {
    let (inverse, information) = inverse(likelihood, point, kind)?;
    let size = inverse.nrows();
    Ok(SpatialCovariance {
        matrix: inverse.view((0, 0), (size - 1, size - 1)).into_owned(),
        variance_error: inverse[(size - 1, size - 1)].sqrt(),
        information,
    })
}

/// The inverse of the information, the row of the variance last, and which information it is.
pub(super) fn inverse(
    likelihood: &Likelihood<'_>,
    point: &Point,
    kind: Information,
) -> Result<(DMatrix<f64>, Information), SpatialError> {
    let traces = |jacobian: Option<&Jacobian>, at: f64| jacobian.map(|jacobian| jacobian.traces(at)).transpose();
    let (lag, error) = (traces(likelihood.lag, point.rho)?, traces(likelihood.error, point.lambda)?);
    let is_small = [&lag, &error].into_iter().flatten().all(|traces| traces.gtg.is_some());
    let one_matrix = likelihood.lag.zip(likelihood.error).is_none_or(|(a, b)| same(a, b));
    let expected = match kind {
        Information::Observed => false,
        Information::Expected | Information::Auto => is_small && one_matrix,
    };
    let parts = Parts { likelihood, point, lag, error };
    let matrix = if expected { parts.expected()? } else { parts.observed() };
    let size = matrix.nrows();
    let scale = DVector::from_fn(size, |i, _| matrix[(i, i)].abs().sqrt().max(f64::MIN_POSITIVE));
    let scaled = DMatrix::from_fn(size, size, |i, j| matrix[(i, j)] / (scale[i] * scale[j]));
    let inverse = scaled.cholesky().ok_or(SpatialError::Information)?.inverse();
    let inverse = DMatrix::from_fn(size, size, |i, j| inverse[(i, j)] / (scale[i] * scale[j]));
    Ok((inverse, if expected { Information::Expected } else { Information::Observed }))
}

/// Whether two Jacobians are of the same matrices.
fn same(a: &Jacobian, b: &Jacobian) -> bool {
    a.parts.len() == b.parts.len() && a.parts.iter().zip(&b.parts).all(|(a, b)| a.1.matrix == b.1.matrix)
}

fn deviations(values: &[f64]) -> Vec<f64> {
    let mean = sum(values) / values.len() as f64;
    values.iter().map(|v| v - mean).collect()
}

struct Parts<'a> {
    likelihood: &'a Likelihood<'a>,
    point: &'a Point,
    lag: Option<Traces>,
    error: Option<Traces>,
}

impl Parts<'_> {
    fn size(&self) -> usize {
        self.point.coefficients.len() + usize::from(self.lag.is_some()) + usize::from(self.error.is_some()) + 1
    }

    /// The block of the coefficients and that of the variance, which both kinds share.
    fn frame(&self) -> (DMatrix<f64>, Cow<'_, [Vec<f64>]>) {
        let (k, s2) = (self.point.coefficients.len(), self.point.variance);
        let x = self.likelihood.columns.filtered_regressors(self.point.lambda);
        let views: Vec<&[f64]> = x.iter().map(Vec::as_slice).collect();
        let mut out = DMatrix::zeros(self.size(), self.size());
        out.view_mut((0, 0), (k, k)).copy_from(&(cross_products(&views, None) / s2));
        let last = self.size() - 1;
        out[(last, last)] = self.likelihood.n / (2.0 * s2 * s2);
        (out, x)
    }

    /// `B G1 X b`.
    fn lagged_fit(&self) -> Result<Vec<f64>, SpatialError> {
        let (l, rho) = (self.likelihood, self.point.rho);
        let mut fit = vec![0.0; l.layout.n_rows];
        for (b, x) in self.point.coefficients.iter().zip(&l.columns.x) {
            fit.iter_mut().zip(x).for_each(|(f, x)| *f += b * x);
        }
        let mut out = vec![0.0; fit.len()];
        for (m, (_, of)) in l.lag.iter().flat_map(|jacobian| jacobian.parts.iter().enumerate()) {
            let factor = of.factor(rho).ok_or(SpatialError::Singular { parameter: rho })?;
            l.layout.scatter(&of.apply(&factor, &l.layout.gathered(&fit, m)), m, &mut out);
        }
        if l.error.is_some() {
            let lagged = l.layout.lag(&out);
            out.iter_mut().zip(lagged).for_each(|(v, w)| *v -= self.point.lambda * w);
        }
        // Without the mean over regions the transformed G is that of deviations from it.
        let without_mean = l.lag.is_some_and(|jacobian| jacobian.without_mean);
        Ok(if without_mean { l.layout.map(&out, |_, values| deviations(values)) } else { out })
    }

    fn expected(&self) -> Result<DMatrix<f64>, SpatialError> {
        let (mut out, x) = self.frame();
        let (k, s2, last) = (x.len(), self.point.variance, self.size() - 1);
        let mut put = |i: usize, j: usize, value: f64| (out[(i, j)], out[(j, i)]) = (value, value);
        if let Some(traces) = &self.lag {
            let fit = self.lagged_fit()?;
            x.iter().enumerate().for_each(|(j, x)| put(j, k, dot(x, &fit) / s2));
            put(k, k, traces.gg + traces.gtg.unwrap_or(0.0) + dot(&fit, &fit) / s2);
            put(k, last, traces.g / s2);
        }
        if let Some(traces) = &self.error {
            let at = last - 1;
            put(at, at, traces.gg + traces.gtg.unwrap_or(0.0));
            put(at, last, traces.g / s2);
            if self.lag.is_some() {
                put(k, at, self.crossed()?);
            }
        }
        Ok(out)
    }

    /// `tr(G2'G1) + tr(G2 G1)` for lag and error of the same weights, where `C = G1`.
    fn crossed(&self) -> Result<f64, SpatialError> {
        let singular = |parameter: f64| SpatialError::Singular { parameter };
        let (Some(lag), Some(error)) = (self.likelihood.lag, self.likelihood.error) else { return Ok(0.0) };
        let mut sum = 0.0;
        for ((count, of), (_, other)) in lag.parts.iter().zip(&error.parts) {
            let g1 = of.dense(self.point.rho).ok_or_else(|| singular(self.point.rho))?;
            let g2 = other.dense(self.point.lambda).ok_or_else(|| singular(self.point.lambda))?;
            let mut part = g1.dot(&g2) + g1.dot(&g2.transpose());
            if lag.without_mean {
                let (a, b) = (1.0 / (1.0 - self.point.rho), 1.0 / (1.0 - self.point.lambda));
                part -= g1.row_sum().dot(&g2.row_sum()) / g1.nrows() as f64 + a * b;
            }
            sum += count * part;
        }
        Ok(sum)
    }

    /// Minus the second derivatives of the likelihood, all parameters free.
    fn observed(&self) -> DMatrix<f64> {
        let (mut out, x) = self.frame();
        let (c, p) = (self.likelihood.columns, self.point);
        let (k, s2, last) = (x.len(), p.variance, self.size() - 1);
        let wy = c.filtered_lag(p.lambda);
        let mut put = |i: usize, j: usize, value: f64| (out[(i, j)], out[(j, i)]) = (value, value);
        if let Some(traces) = &self.lag {
            x.iter().enumerate().for_each(|(j, x)| put(j, k, dot(x, &wy) / s2));
            put(k, k, traces.gg + dot(&wy, &wy) / s2);
            put(k, last, dot(&p.residuals, &wy) / (s2 * s2));
        }
        let lagged = c.lagged_residuals(p.rho, &p.coefficients);
        if let (Some(traces), Some(of), Some(wu)) = (&self.error, &c.filtered, lagged) {
            let at = last - 1;
            for (j, x) in x.iter().enumerate() {
                put(j, at, (dot(x, &wu) + dot(&p.residuals, &of.x[j])) / s2);
            }
            put(at, at, traces.gg + dot(&wu, &wu) / s2);
            put(at, last, dot(&p.residuals, &wu) / (s2 * s2));
            if self.lag.is_some() {
                put(k, at, (dot(&wy, &wu) + dot(&p.residuals, &of.wy)) / s2);
            }
        }
        out
    }
}
