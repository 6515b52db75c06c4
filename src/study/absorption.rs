//! The `absorption` of a model: how its effects are taken out, as typed and as checked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::absorb::{AbsorptionSettings, SolverChoice};

/// How absorbed effects are taken out.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
pub struct AbsorptionSection {
    /// What happens if a column does not converge.
    #[serde(default)]
    pub not_converged: NotConvergedName,
    /// The engine.
    #[serde(default)]
    pub solver: SolverName,
    /// Error of an absorbed column that is aimed at, relative to the column (default: 1e-11).
    #[serde(default)]
    pub tolerance: Option<f64>,
    /// Most iterations (default: 10000).
    #[serde(default)]
    pub iterations: Option<usize>,
}

/// `error` or `note`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotConvergedName {
    /// The model has no result.
    #[default]
    Error,
    /// The result carries the note `not_converged`.
    Note,
}

/// Engines that take effects out of columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SolverName {
    /// By the graph of the effects and the rate that is observed.
    #[default]
    Auto,
    /// Conjugate gradients on the projections, whatever their rate.
    Projections,
    /// Schwarz-preconditioned LSMR.
    Schwarz,
    /// Factorised Schur complements from the start: direct for two effects.
    Direct,
}

/// What can be wrong with an `absorption` table.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum AbsorptionFault {
    /// A tolerance that cannot be met or means nothing.
    #[error("{value:e} is not a tolerance: it is an error relative to the column, from 1e-14 to 1e-3")]
    ToleranceOutOfRange {
        /// The value in the file.
        value: f64,
    },
    /// No iterations.
    #[error("`iterations` is the most that a column may take: at least 1")]
    NoIterations,
}

impl AbsorptionFault {
    /// The key that the fault is about.
    pub fn key(&self) -> &'static str {
        match self {
            AbsorptionFault::ToleranceOutOfRange { .. } => "tolerance",
            AbsorptionFault::NoIterations => "iterations",
        }
    }
}

impl AbsorptionSection {
    /// The settings that are meant.
    ///
    /// # Errors
    /// The first number out of range.
    pub fn checked(&self) -> Result<AbsorptionSettings, AbsorptionFault> {
        let usual = AbsorptionSettings::default();
        let tolerance = self.tolerance.unwrap_or(usual.tolerance);
        if !(1e-14..=1e-3).contains(&tolerance) {
            return Err(AbsorptionFault::ToleranceOutOfRange { value: tolerance });
        }
        let iterations = self.iterations.unwrap_or(usual.iterations);
        if iterations == 0 {
            return Err(AbsorptionFault::NoIterations);
        }
        let solver = match self.solver {
            SolverName::Auto => SolverChoice::Auto,
            SolverName::Projections => SolverChoice::Projections,
            SolverName::Schwarz => SolverChoice::Schwarz,
            SolverName::Direct => SolverChoice::Direct,
        };
        let accept_unconverged = self.not_converged == NotConvergedName::Note;
        Ok(AbsorptionSettings { solver, tolerance, iterations, accept_unconverged })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_checked() {
        let section = |text: &str| toml::from_str::<AbsorptionSection>(text).unwrap().checked();
        assert_eq!(section("").unwrap(), AbsorptionSettings::default());
        let some = section("solver = \"direct\"\nnot_converged = \"note\"\ntolerance = 1e-8").unwrap();
        assert!(some.accept_unconverged && some.solver == SolverChoice::Direct && some.tolerance == 1e-8);
        assert_eq!(section("tolerance = 0.5").unwrap_err().key(), "tolerance");
        assert_eq!(section("iterations = 0").unwrap_err(), AbsorptionFault::NoIterations);
    }
}
