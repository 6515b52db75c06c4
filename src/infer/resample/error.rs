//! Why a resampling test is not defined.

use crate::absorb::AbsorbError;
use crate::estimate::EstimateError;

/// Faults of resampling.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ResampleError {
    /// The design has no such cluster variable.
    #[error("the design has no cluster variable {name}")]
    ClusterUnknown {
        /// The name asked for.
        name: String,
    },
    /// The model has no such term.
    #[error("the model has no term {term}{}; its terms are: {}", .nearest.as_ref().map(|n| format!(" (did you mean {n}?)")).unwrap_or_default(), .known.join(", "))]
    TermUnknown {
        /// The term asked for.
        term: String,
        /// The nearest term that there is.
        nearest: Option<String>,
        /// All terms.
        known: Vec<String>,
    },
    /// No draw was asked for.
    #[error("a resampling test needs at least one replication; 9999 is usual")]
    NoReplications,
    /// A restriction with other than one number per coefficient, or zero on all of them.
    #[error("the restriction {name} has {given} numbers, not all zero, for {wanted} coefficients")]
    Restriction {
        /// What it is called.
        name: String,
        /// Numbers given.
        given: usize,
        /// Coefficients.
        wanted: usize,
    },
    /// Jackknife variants are made of whole clusters.
    #[error(
        "variant {variant} of the wild bootstrap leaves out one cluster at a time and is defined for errors clustered one way and drawn by the same clusters; use variant \"11\""
    )]
    VariantNeedsOneWay {
        /// `13`, `31` or `33`.
        variant: &'static str,
    },
    /// Jackknife variants with effects that reach across clusters.
    #[error(
        "variant {variant} of the wild bootstrap leaves out one cluster at a time, and the effects {effects} reach across clusters; use variant \"11\", or write the effects as regressors with i()"
    )]
    VariantNeedsNested {
        /// `13`, `31` or `33`.
        variant: &'static str,
        /// The effects that are not nested.
        effects: String,
    },
    /// Without one of the clusters the regressors are collinear.
    #[error(
        "without the clusters of {cluster} one at a time the regressors cannot be told apart, so that variant {variant} is not defined: a regressor lives in a single cluster; use variant \"11\""
    )]
    LeaveOneOutSingular {
        /// `13`, `31` or `33`.
        variant: &'static str,
        /// The cluster variable.
        cluster: String,
    },
    /// Effects that would take too many projections.
    #[error(
        "the effects {effects} reach across {groups} groups, each of which would have to be projected on them: draw by a coarser cluster"
    )]
    TooManyGroups {
        /// The effects.
        effects: String,
        /// Groups of the bootstrap.
        groups: usize,
    },
    /// Frequency weights stand for rows that would each have to be drawn by itself.
    #[error("rows cannot be drawn one by one under frequency weights: give a cluster variable, or repeat the rows")]
    FrequencyRows,
    /// The errors of a fit that no wild draws reproduce.
    #[error("wild draws are defined for hc1 and clustered errors, not for `{errors}`: give the model such errors")]
    ErrorsNotDrawn {
        /// The kind of errors.
        errors: String,
    },
    /// Two models of a family are drawn by different clusters.
    #[error(
        "models {first} and {second} are in one family but are drawn by {first_by} and {second_by}: give them the same cluster variable"
    )]
    DrawnDifferently {
        /// A model.
        first: String,
        /// What it is drawn by.
        first_by: String,
        /// Another model.
        second: String,
        /// What that is drawn by.
        second_by: String,
    },
    /// The treatment varies within what is permuted.
    #[error(
        "{treatment} is not constant within {unit}, and randomisation permutes it between the levels of {unit}: name the level at which it was assigned"
    )]
    TreatmentVaries {
        /// The treatment.
        treatment: String,
        /// The unit of assignment.
        unit: String,
    },
    /// Strata that cut through units.
    #[error("the strata {within} cut through the units {unit}: each unit must lie in one stratum")]
    StrataCutUnits {
        /// The strata.
        within: String,
        /// The unit of assignment.
        unit: String,
    },
    /// All assignments are the same.
    #[error("every permutation of {treatment} gives the same assignment: it does not vary between units within strata")]
    OneAssignment {
        /// The treatment.
        treatment: String,
    },
    /// A family member with instruments.
    #[error(
        "model {model} has instruments, for which joint wild draws are not defined: use a method that takes p-values alone (holm, bh, by, sharpened)"
    )]
    InstrumentedMember {
        /// The model.
        model: String,
    },
    /// A randomised treatment in a model with instruments.
    #[error("randomisation is defined for a regressor of a least-squares model: leave the instruments out")]
    InstrumentedTreatment,
    /// A variant that is only defined without instruments.
    #[error("variant {variant} of the wild bootstrap is not defined with instruments; use variant \"11\"")]
    InstrumentedVariant {
        /// `13`, `31` or `33`.
        variant: &'static str,
    },
    /// Several endogenous regressors.
    #[error(
        "the wild bootstrap with instruments is defined for one endogenous regressor, and the model has {}: {}; leave `wild` out of its errors",
        .endogenous.len(), .endogenous.join(", ")
    )]
    SeveralEndogenous {
        /// The regressors.
        endogenous: Vec<String>,
    },
    /// A coefficient other than that of the endogenous regressor.
    #[error(
        "with instruments the wild bootstrap tests the endogenous regressor {regressor}, not {term}: name {regressor} in `terms`"
    )]
    NotEndogenous {
        /// The term asked for.
        term: String,
        /// The endogenous regressor.
        regressor: String,
    },
    /// An estimator with instruments other than two-stage least squares.
    #[error(
        "with instruments the wild bootstrap is defined for two-stage least squares only: use method = \"iv\", or leave `wild` out of the errors"
    )]
    NotTwoStage,
    /// The columns of a model with instruments.
    #[error(transparent)]
    Instruments(Box<EstimateError>),
    /// Effects could not be absorbed.
    #[error(transparent)]
    Absorb(#[from] AbsorbError),
}

impl From<EstimateError> for ResampleError {
    fn from(error: EstimateError) -> ResampleError {
        ResampleError::Instruments(Box::new(error))
    }
}
