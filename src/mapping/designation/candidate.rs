//! Candidates: a cluster in a region or in several, with everything a criterion may look at.

use std::collections::{BTreeMap, BTreeSet};

use super::Evidence;
use super::assemble::{Assembly, Scan, assemble};
use super::criteria::{Criterion, Measure, PART_SHARE, Thresholds};
use crate::describe::quantile;
use crate::mapping::cluster_map::change::yearly_growth;
use crate::mapping::cluster_map::{Cell, RegionSummary};
use crate::mapping::location_quotient::ratio;
use crate::mapping::{ClusterMap, CompensatedSum};

/// What the criteria say of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Every criterion is met.
    Designated,
    /// Every failed criterion is near its threshold.
    NearMiss,
    /// Some criterion fails by more.
    NotDesignated,
}

impl Decision {
    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            Decision::Designated => "designated",
            Decision::NearMiss => "near miss",
            Decision::NotDesignated => "not designated",
        }
    }
}

/// One criterion and one candidate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// The value; NaN where it is unknown.
    pub value: f64,
    /// The threshold.
    pub threshold: f64,
    /// How far the value lies beyond the threshold, as a share of it (of one where the threshold is 0); negative when the
    /// criterion fails, NaN where the value is unknown.
    pub slack: f64,
    /// Whether it is met. An unknown value meets nothing.
    pub is_met: bool,
}

/// A cluster in one region, or in several adjacent ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The cluster, by position in the map.
    pub cluster: u32,
    /// The regions, by position in the map, ascending.
    pub regions: Vec<u32>,
    /// Employment of the regions in all industries.
    pub region_employment: f64,
    /// The larger areas (states) that the regions lie in, if the study tells.
    pub larger: Vec<String>,
    /// Kulldorff's log likelihood ratio, for an assembled candidate.
    pub likelihood_ratio: f64,
    values: [f64; Measure::ALL.len()],
    /// One for each criterion.
    pub verdicts: Vec<Verdict>,
    /// What the criteria say.
    pub decision: Decision,
    /// A decision on special circumstances, with its reason.
    pub overridden: Option<(bool, String)>,
    /// Rank among all designated.
    pub rank: Option<u32>,
    /// Rank among the designated of its cluster.
    pub rank_in_cluster: Option<u32>,
    /// The share of draws of imputed values in which it meets every criterion ([`super::DrawnVerdicts`]).
    pub passed_share: Option<f64>,
}

impl Candidate {
    /// What a criterion looks at.
    pub fn value(&self, measure: Measure) -> f64 {
        self.values[Measure::ALL.iter().position(|known| *known == measure).unwrap_or(0)]
    }

    /// Whether it is designated in the end.
    pub fn is_designated(&self) -> bool {
        self.overridden.as_ref().map_or(self.decision == Decision::Designated, |(designated, _)| *designated)
    }

    /// The criterion with the least slack, by position; an unknown one is the least of all.
    pub fn binding(&self) -> Option<usize> {
        let key = |verdict: &Verdict| if verdict.slack.is_nan() { f64::NEG_INFINITY } else { verdict.slack };
        (0..self.verdicts.len()).min_by(|&a, &b| key(&self.verdicts[a]).total_cmp(&key(&self.verdicts[b])))
    }

    /// The least slack: the running variable; NaN where a value is unknown.
    pub fn least_slack(&self) -> f64 {
        self.binding().map_or(f64::NAN, |binding| self.verdicts[binding].slack)
    }

    /// Judges it; `shifted` multiplies the threshold of one criterion.
    pub(super) fn judge(
        &mut self,
        thresholds: &Thresholds,
        criteria: &[Criterion],
        near: f64,
        shifted: Option<(usize, f64)>,
    ) {
        let verdict = |(k, criterion): (usize, &Criterion)| {
            let factor = shifted.filter(|(which, _)| *which == k).map_or(1.0, |(_, factor)| factor);
            let threshold = thresholds.of(k, self.cluster, self.region_employment) * factor;
            let value = self.value(criterion.measure);
            let gap = if criterion.measure.is_ceiling() { threshold - value } else { value - threshold };
            let slack = if threshold == 0.0 { gap } else { gap / threshold.abs() };
            Verdict { value, threshold, slack, is_met: gap >= 0.0 }
        };
        self.verdicts = criteria.iter().enumerate().map(verdict).collect();
        let failed = || self.verdicts.iter().filter(|verdict| !verdict.is_met);
        self.decision = if failed().next().is_none() {
            Decision::Designated
        } else if failed().all(|verdict| verdict.slack >= -near) {
            Decision::NearMiss
        } else {
            Decision::NotDesignated
        };
    }
}

/// The traded clusters of a period and what is known of their regions.
pub(super) struct Places<'a> {
    map: &'a ClusterMap,
    period: u32,
    evidence: &'a Evidence,
    /// Summaries by region.
    regions: Vec<Option<&'a RegionSummary>>,
}

impl<'a> Places<'a> {
    pub(super) fn new(map: &'a ClusterMap, period: u32, evidence: &'a Evidence) -> Self {
        let mut regions = vec![None; map.regions.len()];
        for row in map.region_summaries.iter().filter(|row| row.period == period) {
            regions[row.region as usize] = Some(row);
        }
        Places { map, period, evidence, regions }
    }

    /// The inner bounds of strata by total employment of the regions.
    pub(super) fn size_bounds(&self, strata: usize) -> Vec<f64> {
        let mut sizes: Vec<f64> = self.regions.iter().flatten().map(|row| row.employment).collect();
        sizes.sort_by(f64::total_cmp);
        (1..strata).filter_map(|k| quantile(&sizes, k as f64 / strata as f64)).collect()
    }

    /// Every region with employment in a traded cluster.
    pub(super) fn single(&self) -> Vec<Candidate> {
        self.present().map(|cell| self.candidate(cell.cluster, vec![cell.region], f64::NAN)).collect()
    }

    fn present(&self) -> impl Iterator<Item = &'a Cell> {
        let clusters = &self.map.clusters;
        let cells = self.map.of_period(self.period as usize).iter();
        cells.filter(move |cell| cell.is_present() && clusters[cell.cluster as usize].is_traded)
    }

    /// Regions put together where the cluster is denser than its base, the others alone.
    pub(super) fn assembled(&self, assembly: &Assembly) -> Vec<Candidate> {
        let neighbors = self.evidence.neighbors.as_deref().unwrap_or(&[]);
        let bases: Vec<f64> = self.regions.iter().map(|row| row.map_or(0.0, |row| row.base_employment)).collect();
        let mut candidates = Vec::new();
        for line in self.map.of_period(self.period as usize).chunk_by(|a, b| a.cluster == b.cluster) {
            let cluster = line[0].cluster;
            if !self.map.clusters[cluster as usize].is_traded {
                continue;
            }
            let mut employment = vec![0.0; self.map.regions.len()];
            line.iter()
                .filter(|cell| cell.is_present())
                .for_each(|cell| employment[cell.region as usize] = cell.employment);
            let Some(nation) = self.nation(cluster) else { continue };
            let scan = Scan { employment: &employment, bases: &bases, total: nation.0, base: nation.1, neighbors };
            let found = assemble(&scan, assembly);
            candidates.extend(found.into_iter().map(|(regions, ratio)| self.candidate(cluster, regions, ratio)));
        }
        candidates
    }

    /// A candidate of another map as it is on this one.
    pub(super) fn again(&self, candidate: &Candidate) -> Candidate {
        self.candidate(candidate.cluster, candidate.regions.clone(), candidate.likelihood_ratio)
    }

    /// National employment of a cluster and of its base.
    fn nation(&self, cluster: u32) -> Option<(f64, f64)> {
        let rows = &self.map.cluster_summaries;
        let at = rows.binary_search_by_key(&(self.period, cluster), |row| (row.period, row.cluster)).ok()?;
        Some((rows[at].employment, rows[at].base_employment))
    }

    fn candidate(&self, cluster: u32, regions: Vec<u32>, likelihood_ratio: f64) -> Candidate {
        let cells: Vec<&Cell> =
            regions.iter().filter_map(|&region| self.map.cell(self.period, cluster, region)).collect();
        let sum = |value: fn(&Cell) -> f64| add(cells.iter().map(|cell| value(cell)));
        let summaries = || regions.iter().filter_map(|&region| self.regions[region as usize]);
        let (total, base) = self.nation(cluster).unwrap_or((f64::NAN, f64::NAN));
        let employment = sum(|cell| cell.employment);
        let own_base = add(summaries().map(|row| row.base_employment));
        let (region_share, share) = (ratio(employment, own_base), ratio(own_base, base));
        let expected = total * share;
        let parts = self.parts(cluster, &regions);
        let part_total: f64 = add(parts.iter().flatten().copied());
        let part_share = |value: f64| ratio(value, part_total);
        let institutions = self.institutions(cluster, &regions);
        let value = |measure: Measure| match measure {
            Measure::Quotient => ratio(region_share, ratio(total, base)),
            Measure::Employment => employment,
            Measure::Establishments => sum(|cell| cell.establishments),
            Measure::NationalShare => ratio(employment, total),
            Measure::RegionShare => region_share,
            Measure::Wage => ratio(sum(|cell| cell.payroll), employment),
            Measure::Patents => sum(|cell| cell.patents),
            Measure::PatentIntensity => ratio(1e4 * sum(|cell| cell.patents), employment),
            Measure::Excess => ratio(employment - expected, (expected * (1.0 - share)).sqrt()),
            Measure::EmploymentGrowth => self.growth(&cells, employment),
            Measure::LargestPart => {
                parts.as_ref().map_or(f64::NAN, |parts| parts.iter().fold(f64::NAN, |m, &v| m.max(part_share(v))))
            }
            Measure::Parts => parts.as_ref().map_or(f64::NAN, |parts| {
                parts.iter().filter(|value| part_share(**value) >= PART_SHARE).count() as f64
            }),
            Measure::PartHerfindahl => {
                parts.as_ref().map_or(f64::NAN, |parts| add(parts.iter().map(|&value| part_share(value).powi(2))))
            }
            Measure::Institutions => institutions.as_ref().map_or(f64::NAN, |types| types.len() as f64),
            Measure::InstitutionTypes => {
                institutions.as_ref().map_or(f64::NAN, |types| types.iter().collect::<BTreeSet<_>>().len() as f64)
            }
        };
        let larger: BTreeSet<String> = self
            .evidence
            .larger
            .iter()
            .flat_map(|larger| regions.iter().filter_map(|&region| larger.get(region as usize).cloned().flatten()))
            .collect();
        Candidate {
            cluster,
            region_employment: add(summaries().map(|row| row.employment)),
            regions,
            larger: larger.into_iter().collect(),
            likelihood_ratio,
            values: Measure::ALL.map(value),
            verdicts: Vec::new(),
            decision: Decision::NotDesignated,
            overridden: None,
            rank: None,
            rank_in_cluster: None,
            passed_share: None,
        }
    }

    /// Growth since the period before, which must be the same for all regions.
    fn growth(&self, cells: &[&Cell], employment: f64) -> f64 {
        let since: BTreeSet<Option<u32>> = cells.iter().map(|cell| cell.change.map(|change| change.since)).collect();
        let Some(Some(since)) = since.first().filter(|_| since.len() == 1).copied() else { return f64::NAN };
        let change = add(cells.iter().filter_map(|cell| cell.change).map(|change| change.employment_change));
        let periods = &self.map.periods;
        yearly_growth(employment - change, employment, periods[self.period as usize] - periods[since as usize])
    }

    fn parts(&self, cluster: u32, regions: &[u32]) -> Option<Vec<f64>> {
        let parts = self.evidence.parts.as_ref()?;
        let mut sums: BTreeMap<u32, CompensatedSum> = BTreeMap::new();
        for (part, value) in regions.iter().filter_map(|region| parts.get(&(cluster, *region))).flatten() {
            sums.entry(*part).or_default().add(*value);
        }
        Some(sums.into_values().map(|sum| sum.value()).collect())
    }

    fn institutions(&self, cluster: u32, regions: &[u32]) -> Option<Vec<&String>> {
        let all = self.evidence.institutions.as_ref()?;
        let of = |region: &u32| [all.get(&(Some(cluster), *region)), all.get(&(None, *region))];
        Some(regions.iter().flat_map(of).flatten().flatten().collect())
    }
}

/// The sum of what is known; NaN when nothing is.
fn add(values: impl Iterator<Item = f64>) -> f64 {
    let sum: CompensatedSum = values.filter(|value| !value.is_nan()).collect();
    if sum.count == 0 { f64::NAN } else { sum.value() }
}
