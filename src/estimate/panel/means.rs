//! Sums and means over the levels of a factor.

use crate::design::DenseFactor;

/// The sum of a column in each level.
pub(crate) fn sums(values: &[f64], factor: &DenseFactor) -> Vec<f64> {
    let mut out = vec![0.0; factor.n_levels];
    factor.codes.iter().zip(values).for_each(|(&code, value)| out[code as usize] += value);
    out
}

/// The mean of a column in each level.
pub(crate) fn means(values: &[f64], factor: &DenseFactor) -> Vec<f64> {
    let mut counts = vec![0.0; factor.n_levels];
    factor.codes.iter().for_each(|&code| counts[code as usize] += 1.0);
    sums(values, factor).iter().zip(&counts).map(|(sum, count)| sum / count).collect()
}

/// A value per level given to each row.
pub(crate) fn spread(levels: &[f64], factor: &DenseFactor) -> Vec<f64> {
    factor.codes.iter().map(|&code| levels[code as usize]).collect()
}

/// A column with the mean of its level in place of each value.
pub(crate) fn averaged(values: &[f64], factor: &DenseFactor) -> Vec<f64> {
    spread(&means(values, factor), factor)
}

/// A column net of the means of its levels.
pub(crate) fn demeaned(values: &[f64], factor: &DenseFactor) -> Vec<f64> {
    let means = means(values, factor);
    factor.codes.iter().zip(values).map(|(&code, value)| value - means[code as usize]).collect()
}
