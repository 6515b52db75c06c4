//! `spatial_lag(x, weights)`: the weighted sum of the same thing in neighbouring regions, in the same period.
//!
//! The value for a row in region `r` with key `k` at time `t` is `sum_s w_rs x(s, k, t)`. Regions are found by their id,
//! never by row position. The key says what "the same thing" is: `by` names its columns; without it the key is the group
//! of the measures in `x` (`within = cluster`), or the columns of the unit other than the region. `x` must have one
//! value in each region, key and period. `by = region` says that there is no key.
//!
//! A neighbour without a row for the key and period:
//! - has no activity there when `x` is built from `share` or `lq` alone: its value is what `x` is worth where they are
//!   zero (0 for `lq`, missing for `log(lq)`), provided that the region has rows in that period at all;
//! - is missing otherwise, and with it the sum;
//! - `absent = "zero"` or `absent = "missing"` settles it by hand, for absent regions too.
//!
//! `take = "max"` has the largest value among the neighbours instead, whatever their weights.
//!
//! A region that the weights do not have gets a missing value, and so does one without neighbours unless the study keeps
//! islands, whose lag is zero.

use super::Evaluator;
use super::error::{EvaluateError, nearest};
use super::functions::{Call, word};
use super::value::{Numbers, Value};
use crate::formula::{Expr, Span};
use crate::mapping::{Cells, Codes, CompensatedSum};
use crate::note::Note;
use crate::panel::Factor;
use crate::space::SpatialWeights;

/// What a neighbour counts as that has no row.
#[derive(Clone, Copy)]
struct Absent {
    /// In a region that has rows in that period.
    cell: f64,
    /// In a region that has none.
    region: f64,
}

/// What is taken of the neighbours' values.
#[derive(Clone, Copy)]
enum Take {
    /// Their weighted sum.
    Sum,
    /// The largest.
    Largest,
}

fn take(call: &Call) -> Result<Take, EvaluateError> {
    let Some(expr) = call.get("take") else { return Ok(Take::Sum) };
    match word(expr) {
        Some("sum") => Ok(Take::Sum),
        Some("max") => Ok(Take::Largest),
        value => {
            let (option, accepted, value) = ("take", "\"sum\", \"max\"", value.unwrap_or("this").to_string());
            Err(EvaluateError::UnknownOption { option, value, accepted, span: expr.span.clone() })
        }
    }
}

impl Evaluator<'_> {
    pub(super) fn spatial(&self, call: &Call) -> Result<Value, EvaluateError> {
        let x = call.required("x")?;
        let (weights, is_island_kept) = self.weights_named(call.required("weights")?, call)?;
        let values = self.numeric(x)?.into_rows(self.panel.n_rows());
        let absent = self.absent(call, x)?;
        let take = take(call)?;
        let names = self.key_columns(call, x)?;
        let key = self.group(&names, &call.span)?;
        let region = self.positions(weights, call)?;
        let time = self.time_codes();
        let when = Cells::cross(&key, &time).codes;
        let cells = Cells::cross(&region, &when);
        let present = Cells::cross(&region, &time);
        let by_cell = self.cell_values(&values, &cells.codes, &names, x)?;
        self.note_absent_neighbours(weights, &region);

        let neighbour = |s: usize, when: usize, time: usize| match cells.find(s, when) {
            Some(cell) => by_cell[cell],
            None if present.find(s, time).is_some() => absent.cell,
            None => absent.region,
        };
        let mut lag_of_cell: Vec<Option<f64>> = vec![None; cells.codes.n];
        let mut lag = vec![f64::NAN; values.len()];
        for (row, lag) in lag.iter_mut().enumerate() {
            let codes = (region.at(row), when.at(row), time.at(row), cells.codes.at(row));
            let (Some(r), Some(when), Some(time), Some(cell)) = codes else { continue };
            *lag = *lag_of_cell[cell].get_or_insert_with(|| match weights.rows[r].as_slice() {
                [] if is_island_kept => 0.0,
                [] => f64::NAN,
                links => {
                    let values = links.iter().map(|&(s, weight)| (weight, neighbour(s as usize, when, time)));
                    match take {
                        Take::Sum => values.map(|(weight, x)| weight * x).collect::<CompensatedSum>().value(),
                        // Not a number wins, as it does in a sum.
                        Take::Largest => values.map(|(_, x)| x).fold(f64::NEG_INFINITY, |most, x| {
                            if most.is_nan() || x.is_nan() { f64::NAN } else { most.max(x) }
                        }),
                    }
                }
            });
        }
        Ok(Value::Numbers(Numbers::rows(lag)))
    }

    fn weights_named(&self, expr: &Expr, call: &Call) -> Result<(&SpatialWeights, bool), EvaluateError> {
        let name = word(expr).ok_or_else(|| call.wrong(&expr.span))?;
        let Some(weights) = self.setting.weights.get(name) else {
            let nearest = nearest(name, self.setting.weights.keys().map(String::as_str));
            return Err(EvaluateError::NoSuchWeights { name: name.to_string(), nearest, span: expr.span.clone() });
        };
        Ok((weights, self.setting.kept_islands.contains(name)))
    }

    /// The position of each row's region in the weights; regions that they do not have are missing, and noted.
    fn positions(&self, weights: &SpatialWeights, call: &Call) -> Result<Codes, EvaluateError> {
        let own = self.role_codes("region", call)?;
        let column = self.setting.roles.region.as_deref().and_then(|name| self.panel.get(name));
        let levels = column.map(|column| column.to_factor().levels).unwrap_or_default();
        let position: Vec<Option<u32>> = levels.iter().map(|id| weights.position(id)).collect();
        let mut is_used = vec![false; levels.len()];
        let code = |row: usize| {
            let level = own.at(row)?;
            *is_used.get_mut(level)? = true;
            position[level]
        };
        let codes: Vec<u32> = (0..self.panel.n_rows()).map(code).map(|code| code.unwrap_or(Factor::MISSING)).collect();
        let unmatched = levels.iter().zip(&position).zip(&is_used);
        let unmatched = unmatched.filter(|((_, position), used)| position.is_none() && **used);
        self.note_regions("geography", unmatched.map(|((id, _), _)| id.clone()).collect());
        Ok(Codes::new(codes, weights.n()))
    }

    /// Notes neighbours of the panel's regions that the panel does not have.
    fn note_absent_neighbours(&self, weights: &SpatialWeights, region: &Codes) {
        let mut is_present = vec![false; weights.n()];
        (0..region.codes.len()).filter_map(|row| region.at(row)).for_each(|r| is_present[r] = true);
        let mut is_absent = vec![false; weights.n()];
        let rows = weights.rows.iter().zip(&is_present).filter(|(_, present)| **present);
        for (s, _) in rows.flat_map(|(row, _)| row) {
            is_absent[*s as usize] = !is_present[*s as usize];
        }
        let absent = weights.ids.iter().zip(&is_absent).filter(|(_, absent)| **absent);
        self.note_regions("panel", absent.map(|(id, _)| id.clone()).collect());
    }

    fn note_regions(&self, missing_from: &str, mut ids: Vec<String>) {
        if !ids.is_empty() {
            ids.sort_unstable();
            let regions = ids.len();
            ids.truncate(5);
            self.note(Note::RegionsUnmatched { missing_from: missing_from.to_string(), regions, examples: ids });
        }
    }

    /// The one value of each cell.
    fn cell_values(
        &self,
        values: &[f64],
        cells: &Codes,
        names: &[String],
        x: &Expr,
    ) -> Result<Vec<f64>, EvaluateError> {
        let mut of_cell: Vec<Option<f64>> = vec![None; cells.n];
        for (row, &value) in values.iter().enumerate() {
            let Some(cell) = cells.at(row) else { continue };
            let known = *of_cell[cell].get_or_insert(value);
            if known != value && !(known.is_nan() && value.is_nan()) {
                let column = self.setting.roles.region.as_deref().and_then(|name| self.panel.get(name));
                let region = column.map(|column| column.display(row)).unwrap_or_default();
                return Err(EvaluateError::NotConstantInCell { region, by: names.to_vec(), span: x.span.clone() });
            }
        }
        Ok(of_cell.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect())
    }

    fn absent(&self, call: &Call, x: &Expr) -> Result<Absent, EvaluateError> {
        let Some(expr) = call.get("absent") else {
            return Ok(Absent { cell: self.worth_without_activity(x, 0), region: f64::NAN });
        };
        match word(expr) {
            Some("zero") => Ok(Absent { cell: 0.0, region: 0.0 }),
            Some("missing") => Ok(Absent { cell: f64::NAN, region: f64::NAN }),
            value => {
                let (option, accepted, value) =
                    ("absent", "\"zero\", \"missing\"", value.unwrap_or("this").to_string());
                Err(EvaluateError::UnknownOption { option, value, accepted, span: expr.span.clone() })
            }
        }
    }

    /// Several columns as one code per row; all rows alike when there are none.
    pub(super) fn group(&self, names: &[String], span: &Span) -> Result<Codes, EvaluateError> {
        let mut group = Codes::single(self.panel.n_rows());
        for (k, name) in names.iter().enumerate() {
            let codes = self.codes(name, span)?;
            group = if k == 0 { codes } else { Cells::cross(&group, &codes).codes };
        }
        Ok(group)
    }
}
