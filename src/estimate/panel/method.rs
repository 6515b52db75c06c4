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
    /// The mean of a regression in every period (Fama and MacBeth 1973).
    FamaMacBeth,
    /// Feasible generalised least squares with random effects.
    Random(PanelEffect, ComponentsMethod),
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
            PanelMethod::FamaMacBeth => "The mean of a regression in every period (Fama and MacBeth)".to_string(),
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
            PanelMethod::FamaMacBeth => "fama-macbeth",
            PanelMethod::Random(..) => "random",
        }
    }
}
