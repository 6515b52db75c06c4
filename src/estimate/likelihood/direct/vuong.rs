//! Vuong's (1989) test between two models of the same rows that are not nested.
//!
//! With `m` the difference of their log densities by row, `√n mean(m) / sd(m)` is standard normal where both are equally far from the
//! truth, as R's pscl has it (`sd` with `n - 1`); corrected, the sum of `m` is less the difference in parameters (Akaike), or
//! `ln(n)/2` times that (Schwarz). Zero inflation is no such case: a model without is on the boundary of one with it, the
//! difference is not normal, and the test rejects too rarely or too often (Wilson 2015).

use super::counted::Counted;
use crate::estimate::fit::TestResult;
use crate::infer::normal;
use crate::linalg::sum;

/// The test as it is, and with both corrections; none where the models fit every row alike.
pub(super) fn vuong(own: &Counted, other: &Counted) -> Vec<TestResult> {
    let (a, b) = (own.rows.logs(&own.peak.parameters), other.rows.logs(&other.peak.parameters));
    let gaps: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
    let n = gaps.len() as f64;
    let mean = sum(&gaps) / n;
    let deviation = (gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    if deviation <= f64::EPSILON {
        return Vec::new();
    }
    let more = own.peak.parameters.len() as f64 - other.peak.parameters.len() as f64;
    let (name, against) = (own.rows.counts.name(), other.rows.counts.name());
    let test = |label: &str, penalty: f64| {
        let statistic = (n * mean - penalty) / (n.sqrt() * deviation);
        TestResult {
            test: format!("Vuong{label}, {against}"),
            statistic,
            df1: None,
            df2: None,
            p_value: Some(2.0 * normal::cdf(-statistic.abs())),
            note: format!(
                "{name} and {against} are equally far from the truth; positive in favour of {name}, two-sided (Vuong 1989). As a test for \
                 zero inflation it is not valid (Wilson 2015)"
            ),
        }
    };
    vec![test("", 0.0), test(" (Akaike)", more), test(" (Schwarz)", 0.5 * n.ln() * more)]
}
