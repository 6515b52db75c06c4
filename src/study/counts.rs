//! Methods of counts with an index of zeros, and of groups given their totals: `zero` and `vuong`, checked.

use super::check::Checker;
use super::method::{MethodName, MethodSpec};
use super::model::Parsed;
use super::raw::ModelSection;
use crate::estimate::likelihood::{Conditional, Counting, Counts, DirectLikelihood};
use crate::formula::{AbsorbedGroup, FormulaText};

/// A checked method whose likelihood is maximised directly.
#[derive(Clone, Debug, PartialEq)]
pub struct DirectSpec {
    /// What is maximised.
    pub kind: DirectKind,
    /// Terms of the index of zeros, besides its constant.
    pub zero: Vec<Parsed>,
    /// Distributions that it is compared with.
    pub against: Vec<Counts>,
}

/// Counts, or groups given their totals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectKind {
    /// Counts.
    Counts(Counts),
    /// Groups.
    Conditional(Conditional),
}

impl DirectSpec {
    /// The method with its number of regressors of the zeros.
    pub fn likelihood(&self, zeros: usize) -> DirectLikelihood {
        match self.kind {
            DirectKind::Counts(counts) => DirectLikelihood::Counts { counts, zeros, against: self.against.clone() },
            DirectKind::Conditional(kind) => DirectLikelihood::Conditional(kind),
        }
    }

    /// Whether the mean is a function of one index.
    pub fn has_response(&self) -> bool {
        self.kind == DirectKind::Counts(Counts::Negbin1)
    }

    /// The method in words.
    pub(super) fn in_words(&self) -> String {
        let of = |counting: Counting| match counting {
            Counting::Poisson => "Poisson",
            Counting::Negbin => "negative binomial (NB2)",
        };
        match self.kind {
            DirectKind::Counts(Counts::ZeroInflated(counting)) => {
                format!("Maximum likelihood, zero-inflated {}", of(counting))
            }
            DirectKind::Counts(Counts::Hurdle(counting)) => {
                format!("Maximum likelihood, {} beyond a hurdle", of(counting))
            }
            DirectKind::Counts(_) => "Maximum likelihood, negative binomial (NB1)".into(),
            DirectKind::Conditional(Conditional::Logit) => "Logit given the ones of each group".into(),
            DirectKind::Conditional(Conditional::Negbin) => {
                "Negative binomial given the total of each group (Hausman, Hall and Griliches)".into()
            }
        }
    }
}

impl MethodName {
    /// The distribution of a method of counts that is maximised directly.
    pub(super) fn counts(self) -> Option<Counts> {
        Some(match self {
            MethodName::Negbin1 => Counts::Negbin1,
            MethodName::ZeroInflatedPoisson => Counts::ZeroInflated(Counting::Poisson),
            MethodName::ZeroInflatedNegbin => Counts::ZeroInflated(Counting::Negbin),
            MethodName::HurdlePoisson => Counts::Hurdle(Counting::Poisson),
            MethodName::HurdleNegbin => Counts::Hurdle(Counting::Negbin),
            _ => return None,
        })
    }

    /// What is conditioned on totals.
    pub(super) fn conditional(self) -> Option<Conditional> {
        match self {
            MethodName::ConditionalLogit => Some(Conditional::Logit),
            MethodName::ConditionalNegbin => Some(Conditional::Negbin),
            _ => None,
        }
    }

    /// Whether the method has an index that an offset can be added to.
    pub(super) fn has_index(self) -> bool {
        self.family(None).is_some() || self.counts().is_some() || self.conditional().is_some()
    }
}

/// A fault: the key below the model, the message, the way out.
type Found = (&'static str, String, String);

/// Checks method, effects and comparisons.
pub(super) fn specify(
    section: &ModelSection,
    method: MethodName,
    formula: Option<&FormulaText>,
) -> Result<DirectSpec, Found> {
    let name = method.as_str();
    if let (Some(counts), Some(formula)) = (method.counts(), formula)
        && !formula.absorbed.is_empty()
        && (counts != Counts::Negbin1 || !section.vuong.is_empty())
    {
        let help = "write few levels as regressors, i(year), or use method = \"poisson\", \"negbin\" or \"negbin1\" without `vuong`";
        let compared = if counts == Counts::Negbin1 { " where it is compared" } else { "" };
        return Err(("formula", format!("`{name}` takes no absorbed effects{compared}"), help.into()));
    }
    if let (Some(_), Some(formula)) = (method.conditional(), formula)
        && !matches!(&formula.absorbed[..], [AbsorbedGroup::Effect(effect)] if effect.slopes.is_empty())
        && !matches!(&formula.absorbed[..], [AbsorbedGroup::Stepwise(..)])
    {
        let help = "write its groups as the second part, y ~ x | firm, and other effects as regressors, i(year)";
        return Err((
            "formula",
            format!("`{name}` conditions on the levels of one effect without slopes"),
            help.into(),
        ));
    }
    let mut against = Vec::new();
    for other in &section.vuong {
        match (*other, other.counts()) {
            (same, _) if same == method => {
                return Err(("vuong", format!("`{name}` is compared with itself"), "name another method".into()));
            }
            (MethodName::Poisson, _) => against.push(Counts::Poisson),
            (MethodName::Negbin, _) => against.push(Counts::Negbin2),
            (_, Some(counts)) => against.push(counts),
            _ => {
                let message = format!("`{}` is no distribution of counts", other.as_str());
                let help = "compare with poisson, negbin, negbin1, or a zero-inflated or hurdle model";
                return Err(("vuong", message, help.into()));
            }
        }
    }
    let kind = match (method.counts(), method.conditional()) {
        (Some(counts), _) => DirectKind::Counts(counts),
        (None, Some(kind)) => DirectKind::Conditional(kind),
        (None, None) => return Err(("method", format!("`{name}` is no such method"), "name another".into())),
    };
    Ok(DirectSpec { kind, zero: Vec::new(), against })
}

impl Checker<'_> {
    /// Reads the terms of the index of zeros.
    pub(super) fn zeros(&mut self, section: &ModelSection, spec: DirectSpec, at: &str) -> Option<DirectSpec> {
        let mut zero = Vec::new();
        for (k, text) in section.zero.iter().flatten().enumerate() {
            zero.push(self.expression(text, &format!("{at}.zero.{k}"))?);
        }
        Some(DirectSpec { zero, ..spec })
    }

    /// Questions that a method without a mean of one index cannot answer.
    pub(super) fn direct_questions(
        &mut self,
        section: &ModelSection,
        (method, is_instrumented): (Option<&MethodSpec>, bool),
        at: &str,
    ) {
        let (name, help) = match method {
            Some(MethodSpec::Direct(spec)) => match spec.kind {
                DirectKind::Counts(Counts::Negbin1) => return,
                DirectKind::Conditional(_) => (
                    spec.likelihood(0).name().to_string(),
                    "the effects that a mean needs are conditioned out: leave it out",
                ),
                DirectKind::Counts(counts) => {
                    (counts.name().to_string(), "leave it out, or use method = \"poisson\" or \"negbin\"")
                }
            },
            Some(MethodSpec::Likelihood(model)) if is_instrumented => (
                format!("{} with instruments", model.name()),
                "leave it out, or take the instruments out of the formula",
            ),
            _ => return,
        };
        let asked = [
            ("predict", section.inference.predict.is_some()),
            ("margins", !section.inference.margins.is_empty()),
            ("sensitivity", section.sensitivity.is_some()),
        ];
        for (key, _) in asked.into_iter().filter(|(_, asked)| *asked) {
            let message = format!("`{key}` is not defined for the method {name}");
            self.fault(&format!("{at}.{key}"), message, Some(help.into()));
        }
    }
}
