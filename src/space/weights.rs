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

    /// Weights from rows by position in `ids`, which are distinct and stand in any order.
    pub fn from_rows(ids: Vec<String>, rows: Vec<Vec<(u32, f64)>>) -> Self {
        let mut order: Vec<u32> = (0..ids.len() as u32).collect();
        order.sort_by(|&a, &b| ids[a as usize].cmp(&ids[b as usize]));
        let mut place = vec![0u32; ids.len()];
        order.iter().enumerate().for_each(|(k, &old)| place[old as usize] = k as u32);
        let turned = |old: &u32| {
            let own = place[*old as usize];
            let links = rows[*old as usize].iter().map(|&(s, w)| (place[s as usize], w));
            let mut row: Vec<(u32, f64)> = links.filter(|(s, _)| *s != own).collect();
            row.sort_by_key(|&(s, _)| s);
            row
        };
        let sorted: Vec<Vec<(u32, f64)>> = order.iter().map(turned).collect();
        let ids: Vec<String> = order.into_iter().map(|old| ids[old as usize].clone()).collect();
        let position = ids.iter().enumerate().map(|(k, id)| (id.clone(), k as u32)).collect();
        SpatialWeights { ids, rows: sorted, position }
    }

    /// The same regions with other rows.
    pub(super) fn with_rows(self, rows: Vec<Vec<(u32, f64)>>) -> Self {
        SpatialWeights { rows, ..self }
    }

    /// The weight from one position to another; zero without a link.
    pub fn weight(&self, from: u32, to: u32) -> f64 {
        let row = self.rows.get(from as usize).map_or(&[][..], Vec::as_slice);
        row.binary_search_by_key(&to, |&(s, _)| s).map_or(0.0, |at| row[at].1)
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
}
