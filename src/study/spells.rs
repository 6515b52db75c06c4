//! `spells` of a table: a row per spell becomes a row per period at risk.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A spell (the life of a firm, say) with its start and end becomes a row for each period in which it could end. Three columns come
/// with it: the period, `duration` (1 in the period of the start) and `exit` (1 in the period of the end, else 0).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpellsSection {
    /// The column with the first period.
    pub start: String,
    /// The column with the period of the end; missing where the spell has not ended. Without it no spell ends, and rows are a grid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// The last period that is observed: spells that end later, or never, are censored there.
    pub until: f64,
    /// The first period that is observed: spells that start before enter late, with the duration they have by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<f64>,
    /// Length of a period; 1 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<f64>,
    /// Name of the new column with the period; `year` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
}

impl SpellsSection {
    /// Names of the columns that are added: the period, `duration` and `exit`.
    pub fn added(&self) -> [String; 3] {
        [self.period.clone().unwrap_or_else(|| "year".to_string()), "duration".to_string(), "exit".to_string()]
    }

    /// Columns that are read.
    pub fn reads(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.start).chain(&self.end)
    }
}
