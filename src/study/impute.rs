//! `impute` of a table: values for suppressed cells, with the interval that each is known to lie in.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::data::JoinKey;

/// Values for the suppressed cells of a column. Three columns come with it: `NAME_low` and `NAME_high`, the interval of each
/// cell (the value itself where it is known), and `NAME_imputed`, 1 where the value was imputed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImputeSection {
    /// The column whose cells are suppressed.
    pub value: String,
    /// Which rows are suppressed: a condition. Without one, those whose value is missing or that have a flag.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// The column of letters that stand for ranges of size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flag: Option<String>,
    /// The ranges of the letters: `"cbp"` for those of County Business Patterns (A 0 to 19, B 20 to 99, ..., M 100,000 and
    /// more), or `{ A = [0, 19], ... }`; the upper end may be left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ranges: Option<RangesText>,
    /// Columns with the number of establishments of a size class, and the class's range: `{ n1_4 = [1, 4], n1000 = [1000] }`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(with = "BTreeMap<String, Vec<f64>>")]
    pub classes: IndexMap<String, Vec<f64>>,
    /// The column of numbers of establishments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub establishments: Option<String>,
    /// Columns within whose values establishments are alike in size, for `method = "establishments"` (the industry).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
    /// What the first guess of a cell is.
    #[serde(default)]
    pub method: ImputeMethod,
    /// Published totals that the cells must add up to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub totals: Vec<TotalsSection>,
    /// The draw that is taken in place of first guesses. No study writes it: `draws` of `[map]` goes through them.
    #[serde(skip)]
    pub draw: Option<ImputeDraw>,
}

/// A draw of first guesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImputeDraw {
    /// The study's seed.
    pub seed: u64,
    /// The number of the draw.
    pub number: u64,
}

/// Ranges by letter: a known list, or one of the study's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RangesText {
    /// `"cbp"`
    Known(KnownRanges),
    /// `{ A = [0, 19], ... }`
    Given(#[schemars(with = "BTreeMap<String, Vec<f64>>")] IndexMap<String, Vec<f64>>),
}

/// Lists of ranges that are known by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KnownRanges {
    /// Employment flags of County Business Patterns, to 2017.
    Cbp,
}

/// What the first guess of a suppressed cell is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImputeMethod {
    /// The middle of its interval; of an open one, one and a half times its lower end.
    #[default]
    Midpoint,
    /// Establishments of each size class times the middle of the class.
    Classes,
    /// Establishments times the mean size of those of the same `by` whose value is known.
    Establishments,
    /// The lower end of its interval.
    Low,
    /// The upper end; of an open interval, one and a half times its lower end.
    High,
}

/// Published totals over some of the columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TotalsSection {
    /// The table of totals, a row per total.
    pub table: String,
    /// The columns that rows of a total share: a name that both have, a list, or `{ here = "there" }`.
    pub on: JoinKey,
    /// The column of totals there; without one, the name of the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// The employment flags of County Business Patterns (U.S. Census Bureau, record layouts to 2017), in the order of size.
pub const CBP_FLAGS: [(&str, f64, f64); 12] = [
    ("A", 0.0, 19.0),
    ("B", 20.0, 99.0),
    ("C", 100.0, 249.0),
    ("E", 250.0, 499.0),
    ("F", 500.0, 999.0),
    ("G", 1000.0, 2499.0),
    ("H", 2500.0, 4999.0),
    ("I", 5000.0, 9999.0),
    ("J", 10_000.0, 24_999.0),
    ("K", 25_000.0, 49_999.0),
    ("L", 50_000.0, 99_999.0),
    ("M", 100_000.0, f64::INFINITY),
];

impl ImputeSection {
    /// The columns that come with the value: lower end, upper end, whether it was imputed.
    pub fn added(&self) -> [String; 3] {
        ["low", "high", "imputed"].map(|what| format!("{}_{what}", self.value))
    }

    /// Every column of the table that it reads, with the key that names it.
    pub fn reads(&self) -> Vec<(String, &'static str)> {
        let one = |name: &Option<String>, key: &'static str| name.iter().map(|n| (n.clone(), key)).collect::<Vec<_>>();
        let mut reads = vec![(self.value.clone(), "value of impute")];
        reads.extend(one(&self.flag, "flag of impute"));
        reads.extend(one(&self.establishments, "establishments of impute"));
        reads.extend(self.classes.keys().map(|name| (name.clone(), "classes of impute")));
        reads.extend(self.by.iter().map(|name| (name.clone(), "by of impute")));
        let keys = self.totals.iter().flat_map(|totals| totals.on.pairs());
        reads.extend(keys.map(|(here, _)| (here, "totals of impute")));
        reads
    }
}
