//! [`DynamicVariables`]: the columns of a dynamic model, and the faults of these.

use std::sync::Arc;

use crate::design::IndexError;
use crate::design::variables::NamedColumn;
use crate::panel::Factor;

/// A variable whose lagged levels are instruments of the transformed equation, and whose lagged differences are those of
/// the level equation.
#[derive(Clone, Debug)]
pub struct GmmInstrument {
    /// The variable over the panel.
    pub column: NamedColumn,
    /// The first lag.
    pub from: usize,
    /// The last; all there are if it is larger.
    pub to: usize,
    /// Whether there is a column per lag, not per lag and period (Roodman 2009).
    pub collapse: bool,
}

/// The columns of a dynamic model over the panel.
#[derive(Clone, Debug)]
pub struct DynamicVariables {
    /// The outcome.
    pub outcome: NamedColumn,
    /// Regressors, lagged outcomes among them.
    pub regressors: Vec<NamedColumn>,
    /// Variables with lags as instruments.
    pub gmm: Vec<GmmInstrument>,
    /// Regressors or others that instrument themselves.
    pub standard: Vec<NamedColumn>,
    /// Units.
    pub unit: (String, Factor),
    /// Periods.
    pub time: NamedColumn,
    /// Rows that filters left, if there were filters.
    pub rows: Option<Arc<Vec<bool>>>,
}

/// Why there is no dynamic model.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DynamicError {
    /// The rows are no panel.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// No equation is left.
    #[error(
        "no {unit} has enough successive periods for the transformed equation: use fewer lags, or units that are followed longer"
    )]
    NoRow {
        /// The unit variable.
        unit: String,
    },
    /// Fewer moments than coefficients.
    #[error(
        "{instruments} instruments cannot identify {coefficients} coefficients: allow more lags, or add standard instruments"
    )]
    UnderIdentified {
        /// Instruments.
        instruments: usize,
        /// Coefficients.
        coefficients: usize,
    },
    /// Coefficients that the moments do not tell apart.
    #[error(
        "the instruments do not tell the coefficients apart: a regressor does not vary over time, or repeats others; leave it out"
    )]
    NotIdentified,
    /// The iterated estimator did not settle.
    #[error("iterated GMM did not settle in {iterations} iterations (last relative step {step:.1e}): use steps = 2")]
    NotSettled {
        /// Iterations.
        iterations: usize,
        /// The last step.
        step: f64,
    },
    /// No lagged outcome.
    #[error("no regressor is {outcome} one period before: write lag({outcome}, 1), or use method = \"within\"")]
    NoLag {
        /// The outcome.
        outcome: String,
    },
    /// Periods that differ between units.
    #[error(
        "`transformed-likelihood` needs the same number of successive periods of every unit ({shortest} to {longest} here): filter units or periods, or use bias-corrected"
    )]
    Unequal {
        /// Least periods of a unit.
        shortest: usize,
        /// Most.
        longest: usize,
    },
    /// The equations of the estimator have no solution close to within.
    #[error(
        "the bias correction did not settle in {iterations} iterations (last step {step:.1e}): the within estimate is too far from any autoregression; use half-panel-jackknife"
    )]
    BiasNotSettled {
        /// Iterations.
        iterations: usize,
        /// The last step.
        step: f64,
    },
    /// Lags that are no instruments.
    #[error(
        "the instruments of {variable} start at lag {from}: a lagged level is an instrument from lag 1 on, and of the outcome from lag 2 on"
    )]
    Lag {
        /// The variable.
        variable: String,
        /// The lag.
        from: usize,
    },
}
