//! [`Streams`]: random numbers keyed by what they are for.
//!
//! The key of a stream is a digest of (seed, step, replicate), so a step draws the same numbers whatever was drawn
//! before it, in whatever order and on however many threads. The generator is ChaCha with eight rounds.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// The streams of one seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streams {
    seed: u64,
}

impl Streams {
    /// The streams of a seed.
    pub fn new(seed: u64) -> Self {
        Streams { seed }
    }

    /// The stream of a step in a replicate.
    pub fn stream(&self, step: &str, replicate: u64) -> Stream {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.seed.to_le_bytes());
        hasher.update(&replicate.to_le_bytes());
        hasher.update(step.as_bytes());
        Stream(ChaCha8Rng::from_seed(*hasher.finalize().as_bytes()))
    }
}

/// One stream of random numbers.
#[derive(Clone, Debug)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// A standard normal number.
    pub fn normal(&mut self) -> f64 {
        self.0.sample(StandardNormal)
    }

    /// `n` independent normal numbers with standard deviation `sd`.
    pub fn normals(&mut self, n: usize, sd: f64) -> Vec<f64> {
        (0..n).map(|_| sd * self.normal()).collect()
    }

    /// A number uniform on `[0, 1)`.
    pub fn uniform(&mut self) -> f64 {
        self.0.random()
    }

    /// Sixty-four independent fair bits.
    pub fn bits(&mut self) -> u64 {
        self.0.random()
    }

    /// A whole number uniform on `0..n`; zero when `n` is zero.
    pub fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { self.0.random_range(0..n) }
    }

    /// `k` distinct whole numbers below `n` (all of them where there are fewer) in random order: the head of a shuffle.
    pub fn sample(&mut self, n: usize, k: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..n).collect();
        for place in 0..k.min(n) {
            let other = place + self.below(n - place);
            all.swap(place, other);
        }
        all.truncate(k);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_its_key_only() {
        let draw = |seed, step: &str, replicate| Streams::new(seed).stream(step, replicate).normals(3, 1.0);
        assert_eq!(draw(1, "base", 0), draw(1, "base", 0));
        assert_ne!(draw(1, "base", 0), draw(2, "base", 0));
        assert_ne!(draw(1, "base", 0), draw(1, "base", 1));
        assert_ne!(draw(1, "base", 0), draw(1, "effects", 0));
    }
    #[test]
    fn a_sample_is_of_distinct_numbers() {
        let mut sample = Streams::new(3).stream("sample", 0).sample(50, 50);
        assert!(sample.iter().enumerate().any(|(k, &drawn)| k != drawn));
        sample.sort_unstable();
        assert_eq!(sample, (0..50).collect::<Vec<_>>());
        assert_eq!(Streams::new(3).stream("sample", 0).sample(2, 9).len(), 2);
    }
}
