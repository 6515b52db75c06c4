//! The sample ledger: every row that leaves has a line saying how many, why, and because of which column.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why rows left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Rows read before anything left (a line that loses none).
    Read,
    /// A filter of the study or the model.
    Where,
    /// A join found no partner.
    Join,
    /// A crosswalk had no new code; where it has several the rows that stay are more than there were.
    Crosswalk,
    /// Spells without a period at risk; those that have some become as many rows as periods.
    Spells,
    /// Several rows were added up into one.
    Aggregate,
    /// A value is missing.
    Missing,
    /// A value is infinite.
    NonFinite,
    /// A weight is zero.
    ZeroWeight,
    /// Alone in a level of an absorbed effect.
    Singleton,
    /// Fitted perfectly at a boundary of the outcome, at an infinite value of the index.
    Separated,
    /// No earlier row of the unit to be differenced with.
    Differenced,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Read => "read",
            Reason::Where => "where",
            Reason::Join => "join",
            Reason::Crosswalk => "crosswalk",
            Reason::Spells => "spells",
            Reason::Aggregate => "aggregate",
            Reason::Missing => "missing",
            Reason::NonFinite => "non-finite",
            Reason::ZeroWeight => "zero weight",
            Reason::Singleton => "singleton",
            Reason::Separated => "separated",
            Reason::Differenced => "no earlier row",
        })
    }
}

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Loss {
    /// The step: `data`, `study`, or `model`.
    pub step: String,
    /// Rows that left here.
    pub rows_lost: usize,
    /// Rows that stayed.
    pub rows_left: usize,
    /// Why.
    pub reason: Reason,
    /// Because of which column, filter or table.
    pub column: String,
}

/// The lines in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Ledger(pub Vec<Loss>);

impl Ledger {
    /// Adds a line.
    pub fn push(&mut self, step: &str, reason: Reason, column: impl Into<String>, rows_lost: usize, rows_left: usize) {
        self.0.push(Loss { step: step.to_string(), rows_lost, rows_left, reason, column: column.into() });
    }

    /// Rows lost over all lines of a reason.
    pub fn lost(&self, reason: Reason) -> usize {
        self.0.iter().filter(|loss| loss.reason == reason).map(|loss| loss.rows_lost).sum()
    }
}
