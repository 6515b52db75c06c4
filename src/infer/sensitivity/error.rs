//! Why a sensitivity analysis could not be made.

use thiserror::Error;

use crate::estimate::EstimateError;

/// What a term is named as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The treatment.
    Treatment,
    /// A benchmark.
    Benchmark,
    /// A baseline control of Oster's short regression.
    Baseline,
}

impl Role {
    /// The key of a study file, below `sensitivity`.
    pub fn key(self) -> &'static str {
        match self {
            Role::Treatment => "treatment",
            Role::Benchmark => "benchmarks",
            Role::Baseline => "oster.baseline",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Role::Treatment => "treatment",
            Role::Benchmark => "benchmark",
            Role::Baseline => "baseline control",
        }
    }
}

/// Why a sensitivity analysis could not be made.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum SensitivityError {
    /// A name that is no estimated term.
    #[error(
        "the {} `{term}` is no estimated term of the model{}; it has: {}", .role.word(),
        .nearest.as_ref().map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default(), .known.join(", ")
    )]
    UnknownTerm {
        /// What it is named as.
        role: Role,
        /// The name.
        term: String,
        /// The nearest term.
        nearest: Option<String>,
        /// The terms of the model.
        known: Vec<String>,
    },
    /// The treatment again.
    #[error("`{term}` is the treatment and cannot be its own {}; take it out there", .role.word())]
    IsTreatment {
        /// What it is named as besides.
        role: Role,
        /// The name.
        term: String,
    },
    /// The largest R² lies below that of the regression with controls.
    #[error(
        "r_max = {r_max} is below the R² of the model, {r_squared:.6}: an unobserved variable cannot lower it; give a larger r_max, or `times`, a multiple of the model's R²"
    )]
    RMaxBelow {
        /// As given.
        r_max: f64,
        /// Of the model.
        r_squared: f64,
    },
    /// Nothing to compare with.
    #[error(
        "Oster's bounds compare the model with one without controls, and it has none besides the treatment{}; add controls, or take `oster` out",
        if *.has_baseline { " and the baseline" } else { "" }
    )]
    NoControls {
        /// Whether there is a baseline.
        has_baseline: bool,
    },
    /// The benchmark explains so much that so many times its strength is more than everything.
    #[error(
        "a confounder {kd} times as strong as `{benchmark}` would explain all of the treatment that the controls leave; give a kd below {largest:.4}"
    )]
    TooStrong {
        /// The benchmark.
        benchmark: String,
        /// The multiple.
        kd: f64,
        /// Multiples below this are possible.
        largest: f64,
    },
    /// The model has no degrees of freedom for another regressor.
    #[error("the model has {df} residual degrees of freedom: none is left for a confounder; it needs two or more")]
    DegreesOfFreedom {
        /// How many there are.
        df: f64,
    },
    /// A regression behind it failed.
    #[error("a regression behind the sensitivity analysis failed: {source}")]
    Estimate {
        /// Why.
        source: Box<EstimateError>,
    },
}

impl From<EstimateError> for SensitivityError {
    fn from(source: EstimateError) -> Self {
        SensitivityError::Estimate { source: Box::new(source) }
    }
}

impl SensitivityError {
    /// The key of a study file that is at fault, below `sensitivity`, if one is.
    pub fn key(&self) -> Option<&'static str> {
        match self {
            SensitivityError::UnknownTerm { role, .. } | SensitivityError::IsTreatment { role, .. } => Some(role.key()),
            SensitivityError::RMaxBelow { .. } => Some("oster.r_max"),
            SensitivityError::NoControls { .. } => Some("oster"),
            SensitivityError::TooStrong { .. } => Some("kd"),
            SensitivityError::DegreesOfFreedom { .. } | SensitivityError::Estimate { .. } => None,
        }
    }
}
