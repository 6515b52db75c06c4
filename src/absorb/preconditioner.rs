//! [`Preconditioner`]: an approximate inverse of the Schur complement, effect by effect.
//!
//! The diagonal serves designs in which levels are well connected. Where they are not, the Schur complement of an effect
//! given the eliminated one is formed ([`super::schur`]) and factorised: exactly, by an envelope Cholesky, where its
//! profile is small (chains, windows, few levels), which for two effects leaves nothing to iterate; else approximately,
//! by sampled elimination (`approx-chol`; Kyng and Sachdeva 2016, Gao, Kyng and Spielman 2023), seeded and so the same in every run.

use approx_chol::{CsrRef, Factor, factorize};
use rayon::prelude::*;

use super::envelope::Envelope;
use super::layout::Layout;
use super::schur::{Cells, Sparse};

/// Levels under which an effect keeps its diagonal: it adds at most as many iterations.
const FEW_LEVELS: usize = 64;

/// Passes over the rows that an exact factorisation may cost, at two operations per visit of a row.
const EXACT_PASSES: f64 = 20.0;

/// An approximate inverse.
pub(super) struct Preconditioner {
    /// Inverse of the diagonal of all other effects; zero where that is zero.
    diagonal: Vec<f64>,
    /// Of each other effect.
    blocks: Vec<Block>,
}

enum Block {
    Diagonal,
    Exact(Envelope),
    Approximate(Factor<f64>),
}

impl Preconditioner {
    /// The diagonal.
    pub(super) fn diagonal(layout: &Layout) -> Preconditioner {
        Preconditioner {
            diagonal: layout.diagonal.iter().map(|&d| if d > 0.0 { d.recip() } else { 0.0 }).collect(),
            blocks: layout.others.iter().map(|_| Block::Diagonal).collect(),
        }
    }

    /// What [`Preconditioner::factorise`] costs at most, in visits of a row by an effect; `None` if there is nothing that
    /// it could factorise.
    pub(super) fn cost(layout: &Layout) -> Option<f64> {
        let cost_of = |other: usize| {
            let levels = layout.others[other].diagonal.len() as f64;
            let pairs: f64 =
                layout.starts.windows(2).map(|pair| f64::from(pair[1] - pair[0])).map(|n| n * n.min(levels)).sum();
            // Finding the cells, turning them round, and the sums.
            8.0 * layout.n_rows() as f64 + 0.5 * pairs
        };
        let costs: Vec<f64> = candidates(layout).map(cost_of).collect();
        (!costs.is_empty()).then(|| costs.iter().sum())
    }

    /// Forms and factorises the Schur complements of the effects that have many levels.
    pub(super) fn factorise(layout: &Layout) -> Preconditioner {
        let mut out = Preconditioner::diagonal(layout);
        let made: Vec<(usize, Block)> = candidates(layout)
            .collect::<Vec<_>>()
            .into_par_iter()
            .map(|other| (other, factorise(&Cells::of(layout, other).schur(), layout.pass())))
            .collect();
        for (other, block) in made {
            out.blocks[other] = block;
        }
        out
    }

    /// `z = P r`.
    pub(super) fn apply<const K: usize>(&self, layout: &Layout, r: &[[f64; K]], z: &mut [[f64; K]]) {
        for (block, span) in self.blocks.iter().zip(layout.offsets.windows(2)) {
            let span = span[0]..span[1];
            let (r, z) = (&r[span.clone()], &mut z[span.clone()]);
            match block {
                Block::Diagonal => {
                    for ((z, r), d) in z.iter_mut().zip(r).zip(&self.diagonal[span]) {
                        *z = r.map(|r| r * d);
                    }
                }
                Block::Exact(factor) => factor.solve(r, z),
                Block::Approximate(factor) => {
                    for k in 0..K {
                        let right: Vec<f64> = r.iter().map(|r| r[k]).collect();
                        // The lengths agree; a refusal would leave the diagonal.
                        match factor.solve(&right) {
                            Ok(left) => z.iter_mut().zip(&left).for_each(|(z, v)| z[k] = *v),
                            Err(_) => z
                                .iter_mut()
                                .zip(r)
                                .zip(&self.diagonal[span.clone()])
                                .for_each(|((z, r), d)| z[k] = r[k] * d),
                        }
                    }
                }
            }
        }
    }
}

/// Effects whose Schur complement is a graph's Laplacian with many vertices.
fn candidates(layout: &Layout) -> impl Iterator<Item = usize> + '_ {
    (0..layout.others.len()).filter(|&i| layout.others[i].diagonal.len() > FEW_LEVELS && layout.is_plain(i))
}

fn factorise(schur: &Sparse, pass: f64) -> Block {
    if let Some(factor) = Envelope::factorise(schur, 2.0 * EXACT_PASSES * pass, pass as usize) {
        return Block::Exact(factor);
    }
    let n = (schur.starts.len() - 1) as u32;
    let factor = CsrRef::new(&schur.starts, &schur.columns, &schur.values, n).and_then(factorize);
    factor.map_or(Block::Diagonal, Block::Approximate)
}
