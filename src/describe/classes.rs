//! Class breaks of a choropleth map.
//!
//! A class holds its upper bound and not its lower one, as in R's `cut` and in mapclassify; the first class holds both.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DescribeError, quantile, sorted_finite};

/// The numbers of classes that a reader can still tell apart by colour.
const LEAST_CLASSES: usize = 2;
const MOST_CLASSES: usize = 9;

/// Where the classes of a map change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Each class has about as many regions (the default: skewed variables stay readable).
    #[default]
    Quantile,
    /// Each class is equally wide.
    Equal,
    /// Natural breaks: the classes within which values differ least, by squares (Fisher 1958; Jenks 1977).
    Jenks,
    /// Symmetric around zero, at quantiles of the absolute values: for growth, residuals and logs of location quotients.
    Diverging,
}

/// Classes of values, with how many values each has.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Classes {
    /// How the breaks were chosen.
    pub scheme: Scheme,
    /// Ascending bounds, one more than there are classes; the outermost are the smallest and the largest value.
    pub edges: Vec<f64>,
    /// Number of values in each class.
    pub counts: Vec<usize>,
}

impl Classes {
    /// Number of classes, which is smaller than asked for when values are tied.
    pub fn n_classes(&self) -> usize {
        self.counts.len()
    }

    /// The class of a value, counted from 0; values beyond the outermost edges belong to the outermost classes.
    /// `None` when the value is not finite.
    pub fn class_of(&self, value: f64) -> Option<usize> {
        let last = self.n_classes().checked_sub(1)?;
        value.is_finite().then(|| position(&self.edges, value).min(last))
    }
}

/// Number of interior edges below the value.
fn position(edges: &[f64], value: f64) -> usize {
    let interior = edges.get(1..edges.len().saturating_sub(1)).unwrap_or_default();
    interior.partition_point(|edge| *edge < value)
}

/// Chooses `k` classes of the finite values.
///
/// # Errors
/// When `k` is not in 2 to 9 or no value is finite.
pub fn breaks(values: &[f64], scheme: Scheme, k: usize) -> Result<Classes, DescribeError> {
    if !(LEAST_CLASSES..=MOST_CLASSES).contains(&k) {
        return Err(DescribeError::CountOutOfRange {
            what: "classes",
            found: k,
            least: LEAST_CLASSES,
            most: MOST_CLASSES,
        });
    }
    let sorted = sorted_finite(values);
    let (Some(&low), Some(&high)) = (sorted.first(), sorted.last()) else {
        return Err(DescribeError::Empty { what: "the mapped variable" });
    };
    let edges = match scheme {
        Scheme::Quantile => distinct((0..=k).filter_map(|j| quantile(&sorted, j as f64 / k as f64)).collect()),
        Scheme::Equal => distinct(equal_edges(low, high, k)),
        Scheme::Jenks => natural_edges(&sorted, k),
        Scheme::Diverging => diverging_edges(&sorted, k),
    };
    let mut counts = vec![0; edges.len().saturating_sub(1).max(1)];
    for value in &sorted {
        if let Some(count) = counts.get_mut(position(&edges, *value)) {
            *count += 1;
        }
    }
    Ok(Classes { scheme, edges, counts })
}

/// Edges without repeats. One distinct value makes one class from itself to itself.
fn distinct(mut edges: Vec<f64>) -> Vec<f64> {
    edges.dedup();
    if let [only] = edges[..] {
        edges.push(only);
    }
    edges
}

fn equal_edges(low: f64, high: f64, k: usize) -> Vec<f64> {
    let interior = (1..k).map(|j| low + (high - low) * (j as f64 / k as f64));
    [low].into_iter().chain(interior).chain([high]).collect()
}

/// Edges of the partition of sorted values into at most `k` classes whose sum of squared deviations from class means is least. Exact: the best last
/// class moves up with the values that are parted, so that each layer is found by halves (n log n).
fn natural_edges(sorted: &[f64], k: usize) -> Vec<f64> {
    let mut distinct: Vec<(f64, f64)> = Vec::new();
    for &value in sorted {
        match distinct.last_mut() {
            Some((last, times)) if *last == value => *times += 1.0,
            _ => distinct.push((value, 1.0)),
        }
    }
    let n = distinct.len();
    let Some(&(origin, _)) = distinct.get(n / 2) else { return Vec::new() };
    // Running counts, sums and squares, relative to a middle value: squares of large values would drown their differences.
    let mut running = vec![[0.0; 3]];
    for &(value, times) in &distinct {
        let v = value - origin;
        let last = running[running.len() - 1];
        running.push([last[0] + times, last[1] + times * v, last[2] + times * v * v]);
    }
    let within = |from: usize, to: usize| {
        let part = |at: usize| running[to][at] - running[from][at];
        (part(2) - part(1) * part(1) / part(0)).max(0.0)
    };
    let mut cost: Vec<f64> = (0..=n).map(|to| if to == 0 { 0.0 } else { within(0, to) }).collect();
    let mut starts: Vec<Vec<usize>> = vec![vec![0; n + 1]];
    for layer in 1..k.min(n) {
        let mut next = vec![f64::INFINITY; n + 1];
        let mut start = vec![layer; n + 1];
        let mut waiting = vec![(layer + 1, n, layer, n - 1)];
        while let Some((low, high, first, last)) = waiting.pop() {
            if low > high {
                continue;
            }
            let to = usize::midpoint(low, high);
            for (from, before) in cost.iter().enumerate().take(last.min(to - 1) + 1).skip(first) {
                let total = before + within(from, to);
                if total < next[to] {
                    (next[to], start[to]) = (total, from);
                }
            }
            waiting.push((low, to - 1, first, start[to]));
            waiting.push((to + 1, high, start[to], last));
        }
        cost = next;
        starts.push(start);
    }
    let mut edges = vec![distinct[n - 1].0];
    let mut to = n;
    for start in starts.iter().skip(1).rev() {
        to = start[to];
        edges.push(distinct[to - 1].0);
    }
    edges.push(distinct[0].0);
    edges.reverse();
    edges
}

/// Edges mirrored at zero, at the `j / k` quantiles of the absolute values; an odd `k` has a middle class around zero.
/// All `k` classes are kept, also empty ones, so that a colour always means the same side of zero.
fn diverging_edges(sorted: &[f64], k: usize) -> Vec<f64> {
    let sizes = sorted_finite(&sorted.iter().map(|value| value.abs()).collect::<Vec<f64>>());
    let most = sizes.last().copied().unwrap_or(0.0);
    let mut positive: Vec<f64> =
        (0..k).filter(|j| *j > 0 && j % 2 == k % 2).filter_map(|j| quantile(&sizes, j as f64 / k as f64)).collect();
    positive.push(most);
    let middle = if k.is_multiple_of(2) { vec![0.0] } else { vec![] };
    let mut edges: Vec<f64> = positive.iter().rev().map(|edge| -edge).chain(middle).chain(positive.clone()).collect();
    tighten(&mut edges, sorted);
    edges
}

/// Moves the outermost edges to the smallest and largest value where these lie in the outermost classes.
fn tighten(edges: &mut [f64], sorted: &[f64]) {
    let (Some(&low), Some(&high)) = (sorted.first(), sorted.last()) else { return };
    if let [first, second, ..] = edges
        && low < *second
    {
        *first = low;
    }
    if let [.., before, last] = edges
        && high > *before
    {
        *last = high;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantile_classes_have_equal_counts() {
        let values: Vec<f64> = (1..=20).map(f64::from).collect();
        let classes = breaks(&values, Scheme::Quantile, 5).unwrap();
        assert_eq!(classes.counts, vec![4; 5]);
        assert_eq!((classes.edges[0], classes.edges[5]), (1.0, 20.0));
        assert_eq!(classes.class_of(1.0), Some(0));
        assert_eq!(classes.class_of(20.0), Some(4));
        assert_eq!(classes.class_of(f64::NAN), None);
    }

    /// The least of all partitions, tried one by one.
    #[test]
    fn natural_breaks_are_the_best_of_all_partitions() {
        let squares = |part: &[f64]| {
            let mean = part.iter().sum::<f64>() / part.len() as f64;
            part.iter().map(|v| (v - mean).powi(2)).sum::<f64>()
        };
        let mut values: Vec<f64> = (0..24).map(|k| f64::from((k * 37 + k * k * 11) % 101) + 1e6).collect();
        values.push(values[3]);
        values.sort_by(f64::total_cmp);
        let n = values.len();
        let mut best = f64::INFINITY;
        for a in 1..n {
            for b in a + 1..n {
                for c in b + 1..n {
                    let parts = [&values[..a], &values[a..b], &values[b..c], &values[c..]];
                    best = best.min(parts.iter().map(|part| squares(part)).sum());
                }
            }
        }
        let classes = breaks(&values, Scheme::Jenks, 4).unwrap();
        let of = |class: usize| -> Vec<f64> {
            values.iter().copied().filter(|v| classes.class_of(*v) == Some(class)).collect()
        };
        let found: f64 = (0..4).map(|class| squares(&of(class))).sum();
        assert!((found - best).abs() < 1e-6 * best, "{found} {best}");
        assert_eq!(classes.counts.iter().sum::<usize>(), n);
        // R, classInt 0.4-9: classIntervals(x, 3, style = "jenks") has the breaks 1, 3, 12, 50.
        let few = breaks(&[1.0, 2.0, 3.0, 10.0, 11.0, 12.0, 50.0], Scheme::Jenks, 3).unwrap();
        assert_eq!(few.edges, [1.0, 3.0, 12.0, 50.0]);
        assert_eq!(breaks(&[2.0, 2.0], Scheme::Jenks, 4).unwrap().edges, [2.0, 2.0]);
        assert_eq!(breaks(&[1.0, 2.0], Scheme::Jenks, 4).unwrap().n_classes(), 2);
    }

    #[test]
    fn equal_classes_are_equally_wide_and_keep_the_upper_bound() {
        let classes = breaks(&[0.0, 1.0, 2.0, 10.0], Scheme::Equal, 5).unwrap();
        assert_eq!(classes.edges, vec![0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(classes.counts, vec![3, 0, 0, 0, 1]);
    }

    #[test]
    fn diverging_classes_mirror_at_zero() {
        let values: Vec<f64> = (-10..=20).map(f64::from).collect();
        let odd = breaks(&values, Scheme::Diverging, 5).unwrap();
        assert_eq!(odd.edges.len(), 6);
        assert_eq!((odd.edges[1], odd.edges[2]), (-odd.edges[4], -odd.edges[3]));
        let even = breaks(&values, Scheme::Diverging, 4).unwrap();
        assert_eq!(even.edges[2], 0.0);
        assert_eq!(even.counts.iter().sum::<usize>(), values.len());
        let positive = breaks(&[1.0, 2.0, 3.0], Scheme::Diverging, 4).unwrap();
        assert_eq!(positive.counts[..2], [0, 0], "an empty side keeps its colours");
    }

    #[test]
    fn ties_leave_fewer_classes() {
        assert_eq!(breaks(&[5.0; 7], Scheme::Quantile, 5).unwrap().counts, vec![7]);
        let mostly_zero = breaks(&[0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0], Scheme::Quantile, 4).unwrap();
        assert!(mostly_zero.n_classes() < 4);
        assert_eq!(mostly_zero.counts.iter().sum::<usize>(), 7);
    }

    #[test]
    fn faults_are_typed() {
        assert!(matches!(breaks(&[1.0], Scheme::Equal, 1), Err(DescribeError::CountOutOfRange { .. })));
        assert!(matches!(breaks(&[f64::NAN], Scheme::Equal, 5), Err(DescribeError::Empty { .. })));
    }
}
