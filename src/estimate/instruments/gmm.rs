//! [`Gmm`]: two-step, iterated and continuously updated GMM (Hansen 1982; Hansen, Heaton and Yaron 1996).
//!
//! The first step is two-stage least squares; each further step weights the moments with the inverse of their covariance
//! at the residuals of the step before. The influence is that of the last step, so that the covariance is a sandwich
//! that stays valid when the weights are not those of the errors.

use nalgebra::{DMatrix, DVector};

use super::assemble::{Solution, assemble};
use super::columns::InstrumentedColumns;
use super::continuous;
use super::moments::{Minimum, Moments};
use crate::absorb::AbsorberCache;
use crate::design::DesignMatrix;
use crate::estimate::{Estimate, EstimateError, Estimator};
use crate::vcov::Errors;

/// Most iterations of the iterated estimator.
const MOST_ITERATIONS: usize = 1000;

/// Relative step at which the iterated estimator has settled.
const SETTLED: f64 = 1e-12;

/// How often the weights are renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GmmSteps {
    /// This many steps, of which the first is two-stage least squares.
    Fixed(usize),
    /// Until the coefficients settle.
    Iterated,
    /// Weights and coefficients together: the minimum of `g(b)'S(b)^-1 g(b)`.
    Continuous,
}

/// Efficient GMM with linear moments.
#[derive(Clone, Debug, PartialEq)]
pub struct Gmm {
    /// How often the weights are renewed.
    pub steps: GmmSteps,
    /// The errors under which the moments are weighted.
    pub weights: Errors,
}

/// The objective of GMM at its minimum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objective {
    /// J: chi-squared with `df` degrees of freedom if the moments hold.
    pub value: f64,
    /// Moments less coefficients.
    pub df: usize,
    /// Steps made.
    pub iterations: usize,
}

impl Estimator for Gmm {
    fn fit(&self, design: &DesignMatrix, cache: &AbsorberCache) -> Result<Estimate, EstimateError> {
        Ok(self.fit_with_objective(design, cache)?.0)
    }
}

impl Gmm {
    /// Estimates the model and returns J with it.
    ///
    /// # Errors
    /// Those of [`InstrumentedColumns::of`], [`EstimateError::MomentsSingular`], [`EstimateError::GmmNotSettled`].
    pub fn fit_with_objective(
        &self,
        design: &DesignMatrix,
        cache: &AbsorberCache,
    ) -> Result<(Estimate, Objective), EstimateError> {
        let columns = InstrumentedColumns::of(design, cache)?;
        let moments = Moments::of(design, &columns);
        let mut at = first_step(&columns, &moments)?;
        let mut iterations = 1;
        let (least, most) = match self.steps {
            GmmSteps::Fixed(steps) => (steps, steps),
            GmmSteps::Iterated => (2, MOST_ITERATIONS),
            GmmSteps::Continuous => (2, 2),
        };
        let mut step = f64::INFINITY;
        while iterations < least || (iterations < most && step > SETTLED) {
            let next = self.step(design, &moments, &at.coefficients)?;
            step = (&next.coefficients - &at.coefficients).norm() / next.coefficients.norm().max(f64::MIN_POSITIVE);
            at = next;
            iterations += 1;
        }
        if self.steps == GmmSteps::Iterated && step > SETTLED.sqrt() {
            return Err(EstimateError::GmmNotSettled { iterations, step });
        }
        if self.steps == GmmSteps::Continuous {
            let (coefficients, rounds) = continuous::minimise(design, &moments, &self.weights, &at)?;
            let weighted = self.step(design, &moments, &coefficients)?;
            iterations = rounds;
            at = Minimum { coefficients, ..weighted };
        }
        let value = if iterations == 1 { f64::NAN } else { self.value(design, &moments, &at)? };
        let objective = Objective { value, df: moments.overidentified_by(), iterations };
        let solution = solution(&moments, at, columns.outcome_mean(design));
        // As many moments as coefficients are two-stage least squares; the weights of more have no bound (see `accuracy`).
        let is_exact = columns.overidentified_by() == 0;
        let error = is_exact.then(|| columns.coefficient_error(design, &solution.residuals, (1.0, false))).flatten();
        let mut estimate = assemble(design, columns, solution)?;
        estimate.convergence.coefficient_error = error;
        Ok((estimate, objective))
    }

    /// The step from some coefficients.
    fn step(&self, design: &DesignMatrix, moments: &Moments, b: &DVector<f64>) -> Result<Minimum, EstimateError> {
        let inverse = moments.covariance(design, &self.weights, moments.residuals(b))?;
        moments.minimise(&inverse, None).ok_or_else(|| singular(design, moments, &self.weights))
    }

    /// J: with the weights of the last step; of the continuously updated estimator with those at the coefficients.
    fn value(&self, design: &DesignMatrix, moments: &Moments, at: &Minimum) -> Result<f64, EstimateError> {
        if self.steps != GmmSteps::Continuous {
            return Ok(at.value);
        }
        let inverse = moments.covariance(design, &self.weights, moments.residuals(&at.coefficients))?;
        continuous::value(moments, &inverse, &at.coefficients).ok_or_else(|| singular(design, moments, &self.weights))
    }
}

/// Two-stage least squares as GMM with the weights `(Z'WZ)^-1`.
fn first_step(columns: &InstrumentedColumns, moments: &Moments) -> Result<Minimum, EstimateError> {
    moments.minimise(&moments.gram, None).ok_or_else(|| EstimateError::NotIdentified {
        endogenous: columns.endogenous.iter().map(|c| c.name.clone()).collect(),
    })
}

pub(super) fn singular(design: &DesignMatrix, moments: &Moments, weights: &Errors) -> EstimateError {
    let clusters = match weights {
        Errors::Cluster(names) | Errors::Adjusted(_, names) => {
            design.clusters.iter().filter(|c| names.contains(&c.name)).map(|c| c.factor.n_levels).min()
        }
        _ => None,
    };
    EstimateError::MomentsSingular { moments: moments.instruments.len(), clusters }
}

fn solution(moments: &Moments, at: Minimum, outcome_mean: f64) -> Solution {
    let residuals = moments.residuals(&at.coefficients);
    let inverse: DMatrix<f64> = &at.bread * &moments.gram * at.bread.transpose();
    let mut coefficients = at.coefficients;
    // The mean is zero where there is no constant to add it to.
    if let Some(constant) = coefficients.get_mut(0) {
        *constant += outcome_mean;
    }
    Solution { coefficients, columns: moments.instruments.clone(), residuals, bread: at.bread, inverse }
}

impl InstrumentedColumns {
    /// What centring took from the outcome.
    fn outcome_mean(&self, design: &DesignMatrix) -> f64 {
        if design.intercept { self.working.outcome.mean } else { 0.0 }
    }
}
