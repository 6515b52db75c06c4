//! Traces `tr(A^-1 M)` from the entries of the inverse on the pattern of the factor alone.
//!
//! Takahashi, Fagan and Chin (1973), front by front from the roots down: of a front with pivots `F11`, `P = L21 L11^-1` and
//! `Q = U11^-1 U12`, the inverse is `Z12 = -Q Z22`, `Z21 = -Z22 P` and `Z11 = F11^-1 - Z12 P`, where `Z22` is a part of the
//! parent's.

use nalgebra::DMatrix;

use super::factor::{Block, Factor};
use super::front;
use super::pencil::Placed;

impl Factor<'_> {
    /// `tr(A^-1 M_k)` for every matrix of the pencil, in order.
    pub fn traces(&self) -> Vec<f64> {
        let pencil = self.pencil;
        let mut left: Vec<usize> = pencil.children.iter().map(Vec::len).collect();
        let mut fronts: Vec<Option<DMatrix<f64>>> = vec![None; self.blocks.len()];
        let mut sums: Vec<Vec<f64>> = vec![vec![0.0; self.blocks.len()]; pencil.entries.len()];
        for (k, (node, block)) in pencil.nodes.iter().zip(&self.blocks).enumerate().rev() {
            let above = node.parent.and_then(|parent| fronts[parent].as_ref());
            let inverse = front_inverse(block, above, &node.map);
            for (of, sums) in pencil.entries.iter().zip(&mut sums) {
                let term = |placed: &Placed| placed.value * inverse[(placed.at.1 as usize, placed.at.0 as usize)];
                sums[k] = of[k].iter().map(term).sum();
            }
            if let Some(parent) = node.parent {
                left[parent] -= 1;
                if left[parent] == 0 {
                    fronts[parent] = None;
                }
            }
            if left[k] > 0 {
                fronts[k] = Some(inverse);
            }
        }
        sums.iter().map(|of| of.iter().sum()).collect()
    }
}

/// The inverse on the rows and columns of one front.
fn front_inverse(block: &Block, above: Option<&DMatrix<f64>>, map: &[u32]) -> DMatrix<f64> {
    let own = front::inverse(&block.lu);
    let (Some(above), width, height) = (above, block.lu.nrows(), map.len()) else { return own };
    let z22 = DMatrix::from_fn(height, height, |i, j| above[(map[i] as usize, map[j] as usize)]);
    let (mut p, mut q) = (block.below.clone(), block.right.clone());
    front::solve_unit_lower_right(block.lu.as_view(), &mut p.as_view_mut());
    front::solve_upper(block.lu.as_view(), &mut q.as_view_mut());
    let mut out = DMatrix::zeros(width + height, width + height);
    let z12 = -(&q * &z22);
    out.view_mut((0, 0), (width, width)).copy_from(&(own - &z12 * &p));
    out.view_mut((0, width), (width, height)).copy_from(&z12);
    out.view_mut((width, 0), (height, width)).copy_from(&-(&z22 * &p));
    out.view_mut((width, width), (height, height)).copy_from(&z22);
    out
}

#[cfg(test)]
mod tests {
    use super::super::{Pencil, SparseMatrix};
    use nalgebra::DMatrix;

    /// A ring with chords, not symmetric.
    fn matrix(n: usize) -> SparseMatrix {
        let rows: Vec<Vec<(u32, f64)>> = (0..n)
            .map(|i| {
                let far = (i * i + 3) % n;
                let row = [(i + 1) % n, (i + n - 1) % n, (i + 5) % n, far];
                row.iter().filter(|&&j| j != i).map(|&j| (j as u32, 0.1 + (j % 3) as f64 * 0.05)).collect()
            })
            .collect();
        SparseMatrix::from_rows(n, &rows)
    }

    fn dense(matrix: &SparseMatrix) -> DMatrix<f64> {
        let mut out = DMatrix::zeros(matrix.n_rows(), matrix.n_columns());
        matrix.entries().for_each(|(i, j, v)| out[(i, j)] = v);
        out
    }

    #[test]
    fn fronts_and_dense_algebra_agree() {
        for n in [12, 150] {
            let w = matrix(n);
            let pencil = Pencil::new(&[&w]);
            let a = DMatrix::identity(n, n) - dense(&w) * 0.7;
            let factor = pencil.factorise(1.0, &[-0.7]).unwrap();
            let inverse = a.clone().try_inverse().unwrap();
            let (log, is_positive) = factor.log_determinant();
            assert!((log - a.clone().determinant().abs().ln()).abs() < 1e-12 && is_positive);
            let b: Vec<f64> = (0..n).map(|i| (i as f64).sin()).collect();
            let by_hand = &inverse * DMatrix::from_column_slice(n, 1, &b);
            let gap =
                |x: &[f64], y: &DMatrix<f64>| x.iter().zip(y.iter()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(gap(&factor.solve(&b), &by_hand) < 1e-12);
            let turned = inverse.transpose() * DMatrix::from_column_slice(n, 1, &b);
            assert!(gap(&factor.solve_transposed(&b), &turned) < 1e-12);
            let trace = (&inverse * dense(&w)).trace();
            assert!((factor.traces()[0] - trace).abs() < 1e-11, "{} {trace}", factor.traces()[0]);
        }
    }
}
