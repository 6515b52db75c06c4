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
