//! The list under other thresholds, one changed at a time.

use super::Rules;
use super::candidate::{Candidate, Decision};
use super::criteria::{Measure, Thresholds};

/// The list with one threshold moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift {
    /// The criterion, by position.
    pub criterion: usize,
    /// What its threshold is multiplied with; `None` without the criterion.
    pub factor: Option<f64>,
    /// Candidates that meet all criteria then (overrides are left out).
    pub designated: usize,
    /// Those that did not before.
    pub gained: usize,
    /// Those that did before and do not now.
    pub lost: usize,
    /// Employment in the clusters that meet all criteria then.
    pub employment: f64,
}

/// Moves every threshold by every factor, and drops every criterion in turn.
pub(super) fn shifts(candidates: &[Candidate], thresholds: &Thresholds, rules: &Rules) -> Vec<Shift> {
    let mut found = Vec::new();
    for criterion in 0..rules.criteria.len() {
        let factors = rules.factors.iter().copied().map(Some).chain([None]);
        for factor in factors {
            let (mut designated, mut gained, mut lost, mut employment) = (0, 0, 0, 0.0);
            for candidate in candidates {
                let before = candidate.decision == Decision::Designated;
                let now = meets(candidate, thresholds, rules, (criterion, factor));
                designated += usize::from(now);
                gained += usize::from(now && !before);
                lost += usize::from(before && !now);
                employment += if now { candidate.value(Measure::Employment) } else { 0.0 };
            }
            found.push(Shift { criterion, factor, designated, gained, lost, employment });
        }
    }
    found
}

fn meets(candidate: &Candidate, thresholds: &Thresholds, rules: &Rules, (which, factor): (usize, Option<f64>)) -> bool {
    let Some(factor) = factor else {
        return candidate.verdicts.iter().enumerate().all(|(k, verdict)| k == which || verdict.is_met);
    };
    let mut moved = candidate.clone();
    moved.judge(thresholds, &rules.criteria, rules.near, Some((which, factor)));
    moved.decision == Decision::Designated
}
