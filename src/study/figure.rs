//! The `[[figure]]` section: its shape in the file, and the checked figure.
//!
//! One flat shape for all kinds keeps faults simple to point at: a key that a kind does not know is named with the kinds
//! that do, where a union of shapes could only say that nothing matched. Whether models, terms and columns exist is
//! checked later, against the study and its data.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::describe::{Scheme, Statistic};

mod checked;
mod fault;

pub use checked::{
    BinscatterFigure, CalibrationFigure, CoefficientsFigure, Figure, FigureContent, ImpactFigure, MapFigure,
    NeighborsFigure, RootogramFigure,
};
pub use fault::FigureFault;

/// What a figure shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FigureKind {
    /// Estimates with intervals: a row per term, a marker per model.
    Coefficients,
    /// Marginal effects and contrasts with intervals: a row per effect, a marker per model.
    Margins,
    /// Bin means of the outcome over one regressor, net of the model's other regressors and absorbed effects.
    Binscatter,
    /// Counts seen that hang from the curve of counts expected, on the scale of square roots.
    Rootogram,
    /// Mean outcomes of rows with nearly the same fitted probability, beside that probability.
    Calibration,
    /// A choropleth map of a regional variable.
    Map,
    /// A choropleth map of where a change in one region lands, of a spatial model.
    Impact,
    /// A map with a line between every two neighbours, of spatial weights.
    Neighbors,
}

impl FigureKind {
    /// The word of study files, also the default name of a figure.
    pub fn word(self) -> &'static str {
        match self {
            FigureKind::Coefficients => "coefficients",
            FigureKind::Margins => "margins",
            FigureKind::Binscatter => "binscatter",
            FigureKind::Rootogram => "rootogram",
            FigureKind::Calibration => "calibration",
            FigureKind::Map => "map",
            FigureKind::Impact => "impact",
            FigureKind::Neighbors => "neighbors",
        }
    }

    /// The keys that this kind knows beside `kind`, `name`, `title` and `caption`.
    pub fn keys(self) -> &'static [&'static str] {
        match self {
            FigureKind::Coefficients => &["models", "keep", "drop", "labels", "levels", "truth", "bands"],
            FigureKind::Margins => &["models", "keep", "drop", "labels", "levels"],
            FigureKind::Binscatter => &["model", "x", "y", "bins", "fit", "labels"],
            FigureKind::Rootogram => &["model", "most", "labels"],
            FigureKind::Calibration => &["model", "bins", "labels"],
            FigureKind::Map => &["variable", "year", "where", "statistic", "log", "classes", "scheme", "label"],
            FigureKind::Impact => &["model", "variable", "region", "classes", "scheme"],
            FigureKind::Neighbors => &["weights"],
        }
    }
}

/// `[[figure]]`: one figure of the report, as the file writes it.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Figure")]
pub struct RawFigure {
    /// What the figure shows.
    pub kind: FigureKind,
    /// Name of the files under `figures/`; by default the kind, numbered where a kind comes more than once.
    pub name: Option<String>,
    /// Title above the figure; by default made from the kind and the variables.
    pub title: Option<String>,
    /// Text below the figure: what to see, and how to read it.
    pub caption: Option<String>,

    /// coefficients, margins: the models to show, in order; by default all.
    pub models: Option<Vec<String>>,
    /// coefficients, margins: terms or effects to show, in this order; `*` stands for any characters. By default all but the intercept.
    pub keep: Option<Vec<String>>,
    /// coefficients, margins: terms or effects to leave out; `*` stands for any characters.
    pub drop: Option<Vec<String>>,
    /// coefficients, margins, binscatter, rootogram, calibration: what to print instead of a term or a variable.
    pub labels: Option<BTreeMap<String, String>>,
    /// coefficients, margins: confidence levels of the intervals, such as `[0.90, 0.95, 0.99]`; by default `[0.95]`.
    pub levels: Option<Vec<f64>>,
    /// coefficients: mark the true values where the data were drawn from a known model; by default true.
    pub truth: Option<bool>,
    /// coefficients: draw simultaneous bands where the models have them; by default true.
    pub bands: Option<bool>,

    /// binscatter: the model whose sample, absorbed effects and other regressors are used; rootogram, calibration, impact: the model whose fit is shown.
    pub model: Option<String>,
    /// binscatter: the term of the model on the horizontal axis.
    pub x: Option<String>,
    /// binscatter: the variable on the vertical axis; by default the model's outcome.
    pub y: Option<String>,
    /// binscatter, calibration: number of quantile bins, 2 to 200; by default 20.
    pub bins: Option<usize>,
    /// binscatter: draw the line of the model; by default true.
    pub fit: Option<bool>,

    /// rootogram: the largest count with a bar of its own, 1 to 200; by default 30.
    pub most: Option<usize>,

    /// map: the variable or expression to map; impact: the regressor that changes by one unit.
    pub variable: Option<String>,
    /// map: the period to show; by default all of the panel.
    pub year: Option<i64>,
    /// map: a condition that rows must meet.
    #[serde(rename = "where")]
    pub filter: Option<String>,
    /// map: how the rows of a region become one number; by default their mean.
    pub statistic: Option<Statistic>,
    /// map: show the logarithm of that number; regions at or below zero are then missing. By default false.
    pub log: Option<bool>,
    /// impact: the region in which the regressor changes.
    pub region: Option<String>,
    /// neighbors: the weights.
    pub weights: Option<String>,
    /// map, impact: number of classes, 2 to 9; by default 5.
    pub classes: Option<usize>,
    /// map, impact: where classes change; by default at quantiles.
    pub scheme: Option<Scheme>,
    /// map: what the legend says; by default the variable and the statistic.
    pub label: Option<String>,
}

impl FigureContent {
    /// The texts of the expressions that the figure evaluates itself.
    pub fn expressions(&self) -> Vec<(&'static str, &str)> {
        match self {
            FigureContent::Coefficients(_) | FigureContent::Margins(_) => Vec::new(),
            FigureContent::Rootogram(_) | FigureContent::Calibration(_) | FigureContent::Impact(_) => Vec::new(),
            FigureContent::Neighbors(_) => Vec::new(),
            FigureContent::Binscatter(content) => content.y.as_deref().map(|text| ("y", text)).into_iter().collect(),
            FigureContent::Map(content) => {
                let filter = content.filter.as_deref().map(|text| ("where", text));
                [Some(("variable", content.variable.as_str())), filter].into_iter().flatten().collect()
            }
        }
    }
}

impl RawFigure {
    /// Checks the section and fills in defaults. The default name is the kind; that names differ is for the study to see to.
    ///
    /// # Errors
    /// All faults at once.
    pub fn check(self) -> Result<Figure, Vec<FigureFault>> {
        let mut faults = self.foreign_keys();
        let name = self.name.clone().unwrap_or_else(|| self.kind.word().to_owned());
        if !is_file_name(&name) {
            faults.push(FigureFault::NameInvalid { name: name.clone() });
        }
        let (title, caption) = (self.title.clone(), self.caption.clone());
        let content = match self.kind {
            FigureKind::Coefficients => FigureContent::Coefficients(self.coefficients(&mut faults)),
            FigureKind::Margins => FigureContent::Margins(self.coefficients(&mut faults)),
            FigureKind::Binscatter => self.binscatter(&mut faults),
            FigureKind::Rootogram => self.rootogram(&mut faults),
            FigureKind::Calibration => self.calibration(&mut faults),
            FigureKind::Map => self.map(&mut faults),
            FigureKind::Impact => self.impact(&mut faults),
            FigureKind::Neighbors => FigureContent::Neighbors(NeighborsFigure {
                weights: required(self.weights, ("weights", self.kind.word(), "queen"), &mut faults),
            }),
        };
        if faults.is_empty() { Ok(Figure { name, title, caption, content }) } else { Err(faults) }
    }

    /// Keys that are set although the kind does not know them.
    fn foreign_keys(&self) -> Vec<FigureFault> {
        let set = [
            ("models", self.models.is_some()),
            ("keep", self.keep.is_some()),
            ("drop", self.drop.is_some()),
            ("labels", self.labels.is_some()),
            ("levels", self.levels.is_some()),
            ("truth", self.truth.is_some()),
            ("bands", self.bands.is_some()),
            ("model", self.model.is_some()),
            ("x", self.x.is_some()),
            ("y", self.y.is_some()),
            ("bins", self.bins.is_some()),
            ("fit", self.fit.is_some()),
            ("most", self.most.is_some()),
            ("variable", self.variable.is_some()),
            ("year", self.year.is_some()),
            ("where", self.filter.is_some()),
            ("statistic", self.statistic.is_some()),
            ("log", self.log.is_some()),
            ("classes", self.classes.is_some()),
            ("scheme", self.scheme.is_some()),
            ("label", self.label.is_some()),
            ("region", self.region.is_some()),
            ("weights", self.weights.is_some()),
        ];
        let (kind, known) = (self.kind.word(), self.kind.keys());
        let foreign = set.into_iter().filter(|(key, is_set)| *is_set && !known.contains(key));
        foreign.map(|(key, _)| FigureFault::KeyForeign { key, kind, known }).collect()
    }

    fn coefficients(self, faults: &mut Vec<FigureFault>) -> CoefficientsFigure {
        let mut levels = self.levels.unwrap_or_else(|| vec![0.95]);
        if levels.is_empty() {
            faults.push(FigureFault::LevelsEmpty);
        }
        let outside = levels.iter().filter(|level| !(**level > 0.0 && **level < 1.0));
        faults.extend(outside.map(|value| FigureFault::LevelOutOfRange { value: *value }));
        levels.sort_by(f64::total_cmp);
        levels.dedup();
        CoefficientsFigure {
            models: self.models.unwrap_or_default(),
            keep: self.keep.unwrap_or_default(),
            drop: self.drop.unwrap_or_default(),
            labels: self.labels.unwrap_or_default(),
            levels,
            truth: self.truth.unwrap_or(true),
            bands: self.bands.unwrap_or(true),
        }
    }

    fn binscatter(self, faults: &mut Vec<FigureFault>) -> FigureContent {
        let kind = self.kind.word();
        FigureContent::Binscatter(BinscatterFigure {
            model: required(self.model, ("model", kind, "clusters"), faults),
            x: required(self.x, ("x", kind, "cluster_strength"), faults),
            y: self.y,
            bins: within("bins", self.bins.unwrap_or(20), (2, 200), faults),
            fit: self.fit.unwrap_or(true),
            labels: self.labels.unwrap_or_default(),
        })
    }

    fn rootogram(self, faults: &mut Vec<FigureFault>) -> FigureContent {
        FigureContent::Rootogram(RootogramFigure {
            model: required(self.model, ("model", self.kind.word(), "patents"), faults),
            most: within("most", self.most.unwrap_or(30), (1, 200), faults),
            labels: self.labels.unwrap_or_default(),
        })
    }

    fn calibration(self, faults: &mut Vec<FigureFault>) -> FigureContent {
        FigureContent::Calibration(CalibrationFigure {
            model: required(self.model, ("model", self.kind.word(), "entry"), faults),
            bins: within("bins", self.bins.unwrap_or(20), (2, 200), faults),
            labels: self.labels.unwrap_or_default(),
        })
    }

    fn impact(self, faults: &mut Vec<FigureFault>) -> FigureContent {
        let kind = self.kind.word();
        FigureContent::Impact(ImpactFigure {
            model: required(self.model, ("model", kind, "durbin"), faults),
            variable: required(self.variable, ("variable", kind, "cluster_strength"), faults),
            region: required(self.region, ("region", kind, "R01"), faults),
            classes: within("classes", self.classes.unwrap_or(5), (2, 9), faults),
            scheme: self.scheme.unwrap_or_default(),
        })
    }

    fn map(self, faults: &mut Vec<FigureFault>) -> FigureContent {
        FigureContent::Map(MapFigure {
            variable: required(self.variable, ("variable", self.kind.word(), "employment"), faults),
            year: self.year,
            filter: self.filter,
            statistic: self.statistic.unwrap_or_default(),
            log: self.log.unwrap_or(false),
            classes: within("classes", self.classes.unwrap_or(5), (2, 9), faults),
            scheme: self.scheme.unwrap_or_default(),
            label: self.label,
        })
    }
}

/// The value of a key that must be there, or a fault.
fn required(
    value: Option<String>,
    (key, kind, example): (&'static str, &'static str, &'static str),
    faults: &mut Vec<FigureFault>,
) -> String {
    value.unwrap_or_else(|| {
        faults.push(FigureFault::KeyMissing { key, kind, example });
        String::new()
    })
}

/// A count in its range, or a fault.
fn within(key: &'static str, value: usize, (least, most): (usize, usize), faults: &mut Vec<FigureFault>) -> usize {
    if !(least..=most).contains(&value) {
        faults.push(FigureFault::CountOutOfRange { key, value, least, most });
    }
    value
}

/// Whether a name is a plain file name on every system.
fn is_file_name(name: &str) -> bool {
    let is_plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
    name.starts_with(char::is_alphanumeric) && name.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Figure, Vec<FigureFault>> {
        toml::from_str::<RawFigure>(text).unwrap().check()
    }

    #[test]
    fn fills_in_defaults() {
        let figure = read("kind = \"coefficients\"\nlevels = [0.99, 0.9]").unwrap();
        assert_eq!(figure.name, "coefficients");
        let FigureContent::Coefficients(plot) = figure.content else { panic!("kind") };
        assert_eq!((plot.levels, plot.truth), (vec![0.9, 0.99], true));
        let map = read(
            "kind = \"map\"\nname = \"pay\"\nvariable = \"log(wage)\"\nwhere = \"traded\"\nscheme = \"diverging\"",
        );
        let FigureContent::Map(map) = map.unwrap().content else { panic!("kind") };
        assert_eq!((map.classes, map.scheme, map.statistic), (5, Scheme::Diverging, Statistic::Mean));
        assert_eq!(map.filter.as_deref(), Some("traded"));
    }

    #[test]
    fn names_all_faults_at_once() {
        let faults = read("kind = \"binscatter\"\nbins = 1\nclasses = 3\nname = \"../x\"").unwrap_err();
        let messages: Vec<String> = faults.iter().map(|fault| format!("{}: {fault}", fault.key())).collect();
        insta::assert_snapshot!(messages.join("\n"));
    }

    #[test]
    fn a_level_is_a_share() {
        let faults = read("kind = \"coefficients\"\nlevels = [95.0]").unwrap_err();
        assert_eq!(faults, vec![FigureFault::LevelOutOfRange { value: 95.0 }]);
        assert_eq!(read("kind = \"coefficients\"\nlevels = []").unwrap_err(), vec![FigureFault::LevelsEmpty]);
    }

    #[test]
    fn every_key_of_a_kind_is_in_the_schema() {
        let schema = serde_json::to_value(schemars::schema_for!(RawFigure)).unwrap();
        for kind in [FigureKind::Coefficients, FigureKind::Margins, FigureKind::Binscatter, FigureKind::Map] {
            for key in kind.keys() {
                assert!(schema["properties"].get(key).is_some(), "{key}");
            }
        }
    }
}
