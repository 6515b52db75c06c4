//! Descriptions of data that tables, plots and maps show: quantiles, summaries, bin means, class breaks.
//!
//! In: plain slices of numbers. Out: small records that `report` formats without computing anything itself. Values that
//! are not finite count as missing everywhere here. Nothing depends on the order of the rows: values are sorted before
//! they are added up.

pub mod binscatter;
pub mod classes;
mod quantile;
pub mod reduce;
pub mod summary;

pub use binscatter::{Bin, bins};
pub use classes::{Classes, Scheme, breaks};
pub use quantile::quantile;
pub use reduce::Statistic;
pub use summary::{DescriptiveStatistics, describe};

use thiserror::Error;

/// Why a description could not be computed.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum DescribeError {
    /// Two columns that belong together have different lengths.
    #[error("{what} has {found} values where {expected} are needed: give one value per row")]
    LengthsDiffer {
        /// The shorter or longer column.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length of the first column.
        expected: usize,
    },
    /// A number of bins or classes outside its range.
    #[error("{what} = {found} is out of range: choose a number from {least} to {most}")]
    CountOutOfRange {
        /// `bins` or `classes`.
        what: &'static str,
        /// The number asked for.
        found: usize,
        /// The smallest allowed.
        least: usize,
        /// The largest allowed.
        most: usize,
    },
    /// A weight is negative or not finite.
    #[error("the weight of row {row} is {value}: weights must be finite and not negative")]
    WeightInvalid {
        /// Row, counted from 0.
        row: usize,
        /// The weight.
        value: f64,
    },
    /// No row has finite values.
    #[error("no row has finite values of {what}: check the filter and the variable's missing values")]
    Empty {
        /// What was to be described.
        what: &'static str,
    },
}

/// The finite values, ascending.
fn sorted_finite(values: &[f64]) -> Vec<f64> {
    let mut finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    finite.sort_by(f64::total_cmp);
    finite
}
