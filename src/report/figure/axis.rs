//! Axes: round ticks and the map from data to pixels.

use super::number;

/// An interval of data with round ticks inside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Smallest value shown.
    pub low: f64,
    /// Largest value shown.
    pub high: f64,
    /// Distance of ticks: 1, 2 or 5 times a power of ten.
    pub step: f64,
}

impl Axis {
    /// An axis that shows `low` to `high` with a little air and about `n_ticks` ticks. An empty or infinite interval
    /// becomes one around its finite end, or around zero.
    pub fn around(low: f64, high: f64, n_ticks: usize) -> Self {
        let (low, high) = proper(low, high);
        let air = (high - low) * 0.04;
        let (low, high) = (low - air, high + air);
        let rough = (high - low) / n_ticks.max(1) as f64;
        let power = 10f64.powf(rough.log10().floor());
        let factor = match rough / power {
            // The geometric means between 1, 2, 5 and 10 part what is nearer to the one from what is nearer to the other.
            ratio if ratio < 2f64.sqrt() => 1.0,
            ratio if ratio < 10f64.sqrt() => 2.0,
            ratio if ratio < 50f64.sqrt() => 5.0,
            _ => 10.0,
        };
        Axis { low, high, step: factor * power }
    }

    /// The ticks from low to high: value and label.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        let first = (self.low / self.step).ceil() as i64;
        let last = (self.high / self.step).floor() as i64;
        (first..=last).map(|k| k as f64 * self.step).map(|value| (value, self.label(value))).collect()
    }

    fn label(&self, value: f64) -> String {
        let largest = self.low.abs().max(self.high.abs());
        match largest {
            _ if !(1e-4..1e15).contains(&largest) => number::scientific(value, 1),
            _ if largest >= 1e6 => number::scaled(value, largest, 2),
            _ => number::fixed(value, number::decimals_of(self.step * 1.000_001, 1)),
        }
    }

    /// The pixel of a value when low and high lie at `range`.
    pub fn place(&self, value: f64, range: (f64, f64)) -> f64 {
        range.0 + (value - self.low) / (self.high - self.low) * (range.1 - range.0)
    }

    /// Whether the axis shows the value.
    pub fn shows(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// A finite interval that is not empty.
fn proper(low: f64, high: f64) -> (f64, f64) {
    match (low.is_finite(), high.is_finite()) {
        (true, true) if high - low > 1e-12 * low.abs().max(high.abs()) => (low, high),
        (true, _) => widened(low),
        (_, true) => widened(high),
        _ => (-1.0, 1.0),
    }
}

fn widened(value: f64) -> (f64, f64) {
    let half = if value == 0.0 { 1.0 } else { value.abs() * 0.5 };
    (value - half, value + half)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        let labels = |low, high| Axis::around(low, high, 5).ticks().into_iter().map(|tick| tick.1).collect::<Vec<_>>();
        assert_eq!(labels(-0.03, 0.12), ["0.00", "0.05", "0.10"]);
        assert_eq!(labels(0.0, 9.0), ["0", "2", "4", "6", "8"]);
        assert_eq!(labels(-2.0e6, 1.0e6), ["−2M", "−1.5M", "−1M", "−0.5M", "0", "0.5M", "1M"]);
    }

    #[test]
    fn an_empty_interval_is_widened() {
        for (low, high) in [(1.0, 1.0), (0.0, 0.0), (f64::INFINITY, f64::NEG_INFINITY), (f64::NAN, 2.0)] {
            let axis = Axis::around(low, high, 5);
            assert!(axis.low < axis.high && axis.ticks().len() >= 2, "{low} {high}: {axis:?}");
        }
    }
}
