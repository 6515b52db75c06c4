//! Faults that keep a sample from being formed.

/// Why there is no design.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DesignError {
    /// Columns of different length were handed in.
    #[error("{variable} has {rows} rows where the outcome has {expected}")]
    LengthDiffers {
        /// The variable.
        variable: String,
        /// Its rows.
        rows: usize,
        /// Rows of the outcome.
        expected: usize,
    },
    /// More rows than a row number can count.
    #[error("{rows} rows are more than the 4,294,967,295 that one model can have")]
    TooManyRows {
        /// The rows.
        rows: usize,
    },
    /// A weight is negative.
    #[error(
        "{rows} of the weights {variable} are negative (the first in row {first_row}): weights must be zero or more; filter these rows out or correct the column"
    )]
    NegativeWeight {
        /// The weight column.
        variable: String,
        /// How many rows.
        rows: usize,
        /// The first of them, counted from 1.
        first_row: usize,
    },
    /// A frequency weight is not a whole number.
    #[error(
        "the frequency weights {variable} are not whole numbers in {rows} rows (the first in row {first_row}): if they are precisions or sampling weights, say analytic or probability"
    )]
    FractionalFrequency {
        /// The weight column.
        variable: String,
        /// How many rows.
        rows: usize,
        /// The first of them, counted from 1.
        first_row: usize,
    },
    /// A variable has no value at all.
    #[error("{variable} is missing in every row of the sample: leave it out or check the column")]
    AllMissing {
        /// The variable.
        variable: String,
    },
    /// Nothing is left.
    #[error("no observation is left: {by} removed the last {rows_lost} rows")]
    EmptySample {
        /// What emptied it: a filter, a variable, or the singletons of the absorbed effects.
        by: String,
        /// How many rows it removed.
        rows_lost: usize,
    },
    /// One observation.
    #[error("only {n_obs} observation is left: a model needs more observations than parameters")]
    SingleObservation {
        /// Observations left.
        n_obs: usize,
    },
    /// The outcome does not vary.
    #[error("the outcome {variable} is {value} in all {n_obs} observations: there is nothing to explain")]
    ConstantOutcome {
        /// The outcome.
        variable: String,
        /// Its value.
        value: f64,
        /// Observations.
        n_obs: usize,
    },
    /// A cluster variable with one level.
    #[error(
        "the cluster variable {variable} has a single level ({level}) in the sample: clustered errors need at least two clusters"
    )]
    OneCluster {
        /// The variable.
        variable: String,
        /// Its only level.
        level: String,
    },
}
