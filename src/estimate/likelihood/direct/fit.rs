//! [`DirectLikelihood`]: from a design to an estimate.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::super::estimator::{check_degrees, constant, explain};
use super::super::record::{Index, Likelihood, Optimisation};
use super::super::separation::Separation;
use super::super::sweep::Sweep;
use super::super::{Family, Link, MaximumLikelihood, OutcomeOutOfRange};
use super::conditional::{Conditional, Groups};
use super::density::Counts;
use super::newton::{Lost, Peak, climb};
use super::rows::{Entry, Rows};
use super::vuong::vuong;
use crate::absorb::AbsorberCache;
use crate::design::{BoundaryLevels, DesignMatrix, FirstRow, Variable};
use crate::estimate::error::EstimateError;
use crate::estimate::estimator::{Estimate, Estimator, Influence, LeastSquaresSums, Spread};
use crate::estimate::fit::{Convergence, TestResult};
use crate::estimate::ols::INTERCEPT;
use crate::estimate::working::{COLLINEAR, ROUNDING, mean};
use crate::linalg::{Pivots, cross_products, dot, squares_about, sum, weighted_dot};
use crate::note::Note;
use crate::vcov::Errors;

/// Before the names of terms of the index of zeros, as in R's pscl.
pub(crate) const ZERO: &str = "zero_";

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

/// A design without its last regressors.
fn without_zeros(design: &DesignMatrix, zeros: usize) -> DesignMatrix {
    let keep = design.regressors.len() - zeros;
    DesignMatrix { regressors: design.regressors[..keep].to_vec(), ..design.clone() }
}

/// Fitted counts.
pub(super) struct Counted {
    pub(super) rows: Rows,
    pub(super) peak: Peak,
    names: Vec<String>,
    notes: Vec<Note>,
    null: f64,
}

/// Columns of one index with a start.
struct Part {
    names: Vec<String>,
    columns: Vec<Arc<Vec<f64>>>,
    start: Vec<f64>,
    notes: Vec<Note>,
    means: Vec<f64>,
}

/// The columns of an index that are no combination of others (`prefix` stands before the constant's name), with the coefficients of a model of one index.
fn part(family: Family, design: &DesignMatrix, prefix: &str, cache: &AbsorberCache) -> Result<Part, EstimateError> {
    let model = MaximumLikelihood { separation: Separation::KEEP, ..MaximumLikelihood::of(family) };
    let (_, summit) = model.maximise(design, &mut Sweep::of(design)?, None)?;
    let notes = explain(&summit, design, cache)?;
    let mut out = Part {
        names: Vec::new(),
        columns: Vec::new(),
        start: Vec::new(),
        notes,
        means: summit.point.index.iter().map(|&eta| family.mean(eta)).collect(),
    };
    if design.intercept {
        let raw: Vec<&[f64]> = summit.kept.iter().map(|&j| design.regressors[j].values.as_slice()).collect();
        let offset = design.offset.as_ref().map(|offset| offset.values.as_slice());
        out.names.push(format!("{prefix}{INTERCEPT}"));
        out.columns.push(Arc::new(vec![1.0; design.n_rows()]));
        out.start.push(constant(&summit.point.index, offset, (&raw, &summit.coefficients)));
    }
    for (&j, b) in summit.kept.iter().zip(summit.coefficients.iter()) {
        out.names.push(design.regressors[j].name.clone());
        out.columns.push(Arc::clone(&design.regressors[j].values));
        out.start.push(*b);
    }
    Ok(out)
}

impl Counted {
    pub(super) fn of(
        counts: Counts,
        zeros: usize,
        design: &DesignMatrix,
        cache: &AbsorberCache,
    ) -> Result<Counted, EstimateError> {
        let mut of_counts = part(Family::Poisson, &without_zeros(design, zeros), "", cache)?;
        let (mut names, mut start, mut notes) =
            (of_counts.names, of_counts.start, std::mem::take(&mut of_counts.notes));
        let enter = |argument: usize, columns: Vec<Arc<Vec<f64>>>| {
            columns.into_iter().map(move |values| Entry { argument, values })
        };
        let mut entries: Vec<Entry> = enter(0, of_counts.columns).collect();
        if counts.has_zeros() {
            let of_zeros = part(Family::Binomial(Link::Logit), &zero_design(counts, zeros, design), ZERO, cache)?;
            names.extend(of_zeros.names);
            start.extend(of_zeros.start);
            notes.extend(of_zeros.notes);
            entries.extend(enter(1, of_zeros.columns));
        }
        if let Some(size) = counts.size() {
            names.push(size.to_string());
            start.push(log_size(counts, design, &of_counts.means)?);
            entries.extend(enter(2, vec![Arc::new(vec![1.0; design.n_rows()])]));
        }
        let rows = Rows {
            counts,
            outcome: Arc::clone(&design.outcome.values),
            offset: design.offset.as_ref().map(|offset| Arc::clone(&offset.values)),
            weights: design.weights.as_ref().map(|weights| Arc::clone(&weights.values)),
            entries,
        };
        let peak =
            climb(&rows, DVector::from_vec(start)).map_err(|lost| not_found(counts.name(), &lost, way_out(counts)))?;
        let null = null(&rows, &names, &peak);
        Ok(Counted { rows, peak, names, notes, null })
    }

    fn estimate(self, design: &DesignMatrix) -> Estimate {
        let Counted { rows, peak, names, notes, null } = self;
        let n_ancillary = usize::from(rows.counts == Counts::Negbin1);
        let (y, weights) = (&design.outcome.values, design.weight_values());
        let at = |row: usize| rows.arguments(row, &peak.parameters);
        let residuals: Vec<f64> = (0..y.len()).map(|row| y[row] - rows.counts.mean(at(row))).collect();
        let mut scores = rows.scores(&peak.parameters);
        let (mut coefficients, mut inverse) = (peak.parameters.clone(), peak.inverse.clone());
        let index = (rows.counts == Counts::Negbin1).then(|| index(&rows, &peak, weights));
        if rows.counts.size().is_some() {
            // The search is on the logarithm of the size, the record is of the size itself.
            let last = coefficients.len() - 1;
            let size = coefficients[last].exp();
            coefficients[last] = size;
            scores[last].iter_mut().for_each(|score| *score /= size);
            inverse.row_mut(last).scale_mut(size);
            inverse.column_mut(last).scale_mut(size);
        }
        let sums = LeastSquaresSums {
            residual: weighted_dot(&residuals, &residuals, weights),
            residual_unweighted: dot(&residuals, &residuals),
            ..sums(design)
        };
        let likelihood = likelihood(rows.counts.name(), "log", (peak.value, null), (n_ancillary, peak.optimisation));
        assemble(names, coefficients, (scores, inverse), (likelihood, sums, index, notes))
    }
}

/// The outcome whether there is none (or some), on the regressors of the zeros.
fn zero_design(counts: Counts, zeros: usize, design: &DesignMatrix) -> DesignMatrix {
    let is_hurdle = matches!(counts, Counts::Hurdle(_));
    let values = design.outcome.values.iter().map(|&y| f64::from((y > 0.0) == is_hurdle)).collect();
    let keep = design.regressors.len() - zeros;
    DesignMatrix {
        outcome: Variable { name: design.outcome.name.clone(), values: Arc::new(values) },
        regressors: design.regressors[keep..].to_vec(),
        intercept: true,
        offset: None,
        ..design.clone()
    }
}

/// The logarithm of a size to start from.
fn log_size(counts: Counts, design: &DesignMatrix, means: &[f64]) -> Result<f64, EstimateError> {
    if matches!(counts, Counts::ZeroInflated(_) | Counts::Hurdle(_)) {
        return Ok(0.0);
    }
    let y = &design.outcome.values;
    let weights = design.weight_values();
    let excess: Vec<f64> = y.iter().zip(means).map(|(y, m)| (y - m).powi(2) - y).collect();
    let ones = vec![1.0; y.len()];
    let excess = weighted_dot(&excess, &ones, weights);
    if excess <= 0.0 {
        return Err(EstimateError::NoOverdispersion);
    }
    let size = match counts {
        Counts::Negbin1 => excess / weighted_dot(means, &ones, weights),
        _ => weighted_dot(means, means, weights) / excess,
    };
    Ok(size.clamp(1e-3, 1e3).ln())
}

/// The log likelihood with constants alone.
fn null(rows: &Rows, names: &[String], peak: &Peak) -> f64 {
    let stays = |name: &String| name == INTERCEPT || *name == format!("{ZERO}{INTERCEPT}") || name.starts_with('.');
    let kept: Vec<usize> = (0..names.len()).filter(|&k| stays(&names[k])).collect();
    let short = Rows { entries: kept.iter().map(|&k| rows.entries[k].clone()).collect(), ..rows.clone() };
    let mean = mean(&rows.outcome, rows.weights.as_ref().map(|w| w.as_slice()));
    let start = kept.iter().map(|&k| match rows.entries[k].argument {
        0 => mean.ln(),
        _ => peak.parameters[k].clamp(-2.0, 2.0),
    });
    climb(&short, DVector::from_iterator(kept.len(), start)).map_or(f64::NAN, |peak| peak.value)
}

/// The index of a negative binomial of one.
fn index(rows: &Rows, peak: &Peak, weights: Option<&[f64]>) -> Index {
    let delta = peak.parameters[peak.parameters.len() - 1].exp();
    let family = Family::LinearNegativeBinomial { delta };
    let values: Vec<f64> = (0..rows.outcome.len()).map(|row| rows.arguments(row, &peak.parameters)[0]).collect();
    let found: Vec<_> = rows.outcome.iter().zip(&values).map(|(&y, &eta)| family.density(y, eta)).collect();
    let weight = |row: usize| weights.map_or(1.0, |w| w[row]);
    Index {
        family,
        weights: Arc::new(found.iter().enumerate().map(|(row, d)| weight(row) * d.information).collect()),
        residuals: Arc::new(found.iter().map(|d| d.score / d.information).collect()),
        values: Arc::new(values),
        is_regression: false,
    }
}

/// Groups given their totals.
fn conditional(kind: Conditional, design: &DesignMatrix) -> Result<Estimate, EstimateError> {
    let effect = &design.absorbed[0];
    let mut members = vec![Vec::new(); effect.factor.n_levels];
    effect.factor.codes.iter().enumerate().for_each(|(row, &code)| members[code as usize].push(row));
    let (kept, notes) = choose(kind, design, &members)?;
    let (mut names, mut columns) = (Vec::new(), Vec::new());
    if kind == Conditional::Negbin {
        names.push(INTERCEPT.to_string());
        columns.push(Arc::new(vec![1.0; design.n_rows()]));
    }
    names.extend(kept.iter().map(|&j| design.regressors[j].name.clone()));
    columns.extend(kept.iter().map(|&j| Arc::clone(&design.regressors[j].values)));
    let groups = Groups {
        kind,
        members,
        outcome: Arc::clone(&design.outcome.values),
        offset: design.offset.as_ref().map(|offset| Arc::clone(&offset.values)),
        columns,
    };
    let lost = |lost: Lost| not_found(kind.name(), &lost, SEPARATES);
    let peak = climb(&groups, DVector::zeros(names.len())).map_err(lost)?;
    let constants = usize::from(kind == Conditional::Negbin);
    let short = Groups { columns: groups.columns[..constants].to_vec(), ..groups.clone() };
    let null = climb(&short, DVector::zeros(constants)).map_or(f64::NAN, |peak| peak.value);
    let link = if kind == Conditional::Logit { "logit" } else { "log" };
    let scores = groups.scores(&peak.parameters);
    let likelihood = likelihood(kind.name(), link, (peak.value, null), (0, peak.optimisation));
    Ok(assemble(names, peak.parameters, (scores, peak.inverse), (likelihood, sums(design), None, notes)))
}

/// The regressors that are identified: those that vary within groups, in a logit, and are no combination of others.
fn choose(
    kind: Conditional,
    design: &DesignMatrix,
    members: &[Vec<usize>],
) -> Result<(Vec<usize>, Vec<Note>), EstimateError> {
    let group = &design.absorbed[0].name;
    let centred = |column: &[f64]| -> Vec<f64> {
        let mut out = column.to_vec();
        if kind == Conditional::Negbin {
            let centre = mean(column, None);
            out.iter_mut().for_each(|v| *v -= centre);
            return out;
        }
        for rows in members {
            let centre = rows.iter().map(|&row| column[row]).sum::<f64>() / rows.len() as f64;
            rows.iter().for_each(|&row| out[row] -= centre);
        }
        out
    };
    let columns: Vec<Vec<f64>> = design.regressors.iter().map(|x| centred(&x.values)).collect();
    let (mut notes, mut dropped, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for (j, (x, left)) in design.regressors.iter().zip(&columns).enumerate() {
        let about = squares_about(&x.values, mean(&x.values, None), None);
        if dot(left, left) > (COLLINEAR * about).max(ROUNDING * dot(&x.values, &x.values)) {
            open.push(j);
        } else if kind == Conditional::Logit {
            notes.push(Note::Absorbed { term: x.name.clone(), by: group.clone() });
            dropped.push((x.name.clone(), group.clone()));
        } else {
            notes.push(Note::Collinear { term: x.name.clone(), with: vec![INTERCEPT.to_string()] });
        }
    }
    let views: Vec<&[f64]> = open.iter().map(|&j| columns[j].as_slice()).collect();
    let pivots = Pivots::choose(&cross_products(&views, None), COLLINEAR);
    for dependent in &pivots.dependent {
        let with: Vec<String> = dependent.of.iter().map(|&(k, _)| design.regressors[open[k]].name.clone()).collect();
        let term = design.regressors[open[dependent.column]].name.clone();
        dropped.push((term.clone(), with.join(", ")));
        notes.push(Note::Collinear { term, with });
    }
    if pivots.kept.is_empty() && kind == Conditional::Logit {
        return Err(EstimateError::NothingLeft { dropped });
    }
    Ok((pivots.kept.iter().map(|&k| open[k]).collect(), notes))
}

fn sums(design: &DesignMatrix) -> LeastSquaresSums {
    let (y, weights) = (&design.outcome.values, design.weight_values());
    let mean = mean(y, weights);
    LeastSquaresSums {
        residual: f64::NAN,
        residual_unweighted: f64::NAN,
        total: squares_about(y, mean, weights),
        within: None,
        weight: weights.map_or(y.len() as f64, sum),
        outcome_mean: mean,
        centred: true,
    }
}

fn likelihood(
    family: &str,
    link: &str,
    (value, null): (f64, f64),
    (n_ancillary, optimisation): (usize, Optimisation),
) -> Likelihood {
    Likelihood {
        family: family.to_string(),
        link: link.to_string(),
        is_quasi: false,
        log_likelihood: value,
        null_log_likelihood: null,
        deviance: None,
        pseudo_r_squared: Some(1.0 - value / null).filter(|r| r.is_finite()),
        dispersion: None,
        correction: None,
        frailty: None,
        distribution: None,
        n_ancillary,
        optimisation,
    }
}

fn assemble(
    terms: Vec<String>,
    coefficients: DVector<f64>,
    (scores, inverse): (Vec<Vec<f64>>, DMatrix<f64>),
    (likelihood, sums, index, notes): (Likelihood, LeastSquaresSums, Option<Index>, Vec<Note>),
) -> Estimate {
    let done = &likelihood.optimisation;
    let convergence = Convergence {
        iterations: done.iterations,
        residual: done.gradient_norm,
        converged: true,
        coefficient_error: Some(done.gradient_norm),
        solver: done.algorithm.clone(),
    };
    let ones = vec![1.0; scores.first().map_or(0, Vec::len)];
    Estimate {
        terms,
        coefficients,
        spread: Spread::Influence(Influence {
            columns: scores.into_iter().map(Arc::new).collect(),
            residuals: ones.into(),
            bread: inverse.clone(),
            inverse,
        }),
        sums,
        likelihood: Some(likelihood),
        index,
        absorbed: None,
        convergence,
        notes,
    }
}

/// What to do where a parameter runs off.
const SEPARATES: &str = "look for a regressor that predicts the outcome perfectly, or takes huge values";

fn way_out(counts: Counts) -> &'static str {
    match (counts.has_zeros(), counts.size().is_some()) {
        (true, true) => {
            "the counts may be no more dispersed, or the zeros no more frequent, than the simpler models say (poisson, negbin), or a regressor predicts the zeros perfectly"
        }
        (true, false) => {
            "the zeros may be no more frequent than Poisson's (method = \"poisson\"), or a regressor predicts them perfectly"
        }
        _ => "use method = \"poisson\" with robust errors, or look for a regressor that takes huge values",
    }
}

fn not_found(method: &str, lost: &Lost, way_out: &'static str) -> EstimateError {
    let Lost { iterations, step } = *lost;
    EstimateError::LikelihoodNotConverged { method: method.to_string(), iterations, step, way_out }
}
