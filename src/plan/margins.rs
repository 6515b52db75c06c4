//! Marginal effects and contrasts of a model: their gradients in the coefficients, found before it is estimated.
//!
//! A linear model's effects are linear in its coefficients: the average derivative of each column, or the average of its
//! change, is all that is needed of the data. Those of a likelihood need its index: [`super::response`]. In: the formula's terms and the sample; out: a row of numbers, one per term
//! of the design, for each margin. Averages use the model's weights.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use nalgebra::DVector;

use crate::design::DesignMatrix;
use crate::evaluate::Evaluator;
use crate::evaluate::counterfactual::{Counterfactual, CounterfactualError, Held};
use crate::formula::{Expr, ExprKind};
use crate::panel::Factor;
use crate::study::MethodSpec;
use crate::study::margins::{ContrastName, MarginsSpec, ScaleName, point_in_words};

use super::expand::PlannedModel;
use super::response::{Change, ResponseMargin};

/// Most values of a number whose values are compared.
const MOST_VALUES: usize = 100;

/// A margin before there are estimates.
#[derive(Clone, Debug)]
pub(super) struct PlannedMargin {
    /// The variable.
    pub(super) variable: String,
    /// `dy/dx`, or the levels compared.
    pub(super) contrast: String,
    /// The values that others are held at.
    pub(super) held: String,
    /// The group averaged over.
    pub(super) group: String,
    /// Its gradient in the coefficients, one per term of the design; of a likelihood that of its index.
    pub(super) gradient: DVector<f64>,
    /// What a likelihood computes it from.
    pub(super) response: Option<ResponseMargin>,
}

/// What is wrong with margins or points of prediction.
#[derive(Clone, Debug)]
pub(super) struct MarginFault {
    /// The key that it concerns.
    pub(super) key: &'static str,
    /// What is wrong.
    pub(super) message: String,
    /// The way out.
    pub(super) help: Option<String>,
    /// The variable that the model does not depend on, if that is the fault: other variants of it may.
    pub(super) unused: Option<String>,
}

impl MarginFault {
    pub(super) fn new(key: &'static str, message: String, help: Option<String>) -> MarginFault {
        MarginFault { key, message, help, unused: None }
    }

    pub(super) fn unused(key: &'static str, name: &str, help: String) -> MarginFault {
        let message = format!("the model does not depend on `{name}`");
        MarginFault { key, message, help: Some(help), unused: Some(name.to_string()) }
    }
}

/// Where margins are computed.
pub(super) struct MarginContext<'a> {
    pub(super) evaluator: &'a Evaluator<'a>,
    pub(super) model: &'a PlannedModel,
    pub(super) design: &'a DesignMatrix,
    /// The terms of the design.
    pub(super) terms: &'a [String],
}

impl MarginContext<'_> {
    /// The margins of one table of the study.
    pub(super) fn margins(&self, spec: &MarginsSpec) -> Result<Vec<PlannedMargin>, MarginFault> {
        let held: Vec<&String> = spec.points.first().into_iter().flat_map(IndexMap::keys).collect();
        let groups = self.groups(spec)?;
        let mut found = Vec::new();
        for variable in &spec.of {
            let open: BTreeSet<String> = held.iter().copied().chain([variable]).cloned().collect();
            let parts = Arc::new(self.taken_apart(&open).map_err(|error| told("of", &error))?);
            self.check_use(&parts, "of", variable)?;
            for name in &held {
                self.check_use(&parts, "at", name)?;
            }
            let is_contrast = spec.contrast.is_some() || parts.is_factor(variable);
            for point in &spec.points {
                let held = Held { values: point.clone(), at_means: spec.means };
                let one = if is_contrast {
                    let how = spec.contrast.unwrap_or(ContrastName::Reference);
                    self.contrasts(&parts, (variable, how), &held, &groups)
                } else {
                    self.slopes(&parts, (variable, spec.scale), &held, &groups)
                };
                found.extend(one?);
            }
        }
        Ok(found)
    }

    /// The model's terms on its sample, with some variables open to change.
    pub(super) fn taken_apart(&self, open: &BTreeSet<String>) -> Result<Counterfactual, CounterfactualError> {
        let formula = &self.model.formula;
        let terms: Vec<Expr> = formula.endogenous.iter().chain(&formula.regressors).cloned().collect();
        let rows = (self.design.sample.rows.as_slice(), self.design.weight_values());
        Counterfactual::of(self.evaluator, (&terms, &self.model.formula_text), rows, open)
    }

    /// A variable must be in the formula, and not be absorbed.
    fn check_use(&self, parts: &Counterfactual, key: &'static str, name: &str) -> Result<(), MarginFault> {
        let uses = |expr: &Expr| expr.names().iter().any(|(used, _)| *used == name);
        let effects = self.model.formula.absorbed.iter();
        let mut absorbing =
            effects.filter(|effect| effect.factors.iter().any(|f| f == name) || effect.slopes.iter().any(uses));
        if key == "of"
            && let Some(effect) = absorbing.next()
        {
            let effect = effect.name(&self.model.formula_text);
            let help = "write it among the regressors; `fixed_effects = true` writes the effects themselves";
            let message = format!(
                "`{name}` is in the absorbed effect {effect}, whose coefficients are not estimated with errors"
            );
            return Err(MarginFault::new(key, message, Some(help.into())));
        }
        if parts.has(name) {
            return Ok(());
        }
        let formula = &self.model.formula;
        let known: BTreeSet<&str> =
            formula.endogenous.iter().chain(&formula.regressors).flat_map(Expr::names).map(|(name, _)| name).collect();
        let help = match crate::study::nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("variables of its regressors: {}", known.into_iter().collect::<Vec<_>>().join(", ")),
        };
        Err(MarginFault::unused(key, name, help))
    }

    /// The rows of each group by name; one group of all rows without `over`.
    fn groups(&self, spec: &MarginsSpec) -> Result<Vec<(String, Vec<usize>)>, MarginFault> {
        let rows = &self.design.sample.rows;
        let Some(over) = &spec.over else { return Ok(vec![(String::new(), (0..rows.len()).collect())]) };
        let expr = Expr { kind: ExprKind::Name(over.clone()), span: 0..over.len() };
        let failed = |error: crate::evaluate::EvaluateError| MarginFault::new("over", error.to_string(), error.help());
        let factor = self.evaluator.evaluate(&expr).map_err(failed)?.to_factor();
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); factor.n_levels()];
        for (position, &row) in rows.iter().enumerate() {
            let code = factor.codes[row as usize];
            if code != Factor::MISSING {
                members[code as usize].push(position);
            }
        }
        let named = factor.levels.iter().cloned().zip(members).filter(|(_, members)| !members.is_empty());
        let mut groups: Vec<(String, Vec<usize>)> = named.collect();
        sort_levels(&mut groups, |(name, _)| name);
        Ok(groups)
    }

    fn slopes(
        &self,
        parts: &Arc<Counterfactual>,
        (variable, scale): (&str, ScaleName),
        held: &Held,
        groups: &[(String, Vec<usize>)],
    ) -> Result<Vec<PlannedMargin>, MarginFault> {
        let averages = self.averages(parts, held, Some(variable), groups).map_err(|error| told("of", &error))?;
        let own = match scale {
            ScaleName::Elasticity => Some(Arc::new(self.alone(variable).map_err(|error| told("of", &error))?)),
            ScaleName::Derivative | ScaleName::SemiElasticity => None,
        };
        let margin = |(gradient, (group, members)): (DVector<f64>, &(String, Vec<usize>))| PlannedMargin {
            variable: variable.to_string(),
            contrast: scale.label().into(),
            held: described(held),
            group: group.clone(),
            gradient,
            response: self.has_response().then(|| ResponseMargin {
                parts: Arc::clone(parts),
                own: own.clone(),
                change: Change::Derivative { held: held.clone(), of: variable.to_string(), scale },
                members: Arc::new(members.clone()),
            }),
        };
        Ok(averages.into_iter().zip(groups).map(margin).collect())
    }

    /// A variable as the only term.
    fn alone(&self, variable: &str) -> Result<Counterfactual, CounterfactualError> {
        let expr = Expr { kind: ExprKind::Name(variable.to_string()), span: 0..variable.len() };
        let rows = (self.design.sample.rows.as_slice(), self.design.weight_values());
        Counterfactual::of(self.evaluator, (&[expr], variable), rows, &BTreeSet::from([variable.to_string()]))
    }

    /// Whether the outcome is a function of an index.
    fn has_response(&self) -> bool {
        match &self.model.method {
            MethodSpec::Likelihood(_) => true,
            MethodSpec::Direct(spec) => spec.has_response(),
            _ => false,
        }
    }

    fn contrasts(
        &self,
        parts: &Arc<Counterfactual>,
        (variable, how): (&str, ContrastName),
        held: &Held,
        groups: &[(String, Vec<usize>)],
    ) -> Result<Vec<PlannedMargin>, MarginFault> {
        let Some((levels, reference)) = parts.levels(variable).filter(|(levels, _)| levels.len() <= MOST_VALUES) else {
            let message = format!("`{variable}` has more than {MOST_VALUES} values: contrasts of all are not meant");
            let help = "leave `contrast` out for the derivative, or cut it into classes";
            return Err(MarginFault::new("of", message, Some(help.into())));
        };
        let at = |level: &String| {
            let mut at = held.clone();
            at.values.insert(variable.to_string(), level.clone());
            at
        };
        let mut by_level = Vec::new();
        for level in &levels {
            by_level.push(self.averages(parts, &at(level), None, groups).map_err(|error| told("of", &error))?);
        }
        let pairs: Vec<(usize, usize)> = match how {
            ContrastName::Reference => (0..levels.len()).filter(|&k| k != reference).map(|k| (k, reference)).collect(),
            ContrastName::Adjacent => (1..levels.len()).map(|k| (k, k - 1)).collect(),
            ContrastName::Pairwise => {
                (0..levels.len()).flat_map(|a| (a + 1..levels.len()).map(move |b| (b, a))).collect()
            }
        };
        let mut found = Vec::new();
        for (g, (group, members)) in groups.iter().enumerate() {
            let members = Arc::new(members.clone());
            found.extend(pairs.iter().map(|&(b, a)| PlannedMargin {
                variable: variable.to_string(),
                contrast: format!("{} - {}", levels[b], levels[a]),
                held: described(held),
                group: group.clone(),
                gradient: &by_level[b][g] - &by_level[a][g],
                response: self.has_response().then(|| ResponseMargin {
                    parts: Arc::clone(parts),
                    own: None,
                    change: Change::Difference(at(&levels[b]), at(&levels[a])),
                    members: Arc::clone(&members),
                }),
            }));
        }
        Ok(found)
    }

    /// The average of every column (or of its derivative in `of`) over each group, by term of the design.
    fn averages(
        &self,
        parts: &Counterfactual,
        held: &Held,
        of: Option<&str>,
        groups: &[(String, Vec<usize>)],
    ) -> Result<Vec<DVector<f64>>, CounterfactualError> {
        let mut gradients = vec![DVector::zeros(self.terms.len()); groups.len()];
        let weights = self.design.weight_values();
        for term in 0..parts.n_terms() {
            for (name, column) in parts.columns(term, held, of)? {
                let Some(k) = self.terms.iter().position(|known| *known == name) else { continue };
                let values = if of.is_some() { column.slopes } else { Some(column.values) };
                let Some(values) = values else { continue };
                for (gradient, (_, members)) in gradients.iter_mut().zip(groups) {
                    gradient[k] = if held.at_means { values[0] } else { mean(&values, members, weights) };
                }
            }
        }
        Ok(gradients)
    }
}

fn mean(values: &[f64], rows: &[usize], weights: Option<&[f64]>) -> f64 {
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let (total, mass) =
        rows.iter().fold((0.0, 0.0), |(total, mass), &row| (total + weight(row) * values[row], mass + weight(row)));
    total / mass
}

fn described(held: &Held) -> String {
    let point = point_in_words(&held.values);
    match (held.at_means, point.is_empty()) {
        (false, _) => point,
        (true, true) => "means".into(),
        (true, false) => format!("{point}, others at means"),
    }
}

pub(super) fn told(key: &'static str, error: &CounterfactualError) -> MarginFault {
    let help = match error {
        CounterfactualError::Evaluate(error) => error.help(),
        _ => None,
    };
    MarginFault::new(key, error.to_string(), help)
}

/// Levels in the order of numbers where all are numbers, else of text.
fn sort_levels<T>(items: &mut [T], name: impl Fn(&T) -> &String) {
    let number = |item: &T| name(item).parse::<f64>().ok();
    if items.iter().all(|item| number(item).is_some()) {
        items.sort_by(|a, b| number(a).unwrap_or(f64::NAN).total_cmp(&number(b).unwrap_or(f64::NAN)));
    } else {
        items.sort_by(|a, b| name(a).cmp(name(b)));
    }
}
