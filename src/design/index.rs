//! [`PanelIndex`]: which unit and which period each row of a sample is.

use super::factor::DenseFactor;
use super::matrix::DesignMatrix;
use super::periods::{Periods, UnequalPeriods};

/// One of the two dimensions of a panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Units.
    Unit,
    /// Periods.
    Time,
}

/// Units and periods of a sample, with one row at most for each pair.
#[derive(Clone, Debug, PartialEq)]
pub struct PanelIndex {
    /// The unit variable.
    pub unit_name: String,
    /// A code per row.
    pub unit: DenseFactor,
    /// Periods, and the one of each row.
    pub periods: Periods,
    /// Rows by unit, then by period.
    order: Vec<u32>,
    /// Where each unit starts in `order`.
    starts: Vec<usize>,
}

/// Why rows are no panel.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum IndexError {
    /// The unit or the time of the rows is not known.
    #[error("panel methods need the {what} of every row: name it in [data] ({what} = \"...\")")]
    Missing {
        /// `unit` or `time`.
        what: &'static str,
    },
    /// A unit has two rows in a period.
    #[error(
        "{unit} has several rows with the same value of {time} (a second one is {at}): panel methods need one row for each unit and period; use a finer unit, or add rows up"
    )]
    RepeatedPeriod {
        /// The unit variable.
        unit: String,
        /// The time variable.
        time: String,
        /// The second row in the panel as it was handed in.
        at: super::error::FirstRow,
    },
    /// Lags have no meaning.
    #[error(
        "the values of {} are not equally spaced steps ({} lies between two of them): lags and differences have no meaning; number the periods",
        .0.variable, .0.between
    )]
    Unequal(UnequalPeriods),
}

impl PanelIndex {
    /// The index of a design.
    ///
    /// # Errors
    /// [`IndexError`] if unit or time are not in the design, or a unit has two rows in a period.
    pub fn of(design: &DesignMatrix) -> Result<PanelIndex, IndexError> {
        let missing = |what| IndexError::Missing { what };
        let (unit_name, unit) = design.dependence.unit.clone().ok_or_else(|| missing("unit"))?;
        let periods = Periods::of(design.dependence.time.as_ref().ok_or_else(|| missing("time"))?);
        let (starts, mut order) = unit.rows();
        let code = |row: u32| periods.factor.codes[row as usize];
        for bounds in starts.windows(2) {
            let rows = &mut order[bounds[0]..bounds[1]];
            rows.sort_by_key(|&row| code(row));
            if let Some(pair) = rows.windows(2).find(|pair| code(pair[0]) == code(pair[1])) {
                let row = design.sample.rows.get(pair[1] as usize).map_or(0, |&row| row as usize);
                let (time, at) = (periods.name.clone(), super::error::FirstRow::at(row));
                return Err(IndexError::RepeatedPeriod { unit: unit_name, time, at });
            }
        }
        Ok(PanelIndex { unit_name, unit, periods, order, starts })
    }

    /// Rows.
    pub fn n_rows(&self) -> usize {
        self.order.len()
    }

    /// Units or periods.
    pub fn n(&self, way: Way) -> usize {
        self.factor(way).n_levels
    }

    /// The codes of units or periods.
    pub fn factor(&self, way: Way) -> &DenseFactor {
        match way {
            Way::Unit => &self.unit,
            Way::Time => &self.periods.factor,
        }
    }

    /// The name of a way.
    pub fn name(&self, way: Way) -> &str {
        match way {
            Way::Unit => &self.unit_name,
            Way::Time => &self.periods.name,
        }
    }

    /// The rows of each unit in the order of time.
    pub fn units(&self) -> impl ExactSizeIterator<Item = &[u32]> {
        self.starts.windows(2).map(|bounds| &self.order[bounds[0]..bounds[1]])
    }

    /// The rows of one unit in the order of time.
    pub fn unit_rows(&self, unit: usize) -> &[u32] {
        &self.order[self.starts[unit]..self.starts[unit + 1]]
    }

    /// The code of a row's period.
    pub fn period(&self, row: u32) -> usize {
        self.periods.factor.codes[row as usize] as usize
    }

    /// Rows of each unit, or of each period.
    pub fn counts(&self, way: Way) -> Vec<f64> {
        let mut counts = vec![0.0; self.n(way)];
        self.factor(way).codes.iter().for_each(|&code| counts[code as usize] += 1.0);
        counts
    }

    /// Whether every unit has every period.
    pub fn is_balanced(&self) -> bool {
        self.n_rows() == self.unit.n_levels * self.periods.len()
    }

    /// Of each period, the steps since the first.
    ///
    /// # Errors
    /// [`IndexError::Unequal`].
    pub fn steps(&self) -> Result<Vec<i64>, IndexError> {
        self.periods.steps().map_err(IndexError::Unequal)
    }

    /// Units with a period missing between two that they have, in steps.
    pub fn units_with_gaps(&self, steps: &[i64]) -> usize {
        let step = |row: u32| steps[self.period(row)];
        self.units().filter(|rows| rows.windows(2).any(|pair| step(pair[1]) - step(pair[0]) > 1)).count()
    }
}
