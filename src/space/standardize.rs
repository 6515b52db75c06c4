//! How the rows of weights are scaled.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SpatialWeights;
use crate::linalg::SparseMatrix;

/// How rows are scaled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standardize {
    /// Every row sums to one, so that a spatial lag is a mean (`W`).
    #[default]
    Row,
    /// As they are, so that a spatial lag is a sum (`B`).
    None,
    /// Divided by the largest eigenvalue: symmetric weights stay symmetric, and `rho` is below one.
    Spectral,
    /// Every row divided by the root of its sum of squares, then all alike, so that all weights sum to the number of regions with neighbours
    /// (`S`, variance-stabilising; Tiefelsdorf, Griffith and Boots 1999).
    Variance,
    /// All alike, so that all weights sum to the number of regions with neighbours (`C`).
    Global,
}

impl Standardize {
    /// Scales rows; rows without a link stay as they are. Scaling rows that are scaled in this way already, or some of them with the links
    /// among their regions, gives what scaling the raw ones gives.
    pub fn scale(self, rows: &mut [Vec<(u32, f64)>]) {
        match self {
            Standardize::None => {}
            Standardize::Row => by_rows(rows, |row| row.iter().map(|(_, w)| w).sum()),
            Standardize::Spectral => {
                let radius = SparseMatrix::from_rows(rows.len(), rows).spectral_radius();
                all_by(rows, radius);
            }
            Standardize::Variance => {
                by_rows(rows, |row| row.iter().map(|(_, w)| w * w).sum::<f64>().sqrt());
                all_by(rows, mean_sum(rows));
            }
            Standardize::Global => all_by(rows, mean_sum(rows)),
        }
    }

    /// The word for records.
    pub fn name(self) -> &'static str {
        match self {
            Standardize::Row => "row",
            Standardize::None => "none",
            Standardize::Spectral => "spectral",
            Standardize::Variance => "variance",
            Standardize::Global => "global",
        }
    }
}

/// The sum of weights over the number of rows with a link.
fn mean_sum(rows: &[Vec<(u32, f64)>]) -> f64 {
    let sum: f64 = rows.iter().flatten().map(|(_, w)| w).sum();
    sum / rows.iter().filter(|row| !row.is_empty()).count() as f64
}

fn by_rows(rows: &mut [Vec<(u32, f64)>], size: impl Fn(&[(u32, f64)]) -> f64) {
    for row in rows {
        let size = size(row);
        if size != 0.0 {
            row.iter_mut().for_each(|(_, w)| *w /= size);
        }
    }
}

fn all_by(rows: &mut [Vec<(u32, f64)>], size: f64) {
    if size > 0.0 {
        rows.iter_mut().flatten().for_each(|(_, w)| *w /= size);
    }
}

impl SpatialWeights {
    /// The same weights with scaled rows; a region without neighbours keeps a row of zeros.
    pub fn standardized(self, how: Standardize) -> Self {
        let mut rows = self.rows.clone();
        how.scale(&mut rows);
        self.with_rows(rows)
    }

    /// Divides every row by its sum; a region without neighbours keeps a row of zeros.
    pub fn row_standardized(self) -> Self {
        self.standardized(Standardize::Row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Vec<(u32, f64)>> {
        // A path of four regions and an island.
        vec![vec![(1, 1.0)], vec![(0, 1.0), (2, 2.0)], vec![(1, 2.0), (3, 1.0)], vec![(2, 1.0)], vec![]]
    }

    /// spdep's nb2listw, styles W, C and S, with zero.policy.
    #[test]
    fn sums_are_those_of_the_styles() {
        for how in [Standardize::Row, Standardize::Global, Standardize::Variance] {
            let mut scaled = rows();
            how.scale(&mut scaled);
            let sum: f64 = scaled.iter().flatten().map(|(_, w)| w).sum();
            assert!((sum - 4.0).abs() < 1e-12, "{how:?}");
        }
        let mut variance = rows();
        Standardize::Variance.scale(&mut variance);
        // q = 1, sqrt 5, sqrt 5, 1; Q = 2 + 6/sqrt 5.
        let factor = 4.0 / (2.0 + 6.0 / 5f64.sqrt());
        assert!((variance[0][0].1 - factor).abs() < 1e-12);
        assert!((variance[1][1].1 - factor * 2.0 / 5f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn the_largest_eigenvalue_becomes_one_and_scaling_again_changes_nothing() {
        let mut spectral = rows();
        Standardize::Spectral.scale(&mut spectral);
        // Of the path with weights 1, 2, 1: x^2 = (6 + sqrt 32) / 2.
        let radius = ((6.0 + 32f64.sqrt()) / 2.0).sqrt();
        assert!((spectral[0][0].1 - 1.0 / radius).abs() < 1e-10);
        for how in [Standardize::Row, Standardize::Spectral, Standardize::Variance, Standardize::Global] {
            let mut once = rows();
            how.scale(&mut once);
            let mut twice = once.clone();
            how.scale(&mut twice);
            for ((_, a), (_, b)) in once.iter().flatten().zip(twice.iter().flatten()) {
                assert!((a - b).abs() < 1e-10, "{how:?}");
            }
        }
    }
}
