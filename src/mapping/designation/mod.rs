//! Designated clusters: declared criteria, and for every candidate whether and by how much it meets them.
//!
//! In: a measured map ([`ClusterMap`]) and what else the criteria look at ([`Evidence`]). Out: a [`Certification`].
//! A candidate is a traded cluster in one region, or in several adjacent ones put together ([`assemble`]). It is designated
//! when it meets every criterion; the slack of a criterion is how far the value lies beyond its threshold, as a share of
//! the threshold, and the least slack is the running variable of a regression discontinuity at certification. The rules
//! treat every cluster alike: relabelling clusters changes no decision. Decisions on special circumstances are recorded
//! beside the computed ones and never replace them silently.

pub mod assemble;
mod candidate;
pub mod criteria;
mod drawn;
pub mod grants;
mod sensitivity;

use std::collections::HashMap;

pub use assemble::Assembly;
pub use candidate::{Candidate, Decision, Verdict};
pub use criteria::{Criterion, Measure, Threshold};
pub use drawn::DrawnVerdicts;
pub use grants::{Grant, GrantOutcome, GrantRule};
pub use sensitivity::Shift;

use super::ClusterMap;
use criteria::Thresholds;

/// Employment by part: (cluster, region) -> (part, employment).
pub type Parts = HashMap<(u32, u32), Vec<(u32, f64)>>;

/// Types of institutions by region, of a cluster or (`None`) of all clusters.
pub type Institutions = HashMap<(Option<u32>, u32), Vec<String>>;

/// What criteria look at beside the map.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Employment by part (industry, role) of a cluster in a region.
    pub parts: Option<Parts>,
    /// Associated institutions.
    pub institutions: Option<Institutions>,
    /// Neighbours of every region, by position; needed to assemble.
    pub neighbors: Option<Vec<Vec<u32>>>,
    /// The larger area (state) of every region.
    pub larger: Option<Vec<Option<String>>>,
}

/// A decision on special circumstances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The cluster.
    pub cluster: u32,
    /// The region; of an assembled candidate any of its regions.
    pub region: u32,
    /// Whether it is designated.
    pub designated: bool,
    /// Why.
    pub reason: String,
}

/// Declared rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// All must be met.
    pub criteria: Vec<Criterion>,
    /// A candidate whose failed criteria all have a slack of at least minus this is a near miss.
    pub near: f64,
    /// What designated clusters are ranked by, largest first (smallest for a ceiling).
    pub rank_by: Measure,
    /// How regions are put together; each region is its own candidate when not given.
    pub assembly: Option<Assembly>,
    /// Factors that each threshold is multiplied with in turn.
    pub factors: Vec<f64>,
    /// Decisions on special circumstances.
    pub overrides: Vec<Override>,
    /// Grants for designated clusters.
    pub grants: Option<GrantRule>,
}

/// What cannot be certified.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CertifyError {
    /// A criterion looks at what is not there.
    #[error("criterion `{measure}` needs {needs}")]
    Lacks {
        /// The criterion.
        measure: &'static str,
        /// What it needs, and how to give it.
        needs: &'static str,
    },
    /// A decision on what is no candidate.
    #[error(
        "the override of cluster {cluster} in region {region} is of no candidate: the cluster has no employment there"
    )]
    NoCandidate {
        /// The cluster.
        cluster: String,
        /// The region.
        region: String,
    },
    /// Two decisions on one candidate.
    #[error(
        "two overrides are of cluster {cluster} in region {region} (or of regions that are one candidate): keep one"
    )]
    Twice {
        /// The cluster.
        cluster: String,
        /// The region.
        region: String,
    },
}

/// Candidates with their verdicts.
#[derive(Clone, Debug, PartialEq)]
pub struct Certification {
    /// The period, by position in the map.
    pub period: u32,
    /// The criteria.
    pub criteria: Vec<Criterion>,
    /// Every candidate: designated ones by rank, then near misses, then the others by least slack.
    pub candidates: Vec<Candidate>,
    /// The list under other thresholds.
    pub sensitivity: Vec<Shift>,
    /// Grants, if there are rules for them.
    pub grants: Option<Vec<Grant>>,
    /// Draws of imputed values on which candidates were judged too.
    pub draws: usize,
}

/// Judges every candidate of a period.
///
/// # Errors
/// When a criterion needs what the data do not have, or an override is of no candidate.
pub fn certify(
    map: &ClusterMap,
    period: u32,
    evidence: &Evidence,
    rules: &Rules,
    streams: &crate::monte::Streams,
) -> Result<Certification, CertifyError> {
    for criterion in &rules.criteria {
        lacks(map, evidence, criterion.measure)?;
    }
    let thresholds = Thresholds::new(map, period, evidence, &rules.criteria);
    let places = candidate::Places::new(map, period, evidence);
    let mut candidates: Vec<Candidate> = match &rules.assembly {
        None => places.single(),
        Some(assembly) => places.assembled(assembly),
    };
    for candidate in &mut candidates {
        candidate.judge(&thresholds, &rules.criteria, rules.near, None);
    }
    apply(map, &mut candidates, &rules.overrides)?;
    rank(&mut candidates, rules.rank_by);
    let sensitivity = sensitivity::shifts(&candidates, &thresholds, rules);
    let grants = rules.grants.as_ref().map(|rule| grants::allocate(&candidates, rule, streams));
    Ok(Certification { period, criteria: rules.criteria.clone(), candidates, sensitivity, grants, draws: 0 })
}

fn lacks(map: &ClusterMap, evidence: &Evidence, measure: Measure) -> Result<(), CertifyError> {
    let [has_establishments, has_payroll, has_patents] = map.has;
    let needs = match measure {
        Measure::Establishments if !has_establishments => "establishments: add establishments = \"COLUMN\" to [map]",
        Measure::Wage if !has_payroll => "payroll: add payroll = \"COLUMN\" to [map]",
        Measure::Patents | Measure::PatentIntensity if !has_patents => "patents: add patents = \"COLUMN\" to [map]",
        Measure::LargestPart | Measure::Parts | Measure::PartHerfindahl if evidence.parts.is_none() => {
            "parts of the cluster: add breadth = \"COLUMN\" (an industry or a role) to the designation"
        }
        Measure::Institutions | Measure::InstitutionTypes if evidence.institutions.is_none() => {
            "institutions: add institutions = \"TABLE\" to the designation"
        }
        Measure::EmploymentGrowth if map.periods.len() < 2 => "an earlier year: the data have one",
        _ => return Ok(()),
    };
    Err(CertifyError::Lacks { measure: measure.name(), needs })
}

fn apply(map: &ClusterMap, candidates: &mut [Candidate], overrides: &[Override]) -> Result<(), CertifyError> {
    for wanted in overrides {
        let names = || {
            let cluster = map.clusters[wanted.cluster as usize].name.clone();
            (cluster, map.regions[wanted.region as usize].clone())
        };
        let is_meant = |candidate: &&mut Candidate| {
            candidate.cluster == wanted.cluster && candidate.regions.contains(&wanted.region)
        };
        let Some(candidate) = candidates.iter_mut().find(is_meant) else {
            let (cluster, region) = names();
            return Err(CertifyError::NoCandidate { cluster, region });
        };
        if candidate.overridden.is_some() {
            let (cluster, region) = names();
            return Err(CertifyError::Twice { cluster, region });
        }
        candidate.overridden = Some((wanted.designated, wanted.reason.clone()));
    }
    Ok(())
}

/// Puts the candidates in order and ranks those that are designated, over all and within their cluster.
fn rank(candidates: &mut [Candidate], by: Measure) {
    let value = |candidate: &Candidate| {
        let value = candidate.value(by);
        let value = if by.is_ceiling() { -value } else { value };
        if value.is_nan() { f64::NEG_INFINITY } else { value }
    };
    let group = |candidate: &Candidate| match (candidate.is_designated(), candidate.decision) {
        (true, _) => 0,
        (_, Decision::NearMiss) => 1,
        _ => 2,
    };
    let order = |candidate: &Candidate| if group(candidate) == 0 { value(candidate) } else { candidate.least_slack() };
    candidates.sort_by(|a, b| {
        let slack = |candidate: &Candidate| {
            let order = order(candidate);
            if order.is_nan() { f64::NEG_INFINITY } else { order }
        };
        let by_order = slack(b).total_cmp(&slack(a));
        group(a).cmp(&group(b)).then(by_order).then((a.cluster, &a.regions).cmp(&(b.cluster, &b.regions)))
    });
    let values: Vec<(u32, f64)> =
        candidates.iter().filter(|c| c.is_designated()).map(|c| (c.cluster, value(c))).collect();
    for candidate in candidates.iter_mut().filter(|candidate| candidate.is_designated()) {
        let own = value(candidate);
        let better =
            |among: &dyn Fn(u32) -> bool| values.iter().filter(|(c, v)| among(*c) && *v > own).count() as u32 + 1;
        let cluster = candidate.cluster;
        candidate.rank = Some(better(&|_| true));
        candidate.rank_in_cluster = Some(better(&|other| other == cluster));
    }
}

#[cfg(test)]
mod tests;
