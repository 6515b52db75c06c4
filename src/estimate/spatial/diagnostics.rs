//! Lagrange multiplier tests for a spatial lag and a spatial error, on least-squares residuals.
//!
//! Anselin (1988) and the forms robust to the other (Anselin, Bera, Florax and Yoon 1996); in panels with the effects taken
//! out Anselin, Le Gallo and Jayet (2008) and Elhorst (2010). With `T = sum of tr(W'W + WW)` over blocks, `s2 = e'e/n`,
//! `J = (|M W X b|^2 + T s2)/s2`: `LM error = (e'We/s2)^2/T`, `LM lag = (e'Wy/s2)^2/J`,
//! `robust error = (e'We/s2 - T/J e'Wy/s2)^2/(T (1 - T/J))`, `robust lag = (e'Wy/s2 - e'We/s2)^2/(J - T)`, `SARMA = robust lag + LM error`.

use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::super::fit::TestResult;
use super::layout::SpatialLayout;
use crate::infer::normal;
use crate::linalg::{SparseMatrix, dot, solve_least_squares};

/// The five statistics.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LagrangeMultipliers {
    /// For a lag.
    pub lag: f64,
    /// For an error.
    pub error: f64,
    /// For a lag, whatever the error.
    pub robust_lag: f64,
    /// For an error, whatever the lag.
    pub robust_error: f64,
    /// For both.
    pub sarma: f64,
}

/// Of columns net of effects, with the lags taken of them; `None` if the columns are collinear.
pub fn lagrange_multipliers(y: &[f64], x: &[Vec<f64>], layout: &SpatialLayout) -> Option<LagrangeMultipliers> {
    let views: Vec<&[f64]> = x.iter().map(Vec::as_slice).collect();
    let solved = solve_least_squares(&views, y, None)?;
    let e = &solved.residuals;
    let s2 = dot(e, e) / y.len() as f64;
    let fit: Vec<f64> = y.iter().zip(e).map(|(y, e)| y - e).collect();
    let lagged_fit = solve_least_squares(&views, &layout.lag(&fit), None)?.residuals;
    let counts = layout.counts();
    let own = |w: &SparseMatrix| w.squares() + w.trace_of_product(w);
    let t: f64 = layout.matrices.iter().zip(counts).map(|(w, count)| count as f64 * own(w)).sum();
    let j = dot(&lagged_fit, &lagged_fit) / s2 + t;
    let (by_lag, by_error) = (dot(e, &layout.lag(y)) / s2, dot(e, &layout.lag(e)) / s2);
    let error = by_error.powi(2) / t;
    let robust_lag = (by_lag - by_error).powi(2) / (j - t);
    Some(LagrangeMultipliers {
        lag: by_lag.powi(2) / j,
        error,
        robust_lag,
        robust_error: (by_error - t / j * by_lag).powi(2) / (t * (1.0 - t / j)),
        sarma: robust_lag + error,
    })
}

/// p-value of a chi-squared statistic.
pub fn chi_squared_p(statistic: f64, df: f64) -> f64 {
    ChiSquared::new(df).map_or(f64::NAN, |of| of.sf(statistic))
}

impl LagrangeMultipliers {
    /// As tests of a record.
    pub fn listed(&self) -> Vec<TestResult> {
        let test = |name: &str, statistic: f64, df: f64, note: &str| TestResult {
            test: name.into(),
            statistic,
            df1: Some(df),
            df2: None,
            p_value: Some(chi_squared_p(statistic, df)),
            note: note.into(),
        };
        vec![
            test("LM lag", self.lag, 1.0, "no spatial lag, of the model without spatial terms"),
            test("LM error", self.error, 1.0, "no spatial error, of the model without spatial terms"),
            test("robust LM lag", self.robust_lag, 1.0, "no spatial lag, whatever the spatial error"),
            test("robust LM error", self.robust_error, 1.0, "no spatial error, whatever the spatial lag"),
            test("LM SARMA", self.sarma, 2.0, "neither a spatial lag nor a spatial error"),
        ]
    }
}

/// Moran's I of residuals with its moments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ResidualMoran {
    /// The statistic.
    pub statistic: f64,
    /// Its expectation under independence.
    pub expectation: f64,
    /// Its variance under independent normal errors.
    pub variance: f64,
    /// The standardised deviate.
    pub z: f64,
    /// One-sided p-value of positive autocorrelation, normal.
    pub p_greater: f64,
    /// Two-sided p-value, normal.
    pub p_two_sided: f64,
}

/// Moran's I of the residuals of a regression with the moments of Cliff and Ord (1981, ch. 8), for one cross-section.
///
/// With `M` the projection off `X`, `k` its rank: `E = n/S0 tr(MW)/(n-k)`, `V = (n/S0)^2 (tr(MWMW') + tr(MWMW) + tr(MW)^2)/((n-k)(n-k+2)) - E^2`.
pub fn residual_moran(y: &[f64], x: &[Vec<f64>], w: &SparseMatrix) -> Option<ResidualMoran> {
    let views: Vec<&[f64]> = x.iter().map(Vec::as_slice).collect();
    let solved = solve_least_squares(&views, y, None)?;
    let (e, n, k) = (&solved.residuals, y.len() as f64, x.len() as f64);
    let s0: f64 = w.row_sums().iter().sum();
    let turned = w.transposed();
    let wx: Vec<Vec<f64>> = x.iter().map(|x| w.times(x)).collect();
    let tx: Vec<Vec<f64>> = x.iter().map(|x| turned.times(x)).collect();
    let cross = |a: &[Vec<f64>], b: &[Vec<f64>]| nalgebra::DMatrix::from_fn(a.len(), b.len(), |i, j| dot(&a[i], &b[j]));
    let own: Vec<Vec<f64>> = x.to_vec();
    let inverse = &solved.inverse;
    // H = X inverse X'. tr(MW) = tr W - tr(H W); tr(MWMW') and tr(MWMW) likewise, from small products.
    let p = inverse * cross(&own, &wx);
    let diagonal: f64 = w.entries().filter(|(i, j, _)| i == j).map(|(_, _, v)| v).sum();
    let trace = diagonal - p.trace();
    let same = w.squares() - (inverse * cross(&tx, &tx)).trace() - (inverse * cross(&wx, &wx)).trace()
        + (&p * inverse * cross(&own, &wx).transpose()).trace();
    let turned_product = w.trace_of_product(w) - 2.0 * (inverse * cross(&tx, &wx)).trace() + (&p * &p).trace();
    let statistic = n / s0 * dot(e, &w.times(e)) / dot(e, e);
    let expectation = n / s0 * trace / (n - k);
    let variance =
        (n / s0).powi(2) * (same + turned_product + trace * trace) / ((n - k) * (n - k + 2.0)) - expectation.powi(2);
    let z = (statistic - expectation) / variance.sqrt();
    Some(ResidualMoran {
        statistic,
        expectation,
        variance,
        z,
        p_greater: normal::cdf(-z),
        p_two_sided: normal::two_sided_p(z),
    })
}
