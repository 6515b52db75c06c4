//! What results keep of a system.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::estimate::record as numbers;
use crate::estimate::{Coefficient, TestResult};
use crate::infer::record::Combination;
use crate::note::Note;
use crate::panel::Ledger;

/// A system of equations, estimated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SystemRecord {
    /// Its name.
    pub name: String,
    /// How: `least squares`, `two steps`, `iterated`.
    pub steps: String,
    /// Steps after least squares.
    pub iterations: usize,
    /// What products of residuals were divided by: `parameters`, `rows`.
    pub divisor: String,
    /// The errors: `classical`, or those of the models.
    pub errors: String,
    /// Observations of each equation.
    pub n_obs: usize,
    /// The equations.
    pub equations: Vec<EquationRecord>,
    /// Correlations of the residuals of least squares between equations.
    pub correlations: Vec<Vec<f64>>,
    /// Independence of the equations, and the study's hypotheses.
    pub tests: Vec<TestResult>,
    /// Combinations of coefficients.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub combinations: Vec<Combination>,
    /// How the rows that all equations have came about.
    pub ledger: Ledger,
    /// Findings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// One equation of a system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EquationRecord {
    /// The model that it is.
    pub equation: String,
    /// Its outcome.
    pub outcome: String,
    /// Its coefficients.
    pub coefficients: Vec<Coefficient>,
    /// One less the residuals' share of the outcome's squares, about the mean where there is a constant or effects.
    #[serde(with = "numbers::number")]
    #[schemars(with = "numbers::Number")]
    pub r_squared: f64,
    /// Root of the mean squared residual.
    #[serde(with = "numbers::number")]
    #[schemars(with = "numbers::Number")]
    pub rmse: f64,
}
