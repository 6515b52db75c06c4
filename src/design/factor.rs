//! Factors re-coded densely on the sample.

use std::sync::Arc;

use crate::panel::Factor;

/// Pairs of levels that a table is made of whatever the number of rows.
const DENSE_PAIRS: usize = 1 << 16;

/// Codes `0..n_levels` over the rows of the sample; every level occurs.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseFactor {
    /// A code per row.
    pub codes: Arc<Vec<u32>>,
    /// How many levels occur.
    pub n_levels: usize,
    /// Of each level, its code in the panel's factor.
    pub origin: Arc<Vec<u32>>,
}

impl DenseFactor {
    /// Codes the levels of `factor` that occur in `rows`, in the order of the panel's levels; the codes are shared with
    /// the panel where the sample is all of it.
    pub fn of(factor: &Factor, rows: &[u32]) -> DenseFactor {
        if rows.len() == factor.len() {
            let mut occurs = vec![false; factor.n_levels()];
            factor.codes.iter().for_each(|&code| occurs[code as usize] = true);
            if occurs.iter().all(|&level| level) {
                let origin = Arc::new((0..factor.n_levels() as u32).collect());
                return DenseFactor { codes: Arc::clone(&factor.codes), n_levels: factor.n_levels(), origin };
            }
        }
        let mut dense = vec![u32::MAX; factor.n_levels()];
        for &row in rows {
            dense[factor.codes[row as usize] as usize] = 0;
        }
        let mut origin = Vec::new();
        for (code, slot) in dense.iter_mut().enumerate() {
            if *slot == 0 {
                *slot = origin.len() as u32;
                origin.push(code as u32);
            }
        }
        let codes = rows.iter().map(|&row| dense[factor.codes[row as usize] as usize]).collect();
        DenseFactor { codes: Arc::new(codes), n_levels: origin.len(), origin: Arc::new(origin) }
    }

    /// The factor whose levels are the pairs of levels that occur.
    pub fn pair(&self, other: &DenseFactor) -> DenseFactor {
        let pairs = self.codes.iter().zip(other.codes.iter());
        let cells = self.n_levels.saturating_mul(other.n_levels);
        // Pairs are numbered as they first appear: by a table of all of them where that is not much larger than the rows.
        let (codes, n_levels): (Vec<u32>, usize) = if cells <= DENSE_PAIRS.max(8 * self.codes.len()) {
            let mut seen = vec![u32::MAX; cells];
            let mut next = 0u32;
            let number = |(&a, &b): (&u32, &u32)| {
                let slot = &mut seen[a as usize * other.n_levels + b as usize];
                if *slot == u32::MAX {
                    *slot = next;
                    next += 1;
                }
                *slot
            };
            (pairs.map(number).collect(), next as usize)
        } else {
            self.many_pairs(other)
        };
        DenseFactor { codes: Arc::new(codes), n_levels, origin: Arc::new((0..n_levels as u32).collect()) }
    }

    /// The pairs of levels of every row, numbered as they first appear, without a table of all of them: level by level of
    /// this factor, the first row of each level of the other stands for the pair.
    fn many_pairs(&self, other: &DenseFactor) -> (Vec<u32>, usize) {
        let n = self.codes.len();
        let mut first: Vec<(u32, u32)> = vec![(u32::MAX, 0); other.n_levels];
        let mut stands_for = vec![0u32; n];
        let mut look = |row: u32| {
            let (a, b) = (self.codes[row as usize], other.codes[row as usize] as usize);
            if first[b].0 != a {
                first[b] = (a, row);
            }
            stands_for[row as usize] = first[b].1;
        };
        if self.codes.is_sorted() {
            (0..n as u32).for_each(&mut look);
        } else {
            self.rows().1.into_iter().for_each(&mut look);
        }
        // The first row of a pair comes before all others, so that its number is known when they are met.
        let mut codes = vec![0u32; n];
        let mut next = 0u32;
        for row in 0..n {
            let first = stands_for[row] as usize;
            codes[row] = if first == row {
                next += 1;
                next - 1
            } else {
                codes[first]
            };
        }
        (codes, next as usize)
    }

    /// Rows in the order of the levels: where each level starts, and the rows, ascending within a level.
    pub fn rows(&self) -> (Vec<usize>, Vec<u32>) {
        let mut starts = vec![0usize; self.n_levels + 1];
        self.codes.iter().for_each(|&code| starts[code as usize + 1] += 1);
        (0..self.n_levels).for_each(|level| starts[level + 1] += starts[level]);
        let mut next = starts.clone();
        let mut rows = vec![0u32; self.codes.len()];
        for (row, &code) in self.codes.iter().enumerate() {
            rows[next[code as usize]] = row as u32;
            next[code as usize] += 1;
        }
        (starts, rows)
    }

    /// The same levels on some of the rows, coded densely again.
    pub fn on(&self, rows: &[u32]) -> DenseFactor {
        let mut dense = vec![u32::MAX; self.n_levels];
        for &row in rows {
            dense[self.codes[row as usize] as usize] = 0;
        }
        let mut origin = Vec::new();
        for (code, slot) in dense.iter_mut().enumerate().filter(|(_, slot)| **slot == 0) {
            *slot = origin.len() as u32;
            origin.push(self.origin.get(code).copied().unwrap_or(code as u32));
        }
        let codes = rows.iter().map(|&row| dense[self.codes[row as usize] as usize]).collect();
        DenseFactor { codes: Arc::new(codes), n_levels: origin.len(), origin: Arc::new(origin) }
    }

    /// Whether every level of `self` lies within one level of `other`.
    pub fn is_nested_in(&self, other: &DenseFactor) -> bool {
        if Arc::ptr_eq(&self.codes, &other.codes) {
            return true;
        }
        if self.n_levels < other.n_levels {
            return false;
        }
        let mut home = vec![u32::MAX; self.n_levels];
        self.codes.iter().zip(other.codes.iter()).all(|(&inner, &outer)| {
            let slot = &mut home[inner as usize];
            if *slot == u32::MAX {
                *slot = outer;
            }
            *slot == outer
        })
    }

    /// Connected components of the graph whose vertices are the levels of both factors and whose edges are the rows.
    pub fn components_with(&self, other: &DenseFactor) -> usize {
        let (codes, few) = if self.n_levels < other.n_levels { (other, self) } else { (self, other) };
        // Levels of the one are joined through levels of the other; once the few are one component so are the many,
        // for every level occurs.
        let mut parent: Vec<u32> = (0..few.n_levels as u32).collect();
        let mut first = vec![u32::MAX; codes.n_levels];
        let mut components = few.n_levels;
        for (&many, &one) in codes.codes.iter().zip(few.codes.iter()) {
            let first = &mut first[many as usize];
            if *first == u32::MAX {
                *first = one;
                continue;
            }
            if *first == one {
                continue;
            }
            let (a, b) = (root(&mut parent, *first), root(&mut parent, one));
            if a != b {
                parent[a.max(b) as usize] = a.min(b);
                components -= 1;
                if components == 1 {
                    break;
                }
            }
        }
        components
    }
}

impl DenseFactor {
    /// The connected component of each level of both factors in the graph whose edges are the rows, counted from 0 in the
    /// order of this factor's levels.
    pub fn components_of(&self, other: &DenseFactor) -> (Vec<u32>, Vec<u32>) {
        let mut parent: Vec<u32> = (0..(self.n_levels + other.n_levels) as u32).collect();
        for (&a, &b) in self.codes.iter().zip(other.codes.iter()) {
            let (a, b) = (root(&mut parent, a), root(&mut parent, self.n_levels as u32 + b));
            parent[a.max(b) as usize] = a.min(b);
        }
        let mut number = vec![u32::MAX; parent.len()];
        let mut next = 0;
        let mut components: Vec<u32> = (0..parent.len() as u32)
            .map(|vertex| {
                let slot = &mut number[root(&mut parent, vertex) as usize];
                if *slot == u32::MAX {
                    *slot = next;
                    next += 1;
                }
                *slot
            })
            .collect();
        let of_other = components.split_off(self.n_levels);
        (components, of_other)
    }
}

/// The root of a vertex, halving the path on the way.
fn root(parent: &mut [u32], mut v: u32) -> u32 {
    while parent[v as usize] != v {
        parent[v as usize] = parent[parent[v as usize] as usize];
        v = parent[v as usize];
    }
    v
}

/// An absorbed effect on the sample.
#[derive(Clone, Debug, PartialEq)]
pub struct AbsorbedTerm {
    /// As written.
    pub name: String,
    /// The levels.
    pub factor: DenseFactor,
    /// Variables with a slope per level, on the sample.
    pub slopes: Vec<Arc<Vec<f64>>>,
    /// Whether there is no intercept per level.
    pub slopes_only: bool,
}

impl AbsorbedTerm {
    /// Parameters per level: one for the intercept, if there is one, and one per slope.
    pub fn width(&self) -> usize {
        usize::from(!self.slopes_only) + self.slopes.len()
    }
}

/// A cluster variable on the sample.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterVariable {
    /// As written.
    pub name: String,
    /// The clusters.
    pub factor: DenseFactor,
    /// Names of the panel's levels, which `factor.origin` points into: what random draws are keyed by, so that they do
    /// not depend on the order of the rows.
    pub levels: Arc<Vec<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dense(codes: &[u32]) -> DenseFactor {
        let n = codes.iter().max().map_or(0, |m| m + 1);
        let factor = Factor::new(codes.to_vec(), (0..n).map(|l| l.to_string()).collect());
        DenseFactor::of(&factor, &(0..codes.len() as u32).collect::<Vec<_>>())
    }

    #[test]
    fn components_and_nesting() {
        let a = dense(&[0, 0, 1, 1, 2]);
        let b = dense(&[0, 1, 1, 0, 2]);
        assert_eq!(a.components_with(&b), 2);
        assert!(!a.is_nested_in(&b));
        assert!(a.is_nested_in(&dense(&[0, 0, 1, 1, 1])));
        assert_eq!(a.pair(&b).n_levels, 5);
    }

    #[test]
    fn many_pairs_are_numbered_as_few() {
        let codes = |n: u32, step: u32| (0..500).map(|k: u32| (k * step + k / 7) % n).collect::<Vec<u32>>();
        let mut sorted = codes(11, 3);
        sorted.sort_unstable();
        for first in [codes(11, 3), sorted] {
            let (a, b) = (dense(&first), dense(&codes(17, 5)));
            let few = a.pair(&b);
            assert_eq!(a.many_pairs(&b), (few.codes.to_vec(), few.n_levels));
        }
    }

    #[test]
    fn levels_that_do_not_occur_are_gone() {
        let factor = Factor::from_values([Some("a"), Some("b"), Some("c"), Some("a")]);
        let dense = DenseFactor::of(&factor, &[0, 2, 3]);
        assert_eq!((dense.n_levels, dense.codes.to_vec(), dense.origin.to_vec()), (2, vec![0, 1, 0], vec![0, 2]));
    }
}
