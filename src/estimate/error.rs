//! Faults of estimation.

use super::shift_share::ShiftShareError;
use crate::absorb::AbsorbError;
use crate::design::DesignError;
use crate::vcov::CovarianceError;

/// Why there is no fit.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EstimateError {
    /// There is no design.
    #[error(transparent)]
    Design(#[from] DesignError),
    /// Effects could not be absorbed.
    #[error(transparent)]
    Absorb(#[from] AbsorbError),
    /// The errors asked for are not defined.
    #[error(transparent)]
    Covariance(#[from] CovarianceError),
    /// The shift-share design does not hold up.
    #[error(transparent)]
    ShiftShare(#[from] ShiftShareError),
    /// All regressors went.
    #[error(
        "no regressor is left: {}; absorb fewer effects or use variables that vary within them",
        .dropped.iter().map(|(term, by)| format!("{term} is explained by {by}")).collect::<Vec<_>>().join(", ")
    )]
    NothingLeft {
        /// Each regressor and what explains it.
        dropped: Vec<(String, String)>,
    },
    /// As many parameters as observations.
    #[error(
        "{n_obs} observations cannot identify {parameters} parameters ({absorbed} of them absorbed): use fewer regressors or effects, or more data"
    )]
    NoDegreesOfFreedom {
        /// Observations.
        n_obs: usize,
        /// Parameters, absorbed ones included.
        parameters: usize,
        /// Absorbed parameters.
        absorbed: usize,
    },
    /// The cross products of the regressors cannot be factorised.
    #[error("the regressors {} are too nearly collinear to be told apart in double precision: leave one out or rescale", .terms.join(", "))]
    Singular {
        /// The regressors.
        terms: Vec<String>,
    },
}
