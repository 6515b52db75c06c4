//! [`Frame`]: which rows of equations a unit has, and which instruments.

use super::equations::{InstrumentColumn, Unit};
use super::grid::{Grid, at};
use super::method::{DynamicGmm, LevelConvention, Transformation};
use super::variables::{DynamicError, DynamicVariables, GmmInstrument};
use crate::design::variables::NamedColumn;
use crate::estimate::ols::INTERCEPT;

/// Columns of instruments by what they are made of.
pub(super) struct Layout {
    pub(super) columns: Vec<InstrumentColumn>,
    /// Of each lagged variable, the column of (period, lag) of the transformed equation.
    lags: Vec<Vec<u32>>,
    /// Of each, that of the period of the level equation.
    levels: Vec<Vec<u32>>,
    /// Of each standard instrument, its column in the transformed and in the level equation.
    standard: Vec<(u32, u32)>,
    constant: Option<u32>,
    dummies: Vec<u32>,
}

/// Periods of the equations and of the dummies.
pub(super) struct Frame<'a> {
    vars: &'a DynamicVariables,
    asked: &'a DynamicGmm,
    pub(super) grid: Grid,
    /// First period of a transformed row, and of a level row.
    first: usize,
    first_level: usize,
    pub(super) dummies: Vec<usize>,
    pub(super) constant: bool,
}

/// No column.
pub(super) const NONE: u32 = u32::MAX;

impl<'a> Frame<'a> {
    pub(super) fn of(vars: &'a DynamicVariables, asked: &'a DynamicGmm) -> Result<Frame<'a>, DynamicError> {
        if let Some(wrong) = vars.gmm.iter().find(|gmm| gmm.from == 0 || gmm.to < gmm.from) {
            return Err(DynamicError::Lag { variable: wrong.column.0.clone(), from: wrong.from });
        }
        let grid = Grid::of(vars)?;
        let least = vars.gmm.iter().map(|gmm| gmm.from).min().unwrap_or(1);
        let plm = asked.convention == LevelConvention::Plm;
        let mut out = Frame {
            vars,
            asked,
            first: if plm { least } else { 1 },
            first_level: if plm { least.saturating_sub(1) } else { 0 },
            dummies: Vec::new(),
            constant: asked.system && (!plm || asked.time_dummies),
            grid,
        };
        if asked.time_dummies {
            out.dummies = out.dummy_periods();
        }
        Ok(out)
    }

    fn complete(&self, rows: &[u32], period: usize) -> bool {
        let finite = |column: &NamedColumn| at(&column.1, rows, period).is_finite();
        finite(&self.vars.outcome) && self.vars.regressors.iter().all(finite)
    }

    /// The periods and shares of the transformed rows of a unit, with the period that each is placed at.
    fn transformed(&self, rows: &[u32]) -> Vec<(usize, Vec<(u32, f64)>)> {
        let complete: Vec<usize> = (0..self.grid.periods).filter(|&period| self.complete(rows, period)).collect();
        let all: Vec<(usize, Vec<(u32, f64)>)> = match self.asked.transformation {
            Transformation::Difference => complete
                .windows(2)
                .filter(|pair| pair[1] == pair[0] + 1)
                .map(|pair| (pair[1], vec![(pair[0] as u32, -1.0), (pair[1] as u32, 1.0)]))
                .collect(),
            Transformation::Orthogonal => (0..complete.len().saturating_sub(1))
                .map(|place| {
                    let later = &complete[place + 1..];
                    let m = later.len() as f64;
                    let scale = (m / (m + 1.0)).sqrt();
                    let own = std::iter::once((complete[place] as u32, scale));
                    (complete[place] + 1, own.chain(later.iter().map(|&p| (p as u32, -scale / m))).collect())
                })
                .collect(),
        };
        all.into_iter().filter(|(period, _)| *period >= self.first).collect()
    }

    fn levels(&self, rows: &[u32]) -> Vec<usize> {
        if !self.asked.system {
            return Vec::new();
        }
        (self.first_level..self.grid.periods).filter(|&period| self.complete(rows, period)).collect()
    }

    /// Periods with a dummy: those of the transformed rows, or with a level equation those of its rows but the first.
    fn dummy_periods(&self) -> Vec<usize> {
        let mut has = vec![false; self.grid.periods];
        for rows in &self.grid.rows {
            if self.asked.system {
                self.levels(rows).into_iter().for_each(|period| has[period] = true);
            } else {
                self.transformed(rows).into_iter().for_each(|(period, _)| has[period] = true);
            }
        }
        let found = (0..self.grid.periods).filter(|&period| has[period]);
        if self.asked.system { found.skip(1).collect() } else { found.collect() }
    }

    pub(super) fn layout(&self) -> Layout {
        let mut columns: Vec<InstrumentColumn> = Vec::new();
        let mut add = |variable: &str, of_levels: bool, is_lag: bool| {
            columns.push(InstrumentColumn { variable: variable.to_string(), of_levels, is_lag });
            columns.len() as u32 - 1
        };
        let periods = self.grid.periods;
        let (mut lags, mut levels) = (Vec::new(), Vec::new());
        for gmm in &self.vars.gmm {
            let mut table = vec![NONE; periods * periods];
            let mut shared = vec![NONE; periods];
            for period in self.first..periods {
                for lag in gmm.from..=gmm.to.min(period) {
                    let slot = &mut table[period * periods + lag];
                    if gmm.collapse {
                        if shared[lag] == NONE {
                            shared[lag] = add(&gmm.column.0, false, true);
                        }
                        *slot = shared[lag];
                    } else {
                        *slot = add(&gmm.column.0, false, true);
                    }
                }
            }
            lags.push(table);
        }
        for gmm in &self.vars.gmm {
            let mut table = vec![NONE; periods];
            let lag = self.level_lag(gmm);
            let mut shared = NONE;
            if self.asked.system {
                for slot in table.iter_mut().skip(self.first_level.max(lag + 1)) {
                    if !gmm.collapse || shared == NONE {
                        shared = add(&gmm.column.0, true, true);
                    }
                    *slot = shared;
                }
            }
            levels.push(table);
        }
        let apart = self.asked.convention == LevelConvention::Plm;
        let standard = self.vars.standard.iter().map(|(name, _)| {
            let first = add(name, false, false);
            let second = if self.asked.system && apart { add(name, true, false) } else { first };
            (first, second)
        });
        let standard = standard.collect();
        let constant = self.constant.then(|| add(INTERCEPT, true, false));
        let dummy = |period: &usize| add(&self.dummy_name(*period), self.asked.system && apart, false);
        let dummies = self.dummies.iter().map(dummy).collect();
        Layout { columns, lags, levels, standard, constant, dummies }
    }

    /// The lag of the difference that instruments the level equation.
    fn level_lag(&self, gmm: &GmmInstrument) -> usize {
        if self.asked.convention == LevelConvention::Plm { 1 } else { gmm.from - 1 }
    }

    pub(super) fn dummy_name(&self, period: usize) -> String {
        format!("{} {}", self.vars.time.0, self.grid.times[period])
    }

    /// Regressors of a row: sums over its parts, then constant and dummies.
    fn regressors(&self, rows: &[u32], parts: &[(u32, f64)], of_levels: bool, out: &mut Vec<f64>) {
        let summed = |column: &NamedColumn| {
            parts.iter().map(|&(period, share)| share * at(&column.1, rows, period as usize)).sum::<f64>()
        };
        out.extend(self.vars.regressors.iter().map(summed));
        if self.constant {
            out.push(f64::from(of_levels));
        }
        out.extend(self.dummies.iter().map(|&dummy| share_of(parts, dummy)));
    }

    pub(super) fn unit(&self, layout: &Layout, rows: &[u32]) -> Unit {
        let mut out = Unit { starts: vec![0], ..Unit::default() };
        for (period, parts) in self.transformed(rows) {
            self.transformed_instruments(layout, rows, period, &parts, &mut out.z);
            self.push(&mut out, rows, parts, false);
        }
        out.transformed = out.y.len();
        for period in self.levels(rows) {
            self.level_instruments(layout, rows, period, &mut out.z);
            self.push(&mut out, rows, vec![(period as u32, 1.0)], true);
        }
        for period in self.first.max(1)..self.grid.periods {
            if self.complete(rows, period) && self.complete(rows, period - 1) {
                let parts = [(period as u32 - 1, -1.0), (period as u32, 1.0)];
                let mut x = Vec::new();
                self.regressors(rows, &parts, false, &mut x);
                let y = at(&self.vars.outcome.1, rows, period) - at(&self.vars.outcome.1, rows, period - 1);
                out.differences.push((period as u32, y, x));
            }
        }
        out
    }

    fn push(&self, out: &mut Unit, rows: &[u32], parts: Vec<(u32, f64)>, of_levels: bool) {
        let y = parts.iter().map(|&(p, share)| share * at(&self.vars.outcome.1, rows, p as usize)).sum();
        out.y.push(y);
        self.regressors(rows, &parts, of_levels, &mut out.x);
        out.starts.push(out.z.len());
        out.parts.push(parts);
    }

    fn transformed_instruments(
        &self,
        layout: &Layout,
        rows: &[u32],
        period: usize,
        parts: &[(u32, f64)],
        z: &mut Vec<(u32, f64)>,
    ) {
        let mut add = |column: u32, value: f64| {
            if column != NONE && value.is_finite() && value != 0.0 {
                z.push((column, value));
            }
        };
        let periods = self.grid.periods;
        for (gmm, table) in self.vars.gmm.iter().zip(&layout.lags) {
            for lag in gmm.from..=gmm.to.min(period) {
                add(table[period * periods + lag], at(&gmm.column.1, rows, period - lag));
            }
        }
        for ((_, column), (transformed, _)) in self.vars.standard.iter().zip(&layout.standard) {
            add(*transformed, parts.iter().map(|&(p, share)| share * at(column, rows, p as usize)).sum());
        }
        if !self.asked.system || self.asked.convention == LevelConvention::Xtabond2 {
            for (&dummy, &column) in self.dummies.iter().zip(&layout.dummies) {
                add(column, share_of(parts, dummy));
            }
        }
    }

    fn level_instruments(&self, layout: &Layout, rows: &[u32], period: usize, z: &mut Vec<(u32, f64)>) {
        let mut add = |column: u32, value: f64| {
            if column != NONE && value.is_finite() && value != 0.0 {
                z.push((column, value));
            }
        };
        for (gmm, table) in self.vars.gmm.iter().zip(&layout.levels) {
            let lag = self.level_lag(gmm);
            if period > lag {
                let values = &gmm.column.1;
                add(table[period], at(values, rows, period - lag) - at(values, rows, period - lag - 1));
            }
        }
        for ((_, column), (_, levels)) in self.vars.standard.iter().zip(&layout.standard) {
            add(*levels, at(column, rows, period));
        }
        add(layout.constant.unwrap_or(NONE), 1.0);
        for (&dummy, &column) in self.dummies.iter().zip(&layout.dummies) {
            add(column, f64::from(dummy == period));
        }
    }
}

/// The share of a period in a row.
fn share_of(parts: &[(u32, f64)], period: usize) -> f64 {
    parts.iter().filter(|(p, _)| *p as usize == period).map(|(_, share)| share).sum()
}
