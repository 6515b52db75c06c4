//! Descriptive statistics of one variable.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{quantile, sorted_finite};
use crate::estimate::record;

/// One row of a table of descriptive statistics. A number that does not exist is NaN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DescriptiveStatistics {
    /// The variable.
    pub name: String,
    /// Finite values.
    pub n: usize,
    /// Values that are missing or not finite.
    pub n_missing: usize,
    /// Arithmetic mean; NaN when `n` is 0.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub mean: f64,
    /// Standard deviation with divisor n - 1; NaN when `n` is below 2.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub sd: f64,
    /// Smallest value.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub min: f64,
    /// First quartile (type 7).
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub p25: f64,
    /// Median (type 7).
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub median: f64,
    /// Third quartile (type 7).
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub p75: f64,
    /// Largest value.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub max: f64,
}

/// Describes one variable; NaN and infinite values count as missing.
pub fn describe(name: &str, values: &[f64]) -> DescriptiveStatistics {
    let sorted = sorted_finite(values);
    let n = sorted.len();
    let mean = sorted.iter().sum::<f64>() / n as f64;
    let at = |p| quantile(&sorted, p).unwrap_or(f64::NAN);
    DescriptiveStatistics {
        name: name.to_owned(),
        n,
        n_missing: values.len() - n,
        mean,
        sd: deviation(&sorted, mean),
        min: at(0.0),
        p25: at(0.25),
        median: at(0.5),
        p75: at(0.75),
        max: at(1.0),
    }
}

/// The standard deviation in two passes, which keeps its digits when the mean is large beside the spread.
fn deviation(values: &[f64], mean: f64) -> f64 {
    if values.len() < 2 {
        return f64::NAN;
    }
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (values.len() - 1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn describes_a_variable() {
        let row = describe("wage", &[1.0, 2.0, 3.0, 4.0, f64::NAN]);
        assert_eq!((row.n, row.n_missing, row.mean, row.median), (4, 1, 2.5, 2.5));
        assert!((row.sd - (5.0f64 / 3.0).sqrt()).abs() < 1e-15);
        assert_eq!((row.min, row.p25, row.p75, row.max), (1.0, 1.75, 3.25, 4.0));
    }

    #[test]
    fn a_number_that_does_not_exist_is_nan() {
        let none = describe("x", &[]);
        assert!(none.n == 0 && none.mean.is_nan() && none.min.is_nan());
        assert!(describe("x", &[1.0]).sd.is_nan());
    }

    #[test]
    fn keeps_digits_far_from_zero() {
        let row = describe("x", &[1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0]);
        assert!((row.sd - 30.0f64.sqrt()).abs() < 1e-9);
    }
}
