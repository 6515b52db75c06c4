//! Weights from weights: unions, intersections, differences, higher orders, symmetry.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{SpaceError, SpatialWeights};

/// How weights are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combination {
    /// Links of any of them, with the largest weight.
    Union,
    /// Links that all have, with the product of the weights.
    Intersection,
    /// Links of the first that no other has.
    Difference,
}

/// What weights must be, or become, in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Symmetry {
    /// The same in both directions; the study stops where they are not.
    Required,
    /// The mean of both directions.
    Mean,
    /// The larger of both: a link in one direction is one in both.
    Either,
    /// The smaller of both: only links in both directions stay.
    Both,
}

impl SpatialWeights {
    /// Puts weights of the same regions together.
    ///
    /// # Errors
    /// [`SpaceError::RegionsDiffer`].
    pub fn combined(of: &[&SpatialWeights], how: Combination) -> Result<SpatialWeights, SpaceError> {
        let Some((first, others)) = of.split_first() else { return Ok(SpatialWeights::from_pairs(Vec::new(), &[])) };
        for other in others {
            let missing = |a: &SpatialWeights, b: &SpatialWeights| {
                a.ids.iter().filter(|id| b.position(id).is_none()).cloned().collect::<Vec<_>>()
            };
            let regions = [missing(first, other), missing(other, first)].concat();
            if !regions.is_empty() {
                return Err(SpaceError::RegionsDiffer { regions });
            }
        }
        let mut out = (*first).clone();
        for other in others {
            let rows = (0..out.n()).map(|r| merged(&out.rows[r], &other.rows[r], how)).collect();
            out = out.with_rows(rows);
        }
        Ok(out)
    }

    /// Regions that are `order` links away on the shortest way (and, with `lower`, at most so many), with weight one.
    pub fn of_order(self, order: usize, lower: bool) -> SpatialWeights {
        let mut seen = vec![usize::MAX; self.n()];
        let rows = (0..self.n())
            .map(|r| {
                seen[r] = r;
                let (mut ring, mut out) = (vec![r as u32], Vec::new());
                for depth in 1..=order {
                    let mut next = Vec::new();
                    for &s in ring.iter().flat_map(|&at| self.rows[at as usize].iter().map(|(s, _)| s)) {
                        if seen[s as usize] != r {
                            seen[s as usize] = r;
                            next.push(s);
                        }
                    }
                    if lower || depth == order {
                        out.extend(next.iter().map(|&s| (s, 1.0)));
                    }
                    ring = next;
                }
                out.sort_by_key(|&(s, _)| s);
                out
            })
            .collect();
        self.with_rows(rows)
    }

    /// Makes the weights symmetric, or checks that they are.
    ///
    /// # Errors
    /// [`SpaceError::Asymmetric`].
    pub fn symmetric(self, how: Symmetry) -> Result<SpatialWeights, SpaceError> {
        let back = self.turned();
        if how == Symmetry::Required {
            for (r, row) in self.rows.iter().enumerate() {
                let differs = row.iter().find(|&&(s, w)| (back.weight(r as u32, s) - w).abs() > 1e-9 * w.abs());
                if let Some(&(s, there)) = differs {
                    let (from, to) = (self.ids[r].clone(), self.ids[s as usize].clone());
                    return Err(SpaceError::Asymmetric { from, to, there, back: back.weight(r as u32, s) });
                }
            }
            return Ok(self);
        }
        let value = |a: f64, b: f64| match how {
            Symmetry::Mean => 0.5 * (a + b),
            Symmetry::Both => a.min(b),
            Symmetry::Either | Symmetry::Required => a.max(b),
        };
        let rows = (0..self.n()).map(|r| joined(&self.rows[r], &back.rows[r], value)).collect();
        Ok(self.with_rows(rows))
    }

    /// The transpose.
    pub fn turned(&self) -> SpatialWeights {
        let mut rows = vec![Vec::new(); self.n()];
        for (r, row) in self.rows.iter().enumerate() {
            row.iter().for_each(|&(s, w)| rows[s as usize].push((r as u32, w)));
        }
        self.clone().with_rows(rows)
    }
}

fn merged(a: &[(u32, f64)], b: &[(u32, f64)], how: Combination) -> Vec<(u32, f64)> {
    joined(a, b, |a, b| match how {
        Combination::Union => a.max(b),
        Combination::Intersection => a * b,
        Combination::Difference => {
            if b == 0.0 {
                a
            } else {
                0.0
            }
        }
    })
}

/// Two sorted rows by place, zero where a row has no link; what becomes zero is no link.
fn joined(a: &[(u32, f64)], b: &[(u32, f64)], value: impl Fn(f64, f64) -> f64) -> Vec<(u32, f64)> {
    let mut places: Vec<u32> = a.iter().chain(b).map(|&(s, _)| s).collect();
    places.sort_unstable();
    places.dedup();
    let at = |row: &[(u32, f64)], s: u32| row.binary_search_by_key(&s, |&(s, _)| s).map_or(0.0, |k| row[k].1);
    places.into_iter().map(|s| (s, value(at(a, s), at(b, s)))).filter(|(_, w)| *w != 0.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(pairs: &[(&str, &str, f64)]) -> SpatialWeights {
        let ids = ["a", "b", "c", "d"].map(String::from).to_vec();
        let pairs: Vec<_> = pairs.iter().map(|(a, b, w)| (a.to_string(), b.to_string(), *w)).collect();
        SpatialWeights::from_pairs(ids, &pairs)
    }

    #[test]
    fn links_are_put_together() {
        let a = weights(&[("a", "b", 2.0), ("b", "c", 1.0)]);
        let b = weights(&[("a", "b", 3.0), ("c", "d", 1.0)]);
        let of = |how| SpatialWeights::combined(&[&a, &b], how).unwrap().rows;
        assert_eq!(of(Combination::Union), [vec![(1, 3.0)], vec![(2, 1.0)], vec![(3, 1.0)], vec![]]);
        assert_eq!(of(Combination::Intersection), [vec![(1, 6.0)], vec![], vec![], vec![]]);
        assert_eq!(of(Combination::Difference), [vec![], vec![(2, 1.0)], vec![], vec![]]);
        let other = SpatialWeights::from_pairs(vec!["z".into()], &[]);
        let fault = SpatialWeights::combined(&[&a, &other], Combination::Union).unwrap_err();
        assert!(fault.to_string().contains('z') && fault.to_string().contains('a'), "{fault}");
    }

    #[test]
    fn orders_are_shortest_ways() {
        let path =
            [("a", "b", 1.0), ("b", "a", 1.0), ("b", "c", 1.0), ("c", "b", 1.0), ("c", "d", 1.0), ("d", "c", 1.0)];
        let second = weights(&path).of_order(2, false);
        assert_eq!(second.rows, [vec![(2, 1.0)], vec![(3, 1.0)], vec![(0, 1.0)], vec![(1, 1.0)]]);
        assert_eq!(weights(&path).of_order(2, true).rows[0], [(1, 1.0), (2, 1.0)]);
        assert_eq!(weights(&path).of_order(1, false), weights(&path));
    }

    #[test]
    fn both_directions() {
        let w = weights(&[("a", "b", 2.0), ("b", "a", 1.0), ("c", "d", 1.0)]);
        let of = |how| w.clone().symmetric(how).unwrap().rows;
        assert_eq!(of(Symmetry::Mean), [vec![(1, 1.5)], vec![(0, 1.5)], vec![(3, 0.5)], vec![(2, 0.5)]]);
        assert_eq!(of(Symmetry::Either), [vec![(1, 2.0)], vec![(0, 2.0)], vec![(3, 1.0)], vec![(2, 1.0)]]);
        assert_eq!(of(Symmetry::Both), [vec![(1, 1.0)], vec![(0, 1.0)], vec![], vec![]]);
        let fault = w.clone().symmetric(Symmetry::Required).unwrap_err();
        assert!(matches!(fault, SpaceError::Asymmetric { .. }));
        assert!(weights(&[("a", "b", 2.0), ("b", "a", 2.0)]).symmetric(Symmetry::Required).is_ok());
    }
}
