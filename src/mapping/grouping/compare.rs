//! How far two groupings of the same points agree.

use super::Partition;

/// Agreement of two partitions.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The adjusted Rand index (Hubert and Arabie 1985): 1 for equal partitions, 0 expected by chance. Missing when both
    /// put all points in one group, or each in its own.
    pub adjusted_rand: f64,
    /// The share of points that stay together when each group of the first goes to the group of the second that most of
    /// it is in; 1 when the first refines the second.
    pub overlap: f64,
    /// The same from the second to the first.
    pub overlap_back: f64,
    /// For every group of the first: the group of the second with the largest Jaccard coefficient, and that coefficient.
    pub matches: Vec<(usize, f64)>,
}

/// Compares two partitions of the same points; `None` when they differ in the number of points or have none.
pub fn compare(first: &Partition, second: &Partition) -> Option<Comparison> {
    let n = first.len();
    if n == 0 || second.len() != n {
        return None;
    }
    let mut common = vec![vec![0usize; second.n_groups()]; first.n_groups()];
    first.labels().iter().zip(second.labels()).for_each(|(&a, &b)| common[a][b] += 1);
    let (rows, columns) = (first.sizes(), second.sizes());
    let pairs = |count: usize| count as f64 * (count as f64 - 1.0) / 2.0;
    let together: f64 = common.iter().flatten().map(|&count| pairs(count)).sum();
    let (in_first, in_second): (f64, f64) =
        (rows.iter().map(|&c| pairs(c)).sum(), columns.iter().map(|&c| pairs(c)).sum());
    let expected = if n > 1 { in_first * in_second / pairs(n) } else { f64::NAN };
    let largest = 0.5 * (in_first + in_second);
    let adjusted_rand = if largest == expected { f64::NAN } else { (together - expected) / (largest - expected) };
    let kept: usize = common.iter().map(|row| row.iter().max().copied().unwrap_or(0)).sum();
    let kept_back: usize = (0..columns.len()).map(|b| common.iter().map(|row| row[b]).max().unwrap_or(0)).sum();
    let matches = common.iter().zip(&rows).map(|(row, &size)| {
        let jaccard = row.iter().zip(&columns).map(|(&both, &other)| both as f64 / (size + other - both) as f64);
        jaccard.enumerate().fold((0, -1.0), |best, (group, value)| if value > best.1 { (group, value) } else { best })
    });
    Some(Comparison {
        adjusted_rand,
        overlap: kept as f64 / n as f64,
        overlap_back: kept_back as f64 / n as f64,
        matches: matches.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_hubert_and_arabie_s_formula() {
        // Common counts [[2, 1], [0, 3]]: pairs 1 + 0 + 0 + 3 = 4; rows 3 + 3 = 6; columns 1 + 6 = 7; expected 42/15 = 2.8.
        let found = compare(&Partition::new([0, 0, 0, 1, 1, 1]), &Partition::new([0, 0, 1, 1, 1, 1])).unwrap();
        assert!((found.adjusted_rand - (4.0 - 2.8) / (6.5 - 2.8)).abs() < 1e-15);
        assert_eq!((found.overlap, found.overlap_back), (5.0 / 6.0, 5.0 / 6.0));
        assert_eq!(found.matches, vec![(0, 2.0 / 3.0), (1, 0.75)]);
    }

    #[test]
    fn names_do_not_matter_and_trivial_partitions_have_no_index() {
        let one = Partition::new(["x", "y", "x"]);
        assert_eq!(compare(&one, &Partition::new([7, 3, 7])).unwrap().adjusted_rand, 1.0);
        let whole = Partition::new([0, 0, 0]);
        assert!(compare(&whole, &whole).unwrap().adjusted_rand.is_nan());
        assert!(compare(&one, &Partition::new([0])).is_none());
    }
}
