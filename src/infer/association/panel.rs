//! Moran's I of all periods of a balanced panel together, of one variable or of two.
//!
//! `I = n/S0 sum_t x_t'W y_t / sqrt(sum_t x_t'x_t sum_t y_t'y_t)`, `x_t` and `y_t` deviations from the means of their period; for one variable `y = x`. Values of a region
//! depend on those of other periods, so that its distribution without autocorrelation is that of whole paths in random places.

use super::permutation::{Permuted, permute_places};
use super::weights::centred;
use crate::linalg::{SparseMatrix, dot};

/// A variable (or two) by period, in the order of the matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct PooledValues {
    /// The variable in every period.
    pub x: Vec<Vec<f64>>,
    /// The variable that is lagged; the same if there is none.
    pub y: Option<Vec<Vec<f64>>>,
}

/// The statistic and its permutations; `None` if a variable is constant in all periods, or without neighbours.
pub fn pooled_moran(values: &PooledValues, w: &SparseMatrix, draws: (usize, u64)) -> Option<(f64, Permuted)> {
    let deviations = |of: &[Vec<f64>]| of.iter().map(|x| centred(x)).collect::<Vec<_>>();
    let x = deviations(&values.x);
    let y = values.y.as_deref().map_or_else(|| x.clone(), deviations);
    let squares = |of: &[Vec<f64>]| of.iter().map(|x| dot(x, x)).sum::<f64>();
    let scale = (squares(&x) * squares(&y)).sqrt();
    let s0: f64 = w.row_sums().iter().sum();
    let n = w.n_rows();
    (scale > 0.0 && s0 > 0.0 && n > 3).then_some(())?;
    let is_one = values.y.is_none();
    let statistic = |places: &[usize]| {
        let of_period = |(x, y): (&Vec<f64>, &Vec<f64>)| {
            let moved: Vec<f64> = places.iter().map(|&place| y[place]).collect();
            // One variable moves as a whole; of two the lagged one moves alone.
            let lag = w.times(&moved);
            if is_one { dot(&moved, &lag) } else { dot(x, &lag) }
        };
        n as f64 / s0 * x.iter().zip(&y).map(of_period).sum::<f64>() / scale
    };
    let found = permute_places(n, draws, statistic);
    let own: Vec<usize> = (0..n).collect();
    Some((statistic(&own), found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infer::association::{Null, bivariate_moran, moran};

    fn ring(n: u32) -> SparseMatrix {
        let rows: Vec<Vec<(u32, f64)>> = (0..n).map(|i| vec![((i + 1) % n, 0.5), ((i + n - 1) % n, 0.5)]).collect();
        SparseMatrix::from_rows(n as usize, &rows)
    }

    #[test]
    fn one_period_is_the_cross_section_and_all_are_their_weighted_mean() {
        let w = ring(12);
        let x: Vec<Vec<f64>> =
            (0..3).map(|t| (0..12).map(|i| f64::from((i * i * 7 + t * i) % 11) + f64::from(t)).collect()).collect();
        let one = PooledValues { x: vec![x[0].clone()], y: None };
        let single = moran(&x[0], &w, Null::Normality).unwrap().statistic;
        assert!((pooled_moran(&one, &w, (9, 1)).unwrap().0 - single).abs() < 1e-12);
        let two = PooledValues { x: vec![x[0].clone()], y: Some(vec![x[1].clone()]) };
        let bivariate = bivariate_moran(&x[0], &x[1], &w).unwrap();
        assert!((pooled_moran(&two, &w, (9, 1)).unwrap().0 - bivariate).abs() < 1e-12);
        let (value, permuted) = pooled_moran(&PooledValues { x: x.clone(), y: None }, &w, (999, 1)).unwrap();
        let square = |x: &Vec<f64>| {
            let z = centred(x);
            dot(&z, &z)
        };
        let total: f64 = x.iter().map(square).sum();
        let mean: f64 =
            x.iter().map(|x| square(x) * moran(x, &w, Null::Normality).unwrap().statistic).sum::<f64>() / total;
        assert!((value - mean).abs() < 1e-12);
        // Whole paths in random places: the expectation is that of one period.
        let (expectation, deviation) = permuted.moments();
        assert!((expectation + 1.0 / 11.0).abs() < 4.0 * deviation / 999f64.sqrt());
    }
}
