//! The Schur complement of one effect given the eliminated one, formed: `S = D2'W D2 - B'D^-1 B`.
//!
//! `B` has a row per group of the eliminated effect and a column per level of the other; `D` are the groups' weights. `S`
//! is the Laplacian of the graph in which two levels are joined as often as they share a group: `-S_ij` is the sum of
//! `w_gi w_gj / w_g`, and every row adds up to zero.

use rayon::prelude::*;

use super::layout::Layout;

/// The cells of two effects that occur, with their weights, by group.
pub(super) struct Cells {
    starts: Vec<u32>,
    levels: Vec<u32>,
    weights: Vec<f64>,
    /// Weight of each group.
    mass: Vec<f64>,
    /// Weight of each level.
    diagonal: Vec<f64>,
}

/// A symmetric sparse matrix by rows, columns ascending.
pub(super) struct Sparse {
    /// Where each row starts, and the end.
    pub(super) starts: Vec<u32>,
    /// Columns.
    pub(super) columns: Vec<u32>,
    /// Values.
    pub(super) values: Vec<f64>,
}

impl Cells {
    /// The cells of another effect without slopes.
    pub(super) fn of(layout: &Layout, other: usize) -> Cells {
        let term = &layout.others[other];
        let n_groups = layout.starts.len() - 1;
        let mut slot = vec![u32::MAX; term.diagonal.len()];
        let (mut starts, mut levels, mut weights) = (vec![0u32], Vec::new(), Vec::new());
        for group in 0..n_groups {
            let first = levels.len();
            for row in layout.rows(group) {
                let level = term.codes[row];
                let weight = layout.weights.as_ref().map_or(1.0, |w| w[row]);
                let at = slot[level as usize] as usize;
                if at < levels.len() && at >= first && levels[at] == level {
                    weights[at] += weight;
                } else {
                    slot[level as usize] = levels.len() as u32;
                    levels.push(level);
                    weights.push(weight);
                }
            }
            starts.push(levels.len() as u32);
        }
        Cells { starts, levels, weights, mass: layout.head.diagonal.clone(), diagonal: term.diagonal.clone() }
    }

    /// The Schur complement.
    pub(super) fn schur(&self) -> Sparse {
        let n = self.diagonal.len();
        let (starts, groups) = self.turned();
        let chunk = n.div_ceil(32).max(64);
        let chunks: Vec<usize> = (0..n).step_by(chunk).collect();
        let rows: Vec<(Vec<u32>, Vec<u32>, Vec<f64>)> = chunks
            .into_par_iter()
            .map(|from| {
                let (mut lengths, mut columns, mut values) = (Vec::new(), Vec::new(), Vec::new());
                let (mut sums, mut mark, mut seen) = (vec![0.0; n], vec![u32::MAX; n], Vec::new());
                for level in from..(from + chunk).min(n) {
                    seen.clear();
                    for &(group, weight) in &groups[starts[level] as usize..starts[level + 1] as usize] {
                        let cells = self.starts[group as usize] as usize..self.starts[group as usize + 1] as usize;
                        let scale = self.mass[group as usize].recip();
                        for (&other, w) in self.levels[cells.clone()].iter().zip(&self.weights[cells]) {
                            let product = weight * w * scale;
                            if mark[other as usize] == level as u32 {
                                sums[other as usize] -= product;
                            } else {
                                mark[other as usize] = level as u32;
                                sums[other as usize] = -product;
                                seen.push(other);
                            }
                        }
                    }
                    sums[level] += self.diagonal[level];
                    seen.sort_unstable();
                    lengths.push(seen.len() as u32);
                    columns.extend_from_slice(&seen);
                    values.extend(seen.iter().map(|&other| sums[other as usize]));
                }
                (lengths, columns, values)
            })
            .collect();
        let mut out = Sparse { starts: vec![0], columns: Vec::new(), values: Vec::new() };
        let mut end = 0;
        for (lengths, columns, values) in rows {
            out.starts.extend(lengths.iter().map(|length| {
                end += length;
                end
            }));
            out.columns.extend(columns);
            out.values.extend(values);
        }
        out
    }

    /// The cells by level: where each starts, and group and weight.
    fn turned(&self) -> (Vec<u32>, Vec<(u32, f64)>) {
        let mut starts = vec![0u32; self.diagonal.len() + 1];
        for &level in &self.levels {
            starts[level as usize + 1] += 1;
        }
        for level in 0..self.diagonal.len() {
            starts[level + 1] += starts[level];
        }
        let mut next = starts.clone();
        let mut out = vec![(0u32, 0.0); self.levels.len()];
        for group in 0..self.starts.len() - 1 {
            for cell in self.starts[group] as usize..self.starts[group + 1] as usize {
                let slot = &mut next[self.levels[cell] as usize];
                out[*slot as usize] = (group as u32, self.weights[cell]);
                *slot += 1;
            }
        }
        (starts, out)
    }
}
