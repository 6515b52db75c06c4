//! Planning grants for designated clusters: an award, a private match, a budget.
//!
//! Designated clusters are taken by rank until the budget is spent; ties are broken by lot (a stream of the study's seed),
//! so that a threshold gives a regression discontinuity and a tie a randomisation.

use std::collections::HashMap;

use super::candidate::Candidate;
use super::criteria::Measure;
use crate::monte::Streams;

/// The rule.
#[derive(Clone, Debug, PartialEq)]
pub struct GrantRule {
    /// What there is to give.
    pub budget: f64,
    /// What each gets.
    pub award: f64,
    /// Private money per unit of the award.
    pub match_ratio: f64,
    /// Clusters with fewer employees per establishment than this have a lower match.
    pub small_below: Option<f64>,
    /// Their match.
    pub small_ratio: f64,
    /// The most grants that one region may be part of.
    pub cap_per_region: Option<usize>,
    /// Private money pledged, by cluster and any region of the candidate; all are taken to match when not given.
    pub pledges: Option<HashMap<(u32, u32), f64>>,
}

/// What became of a designated cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantOutcome {
    /// It gets the award.
    Granted,
    /// Its pledge is below the match.
    TooLittlePledged,
    /// One of its regions has as many grants as it may.
    RegionFull,
    /// The budget was spent.
    BudgetSpent,
}

impl GrantOutcome {
    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            GrantOutcome::Granted => "granted",
            GrantOutcome::TooLittlePledged => "pledge below the match",
            GrantOutcome::RegionFull => "region has its share",
            GrantOutcome::BudgetSpent => "budget spent",
        }
    }
}

/// One application.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grant {
    /// The candidate, by position.
    pub candidate: usize,
    /// What became of it.
    pub outcome: GrantOutcome,
    /// The award, if granted, else 0.
    pub award: f64,
    /// The private money that the award asks for.
    pub required: f64,
    /// What was pledged; NaN when not told.
    pub pledged: f64,
    /// Whether the order among equals was drawn by lot.
    pub by_lot: bool,
}

/// Gives the budget to designated candidates by rank.
pub(super) fn allocate(candidates: &[Candidate], rule: &GrantRule, streams: &Streams) -> Vec<Grant> {
    let mut lots = streams.stream("grants", 0);
    let mut order: Vec<(u32, f64, usize)> =
        candidates.iter().enumerate().filter_map(|(k, candidate)| Some((candidate.rank?, lots.uniform(), k))).collect();
    order.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let tied = |rank: u32| order.iter().filter(|other| other.0 == rank).count() > 1;
    let mut left = rule.budget;
    let mut of_region: HashMap<u32, usize> = HashMap::new();
    let mut grants = Vec::with_capacity(order.len());
    for &(rank, _, k) in &order {
        let candidate = &candidates[k];
        let mean_size = candidate.value(Measure::Employment) / candidate.value(Measure::Establishments);
        let is_small = rule.small_below.is_some_and(|bound| mean_size < bound);
        let required = rule.award * if is_small { rule.small_ratio } else { rule.match_ratio };
        let pledged = rule.pledges.as_ref().map_or(f64::NAN, |pledges| {
            candidate.regions.iter().filter_map(|region| pledges.get(&(candidate.cluster, *region))).sum()
        });
        let is_full = rule
            .cap_per_region
            .is_some_and(|cap| candidate.regions.iter().any(|region| of_region.get(region).is_some_and(|n| *n >= cap)));
        let outcome = if pledged < required {
            GrantOutcome::TooLittlePledged
        } else if is_full {
            GrantOutcome::RegionFull
        } else if left < rule.award {
            GrantOutcome::BudgetSpent
        } else {
            GrantOutcome::Granted
        };
        if outcome == GrantOutcome::Granted {
            left -= rule.award;
            candidate.regions.iter().for_each(|region| *of_region.entry(*region).or_default() += 1);
        }
        let award = if outcome == GrantOutcome::Granted { rule.award } else { 0.0 };
        grants.push(Grant { candidate: k, outcome, award, required, pledged, by_lot: tied(rank) });
    }
    grants
}
