//! What a cluster can be required to have, and thresholds.

use super::Evidence;
use super::candidate::Places;
use crate::describe::quantile;
use crate::mapping::ClusterMap;

/// What a criterion looks at. Ceilings are met from below, all others from above.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// The location quotient.
    Quotient,
    /// Employment.
    Employment,
    /// Establishments.
    Establishments,
    /// Share of the cluster's national employment.
    NationalShare,
    /// Share of the region's employment in the base.
    RegionShare,
    /// Payroll per employee.
    Wage,
    /// Patents.
    Patents,
    /// Patents per 10,000 employees of the cluster.
    PatentIntensity,
    /// How many standard deviations employment lies above what the region's size gives: `(E - mu) / sqrt(mu (1 - s))` with
    /// `s` the region's share of national employment in the base and `mu = E_c s` (binomial).
    Excess,
    /// Yearly growth of employment since the period before.
    EmploymentGrowth,
    /// Ceiling: share of the largest part (industry, role) in the cluster's employment here.
    LargestPart,
    /// Parts with at least 5 per cent of the cluster's employment here.
    Parts,
    /// Ceiling: Herfindahl index of the parts.
    PartHerfindahl,
    /// Associated institutions.
    Institutions,
    /// Types of associated institutions.
    InstitutionTypes,
}

/// The share of a cluster's employment from which a part counts.
pub const PART_SHARE: f64 = 0.05;

impl Measure {
    /// All, in the order in which they are told.
    pub const ALL: [Measure; 15] = [
        Measure::Quotient,
        Measure::Employment,
        Measure::Establishments,
        Measure::NationalShare,
        Measure::RegionShare,
        Measure::Wage,
        Measure::Patents,
        Measure::PatentIntensity,
        Measure::Excess,
        Measure::EmploymentGrowth,
        Measure::LargestPart,
        Measure::Parts,
        Measure::PartHerfindahl,
        Measure::Institutions,
        Measure::InstitutionTypes,
    ];

    /// The name in study files and results.
    pub fn name(self) -> &'static str {
        match self {
            Measure::Quotient => "quotient",
            Measure::Employment => "employment",
            Measure::Establishments => "establishments",
            Measure::NationalShare => "national_share",
            Measure::RegionShare => "region_share",
            Measure::Wage => "wage",
            Measure::Patents => "patents",
            Measure::PatentIntensity => "patent_intensity",
            Measure::Excess => "excess",
            Measure::EmploymentGrowth => "employment_growth",
            Measure::LargestPart => "largest_part",
            Measure::Parts => "parts",
            Measure::PartHerfindahl => "part_herfindahl",
            Measure::Institutions => "institutions",
            Measure::InstitutionTypes => "institution_types",
        }
    }

    /// Whether less is better.
    pub fn is_ceiling(self) -> bool {
        matches!(self, Measure::LargestPart | Measure::PartHerfindahl)
    }
}

/// A threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Threshold {
    /// A number.
    Value(f64),
    /// A quantile (type 7) over the regions that have the cluster.
    Quantile(f64),
    /// The same among regions of like size: the regions are cut into so many strata by total employment.
    Stratified {
        /// The quantile's order.
        order: f64,
        /// The number of strata.
        strata: usize,
    },
}

/// One criterion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Criterion {
    /// What it looks at.
    pub measure: Measure,
    /// What it must reach (or, for a ceiling, must not exceed).
    pub threshold: Threshold,
}

/// Thresholds as numbers, by criterion and cluster.
pub(super) struct Thresholds {
    by_criterion: Vec<ByCluster>,
}

enum ByCluster {
    One(f64),
    /// By cluster.
    Each(Vec<f64>),
    /// The inner bounds of the strata, and thresholds by cluster and stratum.
    Strata(Vec<f64>, Vec<Vec<f64>>),
}

impl Thresholds {
    pub(super) fn new(map: &ClusterMap, period: u32, evidence: &Evidence, criteria: &[Criterion]) -> Self {
        let places = Places::new(map, period, evidence);
        let singles = places.single();
        let n = map.clusters.len();
        let of = |criterion: &Criterion| {
            let values = |among: &dyn Fn(&super::Candidate) -> bool, order: f64| -> Vec<f64> {
                let mut values = vec![Vec::new(); n];
                for candidate in singles.iter().filter(|candidate| among(candidate)) {
                    let value = candidate.value(criterion.measure);
                    if value.is_finite() {
                        values[candidate.cluster as usize].push(value);
                    }
                }
                let at = |mut values: Vec<f64>| {
                    values.sort_by(f64::total_cmp);
                    quantile(&values, order).unwrap_or(f64::NAN)
                };
                values.into_iter().map(at).collect()
            };
            match criterion.threshold {
                Threshold::Value(value) => ByCluster::One(value),
                Threshold::Quantile(order) => ByCluster::Each(values(&|_| true, order)),
                Threshold::Stratified { order, strata } => {
                    let bounds = places.size_bounds(strata);
                    let each = (0..strata).map(|s| values(&|c| stratum(&bounds, c.region_employment) == s, order));
                    let each: Vec<Vec<f64>> = each.collect();
                    ByCluster::Strata(bounds, each)
                }
            }
        };
        Thresholds { by_criterion: criteria.iter().map(of).collect() }
    }

    /// The threshold of a criterion for a cluster in regions of so much total employment.
    pub(super) fn of(&self, criterion: usize, cluster: u32, region_employment: f64) -> f64 {
        match &self.by_criterion[criterion] {
            ByCluster::One(value) => *value,
            ByCluster::Each(values) => values[cluster as usize],
            ByCluster::Strata(bounds, values) => values[stratum(bounds, region_employment)][cluster as usize],
        }
    }
}

/// The stratum of a size among inner bounds.
fn stratum(bounds: &[f64], size: f64) -> usize {
    bounds.partition_point(|bound| *bound < size)
}
