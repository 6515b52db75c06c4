//! Spectral clustering (Ng, Jordan and Weiss 2002): k-means on the leading eigenvectors of the scaled similarities.
//!
//! `L = D^-1/2 A D^-1/2` with `A` the similarities, negative ones as zero and without the diagonal, and `D` their row
//! sums. The rows of the `k` leading eigenvectors, scaled to unit length, are the points. The eigenvectors are computed
//! once for all `k`. Signs do not matter: k-means sees distances only.

use nalgebra::{DMatrix, SymmetricEigen};

use super::start::Start;
use super::{Centre, Centred, GroupingError, check_groups, k_means};
use crate::mapping::similarity::Similarity;
use crate::monte::Stream;

/// The eigenvectors of a similarity, the leading ones first.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum {
    vectors: DMatrix<f64>,
}

impl Spectrum {
    /// The spectrum of a similarity.
    ///
    /// # Errors
    /// When a similarity of distinct industries is undefined.
    pub fn of(similarity: &Similarity) -> Result<Self, GroupingError> {
        let n = similarity.len();
        check_groups(1, n)?;
        let values = similarity.values();
        for first in 0..n {
            if let Some(second) = (0..n).find(|&second| second != first && !values[(first, second)].is_finite()) {
                return Err(GroupingError::Undefined { first, second });
            }
        }
        let mut affinity = values.map(|value| value.max(0.0));
        affinity.fill_diagonal(0.0);
        let scale: Vec<f64> = affinity
            .column_iter()
            .map(|column| column.sum())
            .map(|sum| if sum > 0.0 { sum.sqrt() } else { 1.0 })
            .collect();
        let eigen = SymmetricEigen::new(DMatrix::from_fn(n, n, |i, j| affinity[(i, j)] / (scale[i] * scale[j])));
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]).then(a.cmp(&b)));
        Ok(Spectrum { vectors: eigen.eigenvectors.select_columns(&order) })
    }
}

/// Groups the industries of a spectrum into `k` from one start.
///
/// # Errors
/// When `k` does not fit the industries.
pub fn spectral(spectrum: &Spectrum, k: usize, start: Start, stream: &mut Stream) -> Result<Centred, GroupingError> {
    check_groups(k, spectrum.vectors.nrows())?;
    let mut points = spectrum.vectors.columns(0, k).transpose();
    for mut point in points.column_iter_mut() {
        let length = point.norm();
        if length > 0.0 {
            point /= length;
        }
    }
    k_means(&points, k, Centre::Mean, start, stream)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::grouping::Partition;
    use crate::monte::Streams;

    #[test]
    fn blocks_are_found() {
        let truth: Vec<usize> = vec![0, 0, 0, 1, 1, 1, 1, 2, 2, 2];
        let values = DMatrix::from_fn(10, 10, |i, j| if truth[i] == truth[j] { 0.9 } else { 0.05 });
        let similarity = Similarity::new((0..10).map(|i| i.to_string()).collect(), values).unwrap();
        let spectrum = Spectrum::of(&similarity).unwrap();
        let found = spectral(&spectrum, 3, Start::PlusPlus(0), &mut Streams::new(3).stream("s", 0)).unwrap();
        assert_eq!(found.partition, Partition::new(truth));
    }
}
