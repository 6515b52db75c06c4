//! Errors correlated over time: Newey-West within the units of a panel, and Driscoll-Kraay between them as well.
//!
//! With Bartlett's weights `k(l) = 1 - l/(L+1)` and scores `s = w x e`:
//!
//! - Newey and West (1987): `Σ_i Σ_t s_it s_it' + Σ_i Σ_l k(l) Σ_t (s_it s_i,t-l' + s_i,t-l s_it')`;
//! - Driscoll and Kraay (1998): the same of the sums over units, `h_t = Σ_i s_it`.
//!
//! A lag is a distance in time, counted in the smallest step between two periods of the sample, so that gaps are gaps:
//! periods 1990, 1995, 2005 have lags of one and two steps. `L` is fixest's `T^(1/4)`, rounded down, unless it is given.

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::error::CovarianceError;
use super::errors::Lags;
use super::record::PeriodCount;
use super::scores::scores;
use crate::design::{DesignMatrix, Periods, UnequalPeriods, WeightKind};
use crate::estimate::Influence;
use crate::linalg::pair_products;

/// The periods of a sample with their distance from the first.
pub(super) struct Calendar {
    pub(super) periods: Periods,
    /// Steps since the first period, by code.
    pub(super) steps: Vec<i64>,
}

impl Calendar {
    /// The periods of a design.
    pub(super) fn of(design: &DesignMatrix, errors: &str) -> Result<Calendar, CovarianceError> {
        let missing = || CovarianceError::NoColumn { errors: errors.to_string(), what: "time" };
        let periods = Periods::of(design.dependence.time.as_ref().ok_or_else(missing)?);
        let steps = periods
            .steps()
            .map_err(|UnequalPeriods { variable, between }| CovarianceError::UnequalPeriods { variable, between })?;
        Ok(Calendar { periods, steps })
    }

    /// T.
    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    /// The number of lags, checked.
    pub(super) fn lags(&self, lags: Lags) -> Result<PeriodCount, CovarianceError> {
        let lags = match lags {
            Lags::Rule => (self.len() as f64).powf(0.25).floor() as usize,
            Lags::Given(lags) => lags,
        };
        let variable = self.periods.name.clone();
        if lags >= self.len() {
            return Err(CovarianceError::TooManyLags { variable, lags, periods: self.len() });
        }
        Ok(PeriodCount { variable, periods: self.len(), lags })
    }
}

/// Bartlett's weight of a lag.
fn bartlett(lag: i64, lags: usize) -> f64 {
    1.0 - lag as f64 / (lags as f64 + 1.0)
}

/// The meat of Newey-West errors.
pub(super) fn newey_west(
    design: &DesignMatrix,
    influence: &Influence,
    lags: Lags,
) -> Result<(DMatrix<f64>, PeriodCount), CovarianceError> {
    let calendar = Calendar::of(design, "newey_west")?;
    let count = calendar.lags(lags)?;
    let scores = scores(design, influence);
    let meat = within_units(design, &scores, &calendar, count.lags, "newey_west")?;
    let own = products(&scores, &scores);
    Ok((own + meat, count))
}

/// `Σ_i Σ_l k(l) Σ_t (s_it s_i,t-l' + s_i,t-l s_it')` without the lag zero.
pub(super) fn within_units(
    design: &DesignMatrix,
    scores: &[Vec<f64>],
    calendar: &Calendar,
    lags: usize,
    errors: &str,
) -> Result<DMatrix<f64>, CovarianceError> {
    if design.weights.as_ref().is_some_and(|weights| weights.kind == WeightKind::Frequency) {
        return Err(CovarianceError::RepeatedRows);
    }
    let missing = || CovarianceError::NoColumn { errors: errors.to_string(), what: "unit" };
    let (unit, factor) = design.dependence.unit.as_ref().ok_or_else(missing)?;
    let (starts, rows) = factor.rows();
    let codes = &calendar.periods.factor.codes;
    // Rows by unit and period; the first row of each unit's window is found on the way.
    let mut order = rows;
    for bounds in starts.windows(2) {
        order[bounds[0]..bounds[1]].sort_by_key(|&row| codes[row as usize]);
    }
    let step = |row: u32| calendar.steps[codes[row as usize] as usize];
    for bounds in starts.windows(2) {
        if let Some(pair) = order[bounds[0]..bounds[1]].windows(2).find(|pair| step(pair[0]) == step(pair[1])) {
            let row = design.sample.rows.get(pair[1] as usize).map_or(0, |&row| row as usize + 1);
            return Err(CovarianceError::RepeatedPeriod {
                unit: unit.clone(),
                time: calendar.periods.name.clone(),
                row,
            });
        }
    }
    // For every row the weighted sum of the scores before it.
    let earlier = |column: &Vec<f64>| -> Vec<f64> {
        let mut out = vec![0.0; column.len()];
        for bounds in starts.windows(2) {
            let unit = &order[bounds[0]..bounds[1]];
            let mut from = 0;
            for at in 0..unit.len() {
                let now = step(unit[at]);
                while now - step(unit[from]) > lags as i64 {
                    from += 1;
                }
                let lagged = unit[from..at].iter();
                out[unit[at] as usize] =
                    lagged.map(|&row| bartlett(now - step(row), lags) * column[row as usize]).sum();
            }
        }
        out
    };
    let before: Vec<Vec<f64>> = scores.par_iter().map(earlier).collect();
    let cross = products(scores, &before);
    Ok(&cross + cross.transpose())
}

/// The meat of Driscoll-Kraay errors.
pub(super) fn driscoll_kraay(
    design: &DesignMatrix,
    influence: &Influence,
    lags: Lags,
) -> Result<(DMatrix<f64>, PeriodCount), CovarianceError> {
    let calendar = Calendar::of(design, "driscoll_kraay")?;
    let count = calendar.lags(lags)?;
    let sums = influence.cluster_sums(&calendar.periods.factor, design.weight_values());
    let before: Vec<Vec<f64>> = sums
        .iter()
        .map(|sums| {
            let at = |t: usize| -> f64 {
                let near = (0..t).rev().map(|s| (s, calendar.steps[t] - calendar.steps[s]));
                near.take_while(|(_, lag)| *lag <= count.lags as i64)
                    .map(|(s, lag)| bartlett(lag, count.lags) * sums[s])
                    .sum()
            };
            (0..sums.len()).map(at).collect()
        })
        .collect();
    let cross = products(&sums, &before);
    Ok((products(&sums, &sums) + &cross + cross.transpose(), count))
}

/// `A'B` of columns.
pub(super) fn products(a: &[Vec<f64>], b: &[Vec<f64>]) -> DMatrix<f64> {
    let views: Vec<&[f64]> = a.iter().chain(b).map(Vec::as_slice).collect();
    let pairs: Vec<(usize, usize)> = (0..b.len()).flat_map(|j| (0..a.len()).map(move |i| (i, j))).collect();
    let shifted: Vec<(usize, usize)> = pairs.iter().map(|&(i, j)| (i, a.len() + j)).collect();
    DMatrix::from_vec(a.len(), b.len(), pair_products(&views, &shifted, None))
}
