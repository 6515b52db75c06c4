//! [`MaximumLikelihood`]: from a design to an estimate.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::ascent::{Gone, Lost, Summit, climb};
use super::correction::Correction;
use super::direct::{Counts, DirectLikelihood};
use super::family::Family;
use super::frailty::{self, Frailty};
use super::problem::Problem;
use super::record::{Index, Likelihood};
use super::separation::{Flight, Separation};
use super::sweep::Sweep;
use crate::absorb::{AbsorberCache, Effects};
use crate::design::{DesignMatrix, FirstRow};
use crate::estimate::error::EstimateError;
use crate::estimate::estimator::{Estimate, Estimator, Influence, LeastSquaresSums, Spread};
use crate::estimate::fit::Convergence;
use crate::estimate::ols::INTERCEPT;
use crate::estimate::working::spanned_by;
use crate::linalg::{squares_about, sum, weighted_dot};
use crate::note::Note;
use crate::vcov::Errors;

/// What to do where the search does not end.
const WAY_OUT: &str = "look for a regressor that takes huge values (rescale it or take its logarithm), or for separated rows that \
                       separation = \"keep\" has kept";

/// Outcomes that a family does not allow.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "{rows} values of the outcome {variable} are outside of what {method} allows (the first is {value}, in {first}): they must be {range}; {way_out}"
)]
pub struct OutcomeOutOfRange {
    /// The outcome.
    pub variable: String,
    /// The method.
    pub method: String,
    /// How many.
    pub rows: usize,
    /// The first value.
    pub value: f64,
    /// Its row.
    pub first: FirstRow,
    /// What they must be.
    pub range: &'static str,
    /// What to do.
    pub way_out: &'static str,
}

/// Maximum (quasi-)likelihood of one family.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MaximumLikelihood {
    /// The family.
    pub family: Family,
    /// Whether the outcome is meant to be a share.
    pub fractional: bool,
    /// How separated rows are found.
    pub separation: Separation,
    /// How incidental-parameter bias of absorbed effects is taken out, if it is.
    pub correction: Option<Correction>,
    /// The frailty that the rows of a unit share, if there is one.
    pub frailty: Option<Frailty>,
}

impl Estimator for MaximumLikelihood {
    fn fit(&self, design: &DesignMatrix, cache: &AbsorberCache) -> Result<Estimate, EstimateError> {
        if self.family == Family::Poisson && !design.endogenous.is_empty() {
            return super::control::fit(self, design, cache);
        }
        if !design.instruments.is_empty() {
            return Err(EstimateError::NoUseForInstruments { method: self.name().to_string() });
        }
        if matches!(self.family, Family::LinearNegativeBinomial { .. }) && design.absorbed.is_empty() {
            // Without effects nothing is concentrated out, and the search is over all parameters.
            let counts = DirectLikelihood::Counts { counts: Counts::Negbin1, zeros: 0, against: Vec::new() };
            return counts.fit(design, &Errors::Hc1, cache);
        }
        let mut sweep = Sweep::of(design)?;
        if matches!(self.family, Family::NegativeBinomial { .. } | Family::LinearNegativeBinomial { .. }) {
            return super::negbin::fit(self, design, (&mut sweep, cache));
        }
        self.check_correction(design)?;
        if let Some(frailty) = self.frailty {
            return frailty::fit(self, frailty, design, (&mut sweep, cache));
        }
        let (problem, summit) = self.maximise(design, &mut sweep, None)?;
        let mut notes = explain(&summit, design, cache)?;
        let Some(correction) = self.correction.filter(|_| !summit.kept.is_empty()) else {
            notes.extend(self.incidental(design));
            let found = Found { family: self.family, design, problem, sweep: &sweep, summit };
            return check_degrees(found.estimate(notes), design);
        };
        let (found, corrected) = self.correct((design, problem, summit), correction, &mut sweep)?;
        let mut estimate = found.estimate(notes);
        if let Some(likelihood) = &mut estimate.likelihood {
            likelihood.correction = Some(corrected);
        }
        check_degrees(estimate, design)
    }
}

/// The estimate, if there are more observations than parameters.
pub(super) fn check_degrees(estimate: Estimate, design: &DesignMatrix) -> Result<Estimate, EstimateError> {
    if estimate.n_parameters() >= design.n_obs() {
        return Err(EstimateError::NoDegreesOfFreedom {
            n_obs: design.n_obs(),
            parameters: estimate.n_parameters(),
            absorbed: estimate.n_parameters() - estimate.terms.len(),
        });
    }
    Ok(estimate)
}

impl MaximumLikelihood {
    /// A family whose separated rows are dropped.
    pub fn of(family: Family) -> MaximumLikelihood {
        MaximumLikelihood {
            family,
            fractional: false,
            separation: Separation::default(),
            correction: None,
            frailty: None,
        }
    }

    /// The word for records: `poisson`, `gamma`, `logit`, `probit`, `cloglog`, `fractional`.
    pub fn name(&self) -> &'static str {
        match self.family {
            Family::Binomial(_) if self.fractional => "fractional",
            Family::Binomial(_) => self.family.link(),
            family => family.name(),
        }
    }

    /// Whether every outcome of a design is in the family's range.
    ///
    /// # Errors
    /// [`EstimateError::OutcomeOutOfRange`], with the first row.
    pub fn check(&self, design: &DesignMatrix) -> Result<(), EstimateError> {
        let y = &design.outcome.values;
        let is_out = |y: f64| !self.family.allows(y) || !(self.fractional || self.is_choice(y));
        let Some(first) = y.iter().position(|&y| is_out(y)) else { return Ok(()) };
        let wants_choice = matches!(self.family, Family::Binomial(_)) && !self.fractional;
        Err(EstimateError::OutcomeOutOfRange(Box::new(OutcomeOutOfRange {
            variable: design.outcome.name.clone(),
            method: self.name().to_string(),
            rows: y.iter().filter(|&&y| is_out(y)).count(),
            value: y[first],
            first: FirstRow::at(design.sample.rows[first] as usize),
            range: if wants_choice { "0 or 1" } else { self.family.range() },
            way_out: match self.family {
                Family::Binomial(_) if wants_choice => "for shares use method = \"fractional\"",
                Family::Binomial(_) => "divide percentages by 100, or filter these rows out",
                _ => "filter these rows out, or use another method for outcomes that can be negative",
            },
        })))
    }

    /// Whether an outcome is a choice, where the family is one of choices.
    fn is_choice(&self, y: f64) -> bool {
        !matches!(self.family, Family::Binomial(_)) || y == 0.0 || y == 1.0
    }

    /// The maximum, from an index in the order of the sweep if there is one.
    pub(super) fn maximise(
        &self,
        design: &DesignMatrix,
        sweep: &mut Sweep,
        start: Option<Vec<f64>>,
    ) -> Result<(Problem, Summit), EstimateError> {
        let problem = Problem::of(design, self.family, sweep);
        let columns = design.regressors.par_iter().map(|regressor| sweep.arrange(&regressor.values)).collect();
        let mut climbed = climb(&problem, sweep, columns, start);
        let flight = match &mut climbed {
            Ok(summit) => summit.flight.take().map(|step| Flight::Step(sweep.restore(step))),
            Err(Lost::Absorb(_)) => None,
            Err(Lost::Singular { .. }) => Some(Flight::Lost(None)),
            Err(Lost::NotConverged { flight, .. }) => Some(Flight::Lost(flight.take().map(|step| sweep.restore(step)))),
        };
        if let Some(flight) = flight
            && let Some(found) = self.separation.search(design, self.family, &flight)?
        {
            return Err(EstimateError::Separated(Box::new(found)));
        }
        Ok((problem, climbed.map_err(|lost| self.fault(lost, design))?))
    }

    fn fault(&self, lost: Lost, design: &DesignMatrix) -> EstimateError {
        match lost {
            Lost::Absorb(error) => error.into(),
            Lost::Singular { terms } => EstimateError::Singular {
                terms: terms.into_iter().map(|j| design.regressors[j].name.clone()).collect(),
            },
            Lost::NotConverged { iterations, step, .. } => EstimateError::LikelihoodNotConverged {
                method: self.name().to_string(),
                iterations,
                step,
                way_out: WAY_OUT,
            },
        }
    }
}

/// Notes on regressors that were left out.
///
/// # Errors
/// [`EstimateError::NothingLeft`] if all of them were, with what explains each.
pub(super) fn explain(
    summit: &Summit,
    design: &DesignMatrix,
    cache: &AbsorberCache,
) -> Result<Vec<Note>, EstimateError> {
    let name = |j: usize| design.regressors[j].name.clone();
    let (mut notes, mut dropped) = (Vec::new(), Vec::new());
    for gone in &summit.gone {
        let (note, term, by) = match gone {
            Gone::Swept(j) => match Effects::of(design) {
                Some(effects) => {
                    let by = spanned_by(&design.regressors[*j].values, &effects, cache)?;
                    (Note::Absorbed { term: name(*j), by: by.clone() }, name(*j), by)
                }
                None => {
                    let with = vec![INTERCEPT.to_string()];
                    (Note::Collinear { term: name(*j), with }, name(*j), INTERCEPT.to_string())
                }
            },
            Gone::Explained(j, of) => {
                let with: Vec<String> = of.iter().map(|&k| name(k)).collect();
                let by = if with.is_empty() { "zero in every row".to_string() } else { with.join(", ") };
                (Note::Collinear { term: name(*j), with }, name(*j), by)
            }
        };
        notes.push(note);
        dropped.push((term, by));
    }
    if summit.kept.is_empty() && !design.regressors.is_empty() && !design.intercept {
        return Err(EstimateError::NothingLeft { dropped });
    }
    Ok(notes)
}

/// A maximum, and what it is one of.
pub(super) struct Found<'a> {
    pub(super) family: Family,
    pub(super) design: &'a DesignMatrix,
    pub(super) problem: Problem,
    pub(super) sweep: &'a Sweep,
    pub(super) summit: Summit,
}

impl Found<'_> {
    pub(super) fn estimate(self, notes: Vec<Note>) -> Estimate {
        let design = self.design;
        let likelihood = self.likelihood();
        let sums = self.sums();
        let absorbed = self.sweep.degrees().cloned();
        let n_parameters = self.summit.kept.len()
            + usize::from(design.intercept)
            + absorbed.as_ref().map_or(0, |degrees| degrees.conventional);
        let dispersion = self.pearson() / (design.n_obs() as f64 - n_parameters as f64);
        let convergence = Convergence {
            iterations: self.summit.optimisation.iterations,
            residual: self.summit.optimisation.gradient_norm,
            converged: true,
            coefficient_error: Some(self.summit.error),
            solver: self.summit.optimisation.algorithm.clone(),
        };
        let names = self.summit.kept.iter().map(|&j| design.regressors[j].name.clone());
        let terms = design.intercept.then(|| INTERCEPT.to_string()).into_iter().chain(names).collect();
        let Found { sweep, summit, problem, family, .. } = self;
        let Summit { point, coefficients, net, inverse, kept, .. } = summit;
        let weights = problem.weights.as_deref();
        let scores: Vec<f64> = (0..point.index.len())
            .into_par_iter()
            .map(|i| point.residuals[i] * point.weights[i] / weights.map_or(1.0, |w| w[i]))
            .collect();
        let restore = |column: Vec<f64>| Arc::new(sweep.restore(column));
        let mut columns: Vec<Arc<Vec<f64>>> = net.into_par_iter().map(restore).collect();
        let raw: Vec<&[f64]> = kept.iter().map(|&j| design.regressors[j].values.as_slice()).collect();
        let (coefficients, bread, inverse) = match sweep.centre(&raw) {
            None => (coefficients, inverse.clone(), inverse),
            Some((total, means)) => {
                columns.insert(0, Arc::new(vec![1.0; point.index.len()]));
                let offset = problem.offset.as_deref();
                let constant = constant(&point.index, offset, (&raw, &coefficients));
                with_constant((total, &means), constant, (coefficients, inverse))
            }
        };
        Estimate {
            terms,
            coefficients,
            spread: Spread::Influence(Influence { columns, residuals: sweep.restore(scores).into(), bread, inverse }),
            sums,
            likelihood: Some(Likelihood { dispersion: Some(dispersion).filter(|d| d.is_finite()), ..likelihood }),
            index: Some(Index {
                family,
                values: restore(point.index),
                weights: restore(point.weights),
                residuals: restore(point.residuals),
                is_regression: true,
            }),
            absorbed,
            convergence,
            notes,
        }
    }

    fn likelihood(&self) -> Likelihood {
        let Found { family, problem, summit, .. } = self;
        let at = &summit.point.index;
        let constant = problem.sum(at, |y, _| family.constant(y));
        let saturated = problem.sum(at, |y, _| family.saturated(y));
        let (log_likelihood, null) = (summit.point.log_likelihood + constant, problem.null() + constant);
        let deviance = 2.0 * (saturated - summit.point.log_likelihood);
        let pseudo = 1.0 - log_likelihood / null;
        let finite = |value: f64| value.is_finite().then_some(value);
        Likelihood {
            family: family.name().to_string(),
            link: family.link().to_string(),
            is_quasi: problem.outcome.iter().any(|&y| !family.is_exact(y)),
            log_likelihood,
            null_log_likelihood: null,
            deviance: finite(deviance),
            pseudo_r_squared: finite(pseudo),
            dispersion: None,
            n_ancillary: 0,
            correction: None,
            frailty: None,
            distribution: None,
            optimisation: summit.optimisation.clone(),
        }
    }

    /// Pearson's statistic.
    fn pearson(&self) -> f64 {
        let family = self.family;
        self.problem.sum(&self.summit.point.index, |y, eta| {
            let mean = family.mean(eta);
            (y - mean).powi(2) / family.variance(mean).max(f64::MIN_POSITIVE)
        })
    }

    fn sums(&self) -> LeastSquaresSums {
        let (problem, family) = (&self.problem, self.family);
        let weights = problem.weights.as_deref();
        let mean = problem.mean();
        let centred = self.design.intercept || !self.design.absorbed.is_empty();
        let y = &problem.outcome;
        let residuals: Vec<f64> =
            y.iter().zip(&self.summit.point.index).map(|(y, &eta)| y - family.mean(eta)).collect();
        LeastSquaresSums {
            residual: weighted_dot(&residuals, &residuals, weights),
            residual_unweighted: weighted_dot(&residuals, &residuals, None),
            total: if centred { squares_about(y, mean, weights) } else { weighted_dot(y, y, weights) },
            within: None,
            weight: weights.map_or(y.len() as f64, sum),
            outcome_mean: mean,
            centred,
        }
    }
}

/// The constant: what is left of the index, the same in every row but for rounding.
pub(super) fn constant(index: &[f64], offset: Option<&[f64]>, (raw, coefficients): (&[&[f64]], &DVector<f64>)) -> f64 {
    let left: Vec<f64> = (0..index.len())
        .into_par_iter()
        .map(|i| {
            let explained: f64 = raw.iter().zip(coefficients.iter()).map(|(x, b)| b * x[i]).sum();
            index[i] - offset.map_or(0.0, |offset| offset[i]) - explained
        })
        .collect();
    sum(&left) / left.len() as f64
}

/// Coefficients, bread and inverse with a constant before columns that are centred about (weighted) means.
pub(super) fn with_constant(
    (total, means): (f64, &[f64]),
    constant: f64,
    (coefficients, of_slopes): (DVector<f64>, DMatrix<f64>),
) -> (DVector<f64>, DMatrix<f64>, DMatrix<f64>) {
    let k = coefficients.len();
    let mut map = DMatrix::identity(k + 1, k + 1);
    means.iter().enumerate().for_each(|(j, mean)| map[(0, j + 1)] = -mean);
    let mut inverse = DMatrix::zeros(k + 1, k + 1);
    inverse[(0, 0)] = 1.0 / total;
    inverse.view_mut((1, 1), (k, k)).copy_from(&of_slopes);
    let bread = &map * &inverse;
    let inverse = &bread * map.transpose();
    (coefficients.insert_row(0, constant), bread, inverse)
}
