//! `[[system]]`: models estimated together, raw and checked.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use super::data::OneOrMany;
use super::inference::{InferenceSection, InferenceSpec};
use crate::estimate::system::{Divisor, SystemSteps};

/// Models of several outcomes estimated together (seemingly unrelated regressions), each an equation of its name.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct RawSystem {
    /// Its name.
    pub name: String,
    /// The models, by name or pattern: least squares with the same conditions, effects, weights and errors.
    pub models: Vec<String>,
    /// How often the covariance between equations is renewed: 1 (least squares), 2 (the default), or `"iterated"`.
    #[serde(default)]
    pub steps: Option<RawSystemSteps>,
    /// What products of residuals are divided by (`parameters` if not given).
    #[serde(default)]
    pub divisor: RawDivisor,
    /// Wald tests across equations (`"wages:strength = patents:strength"`); a list is one joint test.
    #[serde(default)]
    pub tests: Vec<OneOrMany>,
    /// Combinations across equations: `{ name = "expression" }`.
    #[serde(default)]
    pub combine: IndexMap<String, String>,
}

/// A number of steps, or a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum RawSystemSteps {
    /// 1 or 2.
    Number(u16),
    /// `"iterated"`.
    Word(RawIterated),
}

/// Until the coefficients settle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RawIterated {
    /// Until the coefficients settle.
    Iterated,
}

/// What products of residuals are divided by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RawDivisor {
    /// The geometric mean of what each equation's parameters leave of the observations, as systemfit has it.
    #[default]
    Parameters,
    /// The observations, as Stata's sureg and linearmodels have it.
    Rows,
}

/// A checked system.
#[derive(Clone, Debug, PartialEq)]
pub struct SystemSpec {
    /// Its name.
    pub name: String,
    /// Names or patterns of models.
    pub models: Vec<String>,
    /// The steps.
    pub steps: SystemSteps,
    /// The divisor.
    pub divisor: Divisor,
    /// Tests and combinations.
    pub inference: InferenceSpec,
    /// Its place in the study file.
    pub at: String,
}

impl SystemSpec {
    /// Whether a model is one of its equations.
    pub fn has_model(&self, name: &str, base: &str) -> bool {
        self.models.iter().any(|p| crate::plan::matches_name(p, name) || crate::plan::matches_name(p, base))
    }
}

impl Checker<'_> {
    pub(super) fn systems(&mut self, sections: &[RawSystem]) -> Vec<SystemSpec> {
        let mut found: Vec<SystemSpec> = Vec::new();
        for (position, section) in sections.iter().enumerate() {
            let at = format!("system.{position}");
            if found.iter().any(|known| known.name == section.name) {
                self.fault(&format!("{at}.name"), format!("two systems are named `{}`", section.name), None);
            }
            let steps = match section.steps {
                None | Some(RawSystemSteps::Number(2)) => SystemSteps::Two,
                Some(RawSystemSteps::Number(1)) => SystemSteps::LeastSquares,
                Some(RawSystemSteps::Word(RawIterated::Iterated)) => SystemSteps::Iterated,
                Some(RawSystemSteps::Number(other)) => {
                    let help = "1 is least squares, 2 weighs once, \"iterated\" until the coefficients settle";
                    self.fault(&format!("{at}.steps"), format!("a system has no {other} steps"), Some(help.into()));
                    SystemSteps::Two
                }
            };
            let asked = InferenceSection {
                tests: section.tests.clone(),
                combine: section.combine.clone(),
                ..InferenceSection::default()
            };
            let divisor = match section.divisor {
                RawDivisor::Parameters => Divisor::Parameters,
                RawDivisor::Rows => Divisor::Rows,
            };
            let inference = self.inference(&asked, &at);
            let (name, models) = (section.name.clone(), section.models.clone());
            found.push(SystemSpec { name, models, steps, divisor, inference, at });
        }
        found
    }
}
