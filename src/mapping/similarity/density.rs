//! Relatedness density: how close a region's specialisations are to an industry.

use nalgebra::DMatrix;

use super::Similarity;
use crate::linalg::product;

/// `sum_{q != p} M_rq phi_pq / sum_{q != p} phi_pq`, a row per region and a column per industry (Hidalgo et al. 2007;
/// Boschma, Balland and Kogler 2015, who multiply it by 100). `specialised` is `M`. Undefined similarities are left out;
/// missing where all similarities of an industry are zero or undefined.
pub fn relatedness_density(specialised: &DMatrix<f64>, similarity: &Similarity) -> DMatrix<f64> {
    let mut weights = similarity.values().map(|value| if value.is_nan() { 0.0 } else { value });
    weights.fill_diagonal(0.0);
    let sums: Vec<f64> = weights.column_iter().map(|column| column.sum()).collect();
    let mut density = product(specialised, &weights);
    for (mut column, &sum) in density.column_iter_mut().zip(&sums) {
        column.iter_mut().for_each(|value| *value = if sum == 0.0 { f64::NAN } else { *value / sum });
    }
    density
}
