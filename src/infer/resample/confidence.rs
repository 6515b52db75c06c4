//! Confidence sets by inversion of a test: every value of the parameter that the test does not reject.
//!
//! The set may be an interval, several intervals, a half line or the whole line; all of them occur when clusters are few
//! or treated clusters very few. The p-value is looked at on a grid that reaches from a hundredth to a million standard
//! errors on both sides of the estimate, with points at equal ratios, and every crossing of the level is then bisected to
//! the last digits. A piece of the set narrower than the grid (a fifth of a standard error near the estimate) can be
//! missed; a set that still contains a point a million standard errors away is called unbounded.

use rayon::prelude::*;

/// Points of the grid on each side.
const POINTS: usize = 48;

/// Standard errors at which the line counts as infinitely far.
const FAR: f64 = 1e6;

/// The values not rejected by `p_value` at `1 - level`, as intervals in order. `p_value` takes the distance of the
/// hypothesised value from the estimate in standard errors; the intervals are in the parameter's units.
pub(super) fn invert(
    p_value: impl Fn(f64) -> f64 + Sync,
    (estimate, std_error): (f64, f64),
    level: f64,
) -> Vec<[f64; 2]> {
    if !(estimate.is_finite() && std_error.is_finite() && std_error > 0.0) {
        return Vec::new();
    }
    let alpha = 1.0 - level;
    let grid = grid();
    let inside: Vec<bool> = grid.par_iter().map(|&tau| p_value(tau) > alpha).collect();
    let value = |tau: f64| if tau.abs() >= FAR { tau.signum() * f64::INFINITY } else { estimate + tau * std_error };
    let crossings: Vec<f64> = (1..grid.len())
        .filter(|&k| inside[k - 1] != inside[k])
        .map(|k| bisect(&p_value, alpha, (grid[k - 1], grid[k]), inside[k - 1]))
        .collect();
    let ends = inside.first().filter(|first| **first).map(|_| -FAR).into_iter().chain(crossings);
    let ends: Vec<f64> = ends.chain(inside.last().filter(|last| **last).map(|_| FAR)).map(value).collect();
    ends.as_chunks::<2>().0.to_vec()
}

/// `-FAR ... 0 ... FAR`, dense near zero.
fn grid() -> Vec<f64> {
    let far = (FAR * 10.0).asinh();
    let side: Vec<f64> = (1..=POINTS).map(|k| (far * k as f64 / POINTS as f64).sinh() / 10.0).collect();
    let last = POINTS - 1;
    let side = |k: usize| if k == last { FAR } else { side[k] };
    (0..POINTS).rev().map(|k| -side(k)).chain([0.0]).chain((0..POINTS).map(side)).collect()
}

/// The point between two at which `p > alpha` changes, to the last digits; the side inside the set is returned.
fn bisect(p_value: &impl Fn(f64) -> f64, alpha: f64, (mut low, mut high): (f64, f64), low_inside: bool) -> f64 {
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high || high - low <= 1e-14 * middle.abs() {
            break;
        }
        if (p_value(middle) > alpha) == low_inside { low = middle } else { high = middle }
    }
    if low_inside { low } else { high }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_every_shape() {
        let set = |inside: fn(f64) -> bool| invert(|tau| if inside(tau) { 1.0 } else { 0.0 }, (1.0, 2.0), 0.95);
        let interval = set(|tau| tau.abs() < 1.5);
        assert!((interval[0][0] + 2.0).abs() < 1e-12 && (interval[0][1] - 4.0).abs() < 1e-12 && interval.len() == 1);
        let two = set(|tau| tau.abs() < 1.0 || (4.0..8.0).contains(&tau));
        assert!(two.len() == 2 && (two[1][0] - 9.0).abs() < 1e-12 && (two[1][1] - 17.0).abs() < 1e-12);
        assert_eq!(set(|_| true), vec![[f64::NEG_INFINITY, f64::INFINITY]]);
        assert_eq!(set(|tau| tau > -1.0)[0][1], f64::INFINITY);
        assert_eq!(set(|_| false), Vec::<[f64; 2]>::new());
    }
}
