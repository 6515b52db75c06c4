//! `[[designation]]` as written and as checked: what a cluster must have to be designated, and what follows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use crate::mapping::designation::{Assembly, Criterion, Measure, Threshold};

/// `[[designation]]`: criteria that a cluster must meet to be designated, and what follows from meeting them.
/// `isard certify` judges every cluster of the measured map (`[map]`) by them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RawDesignation {
    /// The name; its results go to a folder of this name.
    pub name: String,
    /// The year (default: the latest).
    #[serde(default)]
    pub year: Option<f64>,
    /// What a cluster must have; all that are given must be met.
    pub criteria: RawCriteria,
    /// The column of the panel whose values are the parts of a cluster: an industry, a firm's role. Needed by
    /// `largest_part`, `parts` and `part_herfindahl`.
    #[serde(default)]
    pub breadth: Option<String>,
    /// A table of associated institutions: the region column and, if wanted, the cluster column and `type`; a row each.
    #[serde(default)]
    pub institutions: Option<String>,
    /// A text column of the panel with the larger area (state) of each region: candidates that cross its borders are told.
    #[serde(default)]
    pub larger: Option<String>,
    /// Puts adjacent regions together where a cluster is denser than its base.
    #[serde(default)]
    pub assemble: Option<RawAssembly>,
    /// A candidate is a near miss when all its failed criteria are at most this share of their threshold away (0.1).
    #[serde(default)]
    pub near: Option<f64>,
    /// What designated clusters are ranked by (default `quotient`).
    #[serde(default)]
    pub rank_by: MeasureName,
    /// Factors that each threshold is multiplied with in turn, to see how the list changes (0.8, 0.9, 1.1, 1.25).
    #[serde(default)]
    pub sensitivity: Option<Vec<f64>>,
    /// Decisions on special circumstances; each is recorded with its reason beside what the criteria say.
    #[serde(default)]
    pub overrides: Vec<RawOverride>,
    /// Planning grants for designated clusters.
    #[serde(default)]
    pub grants: Option<RawGrants>,
}

/// What a cluster must have. Floors, but for `largest_part` and `part_herfindahl`, which are ceilings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCriteria {
    /// The location quotient.
    #[serde(default)]
    pub quotient: Option<RawThreshold>,
    /// Employment.
    #[serde(default)]
    pub employment: Option<RawThreshold>,
    /// Establishments.
    #[serde(default)]
    pub establishments: Option<RawThreshold>,
    /// Share of the cluster's national employment.
    #[serde(default)]
    pub national_share: Option<RawThreshold>,
    /// Share of the region's employment in the base.
    #[serde(default)]
    pub region_share: Option<RawThreshold>,
    /// Payroll per employee.
    #[serde(default)]
    pub wage: Option<RawThreshold>,
    /// Patents.
    #[serde(default)]
    pub patents: Option<RawThreshold>,
    /// Patents per 10,000 employees of the cluster.
    #[serde(default)]
    pub patent_intensity: Option<RawThreshold>,
    /// Standard deviations of employment above what the region's size gives (binomial).
    #[serde(default)]
    pub excess: Option<RawThreshold>,
    /// Yearly growth of employment since the period before.
    #[serde(default)]
    pub employment_growth: Option<RawThreshold>,
    /// Ceiling: share of the largest part in the cluster's employment here.
    #[serde(default)]
    pub largest_part: Option<RawThreshold>,
    /// Parts with at least 5 per cent of the cluster's employment here.
    #[serde(default)]
    pub parts: Option<RawThreshold>,
    /// Ceiling: Herfindahl index of the parts.
    #[serde(default)]
    pub part_herfindahl: Option<RawThreshold>,
    /// Associated institutions.
    #[serde(default)]
    pub institutions: Option<RawThreshold>,
    /// Types of associated institutions.
    #[serde(default)]
    pub institution_types: Option<RawThreshold>,
}

impl RawCriteria {
    fn given(&self) -> Vec<(Measure, &RawThreshold)> {
        let all = [
            &self.quotient,
            &self.employment,
            &self.establishments,
            &self.national_share,
            &self.region_share,
            &self.wage,
            &self.patents,
            &self.patent_intensity,
            &self.excess,
            &self.employment_growth,
            &self.largest_part,
            &self.parts,
            &self.part_herfindahl,
            &self.institutions,
            &self.institution_types,
        ];
        Measure::ALL.into_iter().zip(all).filter_map(|(measure, given)| Some((measure, given.as_ref()?))).collect()
    }
}

/// A threshold: a number, or a quantile over the regions that have the cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RawThreshold {
    /// `1.5`
    Value(f64),
    /// `{ quantile = 0.25, strata = 5 }`
    Quantile(RawQuantile),
}

/// A quantile (type 7) over the regions that have the cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawQuantile {
    /// Its order, 0 to 1.
    pub quantile: f64,
    /// Among regions of like size: the regions are cut into so many strata by total employment.
    #[serde(default)]
    pub strata: Option<usize>,
}

/// `{ weights = "neighbors", max_regions = 3, max_share = 0.1 }`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawAssembly {
    /// Which regions are adjacent: a name of `[geography.weights]`.
    pub weights: String,
    /// The most regions that one candidate may have (3).
    #[serde(default)]
    pub max_regions: Option<usize>,
    /// The largest share of the base's national employment that one candidate may have (0.1).
    #[serde(default)]
    pub max_share: Option<f64>,
}

/// A decision on special circumstances.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawOverride {
    /// The cluster's code.
    pub cluster: String,
    /// The region's id; of an assembled candidate any of its regions.
    pub region: String,
    /// Whether it is designated.
    pub designated: bool,
    /// Why.
    pub reason: String,
}

/// Planning grants: designated clusters get the award by rank until the budget is spent; ties are broken by lot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawGrants {
    /// What there is to give.
    pub budget: f64,
    /// What each gets.
    pub award: f64,
    /// Private money per unit of the award (1).
    #[serde(default, rename = "match")]
    pub match_ratio: Option<f64>,
    /// Clusters with fewer employees per establishment than this have the lower match.
    #[serde(default)]
    pub small_below: Option<f64>,
    /// The lower match (half of `match`).
    #[serde(default)]
    pub small_match: Option<f64>,
    /// The most grants that one region may be part of.
    #[serde(default)]
    pub cap_per_region: Option<usize>,
    /// A table of pledged private money: the region and cluster columns and `amount`. All are taken to match if not given.
    #[serde(default)]
    pub pledges: Option<String>,
}

/// What a criterion looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are those of the criteria, which say what they are")]
pub enum MeasureName {
    #[default]
    Quotient,
    Employment,
    Establishments,
    NationalShare,
    RegionShare,
    Wage,
    Patents,
    PatentIntensity,
    Excess,
    EmploymentGrowth,
    LargestPart,
    Parts,
    PartHerfindahl,
    Institutions,
    InstitutionTypes,
}

/// A designation, checked. Clusters and regions are still names.
#[derive(Clone, Debug, PartialEq)]
pub struct DesignationSpec {
    /// Its name.
    pub name: String,
    /// Its place in the study file.
    pub at: String,
    /// The year.
    pub year: Option<f64>,
    /// The criteria.
    pub criteria: Vec<Criterion>,
    /// The column of parts.
    pub breadth: Option<String>,
    /// The table of institutions.
    pub institutions: Option<String>,
    /// The column of larger areas.
    pub larger: Option<String>,
    /// The weights that tell neighbours, and how regions are put together.
    pub assembly: Option<(String, Assembly)>,
    /// How near a near miss is.
    pub near: f64,
    /// What the list is ranked by.
    pub rank_by: Measure,
    /// Factors of the sensitivity.
    pub factors: Vec<f64>,
    /// Decisions on special circumstances.
    pub overrides: Vec<RawOverride>,
    /// Grants.
    pub grants: Option<RawGrants>,
}

impl DesignationSpec {
    /// Columns of the panel that it names, with their keys.
    pub fn columns(&self) -> impl Iterator<Item = (&'static str, &String)> {
        [("breadth", &self.breadth), ("larger", &self.larger)]
            .into_iter()
            .filter_map(|(key, name)| Some((key, name.as_ref()?)))
    }

    /// Tables beside the panel that it names.
    pub fn tables(&self) -> Vec<String> {
        let pledges = self.grants.as_ref().and_then(|grants| grants.pledges.clone());
        [self.institutions.clone(), pledges].into_iter().flatten().collect()
    }
}

const NEAR: f64 = 0.1;
const FACTORS: [f64; 4] = [0.8, 0.9, 1.1, 1.25];
const MAX_REGIONS: usize = 3;
const MAX_SHARE: f64 = 0.1;

impl Checker<'_> {
    /// Every `[[designation]]`. They need a map.
    pub(super) fn designations(
        &mut self,
        raw: &[RawDesignation],
        has_map: bool,
        weights: &[String],
    ) -> Vec<DesignationSpec> {
        if !raw.is_empty() && !has_map {
            let help = "add [map] with employment = \"COLUMN\"";
            self.fault(
                "designation.0",
                "a designation judges the clusters of a map, and the study has none",
                Some(help.into()),
            );
        }
        let mut names = std::collections::HashSet::new();
        let mut found = Vec::new();
        for (position, raw) in raw.iter().enumerate() {
            let at = format!("designation.{position}");
            if !names.insert(raw.name.as_str()) {
                let help = Some("give each designation its own name".into());
                self.fault(&format!("{at}.name"), format!("two designations are named `{}`", raw.name), help);
            }
            found.push(self.designation(raw, &at, weights));
        }
        found
    }

    fn designation(&mut self, raw: &RawDesignation, at: &str, weights: &[String]) -> DesignationSpec {
        self.file_name(&raw.name, &format!("{at}.name"));
        let criteria = self.criteria(&raw.criteria, at);
        self.between(&format!("{at}.near"), raw.near, (0.0, 1.0), "a near miss", "0.1 is ten per cent of a threshold");
        let factors = raw.sensitivity.clone().unwrap_or_else(|| FACTORS.to_vec());
        if factors.iter().any(|factor| !(*factor > 0.0 && factor.is_finite())) {
            let help = Some("1.1 raises each threshold by a tenth".into());
            self.fault(&format!("{at}.sensitivity"), "a factor of a threshold is above 0", help);
        }
        let is_empty = |text: &str| text.trim().is_empty();
        for (k, wanted) in raw.overrides.iter().enumerate().filter(|(_, wanted)| is_empty(&wanted.reason)) {
            let help = Some("say why the criteria do not decide".into());
            let message = format!("the override of cluster {} in {} has no reason", wanted.cluster, wanted.region);
            self.fault(&format!("{at}.overrides.{k}.reason"), message, help);
        }
        if let Some(grants) = &raw.grants {
            self.grants(grants, &format!("{at}.grants"));
        }
        let assembly = raw.assemble.as_ref().map(|raw| self.assembly(raw, &format!("{at}.assemble"), weights));
        let position = RANKS.iter().position(|known| *known == raw.rank_by).unwrap_or(0);
        DesignationSpec {
            name: raw.name.clone(),
            at: at.to_string(),
            year: raw.year,
            criteria,
            breadth: raw.breadth.clone(),
            institutions: raw.institutions.clone(),
            larger: raw.larger.clone(),
            assembly,
            near: raw.near.unwrap_or(NEAR),
            rank_by: Measure::ALL[position],
            factors,
            overrides: raw.overrides.clone(),
            grants: raw.grants.clone(),
        }
    }

    fn criteria(&mut self, raw: &RawCriteria, at: &str) -> Vec<Criterion> {
        let given = raw.given();
        if given.is_empty() {
            let help = "give one or more, for example criteria = { quotient = 1.5, employment = 1000 }";
            self.fault(&format!("{at}.criteria"), "without criteria every cluster is designated", Some(help.into()));
        }
        let mut criteria = Vec::new();
        for (measure, threshold) in given {
            let place = format!("{at}.criteria.{}", measure.name());
            let threshold = match threshold {
                RawThreshold::Value(value) => {
                    if !value.is_finite() {
                        self.fault(&place, "a threshold is a finite number", None);
                    }
                    Threshold::Value(*value)
                }
                RawThreshold::Quantile(raw) => {
                    let help = "0.75 is the top quarter";
                    self.between(&place, Some(raw.quantile), (0.0, 1.0), "a quantile's order", help);
                    match raw.strata {
                        None => Threshold::Quantile(raw.quantile),
                        Some(strata) => {
                            if !(2..=100).contains(&strata) {
                                let help = Some("5 compares within fifths of the regions by size".into());
                                self.fault(&place, "there are 2 to 100 strata", help);
                            }
                            Threshold::Stratified { order: raw.quantile, strata }
                        }
                    }
                }
            };
            criteria.push(Criterion { measure, threshold });
        }
        criteria
    }

    fn assembly(&mut self, raw: &RawAssembly, at: &str, weights: &[String]) -> (String, Assembly) {
        if !weights.contains(&raw.weights) {
            let near = super::nearest(&raw.weights, weights.iter().map(String::as_str));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "give them in [geography.weights]".to_string(),
            };
            self.fault(&format!("{at}.weights"), format!("there are no weights named `{}`", raw.weights), Some(help));
        }
        self.between(&format!("{at}.max_share"), raw.max_share, (0.0, 1.0), "a share", "0.1 is a tenth of the nation");
        let max_regions = raw.max_regions.unwrap_or(MAX_REGIONS);
        if max_regions == 0 {
            self.fault(&format!("{at}.max_regions"), "a candidate has at least 1 region", None);
        }
        (raw.weights.clone(), Assembly { max_regions, max_share: raw.max_share.unwrap_or(MAX_SHARE) })
    }

    fn grants(&mut self, raw: &RawGrants, at: &str) {
        let amounts = [
            ("budget", Some(raw.budget)),
            ("award", Some(raw.award)),
            ("match", raw.match_ratio),
            ("small_below", raw.small_below),
            ("small_match", raw.small_match),
        ];
        for (key, value) in amounts {
            self.between(&format!("{at}.{key}"), value, (0.0, f64::MAX), "an amount", "give a number in one currency");
        }
        if raw.award == 0.0 {
            self.fault(&format!("{at}.award"), "an award of nothing has no budget", None);
        }
    }
}

/// Names in the order of [`Measure::ALL`].
const RANKS: [MeasureName; 15] = [
    MeasureName::Quotient,
    MeasureName::Employment,
    MeasureName::Establishments,
    MeasureName::NationalShare,
    MeasureName::RegionShare,
    MeasureName::Wage,
    MeasureName::Patents,
    MeasureName::PatentIntensity,
    MeasureName::Excess,
    MeasureName::EmploymentGrowth,
    MeasureName::LargestPart,
    MeasureName::Parts,
    MeasureName::PartHerfindahl,
    MeasureName::Institutions,
    MeasureName::InstitutionTypes,
];
