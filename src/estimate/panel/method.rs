//! [`PanelMethod`]: classic panel estimators, each least squares on transformed rows.

use crate::design::Way;

/// Which effects a panel method has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PanelEffect {
    /// One per unit.
    #[default]
    Unit,
    /// One per period.
    Time,
    /// Both.
    TwoWays,
}

impl PanelEffect {
    /// The ways that have effects.
    pub fn ways(self) -> &'static [Way] {
        match self {
            PanelEffect::Unit => &[Way::Unit],
            PanelEffect::Time => &[Way::Time],
            PanelEffect::TwoWays => &[Way::Unit, Way::Time],
        }
    }

    /// The word for records and studies.
    pub fn name(self) -> &'static str {
        match self {
            PanelEffect::Unit => "unit",
            PanelEffect::Time => "time",
            PanelEffect::TwoWays => "twoways",
        }
    }
}

/// How many periods a difference spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// So many steps; overlapping where it is more than one.
    Steps(usize),
    /// From the first row of a unit to its last.
    Longest,
}

/// What a missing period between two rows does to their difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gaps {
    /// There is none: a difference is one in time (Stata, linearmodels).
    #[default]
    Skip,
    /// It is taken all the same: a difference is one between successive rows (plm).
    Bridge,
}

/// Differences over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// How many periods.
    pub span: Span,
    /// Gaps in time.
    pub gaps: Gaps,
}

impl Default for Difference {
    fn default() -> Self {
        Difference { span: Span::Steps(1), gaps: Gaps::Skip }
    }
}

impl Difference {
    /// `first difference`, `difference over 5 periods`, `difference from first to last`.
    pub fn in_words(&self) -> String {
        match self.span {
            Span::Steps(1) => "first difference".to_string(),
            Span::Steps(lag) => format!("difference over {lag} periods"),
            Span::Longest => "difference from first to last".to_string(),
        }
    }
}

/// Estimators of variance components.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ComponentsMethod {
    /// Within and between residuals (Swamy and Arora 1972), in unbalanced panels with the exact expectations of Baltagi
    /// and Chang (1994): plm, linearmodels' `small_sample`, Stata's `sa`.
    #[default]
    SwamyArora,
    /// Within residuals and those of unweighted unit means, which count with the harmonic mean of the numbers of periods:
    /// linearmodels' default, Stata's `xtreg, re`. The same as Swamy and Arora's in balanced panels.
    Harmonic,
    /// Pooled residuals in both (Wallace and Hussain 1969).
    WallaceHussain,
    /// Within residuals in both (Amemiya 1971).
    Amemiya,
    /// The variance of the estimated effects (Nerlove 1971).
    Nerlove,
}

impl ComponentsMethod {
    /// The word for records and studies.
    pub fn name(self) -> &'static str {
        match self {
            ComponentsMethod::SwamyArora => "swamy-arora",
            ComponentsMethod::Harmonic => "harmonic",
            ComponentsMethod::WallaceHussain => "wallace-hussain",
            ComponentsMethod::Amemiya => "amemiya",
            ComponentsMethod::Nerlove => "nerlove",
        }
    }
}

/// Averages of regressions made apart in every period or unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupMethod {
    /// The mean of a regression in every period (Fama and MacBeth 1973).
    FamaMacBeth,
    /// The mean of a regression in every unit (Pesaran and Smith 1995).
    MeanGroup,
    /// The same net of the means over units in every period (Pesaran 2006).
    CceMeanGroup,
    /// Least squares with common slopes, each unit net of the means over units in every period (Pesaran 2006).
    CcePooled,
    /// The mean weighted by the precision of every unit's coefficients (Swamy 1970).
    Swamy,
}

impl GroupMethod {
    /// Periods or units.
    pub fn way(self) -> Way {
        if self == GroupMethod::FamaMacBeth { Way::Time } else { Way::Unit }
    }

    /// The word for records and studies.
    pub fn name(self) -> &'static str {
        match self {
            GroupMethod::FamaMacBeth => "fama-macbeth",
            GroupMethod::MeanGroup => "mean-group",
            GroupMethod::CceMeanGroup => "cce-mean-group",
            GroupMethod::CcePooled => "cce-pooled",
            GroupMethod::Swamy => "swamy",
        }
    }

    fn in_words(self) -> &'static str {
        match self {
            GroupMethod::FamaMacBeth => "The mean of a regression in every period (Fama and MacBeth)",
            GroupMethod::MeanGroup => "The mean of a regression in every unit (Pesaran and Smith)",
            GroupMethod::CceMeanGroup => "The mean of a regression in every unit, net of common factors (Pesaran)",
            GroupMethod::CcePooled => "Least squares net of common factors with a loading for every unit (Pesaran)",
            GroupMethod::Swamy => "The mean of a regression in every unit, weighted by precision (Swamy)",
        }
    }
}

/// Instruments that a panel has in itself, where some regressors are correlated with unit effects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstrumentSet {
    /// Deviations of all regressors and means of exogenous ones (Hausman and Taylor 1981).
    HausmanTaylor,
    /// And exogenous ones of every period (Amemiya and MaCurdy 1986).
    AmemiyaMacurdy,
    /// And deviations of endogenous ones of every period (Breusch, Mizon and Schmidt 1989).
    BreuschMizonSchmidt,
}

impl InstrumentSet {
    /// The word for records and studies.
    pub fn name(self) -> &'static str {
        match self {
            InstrumentSet::HausmanTaylor => "hausman-taylor",
            InstrumentSet::AmemiyaMacurdy => "amemiya-macurdy",
            InstrumentSet::BreuschMizonSchmidt => "breusch-mizon-schmidt",
        }
    }

    fn in_words(self) -> &'static str {
        match self {
            InstrumentSet::HausmanTaylor => "Hausman and Taylor",
            InstrumentSet::AmemiyaMacurdy => "Amemiya and MaCurdy",
            InstrumentSet::BreuschMizonSchmidt => "Breusch, Mizon and Schmidt",
        }
    }
}

/// The rows that generalised least squares with any covariance over time is made on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FglsRows {
    /// As they are.
    Levels,
    /// Net of unit means.
    Within,
    /// First differences, across gaps in time too as in plm.
    Difference,
}

/// A classic panel estimator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PanelMethod {
    /// Least squares on the rows as they are.
    Pooled,
    /// Least squares net of unit effects, period effects or both, which the design absorbs.
    Within(PanelEffect),
    /// Least squares on the means of units or periods, each counted once.
    Between(Way),
    /// Least squares on differences over time.
    Difference(Difference),
    /// An average of regressions made apart in every period or unit.
    Groups(GroupMethod),
    /// Feasible generalised least squares with random effects.
    Random(PanelEffect, ComponentsMethod),
    /// The same with unit means of the regressors that vary within units (Mundlak 1978).
    Mundlak(ComponentsMethod),
    /// Random effects that are correlated with the endogenous regressors of the design, which has no instruments.
    Instrumented(InstrumentSet),
    /// Feasible generalised least squares with any covariance of a unit's errors over time.
    Fgls(FglsRows),
}

impl PanelMethod {
    /// The method in words, for descriptions.
    pub fn in_words(&self) -> String {
        let of = |effect: &PanelEffect| match effect {
            PanelEffect::Unit => "unit effects",
            PanelEffect::Time => "period effects",
            PanelEffect::TwoWays => "unit and period effects",
        };
        match self {
            PanelMethod::Pooled => "Pooled least squares".to_string(),
            PanelMethod::Within(effect) => format!("Least squares net of {}", of(effect)),
            PanelMethod::Between(Way::Unit) => "Least squares on unit means".to_string(),
            PanelMethod::Between(Way::Time) => "Least squares on period means".to_string(),
            PanelMethod::Difference(difference) => format!("Least squares, each row a {}", difference.in_words()),
            PanelMethod::Groups(method) => method.in_words().to_string(),
            PanelMethod::Mundlak(components) => format!(
                "Generalised least squares with random unit effects and unit means of the regressors (Mundlak; variance components by {})",
                components.name()
            ),
            PanelMethod::Instrumented(set) => {
                format!("Random unit effects that are correlated with some regressors ({})", set.in_words())
            }
            PanelMethod::Fgls(rows) => {
                let rows = match rows {
                    FglsRows::Levels => "",
                    FglsRows::Within => " net of unit effects",
                    FglsRows::Difference => " of first differences",
                };
                format!("Generalised least squares{rows} with any covariance over time")
            }
            PanelMethod::Random(effect, components) => format!(
                "Generalised least squares with random {} (variance components by {})",
                of(effect),
                components.name()
            ),
        }
    }

    /// The word for records and studies.
    pub fn name(&self) -> &'static str {
        match self {
            PanelMethod::Pooled => "pooled",
            PanelMethod::Within(_) => "within",
            PanelMethod::Between(_) => "between",
            PanelMethod::Difference(_) => "difference",
            PanelMethod::Groups(method) => method.name(),
            PanelMethod::Mundlak(_) => "mundlak",
            PanelMethod::Instrumented(set) => set.name(),
            PanelMethod::Fgls(FglsRows::Levels) => "fgls",
            PanelMethod::Fgls(FglsRows::Within) => "fgls-within",
            PanelMethod::Fgls(FglsRows::Difference) => "fgls-difference",
            PanelMethod::Random(..) => "random",
        }
    }
}
