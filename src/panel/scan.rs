//! Lazy scans: columns and rows are chosen while polars reads, and chunks become panel columns as they come.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::{
    DataFrame, DataType, Engine, Expr, Field, IntoLazy, LazyCsvReader, LazyFileListReader, LazyFrame, NullValues,
    PlSmallStr, PlanCallback, PolarsError, ScanSources, Schema, lit, when,
};

use super::convert::{ColumnBuilder, extend_all};
use super::csv::{self, Declared, Header, Kind};
use super::error::DataError;
use super::expression::{as_in_panel, replace_columns};
use super::request::Request;
use super::{Column, Index, Panel};

/// Polars' fault as a fault of the file.
pub(crate) fn damaged(path: &Path, format: &'static str, fault: &PolarsError) -> DataError {
    let detail = fault.to_string().lines().next().unwrap_or_default().to_string();
    DataError::Damaged { path: path.to_path_buf(), format, detail }
}

/// Reads a csv file from its bytes; also gives its number of rows.
///
/// # Errors
/// As [`csv::inspect`]; when the filter does not fit.
pub(crate) fn read_csv(
    path: &Path,
    mut bytes: Vec<u8>,
    header: &Header,
    request: &Request,
) -> Result<(Panel, usize), DataError> {
    let (reads, missing) = (request.reads(), request.missing());
    let declared: Vec<Declared> = header.names.iter().map(|name| request.declared(name, &reads)).collect();
    let (rows, kinds) = csv::inspect(path, &bytes, header, &declared, &missing)?;
    let schema: Schema = header
        .names
        .iter()
        .zip(&kinds)
        .map(|(name, kind)| {
            let dtype = if *kind == Kind::Number { DataType::Float64 } else { DataType::String };
            Field::new(PlSmallStr::from_str(name), dtype)
        })
        .collect();
    bytes.drain(..header.body);
    let scan = LazyCsvReader::new_with_sources(ScanSources::Buffers(Arc::from(vec![bytes.into()])))
        .with_has_header(false)
        .with_separator(header.separator)
        .with_schema(Some(Arc::new(schema)))
        .with_null_values(Some(NullValues::AllColumns(missing.iter().map(|text| PlSmallStr::from_str(text)).collect())))
        .with_cache(false)
        .finish()
        .map_err(|fault| damaged(path, "csv", &fault))?;
    let typed = |name: &str| {
        let kind = header.names.iter().zip(&kinds).find(|(other, _)| *other == name).map(|(_, kind)| *kind);
        as_kind(Expr::Column(name.into()), kind.unwrap_or(Kind::Text), &missing)
    };
    Ok((Scan { path, format: "csv", frame: scan, typed: &typed }.collect(request)?, rows))
}

/// A column of a csv file as the panel will hold it.
fn as_kind(column: Expr, kind: Kind, missing: &[String]) -> Expr {
    let null = || lit(polars::prelude::NULL);
    let any = |column: &Expr, words: &[&str]| {
        words.iter().map(|word| column.clone().eq(lit(*word))).reduce(Expr::or).unwrap_or_else(|| lit(false))
    };
    match kind {
        Kind::Text => column,
        Kind::Number => as_in_panel(column, &DataType::Float64),
        Kind::LooseNumber => {
            let text = column.str().strip_chars(null());
            let words: Vec<&str> = missing.iter().map(String::as_str).chain([""]).collect();
            let is_missing = any(&text, &words);
            as_in_panel(when(is_missing).then(null()).otherwise(text).cast(DataType::Float64), &DataType::Float64)
        }
        Kind::Truth => {
            let (yes, no) = (any(&column, &csv::TRUE), any(&column, &csv::FALSE));
            when(yes).then(lit(true)).when(no).then(lit(false)).otherwise(null().cast(DataType::Boolean))
        }
    }
}

/// A scan of one file.
pub(crate) struct Scan<'a> {
    /// The file.
    pub path: &'a Path,
    /// Its format, for messages.
    pub format: &'static str,
    /// The scan.
    pub frame: LazyFrame,
    /// A column of the file as the panel will hold it.
    pub typed: &'a dyn Fn(&str) -> Expr,
}

impl Scan<'_> {
    /// Runs chunk by chunk: each chunk is converted and dropped before the next ones pile up.
    ///
    /// # Errors
    /// When the file is damaged, a column has a type that a panel cannot hold, or the filter does not fit the data.
    pub(crate) fn collect(self, request: &Request) -> Result<Panel, DataError> {
        let outputs: Vec<Expr> =
            request.columns.iter().map(|(old, new)| (self.typed)(old).alias(PlSmallStr::from_str(new))).collect();
        let builders = self.builders(&outputs)?;
        let frame = self.filtered(request)?;
        // A value that the filter cannot take shows only when it is reached; all else is the file's fault.
        let explain = |fault: PolarsError| match (&request.filter, &fault) {
            (Some(filter), PolarsError::InvalidOperation(_) | PolarsError::SchemaMismatch(_)) => {
                filter.fault(fault.to_string())
            }
            _ => damaged(self.path, self.format, &fault),
        };
        let columns = run(frame.select(&outputs), builders).map_err(explain)?;
        let mut panel = Panel::new(columns.first().map_or(0, Column::len), Index::default());
        request.columns.iter().zip(columns).for_each(|((_, new), column)| panel.insert(new, column));
        Ok(panel)
    }

    fn builders(&self, outputs: &[Expr]) -> Result<Vec<ColumnBuilder>, DataError> {
        let schema = self.frame.clone().select(outputs).collect_schema();
        let schema = schema.map_err(|fault| damaged(self.path, self.format, &fault))?;
        let builder = |(name, dtype): (&PlSmallStr, &DataType)| {
            ColumnBuilder::for_type(dtype).ok_or_else(|| DataError::ColumnType {
                path: self.path.to_path_buf(),
                column: name.to_string(),
                found: dtype.to_string(),
            })
        };
        schema.iter().map(builder).collect()
    }

    /// The scan with its filter, which is first tried on no rows: that shows whether its types fit.
    fn filtered(&self, request: &Request) -> Result<LazyFrame, DataError> {
        let Some(filter) = &request.filter else { return Ok(self.frame.clone()) };
        let predicate = replace_columns(filter.polars.clone(), |new| (self.typed)(&(request.old_name)(new)));
        let schema = self.frame.clone().collect_schema().map_err(|fault| damaged(self.path, self.format, &fault))?;
        let no_rows = DataFrame::empty_with_schema(&schema).lazy().filter(predicate.clone());
        no_rows.collect().map_err(|fault| filter.fault(fault.to_string()))?;
        Ok(self.frame.clone().filter(predicate))
    }
}

fn run(frame: LazyFrame, builders: Vec<ColumnBuilder>) -> Result<Vec<Column>, PolarsError> {
    let shared = Arc::new(Mutex::new(builders));
    let sink = Arc::clone(&shared);
    let take = move |chunk: DataFrame| {
        extend_all(&mut sink.lock().unwrap_or_else(PoisonError::into_inner), &chunk)?;
        Ok(false)
    };
    frame.sink_batches(PlanCallback::new(take), true, None)?.collect_with_engine(Engine::Streaming)?;
    let builders = std::mem::take(&mut *shared.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(builders.into_iter().map(ColumnBuilder::finish).collect())
}
