//! Assignments of a treatment to units within strata: all distinct ones where they are few, random ones otherwise.

use super::error::ResampleError;
use super::groups::{Groups, is_within};
use crate::design::ClusterVariable;
use crate::monte::streams::Streams;

/// The treatment of every unit, and the units of every stratum in the order of their names.
pub(super) struct Assignment {
    /// The unit of each row.
    pub(super) units: Groups,
    /// The treatment of each unit in the sample.
    pub(super) observed: Vec<f64>,
    strata: Vec<Vec<usize>>,
}

/// The assignments that are looked at.
pub(super) enum Assignments {
    /// Of each stratum every distinct order of its treatments.
    All(Vec<Vec<Vec<f64>>>),
    /// This many random ones.
    Random(usize),
}

impl Assignment {
    /// The assignment in the sample.
    ///
    /// # Errors
    /// A treatment that varies within a unit, strata that cut through units.
    pub(super) fn of(
        (name, treatment): (&str, &[f64]),
        unit: &ClusterVariable,
        strata: Option<&ClusterVariable>,
    ) -> Result<Assignment, ResampleError> {
        let units = Groups::of(unit);
        let mut observed = vec![f64::NAN; units.n];
        for (&unit_of, &value) in units.codes.iter().zip(treatment) {
            let slot = &mut observed[unit_of as usize];
            if slot.is_nan() {
                *slot = value;
            }
            if *slot != value {
                return Err(ResampleError::TreatmentVaries { treatment: name.into(), unit: unit.name.clone() });
            }
        }
        let mut members = vec![Vec::new(); 1];
        match strata {
            None => members[0] = (0..units.n).collect(),
            Some(within) => {
                let groups = Groups::of(within);
                if !is_within(&units.codes, units.n, &groups.codes) {
                    let (within, unit) = (within.name.clone(), unit.name.clone());
                    return Err(ResampleError::StrataCutUnits { within, unit });
                }
                members = vec![Vec::new(); groups.n];
                let mut seen = vec![false; units.n];
                for (&unit, &stratum) in units.codes.iter().zip(groups.codes.iter()) {
                    if !std::mem::replace(&mut seen[unit as usize], true) {
                        members[stratum as usize].push(unit as usize);
                    }
                }
                members.iter_mut().for_each(|units| units.sort_unstable());
            }
        }
        let varies = |units: &Vec<usize>| units.iter().any(|&unit| observed[unit] != observed[units[0]]);
        if !members.iter().any(varies) {
            return Err(ResampleError::OneAssignment { treatment: name.into() });
        }
        Ok(Assignment { units, observed, strata: members })
    }

    /// All distinct assignments if they are no more than `replications`, else that many random ones.
    pub(super) fn plan(&self, replications: usize) -> Assignments {
        let values =
            |units: &Vec<usize>| -> Vec<f64> { units.iter().map(|&unit| self.observed[unit]).collect::<Vec<_>>() };
        let count: f64 = self.strata.iter().map(|units| n_orders(&values(units))).product();
        if count <= replications as f64 {
            Assignments::All(self.strata.iter().map(|units| all_orders(values(units))).collect())
        } else {
            Assignments::Random(replications)
        }
    }

    /// The treatment of each unit in one of the assignments.
    pub(super) fn draw(&self, plan: &Assignments, number: usize, streams: Streams) -> Vec<f64> {
        let mut out = self.observed.clone();
        match plan {
            Assignments::All(orders) => {
                let mut rest = number;
                for (units, orders) in self.strata.iter().zip(orders) {
                    let order = &orders[rest % orders.len()];
                    rest /= orders.len();
                    units.iter().zip(order).for_each(|(&unit, &value)| out[unit] = value);
                }
            }
            Assignments::Random(_) => {
                let mut stream = streams.stream("randomisation", number as u64);
                for units in &self.strata {
                    for k in (1..units.len()).rev() {
                        out.swap(units[k], units[stream.below(k + 1)]);
                    }
                }
            }
        }
        out
    }

    /// Number of strata.
    pub(super) fn n_strata(&self) -> usize {
        self.strata.len()
    }
}

impl Assignments {
    /// How many there are.
    pub(super) fn n(&self) -> usize {
        match self {
            Assignments::All(orders) => orders.iter().map(Vec::len).product(),
            Assignments::Random(n) => *n,
        }
    }

    /// Whether they are all there are.
    pub(super) fn is_exact(&self) -> bool {
        matches!(self, Assignments::All(_))
    }
}

/// How many distinct orders some values have.
fn n_orders(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    // n! / Π m!, each factor where it is met.
    let (mut count, mut same) = (1.0, 0.0);
    for (k, value) in sorted.iter().enumerate() {
        same = if k > 0 && *value == sorted[k - 1] { same + 1.0 } else { 1.0 };
        count *= (k as f64 + 1.0) / same;
    }
    count.round()
}

/// Every distinct order of some values, in lexicographic order.
fn all_orders(mut values: Vec<f64>) -> Vec<Vec<f64>> {
    values.sort_by(f64::total_cmp);
    let mut all = vec![values.clone()];
    while let Some(k) = (1..values.len()).rev().find(|&k| values[k - 1] < values[k]) {
        let pivot = values[k - 1];
        let larger = (k..values.len()).rev().find(|&j| values[j] > pivot).unwrap_or(k);
        values.swap(k - 1, larger);
        values[k..].reverse();
        all.push(values.clone());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinct_orders() {
        assert_eq!(n_orders(&[1.0, 0.0, 0.0, 1.0]), 6.0);
        assert_eq!(n_orders(&[3.0, 1.0, 2.0]), 6.0);
        assert_eq!(n_orders(&[0.0; 40]), 1.0);
        assert!(n_orders(&(0..60).map(f64::from).collect::<Vec<_>>()) > 1e80);
        let all = all_orders(vec![1.0, 0.0, 0.0, 1.0]);
        assert_eq!(all.len(), 6);
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(all_orders(vec![2.0]), vec![vec![2.0]]);
    }
}
