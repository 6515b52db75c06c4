//! [`Sequences`]: outcome and regressors of units in successive periods, of models with the first lag of the outcome.

use super::grid::{Grid, at};
use super::variables::{DynamicError, DynamicVariables};

/// The rows of a unit.
#[derive(Clone, Debug)]
pub(super) struct Sequence {
    /// The outcome.
    pub(super) y: Vec<f64>,
    /// Regressors, one column each: the lagged outcome first.
    pub(super) w: Vec<Vec<f64>>,
}

/// The rows of all units, in the order of units.
#[derive(Clone, Debug)]
pub(super) struct Sequences {
    /// Regressors, the lagged outcome first.
    pub(super) terms: Vec<String>,
    pub(super) units: Vec<Sequence>,
}

/// Where the values of two columns count as the same.
const SAME: f64 = 1e-9;

impl Sequences {
    /// The longest run of successive complete rows of every unit that has `least` of them.
    ///
    /// # Errors
    /// [`DynamicError::NoLag`] if no regressor is the outcome one period before, [`DynamicError::NoRow`] if no unit has the rows.
    pub(super) fn of(vars: &DynamicVariables, least: usize) -> Result<Sequences, DynamicError> {
        let grid = Grid::of(vars)?;
        let lag = lagged_outcome(vars, &grid).ok_or_else(|| DynamicError::NoLag { outcome: vars.outcome.0.clone() })?;
        let order: Vec<usize> =
            std::iter::once(lag).chain((0..vars.regressors.len()).filter(|&other| other != lag)).collect();
        let units: Vec<Sequence> = grid
            .rows
            .iter()
            .filter_map(|rows| {
                let (from, to) = longest_run(vars, rows, grid.periods);
                let column = |values: &[f64]| (from..to).map(|period| at(values, rows, period)).collect::<Vec<f64>>();
                let w = order.iter().map(|&j| column(&vars.regressors[j].1)).collect();
                (to - from >= least.max(2)).then(|| Sequence { y: column(&vars.outcome.1), w })
            })
            .collect();
        if units.is_empty() {
            return Err(DynamicError::NoRow { unit: vars.unit.0.clone() });
        }
        Ok(Sequences { terms: order.iter().map(|&j| vars.regressors[j].0.clone()).collect(), units })
    }

    /// Rows of all units.
    pub(super) fn rows(&self) -> usize {
        self.units.iter().map(|unit| unit.y.len()).sum()
    }
}

fn is_complete(vars: &DynamicVariables, rows: &[u32], period: usize) -> bool {
    let columns = std::iter::once(&vars.outcome).chain(&vars.regressors);
    columns.map(|column| at(&column.1, rows, period)).all(f64::is_finite)
}

/// The first of the longest runs of complete periods.
fn longest_run(vars: &DynamicVariables, rows: &[u32], periods: usize) -> (usize, usize) {
    let (mut best, mut from) = ((0, 0), 0);
    for period in 0..periods {
        if !is_complete(vars, rows, period) {
            from = period + 1;
        } else if period + 1 - from > best.1 - best.0 {
            best = (from, period + 1);
        }
    }
    best
}

/// The regressor that has the outcome of the period before wherever both are known.
fn lagged_outcome(vars: &DynamicVariables, grid: &Grid) -> Option<usize> {
    let y = &vars.outcome.1;
    let is_lag = |(_, values): &crate::design::variables::NamedColumn| {
        let mut pairs = 0;
        for rows in &grid.rows {
            for period in 1..grid.periods {
                let (own, before) = (at(values, rows, period), at(y, rows, period - 1));
                if own.is_finite() && before.is_finite() {
                    if (own - before).abs() > SAME * before.abs().max(1.0) {
                        return false;
                    }
                    pairs += 1;
                }
            }
        }
        pairs > 0
    };
    vars.regressors.iter().position(is_lag)
}
