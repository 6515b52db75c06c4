//! The `predict` of a model: fitted values and predictions with their errors, as typed and as checked.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;

/// Predictions of a model, with standard errors and intervals.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
pub struct PredictSection {
    /// Whether the fitted values of the sample are written, to `fitted.parquet` and `fitted.csv`.
    #[serde(default)]
    pub sample: bool,
    /// Points to predict at, written to `predictions.csv`: `{ x = 1, region = "north" }`. A number that is not given
    /// stands at its mean; of every absorbed effect the level is needed.
    #[serde(default)]
    pub rows: Vec<IndexMap<String, GivenValue>>,
    /// The level of the intervals (default: 0.95).
    #[serde(default)]
    pub level: Option<f64>,
}

/// A number or a level.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum GivenValue {
    /// A number.
    Number(f64),
    /// A level.
    Text(String),
}

/// Checked predictions.
#[derive(Clone, Debug, PartialEq)]
pub struct PredictSpec {
    /// Whether the sample's fitted values are written.
    pub sample: bool,
    /// Points, each with its values by variable, numbers as they print.
    pub rows: Vec<IndexMap<String, String>>,
    /// The level of the intervals.
    pub level: f64,
    /// The dotted path of the table in the study file.
    pub at: String,
}

impl PredictSpec {
    /// Columns and variables that it names, with the dotted path of each.
    pub(super) fn names(&self) -> Vec<(String, &str)> {
        let row = |(k, row): (usize, &'_ IndexMap<String, String>)| -> Vec<String> {
            row.keys().map(|_| format!("{}.rows.{k}", self.at)).collect()
        };
        let at: Vec<String> = self.rows.iter().enumerate().flat_map(row).collect();
        at.into_iter().zip(self.rows.iter().flat_map(|row| row.keys().map(String::as_str))).collect()
    }

    /// One text per meaning, for keys.
    pub(super) fn canonical(&self) -> String {
        format!("{} {:?} {}", self.sample, self.rows, self.level)
    }

    /// The predictions in words.
    pub fn in_words(&self) -> String {
        let points = match self.rows.len() {
            0 => None,
            1 => Some("the outcome at one point".to_string()),
            n => Some(format!("the outcome at {n} points")),
        };
        let sample = self.sample.then(|| "the outcome of every row of the sample".to_string());
        let what: Vec<String> = sample.into_iter().chain(points).collect();
        format!("Predicts {}, with {} % intervals.", what.join(" and "), 100.0 * self.level)
    }
}

impl Checker<'_> {
    pub(super) fn predict(&mut self, section: &PredictSection, at: &str) -> Option<PredictSpec> {
        let at = format!("{at}.predict");
        let level = section.level.unwrap_or(0.95);
        if !(level > 0.0 && level < 1.0) {
            let help = "it is a probability: 0.95 for intervals that hold 95 %";
            self.fault(&format!("{at}.level"), format!("intervals cannot have the level {level}"), Some(help.into()));
            return None;
        }
        if !section.sample && section.rows.is_empty() {
            let help = "write sample = true, or rows = [{ x = 1 }]";
            self.fault(&at, "`predict` names nothing to predict", Some(help.into()));
            return None;
        }
        let text = |value: &GivenValue| match value {
            GivenValue::Number(number) => format!("{number}"),
            GivenValue::Text(text) => text.clone(),
        };
        let row = |row: &IndexMap<String, GivenValue>| row.iter().map(|(name, v)| (name.clone(), text(v))).collect();
        Some(PredictSpec { sample: section.sample, rows: section.rows.iter().map(row).collect(), level, at })
    }
}
