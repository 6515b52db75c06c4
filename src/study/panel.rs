//! Panel methods of a model: their options and tests, as typed and checked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use super::fault::nearest;
use super::method::MethodName;
use super::raw::ModelSection;
use crate::design::Way;
use crate::estimate::panel::{ComponentsMethod, Difference, Gaps, PanelEffect, PanelMethod, Span};
use crate::infer::panel::PanelTest;

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

impl MethodName {
    /// The panel methods.
    pub(super) const PANEL: [MethodName; 6] = [
        MethodName::Pooled,
        MethodName::Within,
        MethodName::Between,
        MethodName::Difference,
        MethodName::Random,
        MethodName::FamaMacbeth,
    ];

    /// Whether it is a panel method.
    pub(super) fn is_panel(self) -> bool {
        MethodName::PANEL.contains(&self)
    }
}

impl MethodName {
    /// Whether it is a dynamic panel method.
    pub(super) fn is_dynamic(self) -> bool {
        matches!(self, MethodName::AndersonHsiao | MethodName::ArellanoBond | MethodName::BlundellBond)
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
        MethodName::FamaMacbeth => PanelMethod::FamaMacBeth,
        _ => PanelMethod::Pooled,
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
    /// The tests of a panel model.
    pub(super) fn panel_tests(&mut self, section: &ModelSection, at: &str) -> Vec<PanelTest> {
        let at = format!("{at}.panel_tests");
        if !section.panel_tests.is_empty() && !section.method.is_some_and(MethodName::is_panel) {
            let names = MethodName::PANEL.map(MethodName::as_str).join(", ");
            self.fault(&at, "`panel_tests` are tests of panel methods", Some(format!("write method = one of {names}")));
            return Vec::new();
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
        out
    }
}
