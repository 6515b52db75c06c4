//! What makes a region's wage: the industries it has, or what it pays in them (Porter 2003, Regional Studies 37).
//!
//! `w_r - w = sum_i (s_ir - s_i) w_i + sum_i s_ir (w_ir - w_i)`: mix and level, with `s` shares of employment and `w` payroll
//! per employee.

use super::{Table, sum};
use crate::mapping::location_quotient::ratio;

/// Mix and level by region. Industries without national employment count in neither.
pub fn mix_and_level(jobs: &Table, pay: &Table) -> (Vec<f64>, Vec<f64>) {
    let wage = |i: usize| ratio(pay.industries[i], jobs.industries[i]);
    let mix = jobs.per_region(|r| {
        sum(jobs.active_industries().map(|i| (jobs.in_region(r, i) - jobs.industry_share(i)) * wage(i)))
    });
    let level = jobs.per_region(|r| {
        sum(jobs
            .active_industries()
            .filter(|&i| jobs.by_region[(i, r)] > 0.0)
            .map(|i| jobs.in_region(r, i) * (pay.by_region[(i, r)] / jobs.by_region[(i, r)] - wage(i))))
    });
    (mix, level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::DMatrix;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn mix_and_level_are_the_gap(jobs in prop::collection::vec(1.0..1e4f64, 12), wages in prop::collection::vec(1.0..100f64, 12)) {
            let jobs = DMatrix::from_vec(4, 3, jobs);
            let pay = DMatrix::from_vec(4, 3, wages).component_mul(&jobs);
            let (mix, level) = mix_and_level(&Table::of(jobs.clone()), &Table::of(pay.clone()));
            for r in 0..4 {
                let gap = pay.row(r).sum() / jobs.row(r).sum() - pay.sum() / jobs.sum();
                prop_assert!((mix[r] + level[r] - gap).abs() < 1e-9);
            }
        }
    }
}
