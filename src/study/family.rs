//! `[[family]]`: hypotheses that are tested together, raw and checked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use super::wild::{REPLICATIONS, RawWildWeights};
use crate::infer::multiple::Adjustment;
use crate::infer::resample::JointDraws;

/// A family of hypotheses, each that a term of a model is zero, whose p-values are adjusted for their number.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct RawFamily {
    /// Its name.
    pub name: String,
    /// The models, by name or pattern.
    pub models: Vec<String>,
    /// The terms of each, by name or pattern.
    pub terms: Vec<String>,
    /// How p-values are adjusted: one method, or several side by side.
    pub method: OneOrManyMethods,
    /// The p-values that methods without draws start from: the models' own, or those of their wild bootstraps.
    #[serde(default)]
    pub p_values: RawPValues,
    /// Joint draws of `romano_wolf` and `westfall_young` (9999 if not given).
    #[serde(default)]
    pub replications: Option<usize>,
    /// Distribution of their weights (`rademacher` if not given).
    #[serde(default)]
    pub weights: Option<RawWildWeights>,
    /// Whether each hypothesis is imposed on its own draws (true if not given).
    #[serde(default)]
    pub null_imposed: Option<bool>,
    /// The seed of the draws; the study's if not given.
    #[serde(default)]
    pub seed: Option<u64>,
}

/// One method or several.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrManyMethods {
    /// One.
    One(FamilyMethod),
    /// Several.
    Many(Vec<FamilyMethod>),
}

/// How the p-values of a family are adjusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FamilyMethod {
    /// Family-wise error, the number of hypotheses times p.
    Bonferroni,
    /// Family-wise error of independent tests.
    Sidak,
    /// Family-wise error, step-down Bonferroni.
    Holm,
    /// Step-down Šidák.
    HolmSidak,
    /// Step-up with Holm's levels.
    Hochberg,
    /// Closed tests with Simes' inequality.
    Hommel,
    /// False discovery rate (Benjamini and Hochberg).
    Bh,
    /// False discovery rate under any dependence (Benjamini and Yekutieli).
    By,
    /// Sharpened q-values (Benjamini, Krieger and Yekutieli, as in Anderson 2008).
    Sharpened,
    /// Family-wise error from joint draws of the statistics (Romano and Wolf).
    RomanoWolf,
    /// Family-wise error from joint draws of the p-values (Westfall and Young).
    WestfallYoung,
}

/// Which p-values are adjusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RawPValues {
    /// Those of the models' t tests.
    #[default]
    Model,
    /// Those of the models' wild bootstraps.
    Wild,
}

/// A checked family.
#[derive(Clone, Debug, PartialEq)]
pub struct FamilySpec {
    /// Its name.
    pub name: String,
    /// Names or patterns of models.
    pub models: Vec<String>,
    /// Names or patterns of terms.
    pub terms: Vec<String>,
    /// The methods.
    pub methods: Vec<FamilyMethod>,
    /// Whether p-values are those of wild bootstraps.
    pub wild_p_values: bool,
    /// The joint draws.
    pub draws: JointDraws,
    /// Its place in the study file.
    pub at: String,
}

impl FamilyMethod {
    /// The adjustment of p-values, if p-values are all that it needs.
    pub fn adjustment(self) -> Option<Adjustment> {
        Some(match self {
            FamilyMethod::Bonferroni => Adjustment::Bonferroni,
            FamilyMethod::Sidak => Adjustment::Sidak,
            FamilyMethod::Holm => Adjustment::Holm,
            FamilyMethod::HolmSidak => Adjustment::HolmSidak,
            FamilyMethod::Hochberg => Adjustment::Hochberg,
            FamilyMethod::Hommel => Adjustment::Hommel,
            FamilyMethod::Bh => Adjustment::BenjaminiHochberg,
            FamilyMethod::By => Adjustment::BenjaminiYekutieli,
            FamilyMethod::Sharpened => Adjustment::Sharpened,
            FamilyMethod::RomanoWolf | FamilyMethod::WestfallYoung => return None,
        })
    }

    /// The word of study files and records.
    pub fn name(self) -> &'static str {
        match self {
            FamilyMethod::RomanoWolf => "romano_wolf",
            FamilyMethod::WestfallYoung => "westfall_young",
            FamilyMethod::HolmSidak => "holm_sidak",
            other => other.adjustment().map_or("", Adjustment::name),
        }
    }
}

impl FamilySpec {
    /// Whether its models are drawn together.
    pub fn is_joint(&self) -> bool {
        self.methods.iter().any(|method| method.adjustment().is_none())
    }

    /// Whether a model is in it.
    pub fn has_model(&self, name: &str, base: &str) -> bool {
        self.models.iter().any(|p| crate::plan::matches_name(p, name) || crate::plan::matches_name(p, base))
    }
}

impl Checker<'_> {
    pub(super) fn families(&mut self, sections: &[RawFamily], study_seed: u64) -> Vec<FamilySpec> {
        let mut families: Vec<FamilySpec> = Vec::new();
        for (position, section) in sections.iter().enumerate() {
            let at = format!("family.{position}");
            if families.iter().any(|known| known.name == section.name) {
                self.fault(&format!("{at}.name"), format!("two families are named `{}`", section.name), None);
            }
            families.push(self.family(section, at, study_seed));
        }
        families
    }

    fn family(&mut self, section: &RawFamily, at: String, study_seed: u64) -> FamilySpec {
        let methods = match &section.method {
            OneOrManyMethods::One(method) => vec![*method],
            OneOrManyMethods::Many(methods) => methods.clone(),
        };
        for (key, is_empty) in
            [("models", section.models.is_empty()), ("terms", section.terms.is_empty()), ("method", methods.is_empty())]
        {
            if is_empty {
                self.fault(&format!("{at}.{key}"), format!("`{key}` of family `{}` is empty", section.name), None);
            }
        }
        let replications = section.replications.unwrap_or(REPLICATIONS);
        let spec = FamilySpec {
            name: section.name.clone(),
            models: section.models.clone(),
            terms: section.terms.clone(),
            methods,
            wild_p_values: section.p_values == RawPValues::Wild,
            draws: JointDraws {
                weights: section.weights.unwrap_or_default().checked(),
                replications,
                null_imposed: section.null_imposed.unwrap_or(true),
                seed: section.seed.unwrap_or(study_seed),
            },
            at: at.clone(),
        };
        let of_draws = [
            ("replications", section.replications.is_some()),
            ("weights", section.weights.is_some()),
            ("null_imposed", section.null_imposed.is_some()),
            ("seed", section.seed.is_some()),
        ];
        if spec.is_joint() {
            self.enough(replications, 0.95, &format!("{at}.replications"));
        } else {
            for (key, _) in of_draws.into_iter().filter(|(_, given)| *given) {
                let message =
                    format!("`{key}` is about joint draws, which no method of family `{}` makes", section.name);
                let help = "add romano_wolf or westfall_young to `method`, or leave the key out";
                self.fault(&format!("{at}.{key}"), message, Some(help.into()));
            }
        }
        spec
    }
}
