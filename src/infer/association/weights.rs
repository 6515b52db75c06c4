//! The sums of weights that moments need.

use crate::linalg::SparseMatrix;

/// `S0 = sum w_ij`, `S1 = sum (w_ij + w_ji)^2 / 2`, `S2 = sum (w_i. + w_.i)^2` (Cliff and Ord 1981, p. 19).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct WeightSums {
    pub(super) n: f64,
    pub(super) s0: f64,
    pub(super) s1: f64,
    pub(super) s2: f64,
}

impl WeightSums {
    pub(super) fn of(w: &SparseMatrix) -> WeightSums {
        let turned = w.transposed();
        let (rows, columns) = (w.row_sums(), turned.row_sums());
        WeightSums {
            n: w.n_rows() as f64,
            s0: rows.iter().sum(),
            s1: w.combined(1.0, &turned, 1.0).squares() / 2.0,
            s2: rows.iter().zip(&columns).map(|(row, column)| (row + column).powi(2)).sum(),
        }
    }
}

/// Deviations from the mean; zero of equal values, whose mean may be another in the last digit.
pub(super) fn centred(x: &[f64]) -> Vec<f64> {
    if x.iter().all(|value| *value == x[0]) {
        return vec![0.0; x.len()];
    }
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    x.iter().map(|x| x - mean).collect()
}
