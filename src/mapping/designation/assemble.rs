//! Clusters across borders: adjacent regions put together where a cluster is denser than its base.
//!
//! From every region the neighbour that raises Kulldorff's likelihood ratio most is added, again and again (Kulldorff
//! 1997, Communications in Statistics 26; the greedy growth is that of Duczmal and Assunção 2004). With `E` the cluster's
//! employment inside, `E_c` in the nation, and `mu = E_c s` for a share `s` of the base's employment inside,
//!
//! `LLR = E ln(E / mu) + (E_c - E) ln((E_c - E) / (E_c - mu))` for `E > mu`, else 0.
//!
//! Of the unions found the best are kept that do not overlap; regions in none stay alone.

use std::collections::BTreeSet;

/// How regions may be put together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Assembly {
    /// The most regions that one candidate may have.
    pub max_regions: usize,
    /// The largest share of the base's national employment that one candidate may have.
    pub max_share: f64,
}

/// One cluster over all regions.
pub(super) struct Scan<'a> {
    /// The cluster's employment by region.
    pub(super) employment: &'a [f64],
    /// Employment of the base by region.
    pub(super) bases: &'a [f64],
    /// The cluster's national employment.
    pub(super) total: f64,
    /// The base's national employment.
    pub(super) base: f64,
    /// Neighbours by region.
    pub(super) neighbors: &'a [Vec<u32>],
}

impl Scan<'_> {
    fn likelihood_ratio(&self, employment: f64, base: f64) -> f64 {
        let expected = self.total * base / self.base;
        if !(employment > expected && expected > 0.0 && self.total > 0.0) {
            return 0.0;
        }
        let rest = (self.total - employment).max(0.0);
        let outside = if rest > 0.0 { rest * (rest / (self.total - expected)).ln() } else { 0.0 };
        (employment * (employment / expected).ln() + outside).max(0.0)
    }
}

/// Disjoint sets of regions with the cluster, ascending, with their likelihood ratios.
pub(super) fn assemble(scan: &Scan, assembly: &Assembly) -> Vec<(Vec<u32>, f64)> {
    let present: Vec<u32> = (0..scan.employment.len() as u32).filter(|&r| scan.employment[r as usize] > 0.0).collect();
    let mut unions: Vec<(Vec<u32>, f64)> = present.iter().map(|&seed| grow(scan, assembly, seed)).collect();
    unions.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut taken = vec![false; scan.employment.len()];
    let mut found = Vec::new();
    for (regions, ratio) in unions {
        if ratio > 0.0 && !regions.iter().any(|&region| taken[region as usize]) {
            regions.iter().for_each(|&region| taken[region as usize] = true);
            found.push((regions, ratio));
        }
    }
    let alone = present.into_iter().filter(|&region| !taken[region as usize]);
    found.extend(alone.map(|region| {
        let (employment, base) = (scan.employment[region as usize], scan.bases[region as usize]);
        (vec![region], scan.likelihood_ratio(employment, base))
    }));
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

fn grow(scan: &Scan, assembly: &Assembly, seed: u32) -> (Vec<u32>, f64) {
    let mut inside = BTreeSet::from([seed]);
    let (mut employment, mut base) = (scan.employment[seed as usize], scan.bases[seed as usize]);
    let mut ratio = scan.likelihood_ratio(employment, base);
    while inside.len() < assembly.max_regions {
        let border: BTreeSet<u32> = inside
            .iter()
            .filter_map(|&region| scan.neighbors.get(region as usize))
            .flatten()
            .copied()
            .filter(|region| !inside.contains(region))
            .collect();
        let mut best: Option<(u32, f64)> = None;
        for region in border {
            let wider = base + scan.bases[region as usize];
            let raised = scan.likelihood_ratio(employment + scan.employment[region as usize], wider);
            if wider <= assembly.max_share * scan.base && raised > best.map_or(ratio, |(_, best)| best) {
                best = Some((region, raised));
            }
        }
        let Some((region, raised)) = best else { break };
        inside.insert(region);
        employment += scan.employment[region as usize];
        base += scan.bases[region as usize];
        ratio = raised;
    }
    (inside.into_iter().collect(), ratio)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four regions in a row; the cluster is dense in the middle two.
    #[test]
    fn dense_neighbors_are_put_together() {
        let scan = Scan {
            employment: &[10.0, 100.0, 100.0, 10.0],
            bases: &[100.0, 100.0, 100.0, 700.0],
            total: 220.0,
            base: 1000.0,
            neighbors: &[vec![1], vec![0, 2], vec![1, 3], vec![2]],
        };
        let wide = Assembly { max_regions: 3, max_share: 0.5 };
        let found = assemble(&scan, &wide);
        let sets: Vec<&[u32]> = found.iter().map(|(regions, _)| regions.as_slice()).collect();
        assert_eq!(sets, [&[0][..], &[1, 2], &[3]]);
        // By hand: 200 of 220 in a fifth of the base.
        let by_hand = 200.0 * (200.0_f64 / 44.0).ln() + 20.0 * (20.0_f64 / 176.0).ln();
        assert!((found[1].1 - by_hand).abs() < 1e-9);
        assert_eq!(assemble(&scan, &Assembly { max_regions: 1, ..wide }).len(), 4);
        assert_eq!(assemble(&scan, &Assembly { max_share: 0.1, ..wide }).len(), 4);
    }
}
