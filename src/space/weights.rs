//! [`SpatialWeights`]: a sparse matrix keyed by region id, never by row position.

use indexmap::IndexMap;

/// Spatial weights `w_rs` between regions, sparse, with a zero diagonal.
#[derive(Clone, Debug, PartialEq)]
pub struct SpatialWeights {
    /// Region ids, sorted.
    pub ids: Vec<String>,
    /// For each region the positions (in `ids`) of its neighbours, ascending, and their weights.
    pub rows: Vec<Vec<(u32, f64)>>,
    position: IndexMap<String, u32>,
}

impl SpatialWeights {
    /// Builds weights from pairs `(from, to, weight)` over all `ids`; pairs naming an unknown id are ignored by no one:
    /// the caller has checked them.
    pub fn from_pairs(mut ids: Vec<String>, pairs: &[(String, String, f64)]) -> Self {
        ids.sort();
        ids.dedup();
        let position: IndexMap<String, u32> = ids.iter().enumerate().map(|(k, id)| (id.clone(), k as u32)).collect();
        let mut rows = vec![Vec::new(); ids.len()];
        for (from, to, weight) in pairs {
            if let (Some(&r), Some(&s)) = (position.get(from), position.get(to))
                && r != s
            {
                rows[r as usize].push((s, *weight));
            }
        }
        for row in &mut rows {
            row.sort_by_key(|&(s, _)| s);
            row.dedup_by_key(|&mut (s, _)| s);
        }
        SpatialWeights { ids, rows, position }
    }

    /// Number of regions.
    pub fn n(&self) -> usize {
        self.ids.len()
    }

    /// The position of a region.
    pub fn position(&self, id: &str) -> Option<u32> {
        self.position.get(id).copied()
    }

    /// Regions without a neighbour.
    pub fn islands(&self) -> Vec<&str> {
        self.ids.iter().zip(&self.rows).filter(|(_, row)| row.is_empty()).map(|(id, _)| id.as_str()).collect()
    }

    /// Every link `(from, to, weight)`, in order of ids.
    pub fn pairs(&self) -> Vec<(String, String, f64)> {
        let from = self.ids.iter().zip(&self.rows);
        from.flat_map(|(id, row)| row.iter().map(|&(s, weight)| (id.clone(), self.ids[s as usize].clone(), weight)))
            .collect()
    }

    /// Divides every row by its sum; a region without neighbours keeps a row of zeros.
    pub fn row_standardized(mut self) -> Self {
        for row in &mut self.rows {
            let sum: f64 = row.iter().map(|&(_, w)| w).sum();
            if sum != 0.0 {
                row.iter_mut().for_each(|(_, w)| *w /= sum);
            }
        }
        self
    }
}
