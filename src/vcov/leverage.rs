//! `Leverage`: the diagonal of the hat matrix `[D X](...)^-1[D X]'W`, absorbed effects `D` included.
//!
//! It is the sum of the diagonal for the effects and that for the working columns, which are net of them. For the
//! effects:
//!
//! 1. Exactly, by elimination: of the largest effect without slopes, with group weights `W_g`, and the others `D2`,
//!    `d_i'(D'WD)^- d_i = 1/W_g + v_i'S^- v_i`, where `v_i` is the row of `D2` less its weighted mean in the group and
//!    `S = D2'W M1 D2` the Schur complement. `S` is held and inverted densely: the others may have up to [`MOST_DENSE`]
//!    parameters together (all effects of a region x industry x year panel; not workers and firms).
//! 2. Where that does not go, in samples of up to [`EVERY_ROW`] rows exactly by projecting the unit vector of each row.
//! 3. Otherwise from [`DRAWS`] projections of random signs `z`: `mean((Pz)²) / (mean((Pz)²) + mean((Mz)²))` (Kline, Saggio
//!    and Sølvsten 2020), whose relative standard error for a small leverage is `sqrt(2 / DRAWS)`. A note says so.

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::error::CovarianceError;
use super::record::LeverageRoute;
use crate::absorb::{Absorber, Effects, Projections};
use crate::design::{AbsorbedTerm, DesignMatrix, WeightKind};
use crate::estimate::Influence;
use crate::linalg::{IndependentFactor, cross_products};
use crate::monte::Streams;
use crate::note::Note;

/// Most parameters of the effects that are not eliminated, for a dense inverse (32 MB).
pub const MOST_DENSE: usize = 2_000;

/// Most products of pairs of levels that forming the Schur complement may take.
const MOST_PAIRS: f64 = 4e9;

/// Rows up to which every row is projected.
pub const EVERY_ROW: usize = 2_000;

/// Random columns otherwise.
pub const DRAWS: usize = 200;

/// Columns that are projected at once.
const BATCH: usize = 32;

/// Pivots under this share of their own diagonal are dependent.
const DEPENDENT: f64 = 1e-9;

/// Leverages by row.
#[derive(Clone, Debug)]
pub(super) struct Leverage {
    /// The leverage of the row, or of each of the equal rows that a frequency weight stands for.
    pub(super) values: Vec<f64>,
    /// How they were found.
    pub(super) route: LeverageRoute,
    /// Rows that decide their own fit: their residual is zero whatever the outcome.
    pub(super) full: usize,
}

/// `1 - h` under this is zero.
pub(super) const FULL: f64 = 1e-9;

impl Leverage {
    /// Leverages of a design with the working columns of an estimate.
    pub(super) fn of(design: &DesignMatrix, influence: &Influence) -> Result<Leverage, CovarianceError> {
        let mut values = of_columns(design, influence);
        let mut route = LeverageRoute::Exact;
        if let Some(effects) = Effects::of(design) {
            let (absorbed, by) = of_effects(&effects)?;
            values.iter_mut().zip(absorbed).for_each(|(value, absorbed)| *value += absorbed);
            route = by;
        }
        // So far d'(D'WD)^-d; a row with an analytic weight is one observation with that precision.
        if let Some(weights) = design.weights.as_ref().filter(|weights| weights.kind != WeightKind::Frequency) {
            values.iter_mut().zip(weights.values.iter()).for_each(|(value, w)| *value *= w);
        }
        let full = values.iter().filter(|&&h| 1.0 - h < FULL).count();
        Ok(Leverage { values, route, full })
    }

    /// What a reader must know of how they were found.
    pub(super) fn note(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        if let LeverageRoute::Random { draws, relative_error } = self.route {
            notes.push(Note::LeverageEstimated { draws, relative_error });
        }
        if self.full > 0 {
            notes.push(Note::FullLeverage { rows: self.full });
        }
        notes
    }
}

/// `x'(X'WX)^-1 x` of the working columns.
fn of_columns(design: &DesignMatrix, influence: &Influence) -> Vec<f64> {
    let columns: Vec<&[f64]> = influence.columns.iter().map(|column| column.as_slice()).collect();
    let factor = IndependentFactor::of(&cross_products(&columns, design.weight_values()), 1e-14);
    let root = factor.inverse_lower();
    let kept: Vec<&[f64]> = factor.kept.iter().map(|&j| columns[j]).collect();
    let mut out = vec![0.0; design.n_rows()];
    out.par_chunks_mut(4096).enumerate().for_each(|(block, out)| {
        for (offset, out) in out.iter_mut().enumerate() {
            let row = block * 4096 + offset;
            *out = (0..kept.len()).map(|i| (0..=i).map(|j| root[(i, j)] * kept[j][row]).sum::<f64>().powi(2)).sum();
        }
    });
    out
}

/// `d'(D'WD)^- d` of the effects.
fn of_effects(effects: &Effects) -> Result<(Vec<f64>, LeverageRoute), CovarianceError> {
    if let Some(values) = eliminate(effects) {
        return Ok((values, LeverageRoute::Exact));
    }
    let absorber = Projections::new(effects).map_err(|e| CovarianceError::Absorb { reason: e.to_string() })?;
    if effects.n_rows() <= EVERY_ROW {
        return Ok((every_row(effects, &absorber)?, LeverageRoute::EveryRow));
    }
    let relative_error = (2.0 / DRAWS as f64).sqrt();
    Ok((random(effects, &absorber)?, LeverageRoute::Random { draws: DRAWS, relative_error }))
}

/// The columns of effects that are not eliminated: where those of each start.
struct Others<'a> {
    terms: Vec<&'a AbsorbedTerm>,
    offsets: Vec<usize>,
    m: usize,
}

impl<'a> Others<'a> {
    fn of(effects: &'a Effects, head: usize) -> Others<'a> {
        let terms: Vec<&AbsorbedTerm> =
            effects.terms.iter().enumerate().filter(|(i, _)| *i != head).map(|(_, term)| term).collect();
        let mut offsets = Vec::with_capacity(terms.len());
        let mut m = 0;
        for term in &terms {
            offsets.push(m);
            m += term.factor.n_levels * term.width();
        }
        Others { terms, offsets, m }
    }

    /// The non-zero entries of a row.
    fn row(&self, row: usize, out: &mut Vec<(usize, f64)>) {
        out.clear();
        for (term, offset) in self.terms.iter().zip(&self.offsets) {
            let at = offset + term.factor.codes[row] as usize * term.width();
            let shift = usize::from(!term.slopes_only);
            if !term.slopes_only {
                out.push((at, 1.0));
            }
            out.extend(term.slopes.iter().enumerate().map(|(j, slope)| (at + shift + j, slope[row])));
        }
    }
}

/// Route 1; `None` where it does not go.
fn eliminate(effects: &Effects) -> Option<Vec<f64>> {
    let plain = |term: &AbsorbedTerm| term.slopes.is_empty() && !term.slopes_only;
    let head = (0..effects.terms.len())
        .filter(|&i| plain(&effects.terms[i]))
        .max_by_key(|&i| (effects.terms[i].factor.n_levels, std::cmp::Reverse(i)))?;
    let others = Others::of(effects, head);
    if others.m > MOST_DENSE {
        return None;
    }
    let factor = &effects.terms[head].factor;
    let (starts, rows) = factor.rows();
    let weight = |row: usize| effects.weights.as_ref().map_or(1.0, |w| w[row]);
    let groups: Vec<(f64, Vec<(usize, f64)>)> = (0..factor.n_levels)
        .into_par_iter()
        .map(|group| {
            let mut sums: std::collections::BTreeMap<usize, f64> = std::collections::BTreeMap::new();
            let (mut mass, mut entries) = (0.0, Vec::new());
            for &row in &rows[starts[group]..starts[group + 1]] {
                let w = weight(row as usize);
                mass += w;
                others.row(row as usize, &mut entries);
                entries.iter().for_each(|&(at, value)| *sums.entry(at).or_insert(0.0) += w * value);
            }
            (mass, sums.into_iter().map(|(at, sum)| (at, sum / mass)).collect())
        })
        .collect();
    let pairs: f64 = groups.iter().map(|(_, mean)| (mean.len() as f64).powi(2)).sum();
    if pairs > MOST_PAIRS {
        return None;
    }
    let inverse = inverse_schur(&others, &groups, (factor.codes.len(), &weight));
    let of_group = |group: usize| -> Vec<f64> {
        let (mass, mean) = &groups[group];
        let product = |at: usize| mean.iter().map(|&(b, value)| inverse[(b, at)] * value).sum::<f64>();
        let products: std::collections::HashMap<usize, f64> = mean.iter().map(|&(a, _)| (a, product(a))).collect();
        let centre: f64 = mean.iter().map(|(a, value)| value * products[a]).sum();
        let mut entries = Vec::new();
        let of_row = |&row: &u32| {
            others.row(row as usize, &mut entries);
            let own: f64 = (entries.iter())
                .map(|&(a, x)| entries.iter().map(|&(b, y)| x * y * inverse[(b, a)]).sum::<f64>())
                .sum();
            let cross: f64 = entries.iter().map(|(a, x)| x * products.get(a).copied().unwrap_or(0.0)).sum();
            mass.recip() + (own - 2.0 * cross + centre).max(0.0)
        };
        rows[starts[group]..starts[group + 1]].iter().map(of_row).collect()
    };
    let by_group: Vec<Vec<f64>> = (0..factor.n_levels).into_par_iter().map(of_group).collect();
    let mut out = vec![0.0; rows.len()];
    by_group.into_iter().flatten().zip(&rows).for_each(|(value, &row)| out[row as usize] = value);
    Some(out)
}

/// A generalised inverse of `S = D2'W D2 - Σ_g W_g a_g a_g'` with `a_g` the group's mean row.
fn inverse_schur(
    others: &Others<'_>,
    groups: &[(f64, Vec<(usize, f64)>)],
    (n_rows, weight): (usize, &dyn Fn(usize) -> f64),
) -> DMatrix<f64> {
    let mut s = DMatrix::<f64>::zeros(others.m, others.m);
    let mut entries = Vec::new();
    for row in 0..n_rows {
        others.row(row, &mut entries);
        let w = weight(row);
        for &(a, x) in &entries {
            entries.iter().for_each(|&(b, y)| s[(b, a)] += w * x * y);
        }
    }
    for (mass, mean) in groups {
        for &(a, x) in mean {
            let scaled = mass * x;
            mean.iter().for_each(|&(b, y)| s[(b, a)] -= scaled * y);
        }
    }
    IndependentFactor::of(&s, DEPENDENT).generalised_inverse(others.m)
}

fn project(absorber: &Projections, columns: &mut [Vec<f64>]) -> Result<(), CovarianceError> {
    let mut views: Vec<&mut [f64]> = columns.iter_mut().map(Vec::as_mut_slice).collect();
    absorber.absorb_all(&mut views).map(|_| ()).map_err(|error| CovarianceError::Absorb { reason: error.to_string() })
}

/// Route 2.
fn every_row(effects: &Effects, absorber: &Projections) -> Result<Vec<f64>, CovarianceError> {
    let n = effects.n_rows();
    let mut out = Vec::with_capacity(n);
    for from in (0..n).step_by(BATCH) {
        let rows = from..(from + BATCH).min(n);
        let mut columns: Vec<Vec<f64>> = rows
            .clone()
            .map(|row| {
                let mut unit = vec![0.0; n];
                unit[row] = 1.0;
                unit
            })
            .collect();
        project(absorber, &mut columns)?;
        out.extend(rows.zip(&columns).map(|(row, left)| {
            let weight = effects.weights.as_ref().map_or(1.0, |w| w[row]);
            (1.0 - left[row]).clamp(0.0, 1.0) / weight
        }));
    }
    Ok(out)
}

/// Route 3.
fn random(effects: &Effects, absorber: &Projections) -> Result<Vec<f64>, CovarianceError> {
    let n = effects.n_rows();
    let root: Option<Vec<f64>> = effects.weights.as_ref().map(|w| w.iter().map(|w| w.sqrt()).collect());
    let root_of = |row: usize| root.as_ref().map_or(1.0, |root| root[row]);
    let mut squares = vec![(0.0f64, 0.0f64); n];
    for from in (0..DRAWS).step_by(BATCH) {
        let draws = from..(from + BATCH).min(DRAWS);
        let signs: Vec<Vec<f64>> = draws
            .into_par_iter()
            .map(|draw| {
                let mut stream = Streams::new(0).stream("leverage", draw as u64);
                (0..n.div_ceil(64)).flat_map(|_| signs_of(stream.bits())).take(n).collect()
            })
            .collect();
        let mut columns: Vec<Vec<f64>> =
            signs.iter().map(|z| z.iter().enumerate().map(|(row, z)| z / root_of(row)).collect()).collect();
        project(absorber, &mut columns)?;
        for (z, left) in signs.iter().zip(&columns) {
            for (row, squares) in squares.iter_mut().enumerate() {
                let left = left[row] * root_of(row);
                squares.0 += (z[row] - left).powi(2);
                squares.1 += left.powi(2);
            }
        }
    }
    let weight = |row: usize| effects.weights.as_ref().map_or(1.0, |w| w[row]);
    Ok(squares.iter().enumerate().map(|(row, (inside, left))| inside / (inside + left) / weight(row)).collect())
}

fn signs_of(bits: u64) -> impl Iterator<Item = f64> {
    (0..64).map(move |at| if bits >> at & 1 == 1 { 1.0 } else { -1.0 })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::absorb::AbsorptionSettings;
    use crate::design::DenseFactor;

    fn term(name: &str, codes: Vec<u32>, slopes: Vec<Vec<f64>>) -> AbsorbedTerm {
        let n_levels = codes.iter().max().map_or(0, |&last| last as usize + 1);
        AbsorbedTerm {
            name: name.to_string(),
            factor: DenseFactor { codes: Arc::new(codes), n_levels, origin: Arc::new((0..n_levels as u32).collect()) },
            slopes: slopes.into_iter().map(Arc::new).collect(),
            slopes_only: false,
        }
    }

    /// Elimination and the projection of every row agree; random projections come as near as they say.
    #[test]
    fn three_routes() {
        let n = 900u32;
        let of = |k: u32, m: u32| (0..n).map(|i| (i * i / 7 + i * k) % m).collect::<Vec<u32>>();
        let trend = (0..n).map(|i| f64::from(i % 13) - 4.0).collect();
        let weights = (0..n).map(|i| 1.0 + f64::from(i % 4)).collect::<Vec<f64>>();
        let terms = vec![term("a", of(3, 90), vec![]), term("b", of(5, 23), vec![]), term("c", of(11, 7), vec![trend])];
        for weights in [None, Some(Arc::new(weights))] {
            let effects = Effects { terms: terms.clone(), weights, settings: AbsorptionSettings::default() };
            let exact = eliminate(&effects).unwrap();
            let absorber = Projections::new(&effects).unwrap();
            let rows = every_row(&effects, &absorber).unwrap();
            let gap = exact.iter().zip(&rows).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(gap < 1e-7, "{gap}");
            let drawn = random(&effects, &absorber).unwrap();
            let error = |(a, b): (&f64, &f64)| (a / b - 1.0).powi(2);
            let spread = (drawn.iter().zip(&exact).map(error).sum::<f64>() / f64::from(n)).sqrt();
            let stated = (2.0 / DRAWS as f64).sqrt();
            assert!(spread < 1.2 * stated && spread > 0.3 * stated, "{spread} {stated}");
        }
    }
}
