//! [`Periods`]: the periods of a sample in order.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::factor::DenseFactor;
use super::matrix::Variable;

/// How far from a whole number of steps a period may be.
const WHOLE: f64 = 1e-6;

/// The distinct values of a time variable, ascending, and the one of each row.
#[derive(Clone, Debug, PartialEq)]
pub struct Periods {
    /// The time variable.
    pub name: String,
    /// A code per row, ascending with time.
    pub factor: DenseFactor,
    /// The value of each code.
    pub values: Vec<f64>,
}

/// Periods without a common step.
#[derive(Clone, Debug, PartialEq)]
pub struct UnequalPeriods {
    /// The time variable.
    pub variable: String,
    /// A value that is no whole number of steps from the first.
    pub between: f64,
}

impl Periods {
    /// The periods of a column of times.
    pub fn of(time: &Variable) -> Periods {
        let mut values: Vec<f64> = time.values.to_vec();
        values.par_sort_unstable_by(f64::total_cmp);
        values.dedup();
        let code: HashMap<u64, u32> =
            values.iter().enumerate().map(|(code, value)| (value.to_bits(), code as u32)).collect();
        let codes = time.values.iter().map(|value| code.get(&value.to_bits()).copied().unwrap_or(0)).collect();
        let origin = Arc::new((0..values.len() as u32).collect());
        let factor = DenseFactor { codes: Arc::new(codes), n_levels: values.len(), origin };
        Periods { name: time.name.clone(), factor, values }
    }

    /// T.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no period at all.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Of each period, the steps since the first; a step is the smallest distance between two periods, so that gaps are
    /// gaps: 1990, 1995 and 2005 are 0, 1 and 3.
    ///
    /// # Errors
    /// [`UnequalPeriods`] if a period is no whole number of steps from the first.
    pub fn steps(&self) -> Result<Vec<i64>, UnequalPeriods> {
        let first = self.values.first().copied().unwrap_or(0.0);
        let step = self.values.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
        let whole = |value: &f64| {
            let exact = if step.is_finite() { (value - first) / step } else { 0.0 };
            if (exact - exact.round()).abs() > WHOLE {
                return Err(UnequalPeriods { variable: self.name.clone(), between: *value });
            }
            Ok(exact.round() as i64)
        };
        self.values.iter().map(whole).collect()
    }
}
