//! [`Variant`]: how residuals are made and errors computed in a wild cluster bootstrap.

/// The variants of MacKinnon, Nielsen and Webb (2023, "Fast and reliable jackknife and bootstrap methods for
/// cluster-robust inference"), numbered as boottest and fwildclusterboot do: the first digit is the cluster-robust
/// estimator (CV1 or CV3) whose scores the draws are made of, the second the one that studentises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Variant {
    /// `11`, classic (C): residuals as they are, CV1.
    #[default]
    Classic,
    /// `31`, score-transformed (S): residuals of leave-one-cluster-out estimates, CV1.
    Scores,
    /// `13`, variance (V): residuals as they are, CV3.
    Variance,
    /// `33`, both (B).
    Both,
}

impl Variant {
    /// The two digits.
    pub fn name(self) -> &'static str {
        match self {
            Variant::Classic => "11",
            Variant::Scores => "31",
            Variant::Variance => "13",
            Variant::Both => "33",
        }
    }

    /// Whether draws are made of jackknifed scores.
    pub(super) fn jackknifes_scores(self) -> bool {
        matches!(self, Variant::Scores | Variant::Both)
    }

    /// Whether the variance is CV3.
    pub(super) fn jackknifes_variance(self) -> bool {
        matches!(self, Variant::Variance | Variant::Both)
    }
}
