//! Tests of Poisson's variance (Cameron and Trivedi 1990; AER's `dispersiontest`).
//!
//! With `z = ((y - μ)² - y) / μ`, whose mean is zero under `Var = μ`: against `Var = μ + a μ` (NB1) the mean of `z`, against `Var = μ + a μ²`
//! (NB2) the slope of `z` on `μ` without a constant, each over its standard error. One-sided: the alternative is overdispersion.

use super::record::Index;
use crate::design::DesignMatrix;
use crate::estimate::fit::TestResult;
use crate::infer::normal;
use crate::linalg::dot;

/// Both tests; none where a mean is zero.
pub(crate) fn overdispersion(design: &DesignMatrix, index: &Index) -> Vec<TestResult> {
    let means = index.means();
    let z: Vec<f64> = design.outcome.values.iter().zip(&means).map(|(y, m)| ((y - m) * (y - m) - y) / m).collect();
    let n = z.len() as f64;
    let ones = vec![1.0; z.len()];
    let slope_test = |x: &[f64], name: &str, variance: &str| {
        let squares = dot(x, x);
        let slope = dot(x, &z) / squares;
        let left: f64 = z.iter().zip(x).map(|(z, x)| (z - slope * x).powi(2)).sum();
        let statistic = slope / (left / (n - 1.0) / squares).sqrt();
        TestResult {
            test: format!("overdispersion ({name})"),
            statistic,
            df1: None,
            df2: None,
            p_value: Some(normal::cdf(-statistic)),
            note: format!("the variance is the mean, against {variance}; one-sided (Cameron and Trivedi 1990)"),
        }
    };
    let tests = [
        slope_test(&ones, "NB1", "a multiple of it above one"),
        slope_test(&means, "NB2", "a variance that grows with its square"),
    ];
    tests.into_iter().filter(|test| test.statistic.is_finite()).collect()
}
