//! [`PanelRecord`]: what a fit keeps of the panel it was estimated on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::estimate::record as number;

/// The panel of a model and what its method found in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PanelRecord {
    /// The unit variable.
    pub unit: String,
    /// The time variable.
    pub time: String,
    /// Units in the sample.
    pub units: usize,
    /// Periods in the sample.
    pub periods: usize,
    /// The least number of rows of a unit.
    pub shortest: usize,
    /// The largest.
    pub longest: usize,
    /// Whether every unit has every period.
    pub balanced: bool,
    /// Rows in levels, before any transformation.
    pub rows: usize,
    /// Which effects the method has (`unit`, `time`, `twoways`), if any.
    #[serde(default)]
    pub effect: Option<String>,
    /// Variance components of random effects.
    #[serde(default)]
    pub components: Option<ComponentsRecord>,
    /// R² of the coefficients on the rows, their deviations from unit means, and unit means.
    #[serde(default)]
    pub r_squared: Option<PanelRSquared>,
    /// Equations and instruments of a dynamic model.
    #[serde(default)]
    pub dynamic: Option<DynamicRecord>,
}

/// Equations and instruments of a dynamic model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DynamicRecord {
    /// What takes unit effects out.
    pub transformation: String,
    /// Whether there is an equation in levels.
    pub system: bool,
    /// Whose level equation (`xtabond2` or `plm`).
    pub convention: String,
    /// Units with a row of an equation.
    pub units: usize,
    /// Rows of the transformed equation.
    pub transformed_rows: usize,
    /// Rows of the level equation.
    pub level_rows: usize,
    /// Columns of instruments.
    pub n_instruments: usize,
    /// The same by variable and equation.
    pub instruments: Vec<InstrumentCount>,
}

/// Columns of instruments made of a variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InstrumentCount {
    /// The variable.
    pub variable: String,
    /// `transformed`, or `levels` for those of the level equation alone.
    pub equation: String,
    /// How many.
    pub columns: usize,
}

/// Variance components and the transformation made of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComponentsRecord {
    /// How they were estimated (`swamy-arora`, ...).
    pub method: String,
    /// Variance of rows.
    #[serde(with = "number::number")]
    #[schemars(with = "number::Number")]
    pub idiosyncratic: f64,
    /// Variance of unit effects.
    #[serde(with = "number::maybe", default)]
    #[schemars(with = "Option<number::Number>")]
    pub unit: Option<f64>,
    /// Variance of period effects.
    #[serde(with = "number::maybe", default)]
    #[schemars(with = "Option<number::Number>")]
    pub time: Option<f64>,
    /// Least share of the means that is taken out (θ).
    #[serde(with = "number::number")]
    #[schemars(with = "number::Number")]
    pub theta_min: f64,
    /// The largest.
    #[serde(with = "number::number")]
    #[schemars(with = "number::Number")]
    pub theta_max: f64,
}

/// `1 - SSR/SST` of the same coefficients on three sets of rows, as linearmodels defines them; Stata's are squared
/// correlations, which do not fall when coefficients fit badly.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PanelRSquared {
    /// Rows about unit means.
    #[serde(with = "number::maybe", default)]
    #[schemars(with = "Option<number::Number>")]
    pub within: Option<f64>,
    /// Unit means.
    #[serde(with = "number::maybe", default)]
    #[schemars(with = "Option<number::Number>")]
    pub between: Option<f64>,
    /// Rows.
    #[serde(with = "number::maybe", default)]
    #[schemars(with = "Option<number::Number>")]
    pub overall: Option<f64>,
}
