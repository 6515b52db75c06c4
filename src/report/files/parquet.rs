//! Frames as parquet, through polars.

use std::io::Write;
use std::sync::Arc;

use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{
    BooleanChunked, ChunkTake, Column, DataFrame, Float64Chunked, IdxCa, IdxSize, IntoColumn, NewChunkedArray,
    ParquetCompression, ParquetWriter, PolarsError, StringChunked,
};
use thiserror::Error;

use super::frame::{Frame, Values};
use crate::panel::{Column as PanelColumn, Factor, Panel};

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

/// How large tables are compressed: LZ4 takes a quarter off the work of writing, and files are an eighth larger than polars' own.
const COMPRESSION: ParquetCompression = ParquetCompression::Lz4Raw;

/// Rows as they are written: a panel's columns, which may go to another thread.
pub struct PanelRows(DataFrame);

impl PanelRows {
    /// Some columns of a panel, in this order; those that it does not have are left out. Columns that nobody else holds are
    /// not copied.
    ///
    /// # Errors
    /// None that a panel's columns can give.
    pub fn of(mut panel: Panel, columns: &[String]) -> Result<Self, ParquetError> {
        let named = columns.iter().filter_map(|name| Some((name, panel.remove(name)?)));
        let columns = named.map(|(name, values)| panel_column(name, values)).collect::<Result<_, _>>()?;
        Ok(PanelRows(DataFrame::new(panel.n_rows(), columns)?))
    }
}

/// Writes panels one after the other into one parquet file. NaN is written as an empty cell.
pub struct PanelWriter<'a> {
    /// The file until the first panel has told the types of the columns, the writer from then on.
    state: State<'a>,
    columns: Vec<String>,
}

enum State<'a> {
    Waiting(&'a mut (dyn Write + Send)),
    Writing(Box<BatchedWriter<&'a mut (dyn Write + Send)>>),
    Done,
}

impl<'a> PanelWriter<'a> {
    /// A writer of these columns of every panel, in this order; those that a panel does not have are left out.
    pub fn new(file: &'a mut (dyn Write + Send), columns: Vec<String>) -> Self {
        PanelWriter { state: State::Waiting(file), columns }
    }

    /// Appends the rows of a panel.
    ///
    /// # Errors
    /// When the file cannot be written, or the panel's columns have other types than those of the first.
    pub fn write(&mut self, panel: &Panel) -> Result<(), ParquetError> {
        self.append(PanelRows::of(panel.clone(), &self.columns)?)
    }

    /// Appends rows.
    ///
    /// # Errors
    /// As [`PanelWriter::write`].
    pub fn append(&mut self, rows: PanelRows) -> Result<(), ParquetError> {
        let PanelRows(data) = rows;
        let mut writer = match std::mem::replace(&mut self.state, State::Done) {
            State::Waiting(file) => {
                Box::new(ParquetWriter::new(file).with_compression(COMPRESSION).batched(data.schema())?)
            }
            State::Writing(writer) => writer,
            State::Done => return Ok(()),
        };
        writer.write_batch(&data)?;
        self.state = State::Writing(writer);
        Ok(())
    }

    /// Writes the end of the file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(self) -> Result<(), ParquetError> {
        if let State::Writing(writer) = self.state {
            writer.finish()?;
        }
        Ok(())
    }
}

fn panel_column(name: &str, values: PanelColumn) -> Result<Column, PolarsError> {
    Ok(match values {
        PanelColumn::Number(values) => {
            let flags = values.iter().any(|value| value.is_nan()).then(|| {
                let flags: BooleanChunked = values.iter().map(|value| !value.is_nan()).collect();
                flags.downcast_iter().next().map(|flags| flags.values().clone())
            });
            let values = Arc::unwrap_or_clone(values);
            Float64Chunked::from_vec_validity(name.into(), values, flags.flatten()).into_column()
        }
        PanelColumn::Text(factor) => {
            let levels = StringChunked::from_slice(name.into(), &factor.levels);
            let codes: IdxCa = if factor.codes.contains(&Factor::MISSING) {
                factor.codes.iter().map(|&code| (code != Factor::MISSING).then_some(code as IdxSize)).collect()
            } else {
                IdxCa::from_vec(name.into(), factor.codes.iter().map(|&code| code as IdxSize).collect())
            };
            levels.take(&codes)?.into_column()
        }
    })
}
