//! p-values and quantiles of the normal distribution.
//!
//! The distribution function is `erfc(-z / sqrt 2) / 2` with the error function of libm (FreeBSD's msun, below one unit in
//! the last place); statrs approximates it to eleven digits, and gives the first guess of the quantile.

use std::f64::consts::{PI, SQRT_2};

use statrs::distribution::{ContinuousCDF, Normal};

/// `P(Z <= z)`.
pub fn cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / SQRT_2)
}

/// The density at `z`.
pub fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * PI).sqrt()
}

/// `ln P(Z <= z)`, finite as far out as `z` is.
pub fn log_cdf(z: f64) -> f64 {
    if z > 0.0 {
        return (-0.5 * libm::erfc(z / SQRT_2)).ln_1p();
    }
    if z > -30.0 {
        return (0.5 * libm::erfc(-z / SQRT_2)).ln();
    }
    // Beyond, the continued fraction of the Mills ratio (Abramowitz and Stegun 26.2.14).
    let ratio = (1..=12).rev().fold(-z, |sum, k| f64::from(k) / sum - z);
    -0.5 * z * z - 0.5 * (2.0 * PI).ln() - ratio.ln()
}

/// Two-sided p-value of a normal statistic; NaN if it is not defined.
pub fn two_sided_p(statistic: f64) -> f64 {
    libm::erfc(statistic.abs() / SQRT_2)
}

/// Quantile of the standard normal, to rounding; NaN for what is no probability.
pub fn quantile(probability: f64) -> f64 {
    // In the lower tail, where the distribution function keeps its digits.
    if probability > 0.5 {
        return -quantile(1.0 - probability);
    }
    let Ok(normal) = Normal::new(0.0, 1.0) else { return f64::NAN };
    if !(0.0..=1.0).contains(&probability) {
        return f64::NAN;
    }
    // Two Newton steps on the library's root.
    (0..2).fold(normal.inverse_cdf(probability), |q, _| {
        let step = (cdf(q) - probability) * (2.0 * PI).sqrt() * (0.5 * q * q).exp();
        if step.is_finite() { q - step } else { q }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_tables() {
        assert!((quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-14);
        assert_eq!(quantile(0.5), 0.0);
        assert!((quantile(1e-10) + 6.361_340_902_404_056).abs() < 1e-13);
        assert!((two_sided_p(1.959_963_984_540_054) - 0.05).abs() < 1e-16);
        assert!((two_sided_p(8.0) / 1.244_192_114_854_348e-15 - 1.0).abs() < 1e-13);
        // Where the two forms meet, and by mpmath far out.
        let near = |a: f64, b: f64| (a - b).abs() < 1e-12 * b.abs();
        assert!(near(log_cdf(-30.0), (0.5 * libm::erfc(30.0 / SQRT_2)).ln()));
        assert!(near(log_cdf(-2.0), cdf(-2.0).ln()) && near(log_cdf(9.0), -cdf(-9.0)));
        assert_eq!(two_sided_p(f64::INFINITY), 0.0);
        assert!(two_sided_p(f64::NAN).is_nan() && quantile(f64::NAN).is_nan());
    }
}
