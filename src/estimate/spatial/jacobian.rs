//! [`Jacobian`]: `ln |I - rho W|` and its derivatives, exact at every size, or by a [`Series`] where that is asked for.
//!
//! With `G = W (I - rho W)^-1`: the slope of the log determinant is `-tr G`, that of `tr G` is `tr(G G)`. Eigenvalues
//! (Ord 1975) where the matrix is small and similar to a symmetric one; a sparse factorisation elsewhere, with the trace from the inverse on
//! the pattern of the factor. Nothing of size n x n is formed above [`DENSE_LIMIT`] regions.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::error::SpatialError;
use super::layout::SpatialLayout;
use super::series::{LogDeterminant, Series};
use crate::linalg::{Factor, Pencil, SparseMatrix};

/// Regions up to which a dense n x n matrix may be formed.
pub const DENSE_LIMIT: usize = 1000;

/// Right-hand sides solved at once.
const COLUMNS_AT_ONCE: usize = 64;

/// The log determinant of one matrix, analysed once.
#[derive(Debug)]
pub struct Determinant {
    /// The weights.
    pub matrix: Arc<SparseMatrix>,
    pencil: Pencil,
    /// Eigenvalues, where the matrix is small and similar to a symmetric one.
    eigenvalues: Option<Vec<f64>>,
    /// An approximation in place of both.
    series: Option<Series>,
    /// Open bounds within which `I - rho W` is regular.
    bounds: (f64, f64),
    known: Mutex<HashMap<u64, Option<(f64, f64)>>>,
}

impl Determinant {
    /// Analyses a matrix of weights.
    pub fn new(matrix: Arc<SparseMatrix>) -> Determinant {
        Determinant::with_limit(matrix, DENSE_LIMIT)
    }

    /// As [`Determinant::new`], with eigenvalues only up to so many regions.
    pub fn with_limit(matrix: Arc<SparseMatrix>, limit: usize) -> Determinant {
        let pencil = Pencil::new(&[&matrix]);
        let eigenvalues = (matrix.n_rows() <= limit).then(|| symmetric_eigenvalues(&matrix)).flatten();
        let bounds = bounds(&matrix, eigenvalues.as_deref());
        Determinant { matrix, pencil, eigenvalues, series: None, bounds, known: Mutex::default() }
    }

    /// By an approximation; draws of one are keyed by the seed.
    pub fn approximate(matrix: Arc<SparseMatrix>, how: LogDeterminant, seed: u64) -> Determinant {
        let series = Series::of(&matrix, how, seed);
        if series.is_none() {
            return Determinant::new(matrix);
        }
        let mut of = Determinant::with_limit(matrix, 0);
        // Both series are of eigenvalues between -1 and 1.
        of.bounds = (of.bounds.0.max(-1.0), of.bounds.1.min(1.0));
        of.series = series;
        of
    }

    /// What the log determinant may be off by; none if it is exact.
    pub fn error_bound(&self, rho: f64) -> Option<f64> {
        self.series.as_ref().map(|series| series.bound(rho))
    }

    /// Open bounds of the parameter.
    pub fn bounds(&self) -> (f64, f64) {
        self.bounds
    }

    /// Whether the values are cheap: from eigenvalues.
    pub fn is_cheap(&self) -> bool {
        self.eigenvalues.is_some() || self.series.is_some()
    }

    /// `ln |I - rho W|` and `tr G`; `None` at a singularity.
    pub fn value(&self, rho: f64) -> Option<(f64, f64)> {
        if rho == 0.0 {
            return Some((0.0, self.matrix.entries().filter(|(i, j, _)| i == j).map(|(_, _, v)| v).sum()));
        }
        if let Some(series) = &self.series {
            return Some(series.value(rho));
        }
        if let Some(eigenvalues) = &self.eigenvalues {
            let log = eigenvalues.iter().map(|w| (-rho * w).ln_1p()).sum();
            return Some((log, eigenvalues.iter().map(|w| w / (1.0 - rho * w)).sum()));
        }
        let known = |map: &Mutex<HashMap<u64, Option<(f64, f64)>>>| {
            map.lock().unwrap_or_else(PoisonError::into_inner).get(&rho.to_bits()).copied()
        };
        if let Some(found) = known(&self.known) {
            return found;
        }
        let found = self.factor(rho).and_then(|factor| {
            let (log, is_positive) = factor.log_determinant();
            is_positive.then(|| (log, factor.traces()[0]))
        });
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(rho.to_bits(), found);
        found
    }

    /// `tr(G G)`: exact from eigenvalues, else the derivative of `tr G` by a difference of the fourth order.
    pub fn trace_square(&self, rho: f64) -> Option<f64> {
        if let Some(eigenvalues) = &self.eigenvalues {
            return Some(eigenvalues.iter().map(|w| (w / (1.0 - rho * w)).powi(2)).sum());
        }
        let room = (self.bounds.1 - rho).min(rho - self.bounds.0);
        let h = 0.004 * room;
        let at: Vec<Option<(f64, f64)>> =
            [-2.0, -1.0, 1.0, 2.0].par_iter().map(|step| self.value(rho + step * h)).collect();
        let t: Vec<f64> = at.into_iter().map(|found| found.map(|(_, trace)| trace)).collect::<Option<_>>()?;
        Some((8.0 * (t[2] - t[1]) - (t[3] - t[0])) / (12.0 * h))
    }

    /// The factorised `I - rho W`.
    pub fn factor(&self, rho: f64) -> Option<Factor<'_>> {
        self.pencil.factorise(1.0, &[-rho])
    }

    /// `G X`, column by column.
    pub fn apply(&self, factor: &Factor<'_>, x: &DMatrix<f64>) -> DMatrix<f64> {
        let lagged: Vec<f64> =
            x.column_iter().flat_map(|column| self.matrix.times(column.clone_owned().as_slice())).collect();
        factor.solve_many(DMatrix::from_vec(x.nrows(), x.ncols(), lagged))
    }

    /// `G` itself, for small matrices.
    pub fn dense(&self, rho: f64) -> Option<DMatrix<f64>> {
        let factor = self.factor(rho)?;
        let n = self.matrix.n_rows();
        let starts: Vec<usize> = (0..n).step_by(COLUMNS_AT_ONCE).collect();
        let parts: Vec<DMatrix<f64>> = starts
            .par_iter()
            .map(|&from| {
                let unit =
                    DMatrix::from_fn(n, COLUMNS_AT_ONCE.min(n - from), |i, j| f64::from(u8::from(i == from + j)));
                self.apply(&factor, &unit)
            })
            .collect();
        let mut out = DMatrix::zeros(n, n);
        for (from, part) in starts.into_iter().zip(parts) {
            out.columns_mut(from, part.ncols()).copy_from(&part);
        }
        Some(out)
    }
}

/// The log determinants of all blocks of a sample.
#[derive(Clone, Debug)]
pub struct Jacobian {
    /// Each matrix, and how many blocks count for it (the transformation of Lee and Yu leaves one period less).
    pub parts: Vec<(f64, Arc<Determinant>)>,
    /// Whether the mean over regions is taken out (Lee and Yu 2010): `I - rho W` then acts on n - 1 dimensions, and
    /// `ln(1 - rho)` leaves, which needs rows that sum to one.
    pub without_mean: bool,
}

/// Traces of `G` over all blocks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Traces {
    /// `tr G`.
    pub g: f64,
    /// `tr(G G)`.
    pub gg: f64,
    /// `tr(G' G)`, where the matrices are small enough.
    pub gtg: Option<f64>,
}

impl Jacobian {
    /// Of a layout, every block counted once.
    pub fn of(layout: &SpatialLayout) -> Jacobian {
        Jacobian::by(layout, LogDeterminant::Exact, 0)
    }

    /// The same by an approximation.
    pub fn by(layout: &SpatialLayout, how: LogDeterminant, seed: u64) -> Jacobian {
        let counts = layout.counts();
        let parts = layout
            .matrices
            .iter()
            .zip(counts)
            .map(|(m, count)| (count as f64, Arc::new(Determinant::approximate(Arc::clone(m), how, seed))));
        Jacobian { parts: parts.collect(), without_mean: false }
    }

    /// What the log determinant may be off by, all blocks together; none if it is exact.
    pub fn error_bound(&self, rho: f64) -> Option<f64> {
        let parts = self.parts.iter().map(|(count, of)| Some(count * of.error_bound(rho)?));
        parts.collect::<Option<Vec<f64>>>().map(|parts| parts.iter().sum())
    }

    /// The determinant of the block with the most regions.
    pub fn largest(&self) -> Option<Arc<Determinant>> {
        self.parts.iter().max_by_key(|(_, of)| of.matrix.n_rows()).map(|(_, of)| Arc::clone(of))
    }

    /// The same matrices counted otherwise.
    pub fn scaled(&self, factor: f64, without_mean: bool) -> Jacobian {
        let parts = self.parts.iter().map(|(count, of)| (count * factor, Arc::clone(of))).collect();
        Jacobian { parts, without_mean }
    }

    /// Bounds that hold for every matrix.
    pub fn bounds(&self) -> (f64, f64) {
        self.parts.iter().fold((f64::NEG_INFINITY, f64::INFINITY), |(low, high), (_, of)| {
            (low.max(of.bounds().0), high.min(of.bounds().1))
        })
    }

    /// Whether values are cheap enough to look for the best of many.
    pub fn is_cheap(&self) -> bool {
        self.parts.iter().all(|(_, of)| of.is_cheap()) && self.parts.len() <= 4
    }

    /// The log determinant and `tr G`.
    ///
    /// # Errors
    /// [`SpatialError::Singular`].
    pub fn value(&self, rho: f64) -> Result<(f64, f64), SpatialError> {
        let parts: Vec<Option<(f64, f64)>> = self.parts.par_iter().map(|(_, of)| of.value(rho)).collect();
        let (mut log, mut trace) = (0.0, 0.0);
        for ((count, _), found) in self.parts.iter().zip(parts) {
            let (l, t) = found.ok_or(SpatialError::Singular { parameter: rho })?;
            let (l, t) = if self.without_mean { (l - (-rho).ln_1p(), t - 1.0 / (1.0 - rho)) } else { (l, t) };
            log += count * l;
            trace += count * t;
        }
        Ok((log, trace))
    }

    /// The traces that information matrices need.
    ///
    /// # Errors
    /// [`SpatialError::Singular`].
    pub fn traces(&self, rho: f64) -> Result<Traces, SpatialError> {
        let singular = || SpatialError::Singular { parameter: rho };
        let mut out = Traces { g: self.value(rho)?.1, gg: 0.0, gtg: Some(0.0) };
        for (count, of) in &self.parts {
            let mut gg = of.trace_square(rho).ok_or_else(singular)?;
            let mut gtg = None;
            if of.matrix.n_rows() <= DENSE_LIMIT {
                let dense = of.dense(rho).ok_or_else(singular)?;
                let mean = dense.row_sum().norm_squared() / dense.nrows() as f64;
                gtg = Some(dense.norm_squared() - if self.without_mean { mean } else { 0.0 });
            }
            if self.without_mean {
                gg -= (1.0 - rho).powi(-2);
            }
            out.gg += count * gg;
            out.gtg = out.gtg.zip(gtg).map(|(sum, part)| sum + count * part);
        }
        Ok(out)
    }
}

/// Eigenvalues of a matrix that is similar to a symmetric one, ascending; `None` if it is not.
///
/// `D^1/2 W D^-1/2` with `d_i w_ij = d_j w_ji` has the entries `sqrt(w_ij w_ji)`.
pub fn symmetric_eigenvalues(matrix: &SparseMatrix) -> Option<Vec<f64>> {
    let n = matrix.n_rows();
    let turned = matrix.transposed();
    let mut symmetric = DMatrix::zeros(n, n);
    let mut scale = vec![0.0f64; n];
    for start in 0..n {
        if scale[start] > 0.0 {
            continue;
        }
        scale[start] = 1.0;
        let mut waiting = vec![start];
        while let Some(i) = waiting.pop() {
            let (mut own, mut back) = (matrix.row(i), turned.row(i));
            loop {
                match (own.next(), back.next()) {
                    (None, None) => break,
                    (Some((j, w)), Some((k, v))) if j == k && w * v > 0.0 => {
                        symmetric[(i, j)] = (w * v).sqrt() * w.signum();
                        let wanted = scale[i] * w / v;
                        if scale[j] == 0.0 {
                            scale[j] = wanted;
                            waiting.push(j);
                        } else if (scale[j] - wanted).abs() > 1e-9 * wanted {
                            return None;
                        }
                    }
                    _ => return None,
                }
            }
        }
    }
    let mut values: Vec<f64> = symmetric.symmetric_eigenvalues().iter().copied().collect();
    values.sort_by(f64::total_cmp);
    Some(values)
}

/// `(1 / smallest eigenvalue, 1 / largest)` where they are known; else one over the spectral radius to both sides.
fn bounds(matrix: &SparseMatrix, eigenvalues: Option<&[f64]>) -> (f64, f64) {
    if let Some(values) = eigenvalues {
        let (least, most) = (values.first().copied().unwrap_or(0.0), values.last().copied().unwrap_or(0.0));
        return (if least < 0.0 { 1.0 / least } else { f64::MIN }, if most > 0.0 { 1.0 / most } else { f64::MAX });
    }
    let radius = matrix.spectral_radius();
    (-1.0 / radius, 1.0 / radius)
}
