//! `measurement` of a model: how a coefficient moves with errors of measurement in its regressor.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use super::method::MethodName;
use super::model::Parsed;
use super::raw::ModelSection;
use crate::formula::FormulaText;

/// Draws of a simulation, if not given.
const DRAWS: usize = 100;

/// `{ name = "r90", variable = "log(base)", reliability = 0.9, outcome = -1 }`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawMeasurement {
    /// The name of the answer, which stands among the combinations.
    pub name: String,
    /// The regressor, as it stands in the formula.
    pub variable: String,
    /// The share of its variance that is not error.
    #[serde(default)]
    pub reliability: Option<f64>,
    /// The standard deviation of its error: simulation extrapolation.
    #[serde(default)]
    pub error: Option<f64>,
    /// The least value of each row: the regressor is drawn between it and `high`, where it is lower.
    #[serde(default)]
    pub low: Option<String>,
    /// The largest value of each row.
    #[serde(default)]
    pub high: Option<String>,
    /// What an error of one adds to the outcome: -1 where that is the change of the logarithm of the same base (0 if not given).
    #[serde(default)]
    pub outcome: Option<f64>,
    /// Draws of a simulation (100 if not given).
    #[serde(default)]
    pub draws: Option<u16>,
}

/// What is known of the errors.
#[derive(Clone, Debug, PartialEq)]
pub enum KnownErrors {
    /// The reliability.
    Reliability(f64),
    /// The standard deviation.
    Deviation(f64),
    /// The least and the largest value.
    Intervals(Box<(Parsed, Parsed)>),
}

/// A checked question.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasurementSpec {
    /// The name of the answer.
    pub name: String,
    /// The regressor.
    pub variable: String,
    /// What is known.
    pub errors: KnownErrors,
    /// What an error of one adds to the outcome.
    pub outcome: f64,
    /// Draws.
    pub draws: usize,
}

impl MeasurementSpec {
    /// Every expression.
    pub fn expressions(&self) -> Vec<&Parsed> {
        match &self.errors {
            KnownErrors::Intervals(bounds) => vec![&bounds.0, &bounds.1],
            KnownErrors::Reliability(_) | KnownErrors::Deviation(_) => Vec::new(),
        }
    }

    /// A canonical text, for keys.
    pub fn canonical(&self) -> String {
        let errors = match &self.errors {
            KnownErrors::Intervals(bounds) => format!("{} {}", bounds.0.expr.canonical(), bounds.1.expr.canonical()),
            other => format!("{other:?}"),
        };
        format!("{} {} {errors} {} {}", self.name, self.variable, self.outcome, self.draws)
    }

    /// The question in words.
    pub fn in_words(&self) -> String {
        let errors = match &self.errors {
            KnownErrors::Reliability(share) => format!("with reliability {share}"),
            KnownErrors::Deviation(deviation) => format!("with errors of standard deviation {deviation}, extrapolated"),
            KnownErrors::Intervals(bounds) => format!("drawn from {} to {}", bounds.0.text, bounds.1.text),
        };
        format!("{} {errors}", self.variable)
    }
}

impl Checker<'_> {
    pub(super) fn measurement(
        &mut self,
        section: &ModelSection,
        formula: Option<&FormulaText>,
        at: &str,
    ) -> Vec<MeasurementSpec> {
        let instrumented = formula.is_some_and(|formula| !formula.endogenous.is_empty());
        let is_least_squares = matches!(section.method, None | Some(MethodName::Ols)) && !instrumented;
        if !section.measurement.is_empty() && (!is_least_squares || section.weights.is_some()) {
            let help =
                "ask for it in a least-squares model without weights, or instrument the regressor by another year";
            let message = "`measurement` is about least squares without weights and instruments";
            self.fault(&format!("{at}.measurement"), message, Some(help.into()));
            return Vec::new();
        }
        let listed = section.measurement.iter().enumerate();
        listed.filter_map(|(i, raw)| self.errors_of_measurement(raw, &format!("{at}.measurement.{i}"))).collect()
    }

    fn errors_of_measurement(&mut self, raw: &RawMeasurement, at: &str) -> Option<MeasurementSpec> {
        let errors = match (raw.reliability, raw.error, &raw.low, &raw.high) {
            (Some(share), None, None, None) if share > 0.0 && share <= 1.0 => KnownErrors::Reliability(share),
            (None, Some(deviation), None, None) if deviation > 0.0 && deviation.is_finite() => {
                KnownErrors::Deviation(deviation)
            }
            (None, None, Some(low), Some(high)) => {
                let low = self.expression(low, &format!("{at}.low"))?;
                let high = self.expression(high, &format!("{at}.high"))?;
                KnownErrors::Intervals(Box::new((low, high)))
            }
            _ => {
                let help = "a reliability is above 0 and at most 1, an error above 0";
                let message = "errors of measurement need one of `reliability`, `error`, and `low` with `high`";
                self.fault(at, message, Some(help.into()));
                return None;
            }
        };
        Some(MeasurementSpec {
            name: raw.name.clone(),
            variable: raw.variable.clone(),
            errors,
            outcome: raw.outcome.unwrap_or(0.0),
            draws: raw.draws.map_or(DRAWS, usize::from),
        })
    }
}
