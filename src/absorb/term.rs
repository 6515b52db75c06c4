//! One effect in the row order of the projections, with slopes orthonormalised within levels.
//!
//! Within each level the slopes are centred (if the effect has an intercept) and made orthonormal in the weighted inner
//! product, so that the effect's normal equations are diagonal: `[Σw, 1, 1, ..]`. A slope that does not vary within a
//! level beyond the columns before it is set to zero there: it has no parameter of its own.
//!
//! Several columns are treated at once, in lanes: `[f64; K]` holds a number per column, and no lane touches another, so
//! that a column has the same bits whatever company it is in.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use crate::design::AbsorbedTerm;

/// A slope's sum of squares within a level, relative to its own before, under which it counts as not varying.
const NO_VARIATION: f64 = 1e-20;

/// An effect ready for projection.
pub(super) struct Term {
    /// Level of each row.
    pub(super) codes: Arc<Vec<u32>>,
    /// Whether each level has an intercept.
    pub(super) intercept: bool,
    /// Orthonormalised slopes.
    pub(super) slopes: Vec<Vec<f64>>,
    /// The diagonal of the normal equations, `level * width + parameter`.
    pub(super) diagonal: Vec<f64>,
}

impl Term {
    /// Prepares an effect; `order` gives the rows in the order wanted, `weights` are already in that order.
    pub(super) fn prepare(term: &AbsorbedTerm, order: Option<&[u32]>, weights: Option<&[f64]>) -> Term {
        let codes = match order {
            None => Arc::clone(&term.factor.codes),
            Some(_) => Arc::new(reorder(&term.factor.codes, order)),
        };
        let slopes = term.slopes.iter().map(|slope| reorder(slope, order)).collect();
        let mut out = Term { codes, intercept: !term.slopes_only, slopes, diagonal: Vec::new() };
        out.orthonormalise(term.factor.n_levels, weights);
        out
    }

    /// Parameters per level.
    pub(super) fn width(&self) -> usize {
        usize::from(self.intercept) + self.slopes.len()
    }

    /// Renews the diagonal and the slopes for other weights. Within a level the slopes span what they spanned before.
    pub(super) fn reweigh(&mut self, weights: &[f64]) {
        let n_levels = self.diagonal.len() / self.width().max(1);
        self.orthonormalise(n_levels, Some(weights));
    }

    fn orthonormalise(&mut self, n_levels: usize, weights: Option<&[f64]>) {
        let width = self.width();
        self.diagonal = vec![0.0; n_levels * width];
        let mass = self.level_sums(n_levels, weights, |_| 1.0);
        for j in 0..self.slopes.len() {
            let mut slope = std::mem::take(&mut self.slopes[j]);
            let before = self.level_sums(n_levels, weights, |i| slope[i] * slope[i]);
            // Twice is enough (Kahan and Parlett): the second pass removes the rounding of the first.
            for _ in 0..2 {
                if self.intercept {
                    let sums = self.level_sums(n_levels, weights, |i| slope[i]);
                    for (v, &code) in slope.iter_mut().zip(self.codes.iter()) {
                        *v -= sums[code as usize] / mass[code as usize];
                    }
                }
                for earlier in &self.slopes[..j] {
                    let sums = self.level_sums(n_levels, weights, |i| slope[i] * earlier[i]);
                    for ((v, e), &code) in slope.iter_mut().zip(earlier).zip(self.codes.iter()) {
                        *v -= sums[code as usize] * e;
                    }
                }
            }
            let after = self.level_sums(n_levels, weights, |i| slope[i] * slope[i]);
            let scale: Vec<f64> = before
                .iter()
                .zip(&after)
                .map(|(&b, &a)| if a > NO_VARIATION * b && a > 0.0 { a.sqrt().recip() } else { 0.0 })
                .collect();
            for (v, &code) in slope.iter_mut().zip(self.codes.iter()) {
                *v *= scale[code as usize];
            }
            for (level, _) in scale.iter().enumerate().filter(|(_, s)| **s > 0.0) {
                self.diagonal[level * width + usize::from(self.intercept) + j] = 1.0;
            }
            self.slopes[j] = slope;
        }
        if self.intercept {
            for (level, m) in mass.iter().enumerate() {
                self.diagonal[level * width] = *m;
            }
        }
    }

    /// `Σ w f(i)` by level.
    fn level_sums(&self, n_levels: usize, weights: Option<&[f64]>, f: impl Fn(usize) -> f64) -> Vec<f64> {
        let mut sums = vec![0.0; n_levels];
        for (i, &code) in self.codes.iter().enumerate() {
            sums[code as usize] += weights.map_or(1.0, |w| w[i]) * f(i);
        }
        sums
    }

    /// Adds the fitted values of coefficients to `fitted`, for the rows starting at `from`.
    #[inline]
    pub(super) fn add_fitted<const K: usize>(&self, coefficients: &[[f64; K]], from: usize, fitted: &mut [[f64; K]]) {
        let codes = &self.codes[from..from + fitted.len()];
        if self.slopes.is_empty() {
            for (f, &code) in fitted.iter_mut().zip(codes) {
                add(f, &coefficients[code as usize]);
            }
            return;
        }
        let width = self.width();
        let shift = usize::from(self.intercept);
        for (row, (f, &code)) in fitted.iter_mut().zip(codes).enumerate() {
            let level = &coefficients[code as usize * width..(code as usize + 1) * width];
            if self.intercept {
                add(f, &level[0]);
            }
            for (slope, c) in self.slopes.iter().zip(&level[shift..]) {
                add_scaled(f, slope[from + row], c);
            }
        }
    }

    /// Adds `D'W values` to `sums`, for the rows starting at `from`.
    #[inline]
    pub(super) fn add_products<const K: usize>(
        &self,
        values: &[[f64; K]],
        from: usize,
        weights: Option<&[f64]>,
        sums: &mut [[f64; K]],
    ) {
        let codes = &self.codes[from..from + values.len()];
        if self.slopes.is_empty() {
            match weights {
                None => codes.iter().zip(values).for_each(|(&code, v)| add(&mut sums[code as usize], v)),
                Some(w) => {
                    for ((&code, v), w) in codes.iter().zip(values).zip(&w[from..]) {
                        add_scaled(&mut sums[code as usize], *w, v);
                    }
                }
            }
            return;
        }
        let width = self.width();
        let shift = usize::from(self.intercept);
        for (row, (&code, v)) in codes.iter().zip(values).enumerate() {
            let w = weights.map_or(1.0, |w| w[from + row]);
            let level = &mut sums[code as usize * width..(code as usize + 1) * width];
            if self.intercept {
                add_scaled(&mut level[0], w, v);
            }
            for (slope, s) in self.slopes.iter().zip(&mut level[shift..]) {
                add_scaled(s, slope[from + row] * w, v);
            }
        }
    }

    /// Takes a level's intercept and slopes out of the rows that it consists of, where rows are sorted by level; returns
    /// the intercept's coefficient. Slopes' coefficients are not kept: they can be had from what was taken out.
    #[inline]
    pub(super) fn remove_level<const K: usize>(
        &self,
        level: usize,
        values: &mut [[f64; K]],
        rows: Range<usize>,
        weights: Option<&[f64]>,
    ) -> [f64; K] {
        let mut taken = [0.0; K];
        let width = self.width();
        if self.intercept {
            let mut sum = [0.0; K];
            match weights {
                None => values.iter().for_each(|v| add(&mut sum, v)),
                Some(w) => values.iter().zip(&w[rows.clone()]).for_each(|(v, w)| add_scaled(&mut sum, *w, v)),
            }
            let mass = self.diagonal[level * width];
            taken = sum.map(|s| s / mass);
            values.iter_mut().for_each(|v| subtract(v, &taken));
        }
        let shift = usize::from(self.intercept);
        for (j, slope) in self.slopes.iter().enumerate() {
            if self.diagonal[level * width + shift + j] <= 0.0 {
                continue;
            }
            let slope = &slope[rows.clone()];
            let mut sum = [0.0; K];
            for (row, (v, x)) in values.iter().zip(slope).enumerate() {
                add_scaled(&mut sum, x * weights.map_or(1.0, |w| w[rows.start + row]), v);
            }
            values.iter_mut().zip(slope).for_each(|(v, x)| add_scaled(v, -x, &sum));
        }
        taken
    }
}

/// Values in another row order.
pub(super) fn reorder<T: Copy + Send + Sync>(values: &[T], order: Option<&[u32]>) -> Vec<T> {
    match order {
        None => values.to_vec(),
        Some(order) => order.par_iter().with_min_len(1 << 14).map(|&row| values[row as usize]).collect(),
    }
}

#[inline(always)]
pub(super) fn add<const K: usize>(to: &mut [f64; K], value: &[f64; K]) {
    for k in 0..K {
        to[k] += value[k];
    }
}

#[inline(always)]
pub(super) fn subtract<const K: usize>(from: &mut [f64; K], value: &[f64; K]) {
    for k in 0..K {
        from[k] -= value[k];
    }
}

#[inline(always)]
pub(super) fn add_scaled<const K: usize>(to: &mut [f64; K], scale: f64, value: &[f64; K]) {
    for k in 0..K {
        to[k] += scale * value[k];
    }
}
