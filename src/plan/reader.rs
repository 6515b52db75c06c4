//! [`Reader`]: hypotheses, combinations and patterns of coefficients, read before a model is estimated.

use crate::estimate::ols::INTERCEPT;
use crate::formula::{self, Regressor};
use crate::infer::hypothesis::HypothesisFault;
use crate::note::Note;
use crate::study::inference::PlacedText;
use crate::study::{AxisChoice, Fault, Study};

use super::expand::PlannedModel;
use super::margins::MarginFault;

/// Reads texts against the terms of a design and gathers what is wrong with them.
pub(super) struct Reader<'a> {
    pub(super) study: &'a Study,
    pub(super) model: &'a PlannedModel,
    pub(super) terms: &'a [String],
    pub(super) faults: Vec<Fault>,
    pub(super) notes: Vec<Note>,
}

impl Reader<'_> {
    /// Reads a text; a name that only other variants of the model have is a note, any other fault stays one.
    pub(super) fn read<T>(
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

    /// What is wrong with margins or predictions; a variable that only other variants of the model have is a note.
    pub(super) fn unread(&mut self, (what, name): (&str, &str), at: &str, fault: MarginFault) {
        if fault.unused.as_ref().is_some_and(|variable| self.variants_use(variable)) {
            let reason = format!("{}; other variants of the model do", fault.message);
            self.notes.push(Note::NotComputed { what: what.into(), name: name.into(), reason });
            return;
        }
        let mut found = self.study.source.fault(at, fault.message);
        found.help = fault.help;
        self.faults.push(found);
    }

    /// Whether the formula leads to a variable under other steps and choices.
    fn variants_use(&self, variable: &str) -> bool {
        let block = self.study.models.iter().find(|block| block.name == self.model.base);
        let choices = self.study.axes.iter().flat_map(|axis| &axis.choices).filter_map(|(_, choice)| match choice {
            AxisChoice::Controls(text) | AxisChoice::Absorb(text) => Some(text.as_str()),
            _ => None,
        });
        let texts: Vec<&str> = block.map(|block| block.formula_text.as_str()).into_iter().chain(choices).collect();
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let mut waiting: Vec<&str> = texts.iter().flat_map(|text| text.split(|c| !is_part(c))).collect();
        let mut seen: Vec<&str> = Vec::new();
        while let Some(name) = waiting.pop() {
            if name == variable {
                return true;
            }
            if !seen.contains(&name) {
                seen.push(name);
                let defined = self.study.variables.iter().filter(|(known, _)| known == name);
                waiting.extend(defined.flat_map(|(_, parsed)| parsed.expr.names()).map(|(used, _)| used));
            }
        }
        false
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
    pub(super) fn fitting(&mut self, patterns: &[PlacedText]) -> Vec<usize> {
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
