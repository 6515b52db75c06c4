//! Faults of panel methods.

use crate::absorb::AbsorbError;
use crate::design::{FirstRow, IndexError};

impl PanelError {
    /// Names rows as `name` does, for data whose rows have names.
    pub fn with_rows_named(mut self, name: impl Fn(usize) -> String) -> Self {
        if let PanelError::Index(IndexError::RepeatedPeriod { at, .. }) | PanelError::ThinGroup { first: at, .. } =
            &mut self
        {
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
    /// A period or unit in which the regression cannot be made.
    #[error(
        "the {rows} rows of one {of} (the first in {first}) do not identify the regressors: {method} makes a regression for every {of}; filter it out, or use fewer regressors"
    )]
    ThinGroup {
        /// The method.
        method: &'static str,
        /// The time or the unit variable.
        of: String,
        /// Rows of the period or unit.
        rows: usize,
        /// The first of them.
        first: FirstRow,
    },
    /// A method that needs every unit in every period.
    #[error(
        "`{method}` needs a balanced panel, every unit in every period: filter out units that miss periods, or use another method"
    )]
    Unbalanced {
        /// The method.
        method: &'static str,
    },
    /// Endogenous regressors that do not vary within units, without instruments for them.
    #[error(
        "{} endogenous regressors do not vary within units ({}), but {varying} exogenous ones vary to instrument them: declare fewer as endogenous",
        .fixed.len(), .fixed.join(", ")
    )]
    FewExogenous {
        /// Exogenous regressors that vary within units.
        varying: usize,
        /// Endogenous ones that do not.
        fixed: Vec<String>,
    },
    /// A test of series that miss periods.
    #[error(
        "{units} units miss periods between their first and last: tests of unit roots need successive periods; filter these units out, or fill the gaps"
    )]
    Gaps {
        /// How many units.
        units: usize,
    },
    /// A series that the regressions of a test cannot be made of.
    #[error("the outcome of some {unit} is constant, or too short for the lags: use fewer lags, or filter it out")]
    ShortSeries {
        /// The unit variable.
        unit: String,
    },
    /// A test that has no version without a constant.
    #[error("`{test}` has no version without a constant: write deterministic = \"constant\" or \"trend\"")]
    NoConstant {
        /// The test.
        test: &'static str,
    },
    /// A unit with too few rows for a test.
    #[error(
        "a {unit} has {rows} rows with regressors that can be told apart, and the test needs {least} in every one: filter it out, or use fewer regressors"
    )]
    ShortUnit {
        /// The unit variable.
        unit: String,
        /// Its rows.
        rows: usize,
        /// How many it takes.
        least: usize,
    },
    /// Too few units with every period.
    #[error("{units} units have all {periods} periods, and the test follows three or more over at least {least}")]
    NotFollowed {
        /// Units that have every period.
        units: usize,
        /// Periods.
        periods: usize,
        /// How many periods it takes.
        least: usize,
    },
    /// A mean of zero that values are compared with.
    #[error(
        "the mean of {outcome} is zero in some period, and log t compares units with it: take the outcome as it is, not net of means"
    )]
    NoLevel {
        /// The outcome.
        outcome: String,
    },
    /// No pair of neighbours.
    #[error(
        "no pair of neighbours has two periods in common: the weights name other values of {unit} than the sample has"
    )]
    NoNeighbours {
        /// The unit variable.
        unit: String,
    },
    /// A covariance over time that is none.
    #[error(
        "the covariance of errors over time, made of the pairs of periods that units have, is not positive definite: keep units that have every period, or use method = \"random\""
    )]
    Indefinite,
    /// A covariance over time of few units.
    #[error(
        "{units} units do not identify the covariance of errors over {periods} periods: use more units than periods, or method = \"pooled\" with errors = {{ plm = \"bk\", by = \"time\" }}"
    )]
    FewUnits {
        /// Units.
        units: usize,
        /// Periods.
        periods: usize,
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
