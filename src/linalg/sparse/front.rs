//! Dense kernels of a front: LU without pivoting and triangular solves, by halves so that most of the work is a product.

use nalgebra::{DMatrix, DMatrixView, DMatrixViewMut};

/// Size under which loops are written out.
const SMALL: usize = 24;

/// `A = L U` in place, `L` with a unit diagonal. Pivots are not looked for: see [`super::Pencil`].
pub(super) fn factorise(a: &mut DMatrixViewMut<'_, f64>) {
    let n = a.nrows();
    if n <= SMALL {
        for k in 0..n {
            let pivot = a[(k, k)];
            for i in k + 1..n {
                a[(i, k)] /= pivot;
            }
            for j in k + 1..n {
                let above = a[(k, j)];
                for i in k + 1..n {
                    a[(i, j)] -= a[(i, k)] * above;
                }
            }
        }
        return;
    }
    let half = n / 2;
    let (mut left, mut right) = a.columns_range_pair_mut(0..half, half..n);
    let (mut a11, mut a21) = left.rows_range_pair_mut(0..half, half..n);
    let (mut a12, mut a22) = right.rows_range_pair_mut(0..half, half..n);
    factorise(&mut a11);
    solve_upper_right(a11.as_view(), &mut a21);
    solve_unit_lower(a11.as_view(), &mut a12);
    a22.gemm(-1.0, &a21, &a12, 1.0);
    factorise(&mut a22);
}

/// `B := L^-1 B` with the unit lower triangle of a factor.
pub(super) fn solve_unit_lower(lu: DMatrixView<'_, f64>, b: &mut DMatrixViewMut<'_, f64>) {
    let n = lu.nrows();
    if n <= SMALL {
        for mut column in b.column_iter_mut() {
            for k in 0..n {
                let value = column[k];
                for i in k + 1..n {
                    column[i] -= lu[(i, k)] * value;
                }
            }
        }
        return;
    }
    let half = n / 2;
    let (mut b1, mut b2) = b.rows_range_pair_mut(0..half, half..n);
    solve_unit_lower(lu.view((0, 0), (half, half)), &mut b1);
    b2.gemm(-1.0, &lu.view((half, 0), (n - half, half)), &b1, 1.0);
    solve_unit_lower(lu.view((half, half), (n - half, n - half)), &mut b2);
}

/// `B := U^-1 B` with the upper triangle of a factor.
pub(super) fn solve_upper(lu: DMatrixView<'_, f64>, b: &mut DMatrixViewMut<'_, f64>) {
    let n = lu.nrows();
    if n <= SMALL {
        for mut column in b.column_iter_mut() {
            for k in (0..n).rev() {
                let value = column[k] / lu[(k, k)];
                column[k] = value;
                for i in 0..k {
                    column[i] -= lu[(i, k)] * value;
                }
            }
        }
        return;
    }
    let half = n / 2;
    let (mut b1, mut b2) = b.rows_range_pair_mut(0..half, half..n);
    solve_upper(lu.view((half, half), (n - half, n - half)), &mut b2);
    b1.gemm(-1.0, &lu.view((0, half), (half, n - half)), &b2, 1.0);
    solve_upper(lu.view((0, 0), (half, half)), &mut b1);
}

/// `B := B U^-1`.
pub(super) fn solve_upper_right(lu: DMatrixView<'_, f64>, b: &mut DMatrixViewMut<'_, f64>) {
    let (n, m) = (lu.nrows(), b.nrows());
    if n <= SMALL {
        for k in 0..n {
            for j in 0..k {
                let share = lu[(j, k)];
                for i in 0..m {
                    b[(i, k)] -= b[(i, j)] * share;
                }
            }
            let pivot = lu[(k, k)];
            for i in 0..m {
                b[(i, k)] /= pivot;
            }
        }
        return;
    }
    let half = n / 2;
    let (mut b1, mut b2) = b.columns_range_pair_mut(0..half, half..n);
    solve_upper_right(lu.view((0, 0), (half, half)), &mut b1);
    b2.gemm(-1.0, &b1, &lu.view((0, half), (half, n - half)), 1.0);
    solve_upper_right(lu.view((half, half), (n - half, n - half)), &mut b2);
}

/// `B := B L^-1`, `L` with a unit diagonal.
pub(super) fn solve_unit_lower_right(lu: DMatrixView<'_, f64>, b: &mut DMatrixViewMut<'_, f64>) {
    let (n, m) = (lu.nrows(), b.nrows());
    if n <= SMALL {
        for k in (0..n).rev() {
            for j in k + 1..n {
                let share = lu[(j, k)];
                for i in 0..m {
                    b[(i, k)] -= b[(i, j)] * share;
                }
            }
        }
        return;
    }
    let half = n / 2;
    let (mut b1, mut b2) = b.columns_range_pair_mut(0..half, half..n);
    solve_unit_lower_right(lu.view((half, half), (n - half, n - half)), &mut b2);
    b1.gemm(-1.0, &b2, &lu.view((half, 0), (n - half, half)), 1.0);
    solve_unit_lower_right(lu.view((0, 0), (half, half)), &mut b1);
}

/// `(L U)^-1`.
pub(super) fn inverse(lu: &DMatrix<f64>) -> DMatrix<f64> {
    let mut out = DMatrix::identity(lu.nrows(), lu.nrows());
    solve_unit_lower(lu.as_view(), &mut out.as_view_mut());
    solve_upper(lu.as_view(), &mut out.as_view_mut());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_agree_with_a_dense_inverse() {
        let n = 90;
        let entry = |i: usize, j: usize| {
            if i == j { 3.0 } else { ((i * 7 + j * 13) % 11) as f64 / (11.0 * n as f64) * 2.0 }
        };
        let a = DMatrix::from_fn(n, n, entry);
        let mut lu = a.clone();
        factorise(&mut lu.as_view_mut());
        assert!((inverse(&lu) * &a - DMatrix::identity(n, n)).amax() < 1e-13);
        let (mut right, b) = (a.clone(), DMatrix::from_fn(5, n, entry));
        right.copy_from(&a);
        let mut x = b.clone();
        solve_upper_right(lu.as_view(), &mut x.as_view_mut());
        solve_unit_lower_right(lu.as_view(), &mut x.as_view_mut());
        assert!((x * right - b).amax() < 1e-13);
    }
}
