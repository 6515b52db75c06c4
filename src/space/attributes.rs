//! Weights from what regions have in common: a group, or nearly the same value of a variable.

use std::collections::{BTreeMap, HashMap};

use super::distance::Falling;
use super::{SpaceError, SpatialWeights};

/// Regions up to which every pair of them may have a weight.
pub const EVERY_PAIR: usize = 1000;

/// Which regions are near in a variable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NearValue {
    /// All.
    All,
    /// Those at most so far away, in the units of the variable.
    Within(f64),
    /// The so many nearest.
    Nearest(usize),
}

/// Regions of the same group are neighbours of each other with weight one; a region without a group has none.
pub fn block(ids: &[String], groups: &HashMap<String, String>) -> SpatialWeights {
    let mut members: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (position, id) in ids.iter().enumerate() {
        if let Some(group) = groups.get(id) {
            members.entry(group).or_default().push(position as u32);
        }
    }
    let mut rows = vec![Vec::new(); ids.len()];
    for group in members.values() {
        for &r in group {
            rows[r as usize] = group.iter().filter(|&&s| s != r).map(|&s| (s, 1.0)).collect();
        }
    }
    SpatialWeights::from_rows(ids.to_vec(), rows)
}

/// Weights that fall with the difference of a variable (`1/|x_r - x_s|` with [`super::Decay::Inverse`]); a region without a value has none.
///
/// # Errors
/// [`SpaceError::SameValue`] where an inverse difference is infinite; [`SpaceError::EveryPair`] where all of many regions would be neighbours.
pub fn economic(
    ids: &[String],
    values: &HashMap<String, f64>,
    (near, decay): (NearValue, Falling),
) -> Result<SpatialWeights, SpaceError> {
    let known = ids.iter().enumerate().filter_map(|(r, id)| Some((*values.get(id)?, r)));
    let mut sorted: Vec<(f64, usize)> = known.filter(|(value, _)| value.is_finite()).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| ids[a.1].cmp(&ids[b.1])));
    if near == NearValue::All && sorted.len() > EVERY_PAIR {
        return Err(SpaceError::EveryPair { regions: sorted.len(), most: EVERY_PAIR });
    }
    let scale = if let NearValue::Within(most) = near { most } else { f64::INFINITY };
    let mut rows = vec![Vec::new(); ids.len()];
    for at in 0..sorted.len() {
        let (value, r) = sorted[at];
        for other in around(&sorted, at, near) {
            let (of, s) = sorted[other];
            let Some(weight) = decay.at((of - value).abs(), scale) else {
                return Err(SpaceError::SameValue { first: ids[r].clone(), second: ids[s].clone(), value });
            };
            rows[r].push((s as u32, weight));
        }
    }
    Ok(SpatialWeights::from_rows(ids.to_vec(), rows))
}

/// Places in a sorted list that are near one of them.
fn around(sorted: &[(f64, usize)], at: usize, near: NearValue) -> Vec<usize> {
    let value = sorted[at].0;
    match near {
        NearValue::All => (0..sorted.len()).filter(|&k| k != at).collect(),
        NearValue::Within(most) => {
            let from = sorted.partition_point(|(v, _)| value - v > most);
            let to = sorted.partition_point(|(v, _)| v - value <= most);
            (from..to).filter(|&k| k != at).collect()
        }
        NearValue::Nearest(k) => {
            // Outwards from the place, the nearer side first, the lower one where both are as near.
            let (mut low, mut high) = (at, at + 1);
            let mut out = Vec::with_capacity(k);
            while out.len() < k && (low > 0 || high < sorted.len()) {
                let below = low.checked_sub(1).map_or(f64::INFINITY, |k| value - sorted[k].0);
                let above = sorted.get(high).map_or(f64::INFINITY, |(v, _)| v - value);
                if below <= above {
                    low -= 1;
                    out.push(low);
                } else {
                    out.push(high);
                    high += 1;
                }
            }
            out
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Decay;

    fn ids() -> Vec<String> {
        ["a", "b", "c", "d"].map(String::from).to_vec()
    }

    #[test]
    fn groups_are_blocks() {
        let groups = [("a", "x"), ("b", "y"), ("c", "x")].map(|(a, b)| (a.to_string(), b.to_string())).into();
        let w = block(&ids(), &groups);
        assert_eq!(w.rows, [vec![(2, 1.0)], vec![], vec![(0, 1.0)], vec![]]);
    }

    #[test]
    fn values_are_near() {
        let values: HashMap<String, f64> =
            [("a", 1.0), ("b", 2.0), ("c", 4.0), ("d", 9.0)].map(|(a, b)| (a.to_string(), b)).into();
        let of = |near, decay: Decay| economic(&ids(), &values, (near, decay.into()));
        let all = of(NearValue::All, Decay::Inverse).unwrap();
        assert_eq!(all.rows[0], [(1, 1.0), (2, 1.0 / 3.0), (3, 0.125)]);
        let within = of(NearValue::Within(2.0), Decay::None).unwrap();
        assert_eq!(within.rows, [vec![(1, 1.0)], vec![(0, 1.0), (2, 1.0)], vec![(1, 1.0)], vec![]]);
        let nearest = of(NearValue::Nearest(2), Decay::None).unwrap();
        assert_eq!(nearest.rows[3], [(1, 1.0), (2, 1.0)]);
        let mut same = values.clone();
        same.insert("b".into(), 1.0);
        let fault = economic(&ids(), &same, (NearValue::All, Decay::Inverse.into())).unwrap_err();
        assert!(matches!(fault, SpaceError::SameValue { .. }));
    }
}
