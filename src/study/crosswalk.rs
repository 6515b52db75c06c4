//! `crosswalk` of a table: from old codes to new ones.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::data::JoinKey;

/// One crosswalk of a table: industries of one vintage of a classification to another, counties to larger regions. A row
/// whose code has several new ones becomes several rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CrosswalkSection {
    /// The table of pairs of codes: another table, a resource of the package, or a path.
    pub table: String,
    /// The old code: a column that both have, or `{ here = "there" }`; several where a code means something else from year
    /// to year.
    pub on: JoinKey,
    /// The column there that has the new code.
    pub to: String,
    /// The name of the new code here. Without one it takes the place of the (first) old code.
    #[serde(default, rename = "as", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The column there that has the share of an old code that goes to the new one. The shares of a code sum to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<String>,
    /// What happens, without shares, to a code with several new ones.
    #[serde(default)]
    pub split: Split,
    /// Columns here that are totals (employment, establishments): they are split. All other columns are copied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub totals: Vec<String>,
    /// What happens to codes that the table of pairs does not have.
    #[serde(default)]
    pub unmatched: Unmatched,
    /// What happens to codes whose shares do not sum to one.
    #[serde(default)]
    pub incomplete: Incomplete,
}

impl CrosswalkSection {
    /// The name of the new code in the table.
    pub fn new_name(&self) -> String {
        let old = || self.on.pairs().first().map(|(here, _)| here.clone());
        self.name.clone().or_else(old).unwrap_or_else(|| self.to.clone())
    }
}

/// What happens, without shares, to a code with several new ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// An error that names such codes.
    #[default]
    Error,
    /// Each new code gets the same share.
    Equal,
}

/// What happens to codes that the table of pairs does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unmatched {
    /// An error that names them.
    #[default]
    Error,
    /// Their rows leave; the ledger and a note count them.
    Drop,
    /// They stay as they are, for codes that did not change.
    Keep,
}

/// What happens to codes whose shares do not sum to one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Incomplete {
    /// An error that names them.
    #[default]
    Error,
    /// Their shares are scaled to sum to one.
    Scale,
    /// The shares stay, and a note says by how much totals differ.
    Keep,
}
