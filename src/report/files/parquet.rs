//! Frames as parquet, through polars.

use polars::prelude::{Column, DataFrame, ParquetWriter, PolarsError};
use thiserror::Error;

use super::frame::{Frame, Values};

/// Parquet could not be written.
#[derive(Debug, Error)]
#[error("the parquet table could not be made")]
pub struct ParquetError {
    /// What polars says.
    #[from]
    source: PolarsError,
}

/// The frame as the bytes of a parquet file.
///
/// # Errors
/// When polars refuses to write; a bug rather than a matter of user data.
pub fn parquet(frame: &Frame) -> Result<Vec<u8>, ParquetError> {
    let columns = frame.columns().iter().map(|(name, values)| column(name, values)).collect();
    let mut data = DataFrame::new(frame.n_rows(), columns)?;
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut data)?;
    Ok(bytes)
}

fn column(name: &str, values: &Values) -> Column {
    match values {
        Values::Text(texts) => Column::new(name.into(), texts),
        Values::Number(numbers) => Column::new(name.into(), numbers),
        Values::Count(counts) => Column::new(name.into(), counts),
        Values::Flag(flags) => Column::new(name.into(), flags),
    }
}
