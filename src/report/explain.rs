//! A model in words and symbols, and the counts behind its standard errors.

use std::collections::BTreeSet;

use crate::estimate::{Convergence, Fit};
use crate::formula::Effect;
use crate::infer::sensitivity::{RMax, SensitivityRequest};
use crate::plan::{Plan, PlannedModel};
use crate::report::number::{Digits, counted, degrees, listed};
use crate::report::table::own_errors_in_words;
use crate::study::{ErrorsSpec, MethodSpec};
use crate::vcov::{AbsorbedCount, ClusterBalance, Degrees};

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
    /// What is asked of the coefficients, a line per question.
    pub questions: Vec<String>,
    /// What is resampled, in words, a line each.
    pub resampling: Vec<String>,
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
        questions: questions(model),
        sensitivity: model.sensitivity.as_ref().map(sensitivity),
        errors: if model.method == MethodSpec::ShiftShare {
            exposure_errors(plan, model)
        } else if let Some(own) = model.own_errors() {
            format!("Errors: {}, with normal critical values.", own_errors_in_words(own).unwrap_or(own))
        } else {
            format!(
                "Errors: {}, counted as {} does: {}",
                model.errors.canonical(),
                model.errors.dialect(),
                counting_in_words(&model.errors)
            )
        },
        resampling: resampling(plan, model),
    }
}

/// Tests, combinations and bands that are asked of a model.
fn questions(model: &PlannedModel) -> Vec<String> {
    let asked = &model.inference;
    let tests = asked.tests.iter().map(|texts| {
        let texts: Vec<&str> = texts.iter().map(|placed| placed.text.trim()).collect();
        let joint = if texts.len() > 1 { " jointly" } else { "" };
        format!("Tests{joint}: {}.", texts.join(", "))
    });
    let combine = asked.combine.iter().map(|(name, placed)| format!("Computes {name} = {}.", placed.text.trim()));
    let bands = asked.bands.iter().map(|bands| {
        let terms: Vec<&str> = bands.terms.iter().map(|placed| placed.text.trim()).collect();
        let of = if terms.is_empty() { "all coefficients but the constant".into() } else { terms.join(", ") };
        format!("Bands ({}) hold {of} together with {} %.", bands.method.name(), 100.0 * bands.level)
    });
    let margins = asked.margins.iter().map(|margins| margins.in_words());
    let predict = asked.predict.iter().map(|predict| predict.in_words());
    tests.chain(combine).chain(bands).chain(margins).chain(predict).collect()
}

/// Wild bootstrap, families and randomisation tests in words, a line each.
fn resampling(plan: &Plan, model: &PlannedModel) -> Vec<String> {
    let wild = model.wild.iter().map(|wild| format!("Wild bootstrap: {}.", wild.in_words()));
    let families =
        plan.study.families.iter().filter(|family| family.has_model(&model.name, &model.base)).map(|family| {
            let methods: Vec<&str> = family.methods.iter().map(|method| method.name()).collect();
            format!("Family {}: {} adjusted by {}.", family.name, family.terms.join(", "), methods.join(", "))
        });
    let tests = plan.study.randomisations.iter().filter(|spec| spec.has_model(&model.name, &model.base)).map(|spec| {
        let strata = spec.strata.as_ref().map(|names| format!(" within {}", names.join("^"))).unwrap_or_default();
        let (test, unit) = (&spec.test, spec.unit.join("^"));
        format!(
            "Randomisation {}: {} assigned anew to {unit}{strata}, {} times (all assignments where they are no more).",
            test.name, test.treatment, test.replications
        )
    });
    let curves = plan.study.curves.iter().filter(|curve| curve.has_model(&model.name, &model.base)).map(|curve| {
        let tested = if curve.draws.is_some() { ", tested as a whole" } else { "" };
        format!("A specification of the curve {} of {}{tested}.", curve.name, curve.terms.join(", "))
    });
    wild.chain(families).chain(curves).chain(tests).collect()
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
        lines.extend(self.questions.iter().map(|line| format!("  {line}")));
        lines.extend(self.resampling.iter().map(|line| format!("  {line}")));
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
    let periods = fit.errors.details.periods.as_ref().map_or_else(String::new, |periods| {
        format!(", T = {} with {}", periods.periods, counted(periods.lags, "lag", "lags"))
    });
    let instruments: String = (fit.first_stages.iter().map(crate::report::page::model::first_stage))
        .chain(fit.confidence_sets.iter().map(crate::report::page::model::set))
        .chain(crate::report::page::model::wild_sets(fit))
        .chain(fit.sensitivity.iter().map(crate::report::page::sensitivity::sentence))
        .map(|line| format!("  {line}.\n"))
        .collect();
    let answers = answers(fit);
    format!(
        "  As run: N = {}, K = {}{groups}{periods}; factor for K {}, factor for {} {}; {}.\n{}{}{}{instruments}{answers}",
        factors.n,
        factors.k,
        factors.k_factor,
        if fit.errors.details.periods.is_some() && factors.g.is_none() { "T" } else { "G" },
        factors.g_factor,
        distribution(fit),
        balance(fit),
        absorption(&fit.convergence),
        dialects(fit)
    )
}

/// Wald tests, combinations and bands as they came out.
fn answers(fit: &Fit) -> String {
    let write = |value: f64| Digits::default().one(value);
    let tests = fit.tests.iter().filter(|test| test.test.starts_with("Wald: ")).map(crate::report::page::model::test);
    let combinations = fit.inference.combinations.iter().map(|row| {
        let (value, name) = (&row.value, &row.name);
        let p = crate::report::number::p_in_words(value.p_value);
        format!(
            "{name} = {} = {} (standard error {}), {p}",
            row.expression,
            write(value.estimate),
            write(value.std_error)
        )
    });
    let bands = fit.inference.bands.iter().map(|bands| {
        format!(
            "{} % bands ({}): {} standard errors to each side",
            100.0 * bands.level,
            bands.method,
            write(bands.critical_value)
        )
    });
    tests.chain(combinations).chain(bands).map(|line| format!("  {line}.\n")).collect()
}

/// The distribution of the t statistics.
fn distribution(fit: &Fit) -> String {
    let of = &fit.coefficients;
    let (low, high) = of.iter().fold((f64::INFINITY, 0.0f64), |(low, high), c| (low.min(c.df), high.max(c.df)));
    match fit.errors.factors.df {
        df if df.is_infinite() => "normal distribution".to_string(),
        _ if low < high => format!("{} to {} degrees of freedom, by coefficient", degrees(low), degrees(high)),
        df => format!("{} degrees of freedom", degrees(df)),
    }
}

/// How unequal the clusters are.
fn balance(fit: &Fit) -> String {
    let line = |balance: &ClusterBalance| {
        format!(
            "  {}: {:.1} effective clusters of {} for {}; {} has {:.1} % of all leverage, {} {:.1} % of that of {}.\n",
            balance.variable,
            balance.effective,
            balance.clusters,
            balance.term,
            balance.largest,
            100.0 * balance.leverage,
            balance.partial_largest,
            100.0 * balance.partial_leverage,
            balance.partial_term
        )
    };
    fit.errors.details.balance.iter().map(line).collect()
}

/// What each program would have printed for the first coefficient.
fn dialects(fit: &Fit) -> String {
    let details = &fit.errors.details;
    if details.dialects.is_empty() {
        return String::new();
    }
    let mut out =
        format!("  Standard error of {} as each program counts ({} errors):\n", details.headline, fit.errors.kind);
    out.push_str("    program         std. error           df      K   factor for K   factor for G\n");
    if fit.errors.kind == "conley_newey_west" {
        out.push_str("    (no program has both parts; fixest's counting of Conley errors is followed)\n");
    }
    for line in &details.dialects {
        let marked = if line.dialect == fit.errors.dialect { "*" } else { " " };
        out.push_str(&match (line.std_error, line.k, line.k_factor, line.g_factor) {
            (Some(std_error), Some(k), Some(k_factor), Some(g_factor)) => format!(
                "  {marked} {:<14}{:>13.8} {:>12} {:>6} {:>14.6} {:>14.6}\n",
                line.dialect,
                std_error,
                line.df.map_or_else(|| "normal".to_string(), degrees),
                k,
                k_factor,
                g_factor
            ),
            _ => format!("  {marked} {:<14}{}\n", line.dialect, line.reason),
        });
    }
    out
}

/// How the counting goes, in words.
fn counting_in_words(errors: &ErrorsSpec) -> String {
    let rules = errors.dialect().small_sample();
    let absorbed = match rules.absorbed {
        AbsorbedCount::Full => "every absorbed parameter counts in K",
        AbsorbedCount::None => "no absorbed parameter counts in K",
        AbsorbedCount::AloneNested => {
            "every absorbed parameter counts in K, but not a single effect nested in the clusters"
        }
        AbsorbedCount::NonNested | AbsorbedCount::NonNestedFixest => {
            "effects nested in a cluster variable are not counted in K"
        }
        AbsorbedCount::NonNestedExact => {
            "effects nested in a cluster variable and levels known to be redundant are not counted in K"
        }
    };
    let degrees = match rules.degrees {
        Degrees::Groups => "with clusters t has min(G) - 1 degrees of freedom, with lags T - 1, otherwise N - K",
        Degrees::Residual => "t has N - K degrees of freedom",
        Degrees::Normal => "the normal distribution, for iid errors t with N - K degrees of freedom",
        Degrees::Satterthwaite => "t has Satterthwaite's degrees of freedom, each coefficient its own",
    };
    format!("{absorbed}; {degrees}.")
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
