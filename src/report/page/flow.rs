//! The sample flow of the page: each ledger once, as a table and as shrinking bars.

use serde::Serialize;

use crate::estimate::Fit;
use crate::panel::{Ledger, Loss, Reason};
use crate::report::number::{count, listed};
use crate::report::table::flow::loss_in_words;

/// The way from the rows read to the rows estimated on.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Flow {
    /// The models that share it, in words.
    pub models: String,
    /// From first to last.
    pub steps: Vec<FlowStep>,
}

/// One step.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FlowStep {
    /// What happened.
    pub text: String,
    /// Rows that left; empty for the first.
    pub lost: String,
    /// Rows that stayed.
    pub left: String,
    /// Rows that stayed, in per cent of the first step's: the length of the bar.
    pub percent: f64,
    /// Whether rows were added up rather than lost.
    pub is_aggregate: bool,
}

/// The steps that all models share, then what differs for each group of models with the same ledger, in order of first
/// appearance.
pub fn flows(fits: &[Fit]) -> Vec<Flow> {
    let mut groups: Vec<(&Ledger, Vec<String>)> = Vec::new();
    for fit in fits {
        match groups.iter_mut().find(|(ledger, _)| **ledger == fit.ledger) {
            Some((_, models)) => models.push(fit.model.clone()),
            None => groups.push((&fit.ledger, vec![fit.model.clone()])),
        }
    }
    let most = fits.iter().flat_map(|fit| &fit.ledger.0).map(|loss| loss.rows_left).max().unwrap_or(0).max(1);
    let flow =
        |models: String, losses: &[Loss]| Flow { models, steps: losses.iter().map(|loss| step(loss, most)).collect() };
    let shared = if groups.len() > 1 { n_shared(&groups) } else { 0 };
    let common = groups.first().and_then(|(ledger, _)| ledger.0.get(..shared)).unwrap_or_default();
    let own = groups.iter().map(|(ledger, models)| {
        flow(listed(&super::first_few(models.clone())), ledger.0.get(shared..).unwrap_or_default())
    });
    std::iter::once(flow("every model".into(), common)).chain(own).filter(|flow| !flow.steps.is_empty()).collect()
}

/// How many first steps all ledgers have in common.
fn n_shared(groups: &[(&Ledger, Vec<String>)]) -> usize {
    let Some(((first, _), others)) = groups.split_first() else { return 0 };
    let is_shared = |i: usize| others.iter().all(|(ledger, _)| ledger.0.get(i) == first.0.get(i));
    (0..first.0.len()).take_while(|&i| is_shared(i)).count()
}

fn step(loss: &Loss, most: usize) -> FlowStep {
    FlowStep {
        text: loss_in_words(loss),
        lost: if loss.reason == Reason::Read { String::new() } else { count(loss.rows_lost) },
        left: count(loss.rows_left),
        percent: (1000.0 * loss.rows_left as f64 / most as f64).round() / 10.0,
        is_aggregate: loss.reason == Reason::Aggregate,
    }
}

#[cfg(test)]
mod tests {
    use super::flows;
    use crate::report::table::trial;

    #[test]
    fn shared_steps_are_told_once() {
        let all = flows(&trial::pair());
        let told: Vec<(&str, usize)> = all.iter().map(|flow| (flow.models.as_str(), flow.steps.len())).collect();
        assert_eq!(told, [("every model", 2), ("convergence", 2), ("clusters", 2)]);
        let one = flows(&trial::pair()[..1]);
        assert_eq!((one.len(), one[0].steps.len()), (1, 4));
        assert!(flows(&[]).is_empty());
    }
}
