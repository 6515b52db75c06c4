//! Halves of a panel, and the estimates in them, for the split-panel jackknife.
//!
//! Of one effect, rows of each level are halved in the order of the panel, which is that of time. Of two, levels of the second
//! (periods) are halved in their order, and levels of the first (units) are taken in turn. Where a number is odd, the middle goes to the
//! one half and then to the other, and the mean of both is taken (Dhaene and Jochmans 2015).

use nalgebra::DVector;

use super::correction::CorrectionError;
use super::estimator::MaximumLikelihood;
use super::sweep::Sweep;
use crate::design::{AbsorbedTerm, DenseFactor, DesignMatrix, Sample, Variable, Weights};
use crate::estimate::error::EstimateError;

/// `2b - b_½` or `3b - b_½ - b_½`, less `b`: what the jackknife adds to coefficients of the kept regressors.
pub(super) fn jackknife(
    model: &MaximumLikelihood,
    design: &DesignMatrix,
    (kept, whole): (&[usize], &DVector<f64>),
) -> Result<DVector<f64>, EstimateError> {
    let splits: Vec<Split> = match design.absorbed.as_slice() {
        [unit, time] => vec![Split::in_turn(&unit.factor), Split::by_level(&time.factor)],
        others => others.iter().take(1).map(|unit| Split::within(&unit.factor)).collect(),
    };
    let mut shift = DVector::zeros(whole.len());
    for split in splits {
        let n = split.halves.len() as f64;
        for (half, rows) in &split.halves {
            let found = estimate(model, design, (kept, rows)).map_err(|error| match error {
                absorb @ EstimateError::Absorb(_) => absorb,
                other => CorrectionError::Half { half: half.clone(), reason: other.to_string() }.into(),
            })?;
            shift += (whole - found) / n;
        }
    }
    Ok(shift)
}

/// Halves with their names; two, or two for each of two ways to halve.
struct Split {
    halves: Vec<(String, Vec<u32>)>,
}

impl Split {
    fn of(name: &str, middles: &[usize], is_first: impl Fn(usize, usize) -> bool, n: usize) -> Split {
        let mut halves = Vec::new();
        for &middle in middles {
            for first in [true, false] {
                let rows = (0..n).filter(|&row| is_first(row, middle) == first).map(|row| row as u32).collect();
                halves.push((format!("the {} half of {name}", if first { "first" } else { "second" }), rows));
            }
        }
        Split { halves }
    }

    /// Rows of each level in their order.
    fn within(factor: &DenseFactor) -> Split {
        let (starts, rows) = factor.rows();
        let mut place = vec![(0, 0); rows.len()];
        for level in starts.windows(2) {
            let members = &rows[level[0]..level[1]];
            members.iter().enumerate().for_each(|(at, &row)| place[row as usize] = (at, members.len()));
        }
        let is_odd = starts.windows(2).any(|level| (level[1] - level[0]) % 2 == 1);
        let middles: &[usize] = if is_odd { &[0, 1] } else { &[0] };
        Split::of("each unit's rows", middles, |row, up| place[row].0 < (place[row].1 + up) / 2, place.len())
    }

    /// Levels in their order.
    fn by_level(factor: &DenseFactor) -> Split {
        let n = factor.n_levels;
        let middles = if n % 2 == 1 { vec![n / 2, n / 2 + 1] } else { vec![n / 2] };
        Split::of("the periods", &middles, |row, middle| (factor.codes[row] as usize) < middle, factor.codes.len())
    }

    /// Levels in turn.
    fn in_turn(factor: &DenseFactor) -> Split {
        Split::of("the units", &[0], |row, _| factor.codes[row] % 2 == 0, factor.codes.len())
    }
}

/// Coefficients of the kept regressors on some rows.
fn estimate(
    model: &MaximumLikelihood,
    design: &DesignMatrix,
    (kept, rows): (&[usize], &[u32]),
) -> Result<DVector<f64>, EstimateError> {
    let mut rows = rows.to_vec();
    loop {
        let part = varying(model, design, rows);
        if part.n_rows() == 0 {
            return Err(EstimateError::NothingLeft { dropped: Vec::new() });
        }
        let mut sweep = Sweep::of(&part)?;
        let found = match model.maximise(&part, &mut sweep, None) {
            Err(EstimateError::Separated(found)) => {
                // Rows of a part are numbered as those of the whole.
                rows = part.sample.rows.iter().copied().filter(|row| !found.rows.contains(row)).collect();
                continue;
            }
            other => other?.1,
        };
        if found.kept != kept {
            let lost = kept.iter().filter(|j| !found.kept.contains(j));
            let name = |&j: &usize| (design.regressors[j].name.clone(), "effects and other regressors".to_string());
            return Err(EstimateError::NothingLeft { dropped: lost.map(name).collect() });
        }
        return Ok(found.coefficients);
    }
}

/// The design on some of its rows, without levels whose outcomes are all at a boundary.
fn varying(model: &MaximumLikelihood, design: &DesignMatrix, mut rows: Vec<u32>) -> DesignMatrix {
    let y = &design.outcome.values;
    loop {
        let before = rows.len();
        for effect in &design.absorbed {
            let mut off = vec![(false, false); effect.factor.n_levels];
            let code = |row: u32| effect.factor.codes[row as usize] as usize;
            for &row in &rows {
                let (lower, upper) = &mut off[code(row)];
                *lower |= model.family.side(y[row as usize]) >= 0.0;
                *upper |= model.family.side(y[row as usize]) <= 0.0;
            }
            rows.retain(|&row| off[code(row)] == (true, true));
        }
        if rows.len() == before {
            return on(design, rows);
        }
    }
}

/// The design on some of its rows, which are numbered as the rows of the whole.
fn on(design: &DesignMatrix, rows: Vec<u32>) -> DesignMatrix {
    let gather =
        |values: &[f64]| std::sync::Arc::new(rows.iter().map(|&row| values[row as usize]).collect::<Vec<f64>>());
    let variable = |v: &Variable| Variable { name: v.name.clone(), values: gather(&v.values) };
    DesignMatrix {
        outcome: variable(&design.outcome),
        regressors: design.regressors.iter().map(variable).collect(),
        offset: design.offset.as_ref().map(variable),
        absorbed: design
            .absorbed
            .iter()
            .map(|effect| AbsorbedTerm {
                name: effect.name.clone(),
                factor: effect.factor.on(&rows),
                slopes: effect.slopes.iter().map(|slope| gather(slope)).collect(),
                slopes_only: effect.slopes_only,
            })
            .collect(),
        weights: design.weights.as_ref().map(|weights| Weights { values: gather(&weights.values), ..weights.clone() }),
        clusters: Vec::new(),
        sample: Sample { rows: std::sync::Arc::new(rows), ledger: Default::default() },
        ..design.clone()
    }
}
