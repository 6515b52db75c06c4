//! Which columns of a cross-product matrix are linearly independent of those before them.
//!
//! A Cholesky factorisation in order of appearance: the Schur complement of column `j` is its sum of squares net of the
//! columns kept so far. Order of appearance, rather than the largest pivot first, is what users of fixest expect: of two
//! collinear terms the later one goes.

use nalgebra::{DMatrix, DVector};

/// A column that the kept columns before it explain.
#[derive(Clone, Debug, PartialEq)]
pub struct Dependent {
    /// Its position.
    pub column: usize,
    /// `(position, share)` of the kept columns that it is a combination of; the share is the contribution's norm over
    /// the column's own.
    pub of: Vec<(usize, f64)>,
}

/// Independent columns in order, and the dependent ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Pivots {
    /// Positions of the independent columns.
    pub kept: Vec<usize>,
    /// The others.
    pub dependent: Vec<Dependent>,
}

impl Pivots {
    /// Walks through the columns of `gram` (k x k) and keeps those whose sum of squares net of the kept ones exceeds
    /// `tolerance` times their own.
    pub fn choose(gram: &DMatrix<f64>, tolerance: f64) -> Pivots {
        let mut rows: Vec<Vec<f64>> = Vec::new();
        let mut out = Pivots { kept: Vec::new(), dependent: Vec::new() };
        for j in 0..gram.ncols() {
            let own = gram[(j, j)];
            let mut row: Vec<f64> = Vec::with_capacity(out.kept.len());
            for (position, &kept) in out.kept.iter().enumerate() {
                let explained: f64 = row.iter().zip(&rows[position]).map(|(a, b)| a * b).sum();
                row.push((gram[(kept, j)] - explained) / rows[position][position]);
            }
            let pivot = own - row.iter().map(|v| v * v).sum::<f64>();
            if own > 0.0 && pivot > tolerance * own {
                row.push(pivot.sqrt());
                rows.push(row);
                out.kept.push(j);
            } else {
                let of = out.combination(gram, j);
                out.dependent.push(Dependent { column: j, of });
            }
        }
        out
    }

    /// The kept columns that column `j` is a combination of, by a singular value decomposition of their equilibrated
    /// cross products, with contributions under a millionth left out.
    fn combination(&self, gram: &DMatrix<f64>, j: usize) -> Vec<(usize, f64)> {
        let k = self.kept.len();
        let own = gram[(j, j)].sqrt();
        if k == 0 || own <= 0.0 {
            return Vec::new();
        }
        let norm = |i: usize| gram[(i, i)].sqrt();
        let a = DMatrix::from_fn(k, k, |r, c| {
            gram[(self.kept[r], self.kept[c])] / (norm(self.kept[r]) * norm(self.kept[c]))
        });
        let b = DVector::from_fn(k, |r, _| gram[(self.kept[r], j)] / (norm(self.kept[r]) * own));
        let Ok(shares) = a.svd(true, true).solve(&b, 1e-14) else { return Vec::new() };
        self.kept.iter().zip(shares.iter()).filter(|(_, s)| s.abs() > 1e-6).map(|(&i, s)| (i, s.abs())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::cross_products;

    #[test]
    fn a_combination_is_found_and_named() {
        let a: Vec<f64> = (0..50).map(|i| (i as f64).sin()).collect();
        let b: Vec<f64> = (0..50).map(|i| (i as f64 * 1.7).cos()).collect();
        let z: Vec<f64> = (0..50).map(|i| (i as f64 * 0.3).cos()).collect();
        let c: Vec<f64> = a.iter().zip(&b).map(|(a, b)| 2.0 * a - 3.0 * b).collect();
        let pivots = Pivots::choose(&cross_products(&[&a, &b, &z, &c], None), 1e-9);
        assert_eq!(pivots.kept, vec![0, 1, 2]);
        assert_eq!(pivots.dependent[0].of.iter().map(|p| p.0).collect::<Vec<_>>(), vec![0, 1]);
    }
}
