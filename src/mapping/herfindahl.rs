//! The Herfindahl index: how concentrated a place's activity is.
//!
//! `H_p = sum_k (E_kp / E_p)^2` over the parts `k` of a place `p`, in each period: over the industries of a region
//! (specialisation), over the industries of a cluster in a region, or over the regions of an industry (concentration).
//! Between `1/K` and 1; missing where the place has no activity. Not corrected for the number of parts.

use super::location_quotient::ratio;
use super::{Cells, Codes, CompensatedSum};

/// The index of the place of every row. `values`, `over` (the parts), `place` and `time` have one entry per row.
pub fn herfindahl(values: &[f64], over: &Codes, place: &Codes, time: &Codes) -> Vec<f64> {
    let places = Cells::cross(place, time).codes;
    of_cells(values, &Cells::cross(over, &places).codes, &places)
}

/// The same of places in periods, and parts of them.
pub(super) fn of_cells(values: &[f64], parts: &Codes, places: &Codes) -> Vec<f64> {
    // A row without a part has no share in the place.
    let totals = places.where_known(parts).sums(values);
    let by_part = parts.sums(values);
    let mut index = vec![CompensatedSum::default(); places.n];
    let mut is_done = vec![false; parts.n];
    for row in 0..values.len() {
        if let (Some(place), Some(part)) = (places.at(row), parts.at(row))
            && !std::mem::replace(&mut is_done[part], true)
        {
            let share = ratio(by_part[part].value(), totals[place].value());
            index[place].add(share * share);
        }
    }
    let at =
        |row| places.at(row).filter(|&place| index[place].count > 0).map_or(f64::NAN, |place| index[place].value());
    (0..values.len()).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let values = [1.0, 1.0, 2.0, 0.0, 0.0];
        let over = Codes::new(vec![0, 1, 2, 0, 1], 3);
        let place = Codes::new(vec![0, 0, 0, 1, 1], 2);
        let index = herfindahl(&values, &over, &place, &Codes::single(5));
        assert_eq!(index[0], 0.375);
        assert!(index[4].is_nan());
    }
}
