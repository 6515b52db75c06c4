//! [`Evaluated`]: what the models of a study share before they are estimated.
//!
//! Every distinct expression is evaluated once and every distinct condition decided once; models then hold the same
//! columns, by which the engine sees that they are the same. Columns of the panel are shared with it. In: the prepared
//! panel; out: columns over all its rows.

use std::sync::Arc;

use crate::design::variables::NamedColumn;
use crate::memo::Memo;
use crate::panel::{Column, Factor, Ledger};

/// Rows that the conditions of study and model leave.
#[derive(Clone, Debug)]
pub(super) struct Filtered {
    /// A flag per row of the panel; `None` where there is no condition.
    pub(super) rows: Option<Arc<Vec<bool>>>,
    /// The ledger up to here.
    pub(super) ledger: Ledger,
}

/// Columns, factors, regressors and samples that models share.
#[derive(Debug, Default)]
pub(super) struct Evaluated {
    columns: Memo<String, Column>,
    factors: Memo<String, Factor>,
    regressors: Memo<String, Vec<NamedColumn>>,
    filters: Memo<String, Filtered>,
}

impl Evaluated {
    /// The column of an expression (by its canonical text).
    pub(super) fn column<E>(&self, text: &str, make: impl FnOnce() -> Result<Column, E>) -> Result<Column, E> {
        self.columns.try_get(text.to_string(), make)
    }

    /// The factor of combined columns (by their names).
    pub(super) fn factor<E>(&self, names: &[String], make: impl FnOnce() -> Result<Factor, E>) -> Result<Factor, E> {
        self.factors.try_get(names.join("^"), make)
    }

    /// The columns of a regressor, whose levels and polynomials may depend on the rows that `filter` leaves.
    pub(super) fn regressor<E>(
        &self,
        (text, filter): (&str, &str),
        make: impl FnOnce() -> Result<Vec<NamedColumn>, E>,
    ) -> Result<Vec<NamedColumn>, E> {
        self.regressors.try_get(format!("{text}\n{filter}"), make)
    }

    /// The rows that conditions leave (by their canonical texts).
    pub(super) fn filtered<E>(&self, text: &str, make: impl FnOnce() -> Result<Filtered, E>) -> Result<Filtered, E> {
        self.filters.try_get(text.to_string(), make)
    }

    /// Forgets columns of expressions, and conditions, whose texts are not needed any more.
    pub(super) fn keep_only(&self, needed: impl Fn(&str) -> bool) {
        self.columns.retain(|key| needed(key));
        self.regressors.retain(|key| key.split_once('\n').is_some_and(|(text, filter)| needed(text) && needed(filter)));
        self.filters.retain(|key| needed(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_made_once_and_forgotten_when_no_model_is_left() {
        let evaluated = Evaluated::default();
        let made = std::cell::Cell::new(0);
        let make = || {
            made.set(made.get() + 1);
            Ok::<_, ()>(Column::number(vec![1.0]))
        };
        evaluated.column("x", make).unwrap();
        evaluated.column("x", make).unwrap();
        assert_eq!(made.get(), 1);
        evaluated.keep_only(|text| text == "y");
        evaluated.column("x", make).unwrap();
        assert_eq!(made.get(), 2);
        assert_eq!(evaluated.column("z", || Err::<Column, _>("no")), Err("no"));
    }
}
