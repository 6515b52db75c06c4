//! Adjusted p-values of several hypotheses, from their p-values alone.
//!
//! In: p-values in any order; out: adjusted ones in the same order. NaN stands for a hypothesis that was not tested: it
//! stays NaN and does not count. Methods that use the joint distribution of the statistics are not here.
//!
//! Family-wise error rate: Bonferroni; Šidák (1967); Holm (1979); Holm with Šidák's levels; Hochberg (1988); Hommel (1988).
//! False discovery rate: Benjamini and Hochberg (1995); Benjamini and Yekutieli (2001); the two-stage procedures of
//! Benjamini, Krieger and Yekutieli (2006) at a fixed level, and their sharpened q-values on Anderson's (2008) grid.

use std::fmt;

/// The level of the first stage of the two-stage procedures.
pub const TWO_STAGE_LEVEL: f64 = 0.05;

/// Steps of the grid of sharpened q-values.
const SHARPENED_STEPS: usize = 1000;

/// A method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adjustment {
    /// `m p`.
    Bonferroni,
    /// `1 - (1 - p)^m`.
    Sidak,
    /// Step-down Bonferroni.
    Holm,
    /// Step-down Šidák.
    HolmSidak,
    /// Step-up with Holm's levels; for independent or positively dependent tests.
    Hochberg,
    /// Closed testing with Simes' test.
    Hommel,
    /// False discovery rate of independent or positively dependent tests.
    BenjaminiHochberg,
    /// False discovery rate under any dependence.
    BenjaminiYekutieli,
    /// Benjamini-Hochberg with the number of true hypotheses estimated at 5 % (statsmodels' `fdr_tsbh`).
    TwoStageBh,
    /// The same with the first stage at `α/(1+α)`, which controls the rate (statsmodels' `fdr_tsbky`).
    TwoStageBky,
    /// Sharpened q-values: the smallest level, in steps of 0.001, at which the two stages reject.
    Sharpened,
}

impl Adjustment {
    /// Every method with its name.
    pub const NAMES: [(Adjustment, &'static str); 11] = [
        (Adjustment::Bonferroni, "bonferroni"),
        (Adjustment::Sidak, "sidak"),
        (Adjustment::Holm, "holm"),
        (Adjustment::HolmSidak, "holm-sidak"),
        (Adjustment::Hochberg, "hochberg"),
        (Adjustment::Hommel, "hommel"),
        (Adjustment::BenjaminiHochberg, "bh"),
        (Adjustment::BenjaminiYekutieli, "by"),
        (Adjustment::TwoStageBh, "tsbh"),
        (Adjustment::TwoStageBky, "tsbky"),
        (Adjustment::Sharpened, "sharpened"),
    ];

    /// The word of study files and result files.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(method, _)| *method == self).map_or("", |(_, name)| name)
    }
}

impl fmt::Display for Adjustment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Adjusts p-values. One number per p-value, in the same order; NaN where the p-value is NaN.
pub fn adjust(p_values: &[f64], method: Adjustment) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).filter(|&i| !p_values[i].is_nan()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let sorted: Vec<f64> = order.iter().map(|&i| p_values[i]).collect();
    let adjusted = match method {
        Adjustment::Bonferroni => scaled(&sorted, |m, _| m),
        Adjustment::Sidak => sorted.iter().map(|p| sidak(*p, sorted.len() as f64)).collect(),
        Adjustment::Holm => running_max(scaled(&sorted, |m, i| m - i)),
        Adjustment::HolmSidak => {
            let m = sorted.len() as f64;
            running_max(sorted.iter().enumerate().map(|(i, p)| sidak(*p, m - i as f64)).collect())
        }
        Adjustment::Hochberg => running_min(scaled(&sorted, |m, i| m - i)),
        Adjustment::Hommel => hommel(&sorted),
        Adjustment::BenjaminiHochberg => benjamini_hochberg(&sorted, 1.0),
        Adjustment::BenjaminiYekutieli => benjamini_hochberg(&sorted, (1..=sorted.len()).map(|i| 1.0 / i as f64).sum()),
        Adjustment::TwoStageBh => two_stage(&sorted, TWO_STAGE_LEVEL, 1.0),
        Adjustment::TwoStageBky => two_stage(&sorted, TWO_STAGE_LEVEL / (1.0 + TWO_STAGE_LEVEL), 1.0 + TWO_STAGE_LEVEL),
        Adjustment::Sharpened => sharpened(&sorted),
    };
    let mut out = vec![f64::NAN; p_values.len()];
    order.into_iter().zip(adjusted).for_each(|(i, p)| out[i] = p.min(1.0));
    out
}

/// `p_(i)` times a function of the number of hypotheses and the number of smaller p-values.
fn scaled(sorted: &[f64], by: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let m = sorted.len() as f64;
    sorted.iter().enumerate().map(|(i, p)| (p * by(m, i as f64)).min(1.0)).collect()
}

/// `1 - (1 - p)^m` without losing the digits of small p.
fn sidak(p: f64, m: f64) -> f64 {
    -(m * (-p).ln_1p()).exp_m1()
}

pub(super) fn running_max(mut values: Vec<f64>) -> Vec<f64> {
    for i in 1..values.len() {
        values[i] = values[i].max(values[i - 1]);
    }
    values
}

fn running_min(mut values: Vec<f64>) -> Vec<f64> {
    for i in (1..values.len()).rev() {
        values[i - 1] = values[i - 1].min(values[i]);
    }
    values
}

/// `min_{j >= i} factor m p_(j) / j`.
fn benjamini_hochberg(sorted: &[f64], factor: f64) -> Vec<f64> {
    running_min(scaled(sorted, |m, i| factor * m / (i + 1.0)))
}

/// The smallest level at which the closed test with Simes' inequality rejects (Wright 1992, appendix).
fn hommel(sorted: &[f64]) -> Vec<f64> {
    let n = sorted.len();
    let mut adjusted = sorted.to_vec();
    for m in (2..=n).rev() {
        let tail = n - m + 1;
        let simes = (tail..n).map(|i| m as f64 * sorted[i] / (m + i - n + 1) as f64).fold(f64::INFINITY, f64::min);
        for i in 0..tail {
            adjusted[i] = adjusted[i].max(simes.min(m as f64 * sorted[i]));
        }
        for value in &mut adjusted[tail..] {
            *value = value.max(simes);
        }
    }
    adjusted
}

/// How many hypotheses Benjamini and Hochberg reject at a level.
fn rejected(sorted: &[f64], level: f64) -> usize {
    let m = sorted.len() as f64;
    (0..sorted.len()).rev().find(|&i| sorted[i] <= level * (i as f64 + 1.0) / m).map_or(0, |i| i + 1)
}

/// Benjamini-Hochberg with `m` less the rejections of a first stage in the place of `m`.
fn two_stage(sorted: &[f64], first_level: f64, factor: f64) -> Vec<f64> {
    let m = sorted.len();
    let r = rejected(sorted, first_level);
    // Where the first stage rejects nothing or everything there is no second.
    let share = if r == 0 || r == m { 1.0 } else { (m - r) as f64 / m as f64 };
    benjamini_hochberg(sorted, share * factor)
}

/// Anderson's (2008) grid: the smallest `q` in steps of 0.001 at which both stages reject.
fn sharpened(sorted: &[f64]) -> Vec<f64> {
    let m = sorted.len();
    let mut q_values = vec![1.0; m];
    for step in (1..=SHARPENED_STEPS).rev() {
        let q = step as f64 / SHARPENED_STEPS as f64;
        let level = q / (1.0 + q);
        let first = rejected(sorted, level);
        let left = (m - first) as f64;
        let second = if left == 0.0 { m } else { rejected(sorted, level * m as f64 / left) };
        q_values[..second].fill(q);
    }
    q_values
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Benjamini and Hochberg (1995), table 1.
    const BH1995: [f64; 15] = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590,
        1.0,
    ];

    #[test]
    fn the_example_of_benjamini_and_hochberg() {
        let bh = adjust(&BH1995, Adjustment::BenjaminiHochberg);
        let known = [0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.063_857_142_857_142_86];
        assert!(bh.iter().zip(known).all(|(a, b)| (a - b).abs() < 1e-12), "{bh:?}");
        assert_eq!(bh.iter().filter(|p| **p <= 0.05).count(), 4);
        let holm = adjust(&BH1995, Adjustment::Holm);
        assert_eq!(holm.iter().filter(|p| **p <= 0.05).count(), 3);
        let q = adjust(&BH1995, Adjustment::Sharpened);
        let known =
            [0.002, 0.003, 0.009, 0.03, 0.047, 0.05, 0.05, 0.05, 0.06, 0.242, 0.303, 0.401, 0.432, 0.483, 0.667];
        assert!(q.iter().zip(known).all(|(a, b)| (a - b).abs() < 1e-12), "{q:?}");
    }

    #[test]
    fn order_does_not_matter_and_what_is_missing_does_not_count() {
        for (method, name) in Adjustment::NAMES {
            let base = adjust(&[0.01, 0.02, 0.3], method);
            let other = adjust(&[0.3, f64::NAN, 0.01, 0.02], method);
            assert!(other[1].is_nan());
            assert_eq!(vec![other[2], other[3], other[0]], base, "{name}");
            assert_eq!(adjust(&[], method), Vec::<f64>::new());
            assert!(adjust(&[0.2], method)[0] >= 0.2 - 1e-15, "{name}");
        }
    }
}
