//! A study file as typed, before anything is checked. The published JSON Schema is generated from these types.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::absorption::AbsorptionSection;
use super::autocorrelation::RawAutocorrelation;
use super::choice::{BiasCorrectionSection, FrailtySection};
use super::clubs::RawClubs;
use super::curve::RawCurve;
use super::data::{DataSection, OneOrMany};
use super::define::DefineSection;
use super::designation::RawDesignation;
use super::distance_decay::RawDistanceDecay;
use super::dynamic::DynamicSection;
use super::errors::{ErrorsSection, ErrorsTable};
use super::family::RawFamily;
use super::figure::RawFigure;
use super::geography::RawGeography;
use super::inference::InferenceSection;
use super::map::RawMap;
use super::measurement::RawMeasurement;
use super::method::{GmmOptions, LinkName, MethodName, SeparationSection};
use super::panel::{ComponentsName, DifferenceSection, EffectName, UnitRootSection};
use super::randomisation::RawRandomisation;
use super::sensitivity::RawSensitivity;
use super::shift_share::{RawShiftShare, RawShiftShareTests};
use super::spatial::SpatialSection;
use super::system::RawSystem;
use super::table::TableSection;
use crate::note::NoteCode;

/// A declarative study of regional industry clusters.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct RawStudy {
    /// The study's title.
    pub title: String,
    /// The question that it answers, in a sentence.
    #[serde(default)]
    pub question: Option<String>,
    /// The seed that every random stream of the study derives from.
    #[serde(default)]
    pub seed: Option<u64>,
    /// Notes that this study treats as errors.
    #[serde(default)]
    pub deny: Vec<NoteCode>,
    /// References printed in the report, one per entry.
    #[serde(default)]
    pub references: Vec<String>,
    /// Where the data are and what identifies a row.
    pub data: DataSection,
    /// What "next door" means.
    #[serde(default)]
    pub geography: Option<RawGeography>,
    /// What "cluster" means.
    #[serde(default)]
    pub clusters: Option<ClustersSection>,
    /// How regions and clusters are measured; `isard map` does it.
    #[serde(default)]
    pub map: Option<RawMap>,
    /// What a cluster must have to be designated; `isard certify` judges it.
    #[serde(default)]
    pub designation: Vec<RawDesignation>,
    /// Shift-share (Bartik) variables: shares of sectors in regions times shocks to sectors.
    #[serde(default)]
    pub shift_share: IndexMap<String, RawShiftShare>,
    /// New variables, each an expression of columns and other variables.
    #[serde(default)]
    pub variables: IndexMap<String, String>,
    /// Which rows the models use.
    #[serde(default)]
    pub sample: Option<SampleSection>,
    /// The models.
    #[serde(default)]
    pub model: Vec<ModelSection>,
    /// Alternatives: every model is estimated under every combination.
    #[serde(default)]
    pub axes: IndexMap<String, Axis>,
    /// Hypotheses tested together.
    #[serde(default)]
    pub family: Vec<RawFamily>,
    /// Specification curves: one question in every specification, tested as a whole.
    #[serde(default)]
    pub curve: Vec<RawCurve>,
    /// Randomisation inference: treatments assigned anew.
    #[serde(default)]
    pub randomisation: Vec<RawRandomisation>,
    /// Spatial autocorrelation of variables.
    #[serde(default)]
    pub autocorrelation: Vec<RawAutocorrelation>,
    /// Models of several outcomes estimated together.
    #[serde(default)]
    pub system: Vec<RawSystem>,
    /// Numbers of spatial weights by profile likelihood.
    #[serde(default)]
    pub distance_decay: Vec<RawDistanceDecay>,
    /// Convergence clubs.
    #[serde(default)]
    pub clubs: Vec<RawClubs>,
    /// The tables.
    #[serde(default)]
    pub table: Vec<TableSection>,
    /// The figures and maps.
    #[serde(default)]
    pub figure: Vec<RawFigure>,
}

/// What "cluster" means: which industries form a cluster, and which clusters are related.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
pub struct ClustersSection {
    /// A table industry -> cluster, with a share where definitions overlap.
    #[serde(default)]
    pub definition: Option<String>,
    /// A table of pairs of related clusters with their overlap.
    #[serde(default)]
    pub relatedness: Option<String>,
    /// The panel's industry column (default: the second unit column).
    #[serde(default)]
    pub industry: Option<String>,
    /// The column that names the cluster, in the definition and in the panel (default: `cluster`).
    #[serde(default)]
    pub cluster: Option<String>,
    /// The column that tells traded industries (default: `traded`).
    #[serde(default)]
    pub traded: Option<String>,
    /// The column with the share of an industry in a cluster (default: `share`, if the definition has it).
    #[serde(default)]
    pub share: Option<String>,
    /// How related clusters count: by their overlap, or all alike.
    #[serde(default)]
    pub weights: RelatednessWeights,
    /// How clusters are found from data; `isard define` does it and writes the tables to name above.
    #[serde(default)]
    pub define: Option<DefineSection>,
}

/// How related clusters are weighted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RelatednessWeights {
    /// By the overlap of their definitions.
    #[default]
    Overlap,
    /// Every related cluster counts one.
    Binary,
}

/// Which rows the models use.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
pub struct SampleSection {
    /// A condition: rows where it is not true leave.
    #[serde(rename = "where", default)]
    pub filter: Option<String>,
}

/// One model.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct ModelSection {
    /// Its name.
    pub name: String,
    /// The estimator: `ols`, or `iv` where the formula has instruments, if not given.
    #[serde(default)]
    pub method: Option<MethodName>,
    /// The constant of `method = "fuller"`.
    #[serde(default)]
    pub fuller: Option<f64>,
    /// The number of `method = "k-class"`.
    #[serde(default)]
    pub k: Option<f64>,
    /// Options of `method = "gmm"`.
    #[serde(default)]
    pub gmm: Option<GmmOptions>,
    /// Which effects `within`, `between` and `random` have; those of units if not given.
    #[serde(default)]
    pub effect: Option<EffectName>,
    /// How `random` estimates variance components; `swamy-arora` if not given.
    #[serde(default)]
    pub components: Option<ComponentsName>,
    /// Regressors of the formula that `hausman-taylor`, `amemiya-macurdy` and `breusch-mizon-schmidt` take to be correlated
    /// with unit effects.
    #[serde(default)]
    pub endogenous: Vec<String>,
    /// Options of `method = "difference"`.
    #[serde(default)]
    pub difference: Option<DifferenceSection>,
    /// Options of dynamic panel methods.
    #[serde(default)]
    pub dynamic: Option<DynamicSection>,
    /// Tests of a panel model: `hausman`, `bp`, `poolability`, `wooldridge`, `cd`, ...
    #[serde(default)]
    pub panel_tests: Vec<String>,
    /// Weights of `[geography.weights]` among whose neighbours the CD statistic is computed as well (Pesaran's local test).
    #[serde(default)]
    pub cd_neighbors: Option<String>,
    /// Options of the tests of unit roots among `panel_tests`.
    #[serde(default)]
    pub unit_roots: Option<UnitRootSection>,
    /// Instruments whose exogeneity is tested by difference in J.
    #[serde(default)]
    pub orthogonal: Vec<String>,
    /// The link of `method = "fractional"`.
    #[serde(default)]
    pub link: Option<LinkName>,
    /// An expression that is added to the index with a coefficient of one.
    #[serde(default)]
    pub offset: Option<String>,
    /// An expression whose logarithm is added to the index: what a count is a count of.
    #[serde(default)]
    pub exposure: Option<String>,
    /// Terms of the index of zeros of a zero-inflated or hurdle model, besides its constant.
    #[serde(default)]
    pub zero: Option<Vec<String>>,
    /// Methods that a model of counts is compared with by Vuong's test, on the same sample and regressors.
    #[serde(default)]
    pub vuong: Vec<MethodName>,
    /// What happens to rows that have no finite index: `"drop"` (default), `"keep"`, or ways to find them.
    #[serde(default)]
    pub separation: Option<SeparationSection>,
    /// How incidental-parameter bias of a choice with absorbed effects is taken out: `"analytical"`, `"jackknife"`, or
    /// `{ method = "analytical", lags = 1 }`.
    #[serde(default)]
    pub bias_correction: Option<BiasCorrectionSection>,
    /// An effect that the rows of a unit share and that is drawn, not estimated: `"normal"`, `"gamma"` (cloglog), or
    /// `{ distribution = "normal", points = 25 }`.
    #[serde(default)]
    pub frailty: Option<FrailtySection>,
    /// `outcome ~ regressors | absorbed effects | endogenous ~ instruments`.
    pub formula: String,
    /// The standard errors.
    #[serde(default)]
    pub errors: Option<ErrorsSection>,
    /// Observation weights.
    #[serde(default)]
    pub weights: Option<WeightsSection>,
    /// A condition that narrows the study's sample for this model.
    #[serde(rename = "where", default)]
    pub filter: Option<String>,
    /// What happens to rows alone in a level of an absorbed effect.
    #[serde(default)]
    pub singletons: SingletonsName,
    /// How absorbed effects are taken out.
    #[serde(default)]
    pub absorption: Option<AbsorptionSection>,
    /// Whether the absorbed effects themselves are written to `fixed_effects.csv`.
    #[serde(default)]
    pub fixed_effects: bool,
    /// The equation of the data package's truth table that this model estimates, for data drawn from a known process.
    #[serde(default)]
    pub truth: Option<String>,
    /// Tests, combinations and bands of coefficients.
    #[serde(flatten)]
    pub inference: InferenceSection,
    /// What a model with `method = "shift-share"` tests besides.
    #[serde(default)]
    pub shift_share: Option<RawShiftShareTests>,
    /// The weights of a spatial method, and its options.
    #[serde(default)]
    pub spatial: Option<SpatialSection>,
    /// How strong an omitted variable must be to change what a coefficient says.
    #[serde(default)]
    pub sensitivity: Option<RawSensitivity>,
    /// How coefficients move with errors of measurement in their regressors.
    #[serde(default)]
    pub measurement: Vec<RawMeasurement>,
}

/// `drop` or `keep`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SingletonsName {
    /// They leave the sample, round after round until none is left (reghdfe's rule).
    #[default]
    Drop,
    /// They stay: coefficients are the same, clustered errors are too small (fixest's default).
    Keep,
}

/// Observation weights: exactly one of the three.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct WeightsSection {
    /// Each row stands for so many equal observations.
    #[serde(default)]
    pub frequency: Option<String>,
    /// Each row is a mean over so many observations: its variance is inverse to the weight.
    #[serde(default)]
    pub analytic: Option<String>,
    /// Each row was sampled with probability inverse to the weight.
    #[serde(default)]
    pub probability: Option<String>,
}

/// The choices along an axis: a list, or named choices.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Axis {
    /// Choices that name themselves.
    List(Vec<AxisChoice>),
    /// `name = choice`.
    Named(IndexMap<String, AxisChoice>),
}

/// One choice along an axis: a text, a list of texts, or along the axis `errors` a table as `errors` of a model takes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum AxisChoice {
    /// A text or a list of texts.
    Names(OneOrMany),
    /// Errors in detail.
    Errors(ErrorsTable),
}

impl AxisChoice {
    /// The name of a choice that has none.
    pub fn label(&self) -> String {
        match self {
            AxisChoice::Names(names) => names.names().join("+"),
            AxisChoice::Errors(table) => table.label(),
        }
    }
}
