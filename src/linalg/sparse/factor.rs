//! [`Factor`]: a factorised matrix; its log determinant and the solutions of its equations.

use nalgebra::DMatrix;

use super::front;
use super::pencil::{Pencil, Placed};

/// The eliminated part of a front.
#[derive(Debug)]
pub(super) struct Block {
    /// `L` (unit) and `U` of the pivots.
    pub lu: DMatrix<f64>,
    /// Rows of `L` below them.
    pub below: DMatrix<f64>,
    /// Columns of `U` to their right.
    pub right: DMatrix<f64>,
}

impl Block {
    pub(super) fn zeros(width: usize, height: usize) -> Block {
        Block {
            lu: DMatrix::zeros(width, width),
            below: DMatrix::zeros(height, width),
            right: DMatrix::zeros(width, height),
        }
    }

    pub(super) fn add(&mut self, placed: &Placed, coefficient: f64) {
        let (row, column, width) = (placed.at.0 as usize, placed.at.1 as usize, self.lu.nrows());
        let value = coefficient * placed.value;
        match (row < width, column < width) {
            (true, true) => self.lu[(row, column)] += value,
            (false, _) => self.below[(row - width, column)] += value,
            (true, false) => self.right[(row, column - width)] += value,
        }
    }
}

/// A factorised matrix of a [`Pencil`].
#[derive(Debug)]
pub struct Factor<'a> {
    pub(super) pencil: &'a Pencil,
    pub(super) blocks: Vec<Block>,
}

impl<'a> Factor<'a> {
    pub(super) fn new(pencil: &'a Pencil, blocks: Vec<Block>) -> Factor<'a> {
        Factor { pencil, blocks }
    }

    /// `ln |det|`, and whether the determinant is positive.
    pub fn log_determinant(&self) -> (f64, bool) {
        let pivots = || self.blocks.iter().flat_map(|block| (0..block.lu.nrows()).map(|k| block.lu[(k, k)]));
        let negative = pivots().filter(|pivot| *pivot < 0.0).count();
        (pivots().map(|pivot| pivot.abs().ln()).sum(), negative % 2 == 0)
    }

    /// Solves `A x = b`.
    pub fn solve(&self, b: &[f64]) -> Vec<f64> {
        self.solve_many(DMatrix::from_column_slice(b.len(), 1, b)).as_slice().to_vec()
    }

    /// Solves `A' x = b`.
    pub fn solve_transposed(&self, b: &[f64]) -> Vec<f64> {
        let mut x = self.ordered(&DMatrix::from_column_slice(b.len(), 1, b));
        let m = x.ncols();
        for (node, block) in self.pencil.nodes.iter().zip(&self.blocks) {
            let lu = block.lu.transpose();
            let mut top = x.rows(node.first, node.width).into_owned();
            // U' is lower triangular with the pivots on its diagonal.
            lu.solve_lower_triangular_mut(&mut top);
            let change = block.right.tr_mul(&top);
            for (k, &row) in node.rows.iter().enumerate() {
                (0..m).for_each(|j| x[(row as usize, j)] -= change[(k, j)]);
            }
            x.rows_mut(node.first, node.width).copy_from(&top);
        }
        for (node, block) in self.pencil.nodes.iter().zip(&self.blocks).rev() {
            let mut top = x.rows(node.first, node.width).into_owned();
            let known = DMatrix::from_fn(node.rows.len(), m, |k, j| x[(node.rows[k] as usize, j)]);
            top -= block.below.tr_mul(&known);
            let mut lu = block.lu.transpose();
            lu.fill_diagonal(1.0);
            lu.solve_upper_triangular_mut(&mut top);
            x.rows_mut(node.first, node.width).copy_from(&top);
        }
        self.restored(&x).as_slice().to_vec()
    }

    /// Solves `A X = B`, column by column of `B`.
    pub fn solve_many(&self, b: DMatrix<f64>) -> DMatrix<f64> {
        let mut x = self.ordered(&b);
        let m = x.ncols();
        for (node, block) in self.pencil.nodes.iter().zip(&self.blocks) {
            let mut top = x.rows(node.first, node.width).into_owned();
            front::solve_unit_lower(block.lu.as_view(), &mut top.as_view_mut());
            let change = &block.below * &top;
            for (k, &row) in node.rows.iter().enumerate() {
                (0..m).for_each(|j| x[(row as usize, j)] -= change[(k, j)]);
            }
            x.rows_mut(node.first, node.width).copy_from(&top);
        }
        for (node, block) in self.pencil.nodes.iter().zip(&self.blocks).rev() {
            let mut top = x.rows(node.first, node.width).into_owned();
            let known = DMatrix::from_fn(node.rows.len(), m, |k, j| x[(node.rows[k] as usize, j)]);
            top.gemm(-1.0, &block.right, &known, 1.0);
            front::solve_upper(block.lu.as_view(), &mut top.as_view_mut());
            x.rows_mut(node.first, node.width).copy_from(&top);
        }
        self.restored(&x)
    }

    fn ordered(&self, b: &DMatrix<f64>) -> DMatrix<f64> {
        let order = &self.pencil.order;
        DMatrix::from_fn(b.nrows(), b.ncols(), |at, j| b[(order[at] as usize, j)])
    }

    fn restored(&self, x: &DMatrix<f64>) -> DMatrix<f64> {
        let mut out = DMatrix::zeros(x.nrows(), x.ncols());
        for (at, &vertex) in self.pencil.order.iter().enumerate() {
            out.row_mut(vertex as usize).copy_from(&x.row(at));
        }
        out
    }
}
