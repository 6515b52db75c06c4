//! Scores `w x e` of the rows.

use rayon::prelude::*;

use crate::design::DesignMatrix;
use crate::estimate::Influence;

/// One vector per working column, a value per row.
pub(super) fn scores(design: &DesignMatrix, influence: &Influence) -> Vec<Vec<f64>> {
    let e: &[f64] = &influence.residuals;
    let weights = design.weight_values();
    let one = |column: &std::sync::Arc<Vec<f64>>| -> Vec<f64> {
        match weights {
            None => column.iter().zip(e).map(|(x, e)| x * e).collect(),
            Some(w) => column.iter().zip(e).zip(w).map(|((x, e), w)| x * e * w).collect(),
        }
    };
    influence.columns.par_iter().map(one).collect()
}

/// Rows in the order of some codes: where each level starts, and the rows.
pub(super) fn rows_by_level(codes: &[u32], n_levels: usize) -> (Vec<usize>, Vec<u32>) {
    let mut starts = vec![0usize; n_levels + 1];
    codes.iter().for_each(|&code| starts[code as usize + 1] += 1);
    (0..n_levels).for_each(|level| starts[level + 1] += starts[level]);
    let mut next = starts.clone();
    let mut rows = vec![0u32; codes.len()];
    for (row, &code) in codes.iter().enumerate() {
        rows[next[code as usize]] = row as u32;
        next[code as usize] += 1;
    }
    (starts, rows)
}
