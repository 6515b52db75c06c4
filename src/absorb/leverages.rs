//! [`EffectLeverages`]: `d'(D'WD)⁻d` of rows of effects `D`, the variance of the part of a fitted value that the effects
//! make, per unit of error variance.
//!
//! In: effects without slopes, weights `W`. The effect with most levels is eliminated: with `M` its projection and `D₂` the
//! others, `d'(D'WD)⁻d = 1/m_a + v'S⁻v`, where `a` is the row's level, `m_a` its mass, `S = D₂'WMD₂` and `v` the row of `D₂`
//! less the mean row of `a` (the block inverse; any generalised inverse of `S` gives the same). `S` is dense, so that this
//! is for effects of which all but one are small ([`MOST_PARAMETERS`]); there is no approximation for others here.

use nalgebra::DMatrix;

use super::effects::Effects;

/// Most levels, together, of the effects that are not eliminated.
pub const MOST_PARAMETERS: usize = 1500;

/// What is left of a level's mass below which the levels before it explain it.
const EXPLAINED: f64 = 1e-11;

/// Leverages of effects on a sample.
#[derive(Clone, Debug)]
pub struct EffectLeverages {
    /// The effect that is eliminated.
    head: usize,
    /// Where the levels of each effect begin among those that are not eliminated; nothing for the eliminated one.
    offsets: Vec<Option<usize>>,
    /// Mass of each level of the eliminated effect.
    mass: Vec<f64>,
    /// Of each of its levels, the mass of every other level that it meets, ascending.
    meets: Vec<Vec<(u32, f64)>>,
    /// A generalised inverse of `S`.
    inverse: DMatrix<f64>,
    /// `n_a'S⁻n_a / m_a²` of each level of the eliminated effect.
    own: Vec<f64>,
}

impl EffectLeverages {
    /// Prepares the leverages; `None` where an effect has slopes, or all but the largest have more than
    /// [`MOST_PARAMETERS`] levels together.
    pub fn of(effects: &Effects) -> Option<EffectLeverages> {
        let terms = &effects.terms;
        if terms.iter().any(|term| term.slopes_only || !term.slopes.is_empty()) {
            return None;
        }
        let levels = |i: &usize| terms[*i].factor.n_levels;
        // The first of the largest.
        let head = (0..terms.len()).rev().max_by_key(levels)?;
        let mut offsets = vec![None; terms.len()];
        let mut p = 0;
        for (i, term) in terms.iter().enumerate().filter(|(i, _)| *i != head) {
            offsets[i] = Some(p);
            p += term.factor.n_levels;
        }
        if p > MOST_PARAMETERS {
            return None;
        }
        let weight = |row: usize| effects.weights.as_ref().map_or(1.0, |weights| weights[row]);
        let codes = &terms[head].factor.codes;
        let mut mass = vec![0.0; terms[head].factor.n_levels];
        let mut rows_of: Vec<Vec<u32>> = vec![Vec::new(); mass.len()];
        for (row, &code) in codes.iter().enumerate() {
            mass[code as usize] += weight(row);
            rows_of[code as usize].push(row as u32);
        }
        let others: Vec<(usize, &[u32])> = terms
            .iter()
            .zip(&offsets)
            .filter_map(|(term, offset)| Some(((*offset)?, term.factor.codes.as_slice())))
            .collect();
        let mut s = DMatrix::zeros(p, p);
        for row in 0..codes.len() {
            for &(from, a) in &others {
                for &(to, b) in &others {
                    s[(from + a[row] as usize, to + b[row] as usize)] += weight(row);
                }
            }
        }
        let full: Vec<f64> = s.diagonal().iter().copied().collect();
        let meets: Vec<Vec<(u32, f64)>> = rows_of
            .iter()
            .map(|rows| {
                let mut met: Vec<(u32, f64)> = Vec::with_capacity(rows.len() * others.len());
                for &row in rows {
                    let row = row as usize;
                    met.extend(others.iter().map(|(offset, codes)| (*offset as u32 + codes[row], weight(row))));
                }
                met.sort_by_key(|(level, _)| *level);
                met.dedup_by(|next, kept| {
                    let is_same = next.0 == kept.0;
                    if is_same {
                        kept.1 += next.1;
                    }
                    is_same
                });
                met
            })
            .collect();
        for (met, mass) in meets.iter().zip(&mass) {
            for &(i, x) in met {
                for &(j, y) in met {
                    s[(i as usize, j as usize)] -= x * y / mass;
                }
            }
        }
        let inverse = generalised_inverse(&s, &full)?;
        let own = meets.iter().zip(&mass).map(|(met, mass)| form(&inverse, met) / (mass * mass)).collect();
        Some(EffectLeverages { head, offsets, mass, meets, inverse, own })
    }

    /// The leverage of a combination of levels, a code per effect; it is meant for combinations whose sum is identified.
    pub fn at(&self, codes: &[u32]) -> f64 {
        let a = codes[self.head] as usize;
        let row = || self.offsets.iter().zip(codes).filter_map(|(offset, code)| Some((*offset)? + *code as usize));
        let mut value = 1.0 / self.mass[a] + self.own[a];
        for i in row() {
            value += row().map(|j| self.inverse[(i, j)]).sum::<f64>();
            let with_mean: f64 = self.meets[a].iter().map(|&(j, mass)| self.inverse[(i, j as usize)] * mass).sum();
            value -= 2.0 * with_mean / self.mass[a];
        }
        value
    }
}

/// `n'S⁻n` of a sparse vector.
fn form(inverse: &DMatrix<f64>, n: &[(u32, f64)]) -> f64 {
    n.iter().map(|&(i, x)| x * n.iter().map(|&(j, y)| inverse[(i as usize, j as usize)] * y).sum::<f64>()).sum()
}

/// The inverse of the block of levels that those before them do not explain, zero elsewhere.
fn generalised_inverse(s: &DMatrix<f64>, full: &[f64]) -> Option<DMatrix<f64>> {
    let p = s.nrows();
    let mut kept: Vec<usize> = Vec::new();
    // Rows of the factor by kept level, so that the sums run along memory.
    let mut rows: Vec<Vec<f64>> = Vec::new();
    for j in 0..p {
        let mut row: Vec<f64> = Vec::with_capacity(kept.len() + 1);
        for (position, &level) in kept.iter().enumerate() {
            let explained: f64 = row.iter().zip(&rows[position]).map(|(a, b)| a * b).sum();
            row.push((s[(level, j)] - explained) / rows[position][position]);
        }
        let pivot = s[(j, j)] - row.iter().map(|v| v * v).sum::<f64>();
        if pivot > EXPLAINED * full[j] {
            row.push(pivot.sqrt());
            rows.push(row);
            kept.push(j);
        }
    }
    let q = kept.len();
    let block = DMatrix::from_fn(q, q, |i, j| s[(kept[i], kept[j])]);
    let block = block.cholesky()?.inverse();
    let mut inverse = DMatrix::zeros(p, p);
    for (i, &at_i) in kept.iter().enumerate() {
        for (j, &at_j) in kept.iter().enumerate() {
            inverse[(at_i, at_j)] = block[(i, j)];
        }
    }
    Some(inverse)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::absorb::AbsorptionSettings;
    use crate::design::{AbsorbedTerm, DenseFactor};

    fn term(codes: Vec<u32>) -> AbsorbedTerm {
        let n_levels = codes.iter().max().map_or(0, |&last| last as usize + 1);
        AbsorbedTerm {
            name: "f".into(),
            factor: DenseFactor { codes: Arc::new(codes), n_levels, origin: Arc::new((0..n_levels as u32).collect()) },
            slopes: Vec::new(),
            slopes_only: false,
        }
    }

    /// The same by the pseudo-inverse of the dummies' cross products; two components and a redundant third effect.
    #[test]
    fn the_block_inverse_is_the_pseudo_inverse() {
        let n = 60u32;
        let firm: Vec<u32> = (0..n).map(|i| i % 12).collect();
        let year: Vec<u32> = (0..n).map(|i| (i * i / 7 + i / 12) % 3 + if i % 12 < 6 { 0 } else { 3 }).collect();
        let half: Vec<u32> = (0..n).map(|i| u32::from(i % 12 < 6)).collect();
        let weights: Vec<f64> = (0..n).map(|i| 1.0 + f64::from(i % 3)).collect();
        for terms in [vec![firm.clone()], vec![year.clone(), firm.clone()], vec![firm, year, half]] {
            for weights in [None, Some(Arc::new(weights.clone()))] {
                let terms: Vec<AbsorbedTerm> = terms.iter().cloned().map(term).collect();
                let p: usize = terms.iter().map(|term| term.factor.n_levels).sum();
                let mut d = DMatrix::zeros(n as usize, p);
                let mut offset = 0;
                for term in &terms {
                    term.factor
                        .codes
                        .iter()
                        .enumerate()
                        .for_each(|(row, &code)| d[(row, offset + code as usize)] = 1.0);
                    offset += term.factor.n_levels;
                }
                let w = |row: usize| weights.as_ref().map_or(1.0, |w: &Arc<Vec<f64>>| w[row]);
                let weighted = DMatrix::from_fn(n as usize, p, |i, j| w(i) * d[(i, j)]);
                let inverse = (d.transpose() * weighted).pseudo_inverse(1e-9).unwrap();
                let expected = (&d * inverse * d.transpose()).diagonal();
                let effects =
                    Effects { terms: terms.clone(), weights: weights.clone(), settings: AbsorptionSettings::default() };
                let found = EffectLeverages::of(&effects).unwrap();
                for row in 0..n as usize {
                    let codes: Vec<u32> = terms.iter().map(|term| term.factor.codes[row]).collect();
                    assert!((found.at(&codes) - expected[row]).abs() < 1e-10, "{row}");
                }
            }
        }
    }
}
