//! `[[curve]]`: specification curves, raw and checked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use super::wild::{REPLICATIONS, RawWildWeights};
use crate::infer::resample::JointDraws;

/// A specification curve (Simonsohn, Simmons and Nelson 2020): one question in every specification, the estimates sorted,
/// and three joint tests of the null that none of them has an effect.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct RawCurve {
    /// Its name, also of the figure.
    pub name: String,
    /// The models, by name or pattern; a multiverse by the name of its block.
    pub models: Vec<String>,
    /// The term of each, by name or pattern.
    pub terms: Vec<String>,
    /// Title above the figure.
    #[serde(default)]
    pub title: Option<String>,
    /// The level at which an estimate counts as significant (0.05).
    #[serde(default)]
    pub alpha: Option<f64>,
    /// Whether the curve is tested as a whole, from wild draws that all specifications share (true).
    #[serde(default)]
    pub joint_tests: Option<bool>,
    /// Joint draws (9999).
    #[serde(default)]
    pub replications: Option<usize>,
    /// Distribution of their weights (`rademacher`).
    #[serde(default)]
    pub weights: Option<RawWildWeights>,
    /// Whether each specification's null is imposed on its draws (true).
    #[serde(default)]
    pub null_imposed: Option<bool>,
    /// The seed of the draws; the study's if not given.
    #[serde(default)]
    pub seed: Option<u64>,
}

/// A checked curve.
#[derive(Clone, Debug, PartialEq)]
pub struct CurveSpec {
    /// Its name.
    pub name: String,
    /// Names or patterns of models.
    pub models: Vec<String>,
    /// Names or patterns of terms.
    pub terms: Vec<String>,
    /// Title of the figure.
    pub title: Option<String>,
    /// The level of significance.
    pub alpha: f64,
    /// The joint draws, if the curve is tested.
    pub draws: Option<JointDraws>,
    /// Its place in the study file.
    pub at: String,
}

impl CurveSpec {
    /// Whether a model is in it.
    pub fn has_model(&self, name: &str, base: &str) -> bool {
        self.models.iter().any(|p| crate::plan::matches_name(p, name) || crate::plan::matches_name(p, base))
    }

    /// Whether a term is in it.
    pub fn has_term(&self, term: &str) -> bool {
        self.terms.iter().any(|pattern| crate::plan::matches_name(pattern, term))
    }
}

impl Checker<'_> {
    pub(super) fn curves(&mut self, sections: &[RawCurve], study_seed: u64) -> Vec<CurveSpec> {
        let mut curves: Vec<CurveSpec> = Vec::new();
        for (position, section) in sections.iter().enumerate() {
            let at = format!("curve.{position}");
            if curves.iter().any(|known| known.name == section.name) {
                self.fault(&format!("{at}.name"), format!("two curves are named `{}`", section.name), None);
            }
            self.file_name(&section.name, &format!("{at}.name"));
            curves.push(self.curve(section, at, study_seed));
        }
        curves
    }

    fn curve(&mut self, section: &RawCurve, at: String, study_seed: u64) -> CurveSpec {
        for (key, is_empty) in [("models", section.models.is_empty()), ("terms", section.terms.is_empty())] {
            if is_empty {
                self.fault(&format!("{at}.{key}"), format!("`{key}` of curve `{}` is empty", section.name), None);
            }
        }
        let alpha = section.alpha.unwrap_or(0.05);
        if !(alpha > 0.0 && alpha < 1.0) {
            let help = Some("0.05 is five per cent".into());
            self.fault(
                &format!("{at}.alpha"),
                format!("a level of significance is between 0 and 1, not {alpha}"),
                help,
            );
        }
        let is_tested = section.joint_tests.unwrap_or(true);
        let replications = section.replications.unwrap_or(REPLICATIONS);
        if is_tested {
            self.enough(replications, 0.95, &format!("{at}.replications"));
        } else {
            let of_draws = [
                ("replications", section.replications.is_some()),
                ("weights", section.weights.is_some()),
                ("null_imposed", section.null_imposed.is_some()),
                ("seed", section.seed.is_some()),
            ];
            for (key, _) in of_draws.into_iter().filter(|(_, given)| *given) {
                let message = format!("`{key}` is about joint draws, which curve `{}` does not make", section.name);
                let help = "leave it out, or take joint_tests = false out";
                self.fault(&format!("{at}.{key}"), message, Some(help.into()));
            }
        }
        let draws = JointDraws {
            weights: section.weights.unwrap_or_default().checked(),
            replications,
            null_imposed: section.null_imposed.unwrap_or(true),
            seed: section.seed.unwrap_or(study_seed),
        };
        CurveSpec {
            name: section.name.clone(),
            models: section.models.clone(),
            terms: section.terms.clone(),
            title: section.title.clone(),
            alpha,
            draws: is_tested.then_some(draws),
            at,
        }
    }

    /// A fault where a name cannot be that of a file.
    pub(super) fn file_name(&mut self, name: &str, at: &str) {
        let is_fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if name.is_empty() || !name.chars().all(is_fit) {
            let help = Some("it names a file or folder: use letters, digits, - and _".into());
            self.fault(at, format!("`{name}` cannot be a name"), help);
        }
    }
}
