//! Several similarities made one: each standardised, then averaged (Delgado, Porter and Stern 2016).

use nalgebra::DMatrix;

use super::Similarity;
use crate::linalg::sum;

/// The mean of matrices of the same industries, each first brought to mean 0 and standard deviation 1 (population) over
/// its pairs of distinct industries. A pair is averaged over the matrices that define it. A matrix all of whose pairs are
/// equal has no standard deviation and is left out. The diagonal is missing.
///
/// `None` when there is no matrix, or they differ in their industries.
pub fn standardised_average(matrices: &[&Similarity]) -> Option<Similarity> {
    let (first, rest) = matrices.split_first()?;
    if rest.iter().any(|other| other.industries() != first.industries()) {
        return None;
    }
    let scales: Vec<(&Similarity, f64, f64)> = matrices
        .iter()
        .filter_map(|matrix| {
            let (mean, deviation) = moments(matrix)?;
            Some((*matrix, mean, deviation))
        })
        .collect();
    let n = first.len();
    let values = DMatrix::from_fn(n, n, |i, j| {
        if i == j {
            return f64::NAN;
        }
        let known = scales.iter().map(|(matrix, mean, deviation)| (matrix.values()[(i, j)] - mean) / deviation);
        let (total, count) = known.filter(|value| !value.is_nan()).fold((0.0, 0), |(t, c), value| (t + value, c + 1));
        if count == 0 { f64::NAN } else { total / f64::from(count) }
    });
    Some(Similarity::symmetric(first.industries(), values))
}

/// Mean and standard deviation of the defined pairs; `None` where they do not vary.
fn moments(matrix: &Similarity) -> Option<(f64, f64)> {
    let pairs: Vec<f64> = matrix.pairs().collect();
    let n = pairs.len() as f64;
    let mean = sum(&pairs) / n;
    let squares: Vec<f64> = pairs.iter().map(|value| (value - mean).powi(2)).collect();
    let deviation = (sum(&squares) / n).sqrt();
    (deviation > 1e-14 * mean.abs()).then_some((mean, deviation))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(pairs: [f64; 3]) -> Similarity {
        let [ab, ac, bc] = pairs;
        let values = DMatrix::from_row_slice(3, 3, &[1.0, ab, ac, ab, 1.0, bc, ac, bc, 1.0]);
        Similarity::new(["a", "b", "c"].map(String::from).to_vec(), values).unwrap()
    }

    #[test]
    fn units_do_not_matter_and_gaps_are_bridged() {
        let (small, large) = (matrix([0.1, 0.2, 0.3]), matrix([10.0, 20.0, 30.0]));
        let found = standardised_average(&[&small, &large]).unwrap();
        let end = 1.5f64.sqrt();
        assert!((found.values()[(0, 1)] + end).abs() < 1e-12 && (found.values()[(1, 2)] - end).abs() < 1e-12);
        let gap = matrix([f64::NAN, 2.0, 4.0]);
        let found = standardised_average(&[&small, &gap]).unwrap();
        assert!((found.values()[(0, 1)] + end).abs() < 1e-12, "only the first matrix knows the pair");
        assert!(standardised_average(&[&matrix([1.0; 3])]).unwrap().pairs().next().is_none());
    }
}
