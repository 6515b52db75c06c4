//! `[clusters.define]` as written: how clusters of industries are found from data.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[clusters.define]`: similarities, clustering functions, numbers of clusters and validation (Delgado, Porter and Stern
/// 2016). `isard define` runs it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DefineSection {
    /// The table with one row per region and industry (default: the panel, which then has no time).
    #[serde(default)]
    pub cells: Option<String>,
    /// The column of employment in `cells`.
    #[serde(default)]
    pub employment: Option<String>,
    /// The column of establishments in `cells`.
    #[serde(default)]
    pub establishments: Option<String>,
    /// A table of flows between industries: columns `seller`, `buyer`, `value`.
    #[serde(default)]
    pub input_output: Option<String>,
    /// A table of occupations in industries: columns `occupation`, the industry column, `employment`.
    #[serde(default)]
    pub occupations: Option<String>,
    /// The similarities to group by.
    pub similarity: Vec<SimilarityName>,
    /// The similarities to score by (default: those of locational correlation, input-output links and occupations that the
    /// data give).
    #[serde(default)]
    pub validate: Vec<SimilarityName>,
    /// The clustering functions.
    #[serde(default = "ward_only")]
    pub functions: Vec<FunctionName>,
    /// The numbers of clusters: a list, or `{ from = 30, to = 60 }`.
    pub clusters: Numbers,
    /// How many random and k-means++ starts each, beside first, last and segments, for functions that have starts.
    #[serde(default = "default_starts")]
    pub starts: u32,
    /// The percentile of the two stricter scores.
    #[serde(default = "default_percentile")]
    pub percentile: f64,
    /// Other sets to score beside: `{ name = "table" }` with the industry and cluster columns, or `{ naics3 = 3 }` for groups
    /// by the first characters of the industry's code.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, OtherSet>")]
    pub compare: IndexMap<String, OtherSet>,
    /// The largest share of industries that may move to the cluster they are nearest to, the most marginal first; 0 for
    /// none.
    #[serde(default = "default_moves")]
    pub reassign: f64,
    /// The percentile from which an industry belongs broadly to another cluster and clusters are related.
    #[serde(default = "default_related")]
    pub related_percentile: f64,
    /// The share of industries from which related clusters are strongly related.
    #[serde(default = "default_share")]
    pub related_share: f64,
    /// Draws of regions for the set's stability; none by default.
    #[serde(default)]
    pub bootstrap: usize,
}

fn ward_only() -> Vec<FunctionName> {
    vec![FunctionName::Ward]
}

fn default_starts() -> u32 {
    2
}

fn default_percentile() -> f64 {
    0.95
}

fn default_related() -> f64 {
    0.9
}

fn default_share() -> f64 {
    0.2
}

fn default_moves() -> f64 {
    0.1
}

/// A similarity of industries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SimilarityName {
    /// Locational correlation of employment.
    LcEmployment,
    /// Locational correlation of shares of regional employment.
    LcEmploymentShares,
    /// Locational correlation of log(1 + employment).
    LcEmploymentLogs,
    /// Locational correlation of establishments.
    LcEstablishments,
    /// Ellison, Glaeser and Kerr's coagglomeration of employment.
    Coagglomeration,
    /// Proximity of location quotients of employment of at least one.
    Proximity,
    /// Cosine of location quotients of employment.
    Cosine,
    /// Input-output links.
    InputOutput,
    /// Occupational correlation.
    Occupation,
    /// Standardised average of the locational correlations of employment and establishments.
    Lc,
    /// Standardised average of locational correlations and input-output links.
    LcIo,
    /// Standardised average of locational correlations and occupational correlation.
    LcOcc,
    /// Standardised average of input-output links and occupational correlation.
    IoOcc,
    /// Standardised average of locational correlations, input-output links and occupational correlation.
    LcIoOcc,
}

impl SimilarityName {
    /// The name as written.
    pub fn as_str(self) -> &'static str {
        match self {
            SimilarityName::LcEmployment => "lc-employment",
            SimilarityName::LcEmploymentShares => "lc-employment-shares",
            SimilarityName::LcEmploymentLogs => "lc-employment-logs",
            SimilarityName::LcEstablishments => "lc-establishments",
            SimilarityName::Coagglomeration => "coagglomeration",
            SimilarityName::Proximity => "proximity",
            SimilarityName::Cosine => "cosine",
            SimilarityName::InputOutput => "input-output",
            SimilarityName::Occupation => "occupation",
            SimilarityName::Lc => "lc",
            SimilarityName::LcIo => "lc-io",
            SimilarityName::LcOcc => "lc-occ",
            SimilarityName::IoOcc => "io-occ",
            SimilarityName::LcIoOcc => "lc-io-occ",
        }
    }

    /// The simple similarities that a standardised average is made of; empty for a simple one.
    pub fn parts(self) -> &'static [SimilarityName] {
        use SimilarityName as S;
        match self {
            S::Lc => &[S::LcEmployment, S::LcEstablishments],
            S::LcIo => &[S::LcEmployment, S::LcEstablishments, S::InputOutput],
            S::LcOcc => &[S::LcEmployment, S::LcEstablishments, S::Occupation],
            S::IoOcc => &[S::InputOutput, S::Occupation],
            S::LcIoOcc => &[S::LcEmployment, S::LcEstablishments, S::InputOutput, S::Occupation],
            _ => &[],
        }
    }
}

/// A clustering function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FunctionName {
    /// Ward's linkage on squared distances (R's ward.D2).
    Ward,
    /// Ward's linkage on squared distances taken as distances (R's ward.D).
    WardD,
    /// Average linkage.
    Average,
    /// Complete linkage.
    Complete,
    /// Single linkage.
    Single,
    /// Centroid linkage.
    Centroid,
    /// Median linkage.
    Median,
    /// k-means.
    KMeans,
    /// k-medians.
    KMedians,
    /// k-medoids.
    KMedoids,
    /// Spectral clustering.
    Spectral,
}

/// Numbers of clusters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Numbers {
    /// One number.
    One(usize),
    /// A list.
    List(Vec<usize>),
    /// All numbers from one to another.
    Range(NumberRange),
}

/// `{ from = 30, to = 60, step = 1 }`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NumberRange {
    /// The smallest number.
    pub from: usize,
    /// The largest number.
    pub to: usize,
    /// The distance of two numbers; 1 if not given.
    #[serde(default)]
    pub step: Option<usize>,
}

impl Numbers {
    /// The numbers as a list.
    pub fn list(&self) -> Vec<usize> {
        match self {
            Numbers::One(number) => vec![*number],
            Numbers::List(numbers) => numbers.clone(),
            Numbers::Range(range) => (range.from..=range.to).step_by(range.step.unwrap_or(1).max(1)).collect(),
        }
    }
}

/// Another set of clusters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OtherSet {
    /// Groups by so many first characters of the industry's code.
    Prefix(usize),
    /// A table with the industry and cluster columns.
    Table(String),
}

impl DefineSection {
    /// What contradicts itself: (key, message, way out).
    pub fn faults(&self) -> Vec<(&'static str, String, Option<String>)> {
        let mut faults = Vec::new();
        let mut add = |key, message: &str, help: &str| faults.push((key, message.to_string(), Some(help.to_string())));
        if self.similarity.is_empty() {
            add(
                "similarity",
                "there is no similarity to group by",
                "name one or more, for example [\"lc-employment\"]",
            );
        }
        if self.functions.is_empty() {
            add("functions", "there is no clustering function", "name one or more, for example [\"ward\"]");
        }
        if self.clusters.list().is_empty() || self.clusters.list().contains(&0) {
            add(
                "clusters",
                "there is no number of clusters to try, or one is 0",
                "give { from = 30, to = 60 } or [40, 50]",
            );
        }
        for (key, value) in [("percentile", self.percentile), ("related_percentile", self.related_percentile)] {
            if !(value > 0.0 && value < 1.0) {
                add(key, "a percentile is above 0 and below 1", "0.95 is the 95th percentile");
            }
        }
        for (key, value) in [("related_share", self.related_share), ("reassign", self.reassign)] {
            if !(0.0..=1.0).contains(&value) {
                add(key, "a share is between 0 and 1", "0.2 is 20 per cent");
            }
        }
        let needs = |name: &SimilarityName| {
            let parts = if name.parts().is_empty() { std::slice::from_ref(name) } else { name.parts() };
            parts.iter().find_map(|part| self.lacks(*part).map(|key| (*name, key)))
        };
        for (key, list) in [("similarity", &self.similarity), ("validate", &self.validate)] {
            if let Some((name, source)) = list.iter().find_map(needs) {
                let name = name.as_str();
                add(
                    key,
                    &format!("`{name}` needs `{source}`, which is not given"),
                    &format!("add {source} = \"...\" to [clusters.define]"),
                );
            }
        }
        faults
    }

    /// The key that a simple similarity needs and that is not given.
    fn lacks(&self, name: SimilarityName) -> Option<&'static str> {
        match name {
            SimilarityName::InputOutput => self.input_output.is_none().then_some("input_output"),
            SimilarityName::Occupation => self.occupations.is_none().then_some("occupations"),
            SimilarityName::LcEstablishments => self.establishments.is_none().then_some("establishments"),
            _ => self.employment.is_none().then_some("employment"),
        }
    }

    /// The similarities to score by: as written, or all simple ones of the paper that the data give.
    pub fn validating(&self) -> Vec<SimilarityName> {
        if !self.validate.is_empty() {
            return self.validate.clone();
        }
        let all = SimilarityName::LcIoOcc.parts().iter().copied();
        all.filter(|name| self.lacks(*name).is_none()).collect()
    }
}
