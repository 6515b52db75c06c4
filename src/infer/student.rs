//! p-values and intervals by Student's t.

use super::normal;
use statrs::distribution::{Continuous, ContinuousCDF, StudentsT};

/// Two-sided p-value of a t statistic; NaN if the statistic or the degrees of freedom are not defined.
pub fn two_sided_p(statistic: f64, df: f64) -> f64 {
    if statistic.is_nan() {
        return f64::NAN;
    }
    if statistic.is_infinite() {
        return 0.0;
    }
    if df == f64::INFINITY {
        return normal::two_sided_p(statistic);
    }
    // The lower tail: the upper one as a complement would lose every digit of a small p-value.
    StudentsT::new(0.0, 1.0, df).map_or(f64::NAN, |t| (2.0 * t.cdf(-statistic.abs())).min(1.0))
}

/// Quantile of Student's t; NaN if the degrees of freedom are not positive.
pub fn t_quantile(probability: f64, df: f64) -> f64 {
    // With infinite degrees of freedom it is the normal one, which the library's root does not find.
    if df == f64::INFINITY {
        return normal::quantile(probability);
    }
    let Ok(t) = StudentsT::new(0.0, 1.0, df) else { return f64::NAN };
    // The library's root is good to about eight digits; two Newton steps make it exact to rounding.
    (0..2).fold(t.inverse_cdf(probability), |q, _| {
        let step = (t.cdf(q) - probability) / t.pdf(q);
        if step.is_finite() { q - step } else { q }
    })
}

/// The 95 % interval of an estimate.
pub fn t_interval(estimate: f64, std_error: f64, df: f64, level: f64) -> (f64, f64) {
    let half = t_quantile((1.0 + level) / 2.0, df) * std_error;
    (estimate - half, estimate + half)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_tables() {
        let q = t_quantile(0.975, 10.0);
        assert!((q - 2.228_138_851_986_275).abs() < 1e-12);
        assert!((two_sided_p(2.228_138_851_986_275, 10.0) - 0.05).abs() < 1e-12);
        assert_eq!(two_sided_p(f64::INFINITY, 5.0), 0.0);
        assert_eq!(t_quantile(0.975, f64::INFINITY), normal::quantile(0.975));
        assert_eq!(two_sided_p(1.0, f64::INFINITY), normal::two_sided_p(1.0));
    }
}
