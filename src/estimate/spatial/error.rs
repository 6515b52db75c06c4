//! Faults of spatial models.

use thiserror::Error;

/// Why a spatial model has no fit.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum SpatialError {
    /// `I - rho W` cannot be factorised.
    #[error(
        "I - {parameter} W is singular: the parameter lies at a bound of its range; check the weights, or use method = \"spatial-error\" or \"slx\""
    )]
    Singular {
        /// The parameter.
        parameter: f64,
    },
    /// The likelihood rises up to a bound of the parameter.
    #[error(
        "the likelihood rises up to the bound {} of {name}: the model does not fit these data; take regressors or effects out, or other weights", (.bound * 1e9).round() / 1e9
    )]
    AtBound {
        /// `rho` or `lambda`.
        name: String,
        /// The bound.
        bound: f64,
    },
    /// The search did not settle.
    #[error(
        "the likelihood has no maximum that the search finds ({iterations} iterations, slope {slope}); rescale variables or use a simpler model"
    )]
    NotConverged {
        /// Iterations.
        iterations: usize,
        /// The slope that was left.
        slope: f64,
    },
    /// The filtered regressors are collinear, or nothing is left.
    #[error("the regressors and their spatial lags are collinear: {}; leave some of the lags out", .terms.join(", "))]
    Collinear {
        /// The terms.
        terms: Vec<String>,
    },
    /// An approximation of the log determinant whose matrix has eigenvalues beyond one.
    #[error(
        "approximations of the log determinant need eigenvalues between -1 and 1, and the weights `{weights}` have larger ones: use standardize = \"row\" or \"spectral\", or leave `log_determinant` out"
    )]
    Series {
        /// The weights.
        weights: String,
    },
    /// The information matrix is not positive definite.
    #[error(
        "the information matrix is not positive definite at the maximum; the model is not identified (lag and error of the same weights often are not told apart)"
    )]
    Information,
    /// Regions of the sample that the weights do not have.
    #[error("the weights `{weights}` do not have {} of the sample's regions: {}; add them to the weights, or leave them out with `where`", .regions.len(), .regions.iter().take(10).cloned().collect::<Vec<_>>().join(", "))]
    RegionsMissing {
        /// The weights.
        weights: String,
        /// The regions.
        regions: Vec<String>,
    },
    /// A region that stands twice in one period.
    #[error("region {region} stands in several rows of the same period{}: a spatial model needs one row for each region and period; choose one with `where`, add them up with `group_by`, or name the columns that tell them apart with spatial.by", .period.as_ref().map(|p| format!(" ({p})")).unwrap_or_default())]
    RegionRepeated {
        /// The region.
        region: String,
        /// The period.
        period: Option<String>,
    },
    /// Effects that the likelihood cannot take out.
    #[error("{what}")]
    Effects {
        /// What, and the way out.
        what: String,
    },
    /// The likelihood is highest without random effects.
    #[error(
        "the random effects of the regions have no variance in these data: the likelihood falls in phi from zero on; take effects = \"random\" out"
    )]
    NoRandomEffects,
    /// No region has a neighbour in the sample.
    #[error("no region of the sample has a neighbour in the weights `{weights}`: a spatial model says nothing here")]
    NoLinks {
        /// The weights.
        weights: String,
    },
    /// A correction that leaves the range of the parameters.
    #[error(
        "the correction of the bias takes rho to {rho}, out of its range ({low}, {high}), or the variance below zero: the panel is too short for it; write bias_correction = false"
    )]
    CorrectedOutside {
        /// The corrected rho.
        rho: f64,
        /// Lower bound.
        low: f64,
        /// Upper bound.
        high: f64,
    },
    /// A moment estimator without a solution.
    #[error("the moments of the spatial error have no solution between -1 and 1; the error model does not fit")]
    Moments,
}

impl SpatialError {
    /// The bias of a dynamic panel that is not balanced.
    pub(super) fn unbalanced_dynamics() -> SpatialError {
        let what = "the bias that effects of regions leave beside a lagged outcome is known for balanced panels: every region in every period; choose regions and periods with `where`, or write bias_correction = false";
        SpatialError::Effects { what: what.into() }
    }

    /// Random effects of a panel that is not balanced, or has one period.
    pub(super) fn unbalanced_random_effects() -> SpatialError {
        let what = "random effects need a balanced panel of two periods or more: every region in every period; choose regions and periods with `where`, or take effects = \"random\" out";
        SpatialError::Effects { what: what.into() }
    }
}
