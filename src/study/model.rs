//! Checked models and axes: what a study asks to be estimated.

use crate::absorb::AbsorptionSettings;
use crate::formula::{Expr, FormulaText};
use crate::infer::sensitivity::SensitivityRequest;

use super::dynamic::DynamicSpec;
pub use super::errors::{ErrorsKind, ErrorsSpec};
use super::inference::InferenceSpec;
use super::measurement::MeasurementSpec;
use super::method::MethodSpec;
use super::panel::PanelTestsSpec;
use super::shift_share::ShiftShareTests;
use super::wild::WildSpec;

/// An expression with its text and the place in the study file that it was written at.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// The text.
    pub text: String,
    /// Its meaning.
    pub expr: Expr,
    /// The dotted path of the text in the study file.
    pub at: String,
}

/// A checked `[[model]]`, before outcomes, steps and axes are expanded.
#[derive(Clone, Debug)]
pub struct ModelBlock {
    /// Its name.
    pub name: String,
    /// The estimator.
    pub method: MethodSpec,
    /// Options of a dynamic panel method.
    pub dynamic: Option<DynamicSpec>,
    /// Tests of a panel model.
    pub panel_tests: PanelTestsSpec,
    /// Instruments whose exogeneity is tested.
    pub orthogonal: Vec<String>,
    /// The formula's text.
    pub formula_text: String,
    /// The formula.
    pub formula: FormulaText,
    /// The errors.
    pub errors: ErrorsSpec,
    /// The wild bootstrap beside them.
    pub wild: Option<WildSpec>,
    /// The weights.
    pub weights: Option<WeightsSpec>,
    /// What is added to the index: the offset, or the logarithm of the exposure.
    pub offset: Option<Parsed>,
    /// The condition that narrows the sample.
    pub filter: Option<Parsed>,
    /// Whether singletons stay.
    pub keep_singletons: bool,
    /// How its effects are absorbed.
    pub absorption: AbsorptionSettings,
    /// Whether the effects themselves are recovered.
    pub fixed_effects: bool,
    /// The equation of the truth table.
    pub truth: Option<String>,
    /// What is asked of its coefficients.
    pub inference: InferenceSpec,
    /// What a shift-share model tests besides.
    pub shift_share: ShiftShareTests,
    /// What is asked about the sensitivity to omitted variables.
    pub sensitivity: Option<SensitivityRequest>,
    /// The weights of a spatial model, and its options.
    pub spatial: Option<super::spatial::SpatialSpec>,
    /// What is asked about errors of measurement.
    pub measurement: Vec<MeasurementSpec>,
    /// The dotted path of the model in the study file.
    pub at: String,
}

/// Checked weights.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightsSpec {
    /// `frequency`, `analytic` or `probability`.
    pub kind: crate::design::WeightKind,
    /// The weight.
    pub value: Parsed,
}

/// A checked axis of the multiverse.
#[derive(Clone, Debug)]
pub struct Axis {
    /// The key as written.
    pub name: String,
    /// What varies.
    pub key: AxisKey,
    /// The choices in order.
    pub choices: Vec<(String, AxisChoice)>,
}

/// What an axis varies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AxisKey {
    /// `errors.cluster`: the clusters.
    Cluster,
    /// `errors`: the kind of errors.
    Errors,
    /// `sample.where`: the study's sample.
    Sample,
    /// `singletons`: whether they stay.
    Singletons,
    /// `controls`: regressors added to every formula.
    Controls,
    /// `absorb`: the absorbed effects, in place of the formula's.
    Absorb,
    /// `spatial.weights`: the weights of spatial models.
    SpatialWeights,
}

impl AxisKey {
    /// The keys as a study file spells them.
    pub const NAMES: [(&'static str, AxisKey); 7] = [
        ("errors.cluster", AxisKey::Cluster),
        ("errors", AxisKey::Errors),
        ("sample.where", AxisKey::Sample),
        ("singletons", AxisKey::Singletons),
        ("controls", AxisKey::Controls),
        ("absorb", AxisKey::Absorb),
        ("spatial.weights", AxisKey::SpatialWeights),
    ];
}

/// A checked choice.
#[derive(Clone, Debug)]
pub enum AxisChoice {
    /// Of errors.
    Errors(ErrorsSpec),
    /// Of the clusters of the model's errors.
    Clusters(Vec<Vec<String>>),
    /// Of the study's sample.
    Sample(Parsed),
    /// Of singletons.
    KeepSingletons(bool),
    /// Terms to add, as text that parses in a formula; empty for none.
    Controls(String),
    /// Absorbed effects, as text that parses in a formula; empty for none.
    Absorb(String),
    /// The name of spatial weights.
    SpatialWeights(String),
}
