//! p-values and quantiles of the normal distribution.

use statrs::distribution::{Continuous, ContinuousCDF, Normal};

/// Two-sided p-value of a normal statistic; NaN if it is not defined.
pub fn two_sided_p(statistic: f64) -> f64 {
    if statistic.is_nan() {
        return f64::NAN;
    }
    Normal::new(0.0, 1.0).map_or(f64::NAN, |normal| 2.0 * normal.cdf(-statistic.abs()))
}

/// Quantile of the standard normal, exact to rounding.
pub fn quantile(probability: f64) -> f64 {
    let Ok(normal) = Normal::new(0.0, 1.0) else { return f64::NAN };
    // Two Newton steps on the library's root.
    (0..2).fold(normal.inverse_cdf(probability), |q, _| {
        let step = (normal.cdf(q) - probability) / normal.pdf(q);
        if step.is_finite() { q - step } else { q }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_tables() {
        assert!((quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-14);
        assert!((two_sided_p(1.959_963_984_540_054) - 0.05).abs() < 1e-15);
        assert_eq!(two_sided_p(f64::INFINITY), 0.0);
    }
}
