//! [`Sweep`]: takes absorbed effects, or the constant, out of columns under weights that change.

use crate::absorb::{AbsorbError, AbsorbedDegrees, Effects, Reweighted};
use crate::design::DesignMatrix;
use crate::estimate::working::mean;
use crate::linalg::sum;

/// What stands beside the regressors in the index.
pub(super) enum Sweep {
    /// Absorbed effects.
    Effects(Box<Reweighted>),
    /// A constant; the weights.
    Constant(Vec<f64>),
    /// Nothing.
    Nothing,
}

impl Sweep {
    /// That of a design.
    pub(super) fn of(design: &DesignMatrix) -> Result<Sweep, AbsorbError> {
        match Effects::of(design) {
            Some(effects) => Ok(Sweep::Effects(Box::new(Reweighted::new(&Effects { weights: None, ..effects })?))),
            None if design.intercept => Ok(Sweep::Constant(Vec::new())),
            None => Ok(Sweep::Nothing),
        }
    }

    /// A column of the sample in the order of the sweep.
    pub(super) fn arrange(&self, column: &[f64]) -> Vec<f64> {
        match self {
            Sweep::Effects(effects) => effects.arrange(column),
            _ => column.to_vec(),
        }
    }

    /// A column in the order of the sample again.
    pub(super) fn restore(&self, column: Vec<f64>) -> Vec<f64> {
        match self {
            Sweep::Effects(effects) => effects.restore(column),
            _ => column,
        }
    }

    /// Takes other weights.
    pub(super) fn weigh(&mut self, weights: &[f64]) {
        match self {
            Sweep::Effects(effects) => effects.weigh(weights),
            Sweep::Constant(own) => weights.clone_into(own),
            Sweep::Nothing => {}
        }
    }

    /// Takes effects or constant out of columns until the error of each is under its goal; the iterations of the slowest.
    pub(super) fn sweep(&mut self, columns: &mut [&mut [f64]], goals: &[f64]) -> Result<usize, AbsorbError> {
        self.project(columns, goals, true)
    }

    /// The same on the way to a maximum, where the errors of a step are mended by the next.
    pub(super) fn sweep_on_the_way(&mut self, columns: &mut [&mut [f64]], goals: &[f64]) -> Result<usize, AbsorbError> {
        self.project(columns, goals, false)
    }

    fn project(&mut self, columns: &mut [&mut [f64]], goals: &[f64], is_checked: bool) -> Result<usize, AbsorbError> {
        match self {
            Sweep::Effects(effects) => {
                let swept = if is_checked {
                    effects.sweep(columns, goals)?
                } else {
                    effects.sweep_on_the_way(columns, goals)?
                };
                let most = swept.iter().map(|column| column.iterations).max().unwrap_or(0);
                if let Some(open) = swept.iter().find(|column| !column.converged) {
                    return Err(effects.not_converged(open));
                }
                Ok(most)
            }
            Sweep::Constant(weights) => {
                // Twice: the mean of large numbers is rounded.
                for column in columns {
                    for _ in 0..2 {
                        let centre = mean(column, Some(weights));
                        column.iter_mut().for_each(|v| *v -= centre);
                    }
                }
                Ok(0)
            }
            Sweep::Nothing => Ok(0),
        }
    }

    /// The total weight, and the weighted means of columns, where there is a constant.
    pub(super) fn centre(&self, columns: &[&[f64]]) -> Option<(f64, Vec<f64>)> {
        let Sweep::Constant(weights) = self else { return None };
        Some((sum(weights), columns.iter().map(|column| mean(column, Some(weights))).collect()))
    }

    /// Parameters that the effects use up.
    pub(super) fn degrees(&self) -> Option<&AbsorbedDegrees> {
        match self {
            Sweep::Effects(effects) => Some(effects.degrees()),
            _ => None,
        }
    }
}
