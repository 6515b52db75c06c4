//! What there is to say of weights before they are used.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SpatialWeights;
use crate::linalg::SparseMatrix;

/// Weights in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WeightsRecord {
    /// Their name in the study.
    pub name: String,
    /// How rows are scaled: `row`, `none`, `spectral`, `variance` or `global`.
    pub standardize: String,
    /// Regions.
    pub regions: usize,
    /// Weights that are not zero.
    pub links: usize,
    /// Fewest neighbours of a region.
    pub fewest: usize,
    /// Mean number of neighbours.
    pub mean: f64,
    /// Most neighbours of a region.
    pub most: usize,
    /// Links that do not go in both directions.
    pub one_way: usize,
    /// Whether the scaled weights are the same in both directions.
    pub is_symmetric: bool,
    /// Regions without a neighbour.
    pub islands: Vec<String>,
    /// Parts between which there is no link, islands among them.
    pub components: usize,
    /// Regions of the largest of them.
    pub largest_component: usize,
    /// The sum of all weights.
    pub s0: f64,
    /// Half the sum of `(w_ij + w_ji)^2`.
    pub s1: f64,
    /// The sum of squares of row and column sums added.
    pub s2: f64,
    /// The largest eigenvalue: `rho` lies below one over it.
    pub largest_eigenvalue: f64,
}

impl SpatialWeights {
    /// The weights as a matrix in order of ids.
    pub fn matrix(&self) -> SparseMatrix {
        SparseMatrix::from_rows(self.n(), &self.rows)
    }

    /// For every region the number of its component, from zero in order of ids; links count in both directions.
    pub fn components(&self) -> Vec<usize> {
        let back = self.turned();
        let mut of = vec![usize::MAX; self.n()];
        let mut next = 0;
        for start in 0..self.n() {
            if of[start] != usize::MAX {
                continue;
            }
            of[start] = next;
            let mut waiting = vec![start];
            while let Some(r) = waiting.pop() {
                for &(s, _) in self.rows[r].iter().chain(&back.rows[r]) {
                    if of[s as usize] == usize::MAX {
                        of[s as usize] = next;
                        waiting.push(s as usize);
                    }
                }
            }
            next += 1;
        }
        of
    }

    /// The weights in numbers.
    pub fn record(&self, name: &str, standardize: &str) -> WeightsRecord {
        let counts: Vec<usize> = self.rows.iter().map(Vec::len).collect();
        let links: usize = counts.iter().sum();
        let of = self.components();
        let mut sizes = vec![0usize; of.iter().max().map_or(0, |most| most + 1)];
        of.iter().for_each(|&component| sizes[component] += 1);
        let back = self.turned();
        let (mut one_way, mut is_symmetric, mut s1) = (0, true, 0.0);
        for (r, row) in self.rows.iter().enumerate() {
            for &(s, w) in row {
                let other = self.weight(s, r as u32);
                one_way += usize::from(other == 0.0);
                is_symmetric &= (w - other).abs() <= 1e-12 * w.abs();
                // A link in one direction stands in one of the two rows only.
                s1 += (w + other).powi(2) * if other == 0.0 { 1.0 } else { 0.5 };
            }
        }
        let sum = |row: &Vec<(u32, f64)>| row.iter().map(|(_, w)| w).sum::<f64>();
        WeightsRecord {
            name: name.into(),
            standardize: standardize.into(),
            regions: self.n(),
            links,
            fewest: counts.iter().min().copied().unwrap_or(0),
            mean: links as f64 / self.n().max(1) as f64,
            most: counts.iter().max().copied().unwrap_or(0),
            one_way,
            is_symmetric,
            islands: self.islands().into_iter().map(String::from).collect(),
            components: sizes.len(),
            largest_component: sizes.iter().max().copied().unwrap_or(0),
            s0: self.rows.iter().map(sum).sum(),
            s1,
            s2: self.rows.iter().zip(&back.rows).map(|(row, column)| (sum(row) + sum(column)).powi(2)).sum(),
            largest_eigenvalue: self.matrix().spectral_radius(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_links_and_sums() {
        let pairs = [("a", "b", 1.0), ("b", "a", 1.0), ("b", "c", 2.0), ("d", "e", 1.0), ("e", "d", 1.0)];
        let pairs: Vec<_> = pairs.iter().map(|(a, b, w)| (a.to_string(), b.to_string(), *w)).collect();
        let w = SpatialWeights::from_pairs(["a", "b", "c", "d", "e", "f"].map(String::from).to_vec(), &pairs);
        let record = w.record("w", "none");
        assert_eq!((record.links, record.one_way, record.is_symmetric), (5, 1, false));
        assert_eq!((record.components, record.largest_component), (3, 3));
        assert_eq!(record.islands, ["c", "f"]);
        assert_eq!((record.s0, record.s1), (6.0, 0.5 * (4.0 * 4.0 + 2.0 * 4.0)));
        assert_eq!(record.s2, 4.0 + 16.0 + 4.0 + 4.0 + 4.0);
        assert!((record.largest_eigenvalue - 1.0).abs() < 1e-9);
    }
}
