//! `[[randomisation]]`: a treatment assigned anew, raw and checked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use crate::infer::resample::{Randomisation, RandomisationStatistic};

/// Randomisation inference: the share of assignments of a treatment under which a model finds as much as it did.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct RawRandomisation {
    /// Its name.
    pub name: String,
    /// The models, by name or pattern; least squares.
    pub models: Vec<String>,
    /// The term of their formulas that was assigned.
    pub treatment: String,
    /// The variable whose levels it was assigned to: it must not vary within one. `a^b` combines two.
    pub unit: String,
    /// The variable within whose levels it was assigned, if it was.
    #[serde(default)]
    pub strata: Option<String>,
    /// Random assignments (999 if not given). Where there are no more than that, all of them are computed instead.
    #[serde(default)]
    pub replications: Option<usize>,
    /// What is compared: the t statistic with the model's errors (if not given), or the coefficient.
    #[serde(default)]
    pub statistic: RawRandomisationStatistic,
    /// The seed; the study's if not given.
    #[serde(default)]
    pub seed: Option<u64>,
}

/// What is compared between assignments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RawRandomisationStatistic {
    /// The t statistic with the model's errors.
    #[default]
    T,
    /// The coefficient.
    Coefficient,
}

/// A checked randomisation test.
#[derive(Clone, Debug, PartialEq)]
pub struct RandomisationSpec {
    /// Names or patterns of models.
    pub models: Vec<String>,
    /// Columns whose combination is the unit.
    pub unit: Vec<String>,
    /// Columns whose combination is the stratum.
    pub strata: Option<Vec<String>>,
    /// The test.
    pub test: Randomisation,
    /// Its place in the study file.
    pub at: String,
}

/// Assignments of a study that gives no number.
const REPLICATIONS: usize = 999;

impl RandomisationSpec {
    /// Whether a model is tested.
    pub fn has_model(&self, name: &str, base: &str) -> bool {
        self.models.iter().any(|p| crate::plan::matches_name(p, name) || crate::plan::matches_name(p, base))
    }
}

impl Checker<'_> {
    pub(super) fn randomisations(&mut self, sections: &[RawRandomisation], study_seed: u64) -> Vec<RandomisationSpec> {
        let mut found: Vec<RandomisationSpec> = Vec::new();
        for (position, section) in sections.iter().enumerate() {
            let at = format!("randomisation.{position}");
            if found.iter().any(|known| known.test.name == section.name) {
                let message = format!("two randomisation tests are named `{}`", section.name);
                self.fault(&format!("{at}.name"), message, None);
            }
            if section.models.is_empty() {
                self.fault(&format!("{at}.models"), format!("`models` of `{}` is empty", section.name), None);
            }
            let replications = section.replications.unwrap_or(REPLICATIONS);
            self.enough(replications, 0.95, &format!("{at}.replications"));
            let unit = self.combination(Some(&section.unit), &format!("{at}.unit"));
            let strata = self.combination(section.strata.as_deref(), &format!("{at}.strata"));
            found.push(RandomisationSpec {
                models: section.models.clone(),
                unit: unit.unwrap_or_default(),
                strata,
                test: Randomisation {
                    name: section.name.clone(),
                    treatment: section.treatment.clone(),
                    replications,
                    statistic: match section.statistic {
                        RawRandomisationStatistic::T => RandomisationStatistic::T,
                        RawRandomisationStatistic::Coefficient => RandomisationStatistic::Coefficient,
                    },
                    seed: section.seed.unwrap_or(study_seed),
                },
                at,
            });
        }
        found
    }
}
