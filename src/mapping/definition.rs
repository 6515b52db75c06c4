//! [`ClusterDefinition`]: which industries belong to which cluster.
//!
//! A narrow definition puts each industry in one cluster and is used for adding up. A broad one may put an industry in
//! several, with shares that sum to one, and is used to measure overlap (Porter 2003, Regional Studies 37).

use indexmap::IndexMap;

/// One line of a definition table. An empty text is a missing name.
#[derive(Clone, Debug, PartialEq)]
pub struct Membership {
    /// The industry's code.
    pub industry: String,
    /// The cluster's code or name.
    pub cluster: String,
    /// The share of the industry that belongs to the cluster; `None` where the table has none.
    pub share: Option<f64>,
}

/// What is wrong with a definition table.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DefinitionError {
    /// An industry stands in several clusters and nothing says how much of it in which.
    #[error("industry {industry} belongs to {} and to {}, without shares: give a share column or keep one line", clusters[0], clusters[1])]
    Ambiguous {
        /// The industry.
        industry: String,
        /// The first two of its clusters.
        clusters: [String; 2],
    },
    /// The same pair stands twice.
    #[error("industry {industry} is listed twice in cluster {cluster}: keep one line")]
    Repeated {
        /// The industry.
        industry: String,
        /// The cluster.
        cluster: String,
    },
    /// The shares of an industry do not sum to one.
    #[error(
        "the shares of industry {industry} sum to {sum:.6}, not 1: mend them, or give the cluster that is missing a line"
    )]
    Shares {
        /// The industry.
        industry: String,
        /// What they sum to.
        sum: f64,
    },
    /// A line without an industry or a cluster.
    #[error("{} is empty: name it, or leave the line out with where = \"...\"", if industry.is_empty() {
        format!("the industry of cluster {cluster}")
    } else {
        format!("the cluster of industry {industry}")
    })]
    Empty {
        /// The industry, or nothing.
        industry: String,
        /// The cluster, or nothing.
        cluster: String,
    },
    /// No code of the definition is one of the data.
    #[error(
        "industry {code} is not in the data, nor is any other; the data have {known}: check the column and the level of the codes, and their leading zeros"
    )]
    Unknown {
        /// The first code of the definition.
        code: String,
        /// A code of the data.
        known: String,
    },
    /// A share lies outside (0, 1].
    #[error("the share of industry {industry} in cluster {cluster} is {share}: a share is above 0 and at most 1")]
    Share {
        /// The industry.
        industry: String,
        /// The cluster.
        cluster: String,
        /// The share.
        share: f64,
    },
}

impl DefinitionError {
    /// The lines of the table that it is about, as (industry, cluster); `None` for any cluster.
    pub fn lines(&self) -> Vec<(&str, Option<&str>)> {
        match self {
            DefinitionError::Ambiguous { industry, clusters } => {
                clusters.iter().map(|cluster| (industry.as_str(), Some(cluster.as_str()))).collect()
            }
            DefinitionError::Repeated { industry, cluster } | DefinitionError::Share { industry, cluster, .. } => {
                vec![(industry, Some(cluster))]
            }
            DefinitionError::Shares { industry, .. } | DefinitionError::Unknown { code: industry, .. } => {
                vec![(industry, None)]
            }
            DefinitionError::Empty { industry, cluster } => vec![(industry, Some(cluster))],
        }
    }
}

/// How far the shares of an industry may sum from one.
const SHARE_TOLERANCE: f64 = 1e-9;

/// Industries with the clusters they belong to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClusterDefinition {
    members: IndexMap<String, Vec<(String, f64)>>,
}

impl ClusterDefinition {
    /// Builds a definition from the lines of its table, in any order.
    ///
    /// # Errors
    /// When a name is empty, an industry is in several clusters without shares, a pair is repeated, or shares do not sum to
    /// one.
    pub fn from_table(table: &[Membership]) -> Result<Self, DefinitionError> {
        let mut lines: IndexMap<String, Vec<&Membership>> = IndexMap::new();
        for line in table {
            if line.industry.is_empty() || line.cluster.is_empty() {
                let (industry, cluster) = (line.industry.clone(), line.cluster.clone());
                return Err(DefinitionError::Empty { industry, cluster });
            }
            lines.entry(line.industry.clone()).or_default().push(line);
        }
        let members = lines.into_iter().map(|(industry, lines)| Ok((industry, memberships(&lines)?)));
        Ok(ClusterDefinition { members: members.collect::<Result<_, _>>()? })
    }

    /// The clusters of an industry with their shares, the largest share first; empty when it has none.
    pub fn clusters_of(&self, industry: &str) -> &[(String, f64)] {
        self.members.get(industry).map_or(&[], Vec::as_slice)
    }

    /// The one cluster used for adding up: the only one, or the one with the largest share (ties by name).
    pub fn narrow_cluster(&self, industry: &str) -> Option<&str> {
        self.clusters_of(industry).first().map(|(cluster, _)| cluster.as_str())
    }

    /// Whether every industry is in exactly one cluster.
    pub fn is_narrow(&self) -> bool {
        self.members.values().all(|clusters| clusters.len() == 1)
    }

    /// The industries, in the order of the table.
    pub fn industries(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }

    /// The clusters, sorted.
    pub fn clusters(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.members.values().flatten().map(|(cluster, _)| cluster.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// The clusters of one industry, checked; the largest share first, ties by name.
fn memberships(lines: &[&Membership]) -> Result<Vec<(String, f64)>, DefinitionError> {
    let industry = || lines[0].industry.clone();
    let mut clusters: Vec<(String, f64)> = Vec::with_capacity(lines.len());
    for line in lines {
        let (cluster, share) = (line.cluster.clone(), line.share.unwrap_or(1.0));
        if clusters.iter().any(|(known, _)| *known == cluster) {
            return Err(DefinitionError::Repeated { industry: industry(), cluster });
        }
        if !(share > 0.0 && share <= 1.0 + SHARE_TOLERANCE) {
            return Err(DefinitionError::Share { industry: industry(), cluster, share });
        }
        clusters.push((cluster, share));
    }
    if let [first, second, ..] = lines
        && lines.iter().any(|line| line.share.is_none())
    {
        let clusters = [first.cluster.clone(), second.cluster.clone()];
        return Err(DefinitionError::Ambiguous { industry: industry(), clusters });
    }
    let sum: f64 = clusters.iter().map(|(_, share)| share).sum();
    if (sum - 1.0).abs() > SHARE_TOLERANCE {
        return Err(DefinitionError::Shares { industry: industry(), sum });
    }
    clusters.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(clusters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(industry: &str, cluster: &str, share: Option<f64>) -> Membership {
        Membership { industry: industry.into(), cluster: cluster.into(), share }
    }

    #[test]
    fn shares_pick_the_narrow_cluster() {
        let table = [line("1", "oil", Some(0.4)), line("1", "chemicals", Some(0.6)), line("2", "oil", None)];
        let definition = ClusterDefinition::from_table(&table).unwrap();
        assert_eq!(definition.narrow_cluster("1"), Some("chemicals"));
        assert_eq!(definition.narrow_cluster("3"), None);
        assert_eq!(definition.clusters(), ["chemicals", "oil"]);
        assert!(!definition.is_narrow());
    }

    #[test]
    fn faults_are_typed() {
        let fault = |table: &[Membership]| ClusterDefinition::from_table(table).unwrap_err();
        assert!(matches!(fault(&[line("1", "a", None), line("1", "b", None)]), DefinitionError::Ambiguous { .. }));
        assert!(matches!(fault(&[line("1", "a", None), line("1", "a", None)]), DefinitionError::Repeated { .. }));
        let halves = [line("1", "a", Some(0.5)), line("1", "b", Some(0.4))];
        assert!(matches!(fault(&halves), DefinitionError::Shares { sum, .. } if sum == 0.9));
        assert!(matches!(fault(&[line("1", "a", Some(-1.0))]), DefinitionError::Share { .. }));
        let empty = fault(&[line("1", "a", None), line("2", "", None)]);
        assert_eq!(empty.lines(), [("2", Some(""))]);
        assert!(empty.to_string().starts_with("the cluster of industry 2 is empty"));
    }
}
