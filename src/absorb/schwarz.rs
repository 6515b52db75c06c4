//! [`Schwarz`]: absorption by the `within` crate (LSMR preconditioned by additive Schwarz over pairs of effects).
//!
//! It converges fast where effects are barely connected and alternating projections crawl. Every column is solved on a
//! single thread with a fixed reduction, because only then is the crate reproducible to the bit; columns run in
//! parallel.

use rayon::prelude::*;
use within::{Design, Effect, LocalSolverConfig, LsmrOptions, PreconditionerConfig, ReductionStrategy};

use super::degrees::AbsorbedDegrees;
use super::effects::Effects;
use super::error::AbsorbError;
use super::projections::LARGEST_MEAN;
use super::{Absorber, Absorption, Solver};
use crate::estimate::Convergence;

/// Tolerance of one solve; a second one on what the first leaves follows until the residual is this small.
const TOLERANCE: f64 = 1e-12;

/// Most iterations of one solve.
const MOST_ITERATIONS: usize = 2_000;

/// Most solves on one column.
const ROUNDS: usize = 3;

/// Group means, relative to the column's scale, at which no further solve is made.
const GOOD: f64 = 1e-10;

/// The engine described in the module head.
pub struct Schwarz {
    solver: within::Solver<'static>,
    effects: Effects,
    degrees: AbsorbedDegrees,
}

impl Schwarz {
    /// Factorises the preconditioner.
    ///
    /// # Errors
    /// [`AbsorbError::SetUp`] if the crate refuses the effects.
    pub fn new(effects: &Effects) -> Result<Schwarz, AbsorbError> {
        let refused = |reason: String| AbsorbError::SetUp { effects: effects.names(), reason };
        let solver = alone(|| {
            let terms = effects
                .terms
                .iter()
                .map(|term| {
                    let slopes = term.slopes.iter().map(|slope| slope.as_slice());
                    Effect::new(&term.factor.codes, !term.slopes_only, slopes)
                })
                .collect::<Result<Vec<_>, _>>()
                .map_err(|e| e.to_string())?;
            let design = Design::new(terms).map_err(|e| e.to_string())?.into_owned();
            let preconditioner = PreconditionerConfig::Additive {
                local_solver: LocalSolverConfig::default(),
                reduction: ReductionStrategy::AtomicScatter,
            };
            let weights = effects.weights.as_ref().map(|weights| weights.as_slice());
            within::Solver::new(design, weights, preconditioner).map_err(|e| e.to_string())
        });
        let solver = solver.and_then(|built| built).map_err(refused)?;
        Ok(Schwarz { solver, effects: effects.clone(), degrees: AbsorbedDegrees::of(effects) })
    }

    /// Projects columns; whether each converged is in its record.
    pub(super) fn project_all(&self, columns: &mut [&mut [f64]]) -> Result<Vec<Convergence>, AbsorbError> {
        columns.par_iter_mut().map(|column| self.solve(column)).collect()
    }

    fn solve(&self, column: &mut [f64]) -> Result<Convergence, AbsorbError> {
        let scale = rms(column);
        let maxiter = self.effects.settings.iterations.min(MOST_ITERATIONS);
        let options = LsmrOptions { tol: TOLERANCE, maxiter, local_size: Some(10) };
        let mut iterations = 0;
        let mut residual = f64::INFINITY;
        for _ in 0..ROUNDS {
            let solved = alone(|| self.solver.solve(column, &options)).map(|s| s.map_err(|e| e.to_string()));
            let solved = solved
                .and_then(|s| s)
                .map_err(|reason| AbsorbError::SetUp { effects: self.effects.names(), reason })?;
            column.copy_from_slice(&solved.demeaned);
            iterations += solved.iterations;
            residual = if scale > 0.0 { largest_mean(&self.effects, column) / scale } else { 0.0 };
            if residual <= GOOD {
                break;
            }
        }
        Ok(Convergence {
            iterations,
            residual,
            converged: residual <= LARGEST_MEAN,
            coefficient_error: None,
            solver: Solver::Schwarz.to_string(),
        })
    }
}

impl Absorber for Schwarz {
    fn absorb_all(&self, columns: &mut [&mut [f64]]) -> Result<Vec<Absorption>, AbsorbError> {
        let expected = self.effects.n_rows();
        if let Some(column) = columns.iter().find(|column| column.len() != expected) {
            return Err(AbsorbError::LengthDiffers { rows: column.len(), expected });
        }
        let scales: Vec<f64> = columns.iter().map(|column| rms(column)).collect();
        let accept = |(convergence, scale): (Convergence, f64)| {
            let Convergence { iterations, residual, converged, .. } = convergence;
            if !converged && !self.effects.settings.accept_unconverged {
                return Err(AbsorbError::NotConverged { effects: self.effects.names(), iterations, residual });
            }
            // All group means at the largest one left: a guess, for there is no estimate of the error itself here.
            let error = residual * scale * (expected as f64).sqrt();
            Ok(Absorption { convergence, solver: Solver::Schwarz, switched_after: None, error })
        };
        self.project_all(columns)?.into_iter().zip(scales).map(accept).collect()
    }

    fn degrees(&self) -> &AbsorbedDegrees {
        &self.degrees
    }
}

/// Runs work on a single-threaded pool, from a thread that is no worker of another pool.
fn alone<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().map_err(|e| e.to_string())?;
    let pool = &pool;
    std::thread::scope(|scope| scope.spawn(move || pool.install(work)).join())
        .map_err(|_| "the solver stopped".to_string())
}

fn rms(v: &[f64]) -> f64 {
    (crate::linalg::dot(v, v) / v.len().max(1) as f64).sqrt()
}

/// The largest (weighted) group mean of a column, or of its product with a slope relative to the slope's scale.
fn largest_mean(effects: &Effects, column: &[f64]) -> f64 {
    let weight = |i: usize| effects.weights.as_ref().map_or(1.0, |w| w[i]);
    let mut largest = 0.0f64;
    for term in &effects.terms {
        let mut look = |value: &dyn Fn(usize) -> f64| {
            let mut sums = vec![(0.0f64, 0.0f64); term.factor.n_levels];
            for (i, (&code, v)) in term.factor.codes.iter().zip(column).enumerate() {
                let slot = &mut sums[code as usize];
                slot.0 += weight(i) * value(i) * v;
                slot.1 += weight(i) * value(i).abs();
            }
            for (product, size) in sums {
                if size > 0.0 {
                    largest = largest.max(product.abs() / size);
                }
            }
        };
        if !term.slopes_only {
            look(&|_| 1.0);
        }
        for slope in &term.slopes {
            look(&|i| slope[i]);
        }
    }
    largest
}
