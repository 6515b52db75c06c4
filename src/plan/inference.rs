//! What a study asks of a model's coefficients: read against the terms of its design, before anything is estimated, and
//! answered by its fit.

use crate::design::{DesignMatrix, ModelVariables};
use crate::estimate::Fit;
use crate::estimate::ols::INTERCEPT;
use crate::evaluate::Evaluator;
use crate::infer::bands::critical_value;
use crate::infer::coefficients::CoefficientEstimates;
use crate::infer::hypothesis::{CoefficientExpression, Delta, Hypothesis};
use crate::infer::record::{Band, BandsRecord, Inferred, Margin};
use crate::monte::streams::Streams;
use crate::note::Note;
use crate::study::Study;
use crate::study::inference::BandsSpec;

use super::execute::RunError;
use super::expand::PlannedModel;
use super::identified::identified;
use super::margins::{MarginContext, PlannedMargin};
use super::predictions::PlannedPredictions;
use super::reader::Reader;
use super::response::Responding;

/// The questions of one model, read.
#[derive(Debug)]
pub(super) struct Questions {
    /// The terms of the design in the order that positions refer to.
    terms: Vec<String>,
    tests: Vec<Hypothesis>,
    combinations: Vec<(String, CoefficientExpression)>,
    /// Bands with the positions of their terms.
    bands: Option<(BandsSpec, Vec<usize>)>,
    margins: Vec<PlannedMargin>,
    pub(super) predictions: Option<PlannedPredictions>,
    /// What is asked of other variants of the model only.
    notes: Vec<Note>,
    seed: u64,
}

impl Questions {
    /// Reads the questions of a model.
    ///
    /// # Errors
    /// Faults of the study at their places: texts that are no hypotheses, names that the model does not have.
    pub(super) fn read(
        study: &Study,
        model: &PlannedModel,
        (design, variables): (&DesignMatrix, &ModelVariables),
        evaluator: &Evaluator<'_>,
    ) -> Result<Questions, RunError> {
        let listed = design.endogenous.iter().chain(&design.regressors).map(|variable| variable.name.clone());
        let terms: Vec<String> = design.intercept.then(|| INTERCEPT.to_string()).into_iter().chain(listed).collect();
        let mut reader = Reader { study, model, terms: &terms, faults: Vec::new(), notes: Vec::new() };
        let asked = &model.inference;
        let mut tests = Vec::new();
        for texts in &asked.tests {
            let read: Vec<Hypothesis> = texts
                .iter()
                .filter_map(|placed| reader.read(("test", &placed.text), placed, Hypothesis::read))
                .collect();
            if !read.is_empty() {
                tests.push(Hypothesis::joined(read));
            }
        }
        let mut combinations = Vec::new();
        for (name, placed) in &asked.combine {
            let read = reader.read(("combination", name), placed, CoefficientExpression::read);
            combinations.extend(read.map(|expression| (name.clone(), expression)));
        }
        let bands = asked.bands.as_ref().map(|bands| (bands.clone(), reader.fitting(&bands.terms)));
        let context = MarginContext { evaluator, model, design, terms: &terms };
        let mut margins = Vec::new();
        for spec in &asked.margins {
            match context.margins(spec) {
                Ok(found) => margins.extend(found),
                Err(fault) => {
                    let at = format!("{}.{}", spec.at, fault.key);
                    reader.unread(("margins of", &spec.of.join(", ")), &at, fault);
                }
            }
        }
        let mut predictions = None;
        if let Some(spec) = &asked.predict {
            match context.points(spec, variables) {
                Ok(points) => predictions = Some(PlannedPredictions { spec: spec.clone(), points }),
                Err((row, fault)) => {
                    let at = format!("{}.rows.{row}", spec.at);
                    reader.unread(("predictions of", design.outcome.name.as_str()), &at, fault);
                    predictions = Some(PlannedPredictions { spec: spec.clone(), points: Vec::new() });
                }
            }
        }
        let Reader { faults, notes, .. } = reader;
        if !faults.is_empty() {
            return Err(RunError::Study(study.faults(faults)));
        }
        Ok(Questions { tests, combinations, bands, margins, predictions, notes, seed: study.seed, terms })
    }

    /// The terms of the design, by which coefficients are placed.
    pub(super) fn terms(&self) -> &[String] {
        &self.terms
    }

    /// Adds the answers to a fit of the design; `responding` is its likelihood, if it has one.
    pub(super) fn answer(&self, fit: &mut Fit, design: &DesignMatrix, responding: Option<&Responding<'_>>) {
        fit.notes.extend(self.notes.iter().cloned());
        if self.tests.is_empty() && self.combinations.is_empty() && self.margins.is_empty() && self.bands.is_none() {
            return;
        }
        let estimates = CoefficientEstimates::of(fit, &self.terms);
        for hypothesis in &self.tests {
            let (test, note) = hypothesis.answer(&estimates);
            fit.tests.extend(test);
            fit.notes.extend(note);
        }
        for (name, expression) in &self.combinations {
            match expression.answer(name, &estimates) {
                Ok(combination) => fit.inference.combinations.push(combination),
                Err(note) => fit.notes.push(*note),
            }
        }
        for margin in &self.margins {
            match self.marginal(margin, (&estimates, fit), design, responding) {
                Ok(value) => fit.inference.margins.push(Margin {
                    variable: margin.variable.clone(),
                    contrast: margin.contrast.clone(),
                    at: margin.held.clone(),
                    group: margin.group.clone(),
                    value,
                }),
                Err(reason) => {
                    let note = Note::NotComputed { what: "margin".into(), name: margin.variable.clone(), reason };
                    if !fit.notes.contains(&note) {
                        fit.notes.push(note);
                    }
                }
            }
        }
        if let Some((spec, positions)) = &self.bands {
            match self.banded(spec, positions, &estimates) {
                Some(bands) => fit.inference.bands = Some(bands),
                None => fit.notes.push(Note::NotComputed {
                    what: "bands of".into(),
                    name: positions.iter().map(|&k| self.terms[k].as_str()).collect::<Vec<_>>().join(", "),
                    reason: "the model has no coefficient among them, or one without variance".into(),
                }),
            }
        }
    }

    /// A margin with its error, or why there is none.
    fn marginal(
        &self,
        margin: &PlannedMargin,
        (estimates, fit): (&CoefficientEstimates, &Fit),
        design: &DesignMatrix,
        responding: Option<&Responding<'_>>,
    ) -> Result<Inferred, String> {
        identified((&margin.gradient, false), &self.terms, fit, design)?;
        if let (Some(response), Some(responding)) = (&margin.response, responding) {
            let (value, std_error) = responding.infer(response, fit)?;
            return Ok(Inferred::new(value, std_error, estimates.df));
        }
        if margin.response.is_some() {
            return Err("the mean is not a function of one index".into());
        }
        let value = margin.gradient.dot(&estimates.values);
        Ok(estimates.infer(&Delta { value, gradient: margin.gradient.clone() }))
    }

    fn banded(&self, spec: &BandsSpec, positions: &[usize], estimates: &CoefficientEstimates) -> Option<BandsRecord> {
        let there: Vec<usize> = positions.iter().copied().filter(|&k| estimates.left_out(&[k]).is_empty()).collect();
        let covariance = estimates.covariance.select_rows(&there).select_columns(&there);
        let streams = Streams::new(self.seed);
        let critical = critical_value(spec.method, &covariance, (spec.level, estimates.df), (spec.draws, &streams))?;
        let band = |(j, &k): (usize, &usize)| {
            let half = critical.value * covariance[(j, j)].sqrt();
            let estimate = estimates.values[k];
            Band { term: self.terms[k].clone(), low: estimate - half, high: estimate + half }
        };
        Some(BandsRecord {
            method: spec.method.name().to_string(),
            level: spec.level,
            critical_value: critical.value,
            simulation_error: critical.simulation_error,
            draws: critical.draws,
            terms: there.iter().enumerate().map(band).collect(),
        })
    }
}
