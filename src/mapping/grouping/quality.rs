//! How compact and separate groups are, from distances or points alone.

use nalgebra::{DMatrix, DVector};

use super::Partition;
use super::distance::{column, squared_distance};

/// The mean silhouette (Rousseeuw 1987): `(b - a) / max(a, b)` with `a` the mean distance to the own group and `b` the
/// least mean distance to another; 0 for a point alone in its group. Missing unless there are 2 to n - 1 groups.
pub fn silhouette(distances: &DMatrix<f64>, partition: &Partition) -> f64 {
    let (n, k) = (partition.len(), partition.n_groups());
    if k < 2 || k >= n || distances.nrows() != n {
        return f64::NAN;
    }
    let sizes = partition.sizes();
    let width = |point: usize| {
        let mut sums = vec![0.0; k];
        partition.labels().iter().enumerate().for_each(|(other, &label)| sums[label] += distances[(point, other)]);
        let own = partition.labels()[point];
        if sizes[own] == 1 {
            return 0.0;
        }
        let within = sums[own] / (sizes[own] - 1) as f64;
        let others = (0..k).filter(|&group| group != own).map(|group| sums[group] / sizes[group] as f64);
        let nearest = others.fold(f64::INFINITY, f64::min);
        let scale = within.max(nearest);
        if scale == 0.0 { 0.0 } else { (nearest - within) / scale }
    };
    (0..n).map(width).sum::<f64>() / n as f64
}

/// The ratio of variance between to variance within groups, each by its degrees of freedom (Calinski and Harabasz 1974).
/// Points are columns. Missing unless there are 2 to n - 1 groups.
pub fn calinski_harabasz(points: &DMatrix<f64>, partition: &Partition) -> f64 {
    let (n, k) = (partition.len(), partition.n_groups());
    if k < 2 || k >= n || points.ncols() != n {
        return f64::NAN;
    }
    let (centres, sizes) = (centroids(points, partition), partition.sizes());
    let centre = points.column_mean();
    let between: f64 = sizes.iter().zip(&centres).map(|(&size, c)| size as f64 * (c - &centre).norm_squared()).sum();
    let within: f64 =
        (0..n).map(|p| squared_distance(column(points, p), centres[partition.labels()[p]].as_slice())).sum();
    (between / (k - 1) as f64) / (within / (n - k) as f64)
}

/// The mean over groups of the largest `(s_i + s_j) / d_ij`, with `s` the mean distance to the centroid and `d` the
/// distance of centroids (Davies and Bouldin 1979). Points are columns. Missing with fewer than 2 groups.
pub fn davies_bouldin(points: &DMatrix<f64>, partition: &Partition) -> f64 {
    let k = partition.n_groups();
    if k < 2 || points.ncols() != partition.len() {
        return f64::NAN;
    }
    let (centres, sizes) = (centroids(points, partition), partition.sizes());
    let mut spread = vec![0.0; k];
    for (point, &label) in partition.labels().iter().enumerate() {
        spread[label] +=
            squared_distance(column(points, point), centres[label].as_slice()).sqrt() / sizes[label] as f64;
    }
    let worst = |i: usize| {
        let others = (0..k).filter(|&j| j != i);
        others.map(|j| (spread[i] + spread[j]) / (&centres[i] - &centres[j]).norm()).fold(0.0, f64::max)
    };
    (0..k).map(worst).sum::<f64>() / k as f64
}

fn centroids(points: &DMatrix<f64>, partition: &Partition) -> Vec<DVector<f64>> {
    let mut centres = vec![DVector::zeros(points.nrows()); partition.n_groups()];
    partition.labels().iter().enumerate().for_each(|(point, &label)| centres[label] += points.column(point));
    centres.iter().zip(partition.sizes()).map(|(sum, size)| sum / size as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::grouping::euclidean;

    #[test]
    fn far_groups_are_good_groups_and_trivial_ones_have_no_score() {
        let points = DMatrix::from_row_slice(1, 4, &[0.0, 1.0, 100.0, 101.0]);
        let distances = euclidean(&points);
        let two = Partition::new([0, 0, 1, 1]);
        assert!(silhouette(&distances, &two) > 0.98);
        // Between: 4 * 50^2 = 10,000 on 1 degree; within: 4 * 0.25 = 1 on 2.
        assert_eq!(calinski_harabasz(&points, &two), 20_000.0);
        assert_eq!(davies_bouldin(&points, &two), 0.01);
        assert!(silhouette(&distances, &Partition::new([0, 0, 0, 0])).is_nan());
    }
}
