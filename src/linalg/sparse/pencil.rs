//! [`Pencil`]: the matrices `c I + sum_k c_k M_k` of one pattern, analysed once and factorised for any coefficients.
//!
//! The factorisation is multifrontal (Duff and Reid 1983) on the symmetric pattern of all `M_k`, without pivoting: pivots on
//! the diagonal are safe where the matrix is positive definite, and where it is an H-matrix, which `I - rho W` is for
//! `|rho|` below one over the spectral radius of non-negative weights `W` (Funderlic and Plemmons 1981). Work runs on one
//! thread in an order that the pattern decides, so results have the same bits everywhere; callers factorise for several
//! coefficients at once.

use nalgebra::DMatrix;

use super::elimination::{Supernode, eliminate};
use super::factor::{Block, Factor};
use super::front;
use super::matrix::SparseMatrix;

/// An entry of a matrix in a front.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    /// Row and column within the front.
    pub at: (u32, u32),
    pub value: f64,
}

/// Matrices of one pattern, ready to be factorised.
#[derive(Debug)]
pub struct Pencil {
    pub(super) n: usize,
    pub(super) order: Vec<u32>,
    pub(super) nodes: Vec<Supernode>,
    /// Per matrix and supernode its entries.
    pub(super) entries: Vec<Vec<Vec<Placed>>>,
    /// Per supernode its children, ascending.
    pub(super) children: Vec<Vec<u32>>,
}

impl Pencil {
    /// Analyses square matrices of one size.
    pub fn new(matrices: &[&SparseMatrix]) -> Pencil {
        let n = matrices.first().map_or(0, |m| m.n_rows());
        let mut neighbors: Vec<Vec<u32>> = vec![Vec::new(); n];
        for (i, j, _) in matrices.iter().flat_map(|m| m.entries()).filter(|&(i, j, _)| i != j) {
            neighbors[i].push(j as u32);
            neighbors[j].push(i as u32);
        }
        for list in &mut neighbors {
            list.sort_unstable();
            list.dedup();
        }
        let (order, nodes) = eliminate(&neighbors);
        let mut children = vec![Vec::new(); nodes.len()];
        for (k, node) in nodes.iter().enumerate() {
            if let Some(parent) = node.parent {
                children[parent].push(k as u32);
            }
        }
        let entries = matrices.iter().map(|m| placed(m, &order, &nodes)).collect();
        Pencil { n, order, nodes, entries, children }
    }

    /// Rows of the matrices.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Numbers that a factor stores.
    pub fn n_stored(&self) -> usize {
        self.nodes.iter().map(|node| node.width * (node.width + 2 * node.rows.len())).sum()
    }

    /// Factorises `shift I + sum_k coefficients[k] M_k`; `None` where a pivot vanishes or is not finite.
    pub fn factorise(&self, shift: f64, coefficients: &[f64]) -> Option<Factor<'_>> {
        let mut blocks: Vec<Block> = Vec::with_capacity(self.nodes.len());
        let mut updates: Vec<Option<DMatrix<f64>>> = vec![None; self.nodes.len()];
        for (k, node) in self.nodes.iter().enumerate() {
            let (width, height) = (node.width, node.rows.len());
            let mut block = Block::zeros(width, height);
            let mut update = DMatrix::zeros(height, height);
            block.lu.fill_diagonal(shift);
            for (of, &coefficient) in self.entries.iter().zip(coefficients) {
                of[k].iter().for_each(|placed| block.add(placed, coefficient));
            }
            for &child in &self.children[k] {
                if let Some(of_child) = updates[child as usize].take() {
                    extend_add(&mut block, &mut update, &of_child, &self.nodes[child as usize].map);
                }
            }
            front::factorise(&mut block.lu.as_view_mut());
            if block.lu.diagonal().iter().any(|pivot| *pivot == 0.0 || !pivot.is_finite()) {
                return None;
            }
            if height > 0 {
                front::solve_upper_right(block.lu.as_view(), &mut block.below.as_view_mut());
                front::solve_unit_lower(block.lu.as_view(), &mut block.right.as_view_mut());
                update.gemm(-1.0, &block.below, &block.right, 1.0);
                updates[k] = Some(update);
            }
            blocks.push(block);
        }
        Some(Factor::new(self, blocks))
    }
}

/// The entries of a matrix by the supernode of the earlier of row and column.
fn placed(matrix: &SparseMatrix, order: &[u32], nodes: &[Supernode]) -> Vec<Vec<Placed>> {
    let mut place = vec![0usize; order.len()];
    order.iter().enumerate().for_each(|(at, &vertex)| place[vertex as usize] = at);
    let mut owner = vec![0usize; order.len()];
    for (k, node) in nodes.iter().enumerate() {
        owner[node.first..node.first + node.width].fill(k);
    }
    let mut out = vec![Vec::new(); nodes.len()];
    for (i, j, value) in matrix.entries() {
        let (row, column) = (place[i], place[j]);
        let k = owner[row.min(column)];
        let node = &nodes[k];
        let within = |at: usize| match node.rows.binary_search(&(at as u32)) {
            _ if at < node.first + node.width => (at - node.first) as u32,
            Ok(found) | Err(found) => (node.width + found) as u32,
        };
        out[k].push(Placed { at: (within(row), within(column)), value });
    }
    out
}

/// Adds a child's update to the front of its parent.
fn extend_add(block: &mut Block, update: &mut DMatrix<f64>, child: &DMatrix<f64>, map: &[u32]) {
    let width = block.lu.nrows();
    let inner = map.partition_point(|&at| (at as usize) < width);
    for (j, &column) in map.iter().enumerate() {
        let (column, from) = (column as usize, child.column(j));
        let (mut upper, mut lower) = if column < width {
            (block.lu.column_mut(column), block.below.column_mut(column))
        } else {
            (block.right.column_mut(column - width), update.column_mut(column - width))
        };
        for (i, &row) in map[..inner].iter().enumerate() {
            upper[row as usize] += from[i];
        }
        for (i, &row) in map.iter().enumerate().skip(inner) {
            lower[row as usize - width] += from[i];
        }
    }
}
