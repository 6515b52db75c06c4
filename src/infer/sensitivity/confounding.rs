//! [`LinearSummary`]: what a confounder of given strength does to one coefficient of a linear regression.
//!
//! Its strength is two partial R²: with the treatment given the controls (`R²_dz`), and with the outcome given treatment
//! and controls (`R²_yz`). The bias is `se √df √(R²_yz R²_dz / (1 - R²_dz))`, the error with the confounder
//! `se √((1 - R²_yz)/(1 - R²_dz)) √(df/(df - 1))` (Cinelli and Hazlett 2020, equations 7 and 10).

use crate::infer::t_quantile;

/// A coefficient with its classical error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearSummary {
    /// The estimate.
    pub estimate: f64,
    /// Its classical standard error.
    pub std_error: f64,
    /// Residual degrees of freedom.
    pub df: f64,
}

/// The strength of a confounder, as partial R².
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Confounder {
    /// With the treatment, given the controls; in `[0, 1)`.
    pub treatment: f64,
    /// With the outcome, given treatment and controls; in `[0, 1]`.
    pub outcome: f64,
}

/// An estimate with the confounder in the regression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adjusted {
    /// The estimate.
    pub estimate: f64,
    /// Its standard error.
    pub std_error: f64,
    /// t statistic of `(1 - q)` times the original estimate.
    pub statistic: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl LinearSummary {
    fn t(&self) -> f64 {
        self.estimate / self.std_error
    }

    /// Partial R² of the treatment with the outcome, `t² / (t² + df)`: also the partial R² with the treatment that a
    /// confounder needs to take the estimate to zero if it explains all that is left of the outcome.
    pub fn partial_r_squared(&self) -> f64 {
        let t = self.t();
        t * t / (t * t + self.df)
    }

    /// `q |f|`: Cohen's f of the treatment times the share of the estimate at stake.
    fn f(&self, q: f64) -> f64 {
        q * (self.t() / self.df.sqrt()).abs()
    }

    /// The critical f at a level, with one degree of freedom less: that of the confounder.
    fn critical(&self, alpha: f64) -> f64 {
        t_quantile(1.0 - alpha / 2.0, self.df - 1.0) / (self.df - 1.0).sqrt()
    }

    /// RV_q: the equal strength with treatment and outcome that takes the share `q` of the estimate away.
    pub fn robustness_value(&self, q: f64) -> f64 {
        equal_strength(self.f(q))
    }

    /// RV_{q,α}: the strength, at most equal with both, after which a share `1 - q` of the estimate is no longer rejected
    /// at level α. Zero where it is not rejected to begin with. Where `f_q >= 1/f_crit` a confounder does most against
    /// significance with less than that strength with the outcome, and the strength is that of
    /// [`extreme_robustness_value`](Self::extreme_robustness_value).
    pub fn robustness_value_at(&self, q: f64, alpha: f64) -> f64 {
        let (f, critical) = (self.f(q), self.critical(alpha));
        if f <= critical {
            0.0
        } else if f >= 1.0 / critical {
            self.extreme_robustness_value(q, alpha)
        } else {
            equal_strength(f - critical)
        }
    }

    /// XRV_{q,α}: the same with any strength with the outcome; `(f² - f_crit²) / (1 + f²)`.
    pub fn extreme_robustness_value(&self, q: f64, alpha: f64) -> f64 {
        let (f, critical) = (self.f(q), self.critical(alpha));
        ((f * f - critical * critical) / (1.0 + f * f)).max(0.0)
    }

    /// The estimate with a confounder that pulls it towards zero, tested against `1 - q` times the original.
    pub fn adjusted(&self, confounder: Confounder, (q, alpha): (f64, f64)) -> Adjusted {
        let Confounder { treatment, outcome } = confounder;
        let bias = self.std_error * (self.df * outcome * treatment / (1.0 - treatment)).sqrt();
        let estimate = (self.estimate.abs() - bias) * self.estimate.signum();
        let std_error =
            self.std_error * ((1.0 - outcome) / (1.0 - treatment)).sqrt() * (self.df / (self.df - 1.0)).sqrt();
        // The degrees of freedom of the regression as it is, as sensemakr; the longer one would have one less.
        let half = t_quantile(1.0 - alpha / 2.0, self.df) * std_error;
        Adjusted {
            estimate,
            std_error,
            statistic: (estimate - (1.0 - q) * self.estimate) / std_error,
            low: estimate - half,
            high: estimate + half,
        }
    }
}

/// The R² with which `R²/√(1 - R²) = f`.
fn equal_strength(f: f64) -> f64 {
    let square = f * f;
    // ½(√(f⁴ + 4f²) - f²) without its cancellation for large f.
    if square == 0.0 { 0.0 } else { 2.0 * square / ((square * square + 4.0 * square).sqrt() + square) }
}

/// The strength of a confounder `kd` and `ky` times as strong as a benchmark (a regressor or a group of them) with partial
/// R² `r_treatment` and `r_outcome` (Cinelli and Hazlett 2020, section 4.4 and appendix B). `None` where a confounder of
/// that strength would explain all of the treatment; what is more than all of the outcome is taken as all.
pub fn benchmark_bound((r_treatment, r_outcome): (f64, f64), (kd, ky): (f64, f64)) -> Option<Confounder> {
    let treatment = kd * r_treatment / (1.0 - r_treatment);
    let with_benchmark = kd * r_treatment * r_treatment / ((1.0 - kd * r_treatment) * (1.0 - r_treatment));
    if treatment >= 1.0 || !(0.0..1.0).contains(&with_benchmark) {
        return None;
    }
    let factor = (ky.sqrt() + with_benchmark.sqrt()) / (1.0 - with_benchmark).sqrt();
    let outcome = factor * factor * r_outcome / (1.0 - r_outcome);
    Some(Confounder { treatment, outcome: outcome.min(1.0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(t: f64, df: f64) -> LinearSummary {
        LinearSummary { estimate: 2.0 * t, std_error: 2.0, df }
    }

    #[test]
    fn a_confounder_as_strong_as_the_robustness_value_takes_the_estimate_away() {
        let found = with(4.18, 783.0);
        for q in [0.3, 1.0] {
            let rv = found.robustness_value(q);
            let left = found.adjusted(Confounder { treatment: rv, outcome: rv }, (1.0, 0.05)).estimate;
            assert!((left / found.estimate - (1.0 - q)).abs() < 1e-13);
        }
        assert!((found.robustness_value(1.0) - 0.139).abs() < 5e-4);
        assert!((found.robustness_value_at(1.0, 0.05) - 0.076).abs() < 5e-4);
    }

    /// All three branches by search: the smallest bound on both strengths under which some confounder undoes significance.
    #[test]
    fn the_robustness_value_at_a_level_is_the_smallest_bound() {
        for (t, df) in [(1.5, 50.0), (4.18, 783.0), (3.0, 8.0), (9.0, 6.0), (14.0, 7.0)] {
            let found = with(t, df);
            let critical = t_quantile(0.975, df - 1.0);
            let undone = |bound: f64| {
                (0..=4000).any(|k| {
                    let confounder = Confounder { treatment: bound, outcome: bound * f64::from(k) / 4000.0 };
                    found.adjusted(confounder, (1.0, 0.05)).statistic < critical
                })
            };
            let (mut low, mut high) = (0.0, 1.0 - 1e-9);
            for _ in 0..40 {
                let middle = 0.5 * (low + high);
                if undone(middle) { high = middle } else { low = middle }
            }
            let value = found.robustness_value_at(1.0, 0.05);
            assert!((value - high).abs() < 2e-6, "t {t}, df {df}: {value} {high}");
        }
    }

    #[test]
    fn multiples_of_a_benchmark_have_their_limit() {
        assert!(benchmark_bound((0.25, 0.1), (2.9, 1.0)).is_some());
        assert_eq!(benchmark_bound((0.25, 0.1), (3.0, 1.0)), None);
        assert_eq!(benchmark_bound((0.25, 0.9), (1.0, 1.0)).unwrap().outcome, 1.0);
    }
}
