//! Frailty: choices of a unit over time share an effect that is drawn, not estimated. With hazards of exit as choices (rows are periods
//! at risk) these are discrete-time duration models with unobserved heterogeneity.
//!
//! - `normal`: `η + σ u`, `u` standard normal, integrated out by adaptive Gauss-Hermite quadrature (Liu and Pierce 1994; Pinheiro and
//!   Bates 1995), for every link.
//! - `gamma`: the hazard's rate is multiplied by a gamma variable of mean one and variance `v`, integrated out in closed form (Meyer 1990).
//!   For `cloglog` and units that exit at most once, at their last row.
//!
//! Absorbed effects enter as dummies: they are few in such models (durations, years, industries). The search is Newton's method on
//! coefficients and the log of `σ` or `v` from the estimate without frailty; second derivatives are exact (Louis 1982 for the quadrature). Scores
//! of rows add up to those of units, so that errors clustered by unit or above it are sums over what is independent.

mod columns;
mod fit;
mod gamma;
mod normal;
mod quadrature;

use nalgebra::{DMatrix, DVector};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) use fit::fit;

use super::family::Family;
use crate::estimate::record;

/// Names of what measures the spread of frailty: the standard deviation of a normal one, the variance of a gamma one.
pub const SIGMA: &str = ".sigma";
/// See [`SIGMA`].
pub const VARIANCE: &str = ".variance";

/// The distribution of frailty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frailty {
    /// Normal on the scale of the index, with so many points of quadrature.
    Normal {
        /// Points.
        points: u8,
    },
    /// Gamma on the scale of the rate.
    Gamma,
}

/// Points of quadrature where a study does not say.
pub const POINTS: u8 = 25;

impl Frailty {
    /// `normal`, `gamma`.
    pub fn name(self) -> &'static str {
        match self {
            Frailty::Normal { .. } => "normal",
            Frailty::Gamma => "gamma",
        }
    }

    /// The name of the parameter.
    pub fn term(self) -> &'static str {
        match self {
            Frailty::Normal { .. } => SIGMA,
            Frailty::Gamma => VARIANCE,
        }
    }
}

/// An estimated frailty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FrailtyRecord {
    /// `normal` or `gamma`.
    pub distribution: String,
    /// What shares it.
    pub unit: String,
    /// Units.
    pub units: usize,
    /// Points of quadrature of a normal one.
    #[serde(default)]
    pub points: Option<u8>,
    /// The log likelihood without frailty.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub log_likelihood_without: f64,
}

/// Why there is no estimate with frailty.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FrailtyError {
    /// Another family.
    #[error(
        "`frailty` is an effect of choices (logit, probit, cloglog), and gamma frailty of cloglog alone; {method} has none"
    )]
    Family {
        /// The method.
        method: String,
    },
    /// No unit.
    #[error("`frailty` is shared by the rows of a unit, and the data have no unit: name it in [data]")]
    NoUnit,
    /// Weights.
    #[error("`frailty` takes no observation weights: a weight is of a row, and the likelihood is one of units")]
    Weights,
    /// Too many dummies.
    #[error(
        "`frailty` takes absorbed effects as dummies, and {effects} have {levels} levels, more than {most}: absorb coarser effects, or leave the frailty out and use bias_correction"
    )]
    TooManyLevels {
        /// The effects.
        effects: String,
        /// Their levels.
        levels: usize,
        /// How many there may be.
        most: usize,
    },
    /// Effects with slopes.
    #[error("`frailty` takes absorbed effects without slopes, and {effect} has some")]
    Slopes {
        /// The effect.
        effect: String,
    },
    /// A unit that exits before its last row, or more than once.
    #[error(
        "gamma frailty is of units that exit at most once, in their last row, and {units} units have rows after an exit: filter these rows out, or use frailty = \"normal\""
    )]
    RowsAfterExit {
        /// How many units.
        units: usize,
    },
    /// The estimate lies at zero.
    #[error(
        "the spread of the frailty goes to zero: the data show no heterogeneity between units of {unit} beyond the regressors; leave `frailty` out"
    )]
    NoSpread {
        /// The unit.
        unit: String,
    },
    /// Newton's method did not end.
    #[error(
        "the likelihood with frailty did not reach a maximum in {iterations} steps (gradient {gradient:.1e}); rescale regressors that take huge values, or use fewer effects"
    )]
    NotConverged {
        /// Steps.
        iterations: usize,
        /// The gradient in the norm of the inverse information.
        gradient: f64,
    },
}

/// The likelihood at a point: its value, gradient and second derivatives.
struct Level {
    value: f64,
    gradient: DVector<f64>,
    hessian: DMatrix<f64>,
}

/// Rows in units, and the columns of their index.
struct Units<'a> {
    family: Family,
    outcome: &'a [f64],
    /// Columns side by side: a row of the design per column of the matrix, so that a row stands together.
    columns: DMatrix<f64>,
    offset: Option<&'a [f64]>,
    starts: Vec<usize>,
    rows: Vec<u32>,
}

impl Units<'_> {
    fn n_units(&self) -> usize {
        self.starts.len() - 1
    }

    fn members(&self, unit: usize) -> &[u32] {
        &self.rows[self.starts[unit]..self.starts[unit + 1]]
    }

    /// The index without frailty.
    fn index(&self, coefficients: &[f64]) -> Vec<f64> {
        let of = |row: usize| {
            let explained: f64 = self.columns.column(row).iter().zip(coefficients).map(|(x, b)| x * b).sum();
            explained + self.offset.map_or(0.0, |offset| offset[row])
        };
        (0..self.outcome.len()).map(of).collect()
    }
}
