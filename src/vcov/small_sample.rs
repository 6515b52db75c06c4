//! [`SmallSample`]: how N, K, G, T and the degrees of freedom make factors.

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
    /// As [`AbsorbedCount::NonNested`], with the redundant levels of two effects counted exactly by the connected
    /// components of their graph (reghdfe).
    NonNestedExact,
    /// All, except that a single effect nested in every cluster variable counts nothing at all, not even a constant
    /// (linearmodels).
    AloneNested,
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

/// A factor for N and K.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ParameterFactor {
    /// 1.
    #[default]
    One,
    /// `(N-1)/(N-K)`.
    LessOne,
    /// `N/(N-K)`.
    Whole,
}

impl ParameterFactor {
    /// Its value.
    pub fn value(self, n: usize, k: usize) -> f64 {
        let (n, k) = (n as f64, k as f64);
        match self {
            ParameterFactor::One => 1.0,
            ParameterFactor::LessOne => (n - 1.0) / (n - k),
            ParameterFactor::Whole => n / (n - k),
        }
    }
}

/// The factors of errors that are correlated over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeriodFactor {
    /// For N and K.
    pub parameters: ParameterFactor,
    /// Whether `T/(T-1)` is applied.
    pub adjust_periods: bool,
}

impl PeriodFactor {
    /// None.
    pub const ONE: PeriodFactor = PeriodFactor { parameters: ParameterFactor::One, adjust_periods: false };
    /// `N/(N-K)`.
    pub const WHOLE: PeriodFactor = PeriodFactor { parameters: ParameterFactor::Whole, adjust_periods: false };
    /// `(N-1)/(N-K) T/(T-1)`.
    pub const BOTH: PeriodFactor = PeriodFactor { parameters: ParameterFactor::LessOne, adjust_periods: true };
}

/// The factor of the jackknife (CR3 and its variants).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JackknifeFactor {
    /// `(G-1)/G`, the jackknife's own.
    #[default]
    Jackknife,
    /// 1: CR3 as a correction of residuals.
    One,
    /// The one of CR1.
    Clustered,
}

/// Degrees of freedom of t.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Degrees {
    /// The smallest number of clusters, or of periods, less one; without either `N - K`.
    #[default]
    Groups,
    /// `N - K` with every absorbed parameter counted.
    Residual,
    /// `N - K` for independent errors of one variance, otherwise the normal distribution.
    Normal,
    /// Satterthwaite's for each coefficient (Bell and McCaffrey 2002; Pustejovsky and Tipton 2018).
    Satterthwaite,
}

/// The rules of a program. iid errors always have `RSS/(N-K)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SmallSample {
    /// Whether `(N-1)/(N-K)` is applied to iid, HC1 and clustered errors.
    pub adjust_k: bool,
    /// Which absorbed parameters count.
    pub absorbed: AbsorbedCount,
    /// Whether `G/(G-1)` is applied.
    pub adjust_g: bool,
    /// Which G.
    pub clusters: ClusterFactor,
    /// What CR1 has in place of `(N-1)/(N-K)`, if it is not that.
    pub cluster_k: ParameterFactor,
    /// The factor of HC2, HC3 and HC4.
    pub leverage_k: ParameterFactor,
    /// The factor of Newey-West errors.
    pub newey_west: PeriodFactor,
    /// The factor of Driscoll-Kraay errors.
    pub driscoll_kraay: PeriodFactor,
    /// The factor of Conley errors.
    pub spatial_k: ParameterFactor,
    /// The factor of CR3 and the jackknife.
    pub jackknife: JackknifeFactor,
    /// Degrees of freedom.
    pub degrees: Degrees,
}

impl SmallSample {
    /// No factor for N, K, G or T anywhere (HC1 keeps its `N/(N-1)`).
    pub const PLAIN: SmallSample = SmallSample {
        adjust_k: false,
        absorbed: AbsorbedCount::None,
        adjust_g: false,
        clusters: ClusterFactor::Smallest,
        cluster_k: ParameterFactor::One,
        leverage_k: ParameterFactor::One,
        newey_west: PeriodFactor::ONE,
        driscoll_kraay: PeriodFactor::ONE,
        spatial_k: ParameterFactor::One,
        jackknife: JackknifeFactor::One,
        degrees: Degrees::Groups,
    };
}
