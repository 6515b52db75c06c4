//! Accounts of growth between periods, and inequality within one.

use std::collections::BTreeMap;
use std::sync::Arc;

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::super::Evaluator;
use super::super::error::EvaluateError;
use super::super::functions::{Call, word};
use super::super::value::{Numbers, Value};
use super::tables::{At, Measured};
use super::unknown;
use crate::mapping::Codes;
use crate::mapping::measures::Table;
use crate::mapping::measures::accounting::{self, Effect};
use crate::mapping::measures::inequality::{Part, Unit, theil};

impl Evaluator<'_> {
    /// Parts of the change since k periods ago.
    pub(super) fn accounts(&self, call: &Call) -> Result<Value, EvaluateError> {
        let tables = self.tables(call)?;
        let x = self.activity(call, "x")?;
        let effect = match call.get("effect").map(|expr| (word(expr), expr)) {
            Some((Some("national"), _)) => Effect::National,
            Some((Some("mix"), _)) => Effect::Mix,
            Some((Some("regional"), _)) => Effect::Regional,
            Some((Some("competitive"), _)) => Effect::Competitive,
            Some((Some("allocation"), _)) => Effect::Allocation,
            Some((other, expr)) => {
                let accepted = "national, mix, regional, competitive, allocation";
                return Err(unknown("effect", other, accepted, expr.span.clone()));
            }
            None => Effect::National,
        };
        let k = call.constant("k", 1.0)?;
        let is_dynamic = self.flag(call, "dynamic")?;
        let function = || call.function.name.to_string();
        let Some(time) = self.panel.time() else {
            return Err(EvaluateError::NoTime { function: function(), span: call.span.clone() });
        };
        // Periods in order, with their codes.
        let mut periods: Vec<(f64, usize)> = tables
            .rows
            .iter()
            .enumerate()
            .filter_map(|(code, rows)| Some((time[*rows.first()? as usize], code)))
            .collect();
        periods.sort_by(|a, b| a.0.total_cmp(&b.0));
        let sums: BTreeMap<usize, Arc<Table>> = periods
            .par_iter()
            .map(|&(_, code)| (code, self.table(At { tables: &tables, values: &x, period: code })))
            .collect::<Vec<_>>()
            .into_iter()
            .collect();
        let mut measured: Vec<Measured> = (0..tables.rows.len())
            .map(|_| Measured::Cells(DMatrix::from_element(tables.region.n, tables.part.n, f64::NAN)))
            .collect();
        for (end, &(now, code)) in periods.iter().enumerate() {
            let Some(start) = periods.iter().position(|&(then, _)| then == now - k).filter(|&start| start < end) else {
                continue;
            };
            // A dynamic account adds up those of every step between.
            let stops: Vec<usize> = if is_dynamic { (start..=end).collect() } else { vec![start, end] };
            let mut total = DMatrix::zeros(tables.region.n, tables.part.n);
            for pair in stops.windows(2) {
                total += accounting::effect(&sums[&periods[pair[0]].1], &sums[&periods[pair[1]].1], effect);
            }
            measured[code] = Measured::Cells(total);
        }
        Ok(Value::Numbers(Numbers::rows(tables.spread(self.panel.n_rows(), &measured))))
    }

    /// Theil's index over the rows of a period, or a part of it.
    pub(super) fn inequality(&self, call: &Call) -> Result<Value, EvaluateError> {
        let x = self.activity(call, "x")?;
        let weights = match call.get("weights") {
            None => Numbers::One(1.0),
            Some(_) => self.activity(call, "weights")?,
        };
        let part = match call.get("part").map(|expr| (word(expr), expr)) {
            None | Some((Some("total"), _)) => Part::Total,
            Some((Some("between"), _)) => Part::Between,
            Some((Some("within"), _)) => Part::Within,
            Some((other, expr)) => return Err(unknown("part", other, "total, between, within", expr.span.clone())),
        };
        let groups = match call.get("groups") {
            None if part == Part::Total => Codes::single(self.panel.n_rows()),
            None => return Err(call.wrong(&call.span)),
            Some(expr) => {
                let name = word(expr).ok_or_else(|| call.wrong(&expr.span))?;
                self.codes(&self.group_column(name, &expr.span)?, &expr.span)?
            }
        };
        let time = self.time_codes();
        let mut units: Vec<Vec<Unit>> = vec![Vec::new(); time.n];
        for row in 0..self.panel.n_rows() {
            if let (Some(period), Some(group)) = (time.at(row), groups.at(row)) {
                let (value, weight) = (x.at(row), weights.at(row));
                if !value.is_nan() && !weight.is_nan() {
                    units[period].push(Unit { value, weight, group });
                }
            }
        }
        let found: Vec<f64> = units.par_iter().map(|units| theil(units, part)).collect();
        let at = |row: usize| time.at(row).map_or(f64::NAN, |period| found[period]);
        Ok(Value::Numbers(Numbers::rows((0..self.panel.n_rows()).map(at).collect())))
    }
}
