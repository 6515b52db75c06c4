//! [`WildRecord`]: what a wild bootstrap found, as a fit keeps it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::estimate::record;
use crate::note::Note;

/// With fewer groups than this two-point weights have too few values (Webb 2014; MacKinnon and Webb 2018).
const FEW_GROUPS: usize = 12;

/// Fewer clusters in effect than this share of them are told of: cluster-robust t tests then reject too often (Carter,
/// Schnepel and Steigerwald 2017).
const FEW_EFFECTIVE: f64 = 0.5;

/// A wild bootstrap of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WildRecord {
    /// Variables that errors are clustered by.
    pub clusters: Vec<String>,
    /// Number of clusters of the first of them; zero without any.
    #[serde(default)]
    pub n_clusters: usize,
    /// The variable that is drawn by; empty where single rows are.
    pub drawn_by: String,
    /// Its number of groups.
    pub n_groups: usize,
    /// Distribution of the weights (`rademacher`, `webb`, `mammen`, `normal`).
    pub weights: String,
    /// `11`, `31`, `13` or `33`: scores and variance of the cluster-robust estimators 1 or 3.
    pub variant: String,
    /// Whether the null is imposed on the draws.
    pub null_imposed: bool,
    /// Whether the model has instruments, so that both of its equations are drawn (WRE).
    #[serde(default)]
    pub instrumented: bool,
    /// Whether the p-value is the equal-tailed one.
    pub equal_tail: bool,
    /// Whether draws that tie with the sample count as beyond it.
    pub ties_counted: bool,
    /// Draws.
    pub draws: usize,
    /// Whether they are all sign vectors there are.
    pub enumerated: bool,
    /// The seed of the draws.
    #[serde(default)]
    pub seed: u64,
    /// Level of the confidence sets, if there are any.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub level: Option<f64>,
    /// A test per hypothesis.
    pub tests: Vec<WildTest>,
}

/// One hypothesis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WildTest {
    /// The term.
    pub term: String,
    /// Its value under the null.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub value: f64,
    /// The estimate.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub estimate: f64,
    /// The standard error that studentises the sample's statistic.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub std_error: f64,
    /// The sample's t statistic.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub statistic: f64,
    /// The p-value, of the kind that the study asks for.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub p_value: f64,
    /// Share of draws with `|t*| > |t|`.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub p_strict: f64,
    /// Share of draws with `|t*| >= |t|`.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub p_ties: f64,
    /// Twice the smaller of the shares of draws above and below.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub p_equal_tail: f64,
    /// Values that are not rejected, as intervals in order; ends may be infinite.
    pub confidence_set: Vec<Interval>,
    /// Draws whose variance was not positive (two-way clustering); they count as beyond.
    pub undefined_draws: usize,
    /// Effective number of clusters of the first cluster variable for this coefficient (Carter, Schnepel and Steigerwald
    /// 2017): clusters of different sizes or leverages count for fewer.
    #[serde(with = "record::number", default)]
    #[schemars(with = "record::Number")]
    pub effective_clusters: f64,
}

impl WildTest {
    /// The smallest interval that contains the confidence set; `None` if the set is empty.
    pub fn hull(&self) -> Option<Interval> {
        let (first, last) = (self.confidence_set.first()?, self.confidence_set.last()?);
        Some(Interval { low: first.low, high: last.high })
    }
}

/// An interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// Its lower end.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub low: f64,
    /// Its upper end.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub high: f64,
}

impl WildRecord {
    /// The bootstrap in words: `WCR, 9999 draws of rademacher weights by region (40 clusters)`.
    pub fn in_words(&self) -> String {
        let draws = if self.enumerated { format!("all {} sign vectors", self.draws) } else { self.drawn_in_words() };
        let by = match self.drawn_by.as_str() {
            "" => format!("for each of {} rows", self.n_groups),
            name => format!("by {name} ({} clusters)", self.n_groups),
        };
        let null = match (self.instrumented, self.null_imposed) {
            (false, true) => "WCR",
            (false, false) => "WCU",
            (true, true) => "WRE",
            (true, false) => "WUE",
        };
        let variant = if self.variant == "11" { String::new() } else { format!(", variant {}", self.variant) };
        let tail = if self.equal_tail { ", equal-tailed" } else { "" };
        format!("{null}{variant}, {draws} {by}{tail}")
    }

    fn drawn_in_words(&self) -> String {
        format!("{} draws of {} weights", self.draws, self.weights)
    }

    /// What a reader must know: weights with too few values, draws without a statistic, clusters of unequal weight.
    pub fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        let two_points = ["rademacher", "mammen"].contains(&self.weights.as_str());
        if two_points && self.n_groups < FEW_GROUPS {
            // A sign vector and its mirror image have the same |t|.
            let halved = usize::from(self.weights == "rademacher");
            let statistics = 1 << (self.n_groups - halved);
            let variable = self.drawn_by.clone();
            notes.push(Note::FewWildDraws { variable, clusters: self.n_groups, statistics });
        }
        for test in &self.tests {
            if test.undefined_draws > 0 {
                let (term, draws) = (test.term.clone(), test.undefined_draws);
                notes.push(Note::UndefinedDraws { term, draws, of: self.draws });
            }
            let (term, effective, clusters) = (test.term.clone(), test.effective_clusters, self.n_clusters);
            if clusters > 0 && effective < clusters as f64 * FEW_EFFECTIVE {
                notes.push(Note::FewEffectiveClusters { term, effective, clusters });
            }
        }
        notes
    }
}
