//! The points that a study predicts at, found before the model is estimated, and predictions as its results hold them.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use nalgebra::DVector;

use crate::absorb::AbsorberCache;
use crate::design::{DesignMatrix, ModelVariables};
use crate::estimate::ols::INTERCEPT;
use crate::estimate::{Estimate, EstimateError, Fit};
use crate::evaluate::counterfactual::{Counterfactual, Held};
use crate::formula::Effect;
use crate::infer::prediction::{EffectPoint, FittedValues, Predictor};
use crate::infer::record::PredictedPoint;
use crate::note::Note;
use crate::study::margins::point_in_words;
use crate::study::predict::PredictSpec;

use super::identified::identified;
use super::margins::{MarginContext, MarginFault, told};

/// A point of prediction: a value per term of the design, and the levels of the effects.
#[derive(Clone, Debug)]
pub(super) struct PlannedPoint {
    /// The values that the study gives.
    given: IndexMap<String, String>,
    /// By term of the design.
    x: DVector<f64>,
    effects: EffectPoint,
}

impl MarginContext<'_> {
    /// The points that a study predicts at; a fault comes with the position of its row.
    pub(super) fn points(
        &self,
        spec: &PredictSpec,
        variables: &ModelVariables,
    ) -> Result<Vec<PlannedPoint>, (usize, MarginFault)> {
        let point =
            |(k, row): (usize, &IndexMap<String, String>)| self.point(row, variables).map_err(|fault| (k, fault));
        spec.rows.iter().enumerate().map(point).collect()
    }

    fn point(&self, row: &IndexMap<String, String>, variables: &ModelVariables) -> Result<PlannedPoint, MarginFault> {
        let open: BTreeSet<String> = row.keys().cloned().collect();
        let parts = self.taken_apart(&open).map_err(|error| told("rows", &error))?;
        let absorbed = &self.model.formula.absorbed;
        let slopes: Vec<Counterfactual> =
            absorbed.iter().map(|effect| self.slopes_of(effect, &open)).collect::<Result<_, _>>()?;
        let in_effects = |name: &str| absorbed.iter().any(|effect| effect.factors.iter().any(|factor| factor == name));
        let is_used =
            |name: &&String| parts.has(name) || in_effects(name) || slopes.iter().any(|slopes| slopes.has(name));
        if let Some(name) = row.keys().find(|name| !is_used(name)) {
            return Err(MarginFault::unused("rows", name, "take it out of the row".into()));
        }
        let held = Held { values: row.clone(), at_means: true };
        let mut x = DVector::zeros(self.terms.len());
        if let Some(k) = self.terms.iter().position(|term| term == INTERCEPT) {
            x[k] = 1.0;
        }
        for term in 0..parts.n_terms() {
            for (name, column) in parts.columns(term, &held, None).map_err(|error| told("rows", &error))? {
                if let Some(k) = self.terms.iter().position(|known| *known == name) {
                    x[k] = column.values[0];
                }
            }
        }
        if let Some(k) = x.iter().position(|value| !value.is_finite()) {
            let message = format!("{} has no finite value at {}", self.terms[k], point_in_words(row));
            return Err(MarginFault::new("rows", message, Some("give values at which it is defined".into())));
        }
        let mut effects = EffectPoint::default();
        for (k, effect) in absorbed.iter().enumerate() {
            effects.codes.push(self.code(
                effect,
                row,
                (&self.design.absorbed[k].factor.origin, &variables.absorbed[k].factor.levels),
            )?);
            let mut values = Vec::new();
            for term in 0..slopes[k].n_terms() {
                let columns = slopes[k].columns(term, &held, None).map_err(|error| told("rows", &error))?;
                values.extend(columns.into_iter().map(|(_, column)| column.values[0]));
            }
            effects.slopes.push(values);
        }
        Ok(PlannedPoint { given: row.clone(), x, effects })
    }

    fn slopes_of(&self, effect: &Effect, open: &BTreeSet<String>) -> Result<Counterfactual, MarginFault> {
        let rows = (self.design.sample.rows.as_slice(), self.design.weight_values());
        Counterfactual::of(self.evaluator, (&effect.slopes, &self.model.formula_text), rows, open)
            .map_err(|error| told("rows", &error))
    }

    /// The code in the sample of the level that a row gives for an effect.
    fn code(
        &self,
        effect: &Effect,
        row: &IndexMap<String, String>,
        (origin, levels): (&[u32], &[String]),
    ) -> Result<u32, MarginFault> {
        let name = effect.name(&self.model.formula_text);
        let mut parts = Vec::new();
        for factor in &effect.factors {
            let Some(value) = row.get(factor) else {
                let message = format!("a row does not give `{factor}`, whose effect is absorbed");
                return Err(MarginFault::new("rows", message, Some(format!("add it to the row: {factor} = ..."))));
            };
            parts.push(value.as_str());
        }
        let wanted = parts.join("_");
        let number: Option<f64> = wanted.parse().ok();
        let is_it = |level: &String| *level == wanted || (number.is_some() && level.parse().ok() == number);
        let level = |code: &u32| levels.get(*code as usize);
        let found = origin.iter().position(|code| level(code).is_some_and(&is_it));
        found.map(|position| position as u32).ok_or_else(|| {
            let near = crate::study::nearest(&wanted, origin.iter().filter_map(level).map(String::as_str));
            let help = near.map(|near| format!("did you mean `{near}`?"));
            MarginFault::new("rows", format!("the effect {name} has no level {wanted} in the sample"), help)
        })
    }
}

/// What a model is asked to predict.
#[derive(Debug)]
pub(super) struct PlannedPredictions {
    pub(super) spec: PredictSpec,
    pub(super) points: Vec<PlannedPoint>,
}

impl PlannedPredictions {
    /// Adds predictions at points to the fit; returns the sample's fitted values where they are asked for.
    pub(super) fn answer(
        &self,
        fit: &mut Fit,
        (design, estimate, terms): (&DesignMatrix, &Estimate, &[String]),
        cache: &AbsorberCache,
    ) -> Result<Option<FittedValues>, EstimateError> {
        let predictor = Predictor::new(design, estimate, fit, (cache, self.spec.level))?;
        if !self.points.is_empty() {
            let at_points = predictor.at_points()?;
            for (k, point) in self.points.iter().enumerate() {
                let place = |term: &String| terms.iter().position(|known| known == term);
                let places = estimate.mean_terms().iter().filter_map(place);
                let x = DVector::from_vec(places.map(|k| point.x[k]).collect());
                let checked = identified((&point.x, true), terms, fit, design);
                let found = checked.and_then(|()| {
                    let other = "its levels are in different connected components of the effects, which do not compare";
                    at_points.predict(&x, &point.effects).ok_or_else(|| other.to_string())
                });
                match found {
                    Ok(found) => fit.inference.predictions.push(PredictedPoint {
                        row: k + 1,
                        at: point_in_words(&point.given),
                        level: self.spec.level,
                        fitted: found.fitted,
                        index: found.index,
                        std_error: found.std_error,
                        conf_low: found.confidence.0,
                        conf_high: found.confidence.1,
                        pred_low: found.prediction.0,
                        pred_high: found.prediction.1,
                        error_of: predictor.scope().name().to_string(),
                    }),
                    Err(reason) => fit.notes.push(Note::NotComputed {
                        what: "prediction".into(),
                        name: point_in_words(&point.given),
                        reason,
                    }),
                }
            }
        }
        Ok(self.spec.sample.then(|| predictor.sample()))
    }
}
