//! The `margins` of a model: average marginal effects and contrasts, as typed and as checked.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use super::data::OneOrMany;

/// Most combinations of held values.
const MOST_POINTS: usize = 1000;

/// Average marginal effects of variables, or contrasts of a factor's levels.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct MarginsSection {
    /// The variables: numbers for derivatives, factors for contrasts.
    pub of: OneOrMany,
    /// Values that other variables are held at: `{ z = 1, sector = "traded", year = [2000, 2010] }`.
    #[serde(default)]
    pub at: IndexMap<String, HeldValues>,
    /// Whether what is not held stands at its mean, in place of averaging over the sample.
    #[serde(default)]
    pub means: bool,
    /// A column: an average over the rows of each of its levels.
    #[serde(default)]
    pub over: Option<String>,
    /// Which levels are compared (default for factors: `reference`).
    #[serde(default)]
    pub contrast: Option<ContrastName>,
    /// What is averaged of a number (default: `derivative`); elasticities are those of the mean of a likelihood.
    #[serde(rename = "as", default)]
    pub scale: Option<ScaleName>,
}

/// What a marginal effect of a number is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScaleName {
    /// `dy/dx`.
    #[default]
    Derivative,
    /// `d ln y / d ln x`.
    Elasticity,
    /// `d ln y / dx`.
    SemiElasticity,
}

impl ScaleName {
    /// Stata's word: `dy/dx`, `ey/ex`, `ey/dx`.
    pub fn label(self) -> &'static str {
        match self {
            ScaleName::Derivative => "dy/dx",
            ScaleName::Elasticity => "ey/ex",
            ScaleName::SemiElasticity => "ey/dx",
        }
    }
}

/// One value or several.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum HeldValues {
    /// A number.
    Number(f64),
    /// A level.
    Text(String),
    /// Several numbers.
    Numbers(Vec<f64>),
    /// Several levels.
    Texts(Vec<String>),
}

/// Which levels of a factor are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContrastName {
    /// Each with the reference: that of `i(f, ref = ...)`, else the first.
    Reference,
    /// Each with the one before it.
    Adjacent,
    /// All pairs.
    Pairwise,
}

/// Checked margins.
#[derive(Clone, Debug, PartialEq)]
pub struct MarginsSpec {
    /// The variables.
    pub of: Vec<String>,
    /// The points that others are held at, each by variable; one empty point where nothing is held.
    pub points: Vec<IndexMap<String, String>>,
    /// Whether what is not held stands at its mean.
    pub means: bool,
    /// The column whose levels are averaged over separately.
    pub over: Option<String>,
    /// Which levels are compared.
    pub contrast: Option<ContrastName>,
    /// What is averaged of a number.
    pub scale: ScaleName,
    /// The dotted path of the table in the study file.
    pub at: String,
}

impl MarginsSpec {
    /// Columns and variables that it names, with the keys that name them.
    pub fn names(&self) -> Vec<(&'static str, &str)> {
        let held = self.points.first().into_iter().flat_map(IndexMap::keys).map(|name| ("at", name.as_str()));
        let over = self.over.iter().map(|name| ("over", name.as_str()));
        self.of.iter().map(|name| ("of", name.as_str())).chain(held).chain(over).collect()
    }

    /// One text per meaning, for keys.
    pub(super) fn canonical(&self) -> String {
        let scale = self.scale.label();
        format!("{:?} {:?} {} {:?} {:?} {scale}", self.of, self.points, self.means, self.over, self.contrast)
    }

    /// The margins in words: `dy/dx of x, averaged over the sample`.
    pub fn in_words(&self) -> String {
        let held = match self.points.as_slice() {
            [only] if only.is_empty() => String::new(),
            [only] => format!(" at {}", point_in_words(only)),
            several => format!(" at {} points", several.len()),
        };
        let how = match (&self.over, self.means) {
            (_, true) => ", others at their means".to_string(),
            (Some(over), _) => format!(", averaged within each level of {over}"),
            (None, _) => ", averaged over the sample".to_string(),
        };
        let compared = match self.contrast {
            None => "",
            Some(ContrastName::Reference) => " (each level with the reference)",
            Some(ContrastName::Adjacent) => " (each level with the one before it)",
            Some(ContrastName::Pairwise) => " (all pairs of levels)",
        };
        let what = match self.scale {
            ScaleName::Derivative => "Margins",
            ScaleName::Elasticity => "Elasticities",
            ScaleName::SemiElasticity => "Semi-elasticities",
        };
        format!("{what} of {}{compared}{held}{how}.", self.of.join(", "))
    }
}

/// `z = 1, sector = traded`.
pub fn point_in_words(point: &IndexMap<String, String>) -> String {
    point.iter().map(|(name, value)| format!("{name} = {value}")).collect::<Vec<_>>().join(", ")
}

impl HeldValues {
    /// The values as texts, numbers as they print.
    pub(super) fn texts(&self) -> Vec<String> {
        match self {
            HeldValues::Number(number) => vec![format!("{number}")],
            HeldValues::Text(text) => vec![text.clone()],
            HeldValues::Numbers(numbers) => numbers.iter().map(|number| format!("{number}")).collect(),
            HeldValues::Texts(texts) => texts.clone(),
        }
    }
}

impl Checker<'_> {
    pub(super) fn margins(&mut self, section: &MarginsSection, at: &str) -> Option<MarginsSpec> {
        let of = section.of.names();
        let mut points = vec![IndexMap::new()];
        for (name, values) in &section.at {
            let texts = values.texts();
            if texts.is_empty() {
                self.fault(&format!("{at}.at.{name}"), format!("`{name}` is held at no value"), None);
                return None;
            }
            let with = |point: &IndexMap<String, String>| {
                let held = |text: &String| {
                    let mut next = point.clone();
                    next.insert(name.clone(), text.clone());
                    next
                };
                texts.iter().map(held).collect::<Vec<_>>()
            };
            points = points.iter().flat_map(with).collect();
        }
        let mut fault = None;
        if of.is_empty() {
            fault = Some(("of", "margins of no variable".to_string(), "name one: of = \"wage\""));
        } else if let Some(both) = of.iter().find(|name| section.at.contains_key(*name)) {
            let message = format!("`{both}` is both held and changed");
            fault = Some(("at", message, "hold other variables, or leave it out of `at`"));
        } else if section.means && section.over.is_some() {
            let help = "leave one of them out: at means one row stands for the whole sample";
            fault = Some(("over", "margins are at means or over groups, not both".into(), help));
        } else if section.contrast.is_some() && section.scale.is_some_and(|scale| scale != ScaleName::Derivative) {
            let message = "a contrast is a difference of means and no elasticity".to_string();
            fault = Some(("as", message, "leave `as` or `contrast` out"));
        } else if points.len() > MOST_POINTS {
            let message = format!("margins at {} combinations of values", points.len());
            fault = Some(("at", message, "hold fewer variables or values: 1000 combinations at most"));
        }
        if let Some((key, message, help)) = fault {
            self.fault(&format!("{at}.{key}"), message, Some(help.into()));
            return None;
        }
        let (means, contrast) = (section.means, section.contrast);
        let scale = section.scale.unwrap_or_default();
        Some(MarginsSpec { of, points, means, over: section.over.clone(), contrast, scale, at: at.to_string() })
    }
}
