//! [`CurveStatistics`]: what a specification curve says as a whole, and how often draws under the null say as much.
//!
//! In: estimates and two-sided p-values of all specifications, in the sample and in draws under the null that are made for
//! all specifications jointly (a wild cluster bootstrap with common weights, a permutation); out: joint p-values. How the
//! draws are made is not decided here. Source: Simonsohn, Simmons and Nelson (2020), "Specification curve analysis",
//! Nature Human Behaviour 4, 1208-1214.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::family::JointRecord;
use super::{normal, two_sided_p};
use crate::estimate::record;
use crate::note::Note;

/// Relative difference of statistics that counts as a tie.
const TIE: f64 = 1e-10;

/// One specification in one sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Specification {
    /// The estimate.
    pub estimate: f64,
    /// Its two-sided p-value.
    pub p_value: f64,
    /// The normal quantile of `1 - p/2` with the sign of the estimate.
    pub z: f64,
}

/// Statistics of a whole curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CurveStatistics {
    /// Number of specifications.
    pub n: usize,
    /// Median estimate.
    pub median: f64,
    /// Share of the estimates that have the more frequent sign.
    pub dominant: f64,
    /// Share that have it and are significant.
    pub significant: f64,
    /// Stouffer's `Σ z / √n`.
    pub stouffer: f64,
}

/// Joint p-values: the share of draws (the sample counted as one of them) whose statistic is at least as far out. Signs do
/// not count: a draw may point either way.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JointTests {
    /// Draws.
    pub draws: usize,
    /// Of the absolute median.
    pub median: f64,
    /// Of the share of significant estimates of the dominant sign.
    pub significant: f64,
    /// Of the absolute Stouffer statistic.
    pub stouffer: f64,
}

impl Specification {
    /// A specification by its t statistic and degrees of freedom. Statistics without an error (infinite) have p-value 0.
    pub fn new(estimate: f64, statistic: f64, df: f64) -> Self {
        let p_value = if statistic.is_infinite() { 0.0 } else { two_sided_p(statistic, df) };
        // The smallest p-value that the quantile takes keeps z finite.
        let z = normal::quantile(1.0 - 0.5 * p_value.max(1e-15)).abs();
        Specification { estimate, p_value, z: if estimate < 0.0 { -z } else { z } }
    }
}

impl CurveStatistics {
    /// Statistics of a curve at a level of significance; `None` without specifications or where one has no number.
    pub fn of(specifications: &[Specification], alpha: f64) -> Option<CurveStatistics> {
        let n = specifications.len();
        let defined = |one: &Specification| one.estimate.is_finite() && one.p_value.is_finite() && !one.z.is_nan();
        if n == 0 || !specifications.iter().all(defined) {
            return None;
        }
        let mut estimates: Vec<f64> = specifications.iter().map(|one| one.estimate).collect();
        estimates.sort_by(f64::total_cmp);
        let median = 0.5 * (estimates[(n - 1) / 2] + estimates[n / 2]);
        let count = |fits: &dyn Fn(&Specification) -> bool| specifications.iter().filter(|one| fits(one)).count();
        let above = count(&|one| one.estimate > 0.0);
        let below = count(&|one| one.estimate < 0.0);
        let sign = if above >= below { 1.0 } else { -1.0 };
        let significant = count(&|one| one.estimate * sign > 0.0 && one.p_value < alpha);
        let share = |count: usize| count as f64 / n as f64;
        Some(CurveStatistics {
            n,
            median,
            dominant: share(above.max(below)),
            significant: share(significant),
            stouffer: specifications.iter().map(|one| one.z).sum::<f64>() / (n as f64).sqrt(),
        })
    }

    /// Joint tests against the curves of draws under the null. `undefined` more draws count as beyond; draws that are all
    /// there are hold the sample themselves.
    pub fn tests(&self, draws: &[CurveStatistics], undefined: usize, enumerated: bool) -> JointTests {
        // Draws that equal the sample up to rounding are as far out as it.
        let p_value = |value: &dyn Fn(&CurveStatistics) -> f64| {
            let bound = value(self) * (1.0 - TIE);
            let beyond = draws.iter().filter(|draw| value(draw) >= bound).count();
            let own = usize::from(!enumerated);
            (own + beyond + undefined) as f64 / (own + draws.len() + undefined) as f64
        };
        JointTests {
            draws: draws.len() + undefined,
            median: p_value(&|curve| curve.median.abs()),
            significant: p_value(&|curve| curve.significant),
            stouffer: p_value(&|curve| curve.stouffer.abs()),
        }
    }
}

/// A specification curve as results keep it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CurveRecord {
    /// Its name.
    pub name: String,
    /// The specifications, the smallest estimate first.
    pub specifications: Vec<CurveMember>,
    /// The level at which an estimate counts as significant.
    pub alpha: f64,
    /// The curve as a whole.
    pub statistics: CurveStatistics,
    /// Joint tests, where draws were made.
    pub tests: Option<JointTests>,
    /// How they were made.
    pub draws: Option<JointRecord>,
    /// Findings.
    pub notes: Vec<Note>,
}

/// A specification of a curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CurveMember {
    /// The model.
    pub model: String,
    /// The term.
    pub term: String,
    /// What was chosen, by axis; `model` and `term` where these differ.
    pub choices: IndexMap<String, String>,
    /// The estimate.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub estimate: f64,
    /// Its standard error.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub std_error: f64,
    /// Lower end of the 95 % interval.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub conf_low: f64,
    /// Upper end of the 95 % interval.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub conf_high: f64,
    /// Two-sided p-value of the model's t test.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub p_value: f64,
    /// Rows of the sample.
    pub n_obs: usize,
}

impl CurveRecord {
    /// The curve in a sentence.
    pub fn in_words(&self) -> String {
        let found = &self.statistics;
        let percent = |share: f64| (100.0 * share).round();
        format!(
            "{} specifications: the median estimate is {:.4}; {} per cent have the same sign, {} per cent have it and are significant at {} per cent.",
            found.n,
            found.median,
            percent(found.dominant),
            percent(found.significant),
            100.0 * self.alpha
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(estimate: f64, p_value: f64, z: f64) -> Specification {
        Specification { estimate, p_value, z }
    }

    #[test]
    fn statistics_by_hand() {
        let curve = [one(0.5, 0.01, 2.5), one(-0.1, 0.6, -0.5), one(0.3, 0.04, 2.0), one(0.1, 0.4, 0.8)];
        let found = CurveStatistics::of(&curve, 0.05).unwrap();
        assert_eq!((found.n, found.dominant, found.significant), (4, 0.75, 0.5));
        assert!((found.median - 0.2).abs() < 1e-15 && (found.stouffer - 2.4).abs() < 1e-15);
        assert_eq!(CurveStatistics::of(&[], 0.05), None);
        assert_eq!(CurveStatistics::of(&[one(f64::NAN, 0.1, 1.0)], 0.05), None);
    }

    #[test]
    fn a_mirrored_draw_is_as_far_out() {
        let curve = [one(0.5, 0.01, 2.5), one(0.3, 0.04, 2.0)];
        let mirrored: Vec<Specification> = curve.iter().map(|s| one(-s.estimate, s.p_value, -s.z)).collect();
        let found = CurveStatistics::of(&curve, 0.05).unwrap();
        let small = CurveStatistics::of(&[one(0.1, 0.9, 0.1), one(-0.1, 0.9, -0.1)], 0.05).unwrap();
        let draws = [CurveStatistics::of(&mirrored, 0.05).unwrap(), small, small];
        let tests = found.tests(&draws, 0, false);
        assert_eq!((tests.draws, tests.median, tests.significant, tests.stouffer), (3, 0.5, 0.5, 0.5));
        // All there are: the sample is the mirrored one.
        assert_eq!(found.tests(&draws, 0, true).median, 1.0 / 3.0);
        assert_eq!(found.tests(&draws, 1, true).median, 0.5);
    }
}
