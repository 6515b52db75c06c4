//! [`DynamicGmm`]: what is asked of a dynamic panel model.

/// What takes unit effects out of the equation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transformation {
    /// First differences.
    #[default]
    Difference,
    /// Forward orthogonal deviations (Arellano and Bover 1995), each at the period after the one it starts from.
    Orthogonal,
}

/// How the level equation of a system is set up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LevelConvention {
    /// xtabond2: a constant in the level equation; a standard instrument is one column, transformed in the one equation
    /// and in levels in the other; the serial correlation test uses the moments of both equations; one-step covariances
    /// that are not robust are in units of the residual variance.
    #[default]
    Xtabond2,
    /// plm's `pgmm`: a constant with time dummies only; standard instruments are a column in each equation; the serial
    /// correlation test uses the moments of the transformed equation; one-step covariances that are not robust are in
    /// units of 1/N.
    Plm,
}

/// How often the weights are renewed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GmmSteps {
    /// Weights `(Σ Z'HZ)^-1`, optimal for independent errors of one variance.
    One,
    /// Then once with those of the residuals.
    #[default]
    Two,
    /// Until coefficients settle.
    Iterated,
    /// Weights and coefficients together: the minimum of `g(b)'Ω(b)^-1 g(b)` (Hansen, Heaton and Yaron 1996).
    Continuous,
}

/// An estimator of a dynamic panel model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DynamicMethod {
    /// Generalised method of moments.
    Gmm(DynamicGmm),
    /// Within, twice, less the mean of within in the halves of every unit's periods (Dhaene and Jochmans 2015).
    HalfPanelJackknife,
    /// Within with the expectation of its moments taken out (Bun and Carree 2005; Breitung, Kripfganz and Hayakawa 2022).
    BiasCorrected,
    /// Quasi-maximum likelihood of first differences (Hsiao, Pesaran and Tahmiscioglu 2002).
    TransformedLikelihood,
}

impl DynamicMethod {
    /// The word for records and studies.
    pub fn name(self) -> &'static str {
        match self {
            DynamicMethod::Gmm(DynamicGmm { two_stage: true, .. }) => "anderson-hsiao",
            DynamicMethod::Gmm(DynamicGmm { system: true, .. }) => "blundell-bond",
            DynamicMethod::Gmm(_) => "arellano-bond",
            DynamicMethod::HalfPanelJackknife => "half-panel-jackknife",
            DynamicMethod::BiasCorrected => "bias-corrected",
            DynamicMethod::TransformedLikelihood => "transformed-likelihood",
        }
    }
}

/// A dynamic panel model's options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DynamicGmm {
    /// What takes unit effects out.
    pub transformation: Transformation,
    /// Whether there is an equation in levels too (Blundell and Bond 1998).
    pub system: bool,
    /// How it is set up.
    pub convention: LevelConvention,
    /// How often weights are renewed.
    pub steps: GmmSteps,
    /// Whether there is a dummy for each period.
    pub time_dummies: bool,
    /// Whether one-step covariances are robust, and two-step ones have Windmeijer's correction.
    pub robust: bool,
    /// Whether the one-step weights are those of uncorrelated rows, `(Σ Z'Z)^-1`: two-stage least squares (Anderson and
    /// Hsiao 1982).
    pub two_stage: bool,
}
