//! Many-to-one joins: each row of the left table takes the columns of the one row on the right that has its key.
//!
//! A key that occurs twice on the right is an error, since rows would multiply silently. A missing key matches nothing.

use std::collections::HashMap;

use super::error::DataError;
use super::key::{KeyIndex, describe, factors, repeated};
use super::{Column, Factor, Panel};
use crate::note::Note;
use crate::study::data::JoinKind;

/// Two tables to join, with their names for messages.
pub(crate) struct Join<'a> {
    /// The table whose rows stay.
    pub left: &'a Panel,
    /// Its name.
    pub left_name: &'a str,
    /// The table that adds columns.
    pub right: &'a Panel,
    /// Its name.
    pub right_name: &'a str,
    /// The key: (column on the left, column on the right).
    pub on: &'a [(String, String)],
}

/// A finished join.
pub(crate) struct Joined {
    /// The left table with the columns of the right one.
    pub panel: Panel,
    /// Rows without a partner (gone after an inner join).
    pub unmatched: usize,
    /// What to tell the reader, when rows had none.
    pub note: Option<Note>,
}

impl Join<'_> {
    /// Joins.
    ///
    /// # Errors
    /// Keys that repeat on the right; text against numbers.
    pub(crate) fn run(&self, how: JoinKind) -> Result<Joined, DataError> {
        check_kinds((self.left, self.left_name), (self.right, self.right_name), self.on)?;
        let partner = self.partners()?;
        let unmatched: Vec<u32> =
            partner.iter().enumerate().filter(|(_, row)| **row == u32::MAX).map(|(row, _)| row as u32).collect();
        let note = (!unmatched.is_empty()).then(|| self.note(&unmatched));
        let inner_loss = how == JoinKind::Inner && !unmatched.is_empty();
        let (mut panel, partner) = if inner_loss {
            let keep: Vec<bool> = partner.iter().map(|&row| row != u32::MAX).collect();
            (self.left.filter(&keep), partner.into_iter().filter(|&row| row != u32::MAX).collect())
        } else {
            (self.left.clone(), partner)
        };
        for (name, column) in self.right.columns().filter(|(name, _)| !self.on.iter().any(|(_, key)| key == name)) {
            if panel.get(name).is_some() {
                let (table, column) = (self.left_name.to_string(), name.to_string());
                return Err(DataError::NameTaken { table, column, step: "join" });
            }
            panel.insert(name, column.take(&partner));
        }
        Ok(Joined { panel, unmatched: unmatched.len(), note })
    }

    /// The row on the right of every row on the left, `u32::MAX` for none.
    fn partners(&self) -> Result<Vec<u32>, DataError> {
        let (here, there): (Vec<String>, Vec<String>) = self.on.iter().cloned().unzip();
        let (left, right) = (factors(self.left, &here), factors(self.right, &there));
        let (index, ids) = KeyIndex::build(&right, self.right.n_rows());
        let keys = repeated(self.right, &there, &ids, index.n_keys);
        if !keys.is_empty() {
            return Err(DataError::RepeatedKeys { with: self.right_name.to_string(), columns: there, keys });
        }
        let mut row_of = vec![u32::MAX; index.n_keys];
        for (row, &id) in ids.iter().enumerate().filter(|(_, id)| **id != Factor::MISSING) {
            row_of[id as usize] = row as u32;
        }
        // Texts are compared once per level; rows only compare codes.
        let codes: Vec<Vec<u32>> = left.iter().zip(&right).map(|(l, r)| translate(l, r)).collect();
        let partner = |row: usize| {
            let id = index.find(codes.iter().map(|column| column[row]))?;
            row_of.get(id as usize).copied()
        };
        Ok((0..self.left.n_rows()).map(|row| partner(row).unwrap_or(u32::MAX)).collect())
    }

    fn note(&self, unmatched: &[u32]) -> Note {
        let columns: Vec<String> = self.on.iter().map(|(here, _)| here.clone()).collect();
        let mut examples: Vec<String> = Vec::new();
        for &row in unmatched {
            let key = describe(self.left, &columns, row as usize);
            if !examples.contains(&key) {
                examples.push(key);
            }
            if examples.len() == 5 {
                break;
            }
        }
        Note::JoinLoss {
            table: self.left_name.to_string(),
            with: self.right_name.to_string(),
            rows: unmatched.len(),
            examples,
        }
    }
}

/// Refuses a key that is text in one table and a number in the other.
pub(super) fn check_kinds(
    (left, left_name): (&Panel, &str),
    (right, right_name): (&Panel, &str),
    on: &[(String, String)],
) -> Result<(), DataError> {
    for (here, there) in on {
        if let (Some(a), Some(b)) = (left.get(here), right.get(there)) {
            let here_is_text = matches!(a, Column::Text(_));
            if here_is_text != matches!(b, Column::Text(_)) {
                let (table, with) = (left_name.to_string(), right_name.to_string());
                return Err(DataError::KeyKinds {
                    table,
                    with,
                    here: here.clone(),
                    there: there.clone(),
                    here_is_text,
                });
            }
        }
    }
    Ok(())
}

/// The codes of `left` in the levels of `right`.
pub(super) fn translate(left: &Factor, right: &Factor) -> Vec<u32> {
    let code_of: HashMap<&str, u32> =
        right.levels.iter().zip(0..).map(|(level, code)| (level.as_str(), code)).collect();
    let level_code: Vec<u32> =
        left.levels.iter().map(|level| code_of.get(level.as_str()).copied().unwrap_or(Factor::MISSING)).collect();
    left.codes.iter().map(|&code| level_code.get(code as usize).copied().unwrap_or(Factor::MISSING)).collect()
}
