//! `lag`, `lead`, `diff` and `growth`: other periods of the same unit.
//!
//! `lag(x, k)` at time `t` is the unit's value at exactly `t - k`. Where the unit has no row there, it is missing; the
//! row before is never taken in its place. `diff(x, k) = x - lag(x, k)` and `growth(x, k) = log(x) - log(lag(x, k))`.
//! A unit that lacks a period between its first and its last, so that a lag falls into the gap, is noted.

use std::collections::HashMap;

use super::Evaluator;
use super::error::EvaluateError;
use super::functions::Call;
use super::rowwise::function_of_one;
use super::value::{Numbers, Value};
use crate::mapping::{Cells, Codes};
use crate::note::Note;

/// Rows of the panel by unit and time.
struct Calendar {
    unit: Codes,
    cells: Cells,
    time: Codes,
    times: Vec<f64>,
    row_of_cell: Vec<usize>,
}

impl Evaluator<'_> {
    pub(super) fn shifted(&self, call: &Call) -> Result<Value, EvaluateError> {
        let x = call.required("x")?;
        let k = call.constant("k", 1.0)?;
        let values = self.numeric(x)?.into_rows(self.panel.n_rows());
        let name = call.function.name;
        let lagged = self.lagged(&values, if name == "lead" { -k } else { k }, call)?;
        let numbers = Numbers::Rows(values);
        Ok(Value::Numbers(match name {
            "diff" => numbers.zip(&lagged, |now, before| now - before),
            "growth" => {
                let log = function_of_one("log").unwrap_or(f64::ln);
                let undefined = numbers.iter().filter(|&x| x <= 0.0).count();
                self.note_undefined(name, x, undefined);
                numbers.zip(&lagged, |now, before| log(now) - log(before))
            }
            _ => lagged,
        }))
    }

    /// The unit's value `k` periods before each row.
    fn lagged(&self, values: &[f64], k: f64, call: &Call) -> Result<Numbers, EvaluateError> {
        let calendar = self.calendar(call)?;
        // For each distinct time, the code of the time k before it.
        let code_of: HashMap<u64, usize> = calendar.times.iter().map(|time| time.to_bits()).zip(0..).collect();
        // Adding zero turns -0 into 0, which has other bits.
        let code_before = |time: &f64| code_of.get(&(time - k + 0.0).to_bits()).copied();
        let target: Vec<Option<usize>> = calendar.times.iter().map(code_before).collect();
        let row_before = |row: usize| {
            let (unit, time) = (calendar.unit.at(row)?, calendar.time.at(row)?);
            calendar.cells.find(unit, target[time]?).map(|cell| calendar.row_of_cell[cell])
        };
        let sources: Vec<Option<usize>> = (0..values.len()).map(row_before).collect();
        self.note_gaps(&calendar, &sources, k);
        Ok(Numbers::rows(sources.iter().map(|source| source.map_or(f64::NAN, |row| values[row])).collect()))
    }

    fn calendar(&self, call: &Call) -> Result<Calendar, EvaluateError> {
        let function = call.function.name.to_string();
        let Some(times) = self.panel.time() else {
            return Err(EvaluateError::NoTime { function, span: call.span.clone() });
        };
        let unit = self.group(&self.panel.index.unit, &call.span)?;
        let (time, times) = Codes::of_numbers(times);
        let cells = Cells::cross(&unit, &time);
        let mut row_of_cell = vec![usize::MAX; cells.codes.n];
        for row in 0..self.panel.n_rows() {
            let Some(cell) = cells.codes.at(row) else { continue };
            if row_of_cell[cell] != usize::MAX {
                let time = time.at(row).map_or(f64::NAN, |code| times[code]);
                return Err(EvaluateError::NotUnique { unit: self.unit_name(row), time, span: call.span.clone() });
            }
            row_of_cell[cell] = row;
        }
        Ok(Calendar { unit, cells, time, times, row_of_cell })
    }

    /// Notes units some of whose lags fall between their first and last period and find no row.
    fn note_gaps(&self, calendar: &Calendar, sources: &[Option<usize>], k: f64) {
        let mut range = vec![(f64::INFINITY, f64::NEG_INFINITY); calendar.unit.n];
        let time_of = |row: usize| calendar.time.at(row).map(|code| calendar.times[code]);
        for row in 0..sources.len() {
            if let (Some(unit), Some(time)) = (calendar.unit.at(row), time_of(row)) {
                range[unit] = (range[unit].0.min(time), range[unit].1.max(time));
            }
        }
        let mut row_of_gap: Vec<Option<usize>> = vec![None; calendar.unit.n];
        for (row, source) in sources.iter().enumerate() {
            if let (Some(unit), Some(time), None) = (calendar.unit.at(row), time_of(row), source)
                && (range[unit].0..=range[unit].1).contains(&(time - k))
            {
                row_of_gap[unit] = Some(row);
            }
        }
        let units = row_of_gap.iter().flatten().count();
        if let Some(example) = row_of_gap.iter().flatten().map(|&row| self.unit_name(row)).min() {
            self.note(Note::TimeGap { units, example });
        }
    }

    /// The unit of a row for messages.
    fn unit_name(&self, row: usize) -> String {
        let columns = self.panel.index.unit.iter().filter_map(|name| self.panel.get(name));
        columns.map(|column| column.display(row)).collect::<Vec<_>>().join(", ")
    }
}
