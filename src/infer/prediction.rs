//! [`Predictor`]: fitted values and predictions with their standard errors, absorbed effects included.
//!
//! A prediction at regressors `x` and levels `d` of the absorbed effects is `x'b + d'a`, and has the variance
//! `x̃'V x̃ + σ² d'(D'WD)⁻d`, where `x̃` are the regressors net of the effects at `d` and `V` the covariance of `b`. With
//! independent errors of equal variance the two parts are uncorrelated and the sum is what least squares with dummies
//! gives. With other errors the second part is not known in general: the standard error is that of `x̃'b` alone, given the
//! effects ([`ErrorScope::GivenEffects`]); without absorbed effects there is no such difference. The same holds where effects
//! have slopes or are too many for [`EffectLeverages`].
//!
//! A new observation adds the residual variance `σ²` (over its analytic weight), as if errors were alike and normal
//! whatever the errors of the model. Nothing is bootstrapped here.
//!
//! Of a likelihood all this is so of its index, under the weights of the last step and with `σ² = 1`. The mean follows from
//! the index with the error of the delta method; its interval is that of the index put through the mean, and so within the
//! range of the outcome. There is no interval of a new observation: its distribution is not normal.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::student::t_quantile;
use crate::absorb::{AbsorberCache, EffectLeverages, Effects, FixedEffects};
use crate::design::{DesignMatrix, WeightKind};
use crate::estimate::ols::INTERCEPT;
use crate::estimate::{Estimate, EstimateError, Fit, NotLinear, Spread, mean, recover_effects};

/// What a standard error of a prediction allows for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorScope {
    /// All estimates.
    Everything,
    /// The coefficients, with the absorbed effects as given.
    GivenEffects,
}

impl ErrorScope {
    /// The word of result files.
    pub fn name(self) -> &'static str {
        match self {
            ErrorScope::Everything => "all estimates",
            ErrorScope::GivenEffects => "coefficients, given the effects",
        }
    }
}

/// One prediction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// The predicted outcome; of a likelihood its mean.
    pub fitted: f64,
    /// The linear index, where the outcome is a function of one.
    pub index: Option<f64>,
    /// Its standard error.
    pub std_error: f64,
    /// The interval of the mean.
    pub confidence: (f64, f64),
    /// The interval of a new observation; not a number for a likelihood.
    pub prediction: (f64, f64),
}

/// The fitted values of a sample.
#[derive(Clone, Debug)]
pub struct FittedValues {
    /// Rows of the panel.
    pub rows: Arc<Vec<u32>>,
    /// The outcome.
    pub outcome: Arc<Vec<f64>>,
    /// The part of each fitted value (of each index, where there is one) that the absorbed effects make.
    pub effects: Option<Vec<f64>>,
    /// The predictions.
    pub predictions: Vec<Prediction>,
    /// What their errors allow for.
    pub scope: ErrorScope,
}

/// Absorbed effects at a point.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EffectPoint {
    /// A level per effect, by its code in the sample.
    pub codes: Vec<u32>,
    /// The values of each effect's slope variables.
    pub slopes: Vec<Vec<f64>>,
}

/// Predicts from one estimated model.
pub struct Predictor<'a> {
    design: &'a DesignMatrix,
    estimate: &'a Estimate,
    covariance: DMatrix<f64>,
    /// Fitted values of the linear part, one per row.
    linear: Vec<f64>,
    /// The absorbed effects under the weights of the (last) regression.
    effects: Option<Effects>,
    /// Error variance that the covariance rests on, where errors are independent and alike.
    variance_of_effects: f64,
    /// Residual variance.
    variance: f64,
    /// Half the width of an interval in standard errors.
    quantile: f64,
    /// The design's column of each term, net of the effects; the constant has none.
    net: Vec<Option<Arc<Vec<f64>>>>,
    leverages: Option<EffectLeverages>,
    scope: ErrorScope,
}

impl<'a> Predictor<'a> {
    /// Prepares predictions with intervals of a level.
    ///
    /// # Errors
    /// Those of absorbing the regressors, which the estimate has done before.
    pub fn new(
        design: &'a DesignMatrix,
        estimate: &'a Estimate,
        fit: &Fit,
        (cache, level): (&AbsorberCache, f64),
    ) -> Result<Predictor<'a>, EstimateError> {
        let columns: Vec<Option<&Arc<Vec<f64>>>> =
            estimate.mean_terms().iter().map(|term| column(design, term)).collect();
        let effects = Effects::of(design).map(|effects| match &estimate.index {
            Some(index) => Effects { weights: Some(Arc::clone(&index.weights)), ..effects },
            None => effects,
        });
        let net = match &effects {
            None => columns.into_iter().map(|column| column.cloned()).collect(),
            Some(effects) => {
                let views: Vec<&[f64]> = columns.iter().flatten().map(|column| column.as_slice()).collect();
                let absorbed = cache.absorb(&cache.absorber(effects)?, &views)?;
                absorbed.into_iter().map(|column| Some(column.values)).collect()
            }
        };
        let k = estimate.mean_terms().len();
        let covariance = DMatrix::from_fn(k, k, |i, j| fit.covariance[i][j]);
        let Spread::Influence(influence) = &estimate.spread else { return Err(NotLinear.into()) };
        let outcome = design.outcome.values.iter();
        let linear = match &estimate.index {
            Some(index) => index.values.to_vec(),
            None => outcome.zip(influence.residuals.iter()).map(|(y, e)| y - e).collect(),
        };
        let variance = match &estimate.index {
            Some(_) => 1.0,
            None => estimate.sums.residual / (design.n_obs() as f64 - estimate.n_parameters() as f64),
        };
        let alike = (fit.errors.kind == "iid").then(|| factor(&covariance, &influence.inverse, variance)).flatten();
        let leverages = effects.as_ref().filter(|_| alike.is_some()).and_then(EffectLeverages::of);
        let is_whole = effects.is_none() || leverages.is_some();
        Ok(Predictor {
            covariance,
            variance_of_effects: alike.unwrap_or(variance),
            variance,
            quantile: t_quantile((1.0 + level) / 2.0, fit.errors.factors.df),
            scope: if is_whole { ErrorScope::Everything } else { ErrorScope::GivenEffects },
            design,
            estimate,
            linear,
            effects,
            net,
            leverages,
        })
    }

    /// What the standard errors allow for.
    pub fn scope(&self) -> ErrorScope {
        self.scope
    }

    /// The fitted values of the sample.
    pub fn sample(&self) -> FittedValues {
        let outcome = &self.design.outcome.values;
        let weights = self.design.weights.as_ref().filter(|weights| weights.kind == WeightKind::Analytic);
        let codes: Vec<&[u32]> = self.design.absorbed.iter().map(|term| term.factor.codes.as_slice()).collect();
        let predict = |row: usize| {
            let x = DVector::from_iterator(self.net.len(), self.net.iter().map(|c| c.as_ref().map_or(1.0, |c| c[row])));
            let levels: Vec<u32> = codes.iter().map(|codes| codes[row]).collect();
            let weight = weights.map_or(1.0, |weights| weights.values[row]);
            self.prediction(self.linear[row], &x, (&levels, weight))
        };
        let predictions: Vec<Prediction> = (0..outcome.len()).into_par_iter().map(predict).collect();
        let effects = (!codes.is_empty()).then(|| {
            let mut rest = self.linear.clone();
            if let Some(offset) = &self.design.offset {
                rest.iter_mut().zip(offset.values.iter()).for_each(|(rest, offset)| *rest -= offset);
            }
            for (term, b) in self.estimate.mean_terms().iter().zip(self.estimate.coefficients.iter()) {
                let column = column(self.design, term).into_iter().flat_map(|column| column.iter());
                rest.iter_mut().zip(column).for_each(|(rest, x)| *rest -= b * x);
            }
            rest
        });
        FittedValues {
            rows: Arc::clone(&self.design.sample.rows),
            outcome: Arc::clone(outcome),
            effects,
            predictions,
            scope: self.scope,
        }
    }

    /// Prepares predictions at points other than those of the sample.
    ///
    /// # Errors
    /// Effects that cannot be told apart to the tolerance.
    pub fn at_points(&self) -> Result<PointPredictor<'_, 'a>, EstimateError> {
        let mut means = Vec::new();
        if let Some(effects) = &self.effects {
            for (term, net) in self.estimate.mean_terms().iter().zip(&self.net) {
                let (Some(whole), Some(net)) = (column(self.design, term), net) else { continue };
                let explained: Vec<f64> = whole.iter().zip(net.iter()).map(|(x, rest)| x - rest).collect();
                means.push(FixedEffects::recover(effects, &explained)?);
            }
        }
        let offset =
            self.design.offset.as_ref().map_or(0.0, |offset| mean(&offset.values, self.design.weight_values()));
        Ok(PointPredictor { predictor: self, effects: recover_effects(self.design, self.estimate)?, means, offset })
    }

    fn prediction(&self, linear: f64, net: &DVector<f64>, (codes, weight): (&[u32], f64)) -> Prediction {
        let of_effects =
            self.leverages.as_ref().map_or(0.0, |leverages| leverages.at(codes) * self.variance_of_effects);
        let variance = net.dot(&(&self.covariance * net)).max(0.0) + of_effects;
        let q = self.quantile;
        let around = |half: f64| (linear - half, linear + half);
        if let Some(index) = &self.estimate.index {
            let family = index.family;
            let (low, high) = around(q * variance.sqrt());
            return Prediction {
                fitted: family.mean(linear),
                index: Some(linear),
                std_error: family.slope(linear) * variance.sqrt(),
                confidence: (family.mean(low), family.mean(high)),
                prediction: (f64::NAN, f64::NAN),
            };
        }
        Prediction {
            fitted: linear,
            index: None,
            std_error: variance.sqrt(),
            confidence: around(q * variance.sqrt()),
            prediction: around(q * (variance + self.variance / weight).sqrt()),
        }
    }
}

/// Predicts at given points.
pub struct PointPredictor<'p, 'a> {
    predictor: &'p Predictor<'a>,
    effects: Option<FixedEffects>,
    /// What the effects explain of each regressor.
    means: Vec<FixedEffects>,
    /// Mean of the offset.
    offset: f64,
}

impl PointPredictor<'_, '_> {
    /// The prediction at values of the estimated terms and levels of the effects, an offset at its mean; `None` where levels lie in different
    /// connected components of the first two effects, so that their sum is not identified.
    pub fn predict(&self, x: &DVector<f64>, point: &EffectPoint) -> Option<Prediction> {
        let b = self.predictor.estimate.coefficients.rows(0, x.len());
        let Some(effects) = &self.effects else {
            return Some(self.predictor.prediction(x.dot(&b) + self.offset, x, (&[], 1.0)));
        };
        let found = effects.effects.iter().zip(&point.codes);
        let mut components =
            found.filter_map(|(effect, &code)| effect.components.as_ref().map(|components| components[code as usize]));
        if let (Some(first), Some(second)) = (components.next(), components.next())
            && first != second
        {
            return None;
        }
        let net = DVector::from_iterator(x.len(), x.iter().zip(&self.means).map(|(x, mean)| x - sum_at(mean, point)));
        let linear = x.dot(&b) + sum_at(effects, point) + self.offset;
        Some(self.predictor.prediction(linear, &net, (&point.codes, 1.0)))
    }
}

/// The error variance that makes a covariance of the inverse of the cross products, with whatever factors the errors
/// have; `None` where it is no multiple of it (weights of GMM).
fn factor(covariance: &DMatrix<f64>, inverse: &DMatrix<f64>, variance: f64) -> Option<f64> {
    if covariance.is_empty() {
        return Some(variance);
    }
    let factor = covariance[(0, 0)] / inverse[(0, 0)];
    let scale = |i: usize| covariance[(i, i)].sqrt();
    let gap = |i: usize, j: usize| (covariance[(i, j)] - factor * inverse[(i, j)]).abs() / (scale(i) * scale(j));
    let k = covariance.nrows();
    (0..k).all(|i| (0..k).all(|j| gap(i, j) < 1e-6)).then_some(factor)
}

/// The sum of effects at a point.
fn sum_at(found: &FixedEffects, point: &EffectPoint) -> f64 {
    let one = |(k, effect): (usize, &crate::absorb::EffectEstimates)| {
        let code = point.codes[k] as usize;
        let slopes = effect.slopes.iter().zip(point.slopes.get(k).into_iter().flatten());
        effect.intercepts.get(code).copied().unwrap_or(0.0) + slopes.map(|(by, x)| by[code] * x).sum::<f64>()
    };
    found.effects.iter().enumerate().map(one).sum()
}

/// The column of a term in a design; none for the constant.
pub(crate) fn column<'d>(design: &'d DesignMatrix, term: &str) -> Option<&'d Arc<Vec<f64>>> {
    if term == INTERCEPT {
        return None;
    }
    let mut variables = design.endogenous.iter().chain(&design.regressors);
    variables.find(|variable| variable.name == term).map(|variable| &variable.values)
}
