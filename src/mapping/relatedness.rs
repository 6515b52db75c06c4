//! [`Relatedness`]: how strongly clusters are linked, `omega_cd` in `[0, 1]`, symmetric, without a diagonal.
//!
//! From a table of pairs, or from the overlap of a narrow and a broad definition (Delgado, Porter and Stern 2010, 2014):
//! `omega_cd = (n_{c->d} / N_c + n_{d->c} / N_d) / 2`, where `N_c` counts the narrow industries of `c` and `n_{c->d}`
//! those of them that the broad definition of `d` contains.

use indexmap::{IndexMap, IndexSet};

use super::ClusterDefinition;

/// What the links between related clusters weigh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RelatedWeights {
    /// `omega_cd`: the degree of overlap.
    #[default]
    Overlap,
    /// 1 wherever `omega_cd > 0`.
    Binary,
}

/// What is wrong with a table of related clusters.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RelatednessError {
    /// Both directions are given and differ.
    #[error("{first} and {second} are related by {forward} one way and {backward} the other: relatedness is symmetric")]
    Asymmetric {
        /// One cluster.
        first: String,
        /// The other.
        second: String,
        /// The value from first to second.
        forward: f64,
        /// The value from second to first.
        backward: f64,
    },
    /// A value is negative or not finite.
    #[error("the relatedness of {first} and {second} is {value}: it must be finite and not negative")]
    Value {
        /// One cluster.
        first: String,
        /// The other.
        second: String,
        /// The value.
        value: f64,
    },
}

/// Two directions of one pair may differ by rounding only.
const SYMMETRY_TOLERANCE: f64 = 1e-9;

/// Symmetric, sparse relatedness of clusters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Relatedness {
    links: IndexMap<String, IndexMap<String, f64>>,
}

impl Relatedness {
    /// Builds relatedness from `(cluster, cluster, omega)`. A pair may stand once or in both directions; a cluster's
    /// relatedness with itself is not used and is ignored.
    ///
    /// # Errors
    /// When the two directions of a pair differ, or a value is negative or not finite.
    pub fn from_pairs(pairs: &[(String, String, f64)]) -> Result<Self, RelatednessError> {
        let mut links: IndexMap<String, IndexMap<String, f64>> = IndexMap::new();
        for (first, second, omega) in pairs.iter().filter(|(first, second, _)| first != second) {
            let (first, second, omega) = (first.clone(), second.clone(), *omega);
            if !omega.is_finite() || omega < 0.0 {
                return Err(RelatednessError::Value { first, second, value: omega });
            }
            match links.get(&first).and_then(|row| row.get(&second)) {
                Some(&known) if (known - omega).abs() > SYMMETRY_TOLERANCE => {
                    return Err(RelatednessError::Asymmetric { first, second, forward: omega, backward: known });
                }
                Some(_) => {}
                None => {
                    links.entry(first.clone()).or_default().insert(second.clone(), omega);
                    links.entry(second).or_default().insert(first, omega);
                }
            }
        }
        Ok(Relatedness { links })
    }

    /// Relatedness from the overlap of two definitions of the same clusters (formula in the module's head).
    pub fn from_overlap(narrow: &ClusterDefinition, broad: &ClusterDefinition) -> Self {
        let mut size: IndexMap<&str, f64> = IndexMap::new();
        let mut shared: IndexMap<(&str, &str), f64> = IndexMap::new();
        for industry in narrow.industries() {
            let Some(own) = narrow.narrow_cluster(industry) else { continue };
            *size.entry(own).or_default() += 1.0;
            for (other, _) in broad.clusters_of(industry).iter().filter(|(other, _)| other != own) {
                *shared.entry((own, other)).or_default() += 1.0;
            }
        }
        let part = |from: &str, to: &str| match (shared.get(&(from, to)), size.get(from)) {
            (Some(n), Some(all)) => n / all,
            _ => 0.0,
        };
        let mut links: IndexMap<String, IndexMap<String, f64>> = IndexMap::new();
        for &(c, d) in shared.keys() {
            let omega = 0.5 * (part(c, d) + part(d, c));
            links.entry(c.to_string()).or_default().insert(d.to_string(), omega);
            links.entry(d.to_string()).or_default().insert(c.to_string(), omega);
        }
        Relatedness { links }
    }

    /// `omega_cd`, zero where the two are not related and for a cluster with itself.
    pub fn omega(&self, first: &str, second: &str) -> f64 {
        self.links.get(first).and_then(|row| row.get(second)).copied().unwrap_or(0.0)
    }

    /// The clusters that are related to any other, in the order of the table.
    pub fn clusters(&self) -> impl Iterator<Item = &str> {
        self.links.keys().map(String::as_str)
    }

    /// The links by position in `clusters` (the levels of a factor): for each its related clusters and their weights.
    /// Clusters that `clusters` does not have are left out: they have no activity in the data.
    pub fn rows(&self, clusters: &[String], weights: RelatedWeights) -> Vec<Vec<(u32, f64)>> {
        let position: IndexSet<&str> = clusters.iter().map(String::as_str).collect();
        let row = |cluster: &String| {
            let links = self.links.get(cluster).into_iter().flatten().filter(|&(_, &omega)| omega > 0.0);
            links.filter_map(|(other, &omega)| {
                let weight = if weights == RelatedWeights::Binary { 1.0 } else { omega };
                Some((position.get_index_of(other.as_str())? as u32, weight))
            })
        };
        clusters.iter().map(|cluster| row(cluster).collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::Membership;

    fn pair(a: &str, b: &str, omega: f64) -> (String, String, f64) {
        (a.into(), b.into(), omega)
    }

    #[test]
    fn pairs_are_symmetric_and_have_no_diagonal() {
        let related = Relatedness::from_pairs(&[pair("a", "b", 0.25), pair("a", "a", 1.0)]).unwrap();
        assert_eq!((related.omega("b", "a"), related.omega("a", "a")), (0.25, 0.0));
        let binary = related.rows(&["b".into(), "a".into()], RelatedWeights::Binary);
        assert_eq!(binary, [vec![(1, 1.0)], vec![(0, 1.0)]]);
    }

    #[test]
    fn faults_are_typed() {
        let fault = |pairs: &[_]| Relatedness::from_pairs(pairs).unwrap_err();
        assert!(matches!(fault(&[pair("a", "b", 0.2), pair("b", "a", 0.3)]), RelatednessError::Asymmetric { .. }));
        assert!(matches!(fault(&[pair("a", "b", f64::NAN)]), RelatednessError::Value { .. }));
    }

    #[test]
    fn overlap_counts_narrow_industries_in_broad_clusters() {
        // oil = {1, 2}, chemicals = {3, 4, 5, 6}; broadly 1 is also chemicals and 3 also oil: (1/2 + 1/4) / 2.
        let line = |industry: &str, cluster: &str, share| Membership {
            industry: industry.into(),
            cluster: cluster.into(),
            share: Some(share),
        };
        let owner = |i: u32| if i <= 2 { "oil" } else { "chemicals" };
        let narrow: Vec<_> = (1..=6).map(|i| line(&i.to_string(), owner(i), 1.0)).collect();
        let broad = [("1", "oil"), ("1", "chemicals"), ("3", "oil"), ("3", "chemicals")].map(|(i, c)| line(i, c, 0.5));
        let related = Relatedness::from_overlap(
            &ClusterDefinition::from_table(&narrow).unwrap(),
            &ClusterDefinition::from_table(&broad).unwrap(),
        );
        assert_eq!(related.omega("oil", "chemicals"), 0.375);
        assert_eq!(related.omega("chemicals", "oil"), 0.375);
    }
}
