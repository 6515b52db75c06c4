//! Cholesky factorisation of a positive semi-definite matrix over the columns that are independent of those before them.

use nalgebra::{DMatrix, DVector};

/// The independent columns of a matrix and their factor.
#[derive(Clone, Debug)]
pub struct IndependentFactor {
    /// Positions of the independent columns, r of them.
    pub kept: Vec<usize>,
    /// `C`, lower triangular, r x r: the kept rows and columns are `C C'`.
    pub lower: DMatrix<f64>,
}

impl IndependentFactor {
    /// Factorises `gram` (m x m), leaving out each column whose pivot is at most `tolerance` times its own diagonal.
    pub fn of(gram: &DMatrix<f64>, tolerance: f64) -> IndependentFactor {
        let m = gram.nrows();
        let mut l = DMatrix::<f64>::zeros(m, m);
        let mut kept: Vec<usize> = Vec::new();
        for j in 0..m {
            let r = kept.len();
            let mut column: DVector<f64> = gram.column(j).into_owned();
            if r > 0 {
                let row: DVector<f64> = l.row(j).columns(0, r).transpose();
                column.gemv(-1.0, &l.columns(0, r), &row, 1.0);
            }
            let (pivot, own) = (column[j], gram[(j, j)]);
            if own > 0.0 && pivot > tolerance * own {
                column /= pivot.sqrt();
                // Rows above have been left out or are done: the factor is lower triangular.
                (0..j).for_each(|i| column[i] = 0.0);
                l.set_column(r, &column);
                kept.push(j);
            }
        }
        let r = kept.len();
        let lower = DMatrix::from_fn(r, r, |i, j| l[(kept[i], j)]);
        IndependentFactor { kept, lower }
    }

    /// `C^-1`.
    pub fn inverse_lower(&self) -> DMatrix<f64> {
        let r = self.kept.len();
        // The diagonal is positive: every pivot was.
        self.lower.solve_lower_triangular(&DMatrix::identity(r, r)).unwrap_or_else(|| DMatrix::zeros(r, r))
    }

    /// A generalised inverse of the matrix: the inverse of the kept part, zero elsewhere.
    pub fn generalised_inverse(&self, m: usize) -> DMatrix<f64> {
        let root = self.inverse_lower();
        let inverse = root.transpose() * &root;
        let mut out = DMatrix::zeros(m, m);
        for (i, &a) in self.kept.iter().enumerate() {
            for (j, &b) in self.kept.iter().enumerate() {
                out[(a, b)] = inverse[(i, j)];
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependent_column_is_left_out_and_the_rest_inverted() {
        let x = DMatrix::from_fn(6, 3, |i, j| ((i * i + 7 * j + i * j) as f64).sin());
        let mut all = DMatrix::zeros(6, 4);
        all.columns_mut(0, 2).copy_from(&x.columns(0, 2));
        all.set_column(2, &(x.column(0) * 2.0 - x.column(1)));
        all.set_column(3, &x.column(2));
        let gram = all.transpose() * &all;
        let factor = IndependentFactor::of(&gram, 1e-10);
        assert_eq!(factor.kept, vec![0, 1, 3]);
        let g = factor.generalised_inverse(4);
        assert!((&gram * &g * &gram - &gram).amax() < 1e-12);
    }
}
