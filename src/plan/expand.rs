//! Every model of the study under every choice: blocks x axes x outcomes x steps.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::absorb::AbsorptionSettings;
use crate::formula::{self, Effect, Expr, ExprKind, ModelFormula};
use crate::infer::sensitivity::SensitivityRequest;
use crate::study::dynamic::DynamicSpec;
use crate::study::inference::InferenceSpec;
use crate::study::measurement::MeasurementSpec;
use crate::study::model::{ErrorsSpec, WeightsSpec};
use crate::study::panel::PanelTestsSpec;
use crate::study::shift_share::ShiftShareTests;
use crate::study::{AxisChoice, AxisKey, MethodSpec, ModelBlock, Parsed, Study, WildSpec};

/// One model to be estimated, with every choice made.
#[derive(Clone, Debug)]
pub struct PlannedModel {
    /// The name with choices: `clusters[errors.cluster=state]`.
    pub name: String,
    /// The name in the study.
    pub base: String,
    /// The choices in order.
    pub choices: IndexMap<String, String>,
    /// The estimator.
    pub method: MethodSpec,
    /// Options of a dynamic panel method.
    pub dynamic: Option<DynamicSpec>,
    /// Tests of a panel model.
    pub panel_tests: PanelTestsSpec,
    /// Instruments whose exogeneity is tested.
    pub orthogonal: Vec<String>,
    /// The formula's text, after the axes.
    pub formula_text: String,
    /// The formula.
    pub formula: ModelFormula,
    /// The errors.
    pub errors: ErrorsSpec,
    /// The wild bootstrap beside them.
    pub wild: Option<WildSpec>,
    /// The weights.
    pub weights: Option<WeightsSpec>,
    /// What is added to the index.
    pub offset: Option<Parsed>,
    /// The study's condition (or the axis' choice of it).
    pub study_filter: Option<Parsed>,
    /// The model's own condition.
    pub filter: Option<Parsed>,
    /// Whether singletons stay.
    pub keep_singletons: bool,
    /// How its effects are absorbed.
    pub absorption: AbsorptionSettings,
    /// Whether the effects themselves are recovered.
    pub fixed_effects: bool,
    /// The equation of the truth table.
    pub truth: Option<String>,
    /// What is asked of its coefficients.
    pub inference: Arc<InferenceSpec>,
    /// What a shift-share model tests besides.
    pub shift_share: ShiftShareTests,
    /// What is asked about the sensitivity to omitted variables.
    pub sensitivity: Option<SensitivityRequest>,
    /// The weights of a spatial model, and its options.
    pub spatial: Option<crate::study::spatial::SpatialSpec>,
    /// What is asked about errors of measurement.
    pub measurement: Vec<MeasurementSpec>,
    /// Where the formula stands in the study file, when it is there word for word.
    pub formula_at: String,
}

impl PlannedModel {
    /// The conditions of study and model as one canonical text.
    pub fn filter_key(&self) -> String {
        let canonical = |parsed: &Option<Parsed>| parsed.as_ref().map_or_else(String::new, |p| p.expr.canonical());
        format!("{}\n{}", canonical(&self.study_filter), canonical(&self.filter))
    }

    /// The errors in a canonical text.
    pub fn errors_text(&self) -> String {
        if let Some(own) = self.own_errors() {
            return own.to_string();
        }
        match (&self.method, self.errors.canonical().as_str()) {
            (MethodSpec::ShiftShare, "iid") => "akm".to_string(),
            (MethodSpec::ShiftShare, others) => format!("akm beside {others}"),
            (_, errors) => errors.to_string(),
        }
    }

    /// The word for errors that a spatial model brings along.
    pub fn own_errors(&self) -> Option<&'static str> {
        let MethodSpec::Spatial(terms) = self.method else { return None };
        self.spatial.as_ref()?.own_errors(terms)
    }

    /// The shift-share variable of a shift-share model: its instrument, or the regressor of that name.
    pub fn shift_share_variable(&self, names: &[&str]) -> Option<String> {
        let candidates = self.formula.instruments.iter().chain(&self.formula.regressors);
        let known = |expr: &Expr| matches!(&expr.kind, ExprKind::Name(name) if names.contains(&name.as_str()));
        let found = candidates.into_iter().find(|expr| known(expr))?;
        (self.method == MethodSpec::ShiftShare).then(|| found.text(&self.formula_text))
    }

    /// What models must have in common to share their absorptions: conditions, effects, weights, singletons. Their samples
    /// may still differ by the gaps of their own columns.
    pub fn group_key(&self) -> String {
        let effect = |effect: &Effect| {
            let slopes: Vec<String> = effect.slopes.iter().map(Expr::canonical).collect();
            format!("{}[{}]{}", effect.factors.join("^"), slopes.join(","), effect.slopes_only)
        };
        let effects: Vec<String> = self.formula.absorbed.iter().map(effect).collect();
        let weights =
            self.weights.as_ref().map_or_else(String::new, |w| format!("{:?} {}", w.kind, w.value.expr.canonical()));
        let constant = if effects.is_empty() { self.formula.intercept } else { true };
        let how = format!("{} {:?}", self.keep_singletons, self.absorption);
        format!("{}\n{}\n{weights}\n{constant} {how}", self.filter_key(), effects.join(" + "))
    }
}

/// Expands a study into its models, in the order of the file; axes vary slowest first.
pub fn expand(study: &Study) -> Vec<PlannedModel> {
    let combinations = combinations(study);
    study
        .models
        .iter()
        .flat_map(|block| combinations.iter().flat_map(move |choices| expand_block(study, block, choices)))
        .collect()
}

type Choice<'a> = (&'a str, AxisKey, &'a str, &'a AxisChoice);

fn combinations(study: &Study) -> Vec<Vec<Choice<'_>>> {
    study.axes.iter().fold(vec![Vec::new()], |done, axis| {
        done.iter()
            .flat_map(|prefix: &Vec<Choice<'_>>| {
                axis.choices.iter().map(move |(label, choice)| {
                    let mut next = prefix.clone();
                    next.push((&axis.name, axis.key, label, choice));
                    next
                })
            })
            .collect()
    })
}

fn expand_block(study: &Study, block: &ModelBlock, chosen: &[Choice<'_>]) -> Vec<PlannedModel> {
    let mut errors = block.errors.clone();
    let mut study_filter = study.filter.clone();
    let mut keep_singletons = block.keep_singletons;
    let mut text = block.formula_text.clone();
    let mut spatial = block.spatial.clone();
    for (_, key, _, choice) in chosen {
        match choice {
            AxisChoice::Errors(choice) => {
                errors = ErrorsSpec { kind: choice.kind.clone(), like: choice.like.or(errors.like) };
            }
            AxisChoice::Clusters(ways) => errors.kind = errors.kind.with_ways(ways.clone()),
            AxisChoice::Sample(parsed) => study_filter = Some(parsed.clone()),
            AxisChoice::KeepSingletons(keep) => keep_singletons = *keep,
            AxisChoice::SpatialWeights(name) => {
                spatial.iter_mut().for_each(|spec| spec.weights.clone_from(name));
            }
            AxisChoice::Controls(terms) | AxisChoice::Absorb(terms) => {
                text = crate::study::vary_formula(&text, *key, terms);
            }
        }
    }
    let varied = text != block.formula_text;
    // Varied texts were parsed when the study was checked.
    let parsed = if varied {
        formula::parse_formula(&text).unwrap_or_else(|_| block.formula.clone())
    } else {
        block.formula.clone()
    };
    let inference = Arc::new(block.inference.clone());
    let several_outcomes = parsed.outcomes.len() > 1;
    parsed
        .expand(&text)
        .into_iter()
        .map(|formula| {
            let mut choices: IndexMap<String, String> =
                chosen.iter().map(|(axis, _, label, _)| ((*axis).to_string(), (*label).to_string())).collect();
            if several_outcomes {
                choices.insert("outcome".into(), formula.outcome.text(&text));
            }
            let steps: Vec<String> = formula
                .steps
                .iter()
                .filter(|step| !several_outcomes || **step != formula.outcome.text(&text))
                .cloned()
                .collect();
            if !steps.is_empty() {
                choices.insert("step".into(), steps.join(", "));
            }
            let varied = !choices.is_empty();
            PlannedModel {
                name: full_name(&block.name, &choices),
                base: block.name.clone(),
                choices,
                method: block.method.clone(),
                dynamic: block.dynamic.clone(),
                panel_tests: block.panel_tests.clone(),
                orthogonal: block.orthogonal.clone(),
                formula_text: text.clone(),
                formula,
                errors: errors.clone(),
                wild: block.wild.clone(),
                weights: block.weights.clone(),
                offset: block.offset.clone(),
                study_filter: study_filter.clone(),
                filter: block.filter.clone(),
                keep_singletons,
                absorption: block.absorption,
                fixed_effects: block.fixed_effects,
                truth: block.truth.clone(),
                inference: Arc::clone(&inference),
                shift_share: block.shift_share.clone(),
                measurement: block.measurement.clone(),
                sensitivity: block
                    .sensitivity
                    .clone()
                    .map(|request| SensitivityRequest { skip_absent: varied, ..request }),
                spatial: spatial.clone(),
                formula_at: format!("{}.formula", block.at),
            }
        })
        .collect()
}

fn full_name(base: &str, choices: &IndexMap<String, String>) -> String {
    if choices.is_empty() {
        return base.to_string();
    }
    let listed: Vec<String> = choices.iter().map(|(axis, choice)| format!("{axis}={choice}")).collect();
    format!("{base}[{}]", listed.join(", "))
}
