//! Pseudo p-values: the statistic with its values in random places.
//!
//! Each permutation has a stream of its own, so that draws do not depend on threads. The p-value is `(1 + more extreme) / (1 +
//! draws)`, with the smaller tail doubled.

use rayon::prelude::*;

use crate::linalg::SparseMatrix;
use crate::monte::{Stream, Streams};

/// The draws of a statistic, and what they say of the observed one.
#[derive(Clone, Debug, PartialEq)]
pub struct Permuted {
    /// The statistic in every permutation.
    pub draws: Vec<f64>,
    /// Two-sided pseudo p-value.
    pub p_value: f64,
}

/// Values in random places, `draws` times.
pub fn permute(x: &[f64], (draws, seed): (usize, u64), statistic: impl Fn(&[f64]) -> f64 + Sync) -> Permuted {
    let streams = Streams::new(seed);
    let one = |draw: usize| {
        let mut values = x.to_vec();
        let n = values.len();
        shuffle(&mut values, n, &mut streams.stream("permutation", draw as u64));
        statistic(&values)
    };
    let draws: Vec<f64> = (0..draws).into_par_iter().map(one).collect();
    let p_value = two_sided(statistic(x), draws.iter().copied());
    Permuted { draws, p_value }
}

impl Permuted {
    /// Mean and standard deviation of the draws.
    pub fn moments(&self) -> (f64, f64) {
        let n = self.draws.len() as f64;
        let mean = crate::linalg::sum(&self.draws) / n;
        let squares: Vec<f64> = self.draws.iter().map(|draw| (draw - mean).powi(2)).collect();
        (mean, (crate::linalg::sum(&squares) / (n - 1.0)).sqrt())
    }
}

/// `n` places in random order, `draws` times: whatever stands at them moves together, as the path of a region over time does.
pub fn permute_places(n: usize, (draws, seed): (usize, u64), statistic: impl Fn(&[usize]) -> f64 + Sync) -> Permuted {
    let streams = Streams::new(seed);
    let own: Vec<usize> = (0..n).collect();
    let one = |draw: usize| {
        let mut places = own.clone();
        let mut stream = streams.stream("permutation", draw as u64);
        for k in 0..n {
            let other = k + stream.below(n - k);
            places.swap(k, other);
        }
        statistic(&places)
    };
    let draws: Vec<f64> = (0..draws).into_par_iter().map(one).collect();
    let p_value = two_sided(statistic(&own), draws.iter().copied());
    Permuted { draws, p_value }
}

/// Conditional permutations (Anselin 1995): each place keeps its value, its neighbours have values of other places. `statistics` has the
/// place, and the weights and values of its neighbours, and gives as many numbers as are to be judged by the same draws. Their p-values per place;
/// NaN without a neighbour, and of a number that is NaN.
pub fn permute_local<const K: usize>(
    x: &[f64],
    w: &SparseMatrix,
    (draws, seed): (usize, u64),
    statistics: impl Fn(usize, &[f64], &[f64]) -> [f64; K] + Sync,
) -> Vec<[f64; K]> {
    let streams = Streams::new(seed);
    let one = |i: usize| {
        let (at, weights): (Vec<usize>, Vec<f64>) = w.row(i).filter(|(j, _)| *j != i).unzip();
        if at.is_empty() {
            return [f64::NAN; K];
        }
        let own: Vec<f64> = at.iter().map(|&j| x[j]).collect();
        let mut others: Vec<f64> = x.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, value)| *value).collect();
        let mut stream = streams.stream("conditional permutation", i as u64);
        let mut tails = statistics(i, &weights, &own).map(Tails::of);
        for _ in 0..draws {
            shuffle(&mut others, at.len(), &mut stream);
            let drawn = statistics(i, &weights, &others[..at.len()]);
            tails.iter_mut().zip(drawn).for_each(|(tails, draw)| tails.count(draw));
        }
        tails.map(|tails| tails.p_value())
    };
    (0..x.len()).into_par_iter().map(one).collect()
}

/// The first `count` of shuffled values (Fisher and Yates).
fn shuffle(values: &mut [f64], count: usize, stream: &mut Stream) {
    for k in 0..count.min(values.len()) {
        let other = k + stream.below(values.len() - k);
        values.swap(k, other);
    }
}

fn two_sided(observed: f64, draws: impl Iterator<Item = f64>) -> f64 {
    let mut tails = Tails::of(observed);
    draws.for_each(|draw| tails.count(draw));
    tails.p_value()
}

/// How many draws lie at or beyond the observed value, on either side.
struct Tails {
    observed: f64,
    above: usize,
    below: usize,
    all: usize,
}

impl Tails {
    fn of(observed: f64) -> Self {
        Tails { observed, above: 0, below: 0, all: 0 }
    }

    fn count(&mut self, draw: f64) {
        self.above += usize::from(draw >= self.observed);
        self.below += usize::from(draw <= self.observed);
        self.all += 1;
    }

    fn p_value(&self) -> f64 {
        if self.observed.is_nan() {
            return f64::NAN;
        }
        (2.0 * (1.0 + self.above.min(self.below) as f64) / (1.0 + self.all as f64)).min(1.0)
    }
}
