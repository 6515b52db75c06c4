//! [`Industries`]: invented industries in invented clusters, and how clusters overlap.
//!
//! Every industry is in one cluster (the narrow definition). Clusters have positions in a space of a few hidden
//! dimensions; industries of a traded cluster may also belong to the broad definition of clusters near to it. Overlap is
//! `omega_cd = (n_cd / N_c + n_dc / N_d) / 2`, with `N_c` the narrow industries of `c` and `n_cd` those of them that belong
//! to the broad definition of `d` (Delgado, Porter and Stern 2010, 2014).

use super::{Group, Process};
use crate::monte::Stream;

/// Hidden dimensions in which clusters and regions have positions.
pub(super) const DIMENSIONS: usize = 3;

/// One industry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Industry {
    /// `T01-03`: traded cluster 1, industry 3; `L` for local.
    pub id: String,
    /// Its cluster, a position in [`Industries::clusters`].
    pub cluster: usize,
    /// Whether it serves other regions.
    pub traded: bool,
}

/// Industries, clusters and overlaps.
#[derive(Clone, Debug, PartialEq)]
pub struct Industries {
    /// Traded, then local.
    pub list: Vec<Industry>,
    /// Cluster ids `T01`, ..., `L08`.
    pub clusters: Vec<String>,
    /// Pairs (industry, cluster) of the broad definition beyond the narrow one.
    pub broad: Vec<(usize, usize)>,
    /// `overlap[c][d]`, symmetric, zero on the diagonal.
    pub overlap: Vec<Vec<f64>>,
    /// Position of each cluster in the hidden dimensions.
    pub(super) positions: Vec<[f64; DIMENSIONS]>,
}

impl Industries {
    /// Draws industries; the same for every replicate.
    pub fn draw(process: &Process) -> Self {
        let plan = &process.industries;
        let mut stream = process.streams().stream("industries", 0);
        let mut list = Vec::new();
        let mut clusters = Vec::new();
        for (letter, group, traded) in [('T', &plan.traded, true), ('L', &plan.local, false)] {
            for (k, size) in sizes(group, &mut stream).into_iter().enumerate() {
                let id = format!("{letter}{:02}", k + 1);
                let cluster = clusters.len();
                list.extend((1..=size).map(|i| Industry { id: format!("{id}-{i:02}"), cluster, traded }));
                clusters.push(id);
            }
        }
        let positions: Vec<[f64; DIMENSIONS]> = clusters.iter().map(|_| direction(&mut stream)).collect();
        let broad = broad(&list, &positions[..plan.traded.clusters], &plan.broad, &mut stream);
        let overlap = overlap(&list, &broad, clusters.len());
        Industries { list, clusters, broad, overlap, positions }
    }
}

/// Two industries per cluster; the rest fall at random.
fn sizes(group: &Group, stream: &mut Stream) -> Vec<usize> {
    let mut sizes = vec![2; group.clusters];
    for _ in 2 * group.clusters..group.industries {
        sizes[stream.below(group.clusters)] += 1;
    }
    sizes
}

/// A uniform direction.
fn direction(stream: &mut Stream) -> [f64; DIMENSIONS] {
    let point = [stream.normal(), stream.normal(), stream.normal()];
    let length = point.iter().map(|x| x * x).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
    point.map(|x| x / length)
}

fn broad(
    list: &[Industry],
    positions: &[[f64; DIMENSIONS]],
    chances: &[f64],
    stream: &mut Stream,
) -> Vec<(usize, usize)> {
    let distance =
        |c: usize, d: usize| -> f64 { (0..DIMENSIONS).map(|k| (positions[c][k] - positions[d][k]).powi(2)).sum() };
    let mut pairs = Vec::new();
    for (i, industry) in list.iter().enumerate().filter(|(_, industry)| industry.traded) {
        let c = industry.cluster;
        let mut others: Vec<usize> = (0..positions.len()).filter(|&d| d != c).collect();
        others.sort_by(|&a, &b| distance(c, a).total_cmp(&distance(c, b)));
        for (&d, &chance) in others.iter().zip(chances) {
            if stream.uniform() < chance {
                pairs.push((i, d));
            }
        }
    }
    pairs
}

fn overlap(list: &[Industry], broad: &[(usize, usize)], n: usize) -> Vec<Vec<f64>> {
    let mut size = vec![0.0; n];
    list.iter().for_each(|industry| size[industry.cluster] += 1.0);
    let mut shared = vec![vec![0.0; n]; n];
    broad.iter().for_each(|&(i, d)| shared[list[i].cluster][d] += 1.0);
    (0..n).map(|c| (0..n).map(|d| (shared[c][d] / size[c] + shared[d][c] / size[d]) / 2.0).collect()).collect()
}
