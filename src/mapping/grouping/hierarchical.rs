//! Hierarchical clustering: [`Dendrogram`], and the [`Partition`] of any number of groups that it holds.
//!
//! The merging is kodama's (Muellner 2011, as fastcluster and scipy). Ward's two forms differ in their input: D2 takes
//! distances and squares them, D takes what it is given as squared (Murtagh and Legendre 2014); centroid and median square
//! as scipy does, and R's hclust when given squared distances.

use nalgebra::DMatrix;

use super::{GroupingError, Partition, check_groups};

/// How far a merged group is from another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Linkage {
    /// Ward's criterion on distances taken as squared (R's `ward.D`).
    WardD,
    /// Ward's criterion on squared distances, heights as roots (R's `ward.D2`, scipy's `ward`).
    #[default]
    WardD2,
    /// The mean distance of pairs.
    Average,
    /// The largest distance of a pair.
    Complete,
    /// The smallest distance of a pair.
    Single,
    /// The distance of centroids; heights may fall.
    Centroid,
    /// The distance of medians (Gower); heights may fall.
    Median,
}

/// One merge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Merge {
    /// One part: a point below `n`, or merge `number - n`.
    pub left: usize,
    /// The other part; always the larger number.
    pub right: usize,
    /// The distance at which they merge.
    pub height: f64,
    /// Points in the merged group.
    pub size: usize,
}

/// The merges from single points to one group, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Dendrogram {
    n: usize,
    merges: Vec<Merge>,
}

/// Merges points by their distances, a symmetric matrix (only the part above the diagonal is read).
///
/// # Errors
/// When a distance is missing or infinite, or there is no point.
pub fn hierarchical(distances: &DMatrix<f64>, linkage: Linkage) -> Result<Dendrogram, GroupingError> {
    let n = distances.nrows();
    check_groups(1, n)?;
    let mut condensed = Vec::with_capacity(n * (n - 1) / 2);
    for first in 0..n {
        for second in first + 1..n {
            let distance = distances[(first, second)];
            if !distance.is_finite() {
                return Err(GroupingError::Undefined { first, second });
            }
            condensed.push(if linkage == Linkage::WardD { distance.max(0.0).sqrt() } else { distance });
        }
    }
    let method = match linkage {
        Linkage::WardD | Linkage::WardD2 => kodama::Method::Ward,
        Linkage::Average => kodama::Method::Average,
        Linkage::Complete => kodama::Method::Complete,
        Linkage::Single => kodama::Method::Single,
        Linkage::Centroid => kodama::Method::Centroid,
        Linkage::Median => kodama::Method::Median,
    };
    let found = kodama::linkage(&mut condensed, n, method);
    let height = |value: f64| if linkage == Linkage::WardD { value * value } else { value };
    let merges = found.steps().iter().map(|step| Merge {
        left: step.cluster1,
        right: step.cluster2,
        height: height(step.dissimilarity),
        size: step.size,
    });
    Ok(Dendrogram { n, merges: merges.collect() })
}

impl Dendrogram {
    /// The number of points.
    pub fn n_points(&self) -> usize {
        self.n
    }

    /// The merges, in order.
    pub fn merges(&self) -> &[Merge] {
        &self.merges
    }

    /// The groups after the first `n - k` merges.
    ///
    /// # Errors
    /// When `k` is zero or above the number of points.
    pub fn cut(&self, k: usize) -> Result<Partition, GroupingError> {
        check_groups(k, self.n)?;
        let done = self.n - k;
        let mut label: Vec<usize> = (0..self.n + done).collect();
        // From the last merge back: a part belongs where its merge belongs.
        for (step, merge) in self.merges[..done].iter().enumerate().rev() {
            let own = label[self.n + step];
            label[merge.left] = own;
            label[merge.right] = own;
        }
        Ok(Partition::new(label.into_iter().take(self.n)))
    }

    /// The points from left to right, so that no two merges cross.
    pub fn leaf_order(&self) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.n);
        let mut pending = vec![(self.n + self.merges.len()).saturating_sub(1)];
        while let Some(node) = pending.pop() {
            match node.checked_sub(self.n) {
                None => order.push(node),
                Some(step) => pending.extend([self.merges[step].right, self.merges[step].left]),
            }
        }
        order
    }

    /// The height at which every two points come together (Sokal and Rohlf 1962), n x n.
    pub fn cophenetic(&self) -> DMatrix<f64> {
        let mut heights = DMatrix::zeros(self.n, self.n);
        let mut members: Vec<Vec<usize>> = (0..self.n).map(|point| vec![point]).collect();
        for merge in &self.merges {
            for &i in &members[merge.left] {
                for &j in &members[merge.right] {
                    heights[(i, j)] = merge.height;
                    heights[(j, i)] = merge.height;
                }
            }
            let mut joined = std::mem::take(&mut members[merge.left]);
            joined.append(&mut members[merge.right]);
            members.push(joined);
        }
        heights
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::grouping::euclidean;

    fn line(points: &[f64]) -> DMatrix<f64> {
        euclidean(&DMatrix::from_row_slice(1, points.len(), points))
    }

    #[test]
    fn cuts_leaves_and_heights_of_a_line() {
        let tree = hierarchical(&line(&[0.0, 1.0, 10.0, 12.0, 50.0]), Linkage::Single).unwrap();
        assert_eq!(tree.cut(3).unwrap().labels(), [0, 0, 1, 1, 2]);
        assert_eq!(tree.cut(5).unwrap().n_groups(), 5);
        assert_eq!(tree.merges().iter().map(|merge| merge.height).collect::<Vec<_>>(), [1.0, 2.0, 9.0, 38.0]);
        let mut leaves = tree.leaf_order();
        leaves.sort_unstable();
        assert_eq!(leaves, [0, 1, 2, 3, 4]);
        assert_eq!(tree.cophenetic()[(0, 4)], 38.0);
        assert!(matches!(tree.cut(6), Err(GroupingError::Groups { groups: 6, points: 5 })));
    }

    #[test]
    fn ward_d_of_squares_is_the_square_of_ward_d2() {
        let distances = line(&[0.0, 1.0, 3.5, 7.0, 12.0, 13.0]);
        let d2 = hierarchical(&distances, Linkage::WardD2).unwrap();
        let d = hierarchical(&distances.map(|v| v * v), Linkage::WardD).unwrap();
        for (a, b) in d2.merges().iter().zip(d.merges()) {
            assert!((a.height * a.height - b.height).abs() < 1e-10);
        }
    }

    #[test]
    fn an_undefined_distance_is_refused() {
        let mut distances = line(&[0.0, 1.0, 2.0]);
        distances[(0, 2)] = f64::NAN;
        let fault = hierarchical(&distances, Linkage::Average).unwrap_err();
        assert_eq!(fault, GroupingError::Undefined { first: 0, second: 2 });
        assert_eq!(hierarchical(&line(&[1.0]), Linkage::WardD2).unwrap().leaf_order(), [0]);
    }
}
