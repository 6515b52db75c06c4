//! [`Equations`]: the rows of a dynamic model, unit by unit, with their instruments.

use rayon::prelude::*;

use super::frame::{Frame, NONE};
use super::method::DynamicGmm;
use super::variables::{DynamicError, DynamicVariables};
use crate::estimate::ols::INTERCEPT;

/// The equations of one unit. Rows are transformed ones first, then levels; both by period.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unit {
    /// Outcomes.
    pub(crate) y: Vec<f64>,
    /// Regressors, row by row.
    pub(crate) x: Vec<f64>,
    /// Where the instruments of each row start.
    pub(crate) starts: Vec<usize>,
    /// Instruments that are not zero: column and value.
    pub(crate) z: Vec<(u32, f64)>,
    /// Periods and shares that the error of each row is made of.
    pub(crate) parts: Vec<Vec<(u32, f64)>>,
    /// Transformed rows.
    pub(crate) transformed: usize,
    /// First differences for tests of serial correlation: period, outcome, regressors.
    pub(crate) differences: Vec<(u32, f64, Vec<f64>)>,
}

impl Unit {
    pub(crate) fn rows(&self) -> usize {
        self.y.len()
    }

    pub(crate) fn instruments(&self, row: usize) -> &[(u32, f64)] {
        &self.z[self.starts[row]..self.starts[row + 1]]
    }
}

/// The equations of all units.
#[derive(Clone, Debug)]
pub(crate) struct Equations {
    /// Coefficients in order: regressors, then the constant and the dummies.
    pub(crate) terms: Vec<String>,
    /// How many of them are regressors.
    pub(crate) regressors: usize,
    /// Units with a row.
    pub(crate) units: Vec<Unit>,
    /// Columns of instruments.
    pub(crate) instruments: Vec<InstrumentColumn>,
}

/// What a column of instruments is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InstrumentColumn {
    /// The variable.
    pub(crate) variable: String,
    /// Whether it is of the level equation alone.
    pub(crate) of_levels: bool,
    /// Whether it is a lag of a variable (`gmm`) rather than a standard instrument.
    pub(crate) is_lag: bool,
}

impl Equations {
    /// Sets up the equations.
    ///
    /// # Errors
    /// [`DynamicError`] if the rows are no panel, no row is left, or there are fewer instruments than coefficients.
    pub(crate) fn of(vars: &DynamicVariables, asked: &DynamicGmm) -> Result<Equations, DynamicError> {
        let frame = Frame::of(vars, asked)?;
        let layout = frame.layout();
        let units: Vec<Unit> =
            frame.grid.rows.par_iter().map(|rows| frame.unit(&layout, rows)).filter(|unit| unit.rows() > 0).collect();
        if units.iter().all(|unit| unit.transformed == 0) {
            return Err(DynamicError::NoRow { unit: vars.unit.0.clone() });
        }
        let mut terms: Vec<String> = vars.regressors.iter().map(|(name, _)| name.clone()).collect();
        let regressors = terms.len();
        terms.extend(frame.constant.then(|| INTERCEPT.to_string()));
        terms.extend(frame.dummies.iter().map(|&period| frame.dummy_name(period)));
        let mut out = Equations { terms, regressors, units, instruments: layout.columns };
        out.drop_empty_columns();
        if out.instruments.len() < out.terms.len() {
            let (instruments, coefficients) = (out.instruments.len(), out.terms.len());
            return Err(DynamicError::UnderIdentified { instruments, coefficients });
        }
        Ok(out)
    }

    /// Leaves out instruments that are zero in every row.
    fn drop_empty_columns(&mut self) {
        let mut used = vec![false; self.instruments.len()];
        self.units.iter().flat_map(|unit| &unit.z).for_each(|&(column, _)| used[column as usize] = true);
        let mut place = vec![NONE; used.len()];
        for (next, (slot, _)) in (0..).zip(place.iter_mut().zip(&used).filter(|(_, used)| **used)) {
            *slot = next;
        }
        self.units.iter_mut().flat_map(|unit| &mut unit.z).for_each(|(column, _)| *column = place[*column as usize]);
        let mut kept = used.into_iter();
        self.instruments.retain(|_| kept.next().unwrap_or(false));
    }
}
