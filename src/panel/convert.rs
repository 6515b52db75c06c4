//! From polars' columns to a panel's, chunk by chunk: numbers and truth values to floats, text to codes.
//!
//! Text is coded with one hash look-up per value, none where a value repeats the one above it, and only the distinct
//! values are kept, so a table is never held twice.

use indexmap::IndexSet;
use polars::polars_utils::aliases::PlFixedStateQuality;
use polars::prelude::{CategoricalMapping, DataFrame, DataType, PlSmallStr, PolarsResult, Series};

use super::{Column, Factor};

/// A column that grows.
pub(crate) enum ColumnBuilder {
    /// Numbers and truth values.
    Number(Vec<f64>),
    /// Text.
    Text(TextBuilder),
}

/// Text that is coded as it comes.
#[derive(Default)]
pub(crate) struct TextBuilder {
    codes: Vec<u32>,
    levels: IndexSet<String, PlFixedStateQuality>,
}

impl TextBuilder {
    /// Adds a value; the empty text is missing.
    pub(crate) fn push(&mut self, value: Option<&str>) {
        let code = match value {
            None | Some("") => Factor::MISSING,
            Some(text) => {
                let last = self.codes.last().copied().unwrap_or(Factor::MISSING);
                match self.levels.get_index(last as usize) {
                    Some(level) if level == text => last,
                    _ => self.code(text),
                }
            }
        };
        self.codes.push(code);
    }

    /// Adds values that are coded already: each of their categories is looked up once.
    fn extend_coded(&mut self, values: &Series, categories: &CategoricalMapping) -> PolarsResult<()> {
        let coded = values.to_physical_repr().cast(&DataType::UInt32)?;
        let mut code_of: Vec<Option<u32>> = vec![None; categories.num_cats_upper_bound()];
        for category in coded.u32()?.iter() {
            let known = category.and_then(|category| Some((category, code_of.get_mut(category as usize)?)));
            let code = known.map_or(Factor::MISSING, |(category, known)| match *known {
                Some(code) => code,
                None => *known.insert(match categories.cat_to_str(category) {
                    None | Some("") => Factor::MISSING,
                    Some(text) => self.code(text),
                }),
            });
            self.codes.push(code);
        }
        Ok(())
    }

    fn code(&mut self, text: &str) -> u32 {
        let index = self.levels.get_index_of(text);
        index.unwrap_or_else(|| self.levels.insert_full(text.to_string()).0) as u32
    }

    /// The finished factor.
    pub(crate) fn finish(mut self) -> Factor {
        self.codes.shrink_to_fit();
        Factor::new(self.codes, self.levels.into_iter().collect())
    }
}

impl ColumnBuilder {
    /// A builder for a column of a polars type; `None` when a panel cannot hold that type.
    pub(crate) fn for_type(dtype: &DataType) -> Option<Self> {
        Some(match dtype {
            DataType::String | DataType::Date | DataType::Categorical(..) | DataType::Enum(..) => Self::text(),
            DataType::Boolean | DataType::Null => Self::Number(Vec::new()),
            other if other.is_primitive_numeric() => Self::Number(Vec::new()),
            _ => return None,
        })
    }

    /// An empty column of text.
    pub(crate) fn text() -> Self {
        Self::Text(TextBuilder::default())
    }

    /// Adds the values of a chunk.
    pub(crate) fn extend(&mut self, values: &Series) -> PolarsResult<()> {
        match self {
            Self::Text(builder) => {
                if let DataType::Categorical(_, categories) | DataType::Enum(_, categories) = values.dtype() {
                    return builder.extend_coded(values, categories);
                }
                let text = values.cast(&DataType::String)?;
                text.str()?.iter().for_each(|value| builder.push(value));
            }
            Self::Number(numbers) => {
                let floats = values.cast(&DataType::Float64)?;
                for chunk in floats.f64()?.downcast_iter() {
                    if chunk.validity().is_none() {
                        numbers.extend_from_slice(chunk.values());
                    } else {
                        numbers.extend(chunk.iter().map(|value| value.copied().unwrap_or(f64::NAN)));
                    }
                }
            }
        }
        Ok(())
    }

    /// The finished column.
    pub(crate) fn finish(self) -> Column {
        match self {
            Self::Number(mut values) => {
                values.shrink_to_fit();
                Column::number(values)
            }
            Self::Text(builder) => Column::Text(builder.finish()),
        }
    }
}

/// Adds a chunk to builders that stand in the order of its columns.
pub(crate) fn extend_all(builders: &mut [ColumnBuilder], chunk: &DataFrame) -> PolarsResult<()> {
    for (builder, column) in builders.iter_mut().zip(chunk.columns()) {
        builder.extend(column.as_materialized_series())?;
    }
    Ok(())
}

/// A column of a panel for polars, missing values as null.
pub(crate) fn to_series(name: &str, column: &Column) -> Series {
    let name = PlSmallStr::from_str(name);
    match column {
        Column::Number(values) => {
            values.iter().map(|&value| (!value.is_nan()).then_some(value)).collect::<Series>().with_name(name)
        }
        Column::Text(factor) => (0..factor.len()).map(|row| factor.text(row)).collect::<Series>().with_name(name),
    }
}
