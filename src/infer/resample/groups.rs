//! [`Groups`]: rows by cluster, in an order that depends on the clusters' names and not on the order of the rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::design::ClusterVariable;

/// A partition of the rows of a sample into groups `0..n`, none of them empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Groups {
    /// The group of each row.
    pub codes: Arc<Vec<u32>>,
    /// How many groups there are.
    pub n: usize,
}

impl Groups {
    /// The clusters of a variable, in the order of their names.
    pub fn of(cluster: &ClusterVariable) -> Groups {
        let order = order_of(cluster);
        let mut rank = vec![0u32; order.len()];
        for (position, &level) in order.iter().enumerate() {
            rank[level] = position as u32;
        }
        let codes = cluster.factor.codes.iter().map(|&code| rank[code as usize]).collect();
        Groups { codes: Arc::new(codes), n: cluster.factor.n_levels }
    }

    /// Every row by itself, in the order of numbers that tell rows apart.
    pub(super) fn rows(numbers: &[u32]) -> Groups {
        let mut order: Vec<u32> = (0..numbers.len() as u32).collect();
        order.sort_by_key(|&row| (numbers[row as usize], row));
        let mut codes = vec![0; numbers.len()];
        order.iter().zip(0u32..).for_each(|(&row, rank)| codes[row as usize] = rank);
        Groups { codes: Arc::new(codes), n: numbers.len() }
    }

    /// The groups of rows that are together in both, ordered by the pairs.
    pub fn meet(&self, other: &Groups) -> Groups {
        let pairs = || self.codes.iter().zip(other.codes.iter()).map(|(&a, &b)| (a, b));
        let mut position: BTreeMap<(u32, u32), u32> = pairs().map(|pair| (pair, 0)).collect();
        position.values_mut().enumerate().for_each(|(next, slot)| *slot = next as u32);
        let codes = pairs().map(|pair| position[&pair]).collect();
        Groups { codes: Arc::new(codes), n: position.len() }
    }

    /// `Σ a b` over the rows of each group.
    pub fn sums(&self, a: &[f64], b: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.n];
        for ((&code, a), b) in self.codes.iter().zip(a).zip(b) {
            sums[code as usize] += a * b;
        }
        sums
    }
}

/// The names of the groups of [`Groups::of`], in order.
pub(super) fn names_of(cluster: &ClusterVariable) -> Vec<String> {
    order_of(cluster).into_iter().map(|level| level_name(cluster, level).to_string()).collect()
}

/// The levels of a cluster variable that occur, in the order of their names.
fn order_of(cluster: &ClusterVariable) -> Vec<usize> {
    let mut order: Vec<usize> = (0..cluster.factor.n_levels).collect();
    order.sort_by_key(|&level| level_name(cluster, level));
    order
}

fn level_name(cluster: &ClusterVariable, level: usize) -> &str {
    let origin = cluster.factor.origin.get(level).copied().unwrap_or(u32::MAX);
    cluster.levels.get(origin as usize).map_or("", String::as_str)
}

/// Whether rows with the same inner code have the same outer one.
pub(super) fn is_within(inner: &[u32], n_inner: usize, outer: &[u32]) -> bool {
    let mut home = vec![u32::MAX; n_inner];
    inner.iter().zip(outer).all(|(&inner, &outer)| {
        let slot = &mut home[inner as usize];
        if *slot == u32::MAX {
            *slot = outer;
        }
        *slot == outer
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::DenseFactor;
    use crate::panel::Factor;

    fn cluster(names: &[&str]) -> ClusterVariable {
        let factor = Factor::from_values(names.iter().map(|name| Some(*name)));
        let rows: Vec<u32> = (0..names.len() as u32).collect();
        let levels = Arc::clone(&factor.levels);
        ClusterVariable { name: "g".into(), factor: DenseFactor::of(&factor, &rows), levels }
    }

    #[test]
    fn groups_follow_names() {
        let groups = Groups::of(&cluster(&["b", "a", "c", "a"]));
        assert_eq!((groups.codes.to_vec(), groups.n), (vec![1, 0, 2, 0], 3));
        let other = Groups::of(&cluster(&["x", "y", "x", "x"]));
        let both = groups.meet(&other);
        assert_eq!((both.codes.to_vec(), both.n), (vec![2, 1, 3, 0], 4));
        let within = |inner: &Groups, outer: &Groups| is_within(&inner.codes, inner.n, &outer.codes);
        assert!(within(&both, &groups) && !within(&groups, &other));
        assert_eq!(groups.sums(&[1.0, 2.0, 3.0, 4.0], &[1.0; 4]), vec![6.0, 1.0, 3.0]);
    }
}
