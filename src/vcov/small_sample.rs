//! How K, G and the degrees of freedom are counted.

use std::fmt;

/// Which absorbed parameters count in K.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbsorbedCount {
    /// All.
    Full,
    /// All but the intercepts of effects nested in a cluster variable; one remains for the constant they contain.
    NonNested,
    /// The same as fixest 0.14 carries it out: where every cluster variable groups the rows exactly as an absorbed effect
    /// does, only those effects count as nested, and an effect that lies inside a coarser cluster does not.
    NonNestedFixest,
    /// None but the constant they contain.
    None,
}

/// Which number of clusters enters `G/(G-1)` in each term of a multi-way covariance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClusterFactor {
    /// The smallest of the cluster variables, in all terms.
    Smallest,
    /// Each term's own.
    Own,
}

/// The rules of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SmallSample {
    /// Whether `(N-1)/(N-K)` is applied.
    pub adjust_k: bool,
    /// Which absorbed parameters count.
    pub absorbed: AbsorbedCount,
    /// Whether `G/(G-1)` is applied.
    pub adjust_g: bool,
    /// Which G.
    pub clusters: ClusterFactor,
}

/// A program whose rules are followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// fixest 0.14: `ssc(K.adj = TRUE, K.fixef = "nonnested", G.adj = TRUE, G.df = "min")`; t with the smallest G less
    /// one degrees of freedom if clustered, N-K with every absorbed parameter counted otherwise.
    #[default]
    Fixest,
}

impl Dialect {
    /// The program's rules.
    pub fn small_sample(self) -> SmallSample {
        match self {
            Dialect::Fixest => SmallSample {
                adjust_k: true,
                absorbed: AbsorbedCount::NonNestedFixest,
                adjust_g: true,
                clusters: ClusterFactor::Smallest,
            },
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Dialect::Fixest => "fixest",
        })
    }
}
