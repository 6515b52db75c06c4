//! [`Results`]: everything that a run found, as `results.json` holds it, with a published schema.

use schemars::{JsonSchema, Schema, schema_for};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::table::Table;
use crate::describe::DescriptiveStatistics;
use crate::estimate::Fit;
use crate::estimate::system::SystemRecord;
use crate::infer::association::AutocorrelationRecord;
use crate::infer::curve::CurveRecord;
use crate::infer::distance_decay::DistanceDecayRecord;
use crate::infer::family::FamilyRecord;
use crate::infer::panel::clubs::ClubsRecord;
use crate::note::Note;
use crate::space::WeightsRecord;

/// Everything that a run found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Results {
    /// The form of this record; raised when a reader of an earlier one would misread it.
    pub format: u32,
    /// The version of isard that wrote it.
    pub version: String,
    /// What was asked.
    pub study: StudyRecord,
    /// Of which data.
    pub data: Vec<DataSource>,
    /// Every fitted model.
    pub models: Vec<Fit>,
    /// Families of hypotheses tested together.
    #[serde(default)]
    pub families: Vec<FamilyRecord>,
    /// Specification curves.
    #[serde(default)]
    pub curves: Vec<CurveRecord>,
    /// Spatial weights in numbers.
    #[serde(default)]
    pub weights: Vec<WeightsRecord>,
    /// Spatial autocorrelation of variables.
    #[serde(default)]
    pub autocorrelations: Vec<AutocorrelationRecord>,
    /// Systems of equations.
    #[serde(default)]
    pub systems: Vec<SystemRecord>,
    /// Numbers of spatial weights by profile likelihood.
    #[serde(default)]
    pub distance_decays: Vec<DistanceDecayRecord>,
    /// Convergence clubs.
    #[serde(default)]
    pub clubs: Vec<ClubsRecord>,
    /// Descriptive statistics of the estimation sample.
    pub descriptives: Vec<DescriptiveStatistics>,
    /// Every table.
    pub tables: Vec<Table>,
    /// Every figure and map.
    pub figures: Vec<FigureRecord>,
    /// Findings about the data and the study as a whole; those about a model are with the model.
    pub notes: Vec<Note>,
}

/// What was asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StudyRecord {
    /// The study file's stem.
    pub name: String,
    /// The title.
    pub title: String,
    /// The question.
    pub question: Option<String>,
    /// The seed of every random stream.
    pub seed: Option<u64>,
}

/// A set of data that the study used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DataSource {
    /// Its short name.
    pub name: String,
    /// Its title.
    pub title: Option<String>,
    /// What it holds.
    pub description: Option<String>,
    /// Its licence.
    pub licence: Option<String>,
    /// Where it comes from: names or addresses.
    pub sources: Vec<String>,
    /// Rows read.
    pub rows: Option<usize>,
    /// Whether it was drawn from a process instead of observed.
    pub is_synthetic: bool,
}

/// A figure or map.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FigureRecord {
    /// Its name: the stem of its files.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Its caption.
    pub caption: String,
    /// Whether it is a map.
    pub is_map: bool,
}

/// A `results.json` that cannot be read.
#[derive(Debug, Error)]
pub enum ResultsError {
    /// Not the record that it should be.
    #[error("the results cannot be read (line {}, column {}): run the study again", .source.line(), .source.column())]
    Malformed {
        /// What is wrong.
        source: serde_json::Error,
    },
    /// Written by a later isard.
    #[error(
        "the results have form {found} and this isard reads up to {known}: use a newer isard, or run the study again"
    )]
    Newer {
        /// The form of the file.
        found: u32,
        /// The latest form that is known here.
        known: u32,
    },
}

impl Results {
    /// The form that this version writes.
    pub const FORMAT: u32 = 1;

    /// The record as JSON, indented, with a line break at its end.
    ///
    /// # Errors
    /// Never for records made by isard: every part is plain data.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }

    /// Reads a record.
    ///
    /// # Errors
    /// When the text is not such a record, or a later version wrote it.
    pub fn from_json(text: &str) -> Result<Self, ResultsError> {
        #[derive(Deserialize)]
        struct Form {
            format: u32,
        }
        let read = |source| ResultsError::Malformed { source };
        let form: Form = serde_json::from_str(text).map_err(read)?;
        if form.format > Self::FORMAT {
            return Err(ResultsError::Newer { found: form.format, known: Self::FORMAT });
        }
        serde_json::from_str(text).map_err(read)
    }

    /// The JSON Schema of `results.json`.
    pub fn schema() -> Schema {
        schema_for!(Results)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::report::table::{TableSpec, layout, trial};
    use crate::study::table::{Statistic, TableSection};

    /// The results of a small study with known truth.
    pub(crate) fn sample() -> Results {
        let models = trial::pair();
        let labels =
            [("initial_wage", "Initial wage"), ("cluster_strength", "Cluster strength (outside the industry)")];
        let section = TableSection {
            name: "main".into(),
            title: Some("Wage growth and clusters".into()),
            labels: labels.into_iter().map(|(name, label)| (name.to_string(), label.to_string())).collect(),
            truth: true,
            statistics: Some(Statistic::DEFAULT.to_vec()),
            ..TableSection::default()
        };
        let spec = TableSpec::from(&section);
        let described = |variable: &str, mean: f64, sd: f64| DescriptiveStatistics {
            name: variable.into(),
            n: 18_210,
            n_missing: 0,
            mean,
            sd,
            min: mean - 3.0 * sd,
            p25: mean - 0.7 * sd,
            median: mean,
            p75: mean + 0.7 * sd,
            max: mean + 3.1 * sd,
        };
        Results {
            format: Results::FORMAT,
            version: "0.1.0".into(),
            study: StudyRecord {
                name: "wage_growth".into(),
                title: "Strong clusters and wage growth".into(),
                question: Some("Do wages grow faster in industries that sit inside a strong regional cluster?".into()),
                seed: Some(20_100_701),
            },
            data: vec![DataSource {
                name: "us-synthetic".into(),
                title: Some("Synthetic regions and industries".into()),
                description: Some("A panel drawn from a known process over real county shapes.".into()),
                licence: Some("CC0-1.0".into()),
                sources: vec!["us-atlas 3.0.1 (ISC)".into()],
                rows: Some(48_210),
                is_synthetic: true,
            }],
            tables: vec![layout(&spec, &spec.select(&models))],
            descriptives: vec![described("wage_growth", 0.0312, 0.0521), described("employment", 1834.2, 5210.7)],
            models,
            families: Vec::new(),
            curves: Vec::new(),
            weights: Vec::new(),
            autocorrelations: Vec::new(),
            systems: Vec::new(),
            distance_decays: Vec::new(),
            clubs: Vec::new(),
            figures: vec![FigureRecord {
                name: "coefficients".into(),
                title: "Coefficients".into(),
                caption: "Estimates with 95 % confidence intervals.".into(),
                is_map: false,
            }],
            notes: vec![Note::TimeGap { units: 12, example: "1001|311".into() }],
        }
    }

    #[test]
    fn what_is_not_finite_reads_back() {
        let mut results = sample();
        if let Some(c) = results.models.first_mut().and_then(|fit| fit.coefficients.first_mut()) {
            c.std_error = f64::NAN;
            c.df = f64::INFINITY;
            c.conf_low = f64::NEG_INFINITY;
        }
        let back = Results::from_json(&results.to_json().unwrap()).unwrap();
        let c = &back.models[0].coefficients[0];
        assert!(c.std_error.is_nan() && c.df == f64::INFINITY && c.conf_low == f64::NEG_INFINITY);
        let c = &back.models[1].coefficients[1];
        assert_eq!(c, &results.models[1].coefficients[1]);
        assert_eq!((&back.tables, &back.data), (&results.tables, &results.data));
        assert_eq!(back.models[0].statistics, results.models[0].statistics);
    }

    #[test]
    fn the_schema_lists_every_part_and_later_forms_are_refused() {
        let schema = serde_json::to_value(Results::schema()).unwrap();
        assert!(schema.pointer("/properties/models").is_some() && schema.pointer("/$defs/Fit").is_some());
        let text = sample().to_json().unwrap().replacen("\"format\": 1", "\"format\": 9", 1);
        assert!(Results::from_json(&text).unwrap_err().to_string().contains("newer isard"));
        assert!(Results::from_json("{").unwrap_err().to_string().contains("line 1"));
    }
}
