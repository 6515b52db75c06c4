//! Quantiles and tails that the tests of instruments need beyond Student's t and Fisher's F.

use statrs::distribution::{ChiSquared, ContinuousCDF, FisherSnedecor};
use statrs::function::gamma::{gamma_lr, ln_gamma};

/// The upper tail of chi-squared; NaN if the degrees of freedom are not positive.
pub fn upper_chi_squared(statistic: f64, df: f64) -> f64 {
    ChiSquared::new(df).map_or(f64::NAN, |d| if statistic.is_nan() { f64::NAN } else { d.sf(statistic.max(0.0)) })
}

/// The lower tail of chi-squared.
fn lower_chi_squared(value: f64, df: f64) -> f64 {
    if value <= 0.0 { 0.0 } else { gamma_lr(df / 2.0, value / 2.0) }
}

/// The quantile of Fisher's F, by bisection of its tail to rounding.
pub fn f_quantile(probability: f64, df1: f64, df2: f64) -> f64 {
    let Ok(f) = FisherSnedecor::new(df1, df2) else { return f64::NAN };
    bisect_up(|x| f.sf(x) <= 1.0 - probability)
}

/// The distribution function of noncentral chi-squared with any positive degrees of freedom: a Poisson mixture of
/// central ones, summed outwards from its largest term.
pub fn noncentral_chi_squared(value: f64, df: f64, noncentrality: f64) -> f64 {
    if value <= 0.0 {
        return 0.0;
    }
    let half = noncentrality / 2.0;
    let term = |j: f64| {
        let weight = if half > 0.0 { (-half + j * half.ln() - ln_gamma(j + 1.0)).exp() } else { f64::from(j == 0.0) };
        weight * lower_chi_squared(value, df + 2.0 * j)
    };
    let middle = half.floor();
    let mut total = term(middle);
    for step in [1.0, -1.0] {
        let mut j = middle + step;
        while j >= 0.0 {
            let next = term(j);
            total += next;
            if next < 1e-17 * total.max(1e-300) {
                break;
            }
            j += step;
        }
    }
    total.min(1.0)
}

/// The quantile of noncentral chi-squared.
pub fn noncentral_chi_squared_quantile(probability: f64, df: f64, noncentrality: f64) -> f64 {
    bisect_up(|x| noncentral_chi_squared(x, df, noncentrality) >= probability)
}

/// The least positive number at which a monotone condition holds; infinite if it never does.
fn bisect_up(holds: impl Fn(f64) -> bool) -> f64 {
    let mut high = 1.0;
    while !holds(high) {
        high *= 2.0;
        if high > 1e300 {
            return f64::INFINITY;
        }
    }
    let mut low = if high > 1.0 { high / 2.0 } else { 0.0 };
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if holds(middle) { high = middle } else { low = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_invert_their_tails() {
        // Montiel Olea and Pflueger (2013), table 1: one instrument, tau = 5, 10, 20, 30 %.
        for (tau, published) in [(0.05, 37.42), (0.1, 23.11), (0.2, 15.06), (0.3, 12.05)] {
            let critical = noncentral_chi_squared_quantile(0.95, 1.0, 1.0 / tau);
            assert!((critical - published).abs() < 0.01, "{tau}: {critical}");
        }
        assert!((f_quantile(0.95, 1.0, 10.0) - 2.228_138_851_986_275f64.powi(2)).abs() < 1e-10);
        let q = noncentral_chi_squared_quantile(0.95, 2.5, 0.0);
        assert!((upper_chi_squared(q, 2.5) - 0.05).abs() < 1e-12);
    }
}
