//! [`Grid`]: the rows of a panel by unit and period.

use std::sync::Arc;

use super::variables::{DynamicError, DynamicVariables};
use crate::design::{IndexError, Periods, Variable};
use crate::panel::Factor;

/// Rows of the panel by unit and period.
pub(super) struct Grid {
    /// The row of each period of each unit, `u32::MAX` where there is none.
    pub(super) rows: Vec<Vec<u32>>,
    /// Periods in steps, those that no unit has included.
    pub(super) periods: usize,
    /// The time of each period.
    pub(super) times: Vec<f64>,
}

impl Grid {
    pub(super) fn of(vars: &DynamicVariables) -> Result<Grid, DynamicError> {
        let (name, factor) = &vars.unit;
        let used: Vec<u32> = (0..factor.codes.len() as u32)
            .filter(|&row| {
                let at = row as usize;
                let kept = vars.rows.as_ref().is_none_or(|rows| rows[at]);
                kept && factor.codes[at] != Factor::MISSING && vars.time.1[at].is_finite()
            })
            .collect();
        let values = used.iter().map(|&row| vars.time.1[row as usize]).collect();
        let time = Variable { name: vars.time.0.clone(), values: Arc::new(values) };
        let found = Periods::of(&time);
        let steps = found.steps().map_err(IndexError::Unequal)?;
        let periods = steps.last().map_or(0, |&last| last as usize + 1);
        let mut times = vec![f64::NAN; periods];
        found.values.iter().zip(&steps).for_each(|(&value, &step)| times[step as usize] = value);
        let mut rows = vec![vec![u32::MAX; periods]; factor.n_levels()];
        for (place, &row) in used.iter().enumerate() {
            let slot =
                &mut rows[factor.codes[row as usize] as usize][steps[found.factor.codes[place] as usize] as usize];
            if *slot != u32::MAX {
                let at = crate::design::FirstRow::at(row as usize);
                return Err(IndexError::RepeatedPeriod { unit: name.clone(), time: vars.time.0.clone(), at }.into());
            }
            *slot = row;
        }
        Ok(Grid { rows, periods, times })
    }
}

/// A value of a column at a period of a unit.
pub(super) fn at(column: &[f64], rows: &[u32], period: usize) -> f64 {
    match rows.get(period) {
        Some(&row) if row != u32::MAX => column[row as usize],
        _ => f64::NAN,
    }
}
