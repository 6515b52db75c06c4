//! Theil's index of inequality between units, and how much of it lies between groups.
//!
//! `T = sum_k (w_k / W) (y_k / m) ln(y_k / m)` with weights `w`, values `y >= 0` and their weighted mean `m` (Theil 1967).
//! Exactly `T = T_between + T_within`: between with every unit at the mean of its group, within the groups' own indices
//! weighted by their shares of the total.

use super::{sum, x_log_x};
use crate::mapping::CompensatedSum;

/// A part of the index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    #[default]
    Total,
    /// Between groups.
    Between,
    /// Within groups.
    Within,
}

/// One unit: its value, its weight, its group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit {
    /// Its value, not negative.
    pub value: f64,
    /// Its weight.
    pub weight: f64,
    /// Its group.
    pub group: usize,
}

/// Theil's index of units, or a part of it. Missing without units or with a mean of zero.
pub fn theil(units: &[Unit], part: Part) -> f64 {
    let weight = sum(units.iter().map(|unit| unit.weight));
    let total = sum(units.iter().map(|unit| unit.weight * unit.value));
    if !(weight > 0.0 && total > 0.0) {
        return f64::NAN;
    }
    let mean = total / weight;
    let all = || sum(units.iter().map(|unit| unit.weight / weight * x_log_x(unit.value / mean)));
    let between = || {
        let n_groups = units.iter().map(|unit| unit.group + 1).max().unwrap_or(0);
        let nothing = vec![CompensatedSum::default(); n_groups];
        let (mut weights, mut totals) = (nothing.clone(), nothing);
        for unit in units {
            weights[unit.group].add(unit.weight);
            totals[unit.group].add(unit.weight * unit.value);
        }
        let groups = weights.iter().zip(&totals).map(|(own, total)| (own.value(), total.value()));
        let groups = groups.filter(|(own, _)| *own > 0.0);
        sum(groups.map(|(own, total)| own / weight * x_log_x(total / own / mean)))
    };
    match part {
        Part::Total => all(),
        Part::Between => between(),
        Part::Within => all() - between(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(value: f64, weight: f64, group: usize) -> Unit {
        Unit { value, weight, group }
    }

    #[test]
    fn by_hand() {
        // Two units, one with three times the other's income: 0.25 ln 0.5 + 0.75 ln 1.5.
        let two = [unit(1.0, 1.0, 0), unit(3.0, 1.0, 1)];
        let by_hand = 0.25 * 0.5_f64.ln() + 0.75 * 1.5_f64.ln();
        assert!((theil(&two, Part::Total) - by_hand).abs() < 1e-15);
        assert!((theil(&two, Part::Between) - by_hand).abs() < 1e-15 && theil(&two, Part::Within).abs() < 1e-15);
        assert!(theil(&[], Part::Total).is_nan());
    }

    #[test]
    fn within_is_the_weighted_index_of_the_groups() {
        let units = [unit(1.0, 2.0, 0), unit(3.0, 1.0, 0), unit(5.0, 1.5, 1), unit(2.0, 2.5, 1)];
        let total: f64 = units.iter().map(|u| u.weight * u.value).sum();
        let own = |group: usize| {
            let members: Vec<Unit> = units.iter().copied().filter(|u| u.group == group).collect();
            let share = members.iter().map(|u| u.weight * u.value).sum::<f64>() / total;
            share * theil(&members, Part::Total)
        };
        assert!((theil(&units, Part::Within) - own(0) - own(1)).abs() < 1e-14);
    }
}
