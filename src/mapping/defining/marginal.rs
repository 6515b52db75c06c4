//! Industries that are nearer to another cluster than to their own, and where they should go.

use super::ClusterRelatedness;
use crate::mapping::grouping::Partition;
use crate::mapping::similarity::Similarity;

/// An industry that is nearer to another cluster.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Marginal {
    /// The industry, by position.
    pub industry: usize,
    /// Its cluster.
    pub own: usize,
    /// The cluster it is nearest to.
    pub nearest: usize,
    /// Relatedness with its own cluster; missing if it is alone there.
    pub within: f64,
    /// Relatedness with the nearest cluster.
    pub between: f64,
}

/// Industries with `BCR_id > WCR_ic` for some other cluster `d`, by how much, the largest gap first. A cluster of one
/// industry is marginal too, with the cluster it is nearest to.
pub fn marginal_industries(similarity: &Similarity, partition: &Partition) -> Vec<Marginal> {
    let found = ClusterRelatedness::of(similarity, partition);
    let mut marginal: Vec<Marginal> = partition
        .labels()
        .iter()
        .enumerate()
        .filter_map(|(industry, &own)| {
            let column = found.industries.column(industry);
            let others = column.iter().enumerate().filter(|(d, value)| *d != own && !value.is_nan());
            let (nearest, &between) = others.reduce(|best, next| if next.1 > best.1 { next } else { best })?;
            let within = column[own];
            (within.is_nan() || between > within).then_some(Marginal { industry, own, nearest, within, between })
        })
        .collect();
    let gap = |m: &Marginal| if m.within.is_nan() { f64::INFINITY } else { m.between - m.within };
    marginal.sort_by(|a, b| gap(b).total_cmp(&gap(a)).then(a.industry.cmp(&b.industry)));
    marginal
}

/// Moves marginal industries to the cluster they are nearest to, one at a time, the widest gap first, until none is left
/// or `most` moves are made. An industry moves once at most, so that the moves end; a cluster that loses its last industry
/// disappears. Returns the new grouping and the moves (clusters numbered as in the grouping given).
pub fn reassign(similarity: &Similarity, partition: &Partition, most: usize) -> (Partition, Vec<Marginal>) {
    let mut labels = partition.labels().to_vec();
    let mut moves: Vec<Marginal> = Vec::new();
    while moves.len() < most {
        let current = Partition::new(labels.iter().copied());
        // Numbers of the current grouping back to those of the first one.
        let mut original = vec![0; current.n_groups()];
        current.labels().iter().zip(&labels).for_each(|(&now, &first)| original[now] = first);
        let found = marginal_industries(similarity, &current);
        let Some(next) = found.into_iter().find(|m| moves.iter().all(|made| made.industry != m.industry)) else {
            break;
        };
        let next = Marginal { own: original[next.own], nearest: original[next.nearest], ..next };
        labels[next.industry] = next.nearest;
        moves.push(next);
    }
    (Partition::new(labels), moves)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::DMatrix;

    #[test]
    fn a_stray_industry_goes_home() {
        let truth = [0, 0, 0, 1, 1, 1];
        let values = DMatrix::from_fn(6, 6, |i, j| if truth[i] == truth[j] { 1.0 } else { 0.1 });
        let similarity = Similarity::new((0..6).map(|i| i.to_string()).collect(), values).unwrap();
        let stray = Partition::new([0, 0, 1, 1, 1, 1]);
        let found = marginal_industries(&similarity, &stray);
        assert_eq!(found.iter().map(|m| (m.industry, m.nearest)).collect::<Vec<_>>(), [(2, 0)]);
        let (mended, moves) = reassign(&similarity, &stray, 10);
        assert_eq!((mended, moves.len()), (Partition::new(truth), 1));
        let alone = Partition::new([0, 0, 2, 1, 1, 1]);
        assert_eq!(reassign(&similarity, &alone, 10).0, Partition::new(truth));
    }
}
