//! The design seen from its shocks: the equivalent regression over sectors, and how many shocks there are in effect.
//!
//! With `s_k = Σ_r w_r s_rk` and `v̄_k = Σ_r w_r s_rk v_r / s_k` for a variable net of the controls, the regression of `ȳ` on
//! `x̄` over sectors, with instrument `g` and weights `s`, has the coefficient of the regional regression. Its errors, robust
//! or clustered by groups of shocks, allow for what AKM's do. Source: Borusyak, Hull and Jaravel (2022), propositions 1
//! and 5. The effective number of shocks is `1/Σ (s_k/Σs)²`.

use super::akm::{NetVariables, add_within, mean};
use super::exposure::Exposure;
use super::record::ShockSummary;
use crate::linalg::{sum, weighted_dot};

/// The regression over sectors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShockLevel {
    /// Its coefficient; the regional one, unless shocks leave a region's own growth out.
    pub estimate: f64,
    /// Its standard error, robust or clustered by the groups of shocks, without a small-sample factor.
    pub std_error: f64,
    /// Sectors in it.
    pub sectors: usize,
}

/// Fits the regression over sectors. `with_constant` says whether shocks are centred, which leaves the coefficient as it is
/// exactly where the controls explain the sum of the shares.
pub fn shock_level(net: &NetVariables<'_>, exposure: &Exposure, with_constant: bool) -> ShockLevel {
    let moments = |v: &[f64]| exposure.shares.transposed_times(v, net.weights);
    let (y, x) = (moments(net.outcome), moments(net.treatment));
    let importance = exposure.importance(net.weights);
    let centre = if with_constant { mean(&exposure.shocks, &importance) } else { 0.0 };
    // `s_k v̄_k` is the moment itself.
    let g: Vec<f64> = exposure.shocks.iter().map(|g| g - centre).collect();
    let first = weighted_dot(&g, &x, None);
    let estimate = weighted_dot(&g, &y, None) / first;
    let scores = g.iter().zip(y.iter().zip(&x)).map(|(g, (y, x))| g * (y - estimate * x));
    let grouped = add_within(scores, exposure.group_codes());
    ShockLevel {
        estimate,
        std_error: weighted_dot(&grouped, &grouped, None).sqrt() / first.abs(),
        sectors: importance.iter().filter(|s| **s > 0.0).count(),
    }
}

/// The distribution of the shocks, weighted by what rests on them.
pub fn summary(exposure: &Exposure, weights: Option<&[f64]>) -> ShockSummary {
    let importance = exposure.importance(weights);
    let total = sum(&importance);
    let shares: Vec<f64> = importance.iter().map(|s| s / total).collect();
    let effective = |shares: &[f64]| 1.0 / weighted_dot(shares, shares, None);
    let centre = mean(&exposure.shocks, &shares);
    let deviations: Vec<f64> = exposure.shocks.iter().map(|g| g - centre).collect();
    let grouped = exposure.group_codes().map(|codes| add_within(shares.iter().copied(), Some(codes)));
    let sums = exposure.shares.sums();
    ShockSummary {
        sectors: shares.iter().filter(|s| **s > 0.0).count(),
        effective: effective(&shares),
        largest: shares.iter().copied().fold(0.0, f64::max),
        mean: centre,
        std_dev: weighted_dot(&deviations, &deviations, Some(&shares)).sqrt(),
        groups: grouped.as_ref().map(Vec::len),
        effective_groups: grouped.as_deref().map(effective),
        intraclass: exposure.group_codes().and_then(|codes| intraclass(&exposure.shocks, &importance, codes)),
        smallest_sum: sums.iter().copied().fold(f64::INFINITY, f64::min),
        largest_sum: sums.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    }
}

/// The intraclass correlation of the shocks of sectors with a share: the one-way analysis of variance's
/// `(MSB - MSW) / (MSB + (m - 1) MSW)`, `m = (K - Σ n_c²/K) / (C - 1)` (Searle, Casella and McCulloch 1992, section 3.6).
fn intraclass(shocks: &[f64], importance: &[f64], groups: &[u32]) -> Option<f64> {
    let members: Vec<(f64, u32)> =
        shocks.iter().zip(importance).zip(groups).filter(|((_, s), _)| **s > 0.0).map(|((g, _), c)| (*g, *c)).collect();
    let codes: Vec<u32> = members.iter().map(|(_, c)| *c).collect();
    let counts = add_within(members.iter().map(|_| 1.0), Some(&codes));
    let sums = add_within(members.iter().map(|(g, _)| *g), Some(&codes));
    let n = members.len() as f64;
    let present = counts.iter().filter(|c| **c > 0.0).count() as f64;
    if present < 2.0 || n <= present {
        return None;
    }
    let grand = members.iter().map(|(g, _)| g).sum::<f64>() / n;
    let level = |c: u32| sums[c as usize] / counts[c as usize];
    let within: f64 = members.iter().map(|(g, c)| (g - level(*c)).powi(2)).sum::<f64>() / (n - present);
    let between: f64 = members.iter().map(|(_, c)| (level(*c) - grand).powi(2)).sum::<f64>() / (present - 1.0);
    let size = (n - counts.iter().map(|c| c * c).sum::<f64>() / n) / (present - 1.0);
    let value = (between - within) / (between + (size - 1.0) * within);
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_groups_have_the_textbook_intraclass_correlation() {
        // Three groups of two: MSB = 2 * ((1.5-3.5)² + 0 + (5.5-3.5)²) / 2 = 8, MSW = 3 * 0.5 / 3 = 0.5.
        let found = intraclass(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[1.0; 6], &[0, 0, 1, 1, 2, 2]).unwrap();
        assert!((found - 7.5 / 8.5).abs() < 1e-14);
        assert_eq!(intraclass(&[1.0, 2.0], &[1.0; 2], &[0, 1]), None);
    }
}
