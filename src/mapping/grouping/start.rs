//! Where k-means and k-medoids start.

use nalgebra::DMatrix;

use super::distance::{column, squared_distance};
use crate::monte::Stream;

/// A way to choose the first centres.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Start {
    /// The first `k` points.
    First,
    /// The last `k` points.
    Last,
    /// `k` points evenly spaced in the order of the points: the middle of each of `k` segments.
    Segments,
    /// `k` distinct points at random; the number tells one draw from another.
    Random(u32),
    /// Each next centre with a probability proportional to its squared distance from the nearest one so far (Arthur and
    /// Vassilvitskii 2007); the number tells one draw from another.
    PlusPlus(u32),
}

impl Start {
    /// Its name, and that of its stream.
    pub fn name(&self) -> String {
        match self {
            Start::First => "first".into(),
            Start::Last => "last".into(),
            Start::Segments => "segments".into(),
            Start::Random(draw) => format!("random {}", draw + 1),
            Start::PlusPlus(draw) => format!("k-means++ {}", draw + 1),
        }
    }

    /// Positions of the first centres among `n` points; `weigh` gives the squared distance of two.
    pub(super) fn choose(
        &self,
        n: usize,
        k: usize,
        stream: &mut Stream,
        weigh: impl Fn(usize, usize) -> f64,
    ) -> Vec<usize> {
        match self {
            Start::First => (0..k).collect(),
            Start::Last => (n - k..n).collect(),
            Start::Segments => (0..k).map(|segment| (2 * segment + 1) * n / (2 * k)).collect(),
            Start::Random(_) => stream.sample(n, k),
            Start::PlusPlus(_) => spread(n, k, stream, weigh),
        }
    }
}

fn spread(n: usize, k: usize, stream: &mut Stream, weigh: impl Fn(usize, usize) -> f64) -> Vec<usize> {
    let mut chosen = vec![stream.below(n)];
    let mut nearest: Vec<f64> = (0..n).map(|point| weigh(point, chosen[0])).collect();
    while chosen.len() < k {
        let mut left = stream.uniform() * nearest.iter().sum::<f64>();
        // Where all that is left coincides with centres, the first point that is none is taken.
        let unused = (0..n).find(|point| !chosen.contains(point)).unwrap_or(0);
        let next = (0..n).filter(|&point| nearest[point] > 0.0).find(|&point| {
            left -= nearest[point];
            left < 0.0
        });
        let next = next.unwrap_or(unused);
        chosen.push(next);
        nearest.iter_mut().enumerate().for_each(|(point, near)| *near = near.min(weigh(point, next)));
    }
    chosen
}

/// Squared distances of points, for [`Start::choose`].
pub(super) fn of_points(points: &DMatrix<f64>) -> impl Fn(usize, usize) -> f64 + '_ {
    |a, b| squared_distance(column(points, a), column(points, b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monte::Streams;

    #[test]
    fn starts_are_distinct_points() {
        let weigh = |a: usize, b: usize| (a as f64 - b as f64).powi(2);
        for start in [Start::First, Start::Last, Start::Segments, Start::Random(0), Start::PlusPlus(3)] {
            let mut stream = Streams::new(1).stream(&start.name(), 0);
            let mut chosen = start.choose(10, 4, &mut stream, weigh);
            chosen.sort_unstable();
            chosen.dedup();
            assert!(chosen.len() == 4 && chosen[3] < 10, "{start:?}: {chosen:?}");
        }
        assert_eq!(Start::Segments.choose(12, 3, &mut Streams::new(1).stream("s", 0), weigh), [2, 6, 10]);
        let same = |_: usize, _: usize| 0.0;
        let chosen = Start::PlusPlus(0).choose(3, 3, &mut Streams::new(1).stream("s", 0), same);
        assert_eq!(chosen.iter().collect::<std::collections::HashSet<_>>().len(), 3);
    }
}
