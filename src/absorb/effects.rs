//! [`Effects`]: what is to be absorbed.

use std::sync::Arc;

use super::settings::AbsorptionSettings;
use crate::design::{AbsorbedTerm, DesignMatrix};

/// Effects on a sample, and the weights of its rows. Cheap to clone: columns are shared.
#[derive(Clone, Debug, PartialEq)]
pub struct Effects {
    /// The effects in order.
    pub terms: Vec<AbsorbedTerm>,
    /// A positive weight per row.
    pub weights: Option<Arc<Vec<f64>>>,
    /// How they are absorbed.
    pub settings: AbsorptionSettings,
}

impl Effects {
    /// The effects of a design; `None` if it absorbs nothing.
    pub fn of(design: &DesignMatrix) -> Option<Effects> {
        (!design.absorbed.is_empty()).then(|| Effects {
            terms: design.absorbed.clone(),
            weights: design.weights.as_ref().map(|weights| Arc::clone(&weights.values)),
            settings: design.absorption,
        })
    }

    /// The effects at some positions.
    pub fn only(&self, positions: &[usize]) -> Effects {
        Effects {
            terms: positions.iter().filter_map(|&i| self.terms.get(i).cloned()).collect(),
            weights: self.weights.clone(),
            settings: self.settings,
        }
    }

    /// Rows.
    pub fn n_rows(&self) -> usize {
        self.terms.first().map_or(0, |term| term.factor.codes.len())
    }

    /// The names joined: `region + year`.
    pub fn names(&self) -> String {
        self.terms.iter().map(|term| term.name.as_str()).collect::<Vec<_>>().join(" + ")
    }
}
