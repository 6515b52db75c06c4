//! Tests of Poisson's variance (Cameron and Trivedi 1990; AER's `dispersiontest`).
//!
//! With `z = ((y - μ)² - y) / μ`, whose mean is zero under `Var = μ`: against `Var = μ + a μ` (NB1) the mean of `z`, against `Var = μ + a μ²`
//! (NB2) the slope of `z` on `μ` without a constant, each over its standard error. One-sided: the alternative is overdispersion.

use rayon::prelude::*;

use super::record::Index;
use crate::design::DesignMatrix;
use crate::estimate::fit::TestResult;
use crate::infer::normal;
use crate::linalg::dot;

/// Rows that are gone through at once.
const BLOCK: usize = 4096;

/// Both tests; none where a mean is zero.
pub(crate) fn overdispersion(design: &DesignMatrix, index: &Index) -> Vec<TestResult> {
    let means = index.means();
    let rows = design.outcome.values.par_iter().zip(&means).with_min_len(BLOCK);
    let z: Vec<f64> = rows.map(|(y, m)| ((y - m) * (y - m) - y) / m).collect();
    let n = z.len() as f64;
    let ones = vec![1.0; z.len()];
    let slope_test = |x: &[f64], name: &str, variance: &str| {
        let squares = dot(x, x);
        let slope = dot(x, &z) / squares;
        // Blocks in a fixed order: the same bits on any number of threads.
        let block = |(z, x): (&[f64], &[f64])| z.iter().zip(x).map(|(z, x)| (z - slope * x).powi(2)).sum::<f64>();
        let blocks: Vec<f64> = z.par_chunks(BLOCK).zip(x.par_chunks(BLOCK)).map(block).collect();
        let left: f64 = blocks.iter().sum();
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
    let (first, second) = rayon::join(
        || slope_test(&ones, "NB1", "a multiple of it above one"),
        || slope_test(&means, "NB2", "a variance that grows with its square"),
    );
    [first, second].into_iter().filter(|test| test.statistic.is_finite()).collect()
}
