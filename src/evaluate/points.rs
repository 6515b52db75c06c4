//! `k_density`, `m_function` and `localisation`: rows as plants with a place, and each row gets the number of its industry in
//! its period ([`crate::mapping::points`]).
//!
//! A row without a place, without an industry, or whose weight is missing or zero is no plant. An industry of one plant has no
//! distances: missing, as is one whose distances are all equal where no bandwidth is named.

use super::Evaluator;
use super::error::EvaluateError;
use super::functions::{Call, word};
use super::value::{Numbers, Value};
use crate::mapping::Codes;
use crate::mapping::points::{
    Grid, Metric, Plants, PointsError, bands, k_densities, k_density, localisation, m_function,
};
use crate::monte::Streams;

/// Share of draws outside of a band, on each side (Duranton and Overman 2005).
const OUTSIDE: f64 = 0.05;

/// The rows of one period that are plants.
struct Period {
    plants: Plants,
    rows: Vec<usize>,
}

impl Evaluator<'_> {
    /// Any of the three functions.
    pub(super) fn points(&self, call: &Call) -> Result<Value, EvaluateError> {
        let over = match call.get("over") {
            None => self.role_codes("industry", call)?,
            Some(expr) => {
                let name = word(expr).ok_or_else(|| call.wrong(&expr.span))?;
                self.codes(&self.group_column(name, &expr.span)?, &expr.span)?
            }
        };
        let mut found = vec![f64::NAN; self.panel.n_rows()];
        for period in self.periods_of_plants(call, &over)? {
            let mut of_industry: Vec<Vec<usize>> = vec![Vec::new(); over.n];
            for (plant, &row) in period.rows.iter().enumerate() {
                if let Some(industry) = over.at(row) {
                    of_industry[industry].push(plant);
                }
            }
            for of in of_industry.iter().filter(|of| !of.is_empty()) {
                let value = match self.of_industry(call, &period.plants, of)? {
                    Ok(value) => value,
                    Err(PointsError::TooFew { .. } | PointsError::NoBandwidth) => f64::NAN,
                    Err(error) => return Err(self.no_points(call, &error, &period.rows)),
                };
                of.iter().for_each(|&plant| found[period.rows[plant]] = value);
            }
        }
        Ok(Value::Numbers(Numbers::rows(found)))
    }

    /// The plants of every period.
    fn periods_of_plants(&self, call: &Call, over: &Codes) -> Result<Vec<Period>, EvaluateError> {
        let (east, north) = (self.numeric(call.required("longitude")?)?, self.numeric(call.required("latitude")?)?);
        let weights = match call.get("weights") {
            None => Numbers::One(1.0),
            Some(_) => self.activity(call, "weights")?,
        };
        let metric = if self.flag(call, "plane")? { Metric::Plane } else { Metric::GreatCircle };
        let time = self.time_codes();
        let mut rows: Vec<Vec<usize>> = vec![Vec::new(); time.n];
        for row in (0..self.panel.n_rows()).filter(|&row| over.at(row).is_some()) {
            let is_plant = !east.at(row).is_nan() && !north.at(row).is_nan() && weights.at(row) > 0.0;
            if let Some(period) = time.at(row).filter(|_| is_plant) {
                rows[period].push(row);
            }
        }
        let period = |rows: Vec<usize>| {
            let places = rows.iter().map(|&row| [east.at(row), north.at(row)]).collect();
            let weights = rows.iter().map(|&row| weights.at(row)).collect();
            match Plants::new(places, Some(weights), metric) {
                Ok(plants) => Ok(Period { plants, rows }),
                Err(error) => Err(self.no_points(call, &error, &rows)),
            }
        };
        rows.into_iter().map(period).collect()
    }

    /// The number of one industry.
    fn of_industry(
        &self,
        call: &Call,
        plants: &Plants,
        of: &[usize],
    ) -> Result<Result<f64, PointsError>, EvaluateError> {
        let bandwidth = call.get("bandwidth").map(|_| call.constant("bandwidth", 0.0)).transpose()?;
        let at_end = |name: &str| -> Result<f64, EvaluateError> { call.required(name).and(call.constant(name, 0.0)) };
        let last = |curve: Vec<f64>| curve.last().copied().unwrap_or(f64::NAN);
        Ok(match call.function.name {
            "k_density" => {
                let grid = Grid::new(at_end("at")?, 1);
                grid.and_then(|grid| k_density(plants, of, grid, bandwidth)).map(|found| last(found.density))
            }
            "m_function" => Grid::new(at_end("radius")?, 1).and_then(|grid| m_function(plants, of, grid)).map(last),
            _ => {
                let is_dispersion = match call.get("part").map(|expr| (word(expr), expr)) {
                    None | Some((Some("localised"), _)) => false,
                    Some((Some("dispersed"), _)) => true,
                    Some((other, expr)) => {
                        let (value, accepted) = (other.unwrap_or("this").to_string(), "localised, dispersed");
                        return Err(EvaluateError::UnknownOption {
                            option: "part",
                            value,
                            accepted,
                            span: expr.span.clone(),
                        });
                    }
                };
                let (until, steps) = (at_end("until")?, call.constant("steps", 100.0)?);
                let draws = call.constant("draws", 999.0)?.max(0.0) as usize;
                let streams = Streams::new(call.constant("seed", 1.0)? as u64);
                let measured = |grid: Grid| -> Result<f64, PointsError> {
                    let own = k_density(plants, of, grid, bandwidth)?;
                    let drawn = k_densities(plants, of, grid, bandwidth, draws, &streams)?;
                    let found = localisation(&own.density, &bands(&drawn, OUTSIDE));
                    let part = if is_dispersion { found.dispersed } else { found.localised };
                    Ok(part.iter().sum::<f64>() * until / steps)
                };
                Grid::new(until, steps.max(0.0) as usize).and_then(measured)
            }
        })
    }

    /// What is wrong with points, with the row it is about.
    fn no_points(&self, call: &Call, error: &PointsError, rows: &[usize]) -> EvaluateError {
        let reason = match error {
            PointsError::Place { plant, .. } | PointsError::Weight { plant, .. } => {
                format!("{} is plant {plant}; {error}", self.panel.row_name(rows[plant - 1]))
            }
            _ => error.to_string(),
        };
        EvaluateError::Undefined { function: call.function.name.to_string(), reason, span: call.span.clone() }
    }
}
