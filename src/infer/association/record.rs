//! What is found of one variable, for results.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::global::Association;
use super::permutation::Permuted;
use crate::estimate::record;
use crate::infer::normal;

/// The autocorrelation of a variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AutocorrelationRecord {
    /// Its name in the study.
    pub name: String,
    /// The variable.
    pub variable: String,
    /// The other variable of bivariate statistics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<String>,
    /// The weights.
    pub weights: String,
    /// Permutations behind pseudo p-values.
    pub permutations: usize,
    /// The rate at which regions count as hot or cold spots.
    pub alpha: f64,
    /// Rows without a value.
    pub missing: usize,
    /// A row per period (and key) and statistic.
    pub global: Vec<GlobalRow>,
}

/// A statistic in one period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GlobalRow {
    /// The period, with what else tells blocks apart; empty in a cross-section.
    pub period: String,
    /// `moran`, `geary`, `getis_ord`, `joins_both`, `joins_one`, `joins_none`, `bivariate_moran`; `pooled_moran` and `pooled_bivariate_moran` of all
    /// periods.
    pub statistic: String,
    /// Regions.
    pub regions: usize,
    /// Its value.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub value: f64,
    /// Its expectation without autocorrelation.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub expectation: f64,
    /// Its standard deviation under randomisation.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub std_deviation: f64,
    /// The standardised deviate.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub z: f64,
    /// Its two-sided p-value.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub p_value: f64,
    /// The two-sided pseudo p-value of permutations.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub pseudo_p_value: Option<f64>,
    /// Regions that are high among high at the rate (of the bivariate I: high among neighbours that are high in the other variable).
    pub hot_spots: usize,
    /// Regions that are low among low at the rate.
    pub cold_spots: usize,
}

impl GlobalRow {
    pub(crate) fn new(period: &str, statistic: &str, regions: usize, of: &Association) -> GlobalRow {
        GlobalRow {
            period: period.into(),
            statistic: statistic.into(),
            regions,
            value: of.statistic,
            expectation: of.expectation,
            std_deviation: of.variance.sqrt(),
            z: of.z,
            p_value: of.p_value,
            pseudo_p_value: None,
            hot_spots: 0,
            cold_spots: 0,
        }
    }

    /// A statistic whose moments are those of its permutations.
    pub(crate) fn of_draws(period: &str, statistic: &str, regions: usize, (value, of): (f64, &Permuted)) -> GlobalRow {
        let (mean, deviation) = of.moments();
        let z = (value - mean) / deviation;
        let association = Association {
            statistic: value,
            expectation: mean,
            variance: deviation * deviation,
            z,
            p_value: normal::two_sided_p(z),
        };
        GlobalRow { pseudo_p_value: Some(of.p_value), ..GlobalRow::new(period, statistic, regions, &association) }
    }
}

/// A region in one period.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalRow {
    /// The autocorrelation's name.
    pub name: String,
    /// The period.
    pub period: String,
    /// The region.
    pub region: String,
    /// The value.
    pub value: f64,
    /// The mean (or sum) of its neighbours.
    pub lag: f64,
    /// The weighted sum of the neighbours' deviations from the mean.
    pub lag_of_deviations: f64,
    /// Local Moran.
    pub moran: f64,
    /// Its two-sided p-value: of permutations if there are any, normal otherwise.
    pub p_value: f64,
    /// Adjusted for the number of regions.
    pub adjusted_p_value: f64,
    /// Where it stands in Moran's scatter; empty without a neighbour.
    pub quadrant: &'static str,
    /// Whether it counts at the rate.
    pub is_significant: bool,
    /// Getis and Ord's standardised `G*`.
    pub getis_ord: f64,
    /// Local Geary, where Geary's C is asked for.
    pub geary: Option<LocalStatistic>,
    /// The local join count, where join counts are asked for and the region has what is counted.
    pub joins: Option<LocalStatistic>,
    /// The local bivariate I, where it is asked for.
    pub bivariate: Option<LocalBivariate>,
}

/// A local statistic, judged by conditional permutations; without any its p-values are NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LocalStatistic {
    /// The statistic.
    pub value: f64,
    /// Its two-sided pseudo p-value.
    pub p_value: f64,
    /// Adjusted for the number of regions.
    pub adjusted_p_value: f64,
}

/// A region's value against its neighbours' values of another variable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LocalBivariate {
    /// The mean (or sum) of its neighbours' other variable.
    pub lag: f64,
    /// The local bivariate I.
    pub moran: LocalStatistic,
    /// Its value and the other variable of its neighbours, each against the mean of all.
    pub quadrant: &'static str,
    /// Whether it counts at the rate.
    pub is_significant: bool,
}
