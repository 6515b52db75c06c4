//! Similarity of industries from how often regions are specialised in both.
//!
//! With `M_ri = 1` where region `r` is specialised in industry `i`, `n_ij = sum_r M_ri M_rj` regions have both and
//! `u_i = n_ii` have `i`. Proximity (Hidalgo, Klinger, Barabasi and Hausmann 2007) divides by `u`; the measures of
//! van Eck and Waltman (2009) divide by `s_i = sum_{j != i} n_ij`, the co-occurrences of `i`, and `T = sum_i s_i`.
//! All have a diagonal of zero. Where a denominator is zero (an industry that no region is specialised in) the
//! similarity is missing.

use nalgebra::DMatrix;

use super::Similarity;
use crate::linalg::gram;

/// A measure of co-occurrence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Association {
    /// `n_ij T / (s_i s_j)`: the association strength.
    #[default]
    Strength,
    /// `n_ij / sqrt(s_i s_j)`.
    Cosine,
    /// `n_ij / (s_i + s_j - n_ij)`.
    Jaccard,
    /// `n_ij` over its expectation when co-occurrences fall at random (Steijn 2021):
    /// `[s_i/T s_j/(T - s_i) + s_j/T s_i/(T - s_j)] T/2`.
    Probability,
}

/// `n_ij`, how many regions are specialised in both, with a diagonal of zero. `specialised` has a row per region and a
/// column per industry, ones and zeros.
pub fn co_occurrence_counts(specialised: &DMatrix<f64>) -> DMatrix<f64> {
    let mut counts = gram(specialised);
    counts.fill_diagonal(0.0);
    counts
}

/// `phi_ij = n_ij / max(u_i, u_j)`: the smaller of the two conditional probabilities of being specialised in one given
/// the other.
pub fn proximity(industries: &[String], specialised: &DMatrix<f64>) -> Similarity {
    let counts = co_occurrence_counts(specialised);
    let ubiquity: Vec<f64> = specialised.column_iter().map(|column| column.sum()).collect();
    let n = industries.len();
    let values = DMatrix::from_fn(n, n, |i, j| match (i == j, ubiquity[i] == 0.0 || ubiquity[j] == 0.0) {
        (true, _) => 0.0,
        (false, true) => f64::NAN,
        (false, false) => counts[(i, j)] / ubiquity[i].max(ubiquity[j]),
    });
    Similarity::symmetric(industries, values)
}

/// A measure of van Eck and Waltman (2009) of every two industries.
pub fn co_occurrence(industries: &[String], specialised: &DMatrix<f64>, measure: Association) -> Similarity {
    let counts = co_occurrence_counts(specialised);
    let s: Vec<f64> = counts.column_iter().map(|column| column.sum()).collect();
    let total: f64 = s.iter().sum();
    let n = industries.len();
    let values = DMatrix::from_fn(n, n, |i, j| {
        let both = counts[(i, j)];
        let denominator = match measure {
            Association::Strength => s[i] * s[j] / total,
            Association::Cosine => (s[i] * s[j]).sqrt(),
            Association::Jaccard => s[i] + s[j] - both,
            Association::Probability => 0.5 * (s[i] * s[j] / (total - s[i]) + s[j] * s[i] / (total - s[j])),
        };
        match i == j {
            true => 0.0,
            false if denominator == 0.0 || s[i] == 0.0 || s[j] == 0.0 => f64::NAN,
            false => both / denominator,
        }
    });
    Similarity::symmetric(industries, values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_industry_that_nobody_has_is_missing() {
        let names: Vec<String> = ["x", "y", "z"].map(String::from).to_vec();
        let specialised = DMatrix::from_row_slice(3, 3, &[1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
        let found = proximity(&names, &specialised);
        assert_eq!(found.values()[(0, 1)], 0.5);
        assert_eq!(found.undefined(), vec![2]);
        assert_eq!(co_occurrence(&names, &specialised, Association::Jaccard).undefined(), vec![2]);
    }
}
