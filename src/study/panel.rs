//! Panel methods of a model: their options and tests, as typed and checked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use super::fault::nearest;
use super::method::MethodName;
use super::raw::ModelSection;
use crate::design::Way;
use crate::estimate::dynamic::DynamicMethod;
use crate::estimate::panel::{
    ComponentsMethod, Difference, FglsRows, Gaps, GroupMethod, InstrumentSet, PanelEffect, PanelMethod, Span,
};
use crate::formula::{FormulaText, Regressor};
use crate::infer::panel::{Deterministic, LagChoice, PanelTest, UnitRootOptions};

/// Which effects a panel method has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EffectName {
    /// One per unit (plm's `individual`).
    Unit,
    /// One per period.
    Time,
    /// Both.
    Twoways,
}

/// How the variance components of random effects are estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ComponentsName {
    /// From within and between residuals; in unbalanced panels with exact expectations (plm; Stata's `sa`).
    SwamyArora,
    /// The same from unweighted unit means, with the harmonic mean of the numbers of periods (Stata, linearmodels).
    Harmonic,
    /// From pooled residuals.
    WallaceHussain,
    /// From within residuals.
    Amemiya,
    /// From the estimated effects.
    Nerlove,
}

/// Options of `method = "difference"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct DifferenceSection {
    /// Over how many periods: a number (1 if not given), or `"longest"`, from the first row of a unit to its last.
    #[serde(default)]
    pub periods: Option<SpanText>,
    /// What a missing period does: `"skip"` the difference (if not given), or `"bridge"` the gap, as plm does.
    #[serde(default)]
    pub gaps: Option<GapsName>,
}

/// A number of periods, or a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum SpanText {
    /// So many.
    Number(u16),
    /// `"longest"`.
    Word(SpanWord),
}

/// `longest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SpanWord {
    /// From the first row of a unit to its last.
    Longest,
}

/// `skip` or `bridge`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GapsName {
    /// No difference across a gap.
    Skip,
    /// Differences between successive rows.
    Bridge,
}

/// Options of the tests of unit roots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct UnitRootSection {
    /// What series have besides lags: `"none"`, `"constant"` (if not given), `"trend"`.
    #[serde(default)]
    pub deterministic: Option<DeterministicName>,
    /// Lagged changes: a number (1 if not given), or the criterion that chooses it.
    #[serde(default)]
    pub lags: Option<LagsText>,
    /// The most lags that a criterion chooses from (4 if not given).
    #[serde(default)]
    pub most: Option<u16>,
}

/// `none`, `constant` or `trend`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeterministicName {
    /// Nothing.
    None,
    /// A constant.
    Constant,
    /// A constant and a trend.
    Trend,
}

/// A number of lags, or a criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum LagsText {
    /// So many.
    Number(u16),
    /// `"sic"`, `"aic"` or `"hall"`.
    Word(CriterionName),
}

/// Criteria for the number of lags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CriterionName {
    /// Schwarz's.
    Sic,
    /// Akaike's.
    Aic,
    /// The last lag that is significant.
    Hall,
}

impl UnitRootSection {
    fn options(self) -> UnitRootOptions {
        let most = usize::from(self.most.unwrap_or(4));
        UnitRootOptions {
            deterministic: match self.deterministic {
                Some(DeterministicName::None) => Deterministic::None,
                None | Some(DeterministicName::Constant) => Deterministic::Constant,
                Some(DeterministicName::Trend) => Deterministic::Trend,
            },
            lags: match self.lags {
                None => LagChoice::Fixed(1),
                Some(LagsText::Number(lags)) => LagChoice::Fixed(usize::from(lags)),
                Some(LagsText::Word(CriterionName::Sic)) => LagChoice::Sic { most },
                Some(LagsText::Word(CriterionName::Aic)) => LagChoice::Aic { most },
                Some(LagsText::Word(CriterionName::Hall)) => LagChoice::Hall { most },
            },
        }
    }
}

/// Tests of a panel model, checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PanelTestsSpec {
    /// In the order of the study.
    pub tests: Vec<PanelTest>,
    /// The weights whose neighbours the local CD statistic pairs.
    pub cd_neighbors: Option<String>,
    /// Options of those of unit roots.
    pub unit_roots: UnitRootOptions,
}

impl PanelTestsSpec {
    /// A canonical text, for keys.
    pub fn canonical(&self) -> String {
        let names = self.tests.iter().map(|test| test.name()).collect::<Vec<_>>().join(",");
        let has_options = self.tests.iter().any(|test| matches!(test, PanelTest::UnitRoot(_)));
        let names = match &self.cd_neighbors {
            Some(weights) => format!("{names} cd among {weights}"),
            None => names,
        };
        if has_options { format!("{names} {:?}", self.unit_roots) } else { names }
    }

    /// Whether nothing is tested.
    pub fn is_empty(&self) -> bool {
        self.tests.is_empty() && self.cd_neighbors.is_none()
    }
}

impl MethodName {
    /// The panel methods.
    pub(super) const PANEL: [MethodName; 17] = [
        MethodName::Pooled,
        MethodName::Within,
        MethodName::Between,
        MethodName::Difference,
        MethodName::Random,
        MethodName::FamaMacbeth,
        MethodName::MeanGroup,
        MethodName::CceMeanGroup,
        MethodName::CcePooled,
        MethodName::Swamy,
        MethodName::Mundlak,
        MethodName::HausmanTaylor,
        MethodName::AmemiyaMacurdy,
        MethodName::BreuschMizonSchmidt,
        MethodName::Fgls,
        MethodName::FglsWithin,
        MethodName::FglsDifference,
    ];

    /// The instruments of a method whose effects are correlated with some regressors.
    pub(super) fn instrument_set(self) -> Option<InstrumentSet> {
        match self {
            MethodName::HausmanTaylor => Some(InstrumentSet::HausmanTaylor),
            MethodName::AmemiyaMacurdy => Some(InstrumentSet::AmemiyaMacurdy),
            MethodName::BreuschMizonSchmidt => Some(InstrumentSet::BreuschMizonSchmidt),
            _ => None,
        }
    }

    /// Whether it is a panel method.
    pub(super) fn is_panel(self) -> bool {
        MethodName::PANEL.contains(&self)
    }
}

impl MethodName {
    /// Whether it is a dynamic panel method.
    pub(super) fn is_dynamic(self) -> bool {
        let by_gmm = matches!(self, MethodName::AndersonHsiao | MethodName::ArellanoBond | MethodName::BlundellBond);
        by_gmm || self.without_instruments().is_some()
    }

    /// The dynamic panel method that has no instruments.
    pub(super) fn without_instruments(self) -> Option<DynamicMethod> {
        match self {
            MethodName::HalfPanelJackknife => Some(DynamicMethod::HalfPanelJackknife),
            MethodName::BiasCorrected => Some(DynamicMethod::BiasCorrected),
            MethodName::TransformedLikelihood => Some(DynamicMethod::TransformedLikelihood),
            _ => None,
        }
    }
}

/// The panel method of a model whose options have been checked to belong to it.
pub(super) fn specify(
    section: &ModelSection,
    method: MethodName,
) -> Result<PanelMethod, (&'static str, String, String)> {
    let effect = match section.effect {
        None | Some(EffectName::Unit) => PanelEffect::Unit,
        Some(EffectName::Time) => PanelEffect::Time,
        Some(EffectName::Twoways) => PanelEffect::TwoWays,
    };
    let components = match section.components {
        None | Some(ComponentsName::SwamyArora) => ComponentsMethod::SwamyArora,
        Some(ComponentsName::Harmonic) => ComponentsMethod::Harmonic,
        Some(ComponentsName::WallaceHussain) => ComponentsMethod::WallaceHussain,
        Some(ComponentsName::Amemiya) => ComponentsMethod::Amemiya,
        Some(ComponentsName::Nerlove) => ComponentsMethod::Nerlove,
    };
    Ok(match method {
        MethodName::Within => PanelMethod::Within(effect),
        MethodName::Between => PanelMethod::Between(match effect {
            PanelEffect::Unit => Way::Unit,
            PanelEffect::Time => Way::Time,
            PanelEffect::TwoWays => {
                let message = "the between regression has means of units or of periods, not of both";
                return Err(("effect", message.into(), "write effect = \"unit\" or \"time\"".into()));
            }
        }),
        MethodName::Difference => PanelMethod::Difference(difference(section.difference.unwrap_or_default())?),
        MethodName::Random if components == ComponentsMethod::Harmonic && effect == PanelEffect::TwoWays => {
            let message = "harmonic variance components are defined for effects of one way";
            return Err(("components", message.into(), "write components = \"swamy-arora\"".into()));
        }
        MethodName::Random => PanelMethod::Random(effect, components),
        MethodName::FamaMacbeth => PanelMethod::Groups(GroupMethod::FamaMacBeth),
        MethodName::MeanGroup => PanelMethod::Groups(GroupMethod::MeanGroup),
        MethodName::CceMeanGroup => PanelMethod::Groups(GroupMethod::CceMeanGroup),
        MethodName::CcePooled => PanelMethod::Groups(GroupMethod::CcePooled),
        MethodName::Swamy => PanelMethod::Groups(GroupMethod::Swamy),
        MethodName::Mundlak => PanelMethod::Mundlak(components),
        MethodName::Fgls => PanelMethod::Fgls(FglsRows::Levels),
        MethodName::FglsWithin => PanelMethod::Fgls(FglsRows::Within),
        MethodName::FglsDifference => PanelMethod::Fgls(FglsRows::Difference),
        method => method.instrument_set().map_or(PanelMethod::Pooled, PanelMethod::Instrumented),
    })
}

fn difference(section: DifferenceSection) -> Result<Difference, (&'static str, String, String)> {
    let span = match section.periods {
        None => Span::Steps(1),
        Some(SpanText::Number(0)) => {
            let message = "a difference spans one period or more";
            return Err(("difference", message.into(), "write periods = 1 for first differences".into()));
        }
        Some(SpanText::Number(periods)) => Span::Steps(usize::from(periods)),
        Some(SpanText::Word(SpanWord::Longest)) => Span::Longest,
    };
    let gaps = if section.gaps == Some(GapsName::Bridge) { Gaps::Bridge } else { Gaps::Skip };
    Ok(Difference { span, gaps })
}

impl Checker<'_> {
    /// The formula with the regressors that `endogenous` names among the endogenous ones.
    pub(super) fn endogenous(&mut self, section: &ModelSection, mut formula: FormulaText, at: &str) -> FormulaText {
        for (position, text) in section.endogenous.iter().enumerate() {
            let place = format!("{at}.endogenous.{position}");
            let Some(parsed) = self.expression(text, &place) else { continue };
            let name = parsed.expr.canonical();
            let is_named =
                |regressor: &Regressor| matches!(regressor, Regressor::Term(term) if term.canonical() == name);
            match formula.regressors.iter().position(is_named) {
                Some(found) => {
                    if let Regressor::Term(term) = formula.regressors.remove(found) {
                        formula.endogenous.push(term);
                    }
                }
                None => {
                    let help = "write it as it stands in the formula";
                    self.fault(&place, format!("`{text}` is no regressor of the formula"), Some(help.into()));
                }
            }
        }
        formula
    }

    /// The tests of a panel model.
    pub(super) fn panel_tests(&mut self, section: &ModelSection, names: &[String], at: &str) -> PanelTestsSpec {
        let key = if section.panel_tests.is_empty() { "cd_neighbors" } else { "panel_tests" };
        if let Some(weights) = &section.cd_neighbors {
            self.weights_named(weights, names, &format!("{at}.cd_neighbors"));
        }
        let is_asked = !section.panel_tests.is_empty() || section.cd_neighbors.is_some();
        let at = format!("{at}.{key}");
        if is_asked && !section.method.is_some_and(MethodName::is_panel) {
            let names = MethodName::PANEL.map(MethodName::as_str).join(", ");
            self.fault(
                &at,
                format!("`{key}` asks for tests of panel methods"),
                Some(format!("write method = one of {names}")),
            );
            return PanelTestsSpec::default();
        }
        let mut out = Vec::new();
        for (position, word) in section.panel_tests.iter().enumerate() {
            match PanelTest::named(word) {
                Some(test) => out.push(test),
                None => {
                    let names = PanelTest::ALL.map(|(name, _)| name);
                    let help = match nearest(word, names) {
                        Some(near) => format!("did you mean \"{near}\"?"),
                        None => format!("tests: {}", names.join(", ")),
                    };
                    self.fault(&format!("{at}.{position}"), format!("`{word}` is no panel test"), Some(help));
                }
            }
        }
        let cd_neighbors = section.cd_neighbors.clone();
        PanelTestsSpec { tests: out, cd_neighbors, unit_roots: section.unit_roots.unwrap_or_default().options() }
    }
}
