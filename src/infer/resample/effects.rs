//! What a draw moves absorbed effects by, where the effects reach across the groups of the draws.
//!
//! The residual of a draw is `v∘u - X d - P_D(v∘u)` with `P_D` the projection on the effects. Its part in a group `h` of
//! errors, `-Σ_{i in h} w p (P_D(v∘u))_i`, is linear in `v`. With one effect it is `-M F v`, `F` the mean of `u` that a
//! group of draws adds to a level and `M` the sum of `w p` of a level in `h`: both sparse. With several effects each
//! group's `u` is projected by the absorber, and the linear map is a dense matrix.

use nalgebra::DMatrix;

use super::error::ResampleError;
use super::groups::Groups;
use super::rows::{ErrorSet, Rows};
use crate::absorb::{AbsorberCache, Effects};

/// Most numbers of a dense map.
const MOST: usize = 50_000_000;

/// Columns projected at once.
const AT_ONCE: usize = 32;

/// A linear map from the weights of a draw to the groups of errors.
pub(super) enum EffectShift {
    /// `M F`, as (row, column, value) each.
    OneEffect { n_levels: usize, means: Vec<(u32, u32, f64)>, sums: Vec<(u32, u32, f64)> },
    /// Errors x draws.
    Dense(DMatrix<f64>),
}

impl EffectShift {
    /// The map of one column `u`, `p` being the hypothesis' direction in the rows and `weighted` meaning times weights.
    pub(super) fn of(
        (effects, cache): (&Effects, &AbsorberCache),
        (rows, set): (&Rows<'_>, &ErrorSet),
        drawn: &Groups,
        (u, weighted_p): (&[f64], &[f64]),
    ) -> Result<EffectShift, ResampleError> {
        match effects.terms.as_slice() {
            [only] if only.slopes.is_empty() => {
                let levels = Groups { codes: only.factor.codes.clone(), n: only.factor.n_levels };
                let ones = vec![1.0; rows.n()];
                let totals = levels.sums(&rows.weighted(&ones), &ones);
                let mut means = pair_sums(&levels, drawn, &rows.weighted(u));
                means.iter_mut().for_each(|(level, _, value)| *value /= totals[*level as usize]);
                let sums = pair_sums(&set.groups, &levels, weighted_p);
                Ok(EffectShift::OneEffect { n_levels: levels.n, means, sums })
            }
            _ => Self::projected((effects, cache), set, drawn, (u, weighted_p)),
        }
    }

    fn projected(
        (effects, cache): (&Effects, &AbsorberCache),
        set: &ErrorSet,
        drawn: &Groups,
        (u, weighted_p): (&[f64], &[f64]),
    ) -> Result<EffectShift, ResampleError> {
        if drawn.n.saturating_mul(set.groups.n) > MOST {
            return Err(ResampleError::TooManyGroups { effects: effects.names(), groups: drawn.n });
        }
        let absorber = cache.absorber(effects)?;
        let mut map = DMatrix::zeros(set.groups.n, drawn.n);
        for from in (0..drawn.n).step_by(AT_ONCE) {
            let to = (from + AT_ONCE).min(drawn.n);
            let part = |g: usize| {
                let of_group = |(&code, &u): (&u32, &f64)| if code as usize == g { u } else { 0.0 };
                drawn.codes.iter().zip(u).map(of_group).collect::<Vec<f64>>()
            };
            let before: Vec<Vec<f64>> = (from..to).map(part).collect();
            let mut after = before.clone();
            let mut views: Vec<&mut [f64]> = after.iter_mut().map(Vec::as_mut_slice).collect();
            absorber.absorber().absorb_all(&mut views)?;
            for (k, (before, after)) in before.iter().zip(&after).enumerate() {
                let moved: Vec<f64> = before.iter().zip(after).map(|(b, a)| b - a).collect();
                let sums = set.groups.sums(weighted_p, &moved);
                map.column_mut(from + k).copy_from_slice(&sums);
            }
        }
        Ok(EffectShift::Dense(map))
    }

    /// A combination of the maps of several columns with the same direction.
    pub(super) fn combine(parts: &[(&EffectShift, f64)]) -> EffectShift {
        let mut out: Option<EffectShift> = None;
        for (part, c) in parts {
            match (&mut out, part) {
                (Some(EffectShift::Dense(out)), EffectShift::Dense(own)) => {
                    out.zip_apply(own, |out, value| *out += c * value);
                }
                (Some(EffectShift::OneEffect { means, .. }), EffectShift::OneEffect { means: own, .. }) => {
                    means.iter_mut().zip(own).for_each(|(mean, own)| mean.2 += c * own.2);
                }
                (None, EffectShift::Dense(own)) => out = Some(EffectShift::Dense(own * *c)),
                (None, EffectShift::OneEffect { n_levels, means, sums }) => {
                    let means = means.iter().map(|&(level, g, mean)| (level, g, c * mean)).collect();
                    out = Some(EffectShift::OneEffect { n_levels: *n_levels, means, sums: sums.clone() });
                }
                _ => {}
            }
        }
        out.unwrap_or_else(|| EffectShift::OneEffect { n_levels: 0, means: Vec::new(), sums: Vec::new() })
    }

    /// Subtracts the map applied to a block of draws.
    pub(super) fn subtract(&self, v: &DMatrix<f64>, from: &mut DMatrix<f64>) {
        match self {
            EffectShift::Dense(map) => from.gemm(-1.0, map, v, 1.0),
            EffectShift::OneEffect { n_levels, means, sums } => {
                let mut levels = vec![0.0; *n_levels];
                for (draw, mut out) in v.column_iter().zip(from.column_iter_mut()) {
                    levels.fill(0.0);
                    means.iter().for_each(|&(level, g, mean)| levels[level as usize] += mean * draw[g as usize]);
                    sums.iter().for_each(|&(h, level, sum)| out[h as usize] -= sum * levels[level as usize]);
                }
            }
        }
    }
}

/// `Σ values` over the rows that two partitions have together, as (first, second, sum).
fn pair_sums(first: &Groups, second: &Groups, values: &[f64]) -> Vec<(u32, u32, f64)> {
    let set = ErrorSet::new(1.0, first.clone(), second);
    let ones = vec![1.0; values.len()];
    set.homes.iter().zip(set.cells.sums(values, &ones)).map(|(&(a, b), sum)| (a, b, sum)).collect()
}
