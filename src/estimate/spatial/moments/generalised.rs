//! Coefficients and the parameter of a spatial error in turn: residuals, lambda, filtered columns, residuals, lambda.
//!
//! Kelejian and Prucha (1998, 1999), whose lambda has no standard error; Arraiz, Drukker, Kelejian and Prucha (2010) under
//! unequal variances and Drukker, Egger and Prucha (2013) under equal ones, with the joint covariance of coefficients and lambda;
//! Kapoor, Kelejian and Prucha (2007) with random effects.

use nalgebra::{DMatrix, DVector};

use super::super::super::error::EstimateError;
use super::super::super::estimator::{Estimate, LeastSquaresSums, Spread};
use super::super::super::finish::{coefficient, finish};
use super::super::super::fit::{Convergence, Fit};
use super::super::super::ols::INTERCEPT;
use super::super::super::request::ModelRequest;
use super::super::error::SpatialError;
use super::super::layout::SpatialLayout;
use super::super::maximum_likelihood::{LAMBDA, PHI};
use super::super::request::{EffectsRule, ErrorMoments, MomentOptions, RandomMoments, SpatialRequest};
use super::error_moments::{MomentMatrices, kelejian_prucha};
use super::kapoor_kelejian_prucha::components;
use super::quadratic::Quadratic;
use crate::design::DesignMatrix;
use crate::linalg::{cross_products, dot, solve_least_squares, squares_about, sum};
use crate::vcov::{Errors, RawCovariance};

/// Estimates a model with a spatial error on a design with its lags; with the variance of its errors.
pub(super) fn fit(
    request: &ModelRequest,
    design: &DesignMatrix,
    (spatial, options): (&SpatialRequest, &MomentOptions),
) -> Result<(Fit, Option<f64>), EstimateError> {
    let is_random = matches!(spatial.effects, EffectsRule::Random(_));
    check(design, is_random)?;
    let columns = Columns::of(design);
    let found = if is_random {
        columns.with_random_effects(&spatial.layout, options.random)?
    } else {
        columns.estimate(&spatial.layout, options.error)?
    };
    let kind = if is_random { ErrorMoments::KelejianPrucha } else { options.error };
    let request = ModelRequest { errors: Errors::Iid, ..request.clone() };
    let estimate = found.estimate(design, &columns);
    let raw = RawCovariance::of(&request.errors, design, &estimate)?;
    let mut fit = finish(&request, design, &estimate, raw.with(&request.dialect.small_sample()));
    for (i, row) in fit.coefficients.iter_mut().enumerate() {
        let variance = found.covariance[(i, i)];
        *row = coefficient(&row.term, row.estimate, variance.sqrt(), f64::INFINITY);
    }
    fit.covariance = found.covariance.row_iter().map(|row| row.iter().copied().collect()).collect();
    fit.tests.clear();
    (fit.statistics.f_statistic, fit.statistics.f_p_value) = (None, None);
    (fit.statistics.log_likelihood, fit.statistics.aic, fit.statistics.bic) = (None, None, None);
    fit.errors.kind = kind.record().into();
    fit.errors.factors.df = f64::INFINITY;
    Ok((fit, Some(found.variance)))
}

fn check(design: &DesignMatrix, is_random: bool) -> Result<(), SpatialError> {
    let what = match (design.absorbed.first(), &design.weights) {
        _ if is_random && !design.endogenous.is_empty() => {
            "the moments of random effects have exogenous regressors only, and no lag of the outcome: use method = \"spatial-error\" or \"spatial-durbin-error\", or estimator = \"likelihood\"".to_string()
        }
        (Some(effect), _) => format!(
            "the moments of a spatial error are those of errors in levels, and the effect {} is taken out: write it as dummies, i({}), or use estimator = \"likelihood\"",
            effect.name, effect.name
        ),
        (None, Some(_)) => "a spatial error has no observation weights: take them out".to_string(),
        (None, None) => return Ok(()),
    };
    Err(SpatialError::Effects { what })
}

/// Columns in levels.
struct Columns<'a> {
    terms: Vec<String>,
    y: &'a [f64],
    z: Vec<Vec<f64>>,
    /// Exogenous regressors and instruments; none if nothing is endogenous.
    h: Vec<Vec<f64>>,
}

/// Filtered columns at one lambda, and the coefficients that they give.
struct Filtered {
    coefficients: DVector<f64>,
    z: Vec<Vec<f64>>,
    /// `n` times the fitted columns times the inverse of their products: scores of rows per unit of error.
    scores: Vec<Vec<f64>>,
    inverse: DMatrix<f64>,
    /// Of the filtered equation.
    residuals: Vec<f64>,
}

/// The whole.
struct Found {
    coefficients: DVector<f64>,
    lambda: f64,
    /// Of random effects.
    phi: Option<f64>,
    covariance: DMatrix<f64>,
    variance: f64,
    /// Residuals in levels.
    u: Vec<f64>,
}

impl<'a> Columns<'a> {
    fn of(design: &'a DesignMatrix) -> Columns<'a> {
        let constant = design.intercept.then(|| (INTERCEPT.to_string(), vec![1.0; design.n_rows()]));
        let exogenous: Vec<(String, Vec<f64>)> =
            constant.into_iter().chain(design.regressors.iter().map(|x| (x.name.clone(), x.values.to_vec()))).collect();
        let endogenous = design.endogenous.iter().map(|x| (x.name.clone(), x.values.to_vec()));
        let instruments = design.instruments.iter().map(|x| x.values.to_vec());
        let h = if design.endogenous.is_empty() {
            Vec::new()
        } else {
            exogenous.iter().map(|(_, values)| values.clone()).chain(instruments).collect()
        };
        let (terms, z) = exogenous.into_iter().chain(endogenous).unzip();
        Columns { terms, y: &design.outcome.values, z, h }
    }

    fn estimate(&self, layout: &SpatialLayout, kind: ErrorMoments) -> Result<Found, SpatialError> {
        let first = self.residuals(&self.filtered(layout, 0.0)?.coefficients);
        let matrices = MomentMatrices::of(layout, kind);
        if kind == ErrorMoments::KelejianPrucha {
            let lambda = solution(&kelejian_prucha(&first, layout), matrices.bound)?;
            return self.with_known(layout, lambda);
        }
        let start = solution(&matrices.moments(&first), matrices.bound)?;
        let at = self.filtered(layout, start)?;
        let u = self.residuals(&at.coefficients);
        let moments = matrices.moments(&u);
        let e = filter(&u, layout, start);
        let psi = matrices.covariance(&e, self.adjustment(&matrices, &at, &e).as_ref());
        let lambda = solution(&weighted(&moments, &psi)?, matrices.bound)?;
        let e = filter(&u, layout, lambda);
        let covariance = self.covariance(&matrices, (&moments, lambda), (&self.filtered(layout, lambda)?, &e))?;
        let variance = dot(&e, &e) / e.len() as f64;
        Ok(Found { coefficients: at.coefficients, lambda, phi: None, covariance, variance, u })
    }

    /// Coefficients as if lambda were known, without an error of its own (Kelejian and Prucha 1998, section 3).
    fn with_known(&self, layout: &SpatialLayout, lambda: f64) -> Result<Found, SpatialError> {
        let at = self.filtered(layout, lambda)?;
        let u = self.residuals(&at.coefficients);
        let (covariance, variance) = of_coefficients(&at.residuals, &at.inverse, 1);
        Ok(Found { coefficients: at.coefficients, lambda, phi: None, covariance, variance, u })
    }

    /// Generalised least squares with the components of Kapoor, Kelejian and Prucha (2007, section 4).
    fn with_random_effects(&self, layout: &SpatialLayout, weights: RandomMoments) -> Result<Found, SpatialError> {
        if !layout.is_balanced() || layout.blocks.len() < 2 {
            return Err(SpatialError::unbalanced_random_effects());
        }
        let collinear = || SpatialError::Collinear { terms: self.terms.clone() };
        let least_squares = |columns: &[Vec<f64>], y: &[f64]| solve_least_squares(&views(columns), y, None);
        let pooled = least_squares(&self.z, self.y).ok_or_else(collinear)?;
        let found = components(&pooled.residuals, layout, weights)?;
        let phi = found.phi(layout.blocks.len());
        if phi <= 0.0 {
            return Err(SpatialError::NoRandomEffects);
        }
        let changed = |column: &[f64]| found.shrunk(&filter(column, layout, found.lambda), layout);
        let z: Vec<Vec<f64>> = self.z.iter().map(|column| changed(column)).collect();
        let solved = least_squares(&z, &changed(self.y)).ok_or_else(collinear)?;
        let (covariance, _) = of_coefficients(&solved.residuals, &solved.inverse, 2);
        let u = self.residuals(&solved.coefficients);
        let (lambda, variance) = (found.lambda, found.within);
        Ok(Found { coefficients: solved.coefficients, lambda, phi: Some(phi), covariance, variance, u })
    }

    /// Least squares, or two-stage least squares with unfiltered instruments, of columns filtered by `I - lambda W`.
    fn filtered(&self, layout: &SpatialLayout, lambda: f64) -> Result<Filtered, SpatialError> {
        let collinear = || SpatialError::Collinear { terms: self.terms.clone() };
        let y = filter(self.y, layout, lambda);
        let z: Vec<Vec<f64>> = self.z.iter().map(|column| filter(column, layout, lambda)).collect();
        let fitted: Vec<Vec<f64>> = if self.h.is_empty() {
            z.clone()
        } else {
            let h = views(&self.h);
            let on_instruments = |column: &Vec<f64>| {
                let left = solve_least_squares(&h, column, None)?.residuals;
                Some(column.iter().zip(left).map(|(value, left)| value - left).collect())
            };
            z.iter().map(on_instruments).collect::<Option<_>>().ok_or_else(collinear)?
        };
        let solved = solve_least_squares(&views(&fitted), &y, None).ok_or_else(collinear)?;
        let (b, inverse) = (solved.coefficients, solved.inverse);
        let n = y.len() as f64;
        let residuals = less(&y, &z, &b);
        let scores = (0..z.len()).map(|k| combined(&fitted, |j| n * inverse[(j, k)])).collect();
        Ok(Filtered { coefficients: b, z, scores, inverse, residuals })
    }

    /// Residuals in levels.
    fn residuals(&self, b: &DVector<f64>) -> Vec<f64> {
        less(self.y, &self.z, b)
    }

    /// What the estimated coefficients of endogenous regressors add to the moments, per row; nothing if none is endogenous.
    fn adjustment(&self, matrices: &MomentMatrices<'_>, at: &Filtered, e: &[f64]) -> Option<[Vec<f64>; 2]> {
        (!self.h.is_empty()).then(|| matrices.slopes(&at.z, e).map(|slope| combined(&at.scores, |k| slope[k])))
    }

    /// The joint covariance of coefficients and lambda.
    fn covariance(
        &self,
        matrices: &MomentMatrices<'_>,
        (moments, lambda): (&Quadratic, f64),
        (at, e): (&Filtered, &[f64]),
    ) -> Result<DMatrix<f64>, SpatialError> {
        let (n, k) = (e.len() as f64, self.z.len());
        let a = self.adjustment(matrices, at, e);
        let psi = matrices.covariance(e, a.as_ref());
        let inverse = psi.try_inverse().ok_or(SpatialError::Moments)?;
        let slope = &moments.linear + &moments.square * (2.0 * lambda);
        let weighted = &inverse * &slope;
        let of_lambda = 1.0 / slope.dot(&weighted);
        let variances = matrices.variances(e);
        let scores = views(&at.scores);
        let of_coefficients = cross_products(&scores, Some(&variances)) / n;
        // Without endogenous regressors the instruments are the regressors in levels (Drukker et al. 2013).
        let raw = if self.h.is_empty() {
            let n_inverse = |k: usize| combined(&self.z, |j| n * at.inverse[(j, k)]);
            (0..k).map(n_inverse).collect()
        } else {
            at.scores.clone()
        };
        let joint = matrices.with_scores(e, (&at.scores, &raw), a.as_ref()) * &weighted * of_lambda;
        let mut out = DMatrix::zeros(k + 1, k + 1);
        out.view_mut((0, 0), (k, k)).copy_from(&of_coefficients);
        out.view_mut((0, k), (k, 1)).copy_from(&joint);
        out.view_mut((k, 0), (1, k)).copy_from(&joint.transpose());
        out[(k, k)] = of_lambda;
        Ok(out / n)
    }
}

impl Found {
    fn estimate(&self, design: &DesignMatrix, columns: &Columns<'_>) -> Estimate {
        let y = &design.outcome.values;
        let mean = sum(y) / y.len() as f64;
        let residual = dot(&self.u, &self.u);
        let phi = self.phi.map(|_| PHI);
        Estimate {
            terms: columns.terms.iter().map(String::as_str).chain([LAMBDA]).chain(phi).map(String::from).collect(),
            coefficients: self.phi.iter().fold(self.coefficients.push(self.lambda), |all, phi| all.push(*phi)),
            spread: Spread::Covariance(self.covariance.clone()),
            sums: LeastSquaresSums {
                residual,
                residual_unweighted: residual,
                total: squares_about(y, if design.intercept { mean } else { 0.0 }, None),
                within: None,
                weight: y.len() as f64,
                outcome_mean: mean,
                centred: design.intercept,
            },
            likelihood: None,
            index: None,
            absorbed: None,
            convergence: Convergence::closed(),
            notes: Vec::new(),
        }
    }
}

/// The covariance of coefficients of least squares with rows for `more` parameters that have no error of their own; and the variance.
fn of_coefficients(residuals: &[f64], inverse: &DMatrix<f64>, more: usize) -> (DMatrix<f64>, f64) {
    let k = inverse.nrows();
    let variance = dot(residuals, residuals) / (residuals.len() - k) as f64;
    let mut covariance = DMatrix::zeros(k + more, k + more);
    covariance.view_mut((0, 0), (k, k)).copy_from(&(inverse * variance));
    (k..k + more).for_each(|at| covariance[(at, at)] = f64::NAN);
    (covariance, variance)
}

fn solution(of: &Quadratic, bound: f64) -> Result<f64, SpatialError> {
    of.minimum(bound).ok_or(SpatialError::Moments)
}

/// Moments weighted by the inverse of their covariance.
fn weighted(of: &Quadratic, psi: &DMatrix<f64>) -> Result<Quadratic, SpatialError> {
    let inverse = psi.clone().try_inverse().ok_or(SpatialError::Moments)?;
    let turn = inverse.cholesky().ok_or(SpatialError::Moments)?.l().transpose();
    Ok(Quadratic { constant: &turn * &of.constant, linear: &turn * &of.linear, square: &turn * &of.square })
}

/// `(I - lambda W) column`.
fn filter(column: &[f64], layout: &SpatialLayout, lambda: f64) -> Vec<f64> {
    column.iter().zip(layout.lag(column)).map(|(value, lag)| value - lambda * lag).collect()
}

/// `y - columns b`.
fn less(y: &[f64], columns: &[Vec<f64>], b: &DVector<f64>) -> Vec<f64> {
    let fitted = combined(columns, |j| b[j]);
    y.iter().zip(fitted).map(|(y, fitted)| y - fitted).collect()
}

/// The sum of columns times numbers.
fn combined(columns: &[Vec<f64>], by: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut out = vec![0.0; columns.first().map_or(0, Vec::len)];
    for (j, column) in columns.iter().enumerate() {
        let by = by(j);
        out.iter_mut().zip(column).for_each(|(sum, value)| *sum += by * value);
    }
    out
}

fn views(columns: &[Vec<f64>]) -> Vec<&[f64]> {
    columns.iter().map(Vec::as_slice).collect()
}
