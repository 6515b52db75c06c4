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
        "{rows} of the weights {variable} are negative (the first in {first}): weights must be zero or more; filter these rows out or correct the column"
    )]
    NegativeWeight {
        /// The weight column.
        variable: String,
        /// How many rows.
        rows: usize,
        /// The first of them.
        first: FirstRow,
    },
    /// A frequency weight is not a whole number.
    #[error(
        "the frequency weights {variable} are not whole numbers in {rows} rows (the first in {first}): if they are precisions or sampling weights, say analytic or probability"
    )]
    FractionalFrequency {
        /// The weight column.
        variable: String,
        /// How many rows.
        rows: usize,
        /// The first of them.
        first: FirstRow,
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

/// A row named for readers: by its number, or by its unit and time where these are known.
#[derive(Clone, Debug, PartialEq)]
pub struct FirstRow {
    /// The row, counted from 0.
    pub row: usize,
    /// Its unit and time (`region r1, year 2012`).
    pub key: Option<String>,
}

impl FirstRow {
    /// A row of which nothing but its place is known.
    pub fn at(row: usize) -> Self {
        FirstRow { row, key: None }
    }
}

impl std::fmt::Display for FirstRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.key {
            Some(key) => f.write_str(key),
            None => write!(f, "row {}", self.row + 1),
        }
    }
}

impl DesignError {
    /// Names rows as `name` does, for data whose rows have names.
    pub fn with_rows_named(mut self, name: impl Fn(usize) -> String) -> Self {
        if let DesignError::NegativeWeight { first, .. } | DesignError::FractionalFrequency { first, .. } = &mut self {
            first.key = Some(name(first.row));
        }
        self
    }
}
