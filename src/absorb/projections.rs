//! [`Projections`]: one effect is projected out exactly, the others by conjugate gradients on their Schur complement.
//!
//! With the eliminated effect's projection `M1` and the other effects `D2` the residual of a column is `v - D2 a` net of
//! the eliminated effect, where `a` solves `D2'W M1 D2 a = D2'W M1 v`: symmetric alternating projections in the space of
//! coefficients instead of rows (methods: Correia 2017; for two effects the iterates are those of symmetric Kaczmarz
//! sweeps with conjugate gradient acceleration). One iteration reads the codes once and no vector of the length of the
//! sample.
//!
//! Three stages, each of which starts from what the one before it left:
//!
//! 1. The diagonal as preconditioner: enough where levels are well connected. The rate is watched from the eighth iteration
//!    on, and if the iterations still to come cost more than
//! 2. forming and factorising the Schur complements of the large effects (`Preconditioner`), that is done: direct for two
//!    effects whose graph is a chain, and a few iterations otherwise. If that is too dear (large groups on both sides), or
//!    crawls too (three or more large effects that are barely connected),
//! 3. [`Schwarz`] takes over.
//!
//! All costs are counted in visits of a row by an effect and no clock is read, so that a column takes the same way on any
//! machine; the decision is each column's own. The error of a column is the error that conjugate gradients minimise,
//! estimated from how it decreases (`watch`).

use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::degrees::AbsorbedDegrees;
use super::effects::Effects;
use super::error::AbsorbError;
use super::gradients::{conjugate_gradients, dots};
use super::layout::Layout;
use super::preconditioner::Preconditioner;
use super::schwarz::Schwarz;
use super::settings::SolverChoice;
use super::term::reorder;
use super::watch::{Ending, Patience};
use super::{Absorber, Absorption, Solver};
use crate::estimate::Convergence;
use crate::linalg::weighted_dot;

/// Largest group mean left, relative to the column's scale, that a converged column may have.
pub(super) const LARGEST_MEAN: f64 = 1e-6;

/// Rows under which a slow rate does not matter: all iterations together take less than setting up another method.
const SMALL_SAMPLE: usize = 20_000;

/// Passes over the rows that setting up and running [`Schwarz`] costs.
const SCHWARZ_PASSES: f64 = 300.0;

/// Iterations that are expected with a factorised preconditioner.
const FACTORISED_ITERATIONS: f64 = 15.0;

/// What one of them takes, in iterations without: seen on sparse mobility, where a Schur complement has too much fill to
/// be used whole.
const FACTORISED_ITERATION: f64 = 3.0;

/// Columns that share passes over the rows.
const LANES: usize = 4;

/// Runs on one column, each from the recomputed residual, which undoes the drift of the recurrences.
const RUNS: usize = 3;

/// The projection described in the module head.
pub struct Projections {
    pub(super) effects: Effects,
    degrees: AbsorbedDegrees,
    pub(super) layout: Layout,
    pub(super) diagonal: Preconditioner,
    pub(super) factorised: OnceLock<Preconditioner>,
    pub(super) schwarz: OnceLock<Result<Schwarz, AbsorbError>>,
}

/// Where a column stands.
pub(super) struct State {
    /// Norm of the column as it came.
    before: f64,
    /// Error aimed at.
    pub(super) goal: f64,
    pub(super) iterations: usize,
    pub(super) ending: Ending,
    pub(super) error: f64,
    solver: Solver,
    switched_after: Option<usize>,
    /// Whether the residual is recomputed after a run, to bound the error from below.
    is_checked: bool,
    /// `D2'W v`, recomputed.
    products: Vec<f64>,
}

impl State {
    /// A column of a norm, net of the eliminated effect, whose error is to be so small.
    pub(super) fn aiming_at(goal: f64, before: f64) -> State {
        State {
            before,
            goal,
            iterations: 0,
            ending: Ending::Stalled,
            error: 0.0,
            solver: Solver::Projections,
            switched_after: None,
            is_checked: true,
            products: Vec::new(),
        }
    }

    /// The same whose error is taken from the iteration alone: a step on the way.
    pub(super) fn unchecked(self) -> State {
        State { is_checked: false, ..self }
    }
}

impl Projections {
    /// Sorts the rows and prepares the effects.
    ///
    /// # Errors
    /// [`AbsorbError::NoEffect`] if there is none.
    pub fn new(effects: &Effects) -> Result<Projections, AbsorbError> {
        let (layout, degrees) = rayon::join(|| Layout::new(effects), || AbsorbedDegrees::of(effects));
        let layout = layout.ok_or(AbsorbError::NoEffect)?;
        Ok(Projections {
            effects: effects.clone(),
            degrees,
            diagonal: Preconditioner::diagonal(&layout),
            layout,
            factorised: OnceLock::new(),
            schwarz: OnceLock::new(),
        })
    }

    /// The stages after the elimination, for columns in the layout's order.
    pub(super) fn solve(&self, columns: &mut [&mut [f64]], states: &mut [State]) -> Result<(), AbsorbError> {
        let settings = &self.effects.settings;
        let most = settings.iterations;
        let forever = f64::INFINITY;
        let is_small = self.layout.n_rows() < SMALL_SAMPLE;
        let too_many = if is_small { forever } else { SCHWARZ_PASSES };
        let cost = Preconditioner::cost(&self.layout)
            .map(|cost| cost / self.layout.pass() + FACTORISED_ITERATION * FACTORISED_ITERATIONS);
        let affordable = cost.filter(|&cost| cost <= too_many);
        let first = Patience { first_look: 8, remaining: affordable.unwrap_or(too_many), most };
        let second = Patience { first_look: 12, remaining: too_many, most };
        match settings.solver {
            SolverChoice::Projections => {
                self.iterate(&self.diagonal, &Patience { remaining: forever, ..first }, columns, states);
            }
            SolverChoice::Direct => {
                self.factorise(&Patience { remaining: forever, ..second }, columns, states);
            }
            SolverChoice::Schwarz => {
                states.iter_mut().for_each(|state| state.ending = Ending::Stalled);
            }
            SolverChoice::Auto => {
                self.iterate(&self.diagonal, &first, columns, states);
                if affordable.is_some() {
                    self.factorise(&second, columns, states);
                }
            }
        }
        self.finish(columns, states)
    }

    /// Second stage.
    fn factorise(&self, patience: &Patience, columns: &mut [&mut [f64]], states: &mut [State]) {
        if states.iter().all(|state| state.ending != Ending::Stalled) {
            return;
        }
        states.iter_mut().filter(|state| state.ending == Ending::Stalled).for_each(|s| s.solver = Solver::Factorised);
        self.iterate(self.factorised(), patience, columns, states);
    }

    /// The factorised preconditioner.
    fn factorised(&self) -> &Preconditioner {
        // Not `get_or_init`: making it runs on several threads, one of which might turn to another column that needs it
        // and wait for itself. Two threads may make it; they make the same.
        if self.factorised.get().is_none() {
            let _ = self.factorised.set(Preconditioner::factorise(&self.layout));
        }
        self.factorised.get().unwrap_or(&self.diagonal)
    }

    /// Conjugate gradients on the columns that are not done, some at once.
    pub(super) fn iterate(
        &self,
        by: &Preconditioner,
        patience: &Patience,
        columns: &mut [&mut [f64]],
        states: &mut [State],
    ) {
        let mut open: Vec<(&mut [f64], &mut State)> = columns
            .iter_mut()
            .map(|column| &mut **column)
            .zip(states)
            .filter(|(_, state)| state.ending == Ending::Stalled)
            .collect();
        open.par_chunks_mut(LANES).for_each(|block| match block {
            [a, b, c, d] => self.run([a, b, c, d], by, patience),
            [a, b, c] => self.run([a, b, c], by, patience),
            [a, b] => self.run([a, b], by, patience),
            [a] => self.run([a], by, patience),
            _ => {}
        });
    }

    fn run<const K: usize>(
        &self,
        mut lanes: [&mut (&mut [f64], &mut State); K],
        by: &Preconditioner,
        patience: &Patience,
    ) {
        let right = self.layout.products::<K>(std::array::from_fn(|k| &*lanes[k].0));
        let goal = std::array::from_fn(|k| lanes[k].1.goal);
        let run = conjugate_gradients(&self.layout, by, right, goal, patience);
        let views = lanes.each_mut().map(|lane| &mut *lane.0);
        self.layout.subtract_fit(&run.solution, views);
        if lanes.iter().all(|lane| !lane.1.is_checked) {
            for (k, lane) in lanes.iter_mut().enumerate() {
                let state = &mut *lane.1;
                state.iterations += run.iterations[k];
                (state.ending, state.error) = (run.ending[k], run.error[k]);
            }
            return;
        }
        let left = self.layout.products::<K>(std::array::from_fn(|k| &*lanes[k].0));
        let energy = self.energy(by, &left);
        for (k, (column, state)) in lanes.iter_mut().map(|lane| (&mut lane.0, &mut lane.1)).enumerate() {
            state.iterations += run.iterations[k];
            state.ending = run.ending[k];
            // The recomputed residual is a lower bound.
            state.error = run.error[k].max(energy[k].sqrt());
            state.products = left.iter().map(|left| left[k]).collect();
            if run.ending[k] == Ending::Converged && energy[k].sqrt() > state.goal {
                self.refine(column, state, by, patience);
            }
        }
    }

    /// Further runs on a column whose recomputed residual is not there yet.
    fn refine(&self, column: &mut [f64], state: &mut State, by: &Preconditioner, patience: &Patience) {
        for _ in 1..RUNS {
            let right = state.products.iter().map(|&p| [p]).collect();
            let run = conjugate_gradients(&self.layout, by, right, [state.goal], patience);
            self.layout.subtract_fit(&run.solution, [&mut *column]);
            let left = self.layout.products([&*column]);
            let energy = self.energy(by, &left)[0];
            state.iterations += run.iterations[0];
            (state.ending, state.error) = (run.ending[0], run.error[0].max(energy.sqrt()));
            state.products = left.into_iter().map(|left| left[0]).collect();
            if state.ending != Ending::Converged || energy.sqrt() <= state.goal {
                break;
            }
        }
    }

    /// `r'Pr`: the squared error as the preconditioner sees it.
    fn energy<const K: usize>(&self, by: &Preconditioner, r: &[[f64; K]]) -> [f64; K] {
        let mut z = vec![[0.0; K]; r.len()];
        by.apply(&self.layout, r, &mut z);
        dots(r, &z).map(|energy| energy.max(0.0))
    }

    /// What each effect explains of a column that they explain together; in the order of the effects and of the sample.
    pub(super) fn parts(&self, explained: &[f64]) -> Result<Vec<Vec<f64>>, AbsorbError> {
        let expected = self.effects.n_rows();
        if explained.len() != expected {
            return Err(AbsorbError::LengthDiffers { rows: explained.len(), expected });
        }
        let mut left = reorder(explained, self.layout.order.as_deref());
        let state = self.start(&mut left);
        let mut coefficients = vec![0.0; self.layout.diagonal.len()];
        let (mut iterations, mut ending) = (0, Ending::Converged);
        let most = self.effects.settings.iterations;
        let mut patience = Patience { first_look: 8, remaining: 2.0 * FACTORISED_ITERATIONS, most };
        let mut by = &self.diagonal;
        for _ in 0..2 * RUNS {
            if self.layout.others.is_empty() {
                break;
            }
            let run = conjugate_gradients(&self.layout, by, self.layout.products([&left]), [state.goal], &patience);
            self.layout.subtract_fit(&run.solution, [&mut left]);
            coefficients.iter_mut().zip(&run.solution).for_each(|(sum, [step])| *sum += step);
            (ending, iterations) = (run.ending[0], iterations + run.iterations[0]);
            match ending {
                Ending::Converged if run.iterations[0] == 0 => break,
                Ending::Converged => {}
                Ending::Exhausted => break,
                Ending::Stalled => {
                    by = self.factorised();
                    patience.remaining = f64::INFINITY;
                }
            }
        }
        if ending != Ending::Converged {
            let scale = state.before / (expected as f64).sqrt();
            let residual = self.layout.largest_mean(&left, std::iter::empty()) / scale;
            return Err(AbsorbError::NotConverged { effects: self.effects.names(), iterations, residual });
        }
        let mut parts: Vec<Vec<f64>> =
            self.layout.fitted_by_effect(&coefficients).iter().map(|part| self.unsorted(part)).collect();
        let rest = |row: usize| explained[row] - parts.iter().map(|part| part[row]).sum::<f64>();
        let head = (0..expected).map(rest).collect();
        parts.insert(self.layout.head_position, head);
        Ok(parts)
    }

    /// Third stage.
    fn finish(&self, columns: &mut [&mut [f64]], states: &mut [State]) -> Result<(), AbsorbError> {
        let open: Vec<usize> = (0..states.len()).filter(|&i| states[i].ending == Ending::Stalled).collect();
        if open.is_empty() {
            return Ok(());
        }
        let mut own: Vec<Vec<f64>> = open.iter().map(|&i| self.unsorted(columns[i])).collect();
        let mut views: Vec<&mut [f64]> = own.iter_mut().map(Vec::as_mut_slice).collect();
        let ended = self.schwarz()?.project_all(&mut views)?;
        for ((&i, values), convergence) in open.iter().zip(&own).zip(ended) {
            columns[i].copy_from_slice(&reorder(values, self.layout.order.as_deref()));
            let state = &mut states[i];
            state.switched_after =
                Some(state.iterations).filter(|_| self.effects.settings.solver != SolverChoice::Schwarz);
            state.iterations += convergence.iterations;
            state.solver = Solver::Schwarz;
            state.ending = if convergence.converged { Ending::Converged } else { Ending::Exhausted };
            let left = self.layout.products([&*columns[i]]);
            state.error = self.energy(self.factorised.get().unwrap_or(&self.diagonal), &left)[0].sqrt();
            state.products = left.into_iter().map(|left| left[0]).collect();
        }
        Ok(())
    }

    /// A column in the order of the sample.
    pub(super) fn unsorted(&self, sorted: &[f64]) -> Vec<f64> {
        let Some(order) = &self.layout.order else { return sorted.to_vec() };
        let mut out = vec![0.0; sorted.len()];
        order.iter().zip(sorted).for_each(|(&row, value)| out[row as usize] = *value);
        out
    }

    /// The third engine, built when it is first needed.
    ///
    /// It is built on a thread of its own: a worker that waited inside the pool could pick up another column that waits
    /// for the same engine.
    fn schwarz(&self) -> Result<&Schwarz, AbsorbError> {
        let build = || {
            // The weights are those of the layout, which may have changed since the effects came.
            let weights = self.layout.weights.as_deref().map(|weights| Arc::new(self.unsorted(weights)));
            Schwarz::new(&Effects { weights, ..self.effects.clone() })
        };
        let built = self.schwarz.get_or_init(|| {
            std::thread::scope(|scope| scope.spawn(build).join()).unwrap_or_else(|_| {
                Err(AbsorbError::SetUp { effects: self.effects.names(), reason: "the solver stopped".to_string() })
            })
        });
        built.as_ref().map_err(Clone::clone)
    }

    /// Takes the eliminated effect out and sets the goal.
    pub(super) fn start(&self, column: &mut [f64]) -> State {
        let weights = self.layout.weights.as_deref();
        let norm = |v: &[f64]| weighted_dot(v, v, weights).sqrt();
        let before = norm(column);
        self.layout.remove_head(column);
        // A column that the eliminated effect spans leaves rounding, which is no target.
        let goal = (self.effects.settings.tolerance * norm(column)).max(1e-15 * before);
        State::aiming_at(goal, before)
    }

    fn end(&self, column: &[f64], state: State) -> Result<Absorption, AbsorbError> {
        let total = self.layout.weights.as_ref().map_or(column.len() as f64, |w| w.iter().sum());
        let scale = state.before / total.sqrt();
        let mean = self.layout.largest_mean(column, state.products.iter().copied());
        let residual = if scale > 0.0 { mean / scale } else { 0.0 };
        let converged = state.ending == Ending::Converged && residual <= LARGEST_MEAN;
        if !converged && !self.effects.settings.accept_unconverged {
            return Err(AbsorbError::NotConverged {
                effects: self.effects.names(),
                iterations: state.iterations,
                residual,
            });
        }
        Ok(Absorption {
            convergence: Convergence {
                iterations: state.iterations,
                residual,
                converged,
                coefficient_error: None,
                solver: state.solver.to_string(),
            },
            solver: state.solver,
            switched_after: state.switched_after,
            // What rounding alone leaves is an error too.
            error: state.error.max(f64::EPSILON * state.before),
        })
    }
}

/// Puts the rows of columns in another order, with room for one column per thread.
fn permute(columns: &mut [&mut [f64]], put: impl Fn(&[f64], &mut Vec<f64>) + Sync) {
    columns.par_iter_mut().for_each_init(Vec::new, |moved, column| {
        moved.clear();
        put(column, moved);
        column.copy_from_slice(moved);
    });
}

impl Absorber for Projections {
    fn absorb_all(&self, columns: &mut [&mut [f64]]) -> Result<Vec<Absorption>, AbsorbError> {
        let expected = self.effects.n_rows();
        if let Some(column) = columns.iter().find(|column| column.len() != expected) {
            return Err(AbsorbError::LengthDiffers { rows: column.len(), expected });
        }
        let order = self.layout.order.as_deref();
        if let Some(order) = order {
            permute(columns, |column, moved| moved.extend(order.iter().map(|&row| column[row as usize])));
        }
        let mut states: Vec<State> = columns.par_iter_mut().map(|column| self.start(column)).collect();
        if self.layout.others.is_empty() {
            states.iter_mut().for_each(|state| {
                state.ending = Ending::Converged;
                state.solver = Solver::Means;
            });
        } else {
            self.solve(columns, &mut states)?;
        }
        let ended: Vec<Result<Absorption, AbsorbError>> =
            columns.par_iter().zip(states).map(|(column, state)| self.end(column, state)).collect();
        let ended = ended.into_iter().collect::<Result<Vec<_>, _>>()?;
        if let Some(order) = order {
            permute(columns, |column, moved| {
                moved.resize(column.len(), 0.0);
                order.iter().zip(column).for_each(|(&row, value)| moved[row as usize] = *value);
            });
        }
        Ok(ended)
    }

    fn degrees(&self) -> &AbsorbedDegrees {
        &self.degrees
    }
}
