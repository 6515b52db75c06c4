//! `[[autocorrelation]]`: whether a variable is alike between neighbours, raw and checked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use super::family::FamilyMethod;
use super::model::Parsed;
use crate::infer::multiple::Adjustment;

/// Permutations of a study that gives no number.
const PERMUTATIONS: usize = 999;

/// Spatial autocorrelation of a variable in every period: Moran's I, Geary's C and, region by region, where it comes from.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct RawAutocorrelation {
    /// Its name.
    pub name: String,
    /// The variable, or an expression.
    pub variable: String,
    /// A name of `[geography.weights]`.
    pub weights: String,
    /// Rows that count.
    #[serde(default, rename = "where")]
    pub filter: Option<String>,
    /// Columns that tell rows of one region and period apart; the columns of the unit other than the region if not given.
    #[serde(default)]
    pub by: Option<Vec<String>>,
    /// What is measured in every period: `moran` and `geary` if not given; `getis-ord` of values that are not negative, `join-counts` of a condition
    /// (0 or 1), `bivariate` against the lag of `other`. Of regions local Moran and `G*` are always measured, and the local form of `geary`,
    /// `join-counts` and `bivariate` with these.
    #[serde(default)]
    pub statistics: Option<Vec<StatisticName>>,
    /// The variable whose lag `bivariate` sets the variable against, or an expression.
    #[serde(default)]
    pub other: Option<String>,
    /// Moran's I of all periods together too (and the bivariate one): deviations from period means, whole paths of regions permuted.
    #[serde(default)]
    pub pooled: bool,
    /// The period of the scatter and the cluster map, as the panel writes it; the last one if not given.
    #[serde(default)]
    pub period: Option<String>,
    /// Permutations behind the pseudo p-values (999); 0 leaves the moments in closed form.
    #[serde(default)]
    pub permutations: Option<usize>,
    /// The false discovery rate at which regions count as hot or cold spots (0.05).
    #[serde(default)]
    pub alpha: Option<f64>,
    /// How local p-values are adjusted (`bh` if not given); from the p-values alone.
    #[serde(default)]
    pub adjust: Option<FamilyMethod>,
    /// The seed of the permutations; the study's if not given.
    #[serde(default)]
    pub seed: Option<u64>,
}

/// Global statistics of autocorrelation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StatisticName {
    /// Moran's I.
    Moran,
    /// Geary's C.
    Geary,
    /// Getis and Ord's G.
    GetisOrd,
    /// Counts of joins.
    JoinCounts,
    /// The bivariate I.
    Bivariate,
}

/// The section, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct AutocorrelationSpec {
    /// Its name.
    pub name: String,
    /// The variable.
    pub variable: Parsed,
    /// The name of the weights.
    pub weights: String,
    /// Rows that count.
    pub filter: Option<Parsed>,
    /// Columns of the key, where given.
    pub by: Option<Vec<String>>,
    /// What is measured.
    pub statistics: Vec<StatisticName>,
    /// The other variable of the bivariate I.
    pub other: Option<Parsed>,
    /// Whether all periods are measured together too.
    pub pooled: bool,
    /// The period of the figures; `None` for the last.
    pub period: Option<String>,
    /// Permutations.
    pub permutations: usize,
    /// The false discovery rate.
    pub alpha: f64,
    /// How local p-values are adjusted.
    pub adjust: Adjustment,
    /// The seed.
    pub seed: u64,
    /// Its place in the study file.
    pub at: String,
}

impl AutocorrelationSpec {
    /// Its expressions.
    pub fn expressions(&self) -> impl Iterator<Item = &Parsed> {
        std::iter::once(&self.variable).chain(&self.filter).chain(&self.other)
    }
}

impl Checker<'_> {
    pub(super) fn autocorrelations(
        &mut self,
        sections: &[RawAutocorrelation],
        weights: &[String],
        study_seed: u64,
    ) -> Vec<AutocorrelationSpec> {
        let mut found: Vec<AutocorrelationSpec> = Vec::new();
        for (position, section) in sections.iter().enumerate() {
            let at = format!("autocorrelation.{position}");
            if found.iter().any(|known| known.name == section.name) {
                let message = format!("two autocorrelations are named `{}`", section.name);
                self.fault(&format!("{at}.name"), message, None);
            }
            self.weights_named(&section.weights, weights, &format!("{at}.weights"));
            let alpha = section.alpha.unwrap_or(0.05);
            if !(alpha > 0.0 && alpha < 1.0) {
                let help = "0.05 is usual".to_string();
                self.fault(&format!("{at}.alpha"), "`alpha` must lie between 0 and 1", Some(help));
            }
            let adjust = self.adjustment(section.adjust, &format!("{at}.adjust"));
            let filter = section.filter.as_deref().and_then(|text| self.expression(text, &format!("{at}.where")));
            let statistics =
                section.statistics.clone().unwrap_or_else(|| vec![StatisticName::Moran, StatisticName::Geary]);
            let permutations = section.permutations.unwrap_or(PERMUTATIONS);
            self.statistics(section, (&statistics, permutations), &at);
            let other = section.other.as_deref().and_then(|text| self.expression(text, &format!("{at}.other")));
            let Some(variable) = self.expression(&section.variable, &format!("{at}.variable")) else { continue };
            found.push(AutocorrelationSpec {
                name: section.name.clone(),
                variable,
                weights: section.weights.clone(),
                filter,
                by: section.by.clone(),
                statistics,
                other,
                pooled: section.pooled,
                period: section.period.clone(),
                permutations,
                alpha,
                adjust,
                seed: section.seed.unwrap_or(study_seed),
                at,
            });
        }
        found
    }

    /// Statistics that need what the section does not give.
    fn statistics(
        &mut self,
        section: &RawAutocorrelation,
        (statistics, permutations): (&[StatisticName], usize),
        at: &str,
    ) {
        let bivariate = statistics.contains(&StatisticName::Bivariate);
        let is_repeated = (1..statistics.len()).any(|k| statistics[..k].contains(&statistics[k]));
        let found = [
            (is_repeated, "statistics", "a statistic stands twice", "write each once"),
            (
                statistics.is_empty(),
                "statistics",
                "no statistic is asked for",
                "write \"moran\", or leave `statistics` out",
            ),
            (
                bivariate && section.other.is_none(),
                "statistics",
                "the bivariate I needs another variable",
                "write other = \"...\", the variable whose lag it is set against",
            ),
            (
                section.other.is_some() && !bivariate,
                "other",
                "`other` is the other variable of the bivariate I, which is not asked for",
                "add \"bivariate\" to `statistics`, or take `other` out",
            ),
            (
                permutations == 0 && (bivariate || section.pooled),
                "permutations",
                "the bivariate I and those of all periods have no moments in closed form",
                "leave `permutations` out, or write 999",
            ),
        ];
        for (_, key, message, help) in found.into_iter().filter(|(is, ..)| *is) {
            self.fault(&format!("{at}.{key}"), message, Some(help.into()));
        }
    }

    fn adjustment(&mut self, method: Option<FamilyMethod>, at: &str) -> Adjustment {
        let method = method.unwrap_or(FamilyMethod::Bh);
        method.adjustment().unwrap_or_else(|| {
            let message = format!("`{}` needs joint draws of models: p-values of places have none", method.name());
            self.fault(at, message, Some("write \"bh\", \"by\" or \"holm\"".into()));
            Adjustment::BenjaminiHochberg
        })
    }
}
