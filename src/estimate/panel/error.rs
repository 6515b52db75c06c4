//! Faults of panel methods.

use crate::absorb::AbsorbError;
use crate::design::IndexError;

impl PanelError {
    /// Names rows as `name` does, for data whose rows have names.
    pub fn with_rows_named(mut self, name: impl Fn(usize) -> String) -> Self {
        if let PanelError::Index(IndexError::RepeatedPeriod { at, .. }) = &mut self {
            at.key = Some(name(at.row));
        }
        self
    }
}

/// Why a panel method cannot be used on a sample.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PanelError {
    /// The rows are no panel.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// Effects could not be absorbed.
    #[error(transparent)]
    Absorb(#[from] AbsorbError),
    /// A method that has no place for absorbed effects.
    #[error(
        "the method `{method}` absorbs no effects: take the part after `|` out of the formula, or write effects as dummies, i(year)"
    )]
    Absorbed {
        /// The method.
        method: &'static str,
    },
    /// A method that has no place for weights.
    #[error("the method `{method}` takes no observation weights: take them out, or use `within` or `pooled`")]
    Weights {
        /// The method.
        method: &'static str,
    },
    /// A method that has no place for instruments.
    #[error(
        "the method `{method}` uses no instruments: take the third part out of the formula, or use `within` or `difference`"
    )]
    Instruments {
        /// The method.
        method: &'static str,
    },
    /// Clusters that cut across units.
    #[error(
        "errors clustered by {cluster} need it to be constant within {of}, whose means are the rows of the between regression: cluster at a coarser level"
    )]
    NotWithin {
        /// The cluster variable.
        cluster: String,
        /// The units.
        of: String,
    },
    /// Nothing to difference.
    #[error("no {unit} has two rows for a {span}: use a shorter one, gaps = \"bridge\", or another method")]
    NoPair {
        /// The units.
        unit: String,
        /// Which difference.
        span: String,
    },
    /// A single period.
    #[error("the sample has one period of {time} only: panel methods need at least two")]
    OnePeriod {
        /// The time variable.
        time: String,
    },
    /// A period in which the regression cannot be made.
    #[error(
        "the {rows} rows of {time} {value} do not identify the regressors: fama-macbeth makes a regression in every period; filter the period out, or use fewer regressors"
    )]
    ThinPeriod {
        /// The time variable.
        time: String,
        /// The period.
        value: f64,
        /// Its rows.
        rows: usize,
    },
    /// Too few units or rows for a variance.
    #[error(
        "the {what} variance cannot be estimated: {rows} {of} for {parameters} parameters; use fewer regressors, or components = \"nerlove\""
    )]
    NoVariance {
        /// `idiosyncratic` or the effect's.
        what: String,
        /// Rows of the regression that it comes from.
        rows: usize,
        /// What they are.
        of: String,
        /// Its parameters.
        parameters: usize,
    },
    /// Amemiya's components with a regressor that does not vary.
    #[error(
        "{term} does not vary within {of}: Amemiya's variance components need all regressors to vary in an unbalanced panel; use swamy-arora"
    )]
    NoVariation {
        /// The regressor.
        term: String,
        /// Units or periods.
        of: String,
    },
    /// Variance components that the method does not have.
    #[error(
        "variance components `{components}` are defined for effects of one way only: use swamy-arora, wallace-hussain, amemiya or nerlove"
    )]
    OneWay {
        /// The components.
        components: &'static str,
    },
    /// The regressors are collinear where the method needs them not to be.
    #[error("the regressors cannot be told apart {where_}: leave one out")]
    Singular {
        /// Where.
        where_: &'static str,
    },
}
