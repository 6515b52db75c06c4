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

/// A flow for each group of models with the same ledger, in order of first appearance.
pub fn flows(fits: &[Fit]) -> Vec<Flow> {
    let mut groups: Vec<(&Ledger, Vec<String>)> = Vec::new();
    for fit in fits {
        match groups.iter_mut().find(|(ledger, _)| **ledger == fit.ledger) {
            Some((_, models)) => models.push(fit.model.clone()),
            None => groups.push((&fit.ledger, vec![fit.model.clone()])),
        }
    }
    groups.iter().map(|(ledger, models)| Flow { models: listed(models), steps: steps(ledger) }).collect()
}

fn steps(ledger: &Ledger) -> Vec<FlowStep> {
    let most = ledger.0.iter().map(|loss| loss.rows_left).max().unwrap_or(0).max(1);
    ledger.0.iter().map(|loss| step(loss, most)).collect()
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
