//! "Exactly what was estimated": one model as an equation, with the counts and factors behind its errors.

use serde::Serialize;

use super::inference;
use super::shift_share::{Grid, ShiftShareCard};
use crate::estimate::instruments::{ConfidenceSet, FirstStage, SetShape};
use crate::estimate::{AbsorbedEffect, Convergence, ErrorsRecord, Fit, TestResult};
use crate::report::number::{Digits, count, counted, degrees, listed, p_in_words};
use crate::report::table::{errors_in_words, method_in_words};

/// One model in words, symbols and counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ModelCard {
    /// Its name.
    pub name: String,
    /// Its method.
    pub method: String,
    /// The formula as written.
    pub formula: String,
    /// The outcome as written.
    pub outcome: String,
    /// Terms in order, each with a coefficient of its own.
    pub terms: Vec<String>,
    /// Whether it has a constant.
    pub has_constant: bool,
    /// Absorbed effects in words.
    pub effects: Vec<String>,
    /// What each name of the formula is called in the tables, where that differs.
    pub names: Vec<(String, String)>,
    /// Weights, if any.
    pub weights: Option<String>,
    /// How the errors were computed.
    pub errors: String,
    /// Counts and factors with their names.
    pub numbers: Vec<(String, String)>,
    /// First stages in sentences.
    pub first_stages: Vec<String>,
    /// Confidence sets that hold with weak instruments, in sentences.
    pub sets: Vec<String>,
    /// Tests in sentences.
    pub tests: Vec<String>,
    /// How the absorption ended.
    pub convergence: String,
    /// Whether it reached its tolerance.
    pub is_converged: bool,
    /// The panel of a panel method, and what was asked of the coefficients.
    pub inference: Vec<Grid>,
    /// What a shift-share model found besides.
    pub shift_share: Option<ShiftShareCard>,
    /// Impacts of a spatial model.
    pub spatial: Vec<Grid>,
    /// How sensitive a coefficient is to omitted variables.
    pub sensitivity: Vec<Grid>,
}

impl ModelCard {
    /// Words for one fit; `label` gives what a table prints for a name.
    pub fn new(fit: &Fit, label: &impl Fn(&str) -> String) -> Self {
        let terms: Vec<String> = fit.coefficients.iter().map(|c| c.term.clone()).collect();
        let named = terms.iter().chain([&fit.outcome]).map(|name| (name.clone(), label(name)));
        ModelCard {
            name: fit.model.clone(),
            method: method_in_words(&fit.method),
            formula: fit.formula.clone(),
            outcome: fit.outcome.clone(),
            names: named.filter(|(name, shown)| name != shown).collect(),
            has_constant: terms.iter().any(|term| term == "(Intercept)"),
            terms: terms.into_iter().filter(|term| term != "(Intercept)").collect(),
            effects: fit.absorbed.iter().map(effect).collect(),
            weights: fit.weights.clone(),
            errors: format!("Standard errors {}.", errors_in_words(&fit.errors, str::to_string)),
            numbers: numbers(&fit.errors),
            first_stages: fit.first_stages.iter().map(first_stage).collect(),
            sets: fit.confidence_sets.iter().map(set).chain(wild_sets(fit)).collect(),
            tests: fit.tests.iter().map(test).collect(),
            convergence: convergence(fit.absorbed.is_empty(), &fit.convergence),
            is_converged: fit.convergence.converged,
            inference: super::panel::grids(fit).into_iter().chain(inference::grids(fit)).collect(),
            spatial: fit.spatial.as_ref().map(super::spatial::grids).unwrap_or_default(),
            shift_share: fit.shift_share.as_ref().map(ShiftShareCard::new),
            sensitivity: fit.sensitivity.as_ref().map(super::sensitivity::grids).unwrap_or_default(),
        }
    }
}

fn effect(effect: &AbsorbedEffect) -> String {
    let mut facts = vec![counted(effect.levels, "level", "levels")];
    if effect.redundant > 0 {
        facts.push(format!("{} redundant", count(effect.redundant)));
    }
    if effect.nested_in_cluster {
        facts.push("nested in a cluster variable".into());
    }
    format!("{} ({})", effect.name, facts.join(", "))
}

fn numbers(errors: &ErrorsRecord) -> Vec<(String, String)> {
    let factors = &errors.factors;
    let factor = |value: f64| Digits::Decimals(6).one(value);
    let mut rows = vec![
        ("N: observations".to_string(), count(factors.n)),
        ("K: parameters counted".to_string(), count(factors.k)),
    ];
    rows.extend(factors.g.map(|g| ("G: smallest number of clusters".to_string(), count(g))));
    rows.push(("Factor for K".into(), factor(factors.k_factor)));
    rows.push(("Factor for G".into(), factor(factors.g_factor)));
    if factors.df.is_finite() {
        rows.push(("Degrees of freedom of t".into(), degrees(factors.df)));
    } else {
        rows.push(("Distribution".into(), "normal".into()));
    }
    if !errors.dialect.is_empty() {
        rows.push(("Counted as in".into(), errors.dialect.clone()));
    }
    rows
}

/// A test in a sentence.
pub fn test(test: &TestResult) -> String {
    let df: Vec<String> = [test.df1, test.df2].into_iter().flatten().map(degrees).collect();
    let df = if df.is_empty() { String::new() } else { format!(" ({} degrees of freedom)", listed(&df)) };
    let p = test.p_value.map(|p| format!(", {}", p_in_words(p))).unwrap_or_default();
    let note = if test.note.is_empty() { String::new() } else { format!(": {}", test.note) };
    format!("{} {}{df}{p}{note}", test.test, Digits::default().one(test.statistic))
}

/// A first stage in a sentence.
pub fn first_stage(stage: &FirstStage) -> String {
    let write = |value: f64| Digits::default().one(value);
    let of = |term: &String| {
        let c = stage.coefficients.iter().find(|c| c.term == *term)?;
        Some(format!("{} on {term} (standard error {})", write(c.estimate), write(c.std_error)))
    };
    let coefficients: Vec<String> = stage.instruments.iter().filter_map(of).collect();
    let f = stage.f_statistic.map(|f| format!("F {} with the model's errors, ", write(f))).unwrap_or_default();
    format!(
        "First stage of {}: {}; {f}{} with iid errors; partial R² {}",
        stage.endogenous,
        listed(&coefficients),
        write(stage.f_iid),
        Digits::Decimals(4).one(stage.partial_r_squared)
    )
}

/// A confidence set in a sentence.
pub fn set(set: &ConfidenceSet) -> String {
    let words = set.in_words(|value| Digits::default().one(value));
    let hint = match set.shape {
        SetShape::Empty => ": no value agrees with all instruments",
        SetShape::Line => ": the instruments say nothing about it",
        SetShape::Interval | SetShape::Rays | SetShape::Pieces => "",
    };
    format!(
        "{} set of {} at {} %, right with weak instruments too: {words}{hint}",
        set.test,
        set.term,
        set.level * 100.0
    )
}

/// The confidence sets of a wild bootstrap in sentences.
pub fn wild_sets(fit: &Fit) -> Vec<String> {
    let Some((wild, level)) = fit.wild.as_ref().and_then(|wild| Some((wild, wild.level?))) else { return Vec::new() };
    let write = |value: f64| Digits::default().one(value);
    let piece = |set: &crate::infer::resample::Interval| match (set.low.is_finite(), set.high.is_finite()) {
        (true, true) => format!("[{}, {}]", write(set.low), write(set.high)),
        (true, false) => format!("{} and above", write(set.low)),
        (false, true) => format!("{} and below", write(set.high)),
        (false, false) => "the whole line".into(),
    };
    let sentence = |test: &crate::infer::resample::WildTest| {
        let pieces: Vec<String> = test.confidence_set.iter().map(piece).collect();
        let words = if pieces.is_empty() { "empty".into() } else { listed(&pieces) };
        format!("Wild bootstrap set of {} at {} %: {words}", test.term, level * 100.0)
    };
    wild.tests.iter().map(sentence).collect()
}

fn convergence(is_closed: bool, convergence: &Convergence) -> String {
    if is_closed || convergence.iterations == 0 {
        return "Closed form: nothing to iterate.".into();
    }
    let end = if convergence.converged { "met its tolerance" } else { "did not meet its tolerance" };
    let by = if convergence.solver.is_empty() { String::new() } else { format!(" ({})", convergence.solver) };
    let moved = convergence.coefficient_error.map_or_else(String::new, |error| {
        format!("; what that leaves can move no coefficient by more than {error:.1e} of its classical standard error")
    });
    format!(
        "The absorption{by} {end} after {}; the largest group mean left in any column is {:.1e} of its scale{moved}.",
        counted(convergence.iterations, "iteration", "iterations"),
        convergence.residual
    )
}
