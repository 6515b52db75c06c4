//! Row-wise expressions of `[data]`: parsed once, then computed by polars, in a scan or on a panel.

use std::collections::BTreeSet;

use polars::prelude::{DataFrame, DataType, Expr as PolarsExpr, IntoLazy, LazyFrame, lit};

use super::convert::{ColumnBuilder, to_series};
use super::error::DataError;
use super::predicate::{to_filter, to_polars};
use super::{Column, Panel};
use crate::formula::parse_expression;

/// An expression of a table, with its place for messages.
#[derive(Clone, Debug)]
pub(crate) struct RowExpression {
    /// The table.
    pub table: String,
    /// The key: `where`, `having` or `let.NAME`.
    pub key: String,
    /// As written.
    pub text: String,
    /// The columns it refers to.
    pub names: BTreeSet<String>,
    /// For polars.
    pub polars: PolarsExpr,
}

impl RowExpression {
    /// Parses; a `let` may give anything, every other key a condition.
    ///
    /// # Errors
    /// When the text does not parse or is not row-wise.
    pub(crate) fn parse(table: &str, key: &str, text: &str) -> Result<Self, DataError> {
        let fault = |fault| DataError::Expression {
            table: table.to_string(),
            key: key.to_string(),
            text: text.to_string(),
            fault: Box::new(fault),
        };
        let expression = parse_expression(text).map_err(fault)?;
        let translated = if key.starts_with("let.") { to_polars(&expression) } else { to_filter(&expression) };
        Ok(RowExpression {
            table: table.to_string(),
            key: key.to_string(),
            text: text.to_string(),
            names: expression.names().into_iter().map(|(name, _)| name.to_string()).collect(),
            polars: translated.map_err(fault)?,
        })
    }

    /// Whether each row of a panel passes; missing does not.
    pub(crate) fn test(&self, panel: &Panel) -> Result<Vec<bool>, DataError> {
        match self.compute(panel)? {
            Column::Number(values) => Ok(values.iter().map(|&value| !value.is_nan() && value != 0.0).collect()),
            Column::Text(_) => Err(self.fault("it gives text, not true or false".to_string())),
        }
    }

    /// The value in each row of a panel.
    pub(crate) fn compute(&self, panel: &Panel) -> Result<Column, DataError> {
        let frame = self.frame(panel)?;
        let one = |frame: LazyFrame| frame.select([self.polars.clone().alias("value")]).collect();
        let values = one(frame).map_err(|fault| self.fault(fault.to_string()))?;
        let series = values.columns()[0].as_materialized_series();
        // An expression without columns has one value for all rows.
        let series =
            if series.len() == panel.n_rows() { series.clone() } else { series.new_from_index(0, panel.n_rows()) };
        let mut builder = ColumnBuilder::for_type(series.dtype())
            .ok_or_else(|| self.fault(format!("it gives {}", series.dtype())))?;
        builder.extend(&series).map_err(|fault| self.fault(fault.to_string()))?;
        Ok(builder.finish())
    }

    /// The fault of computing it.
    pub(crate) fn fault(&self, detail: String) -> DataError {
        let detail = detail.lines().next().unwrap_or_default().to_string();
        DataError::Evaluation { table: self.table.clone(), key: self.key.clone(), text: self.text.clone(), detail }
    }

    fn frame(&self, panel: &Panel) -> Result<LazyFrame, DataError> {
        let columns: Vec<_> =
            self.names.iter().filter_map(|name| Some(to_series(name, panel.get(name)?).into())).collect();
        let height = panel.n_rows();
        let frame = if columns.is_empty() {
            DataFrame::empty_with_height(1)
        } else {
            DataFrame::new(height, columns).map_err(|fault| self.fault(fault.to_string()))?
        };
        Ok(frame.lazy())
    }
}

/// The expression with every column replaced: by its name in the file and converted as the panel will hold it.
pub(crate) fn replace_columns(expression: PolarsExpr, by: impl Fn(&str) -> PolarsExpr) -> PolarsExpr {
    expression.map_expr(|part| match &part {
        PolarsExpr::Column(name) => by(name),
        _ => part,
    })
}

/// A column with NaN as missing, so that an expression means the same in a scan and on a panel. Whole numbers stay as they
/// are: the statistics of a parquet file can then answer a filter.
pub(crate) fn as_in_panel(column: PolarsExpr, dtype: &DataType) -> PolarsExpr {
    match dtype {
        DataType::Float32 | DataType::Float64 => column.cast(DataType::Float64).fill_nan(lit(polars::prelude::NULL)),
        _ => column,
    }
}
