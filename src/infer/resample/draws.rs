//! [`Draws`]: the wild weights of every draw, by blocks that can be made in any order on any thread.
//!
//! A block of random draws comes from the stream of (seed, step, block), so draws do not depend on the number of threads,
//! and the first draws of a longer bootstrap are those of a shorter one. Rademacher draws are enumerated where there are
//! no more sign vectors than draws asked for; since a vector and its mirror image have opposite statistics, only half of
//! the vectors are computed.

use nalgebra::DMatrix;

use crate::monte::streams::{Stream, Streams};

/// Most draws in a block.
const BLOCK: usize = 256;

/// Most weights in a block: with very many groups a block has fewer draws.
const MOST: usize = 1 << 22;

/// The distribution of the weights: mean zero, variance one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WildWeights {
    /// -1 and 1, each with probability one half (Davidson and Flachaire 2008).
    #[default]
    Rademacher,
    /// Webb's (2014) six points `±√(1/2), ±1, ±√(3/2)`: for fewer than about twelve clusters.
    Webb,
    /// Mammen's (1993) two points with third moment one.
    Mammen,
    /// Standard normal.
    Normal,
}

impl WildWeights {
    /// The word of study files and records.
    pub fn name(self) -> &'static str {
        match self {
            WildWeights::Rademacher => "rademacher",
            WildWeights::Webb => "webb",
            WildWeights::Mammen => "mammen",
            WildWeights::Normal => "normal",
        }
    }

    /// Fills the weights of one draw.
    fn fill(self, stream: &mut Stream, weights: &mut [f64]) {
        match self {
            WildWeights::Rademacher => {
                for chunk in weights.chunks_mut(64) {
                    let bits = stream.bits();
                    chunk.iter_mut().enumerate().for_each(|(k, weight)| *weight = sign(bits, k));
                }
            }
            WildWeights::Webb => {
                let points = [1.5f64.sqrt(), 1.0, 0.5f64.sqrt(), -(0.5f64.sqrt()), -1.0, -(1.5f64.sqrt())];
                weights.iter_mut().for_each(|weight| *weight = points[stream.below(6)]);
            }
            WildWeights::Mammen => {
                let root = 5.0f64.sqrt();
                let (low, high, share) = ((1.0 - root) / 2.0, (1.0 + root) / 2.0, (root + 1.0) / (2.0 * root));
                weights.iter_mut().for_each(|weight| *weight = if stream.uniform() < share { low } else { high });
            }
            WildWeights::Normal => weights.iter_mut().for_each(|weight| *weight = stream.normal()),
        }
    }
}

fn sign(bits: u64, k: usize) -> f64 {
    if bits >> k & 1 == 1 { -1.0 } else { 1.0 }
}

/// The weights of all draws.
#[derive(Clone, Copy, Debug)]
pub struct Draws {
    weights: WildWeights,
    n_groups: usize,
    n_computed: usize,
    source: Source,
    /// Whether each draw stands for its mirror image too.
    mirrored: bool,
}

#[derive(Clone, Copy, Debug)]
enum Source {
    Enumerated,
    Random(Streams),
}

impl Draws {
    /// At least one and at most `replications` draws for `n_groups` groups: all sign vectors if they are so few, else
    /// random ones.
    pub fn plan(weights: WildWeights, n_groups: usize, replications: usize, streams: Streams) -> Draws {
        let vectors = u32::try_from(n_groups).ok().and_then(|g| 1usize.checked_shl(g)).filter(|&v| v > 1);
        match vectors {
            Some(vectors) if weights == WildWeights::Rademacher && vectors <= replications => {
                Draws { weights, n_groups, n_computed: vectors / 2, source: Source::Enumerated, mirrored: true }
            }
            _ => {
                let source = Source::Random(streams);
                Draws { weights, n_groups, n_computed: replications.max(1), source, mirrored: false }
            }
        }
    }

    /// The same draws with mirror images computed: for statistics that are not opposite in them.
    pub fn in_full(self) -> Draws {
        Draws { n_computed: self.n(), mirrored: false, ..self }
    }

    /// Whether the mirror images of the draws are draws as well, without being computed.
    pub fn is_mirrored(&self) -> bool {
        self.mirrored
    }

    fn per_block(&self) -> usize {
        (MOST / self.n_groups.max(1)).clamp(1, BLOCK)
    }

    /// Whether the draws are all sign vectors.
    pub fn is_enumerated(&self) -> bool {
        matches!(self.source, Source::Enumerated)
    }

    /// How many draws there are, mirror images included.
    pub fn n(&self) -> usize {
        if self.mirrored { 2 * self.n_computed } else { self.n_computed }
    }

    /// How many draws are computed.
    pub fn n_computed(&self) -> usize {
        self.n_computed
    }

    /// Groups that are drawn.
    pub fn n_groups(&self) -> usize {
        self.n_groups
    }

    /// Number of blocks.
    pub(super) fn n_blocks(&self) -> usize {
        self.n_computed.div_ceil(self.per_block())
    }

    /// Groups x draws of one block.
    pub(super) fn block(&self, block: usize) -> DMatrix<f64> {
        let from = block * self.per_block();
        let n = self.n_computed.saturating_sub(from).min(self.per_block());
        let mut out = DMatrix::zeros(self.n_groups, n);
        match self.source {
            Source::Enumerated => {
                for (k, mut column) in out.column_iter_mut().enumerate() {
                    let bits = (from + k) as u64;
                    column.iter_mut().enumerate().for_each(|(g, weight)| *weight = sign(bits, g));
                }
            }
            Source::Random(streams) => {
                let mut stream = streams.stream("wild bootstrap", block as u64);
                out.as_mut_slice()
                    .chunks_mut(self.n_groups.max(1))
                    .for_each(|column| self.weights.fill(&mut stream, column));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_vector_once_up_to_its_mirror_image() {
        let draws = Draws::plan(WildWeights::Rademacher, 4, 16, Streams::new(1));
        assert!(draws.is_enumerated());
        assert_eq!((draws.n(), draws.n_computed()), (16, 8));
        let block = draws.block(0);
        let mut seen: Vec<Vec<i8>> = Vec::new();
        for column in block.column_iter() {
            seen.push(column.iter().map(|v| *v as i8).collect());
            seen.push(column.iter().map(|v| -*v as i8).collect());
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 16);
        assert!(!Draws::plan(WildWeights::Rademacher, 4, 15, Streams::new(1)).is_enumerated());
        assert!(!Draws::plan(WildWeights::Webb, 4, 9999, Streams::new(1)).is_enumerated());
        assert!(!Draws::plan(WildWeights::Rademacher, 700, 9999, Streams::new(1)).is_enumerated());
    }

    #[test]
    fn weights_have_their_moments() {
        for weights in [WildWeights::Rademacher, WildWeights::Webb, WildWeights::Mammen, WildWeights::Normal] {
            let draws = Draws::plan(weights, 70, 4096, Streams::new(3));
            let all: Vec<f64> = (0..draws.n_blocks()).flat_map(|b| draws.block(b).as_slice().to_vec()).collect();
            let moment = |power| all.iter().map(|v: &f64| v.powi(power)).sum::<f64>() / all.len() as f64;
            assert!(moment(1).abs() < 0.01 && (moment(2) - 1.0).abs() < 0.01, "{weights:?}");
            let third = if weights == WildWeights::Mammen { 1.0 } else { 0.0 };
            assert!((moment(3) - third).abs() < 0.03, "{weights:?} {}", moment(3));
        }
    }

    #[test]
    fn fewer_draws_are_the_first_of_more() {
        let draws = |n| Draws::plan(WildWeights::Webb, 5, n, Streams::new(9));
        assert_eq!(draws(10).block(0), draws(300).block(0).columns(0, 10).into_owned());
    }
}
