//! How often candidates pass on maps of drawn values: what suppressed cells leave open about a designation.

use super::candidate::Places;
use super::criteria::Thresholds;
use super::{Certification, Evidence, Rules};
use crate::mapping::ClusterMap;

/// Draws in which every candidate of a certification meets every criterion.
#[derive(Clone, Debug, PartialEq)]
pub struct DrawnVerdicts {
    passed: Vec<usize>,
    draws: usize,
}

impl DrawnVerdicts {
    /// No draws yet.
    pub fn of(certification: &Certification) -> Self {
        DrawnVerdicts { passed: vec![0; certification.candidates.len()], draws: 0 }
    }

    /// Adds a draw: the candidates, each in the regions that it has, are judged on a map with the same regions, clusters and
    /// periods, by thresholds of that map. `evidence` is that of the draw.
    pub fn add(&mut self, certification: &Certification, drawn: &ClusterMap, evidence: &Evidence, rules: &Rules) {
        let thresholds = Thresholds::new(drawn, certification.period, evidence, &rules.criteria);
        let places = Places::new(drawn, certification.period, evidence);
        for (passed, candidate) in self.passed.iter_mut().zip(&certification.candidates) {
            let mut again = places.again(candidate);
            again.judge(&thresholds, &rules.criteria, rules.near, None);
            *passed += usize::from(again.verdicts.iter().all(|verdict| verdict.is_met));
        }
        self.draws += 1;
    }

    /// Writes the share of draws beside every candidate.
    pub fn write(&self, certification: &mut Certification) {
        certification.draws = self.draws;
        for (candidate, &passed) in certification.candidates.iter_mut().zip(&self.passed) {
            candidate.passed_share = Some(passed as f64 / self.draws as f64).filter(|share| !share.is_nan());
        }
    }
}
