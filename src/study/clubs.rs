//! `[[clubs]]`: groups of units whose paths meet, raw and checked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use super::model::Parsed;
use crate::infer::panel::clubs::ClubSearch;
use crate::infer::panel::log_t::{LogTConvention, LogTRegression};

/// Convergence clubs of the study's units by the log t test (Phillips and Sul 2007).
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct RawClubs {
    /// Their name.
    pub name: String,
    /// The variable, or an expression: levels or logarithms, one row for each unit and period.
    pub variable: String,
    /// Rows that count.
    #[serde(default, rename = "where")]
    pub filter: Option<String>,
    /// The weight of the Hodrick-Prescott trend that is taken first (400 in the paper); the variable as it is if not given.
    #[serde(default)]
    pub smooth: Option<f64>,
    /// The share of first periods that the regressions leave out (0.3; 0.2 from 100 periods on).
    #[serde(default)]
    pub trim: Option<f64>,
    /// Whose details are followed (`paper` if not given).
    #[serde(default)]
    pub convention: RawLogTConvention,
    /// The last periods whose mean orders the units (1).
    #[serde(default)]
    pub order_periods: Option<usize>,
    /// What t of the core group with a unit added must exceed for the unit to join (0).
    #[serde(default)]
    pub critical: Option<f64>,
    /// What `critical` is raised by while a club as a whole is rejected (0.1); 0 leaves such a club as it is.
    #[serde(default)]
    pub raise: Option<f64>,
    /// Whether successive clubs that converge together are merged (true; Phillips and Sul 2009).
    #[serde(default)]
    pub merge: Option<bool>,
}

/// Whose details of the log t regression are followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RawLogTConvention {
    /// The paper's.
    #[default]
    Paper,
    /// The authors' programs', as R's ConvergenceClubs has them.
    Programs,
}

/// The section, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct ClubsSpec {
    /// Their name.
    pub name: String,
    /// The variable.
    pub variable: Parsed,
    /// Rows that count.
    pub filter: Option<Parsed>,
    /// The weight of the trend.
    pub smooth: Option<f64>,
    /// How they are searched for.
    pub search: ClubSearch,
}

impl ClubsSpec {
    /// Its expressions.
    pub fn expressions(&self) -> impl Iterator<Item = &Parsed> {
        std::iter::once(&self.variable).chain(&self.filter)
    }
}

impl Checker<'_> {
    pub(super) fn clubs(&mut self, sections: &[RawClubs]) -> Vec<ClubsSpec> {
        let mut found: Vec<ClubsSpec> = Vec::new();
        for (position, section) in sections.iter().enumerate() {
            let at = format!("clubs.{position}");
            if found.iter().any(|known| known.name == section.name) {
                self.fault(&format!("{at}.name"), format!("two clubs are named `{}`", section.name), None);
            }
            let search = self.club_search(section, &at);
            let filter = section.filter.as_deref().and_then(|text| self.expression(text, &format!("{at}.where")));
            let Some(variable) = self.expression(&section.variable, &format!("{at}.variable")) else { continue };
            found.push(ClubsSpec { name: section.name.clone(), variable, filter, smooth: section.smooth, search });
        }
        found
    }

    fn club_search(&mut self, section: &RawClubs, at: &str) -> ClubSearch {
        let mut sound = |key: &str, is_sound: bool, message: &str, help: &str| {
            if !is_sound {
                self.fault(&format!("{at}.{key}"), message, Some(help.to_string()));
            }
        };
        let given = |value: Option<f64>, is_sound: fn(f64) -> bool| value.is_none_or(is_sound);
        let share = given(section.trim, |share| share > 0.0 && share < 1.0);
        sound("trim", share, "`trim` is a share between 0 and 1", "Phillips and Sul advise 0.3");
        let weight = given(section.smooth, |weight| weight > 0.0 && weight.is_finite());
        sound("smooth", weight, "`smooth` must be above 0", "400 is the paper's for years; leave it out for none");
        let raise = given(section.raise, |raise| raise >= 0.0 && raise.is_finite());
        sound("raise", raise, "`raise` must not be below 0", "0.1 is usual; 0 leaves clubs as they are");
        let critical = given(section.critical, f64::is_finite);
        sound("critical", critical, "`critical` must be a number", "0 is the paper's for few periods");
        let periods = section.order_periods != Some(0);
        sound("order_periods", periods, "`order_periods` must be 1 or more", "1 orders units by their last value");
        let usual = ClubSearch::default();
        ClubSearch {
            regression: LogTRegression {
                trim: section.trim,
                convention: match section.convention {
                    RawLogTConvention::Paper => LogTConvention::Paper,
                    RawLogTConvention::Programs => LogTConvention::Programs,
                },
            },
            order_periods: section.order_periods.unwrap_or(usual.order_periods),
            critical: section.critical.unwrap_or(usual.critical),
            raise: section.raise.or(usual.raise).filter(|raise| *raise > 0.0),
            most: usual.most,
            merge: section.merge.unwrap_or(usual.merge),
        }
    }
}
