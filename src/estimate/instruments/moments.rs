//! [`Moments`]: the moments `Z'W(y - Xb)` of a model, their covariance, and their weighted minimum.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::columns::InstrumentedColumns;
use super::kclass::invert;
use crate::absorb::AbsorbedDegrees;
use crate::design::{DesignMatrix, WeightKind};
use crate::estimate::ols::INTERCEPT;
use crate::estimate::{Convergence, Estimate, Influence, LeastSquaresSums, Spread};
use crate::linalg::least_squares::residual;
use crate::linalg::{cross_products, weighted_dot};
use crate::vcov::{CovarianceError, Errors, SmallSample, covariance};

/// Smallest squared pivot of a covariance of moments, scaled to a unit diagonal.
pub(crate) const SINGULAR: f64 = 1e-12;

/// No factor for N, K or G: moments are weighted by their plain sums.
pub(crate) const PLAIN: SmallSample = SmallSample::PLAIN;

/// What [`crate::vcov::covariance`] multiplies plain sums with even when no factor is asked for, inverted.
pub(crate) fn unadjusted(errors: &Errors, n: usize) -> f64 {
    match errors {
        Errors::Iid | Errors::Hc1 => (n as f64 - 1.0) / n as f64,
        _ => 1.0,
    }
}

/// Working columns of a model for GMM: the constant, if there is one, is a regressor and an instrument.
#[derive(Clone, Debug)]
pub struct Moments {
    /// Names of the instruments: constant, exogenous regressors, excluded instruments.
    pub names: Vec<String>,
    /// The instruments.
    pub instruments: Vec<Arc<Vec<f64>>>,
    /// The regressors: constant, endogenous, exogenous.
    pub regressors: Vec<Arc<Vec<f64>>>,
    /// The outcome, centred if there is a constant.
    pub outcome: Arc<Vec<f64>>,
    /// `Z'WZ`.
    pub gram: DMatrix<f64>,
    /// `Z'WX`, instruments x regressors.
    pub cross: DMatrix<f64>,
    /// `Z'Wy`.
    pub against: DVector<f64>,
}

/// The minimum of `g(b)'A g(b)`.
#[derive(Clone, Debug)]
pub struct Minimum {
    /// The coefficients at which it is.
    pub coefficients: DVector<f64>,
    /// The minimum.
    pub value: f64,
    /// `(X'ZAZ'X)^-1 X'ZA`: from moments to coefficients.
    pub bread: DMatrix<f64>,
}

impl Moments {
    /// Gathers the columns and their products.
    pub fn of(design: &DesignMatrix, columns: &InstrumentedColumns) -> Moments {
        let constant = design.intercept.then(|| (INTERCEPT.to_string(), Arc::new(vec![1.0; design.n_rows()])));
        let named = |c: &super::WorkingColumn| (c.name.clone(), Arc::clone(&c.values));
        let instruments: Vec<(String, Arc<Vec<f64>>)> = (constant.clone().into_iter())
            .chain(columns.exogenous.iter().chain(&columns.instruments).map(named))
            .collect();
        let regressors: Vec<Arc<Vec<f64>>> = (constant.into_iter())
            .chain(columns.endogenous.iter().chain(&columns.exogenous).map(named))
            .map(|(_, values)| values)
            .collect();
        let (names, instruments): (Vec<_>, Vec<_>) = instruments.into_iter().unzip();
        let (l, k) = (instruments.len(), regressors.len());
        let outcome = Arc::clone(&columns.working.outcome.values);
        let all: Vec<&[f64]> =
            instruments.iter().chain(&regressors).chain([&outcome]).map(|column| column.as_slice()).collect();
        let products = cross_products(&all, design.weight_values());
        Moments {
            gram: products.view((0, 0), (l, l)).into_owned(),
            cross: products.view((0, l), (l, k)).into_owned(),
            against: products.view((0, l + k), (l, 1)).column(0).into_owned(),
            names,
            instruments,
            regressors,
            outcome,
        }
    }

    /// Moments less coefficients.
    pub fn overidentified_by(&self) -> usize {
        self.instruments.len() - self.regressors.len()
    }

    /// `y - Xb`.
    pub fn residuals(&self, coefficients: &DVector<f64>) -> Vec<f64> {
        let columns: Vec<&[f64]> = self.regressors.iter().map(|column| column.as_slice()).collect();
        residual(&columns, &self.outcome, coefficients)
    }

    /// The covariance of `Z'We` under some errors, without factors for N, K or G.
    ///
    /// # Errors
    /// Those of [`covariance`].
    pub fn covariance(
        &self,
        design: &DesignMatrix,
        errors: &Errors,
        residuals: Vec<f64>,
    ) -> Result<DMatrix<f64>, CovarianceError> {
        score_covariance(design, errors, (&self.instruments, &self.gram), residuals)
    }

    /// Minimises `g'Ag` over the moments at some positions (all if `positions` is `None`), given `A^-1` of all moments;
    /// `None` if that or the model is singular.
    pub fn minimise(&self, inverse_weight: &DMatrix<f64>, positions: Option<&[usize]>) -> Option<Minimum> {
        let all: Vec<usize> = (0..self.instruments.len()).collect();
        let rows = positions.unwrap_or(&all);
        let pick = |m: &DMatrix<f64>| m.select_rows(rows);
        let weight = invert(&pick(inverse_weight).select_columns(rows), SINGULAR)?;
        let (cross, against) = (pick(&self.cross), self.against.select_rows(rows));
        let left = cross.transpose() * &weight;
        let bread = invert(&(&left * &cross), SINGULAR)? * left;
        let coefficients = &bread * &against;
        let gap = against - cross * &coefficients;
        Some(Minimum { value: gap.dot(&(weight * &gap)), coefficients, bread })
    }
}

/// The covariance of `C'We` for columns `C` with cross products `gram` under some errors, without factors.
///
/// # Errors
/// Those of [`covariance`].
pub(crate) fn score_covariance(
    design: &DesignMatrix,
    errors: &Errors,
    (columns, gram): (&[Arc<Vec<f64>>], &DMatrix<f64>),
    residuals: Vec<f64>,
) -> Result<DMatrix<f64>, CovarianceError> {
    let errors = &errors.of_moments();
    let k = columns.len();
    let plain = Estimate {
        terms: vec![String::new(); k],
        coefficients: DVector::zeros(k),
        sums: sums_of(design, &residuals),
        spread: Spread::Influence(Influence {
            columns: columns.to_vec(),
            residuals: residuals.into(),
            bread: DMatrix::identity(k, k),
            inverse: gram.clone(),
        }),
        likelihood: None,
        index: None,
        absorbed: None::<AbsorbedDegrees>,
        convergence: Convergence::closed(),
        notes: Vec::new(),
    };
    Ok(covariance(errors, &PLAIN, design, &plain)?.matrix * unadjusted(errors, design.n_obs()))
}

/// Sums of squares of residuals, with nothing said of an outcome.
pub(crate) fn sums_of(design: &DesignMatrix, residuals: &[f64]) -> LeastSquaresSums {
    let weights = design.weight_values();
    let repeats = design.weights.as_ref().filter(|w| w.kind == WeightKind::Frequency).map(|w| w.values.as_slice());
    LeastSquaresSums {
        residual: weighted_dot(residuals, residuals, weights),
        residual_unweighted: weighted_dot(residuals, residuals, repeats),
        total: f64::NAN,
        within: None,
        weight: weights.map_or(residuals.len() as f64, crate::linalg::sum),
        outcome_mean: 0.0,
        centred: false,
    }
}
