//! Faults of estimation.

use super::dynamic::DynamicError;
use super::panel::PanelError;
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
    /// Residuals of a linear model were asked of another.
    #[error(transparent)]
    NotLinear(#[from] super::estimator::NotLinear),
    /// The errors asked for are not defined.
    #[error(transparent)]
    Covariance(#[from] CovarianceError),
    /// The shift-share design does not hold up.
    #[error(transparent)]
    ShiftShare(#[from] ShiftShareError),
    /// A panel method cannot be used on the sample.
    #[error(transparent)]
    Panel(#[from] PanelError),
    /// A dynamic model cannot be estimated.
    #[error(transparent)]
    Dynamic(#[from] DynamicError),
    /// The spatial model does not hold up.
    #[error(transparent)]
    Spatial(#[from] super::spatial::SpatialError),
    /// The system of equations does not hold up.
    #[error(transparent)]
    System(#[from] super::system::SystemError),
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
    /// An endogenous regressor has no variation of its own.
    #[error(
        "the endogenous regressor {term} is explained by {}: nothing is left to instrument; take it out, or write it among the regressors if it is exogenous",
        .by.join(", ")
    )]
    EndogenousExplained {
        /// The regressor.
        term: String,
        /// What explains it: effects, exogenous regressors, instruments, or other endogenous regressors.
        by: Vec<String>,
    },
    /// Fewer instruments than endogenous regressors.
    #[error(
        "the model is not identified: {} endogenous ({}) but {} left as {}{}; add instruments or take endogenous regressors out",
        .endogenous.len(), .endogenous.join(", "),
        if .instruments.is_empty() { "none".to_string() } else { .instruments.join(", ") },
        if .instruments.len() == 1 { "instrument" } else { "instruments" },
        lost_in_words(.lost)
    )]
    UnderIdentified {
        /// The endogenous regressors.
        endogenous: Vec<String>,
        /// The instruments that are left.
        instruments: Vec<String>,
        /// Instruments that were left out, and what explains each.
        lost: Vec<(String, String)>,
    },
    /// The instruments do not move the endogenous regressors apart.
    #[error(
        "the instruments do not tell {} apart: their fitted values are collinear, so the model is not identified; use instruments that move each of them separately",
        .endogenous.join(" and ")
    )]
    NotIdentified {
        /// The endogenous regressors.
        endogenous: Vec<String>,
    },
    /// The moments' covariance cannot be inverted.
    #[error(
        "the covariance of the {moments} moments cannot be inverted{}; use fewer instruments or other weights for gmm",
        .clusters.map(|g| format!(" with {g} clusters")).unwrap_or_default()
    )]
    MomentsSingular {
        /// Number of moments.
        moments: usize,
        /// The smallest number of clusters, if the weights are clustered.
        clusters: Option<usize>,
    },
    /// An iterated estimator did not settle.
    #[error(
        "gmm did not settle in {iterations} iterations (last relative step {step:.1e}): use steps = 2, or fewer instruments"
    )]
    GmmNotSettled {
        /// Iterations made.
        iterations: usize,
        /// The last step relative to the coefficients.
        step: f64,
    },
    /// Incidental-parameter bias cannot be taken out.
    #[error(transparent)]
    Correction(#[from] super::likelihood::CorrectionError),
    /// There is no estimate with frailty.
    #[error(transparent)]
    Frailty(#[from] super::likelihood::FrailtyError),
    /// An outcome that the family does not allow.
    #[error(transparent)]
    OutcomeOutOfRange(Box<super::likelihood::OutcomeOutOfRange>),
    /// A method was asked for what it does not take.
    #[error("the method {method} {fault}: {way_out}")]
    DirectMisuse {
        /// The method.
        method: &'static str,
        /// What it does not take.
        fault: &'static str,
        /// What to do.
        way_out: &'static str,
    },
    /// Errors that would treat the rows of a group as independent.
    #[error(transparent)]
    ClustersAcross(Box<super::likelihood::ClustersAcross>),
    /// The likelihood has no maximum that was found.
    #[error(
        "the likelihood of {method} did not reach a maximum: after {iterations} steps the last one still moves the index by {step:.1e} (root mean square); {way_out}"
    )]
    LikelihoodNotConverged {
        /// The method.
        method: String,
        /// Steps made.
        iterations: usize,
        /// The last one.
        step: f64,
        /// What to do.
        way_out: &'static str,
    },
    /// Rows that have no finite index: the sample is to be decided anew without them.
    #[error("{}", .0)]
    Separated(Box<super::likelihood::Separated>),
    /// The variance is not larger than the mean.
    #[error(
        "the outcome is not overdispersed: its variance given the regressors is no larger than its mean, and the negative binomial's size grows without bound; use method = \"poisson\""
    )]
    NoOverdispersion,
    /// Coefficients and second parameter did not settle.
    #[error(
        "the parameter {parameter} of the negative binomial did not settle (last value {value:.6}): use method = \"poisson\" with robust errors, which needs none"
    )]
    SecondNotSettled {
        /// Its name.
        parameter: &'static str,
        /// The last value.
        value: f64,
    },
    /// Instruments with a method that takes none.
    #[error("the method {method} takes no instruments: leave the third part of the formula out, or use iv")]
    NoUseForInstruments {
        /// The method.
        method: String,
    },
    /// A method with instruments was asked for a model without.
    #[error(
        "the method {method} needs instruments: write the third part of the formula, endogenous ~ instruments, or use ols"
    )]
    NoInstruments {
        /// The method.
        method: String,
    },
    /// The exogeneity of something that is no instrument was to be tested.
    #[error("`orthogonal` names {name}, which is not an instrument of the model{}", .nearest.as_ref().map(|n| format!("; did you mean {n}?")).unwrap_or_default())]
    OrthogonalUnknown {
        /// The name.
        name: String,
        /// The nearest instrument or exogenous regressor.
        nearest: Option<String>,
    },
    /// Without the instruments under test the model is not identified.
    #[error(
        "`orthogonal` tests {tested} of the instruments, but only {spare} can be spared: without the others the model is not identified"
    )]
    OrthogonalTooMany {
        /// Instruments under test.
        tested: usize,
        /// Overidentifying restrictions.
        spare: usize,
    },
}

impl EstimateError {
    /// Names rows as `name` does, for data whose rows have names.
    pub fn with_rows_named(self, name: impl Fn(usize) -> String) -> Self {
        match self {
            EstimateError::Design(error) => EstimateError::Design(error.with_rows_named(name)),
            EstimateError::OutcomeOutOfRange(mut fault) => {
                fault.first.key = Some(name(fault.first.row));
                EstimateError::OutcomeOutOfRange(fault)
            }
            other => other,
        }
    }
}

/// Up to three instruments that were left out, and how many more.
fn lost_in_words(lost: &[(String, String)]) -> String {
    let named = lost.iter().take(3).map(|(term, by)| format!("; {term} was left out because {by} explains it"));
    let more = lost.len().saturating_sub(3);
    let rest = (more > 0).then(|| format!("; and {more} more were left out"));
    named.chain(rest).collect()
}
