//! [`Randomisation`]: the test of the sharp null that a treatment changes nothing, by assigning it anew.
//!
//! In: a least-squares fit, the treatment's term, the units that it was assigned to and the strata within which; out: a
//! [`RandomisationRecord`]. The model is fitted again under every assignment: the new treatment is taken net of effects and
//! the other regressors, which stay (Frisch, Waugh and Lovell), so that an assignment costs one projection. The statistic
//! is the t statistic with the model's own errors, which keeps the test right for the average effect in large samples (Wu and
//! Ding 2021; MacKinnon and Webb 2020), or the coefficient. A multi-way variance that is not positive is not repaired: such
//! an assignment has no statistic and counts as beyond.
//!
//! The p-value is the share of assignments with a statistic as large in absolute value: over all distinct assignments where
//! there are few, else `(1 + count)/(1 + R)` over `R` random ones (Phipson and Smyth 2010). No confidence sets here.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::assignment::Assignment;
use super::error::ResampleError;
use super::rows::{ErrorSet, Fitted, Rows};

use crate::absorb::{Effects, SharedAbsorber};
use crate::design::ClusterVariable;
use crate::estimate::instruments::invert;
use crate::estimate::record;
use crate::linalg::weighted_dot;
use crate::monte::streams::Streams;

/// Assignments projected together.
const AT_ONCE: usize = 16;

/// Relative difference of statistics that counts as a tie.
const TIE: f64 = 1e-9;

/// Share of its sum of squares that an assignment must keep net of everything else to have a statistic.
const EXPLAINED: f64 = 1e-12;

/// What is compared between assignments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RandomisationStatistic {
    /// The t statistic with the model's errors.
    #[default]
    T,
    /// The coefficient.
    Coefficient,
}

impl RandomisationStatistic {
    /// The word of study files and records.
    pub fn name(self) -> &'static str {
        match self {
            RandomisationStatistic::T => "t",
            RandomisationStatistic::Coefficient => "coefficient",
        }
    }
}

/// A randomisation test of one term.
#[derive(Clone, Debug, PartialEq)]
pub struct Randomisation {
    /// What it is called.
    pub name: String,
    /// The term.
    pub treatment: String,
    /// Most assignments.
    pub replications: usize,
    /// The statistic.
    pub statistic: RandomisationStatistic,
    /// The seed.
    pub seed: u64,
}

/// What a randomisation test found, as a fit keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RandomisationRecord {
    /// The test's name in the study.
    pub name: String,
    /// The term.
    pub treatment: String,
    /// The variable whose levels were assigned.
    pub unit: String,
    /// Its number of levels.
    pub units: usize,
    /// The variable within whose levels treatment was assigned, if any.
    #[serde(default)]
    pub strata: Option<String>,
    /// Its number of levels; one without strata.
    pub n_strata: usize,
    /// `t` or `coefficient`.
    pub statistic: String,
    /// The statistic in the sample.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub observed: f64,
    /// The p-value.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub p_value: f64,
    /// Assignments looked at.
    pub assignments: usize,
    /// Whether they are all that there are.
    pub exact: bool,
    /// Assignments without a statistic, which count as beyond: the other regressors explain them.
    pub undefined: usize,
    /// The seed.
    pub seed: u64,
}

impl RandomisationRecord {
    /// The test in words: `t over all 35 assignments of 7 levels of region`.
    pub fn in_words(&self) -> String {
        let which = if self.exact { "all" } else { "" };
        let random = if self.exact { "" } else { " random" };
        let strata = match &self.strata {
            Some(name) => format!(" within {} levels of {name}", self.n_strata),
            None => String::new(),
        };
        let assignments = format!("{which} {}{random} assignments", self.assignments);
        format!("{} over {} of {} levels of {}{strata}", self.statistic, assignments.trim(), self.units, self.unit)
    }
}

impl Randomisation {
    /// Runs the test.
    ///
    /// # Errors
    /// Unknown terms, instruments, treatments that vary within units, strata that cut through units.
    pub fn test(
        &self,
        fitted: &Fitted<'_>,
        unit: &ClusterVariable,
        strata: Option<&ClusterVariable>,
    ) -> Result<RandomisationRecord, ResampleError> {
        if self.replications == 0 {
            return Err(ResampleError::NoReplications);
        }
        let refit = Refit::of(self, fitted)?;
        let treatment = fitted.design.regressors.iter().find(|variable| variable.name == self.treatment);
        let values = treatment.ok_or(ResampleError::InstrumentedTreatment)?;
        let assignment = Assignment::of((&self.treatment, &values.values), unit, strata)?;
        let plan = assignment.plan(self.replications);
        let streams = Streams::new(self.seed);
        let spread = |of_units: &[f64]| -> Vec<f64> {
            assignment.units.codes.iter().map(|&unit| of_units[unit as usize]).collect()
        };
        let observed = refit.statistics(vec![spread(&assignment.observed)])?[0];
        let batches: Vec<Vec<f64>> = (0..plan.n().div_ceil(AT_ONCE))
            .into_par_iter()
            .map(|batch| {
                let numbers = batch * AT_ONCE..((batch + 1) * AT_ONCE).min(plan.n());
                refit.statistics(numbers.map(|k| spread(&assignment.draw(&plan, k, streams))).collect())
            })
            .collect::<Result<_, _>>()?;
        let bound = observed.abs() * (1.0 - TIE);
        let all = || batches.iter().flatten();
        let count = all().filter(|t| t.is_nan() || t.abs() >= bound).count();
        let random = f64::from(u8::from(!plan.is_exact()));
        let p_value = (count as f64 + random) / (plan.n() as f64 + random);
        Ok(RandomisationRecord {
            name: self.name.clone(),
            treatment: self.treatment.clone(),
            unit: unit.name.clone(),
            units: assignment.units.n,
            strata: strata.map(|strata| strata.name.clone()),
            n_strata: assignment.n_strata(),
            statistic: self.statistic.name().to_string(),
            observed,
            p_value: if observed.is_nan() { f64::NAN } else { p_value },
            assignments: plan.n(),
            exact: plan.is_exact(),
            undefined: all().filter(|t| t.is_nan()).count(),
            seed: self.seed,
        })
    }
}

/// The model with another treatment in the place of the one it was fitted with.
struct Refit<'a> {
    rows: Rows<'a>,
    statistic: RandomisationStatistic,
    /// The other regressors.
    others: Vec<&'a [f64]>,
    /// `(Z'WZ)^-1` of them.
    inverse: DMatrix<f64>,
    /// The outcome net of effects and the other regressors.
    outcome: Vec<f64>,
    absorber: Option<SharedAbsorber>,
    /// The terms of the variance; none where errors are iid.
    sets: Vec<ErrorSet>,
    /// What the classical variance is multiplied by.
    classical: f64,
}

impl<'a> Refit<'a> {
    fn of(test: &Randomisation, fitted: &Fitted<'a>) -> Result<Refit<'a>, ResampleError> {
        if !fitted.design.endogenous.is_empty() {
            return Err(ResampleError::InstrumentedTreatment);
        }
        let position = fitted.term(&test.treatment)?;
        let rows = Rows::of(fitted)?;
        let others: Vec<&[f64]> = (rows.columns.iter().enumerate())
            .filter(|(j, _)| *j != position)
            .map(|(_, column)| column.as_slice())
            .collect();
        let k = others.len();
        let gram = DMatrix::from_fn(k, k, |i, j| weighted_dot(others[i], others[j], rows.weights));
        let inverse =
            invert(&gram, 0.0).ok_or_else(|| ResampleError::OneAssignment { treatment: test.treatment.clone() })?;
        let sets = match (test.statistic, fitted.error_clusters()?) {
            (RandomisationStatistic::Coefficient, _) | (_, None) => Vec::new(),
            (_, Some(clusters)) => {
                let drawn = fitted.drawn_by(clusters.first().map(String::as_str))?.groups;
                fitted.error_sets(&clusters, &drawn)?
            }
        };
        let absorber = Effects::of(fitted.design).map(|effects| fitted.cache.absorber(&effects)).transpose()?;
        let factors = &fitted.covariance.factors;
        let mut out = Refit {
            statistic: test.statistic,
            others,
            inverse,
            outcome: Vec::new(),
            absorber,
            sets,
            classical: factors.k_factor / (factors.n as f64 - 1.0),
            rows,
        };
        let own = out.net(out.rows.columns[position].to_vec());
        let b = fitted.estimate.coefficients[position];
        out.outcome = out.rows.residuals.iter().zip(&own).map(|(u, d)| u + b * d).collect();
        Ok(out)
    }

    /// A column net of the other regressors; the second round takes out what rounding left.
    fn net(&self, mut column: Vec<f64>) -> Vec<f64> {
        for _ in 0..2 {
            let products = self.others.iter().map(|z| weighted_dot(z, &column, self.rows.weights));
            let coefficients = &self.inverse * DVector::from_iterator(self.others.len(), products);
            for (z, c) in self.others.iter().zip(coefficients.iter()) {
                column.iter_mut().zip(*z).for_each(|(value, z)| *value -= c * z);
            }
        }
        column
    }

    /// The statistics of several treatments; NaN where nothing is left of one.
    fn statistics(&self, mut treatments: Vec<Vec<f64>>) -> Result<Vec<f64>, ResampleError> {
        let squares: Vec<f64> = treatments.iter().map(|z| weighted_dot(z, z, self.rows.weights)).collect();
        if let Some(absorber) = &self.absorber {
            let mut views: Vec<&mut [f64]> = treatments.iter_mut().map(Vec::as_mut_slice).collect();
            absorber.absorber().absorb_all(&mut views)?;
        }
        Ok(treatments.into_iter().zip(squares).map(|(z, square)| self.statistic(&self.net(z), square)).collect())
    }

    fn statistic(&self, d: &[f64], square: f64) -> f64 {
        let weights = self.rows.weights;
        let length = weighted_dot(d, d, weights);
        if length.is_nan() || length <= EXPLAINED * square {
            return f64::NAN;
        }
        let b = weighted_dot(d, &self.outcome, weights) / length;
        if self.statistic == RandomisationStatistic::Coefficient {
            return b;
        }
        let residuals: Vec<f64> = self.outcome.iter().zip(d).map(|(y, d)| y - b * d).collect();
        let variance = if self.sets.is_empty() {
            self.classical * weighted_dot(&residuals, &residuals, weights) / length
        } else {
            let weighted = self.rows.weighted(d);
            let sums = |set: &ErrorSet| -> f64 {
                set.factor * set.groups.sums(&weighted, &residuals).iter().map(|sum| sum * sum).sum::<f64>()
            };
            self.sets.iter().map(sums).sum::<f64>() / (length * length)
        };
        if variance > 0.0 { b / variance.sqrt() } else { f64::NAN }
    }
}
