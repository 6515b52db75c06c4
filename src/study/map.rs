//! `[map]` as written and as checked: how regions and clusters are measured.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Parsed;
use super::check::Checker;
use crate::mapping::StrongRule;
use crate::mapping::cluster_map::{Base, StarRule};

/// `[map]`: every region x cluster (x year) with its size, its specialisation and its standing. `isard map` measures it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RawMap {
    /// Employment of a row: a column, or an expression. Rows are added up by region, cluster and time.
    pub employment: String,
    /// The least and the most employment of a row, where some of it is suppressed: `["employment_low", "employment_high"]`.
    #[serde(default)]
    pub bounds: Option<[String; 2]>,
    /// How many times suppressed cells (`impute` of a table) are drawn from their intervals and the map is measured anew, so
    /// that quotients, flags and regional strength come with their spread.
    #[serde(default)]
    pub draws: Option<u32>,
    /// Establishments of a row.
    #[serde(default)]
    pub establishments: Option<String>,
    /// Payroll of a row; wages are payroll per employee, so write `"payroll * 1000"` for payroll in thousands.
    #[serde(default)]
    pub payroll: Option<String>,
    /// Patents of a row.
    #[serde(default)]
    pub patents: Option<String>,
    /// Rows to use.
    #[serde(default, rename = "where")]
    pub filter: Option<String>,
    /// Whose total a cluster is compared with: `same_type` (default: traded with traded, local with local employment, as
    /// the Cluster Mapping site does; all where the data do not tell), `total` or `traded`.
    #[serde(default)]
    pub base: BaseName,
    /// A table of national employment: the cluster column, `employment` and, if wanted, the time column. Sums over the
    /// regions where left out.
    #[serde(default)]
    pub national: Option<String>,
    /// What makes a cluster strong in a region: the name of a rule, or conditions that all must hold.
    #[serde(default)]
    pub strong: Option<RawStrong>,
    /// The stars of the European Cluster Observatory.
    #[serde(default)]
    pub stars: Option<RawStars>,
    /// A text column of the panel with the region's name.
    #[serde(default)]
    pub region_name: Option<String>,
    /// A text column of the panel with the cluster's name.
    #[serde(default)]
    pub cluster_name: Option<String>,
    /// Clusters (by code or name) that get a map of their own.
    #[serde(default)]
    pub maps: Vec<String>,
}

/// Whose total a cluster is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BaseName {
    /// Traded with traded, local with local.
    #[default]
    SameType,
    /// All activity.
    Total,
    /// Traded activity.
    Traded,
}

/// What makes a cluster strong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RawStrong {
    /// A rule by name.
    Name(StrongName),
    /// Conditions.
    Rule(RawStrongRule),
}

/// Rules by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StrongName {
    /// The rule of clustermapping.us.
    ClusterMapping,
    /// Top 20 per cent of regions by quotient (Delgado, Porter and Stern 2014).
    #[serde(rename = "dps-2014")]
    Dps2014,
    /// A quotient of at least 1.5.
    Specialised,
    /// Three stars of the European Cluster Observatory.
    Stars,
}

/// `{ quotient_quantile = 0.75, quotient = 1, size_quantile = 0.25 }`: conditions that all must hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawStrongRule {
    /// The quotient is at or above this quantile of the cluster's quotients over the regions that have it.
    #[serde(default)]
    pub quotient_quantile: Option<f64>,
    /// The quotient is at least this.
    #[serde(default)]
    pub quotient: Option<f64>,
    /// Employment and establishments are above this quantile of the cluster's.
    #[serde(default)]
    pub size_quantile: Option<f64>,
    /// Employment is at least this.
    #[serde(default)]
    pub employment: Option<f64>,
    /// Establishments are at least this.
    #[serde(default)]
    pub establishments: Option<f64>,
    /// The share of the cluster's national employment is at least this.
    #[serde(default)]
    pub national_share: Option<f64>,
    /// So many stars or more.
    #[serde(default)]
    pub stars: Option<u8>,
}

/// `{ top = 0.1, quotient = 2, floor = 1000 }`: one star each for size, specialisation and focus.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawStars {
    /// The top share of regions that gets the stars of size and focus (default 0.1).
    #[serde(default)]
    pub top: Option<f64>,
    /// The quotient that gets the star of specialisation (default 2).
    #[serde(default)]
    pub quotient: Option<f64>,
    /// Employees below which there is no star (default 1000).
    #[serde(default)]
    pub floor: Option<f64>,
}

/// `[map]`, checked.
#[derive(Clone, Debug)]
pub struct MapSpec {
    /// Employment.
    pub employment: Parsed,
    /// The least and the most employment.
    pub bounds: Option<[Parsed; 2]>,
    /// Draws of imputed values; none when zero.
    pub draws: u32,
    /// Establishments.
    pub establishments: Option<Parsed>,
    /// Payroll.
    pub payroll: Option<Parsed>,
    /// Patents.
    pub patents: Option<Parsed>,
    /// Rows to use.
    pub filter: Option<Parsed>,
    /// Whose total a cluster is compared with.
    pub base: Base,
    /// The table of national employment.
    pub national: Option<String>,
    /// What makes a cluster strong.
    pub rule: StrongRule,
    /// The rule's name, if it has one.
    pub rule_name: Option<&'static str>,
    /// The stars.
    pub stars: StarRule,
    /// The column of region names.
    pub region_name: Option<String>,
    /// The column of cluster names.
    pub cluster_name: Option<String>,
    /// Clusters with a map of their own.
    pub maps: Vec<String>,
}

impl MapSpec {
    /// Its expressions.
    pub fn expressions(&self) -> impl Iterator<Item = &Parsed> {
        let others = [&self.establishments, &self.payroll, &self.patents, &self.filter];
        std::iter::once(&self.employment).chain(others.into_iter().flatten()).chain(self.bounds.iter().flatten())
    }

    /// Columns of the panel that it names.
    pub fn columns(&self) -> impl Iterator<Item = &String> {
        [&self.region_name, &self.cluster_name].into_iter().flatten()
    }

    /// The rule in words.
    pub fn rule_in_words(&self) -> String {
        let name = self.rule_name.map_or(String::new(), |name| format!("{name}: "));
        let rule = &self.rule;
        let parts = [
            rule.quotient_quantile
                .map(|p| format!("location quotient in the top {} per cent of regions", percent(1.0 - p))),
            rule.quotient.map(|least| format!("location quotient at least {least}")),
            rule.size_quantile
                .map(|p| format!("employment and establishments above the bottom {} per cent", percent(p))),
            rule.employment.map(|least| format!("employment at least {least}")),
            rule.establishments.map(|least| format!("establishments at least {least}")),
            rule.national_share.map(|least| format!("at least {} per cent of the nation", percent(least))),
            rule.stars.map(|least| format!("at least {least} of 3 stars")),
        ];
        format!("{name}{}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

fn percent(share: f64) -> f64 {
    (share * 1e8).round() / 1e6
}

impl Checker<'_> {
    /// `[map]`.
    pub(super) fn map(&mut self, raw: Option<&RawMap>) -> Option<MapSpec> {
        let raw = raw?;
        let employment = self.expression(&raw.employment, "map.employment");
        let mut optional = |text: &Option<String>, key: &str| {
            text.as_ref().and_then(|text| self.expression(text, &format!("map.{key}")))
        };
        let establishments = optional(&raw.establishments, "establishments");
        let payroll = optional(&raw.payroll, "payroll");
        let patents = optional(&raw.patents, "patents");
        let filter = optional(&raw.filter, "where");
        let bounds = raw
            .bounds
            .as_ref()
            .map(|[low, high]| [self.expression(low, "map.bounds.0"), self.expression(high, "map.bounds.1")]);
        let bounds = match bounds {
            Some([Some(low), Some(high)]) => Some([low, high]),
            _ => None,
        };
        let help = "20 draws tell most; leave it out for none";
        self.between("map.draws", raw.draws.map(f64::from), (2.0, 1000.0), "the number of draws", help);
        let (rule, rule_name) = self.strong(raw.strong.as_ref());
        let stars = self.stars(raw.stars.as_ref());
        Some(MapSpec {
            employment: employment?,
            bounds,
            draws: raw.draws.unwrap_or(0),
            establishments,
            payroll,
            patents,
            filter,
            base: match raw.base {
                BaseName::SameType => Base::SameType,
                BaseName::Total => Base::Total,
                BaseName::Traded => Base::Traded,
            },
            national: raw.national.clone(),
            rule,
            rule_name,
            stars,
            region_name: raw.region_name.clone(),
            cluster_name: raw.cluster_name.clone(),
            maps: raw.maps.clone(),
        })
    }

    fn strong(&mut self, raw: Option<&RawStrong>) -> (StrongRule, Option<&'static str>) {
        let rule = match raw {
            None | Some(RawStrong::Name(StrongName::ClusterMapping)) => {
                return (StrongRule::CLUSTER_MAPPING, Some("cluster-mapping"));
            }
            Some(RawStrong::Name(StrongName::Dps2014)) => return (StrongRule::DPS_2014, Some("dps-2014")),
            Some(RawStrong::Name(StrongName::Specialised)) => return (StrongRule::SPECIALISED, Some("specialised")),
            Some(RawStrong::Name(StrongName::Stars)) => return (StrongRule::STARS, Some("stars")),
            Some(RawStrong::Rule(rule)) => rule,
        };
        for (key, value) in [("quotient_quantile", rule.quotient_quantile), ("size_quantile", rule.size_quantile)] {
            self.between(
                &format!("map.strong.{key}"),
                value,
                (0.0, 1.0),
                "a quantile's order",
                "0.75 is the top quarter",
            );
        }
        self.between("map.strong.national_share", rule.national_share, (0.0, 1.0), "a share", "0.01 is one per cent");
        let least =
            [("quotient", rule.quotient), ("employment", rule.employment), ("establishments", rule.establishments)];
        for (key, value) in least {
            let at = format!("map.strong.{key}");
            self.between(&at, value, (0.0, f64::MAX), "a threshold", "give the least that counts as strong");
        }
        if rule.stars.is_some_and(|stars| stars > 3) {
            self.fault("map.strong.stars", "there are at most 3 stars", Some("give 1, 2 or 3".into()));
        }
        let rule = StrongRule {
            quotient_quantile: rule.quotient_quantile,
            quotient: rule.quotient,
            size_quantile: rule.size_quantile,
            employment: rule.employment,
            establishments: rule.establishments,
            national_share: rule.national_share,
            stars: rule.stars,
        };
        if rule == StrongRule::NONE {
            let help = "give one or more conditions, or the name of a rule: \"cluster-mapping\", \"dps-2014\", \"specialised\", \"stars\"";
            self.fault("map.strong", "a rule without conditions calls every cluster strong", Some(help.into()));
        }
        (rule, None)
    }

    fn stars(&mut self, raw: Option<&RawStars>) -> StarRule {
        let usual = StarRule::default();
        let Some(raw) = raw else { return usual };
        self.between("map.stars.top", raw.top, (0.0, 1.0), "a top share", "0.1 is the top tenth");
        for (key, value) in [("quotient", raw.quotient), ("floor", raw.floor)] {
            let at = format!("map.stars.{key}");
            self.between(&at, value, (0.0, f64::MAX), "a threshold", "give the least that gets a star");
        }
        StarRule {
            top: raw.top.unwrap_or(usual.top),
            quotient: raw.quotient.unwrap_or(usual.quotient),
            floor: raw.floor.unwrap_or(usual.floor),
        }
    }

    /// A fault where a number is given and outside its range.
    pub(super) fn between(&mut self, at: &str, value: Option<f64>, (low, high): (f64, f64), what: &str, help: &str) {
        if let Some(value) = value.filter(|value| !(low..=high).contains(value)) {
            let range = if high == f64::MAX { format!("at least {low}") } else { format!("between {low} and {high}") };
            self.fault(at, format!("{what} is {range}, not {value}"), Some(help.to_string()));
        }
    }
}
