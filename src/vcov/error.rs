//! Faults of covariances.

/// Why a covariance is not defined.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CovarianceError {
    /// The design has no such cluster variable.
    #[error("the design has no cluster variable {name}{}", .nearest.as_ref().map(|n| format!("; did you mean {n}?")).unwrap_or_default())]
    ClusterUnknown {
        /// The name asked for.
        name: String,
        /// The nearest one there is.
        nearest: Option<String>,
    },
    /// Clustered errors without a cluster variable, or with too many.
    #[error("clustered errors take one to eight cluster variables, not {given}")]
    ClusterCount {
        /// How many were given.
        given: usize,
    },
}
