//! From a fit to its [`SensitivityRecord`]: the regressions behind it.

use nalgebra::DMatrix;

use super::confounding::{Confounder, LinearSummary, benchmark_bound};
use super::error::{Role, SensitivityError};
use super::oster::CoefficientMovement;
use super::record::{BoundRecord, ExtremeRecord, OsterRecord, RootRecord, SensitivityRecord};
use crate::absorb::AbsorberCache;
use crate::design::{DesignMatrix, Variable};
use crate::estimate::{Estimate, EstimateError, Estimator, Ols};
use crate::study::nearest;

/// Strengths with the outcome of the extreme scenarios.
const EXTREME: [f64; 3] = [1.0, 0.75, 0.5];

/// What is asked about the sensitivity of a coefficient.
#[derive(Clone, Debug, PartialEq)]
pub struct SensitivityRequest {
    /// The treatment: a term of the model.
    pub treatment: String,
    /// The share of the estimate at stake; positive, 1 for all of it.
    pub q: f64,
    /// The level of significance, between 0 and 1.
    pub alpha: f64,
    /// Groups of terms to compare a confounder with. A name stands for the columns of a factor too (`size` for `size::2`).
    pub benchmarks: Vec<Vec<String>>,
    /// Whether benchmarks that the model does not have are passed over: a multiverse varies the controls.
    pub skip_absent: bool,
    /// How many times as strong as a benchmark: with the treatment and with the outcome.
    pub strengths: Vec<(f64, f64)>,
    /// Oster's bounds.
    pub oster: Option<OsterRequest>,
}

/// What is asked of Oster's bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct OsterRequest {
    /// The R² that a regression with the unobserved variable would have.
    pub r_max: RMax,
    /// Which R².
    pub r_squared: RSquared,
    /// δ of the bias-adjusted coefficient.
    pub delta: f64,
    /// The coefficient that δ is found for.
    pub target: f64,
    /// Controls of the short regression too: not informative on the unobserved.
    pub baseline: Vec<String>,
}

/// How R_max is given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RMax {
    /// Itself.
    Given(f64),
    /// As a multiple of the model's R², one at most.
    Times(f64),
}

/// Which R² Oster's bounds speak of. Without absorbed effects they are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RSquared {
    /// Of the outcome net of the absorbed effects.
    #[default]
    Within,
    /// Of the outcome about its mean.
    Overall,
}

impl RSquared {
    /// The word for records.
    pub fn name(self) -> &'static str {
        match self {
            RSquared::Within => "within",
            RSquared::Overall => "overall",
        }
    }
}

/// Assesses the sensitivity of a coefficient of a least-squares fit. `estimate` is that of `design`.
///
/// # Errors
/// Names that are no terms, an R_max below the model's R², strengths that no confounder can have, too few degrees of
/// freedom: [`SensitivityError`].
pub fn assess(
    design: &DesignMatrix,
    estimate: &Estimate,
    request: &SensitivityRequest,
    cache: &AbsorberCache,
) -> Result<SensitivityRecord, SensitivityError> {
    let terms: Vec<String> =
        estimate.terms.iter().filter(|term| *term != crate::estimate::ols::INTERCEPT).cloned().collect();
    let names = Names { terms: &terms, treatment: &request.treatment };
    names.find(&request.treatment, Role::Treatment)?;
    let full = Regression::of(design, estimate)?;
    let summary = full.summary(&request.treatment)?;
    let (q, alpha) = (request.q, request.alpha);
    let mut record = SensitivityRecord {
        treatment: request.treatment.clone(),
        estimate: summary.estimate,
        std_error: summary.std_error,
        statistic: summary.estimate / summary.std_error,
        df: summary.df,
        q,
        alpha,
        partial_r_squared: summary.partial_r_squared(),
        robustness_value: summary.robustness_value(q),
        robustness_value_at: summary.robustness_value_at(q, alpha),
        extreme_robustness_value_at: summary.extreme_robustness_value(q, alpha),
        bounds: Vec::new(),
        extremes: Vec::new(),
        oster: None,
    };
    let kept = Kept { design, terms: &terms, cache };
    if !request.benchmarks.is_empty() {
        let on_controls = kept.fit(Some(&request.treatment), &|term| term != request.treatment)?;
        let of_treatment = Regression::of(design, &on_controls)?;
        for group in &request.benchmarks {
            let group = match names.group(group, Role::Benchmark) {
                Err(SensitivityError::UnknownTerm { .. }) if request.skip_absent => continue,
                found => found?,
            };
            let partial = (of_treatment.partial_r_squared(&group), full.partial_r_squared(&group));
            record.benchmark(&group.join(" + "), partial, (&summary, &request.strengths))?;
        }
    }
    if let Some(oster) = &request.oster {
        record.oster = Some(movement(&kept, estimate, &names, oster)?);
    }
    Ok(record)
}

impl SensitivityRecord {
    fn benchmark(
        &mut self,
        benchmark: &str,
        partial: (f64, f64),
        (summary, strengths): (&LinearSummary, &[(f64, f64)]),
    ) -> Result<(), SensitivityError> {
        for &(kd, ky) in strengths {
            let bound = benchmark_bound(partial, (kd, ky)).ok_or_else(|| SensitivityError::TooStrong {
                benchmark: benchmark.to_string(),
                kd,
                largest: (1.0 - partial.0) / partial.0,
            })?;
            let adjusted = summary.adjusted(bound, (self.q, self.alpha));
            self.bounds.push(BoundRecord {
                benchmark: benchmark.to_string(),
                kd,
                ky,
                r2_dz: bound.treatment,
                r2_yz: bound.outcome,
                estimate: adjusted.estimate,
                std_error: adjusted.std_error,
                statistic: adjusted.statistic,
                conf_low: adjusted.low,
                conf_high: adjusted.high,
            });
            self.extremes.extend(EXTREME.map(|outcome| {
                let confounder = Confounder { treatment: bound.treatment, outcome };
                ExtremeRecord {
                    benchmark: benchmark.to_string(),
                    kd,
                    r2_dz: bound.treatment,
                    r2_yz: outcome,
                    estimate: summary.adjusted(confounder, (self.q, self.alpha)).estimate,
                }
            }));
        }
        Ok(())
    }
}

/// Oster's bounds from three more regressions: the short one, and the treatment without and with the controls.
fn movement(
    kept: &Kept<'_>,
    estimate: &Estimate,
    names: &Names<'_>,
    request: &OsterRequest,
) -> Result<OsterRecord, SensitivityError> {
    let baseline = names.group(&request.baseline, Role::Baseline)?;
    let treatment = names.treatment;
    let is_baseline = |term: &str| baseline.iter().any(|name| name == term);
    if kept.terms.iter().all(|term| term == treatment || is_baseline(term)) {
        return Err(SensitivityError::NoControls { has_baseline: !baseline.is_empty() });
    }
    let short = kept.fit(None, &|term| term == treatment || is_baseline(term))?;
    let before = kept.fit(Some(treatment), &is_baseline)?;
    let after = kept.fit(Some(treatment), &|term| term != treatment)?;
    let total = match request.r_squared {
        RSquared::Within => estimate.sums.within.unwrap_or(estimate.sums.total),
        RSquared::Overall => estimate.sums.total,
    };
    let r_squared = |of: &Estimate| 1.0 - of.sums.residual / total;
    let full = r_squared(estimate);
    let r_max = match request.r_max {
        RMax::Given(value) => value,
        RMax::Times(times) => (times * full).min(1.0),
    };
    if r_max < full {
        return Err(SensitivityError::RMaxBelow { r_max, r_squared: full });
    }
    let coefficient = |of: &Estimate| position(of, treatment).map_or(f64::NAN, |j| of.coefficients[j]);
    let found = CoefficientMovement {
        short: coefficient(&short),
        full: coefficient(estimate),
        explained: short.sums.residual - estimate.sums.residual,
        unexplained: (r_max - full) * total,
        treatment: before.sums.residual,
        residual_treatment: after.sums.residual,
    };
    let bias_adjusted = found.bias_adjusted(request.delta);
    let excludes = |beta: f64| (beta - request.target) * (found.full - request.target) > 0.0;
    Ok(OsterRecord {
        r_squared: request.r_squared.name().to_string(),
        baseline,
        short_estimate: found.short,
        short_r_squared: r_squared(&short),
        full_r_squared: full,
        r_max,
        target: request.target,
        delta: found.delta(request.target),
        assumed_delta: request.delta,
        bias_adjusted,
        roots: found
            .roots(request.delta)
            .into_iter()
            .map(|root| RootRecord { beta: root.beta, same_direction: root.same_direction })
            .collect(),
        excludes_target: bias_adjusted.is_some_and(excludes),
    })
}

/// The names of a model's terms.
struct Names<'a> {
    terms: &'a [String],
    treatment: &'a str,
}

impl Names<'_> {
    /// The terms that a name stands for.
    fn find(&self, name: &str, role: Role) -> Result<Vec<String>, SensitivityError> {
        let levels = format!("{name}::");
        let is_named = |term: &&String| *term == name || (role != Role::Treatment && term.starts_with(&levels));
        let found: Vec<String> = self.terms.iter().filter(is_named).cloned().collect();
        if found.is_empty() {
            return Err(SensitivityError::UnknownTerm {
                role,
                term: name.to_string(),
                nearest: nearest(name, self.terms.iter().map(String::as_str)).map(str::to_string),
                known: self.terms.to_vec(),
            });
        }
        if role != Role::Treatment && name == self.treatment {
            return Err(SensitivityError::IsTreatment { role, term: name.to_string() });
        }
        Ok(found)
    }

    /// The terms of a group, in order.
    fn group(&self, group: &[String], role: Role) -> Result<Vec<String>, SensitivityError> {
        Ok(group.iter().map(|name| self.find(name, role)).collect::<Result<Vec<_>, _>>()?.concat())
    }
}

/// The sample and terms of a model, for regressions of other variables on some of them.
struct Kept<'a> {
    design: &'a DesignMatrix,
    terms: &'a [String],
    cache: &'a AbsorberCache,
}

impl Kept<'_> {
    /// Regresses a term (or the outcome) on the terms chosen.
    fn fit(&self, outcome: Option<&str>, chosen: &dyn Fn(&str) -> bool) -> Result<Estimate, SensitivityError> {
        let named = |name: &str| self.design.regressors.iter().find(|regressor| regressor.name == name);
        let outcome = outcome.and_then(named).unwrap_or(&self.design.outcome).clone();
        let regressors: Vec<Variable> =
            self.terms.iter().filter(|term| chosen(term)).filter_map(|term| named(term).cloned()).collect();
        Ok(Ols.fit(&self.design.with(outcome, regressors), self.cache)?)
    }
}

fn position(estimate: &Estimate, term: &str) -> Option<usize> {
    estimate.terms.iter().position(|known| known == term)
}

/// An estimate with its residual degrees of freedom.
struct Regression<'a> {
    estimate: &'a Estimate,
    inverse: &'a DMatrix<f64>,
    df: f64,
}

impl<'a> Regression<'a> {
    fn of(design: &DesignMatrix, estimate: &'a Estimate) -> Result<Regression<'a>, SensitivityError> {
        let influence = estimate.linear().map_err(EstimateError::from)?;
        let df = design.n_obs() as f64 - estimate.n_parameters() as f64;
        Ok(Regression { estimate, inverse: &influence.inverse, df })
    }

    /// A coefficient with its classical error.
    fn summary(&self, term: &str) -> Result<LinearSummary, SensitivityError> {
        if self.df < 2.0 {
            return Err(SensitivityError::DegreesOfFreedom { df: self.df });
        }
        let (estimate, variance) = position(self.estimate, term)
            .map_or((f64::NAN, f64::NAN), |j| (self.estimate.coefficients[j], self.inverse[(j, j)]));
        let std_error = (variance * self.estimate.sums.residual / self.df).sqrt();
        Ok(LinearSummary { estimate, std_error, df: self.df })
    }

    /// Partial R² of a group of terms: what leaving them out adds to the sum of squared residuals, `b'V^-1 b` with `V`
    /// their block of `(X'WX)^-1`, over what it then is. Terms that were left out as collinear explain nothing.
    fn partial_r_squared(&self, group: &[String]) -> f64 {
        let places: Vec<usize> = group.iter().filter_map(|term| position(self.estimate, term)).collect();
        let block = DMatrix::from_fn(places.len(), places.len(), |i, j| self.inverse[(places[i], places[j])]);
        let coefficients = nalgebra::DVector::from_fn(places.len(), |i, _| self.estimate.coefficients[places[i]]);
        let added = block.cholesky().map_or(f64::NAN, |factor| coefficients.dot(&factor.solve(&coefficients)));
        added / (added + self.estimate.sums.residual)
    }
}
