//! [`Reweighted`]: the projections of [`Projections`] with weights that change, as an iteration of Newton's method on a
//! likelihood changes them.
//!
//! Rows are sorted once, and columns stay in that order ([`Reweighted::arrange`], [`Reweighted::restore`]) between projections.
//! A column that was net of the effects under the last weights is a good start for the new ones, since what was taken out of
//! it lies in the effects' space whatever the weights; and a factorisation made for weights of before still serves as a
//! preconditioner until the rate says otherwise.

use rayon::prelude::*;

use super::Absorber;
use super::degrees::AbsorbedDegrees;
use super::effects::Effects;
use super::error::AbsorbError;
use super::preconditioner::Preconditioner;
use super::projections::{Projections, State};
use super::settings::SolverChoice;
use super::term::reorder;
use super::watch::{Ending, Patience};

/// Iterations with a factorisation of before that are cheaper than a new one.
const STALE_ITERATIONS: f64 = 40.0;

/// See the module head.
pub struct Reweighted {
    projections: Projections,
    /// A factorisation for weights of before.
    stale: Option<Preconditioner>,
}

/// How the projection of one column ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Swept {
    /// Iterations.
    pub iterations: usize,
    /// Error of the residual column, estimated: the weighted norm of its part in the space of the effects.
    pub error: f64,
    /// Whether that is what was aimed at.
    pub converged: bool,
}

impl Reweighted {
    /// Sorts the rows.
    ///
    /// # Errors
    /// [`AbsorbError::NoEffect`] if there is none.
    pub fn new(effects: &Effects) -> Result<Reweighted, AbsorbError> {
        Ok(Reweighted { projections: Projections::new(effects)?, stale: None })
    }

    /// Parameters that the effects use up.
    pub fn degrees(&self) -> &AbsorbedDegrees {
        self.projections.degrees()
    }

    /// A column of the sample in the order of the projections.
    pub fn arrange(&self, column: &[f64]) -> Vec<f64> {
        reorder(column, self.projections.layout.order.as_deref())
    }

    /// A column in the order of the sample again.
    pub fn restore(&self, column: Vec<f64>) -> Vec<f64> {
        if self.projections.layout.order.is_none() { column } else { self.projections.unsorted(&column) }
    }

    /// Takes other weights, positive, in the order of the projections.
    pub fn weigh(&mut self, weights: &[f64]) {
        let Projections { layout, diagonal, factorised, schwarz, .. } = &mut self.projections;
        layout.reweigh(weights);
        *diagonal = Preconditioner::diagonal(layout);
        if let Some(factor) = factorised.take() {
            self.stale = Some(factor);
        }
        schwarz.take();
    }

    /// The fault of a column that did not converge.
    pub fn not_converged(&self, column: &Swept) -> AbsorbError {
        let effects = self.projections.effects.names();
        AbsorbError::NotConverged { effects, iterations: column.iterations, residual: column.error }
    }

    /// Projects columns, in the order of the projections, until the error of each (its weighted norm) is under its goal.
    ///
    /// # Errors
    /// Those of the third engine, where it is called upon.
    pub fn sweep(&mut self, columns: &mut [&mut [f64]], goals: &[f64]) -> Result<Vec<Swept>, AbsorbError> {
        self.project(columns, goals.iter().map(|&goal| State::aiming_at(goal, f64::NAN)).collect())
    }

    /// The same without recomputing the residual at the end, which saves a pass over the rows: for steps whose errors the next ones mend.
    ///
    /// # Errors
    /// As [`Reweighted::sweep`].
    pub fn sweep_on_the_way(&mut self, columns: &mut [&mut [f64]], goals: &[f64]) -> Result<Vec<Swept>, AbsorbError> {
        self.project(columns, goals.iter().map(|&goal| State::aiming_at(goal, f64::NAN).unchecked()).collect())
    }

    fn project(&mut self, columns: &mut [&mut [f64]], mut states: Vec<State>) -> Result<Vec<Swept>, AbsorbError> {
        let layout = &self.projections.layout;
        columns.par_iter_mut().for_each(|column| layout.remove_head(column));
        if layout.others.is_empty() {
            return Ok(states.iter().map(|_| Swept { iterations: 0, error: 0.0, converged: true }).collect());
        }
        if let Some(stale) = self.stale.take_if(|_| self.projections.effects.settings.solver == SolverChoice::Auto) {
            let most = self.projections.effects.settings.iterations;
            let patience = Patience { first_look: 12, remaining: STALE_ITERATIONS, most };
            self.projections.iterate(&stale, &patience, columns, &mut states);
            if states.iter().all(|state| state.ending == Ending::Converged) {
                self.stale = Some(stale);
            } else {
                // A new one will be made: exhausted lanes are tried again with it.
                states.iter_mut().filter(|s| s.ending != Ending::Converged).for_each(|s| s.ending = Ending::Stalled);
            }
        }
        self.projections.solve(columns, &mut states)?;
        let swept = |state: &State| Swept {
            iterations: state.iterations,
            error: state.error,
            converged: state.ending == Ending::Converged,
        };
        Ok(states.iter().map(swept).collect())
    }
}
