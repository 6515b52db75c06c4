//! [`Envelope`]: an exact Cholesky factorisation of a sparse Laplacian within its profile.
//!
//! Vertices are ordered by reverse Cuthill-McKee (1969; George 1971), which lays chains and windows out along their
//! length; each row of the factor then reaches from its first nonzero to the diagonal (Jennings 1966). A Laplacian is
//! singular: of each connected component the last vertex is held at zero, which gives a solution wherever there is one.

use std::collections::VecDeque;

use super::schur::Sparse;

/// A pivot, relative to the diagonal, under which a vertex is held at zero too.
const NO_PIVOT: f64 = 1e-13;

/// A factorised Laplacian.
pub(super) struct Envelope {
    /// Of each place in the ordering, the vertex.
    order: Vec<u32>,
    /// Where each row of the factor starts, and the end.
    starts: Vec<usize>,
    /// Rows of the factor, each from its first nonzero up to and without the diagonal.
    values: Vec<f64>,
    /// Inverse of the diagonal; zero for vertices held at zero.
    inverse: Vec<f64>,
}

impl Envelope {
    /// Factorises, unless that takes more operations or more room (in numbers) than given.
    pub(super) fn factorise(matrix: &Sparse, most_operations: f64, room: usize) -> Option<Envelope> {
        let n = matrix.starts.len() - 1;
        let (order, ends) = reverse_cuthill_mckee(matrix);
        let mut place = vec![0u32; n];
        order.iter().enumerate().for_each(|(at, &vertex)| place[vertex as usize] = at as u32);
        let mut starts = vec![0usize; n + 1];
        let mut operations = 0.0;
        for (at, &vertex) in order.iter().enumerate() {
            let first =
                row(matrix, vertex).map(|(column, _)| place[column as usize] as usize).min().unwrap_or(at).min(at);
            starts[at + 1] = starts[at] + at - first;
            operations += ((at - first) as f64).powi(2);
        }
        if operations > most_operations || starts[n] > room {
            return None;
        }
        let mut out = Envelope { values: vec![0.0; starts[n]], inverse: vec![0.0; n], order, starts };
        let mut is_last = vec![false; n];
        ends.iter().for_each(|&end| is_last[end] = true);
        for at in 0..n {
            let mut diagonal = 0.0;
            let (done, rest) = out.values.split_at_mut(out.starts[at]);
            let current = &mut rest[..out.starts[at + 1] - out.starts[at]];
            let first = at - current.len();
            for (column, value) in row(matrix, out.order[at]) {
                let column = place[column as usize] as usize;
                if column == at {
                    diagonal = value;
                } else if column < at {
                    current[column - first] = value;
                }
            }
            let scale = diagonal;
            for column in first..at {
                let earlier = &done[out.starts[column]..out.starts[column + 1]];
                let from = (column - earlier.len()).max(first);
                let product = dot(&current[from - first..column - first], &earlier[earlier.len() - (column - from)..]);
                let entry = (current[column - first] - product) * out.inverse[column];
                current[column - first] = entry;
                diagonal -= entry * entry;
            }
            out.inverse[at] = if is_last[at] || diagonal <= NO_PIVOT * scale { 0.0 } else { diagonal.sqrt().recip() };
        }
        Some(out)
    }

    /// Solves for several right-hand sides at once.
    pub(super) fn solve<const K: usize>(&self, right: &[[f64; K]], out: &mut [[f64; K]]) {
        let mut x: Vec<[f64; K]> = self.order.iter().map(|&vertex| right[vertex as usize]).collect();
        for at in 0..x.len() {
            let factor = &self.values[self.starts[at]..self.starts[at + 1]];
            let (known, rest) = x.split_at_mut(at);
            let mut sum = rest[0];
            for (l, v) in factor.iter().zip(&known[at - factor.len()..]) {
                for k in 0..K {
                    sum[k] -= l * v[k];
                }
            }
            rest[0] = sum.map(|s| s * self.inverse[at]);
        }
        for at in (0..x.len()).rev() {
            let factor = &self.values[self.starts[at]..self.starts[at + 1]];
            let (before, rest) = x.split_at_mut(at);
            let value = rest[0].map(|v| v * self.inverse[at]);
            rest[0] = value;
            for (l, v) in factor.iter().zip(&mut before[at - factor.len()..]) {
                for k in 0..K {
                    v[k] -= l * value[k];
                }
            }
        }
        for (&vertex, x) in self.order.iter().zip(&x) {
            out[vertex as usize] = *x;
        }
    }
}

fn row(matrix: &Sparse, vertex: u32) -> impl Iterator<Item = (u32, f64)> + '_ {
    let span = matrix.starts[vertex as usize] as usize..matrix.starts[vertex as usize + 1] as usize;
    matrix.columns[span.clone()].iter().copied().zip(matrix.values[span].iter().copied())
}

/// Four sums side by side.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a_chunks, a_rest) = a.as_chunks::<4>();
    let (b_chunks, b_rest) = b.as_chunks::<4>();
    let mut lanes = [0.0; 4];
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..4 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]) + rest
}

/// The vertices in reverse Cuthill-McKee order, and the place of the last one of each component.
fn reverse_cuthill_mckee(matrix: &Sparse) -> (Vec<u32>, Vec<usize>) {
    let n = matrix.starts.len() - 1;
    let degree = |vertex: u32| matrix.starts[vertex as usize + 1] - matrix.starts[vertex as usize];
    let mut order: Vec<u32> = Vec::with_capacity(n);
    let mut first_of: Vec<usize> = Vec::new();
    let mut level = vec![u32::MAX; n];
    let mut is_placed = vec![false; n];
    for seed in 0..n as u32 {
        if is_placed[seed as usize] {
            continue;
        }
        // A vertex at the end of a longest path from somewhere, or nearly so.
        let mut start = seed;
        for _ in 0..3 {
            start = farthest(matrix, start, &mut level);
        }
        first_of.push(order.len());
        let mut queue = VecDeque::from([start]);
        is_placed[start as usize] = true;
        let mut next: Vec<u32> = Vec::new();
        while let Some(vertex) = queue.pop_front() {
            order.push(vertex);
            next.clear();
            for (column, _) in row(matrix, vertex) {
                if !is_placed[column as usize] {
                    is_placed[column as usize] = true;
                    next.push(column);
                }
            }
            next.sort_by_key(|&column| (degree(column), column));
            queue.extend(&next);
        }
    }
    order.reverse();
    (order, first_of.into_iter().map(|first| n - 1 - first).collect())
}

/// Of the vertices farthest from one, that with the fewest neighbours. `level` is `MAX` before and after.
fn farthest(matrix: &Sparse, from: u32, level: &mut [u32]) -> u32 {
    let mut reached = vec![from];
    level[from as usize] = 0;
    let mut at = 0;
    while at < reached.len() {
        let vertex = reached[at];
        for (column, _) in row(matrix, vertex) {
            if level[column as usize] == u32::MAX {
                level[column as usize] = level[vertex as usize] + 1;
                reached.push(column);
            }
        }
        at += 1;
    }
    let last = reached.last().map_or(0, |&vertex| level[vertex as usize]);
    let degree = |vertex: u32| matrix.starts[vertex as usize + 1] - matrix.starts[vertex as usize];
    let ends = reached.iter().copied().filter(|&vertex| level[vertex as usize] == last);
    let found = ends.min_by_key(|&vertex| (degree(vertex), vertex)).unwrap_or(from);
    reached.iter().for_each(|&vertex| level[vertex as usize] = u32::MAX);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The Laplacian of two rings of `n` vertices, numbered crosswise.
    fn rings(n: u32) -> Sparse {
        let mut out = Sparse { starts: vec![0], columns: Vec::new(), values: Vec::new() };
        for vertex in 0..2 * n {
            let (ring, at) = (vertex % 2, vertex / 2);
            let mut entries = [(vertex, 2.0), ((at + 1) % n * 2 + ring, -1.0), ((at + n - 1) % n * 2 + ring, -1.0)];
            entries.sort_by_key(|entry| entry.0);
            out.columns.extend(entries.iter().map(|entry| entry.0));
            out.values.extend(entries.iter().map(|entry| entry.1));
            out.starts.push(out.columns.len() as u32);
        }
        out
    }

    #[test]
    fn laplacians_are_solved_component_by_component() {
        let matrix = rings(50);
        let factor = Envelope::factorise(&matrix, 1e6, 1000).unwrap();
        assert!(factor.values.len() < 100 * 4, "the profile of a ring is narrow: {}", factor.values.len());
        assert_eq!(factor.inverse.iter().filter(|&&v| v == 0.0).count(), 2);
        let truth: Vec<[f64; 2]> = (0..100).map(|i| [(i as f64).sin(), f64::from(i)]).collect();
        let right: Vec<[f64; 2]> = (0..100u32)
            .map(|i| row(&matrix, i).fold([0.0; 2], |sum, (j, v)| [0, 1].map(|k| sum[k] + v * truth[j as usize][k])))
            .collect();
        let mut found = vec![[0.0; 2]; 100];
        factor.solve(&right, &mut found);
        for ring in 0..2 {
            for k in 0..2 {
                let shift = found[ring][k] - truth[ring][k];
                for i in (ring..100).step_by(2) {
                    assert!((found[i][k] - truth[i][k] - shift).abs() < 1e-9);
                }
            }
        }
        assert!(Envelope::factorise(&matrix, 10.0, 1000).is_none());
    }
}
