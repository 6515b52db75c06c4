//! [`Evaluated`]: what the models of a study share before they are estimated.
//!
//! Every distinct expression is evaluated once and every distinct condition decided once; models then hold the same
//! columns, by which the engine sees that they are the same. Columns of the panel are shared with it. In: the prepared
//! panel; out: columns over all its rows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::design::variables::NamedColumn;
use crate::panel::{Column, Factor, Ledger};

/// Rows that the conditions of study and model leave.
#[derive(Clone, Debug)]
pub(super) struct Filtered {
    /// A flag per row of the panel; `None` where there is no condition.
    pub(super) rows: Option<Arc<Vec<bool>>>,
    /// The ledger up to here.
    pub(super) ledger: Ledger,
}

/// Values by the canonical text that they come from, each made once.
#[derive(Debug)]
struct Once<T>(Mutex<HashMap<String, T>>);

impl<T> Default for Once<T> {
    fn default() -> Self {
        Once(Mutex::default())
    }
}

impl<T: Clone> Once<T> {
    /// The value of a key, made if it is not there. Two threads may make the same value; the first to finish is kept.
    fn get<E>(&self, key: &str, make: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let known =
            |map: &Mutex<HashMap<String, T>>| map.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        if let Some(found) = known(&self.0) {
            return Ok(found);
        }
        let made = make()?;
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(map.entry(key.to_string()).or_insert(made).clone())
    }

    fn retain(&self, keep: impl Fn(&str) -> bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|key, _| keep(key));
    }
}

/// Columns, factors, regressors and samples that models share.
#[derive(Debug, Default)]
pub(super) struct Evaluated {
    columns: Once<Column>,
    factors: Once<Factor>,
    regressors: Once<Vec<NamedColumn>>,
    filters: Once<Filtered>,
}

impl Evaluated {
    /// The column of an expression (by its canonical text).
    pub(super) fn column<E>(&self, text: &str, make: impl FnOnce() -> Result<Column, E>) -> Result<Column, E> {
        self.columns.get(text, make)
    }

    /// The factor of combined columns (by their names).
    pub(super) fn factor<E>(&self, names: &[String], make: impl FnOnce() -> Result<Factor, E>) -> Result<Factor, E> {
        self.factors.get(&names.join("^"), make)
    }

    /// The columns of a regressor, whose levels and polynomials may depend on the rows that `filter` leaves.
    pub(super) fn regressor<E>(
        &self,
        (text, filter): (&str, &str),
        make: impl FnOnce() -> Result<Vec<NamedColumn>, E>,
    ) -> Result<Vec<NamedColumn>, E> {
        self.regressors.get(&format!("{text}\n{filter}"), make)
    }

    /// The rows that conditions leave (by their canonical texts).
    pub(super) fn filtered<E>(&self, text: &str, make: impl FnOnce() -> Result<Filtered, E>) -> Result<Filtered, E> {
        self.filters.get(text, make)
    }

    /// Forgets columns of expressions, and conditions, whose texts are not needed any more.
    pub(super) fn keep_only(&self, needed: impl Fn(&str) -> bool) {
        self.columns.retain(&needed);
        self.regressors.retain(|key| key.split_once('\n').is_some_and(|(text, filter)| needed(text) && needed(filter)));
        self.filters.retain(&needed);
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
