//! [`DataFile`]: one file opened, its columns known, its rows not yet read.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use polars::io::SerReader;
use polars::io::parquet::read::ParquetReader;
use polars::prelude::{
    DataFrame, DataType, Engine, Expr, Field, LazyCsvReader, LazyFileListReader, LazyFrame, NullValues, PlRefPath,
    PlSmallStr, PlanCallback, PolarsError, ScanArgsParquet, ScanSources, Schema, SchemaRef, col, lit, when,
};

use super::convert::{ColumnBuilder, extend_all};
use super::csv::{self, Declared, Header, Kind};
use super::error::{DataError, nearest};
use super::expression::{RowExpression, as_in_panel, replace_columns};
use super::package::Resource;
use super::{Column, Index, Panel, stata};

/// A file that is open for reading.
pub(crate) struct DataFile {
    path: PathBuf,
    content: Content,
}

enum Content {
    Csv { bytes: Vec<u8>, header: Header },
    Parquet { schema: SchemaRef, names: Vec<String>, rows: usize },
    Stata(stata::StataFile),
}

/// What is wanted of a file.
pub(crate) struct Request<'a> {
    /// Columns by their names in the file, with the names they shall have, in order.
    pub columns: Vec<(String, String)>,
    /// Rows: an expression in the new names.
    pub filter: Option<RowExpression>,
    /// New name to name in the file, for the columns of the filter.
    pub old_name: &'a dyn Fn(&str) -> String,
    /// Columns (by their names in the file) to read as text.
    pub text: &'a BTreeSet<String>,
    /// The package's description of the file.
    pub resource: Option<&'a Resource>,
}

impl Request<'_> {
    fn field_type(&self, name: &str) -> Option<&str> {
        self.resource?.schema.fields.iter().find(|field| field.name == name)?.kind.as_deref()
    }

    fn is_text(&self, name: &str) -> bool {
        self.text.contains(name) || self.field_type(name) == Some("string")
    }

    /// Names in the file that have to be read.
    fn reads(&self) -> BTreeSet<String> {
        let filter = self.filter.iter().flat_map(|filter| filter.names.iter().map(|name| (self.old_name)(name)));
        self.columns.iter().map(|(old, _)| old.clone()).chain(filter).collect()
    }

    fn declared(&self, name: &str, reads: &BTreeSet<String>) -> Declared {
        match self.field_type(name) {
            _ if !reads.contains(name) => Declared::Skip,
            _ if self.is_text(name) => Declared::Text,
            Some("number" | "integer" | "year") => Declared::Number,
            Some("boolean") => Declared::Truth,
            _ => Declared::Open,
        }
    }

    fn missing(&self) -> Vec<String> {
        let declared = self.resource.map(|resource| &resource.schema.missing_values).filter(|list| !list.is_empty());
        declared.cloned().unwrap_or_else(|| vec!["NA".to_string(), ".".to_string()])
    }
}

impl DataFile {
    /// Opens a file by its ending and reads what it says about its columns.
    ///
    /// # Errors
    /// When it is missing, unreadable, damaged, empty, or of an unknown kind.
    pub(crate) fn open(path: &Path) -> Result<Self, DataError> {
        if !path.is_file() {
            return Err(DataError::MissingFile { path: path.to_path_buf(), nearest: nearest_file(path) });
        }
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        let content = if name.ends_with(".parquet") {
            open_parquet(path)?
        } else if name.ends_with(".dta") {
            Content::Stata(stata::open(path)?)
        } else if is_csv(&name) {
            let bytes = read_bytes(path, name.ends_with(".gz"))?;
            Content::Csv { header: csv::header(path, &bytes)?, bytes }
        } else {
            return Err(DataError::UnknownFormat { path: path.to_path_buf() });
        };
        Ok(DataFile { path: path.to_path_buf(), content })
    }

    /// Names of its columns, in order.
    pub(crate) fn names(&self) -> &[String] {
        match &self.content {
            Content::Csv { header, .. } => &header.names,
            Content::Parquet { names, .. } => names,
            Content::Stata(file) => &file.names,
        }
    }

    /// Reads columns and rows; also gives the number of rows of the file before the filter.
    ///
    /// # Errors
    /// When the file is damaged, a value contradicts its declared type, or the filter does not fit the data.
    pub(crate) fn read(self, request: &Request) -> Result<(Panel, usize), DataError> {
        let path = self.path;
        match self.content {
            Content::Stata(file) => Ok((read_stata(&path, request)?, file.rows)),
            Content::Parquet { schema, rows, .. } => {
                let scan = LazyFrame::scan_parquet(polars_path(&path), parquet_options())
                    .map_err(|fault| damaged(&path, "parquet", &fault))?;
                let typed = |name: &str| {
                    let dtype = schema.get(name).cloned().unwrap_or(DataType::Null);
                    if request.is_text(name) {
                        col(name).cast(DataType::String)
                    } else {
                        as_in_panel(col(name), &dtype)
                    }
                };
                check_types(&path, &schema, &request.reads())?;
                Ok((collect(&path, "parquet", scan, request, &typed)?, rows))
            }
            Content::Csv { bytes, header } => read_csv(&path, bytes, &header, request),
        }
    }
}

/// Whether a file name is that of a table this room reads.
pub(crate) fn is_table_path(name: &str) -> bool {
    let name = name.to_lowercase();
    is_csv(&name) || name.ends_with(".parquet") || name.ends_with(".dta")
}

fn is_csv(name: &str) -> bool {
    [".csv", ".csv.gz", ".tsv", ".tsv.gz"].iter().any(|ending| name.ends_with(ending))
}

fn nearest_file(path: &Path) -> Option<String> {
    let wanted = path.file_name()?.to_string_lossy().into_owned();
    let names: Vec<String> = std::fs::read_dir(path.parent()?)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .filter(|name| is_table_path(name))
        .collect();
    nearest(&wanted, names.iter().map(String::as_str))
}

fn read_bytes(path: &Path, is_gzip: bool) -> Result<Vec<u8>, DataError> {
    let unreadable = |cause| DataError::Unreadable { path: path.to_path_buf(), cause };
    if !is_gzip {
        return std::fs::read(path).map_err(unreadable);
    }
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    flate2::read::MultiGzDecoder::new(std::io::BufReader::new(file))
        .read_to_end(&mut bytes)
        .map_err(|fault| DataError::Damaged { path: path.to_path_buf(), format: "gzip", detail: fault.to_string() })?;
    Ok(bytes)
}

fn parquet_options() -> ScanArgsParquet {
    ScanArgsParquet { low_memory: true, cache: false, glob: false, ..Default::default() }
}

fn polars_path(path: &Path) -> PlRefPath {
    PlRefPath::new(path.to_string_lossy())
}

fn damaged(path: &Path, format: &'static str, fault: &PolarsError) -> DataError {
    let detail = fault.to_string().lines().next().unwrap_or_default().to_string();
    DataError::Damaged { path: path.to_path_buf(), format, detail }
}

fn open_parquet(path: &Path) -> Result<Content, DataError> {
    let file = std::fs::File::open(path).map_err(|cause| DataError::Unreadable { path: path.to_path_buf(), cause })?;
    let damaged = |fault: PolarsError| damaged(path, "parquet", &fault);
    let rows = ParquetReader::new(file).num_rows().map_err(damaged)?;
    if rows == 0 {
        return Err(DataError::Empty { path: path.to_path_buf() });
    }
    let mut scan = LazyFrame::scan_parquet(polars_path(path), parquet_options()).map_err(damaged)?;
    let schema = scan.collect_schema().map_err(damaged)?;
    let names = schema.iter_names().map(|name| name.to_string()).collect();
    Ok(Content::Parquet { schema, names, rows })
}

fn check_types(path: &Path, schema: &Schema, reads: &BTreeSet<String>) -> Result<(), DataError> {
    let refused =
        schema.iter().find(|(name, dtype)| reads.contains(name.as_str()) && ColumnBuilder::for_type(dtype).is_none());
    refused.map_or(Ok(()), |(name, dtype)| {
        Err(DataError::ColumnType { path: path.to_path_buf(), column: name.to_string(), found: dtype.to_string() })
    })
}

fn read_stata(path: &Path, request: &Request) -> Result<Panel, DataError> {
    let reads = request.reads();
    let table = stata::read(path, |name| reads.contains(name), |name| request.is_text(name))?;
    let mut panel = Panel::new(table.n_rows(), Index::default());
    let new_names = request.filter.iter().flat_map(|filter| filter.names.iter().cloned());
    let all = request.columns.iter().cloned().chain(new_names.map(|new| ((request.old_name)(&new), new)));
    for (old, new) in all {
        if let Some(column) = table.get(&old) {
            panel.insert(new, column.clone());
        }
    }
    let panel = match &request.filter {
        Some(filter) => panel.filter(&filter.test(&panel)?),
        None => panel,
    };
    Ok(panel.project(|name| request.columns.iter().any(|(_, new)| new == name)))
}

fn read_csv(path: &Path, mut bytes: Vec<u8>, header: &Header, request: &Request) -> Result<(Panel, usize), DataError> {
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
        as_kind(col(name), kind.unwrap_or(Kind::Text), &missing)
    };
    Ok((collect(path, "csv", scan, request, &typed)?, rows))
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

/// Runs a scan chunk by chunk: each chunk is converted and dropped before the next ones pile up.
fn collect(
    path: &Path,
    format: &'static str,
    scan: LazyFrame,
    request: &Request,
    typed: &dyn Fn(&str) -> Expr,
) -> Result<Panel, DataError> {
    let outputs: Vec<Expr> =
        request.columns.iter().map(|(old, new)| typed(old).alias(PlSmallStr::from_str(new))).collect();
    let schema = scan.clone().select(&outputs).collect_schema().map_err(|fault| damaged(path, format, &fault))?;
    let mut builders = Vec::with_capacity(schema.len());
    for (name, dtype) in schema.iter() {
        builders.push(ColumnBuilder::for_type(dtype).ok_or_else(|| DataError::ColumnType {
            path: path.to_path_buf(),
            column: name.to_string(),
            found: dtype.to_string(),
        })?);
    }
    let scan = match &request.filter {
        None => scan,
        Some(filter) => {
            let predicate = replace_columns(filter.polars.clone(), |new| typed(&(request.old_name)(new)));
            let mut filtered = scan.filter(predicate);
            filtered.collect_schema().map_err(|fault| filter.fault(fault.to_string()))?;
            filtered
        }
    };
    // A value that the filter cannot take shows only when it is reached; all else is the file's fault.
    let explain = |fault: PolarsError| match (&request.filter, &fault) {
        (Some(filter), PolarsError::InvalidOperation(_) | PolarsError::SchemaMismatch(_)) => {
            filter.fault(fault.to_string())
        }
        _ => damaged(path, format, &fault),
    };
    let columns = run(scan.select(&outputs), builders).map_err(explain)?;
    let mut panel = Panel::new(columns.first().map_or(0, Column::len), Index::default());
    request.columns.iter().zip(columns).for_each(|((_, new), column)| panel.insert(new, column));
    Ok(panel)
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
