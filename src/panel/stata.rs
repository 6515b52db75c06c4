//! Stata .dta files (formats 102 to 119), read record by record: only the columns that are needed are decoded.
//!
//! All of Stata's missing values (`.`, `.a` to `.z`, the empty string) become missing. Numbers stay numbers: value labels
//! are not applied.

use std::path::Path;

use dta::stata::dta::dta_error::{DtaError, Result as DtaResult};
use dta::stata::dta::dta_reader::DtaReader;
use dta::stata::dta::long_string_ref::LongStringRef;
use dta::stata::dta::long_string_table::LongStringTable;
use dta::stata::dta::value::Value;
use dta::stata::dta::variable_type::VariableType;

use super::convert::TextBuilder;
use super::error::DataError;
use super::{Column, Index, Panel};

/// What a .dta file says about itself.
pub(crate) struct StataFile {
    /// Names of the variables.
    pub names: Vec<String>,
    /// Number of rows.
    pub rows: usize,
}

enum Builder {
    Number(Vec<f64>),
    Text(TextBuilder),
    LongText(Vec<Option<LongStringRef>>),
}

/// Reads the header of a file.
///
/// # Errors
/// When it is not a Stata file.
pub(crate) fn open(path: &Path) -> Result<StataFile, DataError> {
    let read = || -> DtaResult<StataFile> {
        let reader = DtaReader::new().from_path(path)?.read_header()?;
        let rows = reader.header().observation_count() as usize;
        let reader = reader.read_schema()?;
        let names = reader.schema().variables().iter().map(|variable| variable.name().to_string()).collect();
        Ok(StataFile { names, rows })
    };
    read().map_err(|fault| damaged(path, &fault))
}

/// Reads the columns for which `wanted` is true, those for which `as_text` is true as text.
///
/// # Errors
/// When the file is damaged.
pub(crate) fn read(
    path: &Path,
    wanted: impl Fn(&str) -> bool,
    as_text: impl Fn(&str) -> bool,
) -> Result<Panel, DataError> {
    let columns = read_columns(path, wanted, as_text).map_err(|fault| damaged(path, &fault))?;
    let mut panel = Panel::new(columns.first().map_or(0, |(_, column)| column.len()), Index::default());
    for (name, column) in columns {
        panel.insert(name, column);
    }
    Ok(panel)
}

fn damaged(path: &Path, fault: &DtaError) -> DataError {
    DataError::Damaged { path: path.to_path_buf(), format: "Stata", detail: fault.to_string() }
}

fn read_columns(
    path: &Path,
    wanted: impl Fn(&str) -> bool,
    as_text: impl Fn(&str) -> bool,
) -> DtaResult<Vec<(String, Column)>> {
    let mut characteristics = DtaReader::new().from_path(path)?.read_header()?.read_schema()?;
    let mut columns: Vec<(usize, String, Builder)> = Vec::new();
    for (at, variable) in characteristics.schema().variables().iter().enumerate() {
        let name = variable.name();
        if wanted(name) {
            columns.push((at, name.to_string(), Builder::new(variable.variable_type(), as_text(name))));
        }
    }
    characteristics.skip_to_end()?;
    let mut records = characteristics.into_record_reader()?;
    while let Some(record) = records.read_lazy_record()? {
        for (at, _, builder) in &mut columns {
            builder.push(&record.value(*at)?);
        }
    }
    let mut long = LongStringTable::for_reading();
    let encoding = records.encoding();
    if columns.iter().any(|(_, _, builder)| matches!(builder, Builder::LongText(_))) {
        records.into_long_string_reader()?.read_remaining_into(&mut long)?;
    }
    let text = |reference: &LongStringRef| Some(long.get(reference)?.data_str(encoding)?.into_owned());
    Ok(columns.into_iter().map(|(_, name, builder)| (name, builder.finish(text))).collect())
}

impl Builder {
    fn new(kind: VariableType, as_text: bool) -> Self {
        match kind {
            VariableType::LongString => Builder::LongText(Vec::new()),
            VariableType::FixedString(_) => Builder::Text(TextBuilder::default()),
            _ if as_text => Builder::Text(TextBuilder::default()),
            _ => Builder::Number(Vec::new()),
        }
    }

    fn push(&mut self, value: &Value) {
        match self {
            Builder::Number(values) => values.push(number(value).unwrap_or(f64::NAN)),
            Builder::Text(builder) => match value {
                Value::String(text) => builder.push(Some(text)),
                other => builder.push(number(other).map(|number| number.to_string()).as_deref()),
            },
            Builder::LongText(references) => references.push(match value {
                Value::LongStringRef(reference) => Some(*reference),
                _ => None,
            }),
        }
    }

    fn finish(self, text: impl Fn(&LongStringRef) -> Option<String>) -> Column {
        match self {
            Builder::Number(values) => Column::number(values),
            Builder::Text(builder) => Column::Text(builder.finish()),
            Builder::LongText(references) => {
                let mut builder = TextBuilder::default();
                references.iter().for_each(|reference| builder.push(reference.as_ref().and_then(&text).as_deref()));
                Column::Text(builder.finish())
            }
        }
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Byte(value) => value.present().map(f64::from),
        Value::Int(value) => value.present().map(f64::from),
        Value::Long(value) => value.present().map(f64::from),
        Value::Float(value) => value.present().map(f64::from),
        Value::Double(value) => value.present(),
        Value::String(_) | Value::LongStringRef(_) => None,
    }
}
