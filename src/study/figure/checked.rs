//! The checked figure, with every default filled in.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::describe::{Scheme, Statistic};

/// A checked figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// Name of its files.
    pub name: String,
    /// Title, where the study gives one.
    pub title: Option<String>,
    /// Text below, where the study gives one.
    pub caption: Option<String>,
    /// What it shows.
    pub content: FigureContent,
}

/// What a checked figure shows, with every default filled in.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum FigureContent {
    /// Estimates with intervals.
    Coefficients(CoefficientsFigure),
    /// Marginal effects with intervals.
    Margins(CoefficientsFigure),
    /// Bin means.
    Binscatter(BinscatterFigure),
    /// Counts seen and expected.
    Rootogram(RootogramFigure),
    /// Outcomes seen and predicted.
    Calibration(CalibrationFigure),
    /// A choropleth map.
    Map(MapFigure),
    /// A choropleth map of a change in one region.
    Impact(ImpactFigure),
    /// A map of neighbours.
    Neighbors(NeighborsFigure),
}

/// A coefficient plot as a study asks for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CoefficientsFigure {
    /// Models in order; empty for all.
    pub models: Vec<String>,
    /// Patterns of terms to show; empty for all but the intercept.
    pub keep: Vec<String>,
    /// Patterns of terms to leave out.
    pub drop: Vec<String>,
    /// Labels of terms.
    pub labels: BTreeMap<String, String>,
    /// Confidence levels, ascending, each between 0 and 1.
    pub levels: Vec<f64>,
    /// Whether true values are marked.
    pub truth: bool,
    /// Whether simultaneous bands are drawn where the models have them.
    pub bands: bool,
}

/// A binned scatter plot as a study asks for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BinscatterFigure {
    /// The model.
    pub model: String,
    /// The term on the horizontal axis.
    pub x: String,
    /// The variable on the vertical axis; `None` for the outcome.
    pub y: Option<String>,
    /// Number of bins.
    pub bins: usize,
    /// Whether the model's line is drawn.
    pub fit: bool,
    /// Labels of the axes.
    pub labels: BTreeMap<String, String>,
}

/// A rootogram as a study asks for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RootogramFigure {
    /// The model.
    pub model: String,
    /// The largest count with a bar of its own.
    pub most: usize,
    /// Labels of the axes.
    pub labels: BTreeMap<String, String>,
}

/// A calibration plot as a study asks for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CalibrationFigure {
    /// The model.
    pub model: String,
    /// Number of bins.
    pub bins: usize,
    /// Labels of the axes.
    pub labels: BTreeMap<String, String>,
}

/// A map of neighbours, as a study asks for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NeighborsFigure {
    /// The weights.
    pub weights: String,
}

/// A map of where a change in one region lands, as a study asks for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ImpactFigure {
    /// The model.
    pub model: String,
    /// The regressor.
    pub variable: String,
    /// The region in which it changes.
    pub region: String,
    /// Number of classes.
    pub classes: usize,
    /// Where classes change.
    pub scheme: Scheme,
}

/// A map as a study asks for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MapFigure {
    /// The variable or expression.
    pub variable: String,
    /// The period; `None` for all.
    pub year: Option<i64>,
    /// The condition on rows.
    pub filter: Option<String>,
    /// How rows become one number.
    pub statistic: Statistic,
    /// Whether the logarithm is shown.
    pub log: bool,
    /// Number of classes.
    pub classes: usize,
    /// Where classes change.
    pub scheme: Scheme,
    /// What the legend says; `None` for the variable and the statistic.
    pub label: Option<String>,
}
