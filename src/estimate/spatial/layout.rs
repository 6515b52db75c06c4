//! [`SpatialLayout`]: which rows of a sample are neighbours of each other.
//!
//! Rows of one period (and of one key, such as an industry) form a block in which every region stands once. Weights act
//! within blocks: the matrix of the whole sample is block-diagonal and never formed. Blocks with the same regions share
//! their matrix, so that a balanced panel has one.

use std::sync::Arc;

use nalgebra::DMatrix;

use crate::linalg::SparseMatrix;

/// Rows that are neighbours of each other.
#[derive(Clone, Debug, PartialEq)]
pub struct SpatialBlock {
    /// Of each row of the matrix the row of the sample.
    pub rows: Vec<u32>,
    /// Which matrix.
    pub matrix: usize,
}

/// The blocks of a sample and their weights.
#[derive(Clone, Debug, PartialEq)]
pub struct SpatialLayout {
    /// In order of period and key.
    pub blocks: Vec<SpatialBlock>,
    /// The distinct matrices.
    pub matrices: Vec<Arc<SparseMatrix>>,
    /// Rows of the sample.
    pub n_rows: usize,
}

impl SpatialLayout {
    /// One block: a cross-section whose rows stand in the order of the matrix.
    pub fn cross_section(matrix: SparseMatrix) -> SpatialLayout {
        SpatialLayout::repeated(matrix, 1)
    }

    /// A balanced panel whose rows stand by period and within it in the order of the matrix.
    pub fn repeated(matrix: SparseMatrix, periods: usize) -> SpatialLayout {
        let n = matrix.n_rows();
        let block = |t: usize| SpatialBlock { rows: (t * n..(t + 1) * n).map(|row| row as u32).collect(), matrix: 0 };
        SpatialLayout {
            blocks: (0..periods).map(block).collect(),
            matrices: vec![Arc::new(matrix)],
            n_rows: n * periods,
        }
    }

    /// Whether every block has the same regions.
    pub fn is_balanced(&self) -> bool {
        self.matrices.len() == 1
    }

    /// How many blocks each matrix has.
    pub fn counts(&self) -> Vec<usize> {
        let mut out = vec![0; self.matrices.len()];
        self.blocks.iter().for_each(|block| out[block.matrix] += 1);
        out
    }

    /// The spatial lag of a column, one value per row of the sample.
    pub fn lag(&self, column: &[f64]) -> Vec<f64> {
        self.map(column, |matrix, values| self.matrices[matrix].times(values))
    }

    /// A column changed block by block; `change` has the number of the matrix and the values in its order.
    pub fn map(&self, column: &[f64], change: impl Fn(usize, &[f64]) -> Vec<f64>) -> Vec<f64> {
        let mut out = vec![0.0; self.n_rows];
        for block in &self.blocks {
            let values: Vec<f64> = block.rows.iter().map(|&row| column[row as usize]).collect();
            let changed = change(block.matrix, &values);
            block.rows.iter().zip(changed).for_each(|(&row, value)| out[row as usize] = value);
        }
        out
    }

    /// Means of a column over the blocks of a balanced panel, in the order of the matrix.
    pub fn means(&self, column: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.blocks.first().map_or(0, |block| block.rows.len())];
        for block in &self.blocks {
            out.iter_mut().zip(&block.rows).for_each(|(sum, &row)| *sum += column[row as usize]);
        }
        out.iter_mut().for_each(|sum| *sum /= self.blocks.len() as f64);
        out
    }

    /// A column as one column per block of a matrix.
    pub fn gathered(&self, column: &[f64], matrix: usize) -> DMatrix<f64> {
        let blocks: Vec<&SpatialBlock> = self.blocks.iter().filter(|block| block.matrix == matrix).collect();
        let n = self.matrices[matrix].n_rows();
        DMatrix::from_fn(n, blocks.len(), |i, b| column[blocks[b].rows[i] as usize])
    }

    /// Puts [`SpatialLayout::gathered`] columns back.
    pub fn scatter(&self, values: &DMatrix<f64>, matrix: usize, out: &mut [f64]) {
        for (b, block) in self.blocks.iter().filter(|block| block.matrix == matrix).enumerate() {
            block.rows.iter().enumerate().for_each(|(i, &row)| out[row as usize] = values[(i, b)]);
        }
    }
}
