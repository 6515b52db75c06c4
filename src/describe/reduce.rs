//! Several values made one: what a map does with the rows of a region.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{quantile, sorted_finite};

/// How the values of several rows become one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Statistic {
    /// Their arithmetic mean (the default: it does not grow with the number of rows).
    #[default]
    Mean,
    /// Their sum.
    Sum,
    /// Their median.
    Median,
    /// The smallest.
    Min,
    /// The largest.
    Max,
}

impl Statistic {
    /// The statistic of the finite values; `None` when there are none (a region without data is missing, not zero).
    pub fn of(self, values: &[f64]) -> Option<f64> {
        let sorted = sorted_finite(values);
        let sum = || sorted.iter().sum::<f64>();
        let first = *sorted.first()?;
        Some(match self {
            Statistic::Mean => sum() / sorted.len() as f64,
            Statistic::Sum => sum(),
            Statistic::Median => quantile(&sorted, 0.5)?,
            Statistic::Min => first,
            Statistic::Max => *sorted.last()?,
        })
    }

    /// The word that study files and legends use.
    pub fn word(self) -> &'static str {
        match self {
            Statistic::Mean => "mean",
            Statistic::Sum => "sum",
            Statistic::Median => "median",
            Statistic::Min => "min",
            Statistic::Max => "max",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skips_missing_and_ignores_order() {
        let values = [0.1, f64::NAN, 0.2, 0.3, f64::INFINITY];
        let reversed: Vec<f64> = values.iter().rev().copied().collect();
        for statistic in [Statistic::Mean, Statistic::Sum, Statistic::Median, Statistic::Min, Statistic::Max] {
            assert_eq!(statistic.of(&values), statistic.of(&reversed), "{}", statistic.word());
            assert_eq!(statistic.of(&[f64::NAN]), None);
        }
        assert_eq!(Statistic::Median.of(&values), Some(0.2));
    }
}
