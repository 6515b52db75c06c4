//! [`FamilyRecord`]: hypotheses tested together with their adjusted p-values, as results keep them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::multiple::{Adjustment, adjust};
use super::resample::StepDown;
use crate::estimate::record;
use crate::note::Note;

/// A family of hypotheses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FamilyRecord {
    /// Its name.
    pub name: String,
    /// Its hypotheses.
    pub members: Vec<FamilyMember>,
    /// Whether methods without draws started from p-values of wild bootstraps.
    pub wild_p_values: bool,
    /// The joint draws, if a method made some.
    #[serde(default)]
    pub draws: Option<JointRecord>,
    /// Findings.
    pub notes: Vec<Note>,
}

/// The hypothesis that a term of a model is zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FamilyMember {
    /// The model.
    pub model: String,
    /// The term.
    pub term: String,
    /// The estimate.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub estimate: f64,
    /// Its standard error.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub std_error: f64,
    /// The p-value before adjustment.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub p_value: f64,
    /// Adjusted p-values, one per method in order.
    pub adjusted: Vec<Adjusted>,
}

/// An adjusted p-value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Adjusted {
    /// The method.
    pub method: String,
    /// The adjusted p-value (or q-value).
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub p_value: f64,
}

/// How joint draws were made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JointRecord {
    /// The variable that is drawn by; empty where single rows are.
    pub drawn_by: String,
    /// Groups drawn over all models.
    pub n_groups: usize,
    /// Distribution of the weights.
    pub weights: String,
    /// Whether each null is imposed on its own draws.
    pub null_imposed: bool,
    /// Draws.
    pub draws: usize,
    /// Whether they are all sign vectors there are.
    pub enumerated: bool,
    /// The seed.
    pub seed: u64,
}

impl FamilyRecord {
    /// Adds the p-values of a method that needs p-values only.
    pub fn adjust(&mut self, name: &str, method: Adjustment) {
        let p_values: Vec<f64> = self.members.iter().map(|member| member.p_value).collect();
        self.add(name, &adjust(&p_values, method));
    }

    /// Adds a method's p-values, one per member.
    pub fn add(&mut self, name: &str, p_values: &[f64]) {
        for (member, &p_value) in self.members.iter_mut().zip(p_values) {
            member.adjusted.push(Adjusted { method: name.to_string(), p_value });
        }
    }

    /// Notes the draws that have no statistic.
    pub fn note_undefined(&mut self, found: &StepDown) {
        for (member, &draws) in self.members.iter().zip(&found.undefined_draws).filter(|(_, draws)| **draws > 0) {
            let term = format!("{} of {}", member.term, member.model);
            self.notes.push(Note::UndefinedDraws { term, draws, of: found.draws });
        }
    }
}
