//! Frames as parquet, through polars.

use std::io::Write;

use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{
    Column, DataFrame, IntoColumn, NamedFrom, ParquetWriter, PolarsError, Series, StringChunkedBuilder,
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
        let named = self.columns.iter().filter_map(|name| Some((name, panel.get(name)?)));
        let columns = named.map(|(name, values)| panel_column(name, values)).collect();
        let data = DataFrame::new(panel.n_rows(), columns)?;
        let mut writer = match std::mem::replace(&mut self.state, State::Done) {
            State::Waiting(file) => Box::new(ParquetWriter::new(file).batched(data.schema())?),
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

fn panel_column(name: &str, values: &PanelColumn) -> Column {
    match values {
        PanelColumn::Number(values) if values.iter().any(|value| value.is_nan()) => {
            let cells: Vec<Option<f64>> = values.iter().map(|&value| (!value.is_nan()).then_some(value)).collect();
            Series::new(name.into(), cells).into_column()
        }
        PanelColumn::Number(values) => Series::new(name.into(), values.as_slice()).into_column(),
        PanelColumn::Text(factor) => {
            let mut texts = StringChunkedBuilder::new(name.into(), factor.len());
            for &code in factor.codes.iter() {
                texts.append_option((code != Factor::MISSING).then(|| factor.levels[code as usize].as_str()));
            }
            Series::from(texts.finish()).into_column()
        }
    }
}
