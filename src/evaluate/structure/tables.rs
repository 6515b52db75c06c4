//! Rows of a panel as tables of regions and parts, one for each period, and numbers of regions, parts or cells as rows.

use std::sync::Arc;

use nalgebra::DMatrix;

use super::super::Evaluator;
use super::super::error::EvaluateError;
use super::super::functions::{Call, word};
use super::super::kept::{OfActivity, TableKey};
use super::super::value::Numbers;
use crate::formula::Span;
use crate::mapping::measures::Table;
use crate::mapping::{Codes, CompensatedSum};
use crate::memo::Memo;

/// What a table says, for whom.
pub(super) enum Measured {
    Regions(Vec<f64>),
    Industries(Vec<f64>),
    Cells(DMatrix<f64>),
}

/// Rows of a panel as tables: where each row stands.
#[derive(Debug)]
pub(in crate::evaluate) struct Tables {
    /// The columns of regions and parts.
    pub(super) columns: (String, String),
    pub(super) region: Codes,
    pub(super) part: Codes,
    /// Rows of every period, by the period's code.
    pub(super) rows: Vec<Vec<u32>>,
}

impl Tables {
    /// The sums of a quantity by region and part in one period: a row per part, a column per region.
    pub(super) fn sums(&self, values: &Numbers, period: usize) -> DMatrix<f64> {
        let cells = || {
            self.rows[period].iter().filter_map(|&row| {
                let (row, value) = (row as usize, values.at(row as usize));
                let (region, part) = (self.region.at(row)?, self.part.at(row)?);
                (!value.is_nan()).then_some((region * self.part.n + part, value))
            })
        };
        let mut table = DMatrix::zeros(self.part.n, self.region.n);
        let mut is_known = vec![false; table.len()];
        let once = |(cell, value): (usize, f64)| {
            table[cell] += value;
            !std::mem::replace(&mut is_known[cell], true)
        };
        if cells().all(once) {
            return table;
        }
        let mut sums = vec![CompensatedSum::default(); table.len()];
        cells().for_each(|(cell, value)| sums[cell].add(value));
        table.iter_mut().zip(&sums).for_each(|(cell, sum)| *cell = sum.value());
        table
    }

    /// Whether tables of all periods take no more than a few columns of the panel.
    pub(super) fn are_small(&self) -> bool {
        let n_rows: usize = self.rows.iter().map(Vec::len).sum();
        self.region.n * self.part.n * self.rows.len() <= 3 * n_rows
    }

    /// The first known value of every region (or part) in one period.
    pub(super) fn firsts(&self, of: &Codes, values: &Numbers, period: usize) -> Vec<f64> {
        let mut found = vec![f64::NAN; of.n];
        for &row in &self.rows[period] {
            let row = row as usize;
            if let Some(code) = of.at(row)
                && found[code].is_nan()
            {
                found[code] = values.at(row);
            }
        }
        found
    }

    /// The numbers of all rows from those of every period.
    pub(super) fn spread(&self, n_rows: usize, measured: &[Measured]) -> Vec<f64> {
        let mut all = vec![f64::NAN; n_rows];
        for (rows, measured) in self.rows.iter().zip(measured) {
            let rows = || rows.iter().map(|&row| row as usize);
            match measured {
                Measured::Regions(of) => {
                    rows().for_each(|row| all[row] = self.region.at(row).map_or(f64::NAN, |r| of[r]))
                }
                Measured::Industries(of) => {
                    rows().for_each(|row| all[row] = self.part.at(row).map_or(f64::NAN, |i| of[i]))
                }
                Measured::Cells(of) => rows().for_each(|row| {
                    let cell = self.region.at(row).zip(self.part.at(row));
                    all[row] = cell.map_or(f64::NAN, |cell| of[cell]);
                }),
            }
        }
        all
    }
}

/// A quantity in one period.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    /// Where rows stand.
    pub tables: &'a Tables,
    /// The quantity.
    pub values: &'a Numbers,
    /// The period's code.
    pub period: usize,
}

impl Evaluator<'_> {
    pub(super) fn tables(&self, call: &Call) -> Result<Arc<Tables>, EvaluateError> {
        let region = self.role_column("region", call)?;
        let over = match call.get("over") {
            None => self.role_column("industry", call)?,
            Some(expr) => {
                let name = word(expr).ok_or_else(|| call.wrong(&expr.span))?;
                let column = self.group_column(name, &expr.span)?;
                self.sorted(&column, &expr.span)?;
                column
            }
        };
        let columns = (self.column_name(&region, &call.span)?, self.column_name(&over, &call.span)?);
        self.kept.tables.try_get(columns.clone(), || {
            let (region, part) = (self.sorted(&region, &call.span)?, self.sorted(&over, &call.span)?);
            let time = self.time_codes();
            let mut rows = vec![Vec::new(); time.n];
            for row in 0..self.panel.n_rows() {
                if let Some(period) = time.at(row) {
                    rows[period].push(row as u32);
                }
            }
            Ok(Arc::new(Tables { columns, region, part, rows }))
        })
    }

    /// The table of a quantity in one period.
    pub(super) fn table(&self, at: At) -> Arc<Table> {
        self.of_table(
            at,
            0.0,
            |kept| &kept.tables,
            || Arc::new(Table::of_regions(at.tables.sums(at.values, at.period))),
        )
    }

    /// Something made of a table, at a threshold if it has one: what is kept where tables are small enough for it.
    pub(super) fn of_table<T: Clone>(
        &self,
        at: At,
        threshold: f64,
        kept: fn(&OfActivity) -> &Memo<TableKey, T>,
        make: impl FnOnce() -> T,
    ) -> T {
        match at.values {
            Numbers::Rows(rows) if at.tables.are_small() => {
                let (region, part) = at.tables.columns.clone();
                kept(&self.kept.activity(rows)).get((region, part, at.period, threshold.to_bits()), make)
            }
            _ => make(),
        }
    }

    /// The codes of a column in the order of its values, so that tables do not depend on the order of the rows.
    fn sorted(&self, name: &str, span: &Span) -> Result<Codes, EvaluateError> {
        let name = self.column_name(name, span)?;
        let make = || self.panel.get(&name).map(Codes::sorted).ok_or_else(|| self.unknown_name(&name, span));
        self.kept.sorted.try_get(name.clone(), make)
    }
}
