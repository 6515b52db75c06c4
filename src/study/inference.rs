//! What a study asks of a model beyond its coefficients: `tests`, `combine`, `bands`, `margins`, `predict`, as typed and as checked.
//!
//! Hypotheses are read against the model's terms, which are known only with the data: here their texts are gathered with
//! their places.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use super::data::OneOrMany;
use super::margins::{MarginsSection, MarginsSpec};
use super::predict::{PredictSection, PredictSpec};
use crate::infer::bands::{BandMethod, DRAWS};

/// Fewest draws of a simulated critical value.
const FEWEST_DRAWS: usize = 1000;

/// The keys of a model that ask for inference.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
pub struct InferenceSection {
    /// Wald tests of linear and nonlinear restrictions on coefficients (`"x = z"`, `"x + z = 1"`, `"exp(x) * z = 2"`,
    /// `"i(year)::* = 0"`); a list is one joint test.
    #[serde(default)]
    pub tests: Vec<OneOrMany>,
    /// Combinations of coefficients, with standard errors by the delta method: `{ name = "expression" }`.
    #[serde(default)]
    pub combine: IndexMap<String, String>,
    /// Bands that hold several coefficients at once: a level, or a table.
    #[serde(default)]
    pub bands: Option<BandsSection>,
    /// Average marginal effects and contrasts.
    #[serde(default)]
    pub margins: Vec<MarginsSection>,
    /// Fitted values and predictions.
    #[serde(default)]
    pub predict: Option<PredictSection>,
}

/// `bands = 0.95`, or a table.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum BandsSection {
    /// The level of sup-t bands for all coefficients but the constant.
    Level(f64),
    /// In detail.
    Detailed(BandsTable),
}

/// Simultaneous bands in detail.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct BandsTable {
    /// The probability that all coefficients are inside their bands (default: 0.95).
    #[serde(default)]
    pub level: Option<f64>,
    /// Patterns of the coefficients, `*` for any characters (default: all but the constant).
    #[serde(default)]
    pub terms: Option<OneOrMany>,
    /// How the critical value is found.
    #[serde(default)]
    pub method: BandMethodName,
    /// Draws of a simulated critical value (default: 50000).
    #[serde(default)]
    pub draws: Option<usize>,
}

/// `sup-t`, `sidak` or `bonferroni`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BandMethodName {
    /// The quantile of the largest absolute t statistic (Montiel Olea and Plagborg-Møller 2019).
    #[default]
    SupT,
    /// Šidák's bound.
    Sidak,
    /// Bonferroni's bound.
    Bonferroni,
}

/// A text of the study with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedText {
    /// The text.
    pub text: String,
    /// The dotted path of the text in the study file.
    pub at: String,
}

/// Checked bands.
#[derive(Clone, Debug, PartialEq)]
pub struct BandsSpec {
    /// The level, between 0 and 1.
    pub level: f64,
    /// Patterns of coefficients; empty for all but the constant.
    pub terms: Vec<PlacedText>,
    /// The method.
    pub method: BandMethod,
    /// Draws.
    pub draws: usize,
}

/// What is asked of a model's coefficients.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InferenceSpec {
    /// Tests, each of one or several texts that are tested together.
    pub tests: Vec<Vec<PlacedText>>,
    /// Combinations with their names.
    pub combine: Vec<(String, PlacedText)>,
    /// Bands.
    pub bands: Option<BandsSpec>,
    /// Marginal effects and contrasts.
    pub margins: Vec<MarginsSpec>,
    /// Predictions.
    pub predict: Option<PredictSpec>,
}

impl InferenceSpec {
    /// One text per meaning, for keys.
    pub fn canonical(&self) -> String {
        let dense = |placed: &PlacedText| placed.text.split_whitespace().collect::<String>();
        let joint = |texts: &Vec<PlacedText>| texts.iter().map(dense).collect::<Vec<_>>().join(" & ");
        let tests: Vec<String> = self.tests.iter().map(joint).collect();
        let combine: Vec<String> =
            self.combine.iter().map(|(name, placed)| format!("{name}={}", dense(placed))).collect();
        let bands = self.bands.as_ref().map_or_else(String::new, |bands| {
            let terms: Vec<String> = bands.terms.iter().map(dense).collect();
            format!("{} {} {} {}", bands.method.name(), bands.level, bands.draws, terms.join(","))
        });
        let margins: Vec<String> = self.margins.iter().map(MarginsSpec::canonical).collect();
        let predict = self.predict.as_ref().map_or_else(String::new, PredictSpec::canonical);
        [tests.join("; "), combine.join("; "), bands, margins.join("; "), predict].join("|")
    }

    /// Columns and variables that are named, with the dotted path of each.
    pub fn names(&self) -> Vec<(String, &str)> {
        let of = |margins: &'_ MarginsSpec, key: &str| format!("{}.{key}", margins.at);
        let margins =
            self.margins.iter().flat_map(|m| m.names().into_iter().map(move |(key, name)| (of(m, key), name)));
        margins.chain(self.predict.iter().flat_map(PredictSpec::names)).collect()
    }
}

impl Checker<'_> {
    pub(super) fn inference(&mut self, section: &InferenceSection, at: &str) -> InferenceSpec {
        let tests = section.tests.iter().enumerate().map(|(k, test)| {
            let at = format!("{at}.tests.{k}");
            let place = |j: usize| if matches!(test, OneOrMany::One(_)) { at.clone() } else { format!("{at}.{j}") };
            let texts = test.names().into_iter().enumerate();
            texts.map(|(j, text)| PlacedText { text, at: place(j) }).collect::<Vec<_>>()
        });
        let tests: Vec<Vec<PlacedText>> = tests.collect();
        for (k, test) in tests.iter().enumerate() {
            if test.is_empty() || test.iter().any(|placed| placed.text.trim().is_empty()) {
                let help = "write tests = [\"x = 0\"], or [\"x = 0\", \"z = 0\"] inside the list for a joint test";
                self.fault(&format!("{at}.tests.{k}"), "a test without a hypothesis", Some(help.into()));
            }
        }
        let combine = section
            .combine
            .iter()
            .map(|(name, text)| (name.clone(), PlacedText { text: text.clone(), at: format!("{at}.combine.{name}") }));
        let combine = combine.collect();
        let bands = section.bands.as_ref().and_then(|bands| self.bands(bands, at));
        let margins = section.margins.iter().enumerate();
        let margins = margins.filter_map(|(k, one)| self.margins(one, &format!("{at}.margins.{k}"))).collect();
        let predict = section.predict.as_ref().and_then(|predict| self.predict(predict, at));
        InferenceSpec { tests, combine, bands, margins, predict }
    }

    fn bands(&mut self, section: &BandsSection, at: &str) -> Option<BandsSpec> {
        let at = format!("{at}.bands");
        let table = match section {
            BandsSection::Level(level) => {
                BandsTable { level: Some(*level), terms: None, method: BandMethodName::SupT, draws: None }
            }
            BandsSection::Detailed(table) => table.clone(),
        };
        let level = table.level.unwrap_or(0.95);
        if !(level > 0.0 && level < 1.0) {
            let help = "it is a probability: 0.95 for bands that hold all coefficients with 95 %";
            self.fault(&at, format!("bands cannot have the level {level}"), Some(help.into()));
            return None;
        }
        let draws = table.draws.unwrap_or(DRAWS);
        if draws < FEWEST_DRAWS {
            let message = format!("{draws} draws do not give a critical value");
            self.fault(&format!("{at}.draws"), message, Some(format!("take {FEWEST_DRAWS} or more")));
            return None;
        }
        let listed = matches!(table.terms, Some(OneOrMany::Many(_)));
        let place = |k: usize| if listed { format!("{at}.terms.{k}") } else { format!("{at}.terms") };
        let texts = table.terms.map(|terms| terms.names()).unwrap_or_default();
        let terms = texts.into_iter().enumerate().map(|(k, text)| PlacedText { text, at: place(k) }).collect();
        let method = match table.method {
            BandMethodName::SupT => BandMethod::SupT,
            BandMethodName::Sidak => BandMethod::Sidak,
            BandMethodName::Bonferroni => BandMethod::Bonferroni,
        };
        Some(BandsSpec { level, terms, method, draws })
    }
}
