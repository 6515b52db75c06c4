//! Groups of industries (or of regions, or of any points): clustering functions, and how two groupings compare.
//!
//! [`hierarchical`] (kodama: the algorithms of Muellner 2011), [`k_means`] with means or medians, [`k_medoids`] and
//! [`spectral`]; every random start has a stream of its own. Points are the columns of a matrix; distances a symmetric
//! matrix. A [`Partition`] numbers its groups by first appearance, so that equal groupings are equal values.

mod compare;
mod distance;
mod hierarchical;
mod k_means;
mod k_medoids;
mod quality;
mod spectral;
mod start;

pub use compare::{Comparison, compare};
pub use distance::{dissimilarity, euclidean};
pub use hierarchical::{Dendrogram, Linkage, Merge, hierarchical};
pub use k_means::{Centre, Centred, k_means};
pub use k_medoids::k_medoids;
pub use quality::{calinski_harabasz, davies_bouldin, silhouette};
pub use spectral::{Spectrum, spectral};
pub use start::Start;

/// Why points cannot be grouped.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum GroupingError {
    /// More groups are asked for than there are points, or none.
    #[error("{}", if *points == 0 {
        "no industry is left to group: give data in which industries differ between regions".to_string()
    } else {
        format!("{points} industries cannot form {groups} clusters: ask for 1 to {points}")
    })]
    Groups {
        /// Groups asked for.
        groups: usize,
        /// Points there are.
        points: usize,
    },
    /// A value is missing or infinite.
    #[error(
        "the similarity of industries {first} and {second} (by position) is not defined: leave undefined industries out"
    )]
    Undefined {
        /// Position of the one.
        first: usize,
        /// Position of the other.
        second: usize,
    },
}

/// Points in groups. Groups are numbered from 0 in the order of their first points; none is empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Partition {
    labels: Vec<usize>,
    n_groups: usize,
}

impl Partition {
    /// The partition with these labels, whatever they are called.
    pub fn new<L: std::hash::Hash + Eq>(labels: impl IntoIterator<Item = L>) -> Self {
        let mut number = std::collections::HashMap::new();
        let labels = labels
            .into_iter()
            .map(|label| {
                let next = number.len();
                *number.entry(label).or_insert(next)
            })
            .collect();
        Partition { labels, n_groups: number.len() }
    }

    /// The same groups with other numbers: group `order[k]` becomes `k`. Equality of partitions is by number, so this is for
    /// showing only.
    pub(crate) fn renumbered(&self, order: &[usize]) -> Self {
        let mut number = vec![0; self.n_groups];
        order.iter().enumerate().for_each(|(new, &old)| number[old] = new);
        Partition { labels: self.labels.iter().map(|&label| number[label]).collect(), n_groups: self.n_groups }
    }

    /// The group of every point.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// The number of points.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no point.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The number of groups.
    pub fn n_groups(&self) -> usize {
        self.n_groups
    }

    /// The number of points of every group.
    pub fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.n_groups];
        self.labels.iter().for_each(|&label| sizes[label] += 1);
        sizes
    }

    /// The points of every group.
    pub fn members(&self) -> Vec<Vec<usize>> {
        let mut members = vec![Vec::new(); self.n_groups];
        self.labels.iter().enumerate().for_each(|(point, &label)| members[label].push(point));
        members
    }
}

/// Whether `groups` groups can be made of `points` points.
fn check_groups(groups: usize, points: usize) -> Result<(), GroupingError> {
    if groups == 0 || groups > points { Err(GroupingError::Groups { groups, points }) } else { Ok(()) }
}
