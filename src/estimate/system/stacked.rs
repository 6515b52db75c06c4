//! The columns and cross products of a system, and its solutions.

use std::collections::HashMap;
use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::record::EquationRecord;
use super::{Divisor, System, SystemError};
use crate::absorb::AbsorberCache;
use crate::design::DesignMatrix;
use crate::estimate::group::WorkingColumn;
use crate::estimate::instruments::invert;
use crate::estimate::ols::{INTERCEPT, sums, total_weight};
use crate::estimate::working::{COLLINEAR, Working};
use crate::estimate::{Coefficient, Estimate, EstimateError, Influence, Residuals, Spread};
use crate::linalg::{Pivots, cross_products, residual, weighted_dot};
use crate::note::Note;

/// Smallest squared pivot of the scaled covariance of the errors.
const DEPENDENT: f64 = 1e-12;

/// One equation by its columns.
struct Part {
    name: String,
    outcome: usize,
    terms: Vec<usize>,
    names: Vec<String>,
}

/// See the module head.
pub(super) struct Stacked<'a> {
    design: &'a DesignMatrix,
    working: Working,
    columns: Vec<Arc<WorkingColumn>>,
    gram: DMatrix<f64>,
    parts: Vec<Part>,
    /// Where the slopes of each equation start, and the end.
    starts: Vec<usize>,
    /// Findings.
    pub(super) notes: Vec<Note>,
}

/// Slopes with what they rest on.
pub(super) struct Solution {
    slopes: DVector<f64>,
    /// `A^-1`: from the scores of the slopes to the slopes.
    bread: DMatrix<f64>,
    /// The weights between equations, `S^-1`; the identity of least squares.
    between: DMatrix<f64>,
    /// The covariance of the errors that the step rests on; none of least squares.
    sigma: Option<DMatrix<f64>>,
    /// Residuals by equation.
    pub(super) residuals: Vec<Vec<f64>>,
}

impl Solution {
    /// The largest difference of a slope in standard errors.
    pub(super) fn distance(&self, other: &Solution) -> f64 {
        let moved = |i: usize| (self.slopes[i] - other.slopes[i]).abs() / self.bread[(i, i)].sqrt();
        (0..self.slopes.len()).map(moved).fold(0.0, f64::max)
    }
}

impl<'a> Stacked<'a> {
    pub(super) fn of(
        design: &'a DesignMatrix,
        system: &System,
        cache: &AbsorberCache,
    ) -> Result<Stacked<'a>, EstimateError> {
        let group = cache.groups().of(design);
        let working = Working::of(design, &group, cache)?;
        let columns: Vec<Arc<WorkingColumn>> = std::iter::once(Arc::clone(&working.outcome))
            .chain(working.regressors.iter().map(|(_, column)| Arc::clone(column)))
            .collect();
        let names = working.regressors.iter().map(|(j, _)| design.regressors[*j].name.as_str());
        let place: HashMap<&str, usize> = std::iter::once(design.outcome.name.as_str())
            .chain(names)
            .enumerate()
            .map(|(at, name)| (name, at))
            .collect();
        let views: Vec<&[f64]> = columns.iter().map(|column| column.values.as_slice()).collect();
        let gram = cross_products(&views, design.weight_values());
        let mut notes = working.notes.clone();
        let mut parts = Vec::new();
        for equation in &system.equations {
            let gone = || working.gone.iter().find(|(name, _)| *name == equation.outcome).map(|(_, by)| by.clone());
            let outcome = match place.get(equation.outcome.as_str()) {
                Some(&at) if columns[at].left > 0.0 => at,
                _ => {
                    let by = gone().unwrap_or_else(|| "the constant".into());
                    let (equation, outcome) = (equation.name.clone(), equation.outcome.clone());
                    return Err(SystemError::OutcomeExplained { equation, outcome, by }.into());
                }
            };
            let there: Vec<(usize, &String)> =
                equation.terms.iter().filter_map(|term| Some((*place.get(term.as_str())?, term))).collect();
            let own: Vec<usize> = there.iter().map(|(at, _)| *at).collect();
            let pivots = Pivots::choose(&gram.select_rows(&own).select_columns(&own), COLLINEAR);
            for dependent in &pivots.dependent {
                let with = dependent.of.iter().map(|&(position, _)| there[position].1.clone()).collect();
                notes.push(Note::Collinear { term: there[dependent.column].1.clone(), with });
            }
            if pivots.kept.is_empty() {
                return Err(SystemError::NothingLeft { equation: equation.name.clone() }.into());
            }
            parts.push(Part {
                name: equation.name.clone(),
                outcome,
                terms: pivots.kept.iter().map(|&position| there[position].0).collect(),
                names: pivots.kept.iter().map(|&position| there[position].1.clone()).collect(),
            });
        }
        let mut starts = vec![0];
        parts.iter().for_each(|part| starts.push(starts[starts.len() - 1] + part.terms.len()));
        let stacked = Stacked { design, working, columns, gram, parts, starts, notes };
        match stacked.parts.iter().map(|part| stacked.parameters(part)).max() {
            Some(parameters) if parameters >= design.n_obs() => Err(EstimateError::NoDegreesOfFreedom {
                n_obs: design.n_obs(),
                parameters,
                absorbed: stacked.absorbed(),
            }),
            _ => Ok(stacked),
        }
    }

    fn absorbed(&self) -> usize {
        self.working.absorbed.as_ref().map_or(0, |degrees| degrees.conventional)
    }

    /// Parameters of an equation.
    fn parameters(&self, part: &Part) -> usize {
        part.terms.len() + usize::from(self.design.intercept) + self.absorbed()
    }

    fn views(&self, columns: &[usize]) -> Vec<&[f64]> {
        columns.iter().map(|&at| self.columns[at].values.as_slice()).collect()
    }

    /// Residuals of slopes.
    fn residuals(&self, slopes: &DVector<f64>) -> Vec<Vec<f64>> {
        let of = |(m, part): (usize, &Part)| {
            let b = slopes.rows(self.starts[m], part.terms.len()).into_owned();
            residual(&self.views(&part.terms), &self.columns[part.outcome].values, &b)
        };
        self.parts.iter().enumerate().map(of).collect()
    }

    /// `E'WE` over the divisor.
    pub(super) fn residual_covariance(&self, residuals: &[Vec<f64>], divisor: Divisor) -> DMatrix<f64> {
        let views: Vec<&[f64]> = residuals.iter().map(Vec::as_slice).collect();
        let products = cross_products(&views, self.design.weight_values());
        let n = self.design.n_obs() as f64;
        let left = |m: usize| match divisor {
            Divisor::Parameters => n - self.parameters(&self.parts[m]) as f64,
            Divisor::Rows => n,
        };
        DMatrix::from_fn(views.len(), views.len(), |m, l| products[(m, l)] / (left(m) * left(l)).sqrt())
    }

    /// Least squares, equation by equation.
    pub(super) fn least_squares(&self) -> Result<Solution, SystemError> {
        let m = self.parts.len();
        self.weighted(DMatrix::identity(m, m), None)
    }

    /// Generalised least squares with a covariance of the errors.
    pub(super) fn generalised(&self, sigma: &DMatrix<f64>) -> Result<Solution, SystemError> {
        let between = invert(sigma, DEPENDENT).ok_or_else(|| SystemError::Dependent {
            equations: self.parts.iter().map(|part| part.name.clone()).collect(),
        })?;
        self.weighted(between, Some(sigma.clone()))
    }

    fn weighted(&self, between: DMatrix<f64>, sigma: Option<DMatrix<f64>>) -> Result<Solution, SystemError> {
        let mut right = DVector::zeros(self.starts[self.parts.len()]);
        for (m, part) in self.parts.iter().enumerate() {
            for (l, other) in self.parts.iter().enumerate() {
                for (i, &x) in part.terms.iter().enumerate() {
                    right[self.starts[m] + i] += between[(m, l)] * self.gram[(x, other.outcome)];
                }
            }
        }
        let a = self.products_between(&between);
        // Each equation's own regressors were found to be independent.
        let bread = invert(&a, 0.0)
            .ok_or_else(|| SystemError::Dependent { equations: self.parts.iter().map(|p| p.name.clone()).collect() })?;
        let slopes = &bread * right;
        let residuals = self.residuals(&slopes);
        Ok(Solution { slopes, bread, between, sigma, residuals })
    }

    /// Coefficients, the constant of each equation first.
    pub(super) fn coefficients(&self, solution: &Solution) -> DVector<f64> {
        let means = self.parts.iter().map(|part| self.columns[part.outcome].mean);
        let mut before = DVector::zeros(self.n_coefficients());
        let from = usize::from(self.design.intercept);
        for (m, mean) in means.enumerate() {
            let at = self.first(m);
            if self.design.intercept {
                before[at] = mean;
            }
            let (start, k) = (self.starts[m], self.parts[m].terms.len());
            before.rows_mut(at + from, k).copy_from(&solution.slopes.rows(start, k));
        }
        self.centring() * before
    }

    fn n_coefficients(&self) -> usize {
        self.first(self.parts.len())
    }

    /// The place of an equation's first coefficient.
    fn first(&self, equation: usize) -> usize {
        self.starts[equation] + if self.design.intercept { equation } else { 0 }
    }

    /// From constants at the means of the regressors to constants at zero.
    fn centring(&self) -> DMatrix<f64> {
        let mut map = DMatrix::identity(self.n_coefficients(), self.n_coefficients());
        if self.design.intercept {
            for (m, part) in self.parts.iter().enumerate() {
                let at = self.first(m);
                part.terms.iter().enumerate().for_each(|(j, &x)| map[(at, at + 1 + j)] = -self.columns[x].mean);
            }
        }
        map
    }

    /// A matrix of the constants and one of the slopes as one of all coefficients.
    fn spread_out(&self, of_constants: &DMatrix<f64>, of_slopes: &DMatrix<f64>) -> DMatrix<f64> {
        let from = usize::from(self.design.intercept);
        let mut out = DMatrix::zeros(self.n_coefficients(), self.n_coefficients());
        for (m, part) in self.parts.iter().enumerate() {
            for (l, other) in self.parts.iter().enumerate() {
                let (at, to) = (self.first(m), self.first(l));
                if self.design.intercept {
                    out[(at, to)] = of_constants[(m, l)];
                }
                let size = (part.terms.len(), other.terms.len());
                let block = of_slopes.view((self.starts[m], self.starts[l]), size);
                out.view_mut((at + from, to + from), size).copy_from(&block);
            }
        }
        out
    }

    /// The covariance under errors that are independent between rows.
    pub(super) fn classical(&self, solution: &Solution, divisor: Divisor) -> DMatrix<f64> {
        let (sigma, of_slopes) = match &solution.sigma {
            Some(sigma) => (sigma.clone(), solution.bread.clone()),
            None => {
                let sigma = self.residual_covariance(&solution.residuals, divisor);
                let meat = self.products_between(&sigma);
                (sigma, &solution.bread * meat * &solution.bread)
            }
        };
        let map = self.centring();
        let all = self.spread_out(&(sigma / total_weight(self.design)), &of_slopes);
        &map * all * map.transpose()
    }

    /// `w_ml X_m'WX_l` for all pairs of equations.
    fn products_between(&self, weights: &DMatrix<f64>) -> DMatrix<f64> {
        let k = self.starts[self.parts.len()];
        let mut out = DMatrix::zeros(k, k);
        for (m, part) in self.parts.iter().enumerate() {
            for (l, other) in self.parts.iter().enumerate() {
                let block = self.gram.select_rows(&part.terms).select_columns(&other.terms) * weights[(m, l)];
                out.view_mut((self.starts[m], self.starts[l]), block.shape()).copy_from(&block);
            }
        }
        out
    }

    /// The influence of every row on all coefficients, with residuals of one: the columns are scores.
    pub(super) fn estimate(&self, solution: &Solution, divisor: Divisor) -> Estimate {
        let n = self.design.n_rows();
        let mut columns = Vec::new();
        for (m, part) in self.parts.iter().enumerate() {
            if self.design.intercept {
                columns.push(Arc::new(solution.residuals[m].clone()));
            }
            let mut score = vec![0.0; n];
            for (l, residuals) in solution.residuals.iter().enumerate() {
                let weight = solution.between[(m, l)];
                score.iter_mut().zip(residuals).for_each(|(score, e)| *score += weight * e);
            }
            for &x in &part.terms {
                let column = self.columns[x].values.iter().zip(&score).map(|(x, score)| x * score);
                columns.push(Arc::new(column.collect::<Vec<f64>>()));
            }
        }
        let m = self.parts.len();
        let of_constants = DMatrix::identity(m, m) / total_weight(self.design);
        let bread = self.centring() * self.spread_out(&of_constants, &solution.bread);
        let residuals: Residuals = vec![1.0; n].into();
        let sums = sums(self.design, &self.working, (&residuals, Some(f64::NAN)));
        Estimate {
            terms: self.terms(),
            coefficients: self.coefficients(solution),
            spread: Spread::Influence(Influence {
                columns,
                residuals,
                inverse: self.classical(solution, divisor),
                bread,
            }),
            sums,
            likelihood: None,
            index: None,
            absorbed: self.working.absorbed.clone(),
            convergence: self.working.convergence.clone(),
            notes: Vec::new(),
        }
    }

    /// `equation:term` of every coefficient.
    pub(super) fn terms(&self) -> Vec<String> {
        let of = |part: &Part| -> Vec<String> {
            let constant = self.design.intercept.then(|| INTERCEPT.to_string());
            constant.into_iter().chain(part.names.iter().cloned()).map(|term| format!("{}:{term}", part.name)).collect()
        };
        self.parts.iter().flat_map(of).collect()
    }

    /// The equations with their coefficients, each made by its place among all and its term.
    pub(super) fn records(
        &self,
        solution: &Solution,
        coefficient: impl Fn(usize, &str) -> Coefficient,
    ) -> Vec<EquationRecord> {
        let weights = self.design.weight_values();
        let is_centred = self.design.intercept || !self.design.absorbed.is_empty();
        let record = |(m, part): (usize, &Part)| {
            let constant = self.design.intercept.then(|| INTERCEPT.to_string());
            let names = constant.into_iter().chain(part.names.iter().cloned());
            let left = weighted_dot(&solution.residuals[m], &solution.residuals[m], weights);
            let outcome = &self.columns[part.outcome];
            let total = if is_centred { outcome.about_mean } else { outcome.about_zero };
            EquationRecord {
                equation: part.name.clone(),
                outcome: self.outcome_name(part),
                coefficients: names.enumerate().map(|(j, term)| coefficient(self.first(m) + j, &term)).collect(),
                r_squared: 1.0 - left / total,
                rmse: (left / total_weight(self.design)).sqrt(),
            }
        };
        self.parts.iter().enumerate().map(record).collect()
    }

    fn outcome_name(&self, part: &Part) -> String {
        match part.outcome.checked_sub(1) {
            None => self.design.outcome.name.clone(),
            Some(at) => self.design.regressors[self.working.regressors[at].0].name.clone(),
        }
    }
}
