//! Shift-share accounts: what of a change is the nation's growth, the mix of industries, and the region's own.
//!
//! With `E` at the start and `E'` at the end, `g = E'/E - 1` of the nation, `g_i` of an industry in the nation and
//! `g_ir` in the region (Dunn 1960; Esteban-Marquillas 1972):
//!
//! `E'_ir - E_ir = E_ir g + E_ir (g_i - g) + E_ir (g_ir - g_i)`; the last splits into competitive
//! `Ê_ir (g_ir - g_i)` and allocation `(E_ir - Ê_ir)(g_ir - g_i)`, with homothetic employment `Ê_ir = E_r E_i / E`.

use nalgebra::DMatrix;

use super::Table;

/// A part of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// What the industry would have gained at the nation's growth.
    National,
    /// What its industry's growth adds.
    Mix,
    /// What the region's growth in the industry adds. Where the industry was not in the region, all of the change.
    Regional,
    /// Esteban-Marquillas' competitive effect; missing where the industry was not in the region.
    Competitive,
    /// Esteban-Marquillas' allocation effect; likewise.
    Allocation,
}

/// An effect by cell, between a start and an end of the same regions and industries.
pub fn effect(then: &Table, now: &Table, effect: Effect) -> DMatrix<f64> {
    let national = now.total / then.total - 1.0;
    then.per_cell(|r, i| {
        let own = then.by_industry[(r, i)];
        let change = now.by_industry[(r, i)] - own;
        let growth = now.industries[i] / then.industries[i] - 1.0;
        // Without a start there is nothing for the nation or the mix to act on.
        let at_growth = |rate: f64| if own == 0.0 { 0.0 } else { own * rate };
        let homothetic = then.regions[r] * then.industries[i] / then.total;
        let gap = change / own - growth;
        match effect {
            Effect::National => at_growth(national),
            Effect::Mix => at_growth(growth - national),
            Effect::Regional => change - at_growth(growth),
            Effect::Competitive if own > 0.0 => homothetic * gap,
            Effect::Allocation if own > 0.0 => (own - homothetic) * gap,
            Effect::Competitive | Effect::Allocation => f64::NAN,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::agree;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_worked_example() {
        // The region, and the rest of the nation.
        let start = Table::of(DMatrix::from_row_slice(2, 3, &[100., 200., 300., 900., 2800., 3700.]));
        let end = Table::of(DMatrix::from_row_slice(2, 3, &[120., 190., 330., 980., 2960., 4270.]));
        let row = |which| effect(&start, &end, which).row(0).iter().copied().collect::<Vec<f64>>();
        agree(&row(Effect::National), &[10.625, 21.25, 31.875]);
        agree(&row(Effect::Mix), &[-0.625, -11.25, 13.125]);
        agree(&row(Effect::Regional), &[10.0, -20.0, -15.0]);
        agree(&row(Effect::Competitive), &[7.5, -22.5, -15.0]);
        agree(&row(Effect::Allocation), &[2.5, 2.5, 0.0]);
    }

    proptest! {
        /// National, mix and regional effects add up to the change, also where a cell begins or ends at zero.
        #[test]
        fn effects_add_up(start in prop::collection::vec(0.0..1e4f64, 12), end in prop::collection::vec(1.0..1e4f64, 12), zero in 0usize..12) {
            let mut start = DMatrix::from_vec(4, 3, start);
            start[(0, 0)] += 1.0;
            start[(1, 1)] += 1.0;
            start[(2, 2)] += 1.0;
            if ![0, 5, 10].contains(&zero) {
                start.as_mut_slice()[zero] = 0.0;
            }
            let (start, end) = (Table::of(start), Table::of(DMatrix::from_vec(4, 3, end)));
            let all = [Effect::National, Effect::Mix, Effect::Regional].map(|which| effect(&start, &end, which));
            let gap = &all[0] + &all[1] + &all[2] - (end.values() - start.values());
            prop_assert!(gap.iter().all(|gap| gap.abs() < 1e-8));
            let split = effect(&start, &end, Effect::Competitive) + effect(&start, &end, Effect::Allocation) - &all[2];
            prop_assert!(split.iter().all(|gap| gap.is_nan() || gap.abs() < 1e-7));
        }
    }
}
