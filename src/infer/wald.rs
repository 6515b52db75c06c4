//! Wald tests of linear restrictions `R b = r`: `F = (Rb - r)'(R V R')^-1 (Rb - r) / q` with `q` and `df` degrees of
//! freedom.

use nalgebra::{DMatrix, DVector};
use statrs::distribution::{ContinuousCDF, FisherSnedecor};

use super::instruments::distribution::upper_chi_squared;

/// Linear restrictions on coefficients.
#[derive(Clone, Debug, PartialEq)]
pub struct Restrictions {
    /// `R`: a row per restriction, a column per coefficient.
    pub matrix: DMatrix<f64>,
    /// `r`: what `R b` is under the hypothesis.
    pub values: DVector<f64>,
}

/// An F test.
#[derive(Clone, Debug, PartialEq)]
pub struct WaldTest {
    /// The F statistic.
    pub statistic: f64,
    /// Number of restrictions.
    pub df1: f64,
    /// Denominator degrees of freedom.
    pub df2: f64,
    /// The p-value.
    pub p_value: f64,
}

/// Why there is no test.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum WaldError {
    /// The restrictions have another number of columns than there are coefficients.
    #[error("the restrictions are on {given} coefficients, but the model has {expected}")]
    SizeDiffers {
        /// Columns of the restrictions.
        given: usize,
        /// Coefficients of the model.
        expected: usize,
    },
    /// The covariance of the restricted combinations is singular.
    #[error(
        "the {restrictions} restrictions cannot be tested together: their covariance is singular (restrictions repeat each other, or there are fewer clusters than restrictions)"
    )]
    Singular {
        /// How many restrictions.
        restrictions: usize,
    },
}

/// Tests linear restrictions with a covariance `v` of the coefficients `b`.
///
/// # Errors
/// [`WaldError`] if the sizes differ or the restrictions' covariance is singular.
pub fn wald(b: &DVector<f64>, v: &DMatrix<f64>, restrictions: &Restrictions, df: f64) -> Result<WaldTest, WaldError> {
    let r = &restrictions.matrix;
    let q = r.nrows();
    if r.ncols() != b.len() || restrictions.values.len() != q {
        return Err(WaldError::SizeDiffers { given: r.ncols(), expected: b.len() });
    }
    let gap = r * b - &restrictions.values;
    let middle = r * v * r.transpose();
    // Scaled to a unit diagonal, so that units do not decide what is singular.
    let scale: Vec<f64> = middle.diagonal().iter().map(|d| d.max(0.0).sqrt()).collect();
    if q == 0 || scale.contains(&0.0) {
        return Err(WaldError::Singular { restrictions: q });
    }
    let scaled = DMatrix::from_fn(q, q, |i, j| middle[(i, j)] / (scale[i] * scale[j]));
    let gap = DVector::from_fn(q, |i, _| gap[i] / scale[i]);
    let factor = scaled.cholesky().ok_or(WaldError::Singular { restrictions: q })?;
    if factor.l_dirty().diagonal().iter().any(|d| d * d < 1e-13) {
        return Err(WaldError::Singular { restrictions: q });
    }
    let statistic = gap.dot(&factor.solve(&gap)) / q as f64;
    Ok(WaldTest { statistic, df1: q as f64, df2: df, p_value: upper_f(statistic, q as f64, df) })
}

/// Tests that the coefficients at some positions are all zero; `None` if there is none or they cannot be tested.
pub fn wald_zero(b: &DVector<f64>, v: &DMatrix<f64>, positions: &[usize], df: f64) -> Option<WaldTest> {
    let matrix = DMatrix::from_fn(positions.len(), b.len(), |i, j| f64::from(positions[i] == j));
    wald(b, v, &Restrictions { matrix, values: DVector::zeros(positions.len()) }, df).ok()
}

/// The upper tail of F; with infinite `df2` that of chi-squared over its degrees of freedom.
pub(crate) fn upper_f(statistic: f64, df1: f64, df2: f64) -> f64 {
    if statistic.is_infinite() {
        return 0.0;
    }
    if df2 == f64::INFINITY {
        return upper_chi_squared(statistic * df1, df1);
    }
    FisherSnedecor::new(df1, df2).map_or(f64::NAN, |f| f.sf(statistic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_restriction_is_the_squared_t() {
        let b = DVector::from_vec(vec![2.0, 1.0]);
        let v = DMatrix::from_row_slice(2, 2, &[0.25, 0.1, 0.1, 0.5]);
        let test = wald_zero(&b, &v, &[0], 30.0).unwrap();
        assert!((test.statistic - 16.0).abs() < 1e-12);
        assert!((test.p_value - crate::infer::two_sided_p(4.0, 30.0)).abs() < 1e-12);
        // Without bound on the degrees of freedom it is the normal test.
        let normal = wald_zero(&b, &v, &[0], f64::INFINITY).unwrap();
        assert!((normal.p_value / crate::infer::normal::two_sided_p(4.0) - 1.0).abs() < 1e-10);
        let twice =
            Restrictions { matrix: DMatrix::from_row_slice(2, 2, &[1.0, 0.0, 2.0, 0.0]), values: DVector::zeros(2) };
        assert_eq!(wald(&b, &v, &twice, 30.0), Err(WaldError::Singular { restrictions: 2 }));
    }
}
