//! [`ModelVariables`]: the evaluated columns of one model, over all rows of the panel.

use std::fmt;
use std::sync::Arc;

use super::dependence::DependenceVariables;
use crate::absorb::AbsorptionSettings;
use crate::panel::Factor;

/// A named column of numbers over the panel; NaN is missing.
pub type NamedColumn = (String, Arc<Vec<f64>>);

/// What a weight means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WeightKind {
    /// The row stands for this many identical rows. Whole numbers; N is their sum.
    Frequency,
    /// The row is a mean with precision proportional to the weight (Stata's aweight, `weights =` of fixest and lm).
    Analytic,
    /// The inverse probability of being sampled. Estimates and all covariances are computed as with analytic weights
    /// (as fixest does); an iid covariance is then only a description, since sampling weights rule out its premise.
    Probability,
}

impl fmt::Display for WeightKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            WeightKind::Frequency => "frequency",
            WeightKind::Analytic => "analytic",
            WeightKind::Probability => "probability",
        })
    }
}

/// What happens to rows that are alone in a level of an absorbed effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Singletons {
    /// They leave, and so do rows that this leaves alone (as reghdfe does). They carry no information on coefficients
    /// but, if kept, understate clustered errors.
    #[default]
    Drop,
    /// They stay (as fixest's default).
    Keep,
}

/// Levels of an absorbed effect in which every outcome lies at a boundary of its range: their effect is infinite, and they
/// say nothing of the other coefficients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BoundaryLevels {
    /// They stay.
    #[default]
    Keep,
    /// Levels without an outcome above zero leave (counts).
    Zeros,
    /// Levels without an outcome above zero, or without one below one, leave (shares and choices).
    ZerosAndOnes,
}

/// Rows that were found to be separated.
#[derive(Clone, Debug)]
pub struct SeparatedRows {
    /// Whether a row of the panel is.
    pub rows: Arc<Vec<bool>>,
    /// What separates them.
    pub by: String,
}

/// An absorbed effect over the panel: an intercept per level, slopes per level, or both.
#[derive(Clone, Debug)]
pub struct AbsorbedVariable {
    /// As written (`region`, `firm^year`, `firm[trend]`).
    pub name: String,
    /// The levels.
    pub factor: Factor,
    /// Variables with a slope per level.
    pub slopes: Vec<NamedColumn>,
    /// Whether the intercept per level is left out (`firm[[trend]]`).
    pub slopes_only: bool,
}

/// The evaluated variables of one model. All columns have one value per row of the panel.
#[derive(Clone, Debug)]
pub struct ModelVariables {
    /// The outcome.
    pub outcome: NamedColumn,
    /// Regressors in the order of the formula, without the constant.
    pub regressors: Vec<NamedColumn>,
    /// Endogenous regressors in the order of the formula; none in a model without instruments.
    pub endogenous: Vec<NamedColumn>,
    /// Excluded instruments in the order of the formula.
    pub instruments: Vec<NamedColumn>,
    /// Whether the formula has a constant. It is left out where effects are absorbed: they span it.
    pub intercept: bool,
    /// Absorbed effects in order.
    pub absorbed: Vec<AbsorbedVariable>,
    /// How they are absorbed.
    pub absorption: AbsorptionSettings,
    /// Weights: their meaning, their name and the column.
    pub weights: Option<(WeightKind, String, Arc<Vec<f64>>)>,
    /// What is added to the index with a coefficient of one.
    pub offset: Option<NamedColumn>,
    /// Cluster variables.
    pub clusters: Vec<(String, Factor)>,
    /// Unit, time and place of the rows, where the errors need them.
    pub dependence: DependenceVariables,
    /// What happens to singletons.
    pub singletons: Singletons,
    /// What happens to levels of effects at a boundary of the outcome.
    pub boundary: BoundaryLevels,
    /// Rows that are separated by regressors and effects together, one set per search.
    pub separated: Vec<SeparatedRows>,
    /// Rows that the filters of study and model left, if there were filters.
    pub rows: Option<Arc<Vec<bool>>>,
}

impl ModelVariables {
    /// Variables of `outcome ~ regressors` with a constant and nothing else.
    pub fn new(outcome: (&str, Vec<f64>), regressors: Vec<(&str, Vec<f64>)>) -> Self {
        let named = |(name, values): (&str, Vec<f64>)| (name.to_string(), Arc::new(values));
        ModelVariables {
            outcome: named(outcome),
            regressors: regressors.into_iter().map(named).collect(),
            endogenous: Vec::new(),
            instruments: Vec::new(),
            intercept: true,
            absorbed: Vec::new(),
            absorption: AbsorptionSettings::default(),
            weights: None,
            offset: None,
            clusters: Vec::new(),
            dependence: DependenceVariables::default(),
            singletons: Singletons::default(),
            boundary: BoundaryLevels::default(),
            separated: Vec::new(),
            rows: None,
        }
    }

    /// Every column of numbers but the weights, in the order of the formula, then those of the errors: a row needs a
    /// value in each.
    pub fn numbers(&self) -> impl Iterator<Item = &NamedColumn> {
        let slopes = self.absorbed.iter().flat_map(|effect| &effect.slopes);
        let instrumented = self.endogenous.iter().chain(&self.instruments);
        let formula = std::iter::once(&self.outcome).chain(&self.regressors).chain(instrumented).chain(slopes);
        formula.chain(&self.offset).chain(self.dependence.numbers())
    }

    /// Adds an absorbed effect without slopes.
    pub fn absorb(mut self, name: &str, factor: Factor) -> Self {
        self.absorbed.push(AbsorbedVariable { name: name.to_string(), factor, slopes: Vec::new(), slopes_only: false });
        self
    }

    /// Adds an endogenous regressor.
    pub fn endogenous(mut self, name: &str, values: Vec<f64>) -> Self {
        self.endogenous.push((name.to_string(), Arc::new(values)));
        self
    }

    /// Adds an excluded instrument.
    pub fn instrument(mut self, name: &str, values: Vec<f64>) -> Self {
        self.instruments.push((name.to_string(), Arc::new(values)));
        self
    }

    /// Adds a cluster variable.
    pub fn cluster(mut self, name: &str, factor: Factor) -> Self {
        self.clusters.push((name.to_string(), factor));
        self
    }

    /// Sets the periods of the rows.
    pub fn at_time(mut self, name: &str, values: Vec<f64>) -> Self {
        self.dependence.time = Some((name.to_string(), Arc::new(values)));
        self
    }

    /// Sets the units that are followed over time.
    pub fn of_unit(mut self, name: &str, factor: Factor) -> Self {
        self.dependence.unit = Some((name.to_string(), factor));
        self
    }

    /// Sets the places of the rows: names and values of latitude and longitude, in degrees.
    pub fn at_place(mut self, latitude: (&str, Vec<f64>), longitude: (&str, Vec<f64>)) -> Self {
        let named = |(name, values): (&str, Vec<f64>)| Some((name.to_string(), Arc::new(values)));
        (self.dependence.latitude, self.dependence.longitude) = (named(latitude), named(longitude));
        self
    }

    /// Sets the weights.
    pub fn weight(mut self, kind: WeightKind, name: &str, values: Vec<f64>) -> Self {
        self.weights = Some((kind, name.to_string(), Arc::new(values)));
        self
    }

    /// Sets the offset.
    pub fn offset(mut self, name: &str, values: Vec<f64>) -> Self {
        self.offset = Some((name.to_string(), Arc::new(values)));
        self
    }

    /// Keeps singletons.
    pub fn keep_singletons(mut self) -> Self {
        self.singletons = Singletons::Keep;
        self
    }
}
