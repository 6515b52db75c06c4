//! [`DataFile`]: one file opened, its columns known, its rows not yet read.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use polars::io::SerReader;
use polars::io::parquet::read::ParquetReader;
use polars::prelude::{DataType, Expr, IdxSize, LazyFrame, PlRefPath, PolarsError, ScanArgsParquet, Schema, SchemaRef};

use super::convert::ColumnBuilder;
use super::csv::{self, Header};
use super::error::{DataError, nearest};
use super::expression::as_in_panel;
use super::request::Request;
use super::scan::{Scan, damaged, read_csv};
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

    /// The lines of a csv file in whose columns these texts stand; `None` of other files and of columns that it lacks.
    pub(crate) fn lines_with(&self, texts: &[(String, &str)]) -> Option<Vec<usize>> {
        let Content::Csv { bytes, header } = &self.content else { return None };
        let mut places = Vec::new();
        for (column, text) in texts {
            places.push((header.names.iter().position(|name| name == column)?, *text));
        }
        Some(csv::lines_with(bytes, header, &places))
    }

    /// Rows of a parquet or Stata file as it says itself; zero of a csv file, whose rows are not counted.
    pub(crate) fn rows(&self) -> usize {
        match &self.content {
            Content::Csv { .. } => 0,
            Content::Parquet { rows, .. } => *rows,
            Content::Stata(file) => file.rows,
        }
    }

    /// Reads columns and rows; also gives the number of rows of the file before the filter.
    ///
    /// # Errors
    /// When the file is damaged, a value contradicts its declared type, or the filter does not fit the data.
    pub(crate) fn read(self, request: &Request) -> Result<(Panel, usize), DataError> {
        self.first(request, None)
    }

    /// The first rows of the columns (all columns of a Stata file are numbers here, and without rows), and the number of
    /// rows of the file, of which quoted line breaks are taken for some.
    ///
    /// # Errors
    /// As [`DataFile::read`].
    pub(crate) fn head(mut self, request: &Request, most: usize) -> Result<(Panel, usize), DataError> {
        match &mut self.content {
            Content::Stata(file) => {
                let mut panel = Panel::new(0, Index::default());
                request.columns.iter().for_each(|(_, new)| panel.insert(new, Column::number(Vec::new())));
                Ok((panel, file.rows))
            }
            Content::Parquet { .. } => self.first(request, Some(most)),
            Content::Csv { bytes, header } => {
                let breaks = || bytes[header.body..].iter().enumerate().filter(|(_, byte)| **byte == b'\n');
                let is_closed = usize::from(bytes.last() != Some(&b'\n'));
                let rows = breaks().count() + is_closed;
                let end = breaks().nth(most - 1).map(|(at, _)| header.body + at + 1);
                bytes.truncate(end.unwrap_or(bytes.len()));
                Ok((self.first(request, None)?.0, rows))
            }
        }
    }

    /// Bytes of the file that are held while it is read.
    pub(crate) fn held(&self) -> u64 {
        match &self.content {
            Content::Csv { bytes, .. } => bytes.len() as u64,
            _ => 0,
        }
    }

    fn first(self, request: &Request, most: Option<usize>) -> Result<(Panel, usize), DataError> {
        let path = self.path;
        match self.content {
            Content::Stata(file) => Ok((read_stata(&path, request)?, file.rows)),
            Content::Parquet { schema, rows, .. } => {
                let scan = LazyFrame::scan_parquet(polars_path(&path), parquet_options())
                    .map_err(|fault| damaged(&path, "parquet", &fault))?;
                let scan = match most {
                    Some(most) => scan.limit(most as IdxSize),
                    None => scan,
                };
                let typed = |name: &str| {
                    let dtype = schema.get(name).cloned().unwrap_or(DataType::Null);
                    if request.is_text(name) {
                        Expr::Column(name.into()).cast(DataType::String)
                    } else {
                        as_in_panel(Expr::Column(name.into()), &dtype)
                    }
                };
                check_types(&path, &schema, &request.reads())?;
                Ok((Scan { path: &path, format: "parquet", frame: scan, typed: &typed }.collect(request)?, rows))
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
