//! [`Request`]: which columns and rows of a file are wanted, and what is known about them beforehand.

use std::collections::BTreeSet;

use super::csv::Declared;
use super::expression::RowExpression;
use super::package::Resource;

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

    /// Whether a column is read as text whatever it looks like.
    pub(crate) fn is_text(&self, name: &str) -> bool {
        self.text.contains(name) || self.field_type(name) == Some("string")
    }

    /// Names in the file that have to be read.
    pub(crate) fn reads(&self) -> BTreeSet<String> {
        let filter = self.filter.iter().flat_map(|filter| filter.names.iter().map(|name| (self.old_name)(name)));
        self.columns.iter().map(|(old, _)| old.clone()).chain(filter).collect()
    }

    /// What is asked of a column of a csv file.
    pub(crate) fn declared(&self, name: &str, reads: &BTreeSet<String>) -> Declared {
        match self.field_type(name) {
            _ if !reads.contains(name) => Declared::Skip,
            _ if self.is_text(name) => Declared::Text,
            Some("number" | "integer" | "year") => Declared::Number,
            Some("boolean") => Declared::Truth,
            _ => Declared::Open,
        }
    }

    /// Texts that mean missing, the empty one aside.
    pub(crate) fn missing(&self) -> Vec<String> {
        let declared = self.resource.map(|resource| &resource.schema.missing_values).filter(|list| !list.is_empty());
        declared.cloned().unwrap_or_else(|| vec!["NA".to_string(), ".".to_string()])
    }
}
