//! A model in words and symbols, and the counts behind its standard errors.

use std::collections::BTreeSet;

use crate::estimate::{Convergence, Fit};
use crate::formula::Effect;
use crate::infer::sensitivity::{RMax, SensitivityRequest};
use crate::plan::{Plan, PlannedModel};
use crate::report::number::{counted, listed};
use crate::study::MethodSpec;

/// The parts of a model's description.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The model's name.
    pub model: String,
    /// The estimated equation in symbols.
    pub equation: String,
    /// Definitions of the variables in it, as (name, expression).
    pub definitions: Vec<(String, String)>,
    /// The sample in words.
    pub sample: String,
    /// The estimator and the weights in words.
    pub method: String,
    /// The errors in words.
    pub errors: String,
    /// What is asked about omitted variables, in words.
    pub sensitivity: Option<String>,
}

/// Describes a planned model.
pub fn explain(plan: &Plan, model: &PlannedModel) -> Explanation {
    Explanation {
        model: model.name.clone(),
        equation: equation(model),
        definitions: definitions(plan, model),
        sample: sample(model),
        method: method(model),
        sensitivity: model.sensitivity.as_ref().map(sensitivity),
        errors: if model.method == MethodSpec::ShiftShare {
            exposure_errors(plan, model)
        } else {
            format!(
                "Errors: {}, counted as fixest 0.14 does: {}",
                model.errors.canonical(),
                "effects nested in a cluster variable are not counted in K; with clusters, t has min(G) - 1 degrees of freedom, otherwise N - K."
            )
        },
    }
}

/// What is asked about omitted variables.
fn sensitivity(request: &SensitivityRequest) -> String {
    let groups: Vec<String> = request.benchmarks.iter().map(|group| group.join(" + ")).collect();
    let benchmarks = if groups.is_empty() { String::new() } else { format!(", beside {}", listed(&groups)) };
    let oster = request.oster.as_ref().map_or_else(String::new, |oster| {
        let r_max = match oster.r_max {
            RMax::Given(value) => format!("{value}"),
            RMax::Times(times) => format!("{times} times the model's R², 1 at most"),
        };
        let kind = oster.r_squared.name();
        format!(" Oster's bounds with R_max = {r_max} ({kind} R²), δ = {}, target {}.", oster.delta, oster.target)
    });
    format!(
        "Sensitivity of {} to omitted variables: robustness values for a share {} of the estimate at level {}{benchmarks} (Cinelli and \
         Hazlett 2020, classical errors).{oster}",
        request.treatment, request.q, request.alpha
    )
}

/// The errors of a shift-share model in words.
fn exposure_errors(plan: &Plan, model: &PlannedModel) -> String {
    let names: Vec<&str> = plan.study.shift_share.iter().map(|block| block.name.as_str()).collect();
    let variable = model.shift_share_variable(&names).unwrap_or_default();
    let block = plan.study.shift_share.iter().find(|block| block.name == variable);
    let groups = block.and_then(|block| block.cluster.as_ref());
    let shocks = groups.map_or_else(String::new, |column| format!("; shocks may be correlated within {column}"));
    format!(
        "Errors: AKM, with the AKM0 set beside them: residuals may be correlated between regions with similar shares of \
         {variable}{shocks}. No small-sample factor, normal distribution (ShiftShareSE's convention)."
    )
}

impl Explanation {
    /// The description as lines of text.
    pub fn text(&self) -> String {
        let mut lines = vec![self.model.clone(), format!("  {}", self.equation)];
        lines.extend(self.definitions.iter().map(|(name, text)| format!("    {name} = {text}")));
        lines.extend([&self.method, &self.sample, &self.errors].map(|line| format!("  {line}")));
        lines.extend(self.sensitivity.iter().map(|line| format!("  {line}")));
        lines.join("\n")
    }
}

/// The counts and factors of a finished fit.
pub fn counts(fit: &Fit) -> String {
    let factors = &fit.errors.factors;
    let clusters: Vec<String> =
        fit.errors.clusters.iter().map(|count| format!("{} in {}", count.clusters, count.variable)).collect();
    let groups = match factors.g {
        Some(g) => format!(", G = {g} ({})", clusters.join("; ")),
        None => String::new(),
    };
    let instruments: String = (fit.first_stages.iter().map(crate::report::page::model::first_stage))
        .chain(fit.confidence_sets.iter().map(crate::report::page::model::set))
        .chain(fit.sensitivity.iter().map(crate::report::page::sensitivity::sentence))
        .map(|line| format!("  {line}.\n"))
        .collect();
    format!(
        "  As run: N = {}, K = {}{groups}; factor for K {}, factor for G {}; {} degrees of freedom.\n{}{instruments}",
        factors.n,
        factors.k,
        factors.k_factor,
        factors.g_factor,
        factors.df,
        absorption(&fit.convergence)
    )
}

/// How the absorption went; nothing where nothing was absorbed.
fn absorption(convergence: &Convergence) -> String {
    let Some(error) = convergence.coefficient_error else { return String::new() };
    let end = if convergence.converged { "" } else { ", NOT CONVERGED" };
    format!(
        "  Effects absorbed by {} ({}{end}): no coefficient is off by more than {error:.1e} of its classical standard error.\n",
        convergence.solver,
        counted(convergence.iterations, "iteration", "iterations")
    )
}

fn equation(model: &PlannedModel) -> String {
    let source = &model.formula_text;
    let mut terms: Vec<String> = Vec::new();
    if model.formula.intercept && model.formula.absorbed.is_empty() {
        terms.push("a".into());
    }
    terms.extend(
        model
            .formula
            .endogenous
            .iter()
            .chain(&model.formula.regressors)
            .enumerate()
            .map(|(k, term)| format!("b{} {}", k + 1, term.text(source))),
    );
    terms.extend(model.formula.absorbed.iter().map(|effect| effect_in_words(effect, source)));
    terms.push("error".into());
    format!("{} = {}", model.formula.outcome.text(source), terms.join(" + "))
}

fn effect_in_words(effect: &Effect, source: &str) -> String {
    let by = effect.factors.join(" x ");
    let slopes: Vec<String> = effect.slopes.iter().map(|slope| slope.text(source)).collect();
    match (slopes.is_empty(), effect.slopes_only) {
        (true, _) => format!("effects of {by}"),
        (false, true) => format!("slopes of {} by {by}", slopes.join(", ")),
        (false, false) => format!("effects of {by} and slopes of {} by {by}", slopes.join(", ")),
    }
}

fn definitions(plan: &Plan, model: &PlannedModel) -> Vec<(String, String)> {
    let names: BTreeSet<String> = model.formula.names().into_iter().map(|(name, _)| name.to_string()).collect();
    let used = plan.used_variables(&names);
    plan.study
        .variables
        .iter()
        .filter(|(name, _)| used.contains(name.as_str()))
        .map(|(name, parsed)| (name.clone(), parsed.text.clone()))
        .collect()
}

fn sample(model: &PlannedModel) -> String {
    let conditions: Vec<&str> =
        [&model.study_filter, &model.filter].into_iter().flatten().map(|parsed| parsed.text.as_str()).collect();
    let rows =
        if conditions.is_empty() { "all rows".to_string() } else { format!("rows where {}", conditions.join(" and ")) };
    let singletons = match (model.formula.absorbed.is_empty(), model.keep_singletons) {
        (true, _) => "",
        (false, true) => "; rows alone in an absorbed effect stay",
        (false, false) => "; rows alone in an absorbed effect leave, round after round until none is left",
    };
    format!("Sample: {rows} in which every variable has a finite value{singletons}.")
}

fn method(model: &PlannedModel) -> String {
    let method = model.method.in_words();
    let weighted = match &model.weights {
        None => String::new(),
        Some(weights) => format!(" weighted by {} ({} weights)", weights.value.text, weights.kind),
    };
    let list = |terms: &[crate::formula::Expr]| {
        terms.iter().map(|term| term.text(&model.formula_text)).collect::<Vec<_>>().join(", ")
    };
    let instruments = match model.formula.endogenous.as_slice() {
        [] => String::new(),
        endogenous => format!("; endogenous: {}; instruments: {}", list(endogenous), list(&model.formula.instruments)),
    };
    format!("{method}{weighted}{instruments}.")
}
