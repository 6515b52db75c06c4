//! Incidental-parameter bias of choices with absorbed effects, and its corrections.
//!
//! Every level of an effect is estimated from its own rows, and its error goes into the coefficients: of order one over the rows of
//! a level. To first order the estimate is `b + H^-1 B` with `H` the information of the coefficients net of the effects and
//!
//! `B = -½ Σ_k Σ_(j of k) (Σ_j h F'' x̃) / (Σ_j ω)`,  `h = F'/(F(1-F))`, `ω = h F'`
//!
//! over the effects `k` and their levels `j` (Fernández-Val 2009 for one effect, Fernández-Val and Weidner 2016 for units and periods,
//! Hinz, Stammann and Wanner 2020 for more). Regressors that react to earlier outcomes add, for the first effect, a spectral term up to
//! some lag, `-Σ_j Σ_l T_j/(T_j - l) Σ_t s_(t-l) ω_t x̃_t / (Σ_j ω)` with the scores `s`.
//!
//! The split-panel jackknife takes the bias from halves of the panel instead: `2b - b_½` with one effect (Dhaene and Jochmans 2015),
//! `3b - b_(½ of periods) - b_(½ of units)` with two (Fernández-Val and Weidner 2016). Errors are those of the information at the
//! corrected coefficients, with the effects estimated anew.

use nalgebra::DVector;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ascent::{Summit, climb};
use super::estimator::{Found, MaximumLikelihood};
use super::family::Family;
use super::halves;
use super::problem::Problem;
use super::sweep::Sweep;
use crate::design::{DenseFactor, DesignMatrix};
use crate::estimate::error::EstimateError;
use crate::estimate::record;
use crate::linalg::{cross_products, weighted_dot};
use crate::note::Note;

/// Rows per level of an effect below which the bias of choices is worth a note.
const FEW_ROWS: f64 = 30.0;

/// How incidental-parameter bias is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Correction {
    /// By the formula, with a spectral term up to so many lags where regressors react to earlier outcomes.
    Analytical {
        /// Lags; none for regressors that do not.
        lags: usize,
    },
    /// From halves of the panel.
    Jackknife,
}

impl Correction {
    /// The word for records: `analytical`, `jackknife`.
    pub fn name(self) -> &'static str {
        match self {
            Correction::Analytical { .. } => "analytical",
            Correction::Jackknife => "jackknife",
        }
    }
}

/// A correction that was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Corrected {
    /// `analytical` or `jackknife`.
    pub method: String,
    /// Lags of the spectral term.
    #[serde(default)]
    pub lags: usize,
    /// The coefficients before.
    pub before: Vec<UncorrectedTerm>,
}

/// A coefficient before its correction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UncorrectedTerm {
    /// The term.
    pub term: String,
    /// The maximum likelihood estimate.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub estimate: f64,
}

/// Why there is no correction.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CorrectionError {
    /// Nothing is absorbed.
    #[error(
        "`bias_correction` is of absorbed effects, and the model has none: leave it out, or absorb the effects (y ~ x | unit)"
    )]
    NoEffects,
    /// Another family.
    #[error("`bias_correction` is defined for logit, probit and cloglog; {method} has none")]
    Family {
        /// The method.
        method: String,
    },
    /// Effects with slopes.
    #[error(
        "`bias_correction` takes effects without slopes, and {effect} has some: leave the correction or the slopes out"
    )]
    Slopes {
        /// The effect.
        effect: String,
    },
    /// The jackknife with more than two effects.
    #[error(
        "the split-panel jackknife is defined for one or two absorbed effects, and the model has {effects}: use bias_correction = \"analytical\""
    )]
    TooManyEffects {
        /// How many.
        effects: usize,
    },
    /// A half of the panel has no estimate.
    #[error("the split-panel jackknife has no estimate in {half}: {reason}; use bias_correction = \"analytical\"")]
    Half {
        /// Which half.
        half: String,
        /// Why.
        reason: String,
    },
}

impl MaximumLikelihood {
    /// A note where effects of choices are estimated from few rows each.
    pub(super) fn incidental(&self, design: &DesignMatrix) -> Option<Note> {
        let is_choice = matches!(self.family, Family::Binomial(_)) && !self.fractional;
        let finest = design.absorbed.iter().max_by_key(|effect| effect.factor.n_levels).filter(|_| is_choice)?;
        let rows = design.n_rows() as f64 / finest.factor.n_levels as f64;
        (rows < FEW_ROWS).then(|| Note::IncidentalParameters { effect: finest.name.clone(), rows })
    }

    /// Whether the correction is defined.
    pub(super) fn check_correction(&self, design: &DesignMatrix) -> Result<(), CorrectionError> {
        let Some(correction) = self.correction else { return Ok(()) };
        if !matches!(self.family, Family::Binomial(_)) || self.fractional {
            return Err(CorrectionError::Family { method: self.name().to_string() });
        }
        if let Some(effect) = design.absorbed.iter().find(|effect| effect.slopes_only || !effect.slopes.is_empty()) {
            return Err(CorrectionError::Slopes { effect: effect.name.clone() });
        }
        match design.absorbed.len() {
            0 => Err(CorrectionError::NoEffects),
            effects if effects > 2 && correction == Correction::Jackknife => {
                Err(CorrectionError::TooManyEffects { effects })
            }
            _ => Ok(()),
        }
    }

    /// The maximum moved by the bias.
    pub(super) fn correct<'a>(
        &self,
        (design, problem, summit): (&'a DesignMatrix, Problem, Summit),
        correction: Correction,
        sweep: &'a mut Sweep,
    ) -> Result<(Found<'a>, Corrected), EstimateError> {
        let family = self.family;
        let shift = match correction {
            Correction::Analytical { lags } => shift(design, &summit, (family, lags), sweep),
            Correction::Jackknife => halves::jackknife(self, design, (&summit.kept, &summit.coefficients))?,
        };
        let name = |&j: &usize| design.regressors[j].name.clone();
        let before = summit.kept.iter().zip(summit.coefficients.iter());
        let corrected = Corrected {
            method: correction.name().to_string(),
            lags: if let Correction::Analytical { lags } = correction { lags } else { 0 },
            before: before.map(|(j, &estimate)| UncorrectedTerm { term: name(j), estimate }).collect(),
        };
        let summit = at(design, (&problem, summit), shift, sweep)?;
        Ok((Found { family, design, problem, sweep, summit }, corrected))
    }
}

/// Minus the estimated bias of the coefficients.
fn shift(design: &DesignMatrix, summit: &Summit, (family, lags): (Family, usize), sweep: &Sweep) -> DVector<f64> {
    let restore = |column: &Vec<f64>| sweep.restore(column.clone());
    let (index, information) = (restore(&summit.point.index), restore(&summit.point.weights));
    let residuals = restore(&summit.point.residuals);
    let net: Vec<Vec<f64>> = summit.net.par_iter().map(restore).collect();
    let bent: Vec<f64> = index.iter().zip(&information).map(|(&eta, w)| w * family.bend(eta)).collect();
    let scores: Vec<f64> = residuals.iter().zip(&information).map(|(r, w)| r * w).collect();
    let mut bias = DVector::zeros(net.len());
    for (k, effect) in design.absorbed.iter().enumerate() {
        let groups = Groups::of(&effect.factor, &information);
        for (j, x) in net.iter().enumerate() {
            bias[j] += 0.5 * groups.total(|row| bent[row] * x[row]);
            if k == 0 {
                bias[j] += groups.spectral(lags, |now, before| information[now] * x[now] * scores[before]);
            }
        }
    }
    &summit.inverse * bias
}

/// Rows by level, and the information of each level.
struct Groups {
    starts: Vec<usize>,
    rows: Vec<u32>,
    information: Vec<f64>,
}

impl Groups {
    fn of(factor: &DenseFactor, information: &[f64]) -> Groups {
        let (starts, rows) = factor.rows();
        let mut sums = vec![0.0; factor.n_levels];
        factor.codes.iter().zip(information).for_each(|(&code, w)| sums[code as usize] += w);
        Groups { starts, rows, information: sums }
    }

    /// `Σ_j (Σ_(i in j) f(i)) / (Σ_(i in j) ω)`.
    fn total(&self, f: impl Fn(usize) -> f64) -> f64 {
        let of = |j: usize| self.members(j).iter().map(|&row| f(row as usize)).sum::<f64>() / self.information[j];
        (0..self.information.len()).map(of).sum()
    }

    /// The spectral term of `f(row, the row so many lags before)`.
    fn spectral(&self, lags: usize, f: impl Fn(usize, usize) -> f64) -> f64 {
        let of = |j: usize| {
            let rows = self.members(j);
            let size = rows.len();
            let at = |lag: usize| {
                let sum: f64 = (lag..size).map(|t| f(rows[t] as usize, rows[t - lag] as usize)).sum();
                sum * size as f64 / (size - lag) as f64
            };
            (1..=lags.min(size.saturating_sub(1))).map(at).sum::<f64>() / self.information[j]
        };
        (0..self.information.len()).map(of).sum()
    }

    fn members(&self, j: usize) -> &[u32] {
        &self.rows[self.starts[j]..self.starts[j + 1]]
    }
}

/// The summit moved to other coefficients, with the effects that are best there.
fn at(
    design: &DesignMatrix,
    (problem, summit): (&Problem, Summit),
    shift: DVector<f64>,
    sweep: &mut Sweep,
) -> Result<Summit, EstimateError> {
    let coefficients = &summit.coefficients + shift;
    let raw: Vec<Vec<f64>> = summit.kept.iter().map(|&j| sweep.arrange(&design.regressors[j].values)).collect();
    let mut offset = problem.offset.clone().unwrap_or_else(|| vec![0.0; problem.outcome.len()]);
    for (x, b) in raw.iter().zip(coefficients.iter()) {
        offset.iter_mut().zip(x).for_each(|(o, x)| *o += b * x);
    }
    let given = Problem { offset: Some(offset), ..problem.clone() };
    let effects = climb(&given, sweep, Vec::new(), Some(summit.point.index)).map_err(|_| {
        EstimateError::LikelihoodNotConverged {
            method: problem.family.link().to_string(),
            iterations: 0,
            step: f64::NAN,
            way_out: "the effects have no maximum at the corrected coefficients: leave bias_correction out",
        }
    })?;
    let weights = &effects.point.weights;
    sweep.weigh(weights);
    let goals: Vec<f64> = raw.iter().map(|x| 1e-10 * weighted_dot(x, x, Some(weights)).sqrt()).collect();
    let mut net = raw;
    let mut views: Vec<&mut [f64]> = net.iter_mut().map(Vec::as_mut_slice).collect();
    sweep.sweep(&mut views, &goals)?;
    let views: Vec<&[f64]> = net.iter().map(Vec::as_slice).collect();
    let singular =
        || EstimateError::Singular { terms: summit.kept.iter().map(|&j| design.regressors[j].name.clone()).collect() };
    let inverse = cross_products(&views, Some(weights)).cholesky().ok_or_else(singular)?.inverse();
    Ok(Summit { point: effects.point, coefficients, net, inverse, ..summit })
}
