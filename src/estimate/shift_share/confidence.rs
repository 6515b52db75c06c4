//! [`ConfidenceSet`]: the values that a test does not reject, where they need not be an interval.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::record;

/// A set of values that a quadratic test does not reject.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "shape", rename_all = "snake_case")]
pub enum ConfidenceSet {
    /// From `low` to `high`.
    Interval {
        /// The lower end.
        #[serde(with = "record::number")]
        #[schemars(with = "record::Number")]
        low: f64,
        /// The upper end.
        #[serde(with = "record::number")]
        #[schemars(with = "record::Number")]
        high: f64,
    },
    /// Everything up to `low`, and everything from `high`.
    Rays {
        /// The end of the lower ray.
        #[serde(with = "record::number")]
        #[schemars(with = "record::Number")]
        low: f64,
        /// The start of the upper ray.
        #[serde(with = "record::number")]
        #[schemars(with = "record::Number")]
        high: f64,
    },
    /// Every number.
    Line,
}

impl ConfidenceSet {
    /// `{x: a (x-c)² + 2 b (x-c) <= d}` for `d >= 0`: `c` is always in it, so it is never empty.
    ///
    /// With `a > 0` an interval, with `a < 0` two rays or, if the discriminant is negative, the whole line.
    pub fn of_quadratic(c: f64, a: f64, b: f64, d: f64) -> ConfidenceSet {
        let discriminant = b * b + a * d;
        if a == 0.0 && b == 0.0 || a < 0.0 && discriminant < 0.0 {
            return ConfidenceSet::Line;
        }
        if a == 0.0 {
            let end = c + d / (2.0 * b);
            return if b > 0.0 {
                ConfidenceSet::Interval { low: f64::NEG_INFINITY, high: end }
            } else {
                ConfidenceSet::Interval { low: end, high: f64::INFINITY }
            };
        }
        // The root without cancellation, and the other by the product of the two, -d/a.
        let far = -(b + discriminant.max(0.0).sqrt().copysign(b));
        let (one, two) = if far == 0.0 { (0.0, 0.0) } else { (far / a, -d / far) };
        let (low, high) = (c + one.min(two), c + one.max(two));
        if a > 0.0 { ConfidenceSet::Interval { low, high } } else { ConfidenceSet::Rays { low, high } }
    }

    /// Whether a value is in the set.
    pub fn contains(&self, value: f64) -> bool {
        match self {
            ConfidenceSet::Interval { low, high } => (*low..=*high).contains(&value),
            ConfidenceSet::Rays { low, high } => value <= *low || value >= *high,
            ConfidenceSet::Line => true,
        }
    }

    /// The length, infinite for rays and the line.
    pub fn length(&self) -> f64 {
        match self {
            ConfidenceSet::Interval { low, high } => high - low,
            _ => f64::INFINITY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_what_the_inequality_says_on_a_grid() {
        let cases =
            [(2.0, 0.5, 3.0), (-1.0, 2.0, 1.0), (-1.0, 0.1, 3.0), (0.0, 1.0, 2.0), (0.0, -1.0, 2.0), (1.5, 0.0, 0.7)];
        let mut shapes = [0; 3];
        for (a, b, d) in cases {
            let set = ConfidenceSet::of_quadratic(0.3, a, b, d);
            shapes[match set {
                ConfidenceSet::Interval { .. } => 0,
                ConfidenceSet::Rays { .. } => 1,
                ConfidenceSet::Line => 2,
            }] += 1;
            for step in -4000..4000 {
                let x = f64::from(step) * 0.00501 + 0.3;
                let e = x - 0.3;
                assert_eq!(set.contains(x), a * e * e + 2.0 * b * e <= d, "{a} {b} {d} at {x}: {set:?}");
            }
        }
        assert_eq!(shapes, [4, 1, 1]);
    }
}
