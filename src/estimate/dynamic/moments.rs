//! Sums over units of moments: `Σ Z'X`, `Σ Z'y`, `Σ Z'HZ`, `Σ Z'ee'Z`, and derivatives of the last.
//!
//! Units are added up in blocks of fixed size, blocks in order, so that the bits do not depend on threads.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::equations::{Equations, Unit};

/// Units of a block.
const BLOCK: usize = 128;

/// Adds up a matrix over units.
fn summed(
    units: &[Unit],
    (rows, columns): (usize, usize),
    add: impl Fn(&Unit, &mut DMatrix<f64>) + Sync,
) -> DMatrix<f64> {
    let blocks: Vec<DMatrix<f64>> = units
        .par_chunks(BLOCK)
        .map(|block| {
            let mut total = DMatrix::zeros(rows, columns);
            block.iter().for_each(|unit| add(unit, &mut total));
            total
        })
        .collect();
    blocks.into_iter().fold(DMatrix::zeros(rows, columns), |total, block| total + block)
}

/// Adds `v v'` for sparse `v`, the lower triangle only.
fn add_square(total: &mut DMatrix<f64>, v: &[(u32, f64)]) {
    for &(j, right) in v {
        for &(i, left) in v {
            if i >= j {
                total[(i as usize, j as usize)] += left * right;
            }
        }
    }
}

fn mirrored(mut matrix: DMatrix<f64>) -> DMatrix<f64> {
    matrix.fill_upper_triangle_with_lower_triangle();
    matrix
}

/// Sparse sums by column, in a dense buffer whose touched places are remembered.
struct Gathered {
    values: Vec<f64>,
    touched: Vec<u32>,
    is_touched: Vec<bool>,
}

impl Gathered {
    fn new(size: usize) -> Gathered {
        Gathered { values: vec![0.0; size], touched: Vec::new(), is_touched: vec![false; size] }
    }

    fn add(&mut self, column: u32, value: f64) {
        let at = column as usize;
        if !self.is_touched[at] {
            self.is_touched[at] = true;
            self.touched.push(column);
        }
        self.values[at] += value;
    }

    /// The sums in the order of columns; the buffer is empty afterwards.
    fn take(&mut self) -> Vec<(u32, f64)> {
        self.touched.sort_unstable();
        let out = self.touched.iter().map(|&column| (column, self.values[column as usize])).collect();
        for &column in &self.touched {
            self.values[column as usize] = 0.0;
            self.is_touched[column as usize] = false;
        }
        self.touched.clear();
        out
    }
}

/// Residuals of a unit.
pub(super) fn residuals(unit: &Unit, b: &DVector<f64>) -> Vec<f64> {
    let k = b.len();
    let fitted = |row: usize| unit.x[row * k..(row + 1) * k].iter().zip(b.iter()).map(|(x, b)| x * b).sum::<f64>();
    (0..unit.rows()).map(|row| unit.y[row] - fitted(row)).collect()
}

/// `Z'v` of a unit for a value per row.
pub(super) fn scores(unit: &Unit, values: &[f64]) -> Vec<(u32, f64)> {
    let mut all: Vec<(u32, f64)> = Vec::with_capacity(unit.z.len());
    for (row, value) in values.iter().enumerate() {
        all.extend(unit.instruments(row).iter().map(|&(column, z)| (column, z * value)));
    }
    all.sort_by_key(|&(column, _)| column);
    let mut out: Vec<(u32, f64)> = Vec::with_capacity(all.len());
    for (column, value) in all {
        match out.last_mut() {
            Some(last) if last.0 == column => last.1 += value,
            _ => out.push((column, value)),
        }
    }
    out
}

impl Equations {
    /// `Σ Z'[X, y]`.
    pub(super) fn cross(&self) -> (DMatrix<f64>, DVector<f64>) {
        let (q, k) = (self.instruments.len(), self.terms.len());
        let found = summed(&self.units, (q, k + 1), |unit, total| {
            for row in 0..unit.rows() {
                for &(column, z) in unit.instruments(row) {
                    for j in 0..k {
                        total[(column as usize, j)] += z * unit.x[row * k + j];
                    }
                    total[(column as usize, k)] += z * unit.y[row];
                }
            }
        });
        (found.columns(0, k).into_owned(), found.column(k).into_owned())
    }

    /// `Σ Z'HZ` with `H` the covariance of the rows' errors where errors in levels are independent with variance one;
    /// with `plain` the rows count as uncorrelated.
    pub(super) fn first_weights(&self, plain: bool) -> DMatrix<f64> {
        let q = self.instruments.len();
        mirrored(summed(&self.units, (q, q), |unit, total| {
            if plain {
                (0..unit.rows()).for_each(|row| add_square(total, unit.instruments(row)));
                return;
            }
            // With C the parts of the rows, H = CC' and Z'HZ is the sum of squares of the columns of Z'C.
            let last = unit.parts.iter().flatten().map(|&(period, _)| period as usize + 1).max().unwrap_or(0);
            let mut by_period: Vec<Vec<(usize, f64)>> = vec![Vec::new(); last];
            for (row, parts) in unit.parts.iter().enumerate() {
                parts.iter().for_each(|&(period, share)| by_period[period as usize].push((row, share)));
            }
            let mut gathered = Gathered::new(q);
            for rows in by_period {
                for (row, share) in rows {
                    unit.instruments(row).iter().for_each(|&(column, z)| gathered.add(column, share * z));
                }
                add_square(total, &gathered.take());
            }
        }))
    }

    /// `Σ Z'ee'Z` at some coefficients.
    pub(super) fn omega(&self, b: &DVector<f64>) -> DMatrix<f64> {
        let q = self.instruments.len();
        mirrored(summed(&self.units, (q, q), |unit, total| {
            add_square(total, &scores(unit, &residuals(unit, b)));
        }))
    }

    /// `-(∂Ω/∂b_k) v` for each coefficient, a column each: `Σ Z'(x_k e' + e x_k')Z v`.
    pub(super) fn omega_derivatives(&self, b: &DVector<f64>, v: &DVector<f64>) -> DMatrix<f64> {
        let (q, k) = (self.instruments.len(), self.terms.len());
        summed(&self.units, (q, k), |unit, total| {
            let e = residuals(unit, b);
            let zv = |row: usize| unit.instruments(row).iter().map(|&(column, z)| z * v[column as usize]).sum::<f64>();
            let u: Vec<f64> = (0..unit.rows()).map(zv).collect();
            let ev: f64 = e.iter().zip(&u).map(|(e, u)| e * u).sum();
            let xv: Vec<f64> =
                (0..k).map(|j| u.iter().enumerate().map(|(row, u)| unit.x[row * k + j] * u).sum()).collect();
            for (row, e) in e.iter().enumerate() {
                for &(column, z) in unit.instruments(row) {
                    for (j, xv) in xv.iter().enumerate() {
                        total[(column as usize, j)] += z * (unit.x[row * k + j] * ev + e * xv);
                    }
                }
            }
        })
    }

    /// Squared residuals of the transformed rows over the sum of what their variances are at variance one, and how many.
    pub(super) fn residual_variance(&self, b: &DVector<f64>) -> f64 {
        let (mut squares, mut scale, mut rows) = (0.0, 0.0, 0.0);
        for unit in &self.units {
            let e = residuals(unit, b);
            for (e, parts) in e.iter().zip(&unit.parts).take(unit.transformed) {
                squares += e * e;
                scale += parts.iter().map(|(_, share)| share * share).sum::<f64>();
                rows += 1.0;
            }
        }
        squares / scale * rows / (rows - b.len() as f64)
    }
}
