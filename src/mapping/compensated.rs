//! [`CompensatedSum`]: a sum that remembers what rounding took from it.
//!
//! Neumaier's form of Kahan summation (Zeitschrift für Angewandte Mathematik und Mechanik 54, 1974). About twice the
//! digits of a plain sum are carried, for two reasons. The rounded total does not depend on the order of the rows. And
//! a cluster's total less one of its industries is the sum of the others to full precision: exactly zero when there
//! are none, which is how a one-industry cluster is recognised.

/// A running sum of doubles and the number of values in it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CompensatedSum {
    high: f64,
    low: f64,
    /// How many values were added.
    pub count: usize,
}

impl CompensatedSum {
    /// Adds a value.
    #[inline]
    pub fn add(&mut self, value: f64) {
        self.accumulate(value);
        self.count += 1;
    }

    /// The sum, rounded once.
    #[inline]
    pub fn value(&self) -> f64 {
        let total = self.high + self.low;
        // An infinite term leaves NaN in the correction; the infinity is the answer.
        if self.low.is_nan() { self.high } else { total }
    }

    /// The sum without the values of `part`, which were all added to `self` too.
    #[inline]
    pub fn without(mut self, part: &CompensatedSum) -> Self {
        self.accumulate(-part.high);
        self.low -= part.low;
        self.count = self.count.saturating_sub(part.count);
        self
    }

    /// The mean; missing when nothing was added.
    pub fn mean(&self) -> f64 {
        if self.count == 0 { f64::NAN } else { self.value() / self.count as f64 }
    }

    #[inline]
    fn accumulate(&mut self, value: f64) {
        let total = self.high + value;
        self.low +=
            if self.high.abs() >= value.abs() { (self.high - total) + value } else { (value - total) + self.high };
        self.high = total;
    }
}

impl FromIterator<f64> for CompensatedSum {
    #[inline]
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut sum = CompensatedSum::default();
        values.into_iter().for_each(|value| sum.add(value));
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_term_survives_large_ones() {
        let sum: CompensatedSum = [1.0, 1e100, 1.0, -1e100].into_iter().collect();
        assert_eq!(sum.value(), 2.0);
    }

    #[test]
    fn the_whole_without_its_only_part_is_exactly_zero() {
        let whole: CompensatedSum = [0.1, 0.2, 0.0, 0.3].into_iter().collect();
        let part: CompensatedSum = [0.1, 0.2, 0.3].into_iter().collect();
        assert_eq!(whole.without(&part).value(), 0.0);
    }

    #[test]
    fn infinity_is_kept() {
        let sum: CompensatedSum = [1.0, f64::INFINITY, 1.0].into_iter().collect();
        assert_eq!(sum.value(), f64::INFINITY);
    }
}
