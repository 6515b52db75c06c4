//! [`System`]: several outcomes of the same rows estimated together, their errors correlated (seemingly unrelated regressions).
//!
//! With the equations `y_m = X_m b_m + e_m` and `E e_m e_m' = σ_mm' I` the coefficients are
//! `b = (X'(S^-1 ⊗ W)X)^-1 X'(S^-1 ⊗ W)y` with `S` from the residuals of least squares, or renewed until they settle (Zellner 1962;
//! Oberhofer and Kmenta 1974: the latter is maximum likelihood under normality). All equations have the same rows, weights and
//! absorbed effects, which may therefore be taken out first. Everything is solved from the cross products of the distinct
//! columns; the rows are passed over again for residuals alone.
//!
//! Covariances: the classical `(X'(S^-1 ⊗ W)X)^-1` (of least squares its sandwich with `S`), or any that can be had from the
//! influence of a row, which all equations share: `A^-1 Σ_m' σ^mm' x_m e_m'`.

mod record;
mod stacked;

use nalgebra::{DMatrix, DVector};

pub use record::{EquationRecord, SystemRecord};
use stacked::{Solution, Stacked};

use super::error::EstimateError;
use super::fit::{Coefficient, TestResult};
use crate::absorb::AbsorberCache;
use crate::design::DesignMatrix;
use crate::infer::instruments::distribution::upper_chi_squared;
use crate::note::Note;
use crate::vcov::{Errors, SmallSample, covariance};

/// Most renewals of the errors' covariance.
const MOST: usize = 1000;

/// How far, in standard errors, the last renewal may have moved a coefficient.
const SETTLED: f64 = 1e-9;

/// One equation of a system.
#[derive(Clone, Debug, PartialEq)]
pub struct Equation {
    /// What it is called.
    pub name: String,
    /// The outcome's name among the variables of the design.
    pub outcome: String,
    /// The regressors' names.
    pub terms: Vec<String>,
}

/// How often the covariance of the errors is renewed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SystemSteps {
    /// Never: least squares, with a covariance across equations.
    LeastSquares,
    /// Once, from the residuals of least squares.
    #[default]
    Two,
    /// Until the coefficients settle.
    Iterated,
}

/// What the products of residuals are divided by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Divisor {
    /// `sqrt((N - K_m)(N - K_m'))`, absorbed parameters counted (systemfit's default).
    #[default]
    Parameters,
    /// N (Stata's `sureg`, linearmodels).
    Rows,
}

/// A system of equations.
#[derive(Clone, Debug, PartialEq)]
pub struct System {
    /// The equations.
    pub equations: Vec<Equation>,
    /// How often the covariance is renewed.
    pub steps: SystemSteps,
    /// What it is divided by.
    pub divisor: Divisor,
}

/// Why a system cannot be estimated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SystemError {
    /// An outcome has no variation of its own.
    #[error("the outcome {outcome} of equation `{equation}` is explained by {by}: nothing is left to estimate")]
    OutcomeExplained {
        /// The equation.
        equation: String,
        /// The outcome.
        outcome: String,
        /// What explains it.
        by: String,
    },
    /// An equation has no regressor.
    #[error("equation `{equation}` has no regressor left: effects or other regressors explain all of them")]
    NothingLeft {
        /// The equation.
        equation: String,
    },
    /// The residuals' covariance is singular.
    #[error(
        "the residuals of the equations {} are linearly dependent: one outcome is a combination of others (shares that add up, for example); leave one equation out",
        .equations.join(", ")
    )]
    Dependent {
        /// The equations.
        equations: Vec<String>,
    },
    /// The coefficients did not settle.
    #[error(
        "the coefficients of the system still move by {step:.1e} standard errors after {iterations} steps: use two steps"
    )]
    NotSettled {
        /// Steps made.
        iterations: usize,
        /// The last step.
        step: f64,
    },
    /// Errors that need more than a row's influence.
    #[error(
        "a system takes iid, hc0, hc1, clustered, Newey-West, Driscoll-Kraay or Conley errors; {kind} errors need the leverages of each equation by itself"
    )]
    Errors {
        /// The errors asked for.
        kind: String,
    },
}

/// An estimated system.
#[derive(Clone, Debug)]
pub struct SystemEstimate {
    /// Coefficients `equation:term`, equation after equation.
    pub terms: Vec<String>,
    /// Their estimates.
    pub coefficients: DVector<f64>,
    /// Their covariance.
    pub covariance: DMatrix<f64>,
    /// Degrees of freedom of t; infinite for the normal distribution.
    pub df: f64,
    /// Per equation.
    pub equations: Vec<EquationRecord>,
    /// Covariance of the errors between equations, from the last residuals.
    pub sigma: DMatrix<f64>,
    /// Correlations of the residuals of least squares.
    pub correlations: DMatrix<f64>,
    /// That the equations' errors are uncorrelated.
    pub independence: TestResult,
    /// Steps after least squares.
    pub iterations: usize,
    /// Findings.
    pub notes: Vec<Note>,
}

impl System {
    /// Estimates the system on a design whose outcome and regressors are all outcomes and regressors of the equations.
    ///
    /// With iid errors the covariance is the classical one and tests are normal; other errors are those of the rows' joint
    /// influence, with the factors of clusters, lags and places in `rules` but none for parameters.
    ///
    /// # Errors
    /// [`SystemError`], and those of absorption and covariance.
    pub fn fit(
        &self,
        design: &DesignMatrix,
        (errors, rules): (&Errors, &SmallSample),
        cache: &AbsorberCache,
    ) -> Result<SystemEstimate, EstimateError> {
        let is_taken = match errors {
            Errors::Hc2 | Errors::Hc3 | Errors::Hc4 | Errors::Adjusted(..) | Errors::Plm(_) => false,
            Errors::Iid | Errors::Hc0 | Errors::Hc1 | Errors::Cluster(_) => true,
            Errors::NeweyWest(_) | Errors::DriscollKraay(_) | Errors::Conley(_) => true,
        };
        if !is_taken {
            return Err(SystemError::Errors { kind: errors.kind().to_string() }.into());
        }
        let stacked = Stacked::of(design, self, cache)?;
        let first = stacked.least_squares()?;
        let correlations = correlations(&stacked.residual_covariance(&first.residuals, Divisor::Rows));
        let independence = independence(&correlations, design.n_obs());
        let (solution, iterations) = self.solve(&stacked, first)?;
        let (covariance, df, notes) = if *errors == Errors::Iid {
            (stacked.classical(&solution, self.divisor), f64::INFINITY, Vec::new())
        } else {
            let estimate = stacked.estimate(&solution, self.divisor);
            // K is that of single equations; the counts of groups are the system's.
            let rules = SmallSample { adjust_k: false, ..*rules };
            let found = covariance(errors, &rules, design, &estimate)?;
            // Notes on leverage are those of single equations.
            let notes = found.notes.into_iter().filter(|note| matches!(note, Note::FewClusters { .. })).collect();
            (found.matrix, found.factors.df, notes)
        };
        let coefficients = stacked.coefficients(&solution);
        let sigma = stacked.residual_covariance(&solution.residuals, self.divisor);
        let terms = stacked.terms();
        let equations = stacked.records(&solution, |i: usize, term: &str| -> Coefficient {
            super::finish::coefficient(term, coefficients[i], covariance[(i, i)].max(0.0).sqrt(), df)
        });
        let notes = stacked.notes.into_iter().chain(notes).collect();
        Ok(SystemEstimate {
            terms,
            coefficients,
            covariance,
            df,
            equations,
            sigma,
            correlations,
            independence,
            iterations,
            notes,
        })
    }

    fn solve(&self, stacked: &Stacked<'_>, first: Solution) -> Result<(Solution, usize), SystemError> {
        let most = match self.steps {
            SystemSteps::LeastSquares => 0,
            SystemSteps::Two => 1,
            SystemSteps::Iterated => MOST,
        };
        let (mut at, mut step, mut iterations) = (first, f64::INFINITY, 0);
        while iterations < most && step > SETTLED {
            let next = stacked.generalised(&stacked.residual_covariance(&at.residuals, self.divisor))?;
            step = next.distance(&at);
            at = next;
            iterations += 1;
        }
        if self.steps == SystemSteps::Iterated && step > SETTLED {
            return Err(SystemError::NotSettled { iterations, step });
        }
        Ok((at, iterations))
    }
}

fn correlations(sigma: &DMatrix<f64>) -> DMatrix<f64> {
    let root = |m: usize| sigma[(m, m)].sqrt();
    DMatrix::from_fn(sigma.nrows(), sigma.nrows(), |m, l| sigma[(m, l)] / (root(m) * root(l)))
}

/// Breusch and Pagan's (1980) Lagrange multiplier: `N Σ_{m<l} r_ml²`.
fn independence(correlations: &DMatrix<f64>, n_obs: usize) -> TestResult {
    let m = correlations.nrows();
    let squares: f64 = (0..m).flat_map(|i| (0..i).map(move |j| (i, j))).map(|at| correlations[at].powi(2)).sum();
    let (statistic, df) = (n_obs as f64 * squares, (m * (m - 1) / 2) as f64);
    TestResult {
        test: "Breusch-Pagan independence of equations".into(),
        statistic,
        df1: Some(df),
        df2: None,
        p_value: Some(upper_chi_squared(statistic, df)),
        note: "the errors of the equations are uncorrelated (chi-squared, residuals of least squares)".into(),
    }
}
