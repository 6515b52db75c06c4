//! The `[data]` section as written: which files, how they become one panel.
//!
//! Everything a study does to its data before it models them stands here: which rows of which file, joined with what,
//! summed to which level. The shapes are plain; `panel::load` gives them meaning. Unknown keys are not refused here, but
//! against the published schema, where the nearest valid key is known.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crosswalk::CrosswalkSection;
use super::impute::ImputeSection;
use super::spells::SpellsSection;

/// One name or a list of names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany {
    /// `"region"`
    One(String),
    /// `["region", "industry"]`
    Many(Vec<String>),
}

impl OneOrMany {
    /// The names as a list.
    pub fn names(&self) -> Vec<String> {
        match self {
            OneOrMany::One(name) => vec![name.clone()],
            OneOrMany::Many(names) => names.clone(),
        }
    }
}

/// `[data]`: where the panel comes from and what identifies its rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DataSection {
    /// Folder of a Frictionless Data Package (it holds datapackage.json), relative to the study file. Its resources can
    /// be named wherever a table is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// Folder that file names below refer to, relative to the study file; `--data DIR` takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// The table that models run on: a table of `[data.tables]`, a resource of the package, or a path to a .csv, .csv.gz,
    /// .parquet or .dta file.
    pub panel: String,
    /// The column or columns that identify a unit; together with `time` they identify a row.
    pub unit: OneOrMany,
    /// The column of time, a number; leave it out for a cross-section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Columns to read as text although they look like numbers, in every file. Codes with leading zeros stay text by
    /// themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub text: Vec<String>,
    /// What happens where files are not there: an error, or the study is skipped with a sentence that says so.
    #[serde(default)]
    pub if_missing: IfMissing,
    /// Tables made from files by a fixed row of steps.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(with = "BTreeMap<String, TableSection>")]
    pub tables: IndexMap<String, TableSection>,
}

/// What happens where data files are not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IfMissing {
    /// The run fails.
    #[default]
    Error,
    /// The study is skipped: for studies whose data cannot be given away with them.
    Skip,
}

/// `[data.tables.NAME]`: one table. The steps run in the order of the keys below: file or from, rename, where, keep, join,
/// impute, crosswalk, spells, group_by with its sums, let, having.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TableSection {
    /// The file to read: .csv, .csv.gz, .parquet or .dta, relative to `folder` (or `--data DIR`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The table to start from instead of a file: another table, a resource of the package, or a path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Columns to read as text although they look like numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub text: Vec<String>,
    /// New names of columns: `{ old = "new" }`. Everything after this step uses the new names.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub rename: IndexMap<String, String>,
    /// Rows to keep, before any join or sum: an expression that is true or false in each row.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Columns to keep; all when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<Vec<String>>,
    /// Tables to join, in order. Many rows here may match one row there, never the reverse.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub join: Vec<JoinSection>,
    /// Values for suppressed cells, within the intervals that are known of them, after the joins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub impute: Vec<ImputeSection>,
    /// Crosswalks from old codes to new ones, in order, after the joins: rows split, totals are shared out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crosswalk: Vec<CrosswalkSection>,
    /// Spells with a start and an end become rows of the periods at risk, after the crosswalks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spells: Option<SpellsSection>,
    /// Columns that identify a row after summing; rows that agree in all of them become one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group_by: Vec<String>,
    /// Sums over the rows of a group: `{ new = "old" }`. Missing values are left out; all missing sums to missing.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub sum: IndexMap<String, String>,
    /// Means over the rows of a group: `{ new = "old" }`. Missing values are left out.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub mean: IndexMap<String, String>,
    /// Smallest values over the rows of a group: `{ new = "old" }`. Missing values are left out.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub min: IndexMap<String, String>,
    /// Largest values over the rows of a group: `{ new = "old" }`. Missing values are left out.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub max: IndexMap<String, String>,
    /// The first value of a group that is not missing, in the order of the rows: `{ new = "old" }`. For text that is the
    /// same in the whole group, such as a region's name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub first: IndexMap<String, String>,
    /// Name of a new column with the number of rows of each group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<String>,
    /// New columns, computed row by row after joins and sums: `{ name = "expression" }`. They may refer to each other.
    #[serde(default, rename = "let", skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub derive: IndexMap<String, String>,
    /// Rows to keep at the end, after joins, sums and new columns: an expression that is true or false in each row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub having: Option<String>,
}

/// One join of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JoinSection {
    /// The table joined: another table, a resource of the package, or a path.
    pub table: String,
    /// The key: a column that both have, a list of them, or `{ here = "there" }`.
    pub on: JoinKey,
    /// What happens to rows without a partner.
    #[serde(default)]
    pub how: JoinKind,
}

/// The key of a join.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum JoinKey {
    /// `"fips"`
    One(String),
    /// `["industry", "year"]`
    Many(Vec<String>),
    /// `{ industry = "naics2017" }`: here = there.
    Pairs(#[schemars(with = "BTreeMap<String, String>")] IndexMap<String, String>),
}

impl JoinKey {
    /// The pairs (column here, column there).
    pub fn pairs(&self) -> Vec<(String, String)> {
        match self {
            JoinKey::One(name) => vec![(name.clone(), name.clone())],
            JoinKey::Many(names) => names.iter().map(|name| (name.clone(), name.clone())).collect(),
            JoinKey::Pairs(pairs) => pairs.iter().map(|(here, there)| (here.clone(), there.clone())).collect(),
        }
    }
}

/// What happens to rows without a partner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JoinKind {
    /// They leave; the ledger counts them.
    #[default]
    Inner,
    /// They stay, with missing values.
    Left,
}
