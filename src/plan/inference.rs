//! What a study asks of a model's coefficients: read against the terms of its design, before anything is estimated, and
//! answered by its fit.

use nalgebra::DVector;

use crate::design::{DesignMatrix, ModelVariables};
use crate::estimate::Fit;
use crate::estimate::ols::INTERCEPT;
use crate::evaluate::Evaluator;
use crate::formula::{self, Regressor};
use crate::infer::bands::critical_value;
use crate::infer::coefficients::CoefficientEstimates;
use crate::infer::hypothesis::{CoefficientExpression, Delta, Hypothesis, HypothesisFault};
use crate::infer::record::{Band, BandsRecord, Margin};
use crate::linalg::solve_least_squares;
use crate::monte::streams::Streams;
use crate::note::Note;
use crate::study::inference::{BandsSpec, PlacedText};
use crate::study::{AxisChoice, Fault, Study};

use super::execute::RunError;
use super::expand::PlannedModel;
use super::margins::{MarginContext, PlannedMargin};
use super::predictions::PlannedPredictions;

/// Relative sum of squares up to which a column is a combination of others.
const SAME: f64 = 1e-14;

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
            let read: Vec<Hypothesis> =
                texts.iter().filter_map(|placed| reader.read(("test", &placed.text), placed, Hypothesis::read)).collect();
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
                Err((key, message, help)) => {
                    let mut fault = study.source.fault(&format!("{}.{key}", spec.at), message);
                    fault.help = help;
                    reader.faults.push(fault);
                }
            }
        }
        let mut predictions = None;
        if let Some(spec) = &asked.predict {
            match context.points(spec, variables) {
                Ok(points) => predictions = Some(PlannedPredictions { spec: spec.clone(), points }),
                Err((row, (_, message, help))) => {
                    let mut fault = study.source.fault(&format!("{}.rows.{row}", spec.at), message);
                    fault.help = help;
                    reader.faults.push(fault);
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

    /// Adds the answers to a fit of the design.
    pub(super) fn answer(&self, fit: &mut Fit, design: &DesignMatrix) {
        let estimates = CoefficientEstimates::of(fit, &self.terms);
        fit.notes.extend(self.notes.iter().cloned());
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
            match identified((&margin.gradient, false), &self.terms, fit, design) {
                Ok(()) => fit.inference.margins.push(Margin {
                    variable: margin.variable.clone(),
                    contrast: margin.contrast.clone(),
                    at: margin.held.clone(),
                    group: margin.group.clone(),
                    value: estimates.infer(&Delta {
                        value: margin.gradient.dot(&estimates.values),
                        gradient: margin.gradient.clone(),
                    }),
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
                    what: "set of".into(),
                    name: "simultaneous bands".into(),
                    reason: "the model has none of their coefficients with a positive variance".into(),
                }),
            }
        }
    }

    fn banded(
        &self,
        spec: &BandsSpec,
        positions: &[usize],
        estimates: &CoefficientEstimates,
    ) -> Option<BandsRecord> {
        let there: Vec<usize> =
            positions.iter().copied().filter(|&k| estimates.left_out(&[k]).is_empty()).collect();
        let covariance = estimates.covariance.select_rows(&there).select_columns(&there);
        let streams = Streams::new(self.seed);
        let critical =
            critical_value(spec.method, &covariance, (spec.level, estimates.df), (spec.draws, &streams))?;
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

/// Whether a combination of coefficients does not hang on how collinear terms were told apart: a term that was left out may
/// stand in it only as the same combination of other terms that it is in the sample. Where `effects_count`, terms that the
/// absorbed effects explain may: their part is in the effects.
///
/// # Errors
/// Why it is not identified.
pub(super) fn identified(
    (gradient, effects_count): (&DVector<f64>, bool),
    terms: &[String],
    fit: &Fit,
    design: &DesignMatrix,
) -> Result<(), String> {
    for (k, term) in terms.iter().enumerate() {
        if gradient[k] == 0.0 || fit.coefficients.iter().any(|c| c.term == *term) {
            continue;
        }
        let is_absorbed =
            |note: &Note| matches!(note, Note::Absorbed { term: left_out, .. } if left_out == term);
        if effects_count && fit.notes.iter().any(is_absorbed) {
            continue;
        }
        let refused = || Err(format!("it needs the coefficient of {term}, which the model does not identify"));
        let with = fit.notes.iter().find_map(|note| match note {
            Note::Collinear { term: left_out, with } if left_out == term => Some(with),
            _ => None,
        });
        let Some(with) = with.filter(|with| !with.is_empty()) else { return refused() };
        let column = |name: &String| {
            let all = design.endogenous.iter().chain(&design.regressors);
            all.into_iter().find(|variable| variable.name == *name).map(|variable| variable.values.as_slice())
        };
        let (Some(left), Some(others)) = (column(term), with.iter().map(column).collect::<Option<Vec<_>>>()) else {
            return refused();
        };
        let ones = vec![1.0; left.len()];
        let columns: Vec<&[f64]> = others.into_iter().chain(design.intercept.then_some(ones.as_slice())).collect();
        let Some(solved) = solve_least_squares(&columns, left, None) else { return refused() };
        let rest: f64 = solved.residuals.iter().map(|e| e * e).sum();
        let total: f64 = left.iter().map(|x| x * x).sum();
        let constant = INTERCEPT.to_string();
        let names = with.iter().chain(design.intercept.then_some(&constant));
        let at = |name: &String| terms.iter().position(|known| known == name).map_or(0.0, |k| gradient[k]);
        let of_others: Vec<f64> = names.zip(solved.coefficients.iter()).map(|(name, a)| a * at(name)).collect();
        let gap = (gradient[k] - of_others.iter().sum::<f64>()).abs();
        let scale = gradient[k].abs() + of_others.iter().map(|x| x.abs()).sum::<f64>();
        if rest > SAME * total || gap > SAME.sqrt() * scale {
            return refused();
        }
    }
    Ok(())
}

struct Reader<'a> {
    study: &'a Study,
    model: &'a PlannedModel,
    terms: &'a [String],
    faults: Vec<Fault>,
    notes: Vec<Note>,
}

impl Reader<'_> {
    /// Reads a text; a name that only other variants of the model have is a note, any other fault stays one.
    fn read<T>(
        &mut self,
        (what, name): (&str, &str),
        placed: &PlacedText,
        read: impl Fn(&str, &[String]) -> Result<T, HypothesisFault>,
    ) -> Option<T> {
        let fault = match read(&placed.text, self.terms) {
            Ok(found) => return Some(found),
            Err(fault) => fault,
        };
        let wider: Vec<String> = self.terms.iter().cloned().chain(self.terms_of_variants()).collect();
        if read(&placed.text, &wider).is_ok() {
            let reason = format!("{}; other variants of the model have it", fault.message);
            self.notes.push(Note::NotComputed { what: what.into(), name: name.into(), reason });
            return None;
        }
        self.fault(placed, fault);
        None
    }

    fn fault(&mut self, placed: &PlacedText, fault: HypothesisFault) {
        let mut found = self.study.source.fault(&placed.at, fault.message);
        found.span = self.study.source.inside(&placed.at, &fault.span).or(found.span);
        found.help = fault.help;
        self.faults.push(found);
    }

    /// Terms that the formula has under other steps and choices.
    fn terms_of_variants(&self) -> Vec<String> {
        let Some(block) = self.study.models.iter().find(|block| block.name == self.model.base) else {
            return Vec::new();
        };
        let mut terms = Vec::new();
        let mut add = |regressors: &[Regressor], text: &str| {
            for regressor in regressors {
                match regressor {
                    Regressor::Term(term) => terms.push(term.text(text)),
                    Regressor::Stepwise(_, steps) => terms.extend(steps.iter().flatten().map(|term| term.text(text))),
                }
            }
        };
        add(&block.formula.regressors, &block.formula_text);
        for (_, choice) in self.study.axes.iter().flat_map(|axis| &axis.choices) {
            if let AxisChoice::Controls(controls) = choice {
                let text = format!("y ~ {controls}");
                if let Ok(parsed) = formula::parse_formula(&text) {
                    add(&parsed.regressors, &text);
                }
            }
        }
        terms
    }

    /// Positions of the terms that patterns name; all but the constant where there are none.
    fn fitting(&mut self, patterns: &[PlacedText]) -> Vec<usize> {
        let dense = |text: &str| text.split_whitespace().collect::<String>();
        let all = self.terms.iter().enumerate();
        if patterns.is_empty() {
            return all.filter(|(_, term)| *term != INTERCEPT).map(|(k, _)| k).collect();
        }
        let mut positions = Vec::new();
        for placed in patterns {
            let fits = |term: &String| crate::pattern::matches(&dense(&placed.text), &dense(term));
            let found: Vec<usize> = (0..self.terms.len()).filter(|&k| fits(&self.terms[k])).collect();
            if found.is_empty() {
                let near = crate::study::nearest(&placed.text, self.terms.iter().map(String::as_str));
                let help = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("coefficients: {}", self.terms.join(", ")),
                };
                let message = format!("no coefficient fits `{}`", placed.text);
                self.fault(placed, HypothesisFault { message, span: 0..placed.text.len(), help: Some(help) });
            }
            positions.extend(found);
        }
        positions.sort_unstable();
        positions.dedup();
        positions
    }
}
