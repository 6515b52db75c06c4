//! From a design to an estimate with frailty.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::columns::Columns;
use super::quadrature::hermite;
use super::{Frailty, FrailtyError, FrailtyRecord, Level, Units, gamma, normal};
use crate::absorb::AbsorberCache;
use crate::design::DesignMatrix;
use crate::estimate::error::EstimateError;
use crate::estimate::estimator::{Estimate, Influence, LeastSquaresSums, Spread};
use crate::estimate::likelihood::estimator::{Found, MaximumLikelihood, check_degrees, explain};
use crate::estimate::likelihood::family::{Family, Link};
use crate::estimate::likelihood::record::Optimisation;
use crate::estimate::likelihood::sweep::Sweep;
use crate::linalg::sum;

/// Most dummies.
const MOST_LEVELS: usize = 400;

/// Most steps of Newton's method, and the gradient in the norm of the inverse information at which it ends.
const MOST: usize = 200;
const FLAT: f64 = 1e-9;

/// Spreads to start from, and the one that is as good as none.
const STARTS: [f64; 3] = [0.2, 0.7, 1.5];
const NO_SPREAD: f64 = 1e-3;

/// Fits the model.
pub(in super::super) fn fit(
    model: &MaximumLikelihood,
    frailty: Frailty,
    design: &DesignMatrix,
    (sweep, cache): (&mut Sweep, &AbsorberCache),
) -> Result<Estimate, EstimateError> {
    let unit = check(model, frailty, design)?;
    let (problem, summit) = model.maximise(design, sweep, None)?;
    let notes = explain(&summit, design, cache)?;
    let constant = problem.sum(&summit.point.index, |y, _| model.family.constant(y));
    let without = summit.point.log_likelihood + constant;
    let columns = Columns::of(design, &summit);
    let (starts, rows) = unit.1.rows();
    let units = Units {
        family: model.family,
        outcome: &design.outcome.values,
        columns: columns.by_row(design.n_rows()),
        offset: design.offset.as_ref().map(|offset| offset.values.as_slice()),
        starts,
        rows,
    };
    if frailty == Frailty::Gamma {
        let late = gamma::units_with_rows_after_exit(&units);
        if late > 0 {
            return Err(FrailtyError::RowsAfterExit { units: late }.into());
        }
    }
    let surface = Surface::of(&units, frailty);
    let start = columns.start(design, &summit, &sweep.restore(summit.point.index.clone()));
    let found = surface.climb(start, &unit.0)?;
    let mut estimate = Found { family: model.family, design, problem, sweep, summit }.estimate(notes);
    surface.finish(&mut estimate, &columns, design, found);
    if let Some(likelihood) = &mut estimate.likelihood {
        likelihood.log_likelihood += constant;
        likelihood.pseudo_r_squared =
            Some(1.0 - likelihood.log_likelihood / likelihood.null_log_likelihood).filter(|p| p.is_finite());
        likelihood.frailty = Some(FrailtyRecord {
            distribution: frailty.name().to_string(),
            unit: unit.0.clone(),
            units: units.n_units(),
            points: if let Frailty::Normal { points } = frailty { Some(points) } else { None },
            log_likelihood_without: without,
        });
    }
    check_degrees(estimate, design)
}

/// The unit, if the model can have frailty.
fn check<'a>(
    model: &MaximumLikelihood,
    frailty: Frailty,
    design: &'a DesignMatrix,
) -> Result<&'a (String, crate::design::DenseFactor), FrailtyError> {
    let fits = match frailty {
        Frailty::Normal { .. } => matches!(model.family, Family::Binomial(_)) && !model.fractional,
        Frailty::Gamma => model.family == Family::Binomial(Link::Cloglog) && !model.fractional,
    };
    if !fits {
        return Err(FrailtyError::Family { method: model.name().to_string() });
    }
    if design.weights.is_some() {
        return Err(FrailtyError::Weights);
    }
    if let Some(effect) = design.absorbed.iter().find(|effect| effect.slopes_only || !effect.slopes.is_empty()) {
        return Err(FrailtyError::Slopes { effect: effect.name.clone() });
    }
    let levels: usize = design.absorbed.iter().map(|effect| effect.factor.n_levels).sum();
    if levels > MOST_LEVELS {
        let names: Vec<&str> = design.absorbed.iter().map(|effect| effect.name.as_str()).collect();
        return Err(FrailtyError::TooManyLevels { effects: names.join(" + "), levels, most: MOST_LEVELS });
    }
    design.dependence.unit.as_ref().ok_or(FrailtyError::NoUnit)
}

/// The likelihood of coefficients and the log of the frailty's spread.
struct Surface<'a> {
    units: &'a Units<'a>,
    frailty: Frailty,
    rule: Vec<(f64, f64)>,
}

/// A maximum.
struct Top {
    at: DVector<f64>,
    level: Level,
    inverse: DMatrix<f64>,
    start: f64,
    iterations: usize,
    halvings: usize,
    gradient: f64,
}

impl<'a> Surface<'a> {
    fn of(units: &'a Units<'a>, frailty: Frailty) -> Surface<'a> {
        let rule = match frailty {
            Frailty::Normal { points } => hermite(usize::from(points)),
            Frailty::Gamma => Vec::new(),
        };
        Surface { units, frailty, rule }
    }

    fn level(&self, at: &DVector<f64>) -> Level {
        match self.frailty {
            Frailty::Normal { .. } => normal::level(self.units, at, &self.rule),
            Frailty::Gamma => gamma::level(self.units, at),
        }
    }

    /// Newton's method with halved steps; where the likelihood is not concave its second derivatives are bent until it is.
    fn climb(&self, coefficients: DVector<f64>, unit: &str) -> Result<Top, EstimateError> {
        let with = |spread: f64| {
            let at = coefficients.push(spread.ln());
            let level = self.level(&at);
            (at, level)
        };
        let first = with(STARTS[0]);
        let best = |best: (DVector<f64>, Level), next: (DVector<f64>, Level)| {
            if next.1.value > best.1.value { next } else { best }
        };
        let (mut at, mut level) = STARTS[1..].iter().map(|&spread| with(spread)).fold(first, best);
        let p = at.len();
        let (start, mut halvings, mut gradient) = (level.value, 0, f64::NAN);
        for iterations in 1..=MOST {
            let Some(inverse) = inverse_information(&level.hessian) else {
                return Err(FrailtyError::NotConverged { iterations, gradient }.into());
            };
            let mut step = &inverse * &level.gradient;
            gradient = level.gradient.dot(&step).max(0.0).sqrt();
            if at[p - 1].exp() < NO_SPREAD {
                return Err(FrailtyError::NoSpread { unit: unit.to_string() }.into());
            }
            if gradient <= FLAT {
                return Ok(Top { at, level, inverse, start, iterations, halvings, gradient });
            }
            // The log of the spread moves by no more than a factor of three.
            step *= (1.1 / step[p - 1].abs()).min(1.0);
            let mut moved = None;
            for _ in 0..40 {
                let next = &at + &step;
                let found = self.level(&next);
                if found.value >= level.value - 1e-12 * level.value.abs() {
                    moved = Some((next, found));
                    break;
                }
                halvings += 1;
                step *= 0.5;
            }
            let Some((next, found)) = moved else {
                return Err(FrailtyError::NotConverged { iterations, gradient }.into());
            };
            (at, level) = (next, found);
        }
        Err(FrailtyError::NotConverged { iterations: MOST, gradient }.into())
    }

    /// Puts the maximum in the place of that without frailty.
    fn finish(&self, estimate: &mut Estimate, columns: &Columns, design: &DesignMatrix, top: Top) {
        let (k, p) = (columns.reported.len(), top.at.len());
        let spread = top.at[p - 1].exp();
        // Of coefficients, and of the spread itself in place of its logarithm.
        let chosen: Vec<(usize, f64)> = (0..k).map(|j| (j, 1.0)).chain([(p - 1, spread)]).collect();
        let bread = DMatrix::from_fn(k + 1, p, |i, j| chosen[i].1 * top.inverse[(chosen[i].0, j)]);
        let inverse = DMatrix::from_fn(k + 1, k + 1, |i, j| bread[(i, chosen[j].0)] * chosen[j].1);
        let (scores, index) = match self.frailty {
            Frailty::Normal { .. } => {
                (normal::row_scores(self.units, &top.at, &self.rule), normal::fitted(self.units, &top.at, &self.rule))
            }
            Frailty::Gamma => (gamma::row_scores(self.units, &top.at), gamma::fitted(self.units, &top.at)),
        };
        estimate.terms.push(self.frailty.term().to_string());
        estimate.coefficients = DVector::from_fn(k + 1, |i, _| if i < k { top.at[i] } else { spread });
        estimate.sums = LeastSquaresSums { ..self.sums(&index, &estimate.sums) };
        estimate.spread = Spread::Influence(Influence {
            columns: scores.into_iter().map(Arc::new).collect(),
            residuals: vec![1.0; design.n_rows()].into(),
            bread,
            inverse,
        });
        if let Some(own) = &mut estimate.index {
            own.values = Arc::new(index);
            own.is_regression = false;
        }
        estimate.convergence.iterations = top.iterations;
        estimate.convergence.residual = top.gradient;
        estimate.convergence.coefficient_error = Some(top.gradient);
        if let Some(likelihood) = &mut estimate.likelihood {
            likelihood.log_likelihood = top.level.value;
            (likelihood.deviance, likelihood.dispersion, likelihood.n_ancillary) = (None, None, 1);
            likelihood.optimisation = optimisation(&top, self.frailty);
            estimate.convergence.solver = likelihood.optimisation.algorithm.clone();
        }
    }

    fn sums(&self, index: &[f64], before: &LeastSquaresSums) -> LeastSquaresSums {
        let family = self.units.family;
        let squares: Vec<f64> =
            self.units.outcome.iter().zip(index).map(|(y, &eta)| (y - family.mean(eta)).powi(2)).collect();
        let residual = sum(&squares);
        LeastSquaresSums { residual, residual_unweighted: residual, ..*before }
    }
}

fn optimisation(top: &Top, frailty: Frailty) -> Optimisation {
    let root = |j: usize| top.inverse[(j, j)].sqrt();
    let p = top.at.len();
    let scaled = DMatrix::from_fn(p, p, |i, j| top.inverse[(i, j)] / (root(i) * root(j)));
    let values = scaled.symmetric_eigenvalues();
    let by = match frailty {
        Frailty::Normal { points } => format!("adaptive Gauss-Hermite quadrature with {points} points"),
        Frailty::Gamma => "gamma frailty in closed form".to_string(),
    };
    Optimisation {
        algorithm: format!("Newton, {by}"),
        start: top.start,
        end: top.level.value,
        iterations: top.iterations,
        halvings: top.halvings,
        absorptions: 0,
        gradient_norm: top.gradient,
        condition_number: values.max() / values.min(),
    }
}

/// The inverse of minus the second derivatives, with a ridge where they are not those of a maximum.
fn inverse_information(hessian: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    let information = -hessian;
    let scale = (0..information.nrows()).map(|j| information[(j, j)].abs()).fold(0.0, f64::max);
    let mut ridge = 0.0;
    for _ in 0..30 {
        let mut bent = information.clone();
        (0..bent.nrows()).for_each(|j| bent[(j, j)] += ridge);
        if let Some(factor) = bent.cholesky() {
            return Some(factor.inverse());
        }
        ridge = (10.0 * ridge).max(1e-8 * scale.max(f64::MIN_POSITIVE));
    }
    None
}
