//! Options of dynamic panel methods: as typed, and checked.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use super::method::MethodName;
use super::model::Parsed;
use super::raw::ModelSection;
use crate::estimate::dynamic::{DynamicGmm, DynamicMethod, GmmSteps, LevelConvention, Transformation};

/// Options of `method = "arellano-bond"`, `"blundell-bond"` and `"anderson-hsiao"`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct DynamicSection {
    /// Variables whose lags are instruments, with the lags: `{ emp = "2:99", "log(wage)" = "2:4" }`. Without it the
    /// outcome from lag 2 on; for `anderson-hsiao` its second lag.
    #[serde(default)]
    pub gmm: IndexMap<String, String>,
    /// Expressions that instrument themselves. Without it the regressors that no variable of `gmm` is in.
    #[serde(default)]
    pub standard: Option<Vec<String>>,
    /// Whether there is an instrument per lag, not per lag and period.
    #[serde(default)]
    pub collapse: bool,
    /// `1`, `2` (if not given), `"iterated"` or `"continuous"`.
    #[serde(default)]
    pub steps: Option<StepsText>,
    /// What takes unit effects out: `"difference"` (if not given) or `"orthogonal"` deviations.
    #[serde(default)]
    pub transformation: Option<TransformationName>,
    /// Whether there is a dummy for each period.
    #[serde(default)]
    pub time_dummies: bool,
    /// Whether errors are robust, with Windmeijer's correction after two steps (if not given, they are).
    #[serde(default)]
    pub robust: Option<bool>,
    /// Whose level equation and one-step covariance: `"xtabond2"` (if not given) or `"plm"`.
    #[serde(default)]
    pub like: Option<LikeName>,
}

/// A number of steps, or a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum StepsText {
    /// 1 or 2.
    Number(u16),
    /// `"iterated"` or `"continuous"`.
    Word(StepsWord),
}

/// `iterated` or `continuous`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepsWord {
    /// Until the coefficients settle.
    Iterated,
    /// Weights and coefficients together.
    Continuous,
}

/// `difference` or `orthogonal`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransformationName {
    /// First differences.
    Difference,
    /// Forward orthogonal deviations.
    Orthogonal,
}

/// `xtabond2` or `plm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LikeName {
    /// A constant in the level equation; standard instruments in one column.
    Xtabond2,
    /// A constant with time dummies only; standard instruments in a column for each equation.
    Plm,
}

/// Checked options.
#[derive(Clone, Debug, PartialEq)]
pub struct DynamicSpec {
    /// The estimator.
    pub method: DynamicMethod,
    /// Variables with their first and last lag.
    pub lagged: Vec<(Parsed, usize, usize)>,
    /// Expressions that instrument themselves, if they are named.
    pub standard: Option<Vec<Parsed>>,
    /// Whether instruments are collapsed.
    pub collapse: bool,
}

impl DynamicSpec {
    /// Every expression.
    pub fn expressions(&self) -> impl Iterator<Item = &Parsed> {
        self.lagged.iter().map(|(parsed, ..)| parsed).chain(self.standard.iter().flatten())
    }

    /// A canonical text, for keys.
    pub fn canonical(&self) -> String {
        let lagged: Vec<String> =
            self.lagged.iter().map(|(parsed, from, to)| format!("{} {from}:{to}", parsed.expr.canonical())).collect();
        let standard = self
            .standard
            .as_ref()
            .map(|list| list.iter().map(|parsed| parsed.expr.canonical()).collect::<Vec<_>>().join("; "));
        format!("{:?} {} {standard:?} {}", self.method, lagged.join("; "), self.collapse)
    }
}

/// `2:4`, or `2` for from 2 to 2.
fn lags(text: &str) -> Option<(usize, usize)> {
    let (from, to) = text.split_once(':').unwrap_or((text, text));
    let (from, to) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
    (from >= 1 && from <= to).then_some((from, to))
}

impl Checker<'_> {
    /// The options of a dynamic model; `outcome` is the left side of its formula.
    pub(super) fn dynamic(&mut self, section: &ModelSection, outcome: &str, at: &str) -> Option<DynamicSpec> {
        let method = section.method.filter(|method| method.is_dynamic());
        let at = format!("{at}.dynamic");
        let Some(method) = method else {
            if section.dynamic.is_some() {
                let help = "write method = \"arellano-bond\", \"blundell-bond\" or \"anderson-hsiao\"";
                self.fault(&at, "`dynamic` has options of dynamic panel methods", Some(help.into()));
            }
            return None;
        };
        if let Some(method) = method.without_instruments() {
            if section.dynamic.is_some() {
                let help = "take `dynamic` out, or write method = \"arellano-bond\"";
                let message = format!("`{}` has no instruments, and no options", method.name());
                self.fault(&at, message, Some(help.into()));
            }
            return Some(DynamicSpec { method, lagged: Vec::new(), standard: None, collapse: false });
        }
        let options = section.dynamic.clone().unwrap_or_default();
        let two_stage = method == MethodName::AndersonHsiao;
        let mut lagged = Vec::new();
        if options.gmm.is_empty() {
            let outcome = self.expression(outcome, &at)?;
            lagged.push((outcome, 2, if two_stage { 2 } else { 99 }));
        }
        for (name, text) in &options.gmm {
            let place = format!("{at}.gmm.{name}");
            let parsed = self.expression(name, &place)?;
            match lags(text) {
                Some((from, to)) => lagged.push((parsed, from, to)),
                None => {
                    let help = "write the first and the last lag, as in \"2:4\"; the outcome's start at 2";
                    self.fault(&place, format!("`{text}` is no range of lags"), Some(help.into()));
                    return None;
                }
            }
        }
        let standard = match &options.standard {
            None => None,
            Some(texts) => {
                let parse = |(i, text): (usize, &String)| self.expression(text, &format!("{at}.standard.{i}"));
                Some(texts.iter().enumerate().map(parse).collect::<Option<Vec<_>>>()?)
            }
        };
        let steps = match options.steps {
            _ if two_stage => GmmSteps::One,
            None | Some(StepsText::Number(2)) => GmmSteps::Two,
            Some(StepsText::Number(1)) => GmmSteps::One,
            Some(StepsText::Word(StepsWord::Iterated)) => GmmSteps::Iterated,
            Some(StepsText::Word(StepsWord::Continuous)) => GmmSteps::Continuous,
            Some(StepsText::Number(other)) => {
                let help = "write 1, 2, \"iterated\" or \"continuous\"";
                self.fault(&format!("{at}.steps"), format!("{other} steps are not defined"), Some(help.into()));
                return None;
            }
        };
        let gmm = DynamicGmm {
            transformation: match options.transformation {
                Some(TransformationName::Orthogonal) => Transformation::Orthogonal,
                _ => Transformation::Difference,
            },
            system: method == MethodName::BlundellBond,
            convention: match options.like {
                Some(LikeName::Plm) => LevelConvention::Plm,
                _ => LevelConvention::Xtabond2,
            },
            steps,
            time_dummies: options.time_dummies,
            robust: options.robust.unwrap_or(true),
            two_stage,
        };
        let method = DynamicMethod::Gmm(gmm);
        Some(DynamicSpec { method, lagged, standard, collapse: options.collapse || two_stage })
    }
}
