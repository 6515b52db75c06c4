//! [`DirectLikelihood`]: what the methods are, what they take, and which way each is fitted.

use super::super::estimator::check_degrees;
use super::super::{Family, MaximumLikelihood, OutcomeOutOfRange};
use super::conditional::Conditional;
use super::counted::{Counted, without_zeros};
use super::density::Counts;
use super::groups::conditional;
use super::vuong::vuong;
use crate::absorb::AbsorberCache;
use crate::design::{BoundaryLevels, DesignMatrix, FirstRow};
use crate::estimate::error::EstimateError;
use crate::estimate::estimator::{Estimate, Estimator};
use crate::estimate::fit::TestResult;
use crate::vcov::Errors;

/// A likelihood that is maximised by Newton's method on its own second derivatives.
#[derive(Clone, Debug, PartialEq)]
pub enum DirectLikelihood {
    /// Counts, with a distribution of more than one parameter per row.
    Counts {
        /// The distribution.
        counts: Counts,
        /// How many of the design's last regressors are those of the index of zeros.
        zeros: usize,
        /// Distributions that it is compared with on the same sample.
        against: Vec<Counts>,
    },
    /// Groups given their totals; the groups are the only absorbed effect.
    Conditional(Conditional),
}

/// Errors that would treat rows of a group as if they had scores of their own.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{method} has one score for each level of {group}, and {errors}; {way_out}")]
pub struct ClustersAcross {
    /// The method.
    pub method: String,
    /// The groups.
    pub group: String,
    /// What is wrong with the errors.
    pub errors: String,
    /// What to do.
    pub way_out: &'static str,
}

impl DirectLikelihood {
    /// The word for records.
    pub fn name(&self) -> &'static str {
        match self {
            DirectLikelihood::Counts { counts, .. } => counts.name(),
            DirectLikelihood::Conditional(kind) => kind.name(),
        }
    }

    /// Groups whose total tells nothing leave the sample.
    pub fn boundary(&self) -> BoundaryLevels {
        match self {
            DirectLikelihood::Counts { .. } if self.is_absorbing() => BoundaryLevels::Zeros,
            DirectLikelihood::Counts { .. } => BoundaryLevels::Keep,
            DirectLikelihood::Conditional(Conditional::Logit) => BoundaryLevels::ZerosAndOnes,
            DirectLikelihood::Conditional(Conditional::Negbin) => BoundaryLevels::Zeros,
        }
    }

    /// Whether effects can be absorbed: they are weighted regressions given the excess.
    fn is_absorbing(&self) -> bool {
        matches!(self, DirectLikelihood::Counts { counts: Counts::Negbin1, against, .. } if against.is_empty())
    }

    /// Whether every outcome of a design is in the range of the method, and its effects are what the method takes.
    ///
    /// # Errors
    /// [`EstimateError::OutcomeOutOfRange`] with the first row, [`EstimateError::DirectMisuse`].
    pub fn check(&self, design: &DesignMatrix) -> Result<(), EstimateError> {
        let is_choice = matches!(self, DirectLikelihood::Conditional(Conditional::Logit));
        let is_out = |y: f64| if is_choice { y != 0.0 && y != 1.0 } else { !(y >= 0.0 && y.fract() == 0.0) };
        let y = &design.outcome.values;
        if let Some(first) = y.iter().position(|&y| is_out(y)) {
            return Err(EstimateError::OutcomeOutOfRange(Box::new(OutcomeOutOfRange {
                variable: design.outcome.name.clone(),
                method: self.name().to_string(),
                rows: y.iter().filter(|&&y| is_out(y)).count(),
                value: y[first],
                first: FirstRow::at(design.sample.rows[first] as usize),
                range: if is_choice { "0 or 1" } else { "whole numbers of zero or more" },
                way_out: if is_choice {
                    "define a choice, as in y > 0"
                } else {
                    "filter these rows out, or use method = \"poisson\", which takes any outcome of zero or more"
                },
            })));
        }
        self.check_zeros(y).and_then(|()| self.check_effects(design))
    }

    /// Models of zeros need some, and counts above zero besides.
    fn check_zeros(&self, y: &[f64]) -> Result<(), EstimateError> {
        let DirectLikelihood::Counts { counts, .. } = self else { return Ok(()) };
        let misuse = |fault: &'static str, way_out| EstimateError::DirectMisuse { method: self.name(), fault, way_out };
        if counts.has_zeros() && y.iter().all(|&y| y > 0.0) {
            return Err(misuse("models zeros, and the outcome has none", "use method = \"negbin\" or \"poisson\""));
        }
        if counts.has_zeros() && y.iter().all(|&y| y <= 1.0) {
            return Err(misuse("needs counts above one, and the outcome has none", "use method = \"logit\""));
        }
        Ok(())
    }

    fn check_effects(&self, design: &DesignMatrix) -> Result<(), EstimateError> {
        let misuse = |fault: &'static str, way_out| EstimateError::DirectMisuse { method: self.name(), fault, way_out };
        match self {
            _ if !design.instruments.is_empty() => {
                Err(EstimateError::NoUseForInstruments { method: self.name().to_string() })
            }
            _ if self.is_absorbing() => Ok(()),
            DirectLikelihood::Counts { .. } if !design.absorbed.is_empty() => Err(misuse(
                "takes no absorbed effects",
                "write few levels as regressors, i(year), or use method = \"poisson\" or \"negbin\"",
            )),
            DirectLikelihood::Counts { .. } => Ok(()),
            DirectLikelihood::Conditional(_) => match design.absorbed.as_slice() {
                [one] if one.slopes.is_empty() && !one.slopes_only => match design.weights {
                    None => Ok(()),
                    Some(_) => Err(misuse("has no weights: its rows are drawn in groups", "leave `weights` out")),
                },
                _ => Err(misuse(
                    "conditions on the levels of one effect without slopes",
                    "write it as the second part of the formula, y ~ x | firm, and others as regressors, i(year)",
                )),
            },
        }
    }

    fn check_errors(&self, errors: &Errors, design: &DesignMatrix) -> Result<(), EstimateError> {
        if errors.needs_leverage() {
            let errors = errors.kind().to_string();
            return Err(crate::vcov::CovarianceError::NoLeverage { errors }.into());
        }
        let (DirectLikelihood::Conditional(_), Some(effect)) = (self, design.absorbed.first()) else { return Ok(()) };
        let refused = |errors: String, way_out| {
            let (method, group) = (self.name().to_string(), effect.name.clone());
            Err(EstimateError::ClustersAcross(Box::new(ClustersAcross { method, group, errors, way_out })))
        };
        if !matches!(errors, Errors::Iid | Errors::Hc0 | Errors::Hc1) && errors.clusters().is_empty() {
            let errors = format!("{} errors are sums over rows", errors.kind());
            return refused(errors, "use \"iid\", \"hc1\" (which is by group), or clusters that groups lie within");
        }
        for cluster in design.clusters.iter().filter(|cluster| errors.clusters().contains(&cluster.name)) {
            let mut of = vec![u32::MAX; effect.factor.n_levels];
            for (&group, &code) in effect.factor.codes.iter().zip(cluster.factor.codes.iter()) {
                let known = &mut of[group as usize];
                if *known != u32::MAX && *known != code {
                    let errors = format!("its levels are in more than one cluster of {}", cluster.name);
                    return refused(errors, "use clusters that groups lie within, or the groups themselves");
                }
                *known = code;
            }
        }
        Ok(())
    }

    /// Maximises the likelihood.
    ///
    /// # Errors
    /// Outcomes and effects that the method does not take; no maximum that was found; errors that are not defined.
    pub fn fit(
        &self,
        design: &DesignMatrix,
        errors: &Errors,
        cache: &AbsorberCache,
    ) -> Result<Estimate, EstimateError> {
        self.check(design)?;
        self.check_errors(errors, design)?;
        let estimate = match self {
            DirectLikelihood::Counts { .. } if self.is_absorbing() && !design.absorbed.is_empty() => {
                // The start is found by moments.
                return MaximumLikelihood::of(Family::LinearNegativeBinomial { delta: 1.0 }).fit(design, cache);
            }
            DirectLikelihood::Counts { counts, zeros, .. } => {
                Counted::of(*counts, *zeros, design, cache)?.estimate(design)
            }
            DirectLikelihood::Conditional(kind) => conditional(*kind, design)?,
        };
        check_degrees(estimate, design)
    }

    /// Vuong's tests against the distributions that the model is compared with.
    ///
    /// # Errors
    /// Those of estimating them.
    pub(crate) fn comparisons(
        &self,
        design: &DesignMatrix,
        cache: &AbsorberCache,
    ) -> Result<Vec<TestResult>, EstimateError> {
        let DirectLikelihood::Counts { counts, zeros, against } = self else { return Ok(Vec::new()) };
        if against.is_empty() {
            return Ok(Vec::new());
        }
        let own = Counted::of(*counts, *zeros, design, cache)?;
        let mut out = Vec::new();
        for &other in against {
            let short = without_zeros(design, if other.has_zeros() { 0 } else { *zeros });
            let fitted = Counted::of(other, if other.has_zeros() { *zeros } else { 0 }, &short, cache)?;
            out.extend(vuong(&own, &fitted));
        }
        Ok(out)
    }
}
