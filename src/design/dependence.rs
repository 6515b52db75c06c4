//! [`Dependence`]: where and when the rows of a model are, for errors that are correlated over time and space.

use std::sync::Arc;

use super::factor::DenseFactor;
use super::matrix::Variable;
use super::variables::NamedColumn;
use crate::panel::Factor;

/// Unit, time and place of the rows of the panel; only what the errors of the model need.
#[derive(Clone, Debug, Default)]
pub struct DependenceVariables {
    /// Periods, as numbers in any unit.
    pub time: Option<NamedColumn>,
    /// The units that are followed over time.
    pub unit: Option<(String, Factor)>,
    /// Latitude in degrees.
    pub latitude: Option<NamedColumn>,
    /// Longitude in degrees.
    pub longitude: Option<NamedColumn>,
}

impl DependenceVariables {
    /// The columns of numbers: a row needs a value in each.
    pub fn numbers(&self) -> impl Iterator<Item = &NamedColumn> {
        [&self.time, &self.latitude, &self.longitude].into_iter().flatten()
    }
}

/// The same on the sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dependence {
    /// Periods.
    pub time: Option<Variable>,
    /// Units.
    pub unit: Option<(String, DenseFactor)>,
    /// Latitude in degrees.
    pub latitude: Option<Variable>,
    /// Longitude in degrees.
    pub longitude: Option<Variable>,
}

impl Dependence {
    /// Gathers the columns with the functions that a design gathers its others with.
    pub(super) fn gathered(
        vars: &DependenceVariables,
        number: impl Fn(&Arc<Vec<f64>>) -> Arc<Vec<f64>>,
        codes: impl Fn(&Factor) -> DenseFactor,
    ) -> Dependence {
        let variable = |column: &Option<NamedColumn>| {
            column.as_ref().map(|(name, values)| Variable { name: name.clone(), values: number(values) })
        };
        Dependence {
            time: variable(&vars.time),
            unit: vars.unit.as_ref().map(|(name, factor)| (name.clone(), codes(factor))),
            latitude: variable(&vars.latitude),
            longitude: variable(&vars.longitude),
        }
    }
}
