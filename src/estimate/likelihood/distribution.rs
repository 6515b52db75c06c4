//! What a fitted distribution says beside what was seen: frequencies of counts, and calibration of probabilities.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::family::Family;
use super::record::Index;
use crate::describe::quantile;
use crate::design::DesignMatrix;
use crate::estimate::record;
use crate::infer::normal;

/// Frequencies and calibration of a fit, where a figure asked for them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Distribution {
    /// The largest count that was asked for.
    #[serde(default)]
    pub most: Option<u32>,
    /// The number of bins that was asked for.
    #[serde(default)]
    pub bins: Option<usize>,
    /// Counts seen and expected, from zero up; the last stands for itself and all above.
    #[serde(default)]
    pub frequencies: Vec<Frequency>,
    /// Bins of rows by their fitted mean.
    #[serde(default)]
    pub calibration: Vec<CalibrationBin>,
}

/// How often a count was seen, and how often it was to be expected.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Frequency {
    /// The count.
    pub count: u32,
    /// Rows with it, weighted where there are weights.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub observed: f64,
    /// The sum of its fitted probabilities.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub expected: f64,
}

/// Rows with nearly the same fitted mean.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CalibrationBin {
    /// Rows.
    pub rows: usize,
    /// Their mean fitted value.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub predicted: f64,
    /// Their mean outcome.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub observed: f64,
    /// 95 % interval of that mean: Wilson's for choices, normal for shares.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub low: f64,
    /// Its upper end.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub high: f64,
}

/// Frequencies of the counts `0..=most` and above; none of outcomes that are no counts, or of a family without probabilities for them.
pub fn frequencies(design: &DesignMatrix, index: &Index, most: u32) -> Option<Vec<Frequency>> {
    let y = &design.outcome.values;
    let is_counts = matches!(index.family, Family::Poisson | Family::NegativeBinomial { .. });
    if !is_counts || y.iter().any(|y| y.fract() != 0.0) {
        return None;
    }
    let last = y.iter().fold(0.0f64, |largest, &y| largest.max(y)).min(f64::from(most)) as usize;
    let weights = design.weight_values();
    let (mut observed, mut expected) = (vec![0.0; last + 1], vec![0.0; last + 1]);
    let mut total = 0.0;
    for (i, (&y, mean)) in y.iter().zip(index.means()).enumerate() {
        let w = weights.map_or(1.0, |w| w[i]);
        observed[(y as usize).min(last)] += w;
        total += w;
        let mut p = match index.family {
            Family::NegativeBinomial { theta } => (-theta * (mean / theta).ln_1p()).exp(),
            _ => (-mean).exp(),
        };
        for (k, expected) in expected.iter_mut().enumerate().take(last) {
            *expected += w * p;
            // p(k+1) from p(k).
            p *= match index.family {
                Family::NegativeBinomial { theta } => (k as f64 + theta) / (k as f64 + 1.0) * mean / (mean + theta),
                _ => mean / (k as f64 + 1.0),
            };
        }
    }
    expected[last] = (total - expected[..last].iter().sum::<f64>()).max(0.0);
    let row =
        |(count, (observed, expected)): (usize, (f64, f64))| Frequency { count: count as u32, observed, expected };
    Some(observed.into_iter().zip(expected).enumerate().map(row).collect())
}

/// Bins of rows at quantiles of their fitted mean, ascending; none of families that are not of shares or choices.
pub fn calibration(design: &DesignMatrix, index: &Index, bins: usize) -> Option<Vec<CalibrationBin>> {
    if !matches!(index.family, Family::Binomial(_)) {
        return None;
    }
    let y = &design.outcome.values;
    let mut rows: Vec<(f64, f64)> = index.means().into_iter().zip(y.iter().copied()).collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let means: Vec<f64> = rows.iter().map(|row| row.0).collect();
    let edges = (1..bins).filter_map(|k| quantile(&means, k as f64 / bins as f64)).chain([f64::INFINITY]);
    let (mut out, mut rest) = (Vec::new(), rows.as_slice());
    for edge in edges {
        let (inside, above) = rest.split_at(rest.partition_point(|row| row.0 <= edge));
        out.extend(bin(inside));
        rest = above;
    }
    Some(out)
}

fn bin(rows: &[(f64, f64)]) -> Option<CalibrationBin> {
    let n = rows.len() as f64;
    if rows.is_empty() {
        return None;
    }
    let (predicted, observed) = rows.iter().fold((0.0, 0.0), |(p, o), row| (p + row.0 / n, o + row.1 / n));
    let z = normal::quantile(0.975);
    let is_choice = rows.iter().all(|row| row.1 == 0.0 || row.1 == 1.0);
    let (middle, half) = if is_choice {
        let widened = 1.0 + z * z / n;
        let middle = (observed + z * z / (2.0 * n)) / widened;
        (middle, z * (observed * (1.0 - observed) / n + z * z / (4.0 * n * n)).sqrt() / widened)
    } else {
        let squares: f64 = rows.iter().map(|row| (row.1 - observed).powi(2)).sum();
        (observed, z * (squares / (n - 1.0).max(1.0) / n).sqrt())
    };
    Some(CalibrationBin { rows: rows.len(), predicted, observed, low: middle - half, high: middle + half })
}
