//! Effects concentrated out under weights of either sign.

use crate::design::AbsorbedTerm;
use crate::linalg::dot;

/// Residual of the normal equations, relative to the first, at which they are solved.
const SOLVED: f64 = 1e-12;

/// Most iterations.
const MOST: usize = 20_000;

/// The normal equations `D'HD a = D'c` of absorbed effects `D` under a diagonal `H` whose entries may be negative: solved by conjugate
/// gradients on the levels, since the matrix as a whole is positive at a maximum.
pub(super) struct Signed<'a> {
    effects: &'a [AbsorbedTerm],
    weights: &'a [f64],
    /// One over the diagonal of the matrix; zero for a level without any.
    scale: Vec<f64>,
}

impl<'a> Signed<'a> {
    /// `None` if a level's own entry is negative: the point is no maximum.
    pub(super) fn new(effects: &'a [AbsorbedTerm], weights: &'a [f64]) -> Option<Signed<'a>> {
        let mut found = Signed { effects, weights, scale: Vec::new() };
        let mut diagonal = Vec::new();
        for (effect, slope) in found.parts() {
            let mut own = vec![0.0; effect.factor.n_levels];
            for (row, &code) in effect.factor.codes.iter().enumerate() {
                own[code as usize] += weights[row] * slope.map_or(1.0, |slope| slope[row] * slope[row]);
            }
            diagonal.extend(own);
        }
        if diagonal.iter().any(|own| *own < 0.0) {
            return None;
        }
        found.scale = diagonal.into_iter().map(|own| if own > 0.0 { own.recip() } else { 0.0 }).collect();
        Some(found)
    }

    /// Intercepts and slopes per level, one after the other.
    fn parts(&self) -> impl Iterator<Item = (&'a AbsorbedTerm, Option<&'a [f64]>)> {
        self.effects.iter().flat_map(|effect| {
            let intercept = (!effect.slopes_only).then_some((effect, None));
            intercept.into_iter().chain(effect.slopes.iter().map(move |slope| (effect, Some(slope.as_slice()))))
        })
    }

    /// `D'v`.
    fn gather(&self, v: &[f64]) -> Vec<f64> {
        let mut out = Vec::with_capacity(self.scale.len());
        for (effect, slope) in self.parts() {
            let start = out.len();
            out.resize(start + effect.factor.n_levels, 0.0);
            for (row, &code) in effect.factor.codes.iter().enumerate() {
                out[start + code as usize] += v[row] * slope.map_or(1.0, |slope| slope[row]);
            }
        }
        out
    }

    /// `D a`.
    fn spread(&self, a: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.weights.len()];
        let mut start = 0;
        for (effect, slope) in self.parts() {
            for (row, &code) in effect.factor.codes.iter().enumerate() {
                out[row] += a[start + code as usize] * slope.map_or(1.0, |slope| slope[row]);
            }
            start += effect.factor.n_levels;
        }
        out
    }

    /// `D a` for the solution of `D'HD a = D'c`; `None` if the matrix is not positive or the equations are not solved.
    pub(super) fn explain(&self, c: &[f64]) -> Option<Vec<f64>> {
        let mut residual = self.gather(c);
        let scaled = |r: &[f64]| r.iter().zip(&self.scale).map(|(r, s)| r * s).collect::<Vec<f64>>();
        let mut ahead = scaled(&residual);
        let mut direction = ahead.clone();
        let mut solution = vec![0.0; residual.len()];
        let mut size = dot(&residual, &ahead);
        let goal = size * SOLVED * SOLVED;
        for _ in 0..MOST {
            if size <= goal {
                return Some(self.spread(&solution));
            }
            let moved: Vec<f64> = self.spread(&direction).iter().zip(self.weights).map(|(v, h)| v * h).collect();
            let moved = self.gather(&moved);
            let curvature = dot(&direction, &moved);
            if curvature <= 0.0 || curvature.is_nan() {
                return None;
            }
            let step = size / curvature;
            solution.iter_mut().zip(&direction).for_each(|(a, d)| *a += step * d);
            residual.iter_mut().zip(&moved).for_each(|(r, m)| *r -= step * m);
            ahead = scaled(&residual);
            let next = dot(&residual, &ahead);
            direction.iter_mut().zip(&ahead).for_each(|(d, z)| *d = z + next / size * *d);
            size = next;
        }
        None
    }
}
