//! Crosswalks: rows in old codes become rows in new ones, and their totals are split by shares.
//!
//! A row whose code has several partners becomes several rows; columns that are totals (employment, establishments) are
//! multiplied by the partner's share, all others are copied. Summing to the new codes is the business of `group_by`, which
//! follows. Partners come in the order of their codes, so that the order of the rows of the crosswalk does not matter.
//!
//! Shares of a code must sum to one, since otherwise totals would not be conserved; a study that accepts less says so, and
//! the difference is in the note.

use super::error::DataError;
use super::key::{KeyIndex, describe, factors};
use super::{Column, Factor, Panel};
use crate::linalg::sum;
use crate::note::{ConvertedTotal, Note};
use crate::study::crosswalk::{CrosswalkSection, Incomplete, Split, Unmatched};

/// How far the shares of a code may be from one.
const TOLERANCE: f64 = 1e-6;

/// A table and the crosswalk it goes through.
pub(crate) struct Crosswalk<'a> {
    /// The table in old codes.
    pub left: &'a Panel,
    /// Its name.
    pub left_name: &'a str,
    /// The pairs of codes.
    pub right: &'a Panel,
    /// What the study says of it.
    pub section: &'a CrosswalkSection,
}

/// A table in new codes.
pub(crate) struct Crosswalked {
    /// The rows in new codes, in the order of the old ones.
    pub panel: Panel,
    /// Rows of the old table that left for want of a partner.
    pub lost: usize,
    /// What was split, lost or not conserved.
    pub note: Option<Note>,
}

/// The partners of every key of the crosswalk.
struct Partners {
    index: KeyIndex,
    /// Of each key, (row of the crosswalk that has the new code, share), in the order of the new codes.
    of_key: Vec<Vec<(u32, f64)>>,
    /// Of each key, a row that has it.
    row_of: Vec<u32>,
}

impl Crosswalk<'_> {
    /// Converts.
    ///
    /// # Errors
    /// Text against numbers in a key; shares that are missing, negative or do not sum to one; a code with several partners
    /// and no word on how to split it; codes without a partner, unless the study says what becomes of them; totals that
    /// are text.
    pub(crate) fn run(&self) -> Result<Crosswalked, DataError> {
        super::join::check_kinds(
            (self.left, self.left_name),
            (self.right, &self.section.table),
            &self.section.on.pairs(),
        )?;
        let partners = self.partners()?;
        let keys = self.keys_of_rows(&partners);
        let unmatched: Vec<u32> = (0..self.left.n_rows() as u32).filter(|&row| keys[row as usize].is_none()).collect();
        if self.section.unmatched == Unmatched::Error && !unmatched.is_empty() {
            let (codes, examples) = self.codes_of(&unmatched);
            return Err(DataError::CodesUnmatched {
                table: self.left_name.to_string(),
                with: self.section.table.clone(),
                codes,
                examples,
            });
        }
        let pieces = self.pieces(&partners, &keys);
        let mut panel = self.left.take(&pieces.iter().map(|piece| piece.from).collect::<Vec<u32>>());
        let new = self.new_codes(&panel, &pieces)?;
        self.split_totals(&mut panel, &pieces)?;
        panel.insert(self.section.new_name(), new);
        let lost = if self.section.unmatched == Unmatched::Drop { unmatched.len() } else { 0 };
        let note = self.note(&panel, &partners, &keys, &unmatched)?;
        Ok(Crosswalked { panel, lost, note })
    }

    fn partners(&self) -> Result<Partners, DataError> {
        let (right, section) = (self.right, self.section);
        let there: Vec<String> = section.on.pairs().into_iter().map(|(_, there)| there).collect();
        let (index, ids) = KeyIndex::build(&factors(right, &there), right.n_rows());
        let new = right.get(&section.to).map_or_else(|| Factor::new(Vec::new(), Vec::new()), Column::to_factor);
        let shares = self.shares()?;
        let mut of_key: Vec<Vec<(u32, f64)>> = vec![Vec::new(); index.n_keys];
        let mut row_of = vec![u32::MAX; index.n_keys];
        for (row, &id) in ids.iter().enumerate().filter(|(_, id)| **id != Factor::MISSING) {
            let slot = &mut of_key[id as usize];
            row_of[id as usize] = row_of[id as usize].min(row as u32);
            let code = new.codes[row];
            if code == Factor::MISSING {
                continue;
            }
            let is_known = slot.iter().any(|&(other, _)| new.codes[other as usize] == code);
            match (&shares, is_known) {
                // The same pair again says nothing new: concordances of several vintages in one file repeat their pairs.
                (None, true) => {}
                (None, false) => slot.push((row as u32, 1.0)),
                (Some(_), true) => {
                    let pair = format!("{} to {}", describe(right, &there, row), new.text(row).unwrap_or_default());
                    return Err(DataError::RepeatedPair { with: section.table.clone(), pair });
                }
                (Some(shares), false) => slot.push((row as u32, self.share(shares, &there, row)?)),
            }
        }
        self.sort(&mut of_key, &new);
        let mut partners = Partners { index, of_key, row_of };
        match shares {
            Some(_) => self.complete(&mut partners, &there)?,
            None => self.divide(&mut partners, &there)?,
        }
        Ok(partners)
    }

    fn shares(&self) -> Result<Option<Vec<f64>>, DataError> {
        match self.section.share.as_ref().map(|name| (name, self.right.get(name))) {
            Some((_, Some(Column::Number(values)))) => Ok(Some(values.to_vec())),
            Some((name, _)) => Err(DataError::TextColumn {
                table: self.section.table.clone(),
                column: name.clone(),
                used_in: "share of a crosswalk".to_string(),
            }),
            None => Ok(None),
        }
    }

    fn share(&self, shares: &[f64], there: &[String], row: usize) -> Result<f64, DataError> {
        let share = shares[row];
        if share.is_finite() && share >= 0.0 {
            return Ok(share);
        }
        let (with, code) = (self.section.table.clone(), describe(self.right, there, row));
        Err(DataError::BadShare { with, code, share })
    }

    /// Partners in the order of their codes: numbers by value, text by its bytes.
    fn sort(&self, of_key: &mut [Vec<(u32, f64)>], new: &Factor) {
        let value = |row: u32| match self.right.get(&self.section.to) {
            Some(Column::Number(values)) => values[row as usize],
            _ => 0.0,
        };
        for slot in of_key {
            slot.sort_by(|&(a, _), &(b, _)| {
                value(a).total_cmp(&value(b)).then_with(|| new.text(a as usize).cmp(&new.text(b as usize)))
            });
        }
    }

    /// Shares that sum to one, or what the study says of those that do not.
    fn complete(&self, partners: &mut Partners, there: &[String]) -> Result<(), DataError> {
        let mut wrong: Vec<(String, f64)> = Vec::new();
        for (slot, &row) in partners.of_key.iter_mut().zip(&partners.row_of) {
            slot.retain(|&(_, share)| share > 0.0);
            let sum = slot.iter().map(|&(_, share)| share).sum::<f64>();
            if slot.is_empty() || (sum - 1.0).abs() <= TOLERANCE {
                continue;
            }
            match self.section.incomplete {
                Incomplete::Error => wrong.push((describe(self.right, there, row as usize), sum)),
                Incomplete::Scale => slot.iter_mut().for_each(|(_, share)| *share /= sum),
                Incomplete::Keep => {}
            }
        }
        if wrong.is_empty() {
            return Ok(());
        }
        let codes = wrong.len();
        wrong.truncate(5);
        Err(DataError::SharesIncomplete { with: self.section.table.clone(), codes, examples: wrong })
    }

    /// Equal shares, where the study asks for them.
    fn divide(&self, partners: &mut Partners, there: &[String]) -> Result<(), DataError> {
        let several = |slot: &&Vec<(u32, f64)>| slot.len() > 1;
        let codes = partners.of_key.iter().filter(several).count();
        if codes > 0 && self.section.split == Split::Error {
            let places = partners.of_key.iter().zip(&partners.row_of).filter(|(slot, _)| several(slot)).take(5);
            let examples = places
                .map(|(slot, &row)| format!("{} ({} codes)", describe(self.right, there, row as usize), slot.len()))
                .collect();
            return Err(DataError::SplitUnknown { with: self.section.table.clone(), codes, examples });
        }
        for slot in &mut partners.of_key {
            let each = 1.0 / slot.len() as f64;
            slot.iter_mut().for_each(|(_, share)| *share = each);
        }
        Ok(())
    }

    /// The key of every row of the old table, `None` where the crosswalk has no partner for it.
    fn keys_of_rows(&self, partners: &Partners) -> Vec<Option<u32>> {
        let (here, there): (Vec<String>, Vec<String>) = self.section.on.pairs().into_iter().unzip();
        let (left, right) = (factors(self.left, &here), factors(self.right, &there));
        let codes: Vec<Vec<u32>> = left.iter().zip(&right).map(|(l, r)| super::join::translate(l, r)).collect();
        let key = |row: usize| {
            let key = partners.index.find(codes.iter().map(|column| column[row]))?;
            (!partners.of_key[key as usize].is_empty()).then_some(key)
        };
        (0..self.left.n_rows()).map(key).collect()
    }

    fn pieces(&self, partners: &Partners, keys: &[Option<u32>]) -> Vec<Piece> {
        let mut pieces = Vec::with_capacity(keys.len());
        for (from, key) in (0u32..).zip(keys) {
            match key {
                Some(key) => pieces.extend(partners.of_key[*key as usize].iter().map(|&(to, share)| Piece {
                    from,
                    to: Some(to),
                    share,
                })),
                None if self.section.unmatched == Unmatched::Keep => pieces.push(Piece { from, to: None, share: 1.0 }),
                None => {}
            }
        }
        pieces
    }

    /// The new codes; a code that stays for want of a partner is its old self.
    fn new_codes(&self, taken: &Panel, pieces: &[Piece]) -> Result<Column, DataError> {
        let (section, right) = (self.section, self.right);
        let rows: Vec<u32> = pieces.iter().map(|piece| piece.to.unwrap_or(u32::MAX)).collect();
        let new = right.get(&section.to).map(|column| column.take(&rows));
        let pairs = section.on.pairs();
        let old = pairs.first().and_then(|(here, _)| taken.get(here));
        Ok(match (new, old) {
            (Some(Column::Number(new)), Some(Column::Number(old))) => Column::number(
                pieces
                    .iter()
                    .zip(new.iter().zip(old.iter()))
                    .map(|(p, (n, o))| if p.to.is_some() { *n } else { *o })
                    .collect(),
            ),
            (Some(new), Some(old)) if rows.contains(&u32::MAX) => {
                if matches!(new, Column::Number(_)) != matches!(old, Column::Number(_)) {
                    let pair = pairs.first().cloned().unwrap_or_default();
                    let here_is_text = matches!(old, Column::Text(_));
                    return Err(DataError::KeyKinds {
                        table: self.left_name.to_string(),
                        with: section.table.clone(),
                        here: pair.0,
                        there: section.to.clone(),
                        here_is_text,
                    });
                }
                let (new, old) = (new.to_factor(), old.to_factor());
                let texts = pieces.iter().enumerate().map(|(row, piece)| match piece.to {
                    Some(_) => new.text(row),
                    None => old.text(row),
                });
                Column::Text(Factor::from_values(texts))
            }
            (Some(new), _) => new,
            (None, _) => Column::number(vec![f64::NAN; pieces.len()]),
        })
    }

    fn split_totals(&self, panel: &mut Panel, pieces: &[Piece]) -> Result<(), DataError> {
        for name in &self.section.totals {
            let split = match panel.get(name) {
                Some(Column::Number(values)) => {
                    values.iter().zip(pieces).map(|(value, piece)| value * piece.share).collect::<Vec<f64>>()
                }
                Some(Column::Text(_)) => {
                    return Err(DataError::TextColumn {
                        table: self.left_name.to_string(),
                        column: name.clone(),
                        used_in: "totals of a crosswalk".to_string(),
                    });
                }
                // Not needed by this run.
                None => continue,
            };
            panel.insert(name.clone(), Column::number(split));
        }
        Ok(())
    }

    /// Number of distinct codes of some rows, and up to five of them.
    fn codes_of(&self, rows: &[u32]) -> (usize, Vec<String>) {
        let here: Vec<String> = self.section.on.pairs().into_iter().map(|(here, _)| here).collect();
        let mut codes: Vec<String> = rows.iter().map(|&row| describe(self.left, &here, row as usize)).collect();
        codes.sort_unstable();
        codes.dedup();
        let n = codes.len();
        codes.truncate(5);
        (n, codes)
    }

    fn note(
        &self,
        panel: &Panel,
        partners: &Partners,
        keys: &[Option<u32>],
        unmatched: &[u32],
    ) -> Result<Option<Note>, DataError> {
        let mut used = vec![false; partners.of_key.len()];
        keys.iter().flatten().for_each(|&key| used[key as usize] = true);
        let split = partners.of_key.iter().zip(&used).filter(|(slot, used)| **used && slot.len() > 1).count();
        let total = |panel: &Panel, name: &str| match panel.get(name) {
            Some(Column::Number(values)) => {
                sum(&values.iter().filter(|value| value.is_finite()).copied().collect::<Vec<f64>>())
            }
            _ => f64::NAN,
        };
        let totals: Vec<ConvertedTotal> = (self.section.totals.iter())
            .filter(|name| self.left.get(name).is_some())
            .map(|name| ConvertedTotal {
                column: name.clone(),
                before: total(self.left, name),
                after: total(panel, name),
            })
            .collect();
        let conserved = totals.iter().all(|t| (t.after - t.before).abs() <= 1e-9 * t.before.abs());
        if split == 0 && unmatched.is_empty() && conserved {
            return Ok(None);
        }
        let (codes_unmatched, examples) = self.codes_of(unmatched);
        Ok(Some(Note::Crosswalk {
            table: self.left_name.to_string(),
            with: self.section.table.clone(),
            codes: used.iter().filter(|used| **used).count(),
            split,
            unmatched: codes_unmatched,
            kept: self.section.unmatched == Unmatched::Keep,
            examples,
            totals,
        }))
    }
}

/// A row of the new table: the old row, the row of the crosswalk with its new code, and its share.
struct Piece {
    from: u32,
    to: Option<u32>,
    share: f64,
}
