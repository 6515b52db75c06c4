//! One planned model on the prepared panel: evaluate its columns, decide its sample, estimate it.

use std::sync::Arc;

use crate::absorb::AbsorberCache;
use crate::design::variables::NamedColumn;
use crate::design::{
    AbsorbedVariable, BoundaryLevels, DependenceVariables, DesignMatrix, ModelVariables, SeparatedRows, SharedColumns,
    Singletons, Way,
};
use crate::estimate::dynamic::{DynamicVariables, GmmInstrument, fit_dynamic};
use crate::estimate::instruments::{GmmSteps, Kappa};
use crate::estimate::likelihood::{Distribution, ZERO, calibration, frequencies};
use crate::estimate::panel::{PanelEffect, PanelError, PanelMethod, Transformed, fit_panel};
use crate::estimate::shift_share::{ShiftShare, fit_shift_share};
use crate::estimate::spatial::{SpatialRequest, fit_spatial};
use crate::estimate::{Fit, Method, ModelRequest, design_model, fit_design, listed_effects, recover_effects};
use crate::evaluate::{EvaluateError, Evaluator};
use crate::formula::{Effect, Expr, ExprKind};
use crate::infer::measurement::{KnownErrors, MeasurementRequest, with_errors_in};
use crate::infer::panel::PanelModel;
use crate::infer::prediction::FittedValues;
use crate::infer::record::Combination;
use crate::infer::sensitivity::assess;
use crate::panel::{Column, Factor, Ledger};
use crate::study::dynamic::DynamicSpec;
use crate::study::measurement;
use crate::study::method::{GmmStepsText, GmmStepsWord, GmmWeights};
use crate::study::model::ErrorsKind;
use crate::study::{MethodSpec, Parsed, Study};
use crate::vcov::Errors;

use super::conditions::conditions;
use super::draw_fitted::Wanted;
use super::evaluated::{Evaluated, Filtered};
use super::execute::RunError;
use super::expand::PlannedModel;
use super::inference::Questions;
use super::prepare::Prepared;
use super::resample::{Joined, Resampled, Resampling};
use super::response::Responding;

/// A model's design with the request it answers.
#[derive(Debug)]
pub(super) struct Designed {
    /// The sample and its columns.
    pub(super) design: DesignMatrix,
    request: ModelRequest,
    /// The shift-share side of a shift-share model, on the sample.
    shift_share: Option<ShiftShare>,
    /// The columns of a dynamic panel model, over the panel.
    dynamic: Option<DynamicVariables>,
    /// The panel side of a panel method: its transformation and the rows in levels.
    panel: Option<Transformed>,
    /// The spatial side of a spatial model, on the sample.
    spatial: Option<SpatialRequest>,
    /// What its resampling needs.
    resampling: Resampling,
    /// The variables' names and levels, kept where the effects themselves are asked for.
    named: Option<ModelVariables>,
    /// What is asked of its coefficients.
    questions: Questions,
    /// What is asked about errors of measurement, on the sample.
    measurement: Vec<MeasurementRequest>,
}

/// Evaluates a model's variables and decides its sample.
///
/// # Errors
/// Expressions that do not fit the data, or a sample that no model can use.
pub(super) fn design(
    study: &Study,
    prepared: &Prepared,
    model: &PlannedModel,
    (evaluated, shared): (&Evaluated, &SharedColumns),
    separated: &[SeparatedRows],
) -> Result<Designed, RunError> {
    let filter = model.filter_key();
    let Filtered { rows, ledger } = evaluated.filtered(&filter, || filtered(study, prepared, model))?;
    let evaluator = evaluator_on(prepared, rows.as_ref());
    let mut columns = Columns { study, model, evaluator: &evaluator, evaluated, filter: &filter };
    let zeros = columns.zeros()?;
    let n_zeros = zeros.len();
    let mut variables = columns.variables(rows.clone(), separated)?;
    variables.regressors.extend(zeros);
    if let MethodSpec::Panel(PanelMethod::Within(effect)) = model.method {
        columns.absorb_effects(&mut variables, effect)?;
    }
    let failed = |source: crate::estimate::EstimateError| RunError::Estimate {
        model: model.name.clone(),
        source: Box::new(source),
    };
    let request = ModelRequest {
        model: model.name.clone(),
        base: model.base.clone(),
        choices: model.choices.clone(),
        formula: model.formula_text.clone(),
        method: method(model, n_zeros),
        orthogonal: model.orthogonal.clone(),
        errors: model.errors.kind.errors(),
        dialect: model.errors.dialect(),
        ledger,
    };
    let dynamic = match &model.dynamic {
        Some(spec) => Some(columns.dynamic(spec, (&variables.outcome, &variables.regressors), rows.clone())?),
        None => None,
    };
    let design = design_model(&request, &mut variables, shared)
        .map_err(|source| failed(source.with_rows_named(|row| prepared.panel.row_name(row))))?;
    let panel = match model.method {
        MethodSpec::Panel(method) => {
            let named = |error: PanelError| failed(error.with_rows_named(|row| prepared.panel.row_name(row)).into());
            Some(method.transform(&design, &AbsorberCache::new()).map_err(named)?)
        }
        _ => None,
    };
    let design = panel.as_ref().map_or(design, |transformed| transformed.design.clone());
    let shift_share = shift_share(prepared, &mut columns, &design.sample.rows)?;
    let spatial = super::spatial::spatial(study, prepared, model, &design.sample.rows)?;
    let questions = Questions::read(study, model, (&design, &variables), &evaluator)?;
    let at_rows = (&prepared.panel, model);
    let factor = |names: &[String], at: &str| columns.factor(names, at, &(0..0));
    let resampling = Resampling::of(study, at_rows, &design.sample.rows, factor)?;
    let measurement = columns.measurement(&design.sample.rows)?;
    let named = model.fixed_effects.then_some(variables);
    Ok(Designed { design, request, shift_share, dynamic, panel, spatial, resampling, named, questions, measurement })
}

/// The variables of a model before its sample is decided, and the rows that conditions took.
///
/// # Errors
/// Expressions that do not fit the data, conditions that leave nothing.
pub(super) fn variables(
    study: &Study,
    prepared: &Prepared,
    model: &PlannedModel,
    evaluated: &Evaluated,
) -> Result<(ModelVariables, Ledger), RunError> {
    let filter = model.filter_key();
    let Filtered { rows, ledger } = evaluated.filtered(&filter, || filtered(study, prepared, model))?;
    let evaluator = evaluator_on(prepared, rows.as_ref());
    let mut columns = Columns { study, model, evaluator: &evaluator, evaluated, filter: &filter };
    Ok((columns.variables(rows.clone(), &[])?, ledger))
}

/// The panel's evaluator, on the rows that conditions left.
fn evaluator_on<'a>(prepared: &'a Prepared, rows: Option<&'a Arc<Vec<bool>>>) -> Evaluator<'a> {
    let evaluator = Evaluator::new(&prepared.panel, &prepared.setting);
    match rows {
        Some(rows) => evaluator.on_sample(rows),
        None => evaluator,
    }
}

/// Shares, shocks and balance variables of a shift-share model on its sample.
fn shift_share(prepared: &Prepared, columns: &mut Columns<'_>, rows: &[u32]) -> Result<Option<ShiftShare>, RunError> {
    let names: Vec<&str> = prepared.exposures.keys().map(String::as_str).collect();
    let Some(variable) = columns.model.shift_share_variable(&names) else { return Ok(None) };
    let Some(exposure) = prepared.exposures.get(&variable) else { return Ok(None) };
    let mut balance = Vec::new();
    for (parsed, is_before) in &columns.model.shift_share.variables {
        let values = columns.number(parsed)?;
        balance.push((parsed.text.clone(), *is_before, rows.iter().map(|&row| values[row as usize]).collect()));
    }
    Ok(Some(ShiftShare { variable, exposure: exposure.select(rows), balance }))
}

/// What comes with a fit and is not part of its record.
#[derive(Default)]
pub(super) struct Beside {
    /// The fitted values of its sample, where the study asks for them.
    pub(super) fitted: Option<FittedValues>,
    /// The parts that it plays in families with joint draws.
    pub(super) members: Vec<Joined>,
}

/// Estimates a designed model, answers what is asked of it, and resamples it.
///
/// # Errors
/// See [`crate::estimate::EstimateError`].
pub(super) fn fit(
    (study, prepared): (&Study, &Prepared),
    (model, wanted): (&PlannedModel, Wanted),
    designed: &Designed,
    cache: &AbsorberCache,
) -> Result<(Fit, Beside), RunError> {
    let failed = |source: crate::estimate::EstimateError| RunError::Estimate {
        model: model.name.clone(),
        source: Box::new(source),
    };
    let Designed { design, request, shift_share, dynamic, panel, spatial, resampling, named, questions, measurement } =
        designed;
    if let (Some(vars), Some(spec)) = (dynamic, &model.dynamic) {
        let mut fit = fit_dynamic(request, design, (vars, &spec.method)).map_err(failed)?;
        questions.answer(&mut fit, design, None);
        return Ok((with_truth(fit, prepared, model), Beside::default()));
    }
    if let Some(spatial) = spatial {
        let mut fit = fit_spatial(request, design, spatial, cache).map_err(failed)?;
        questions.answer(&mut fit, design, None);
        return Ok((with_truth(fit, prepared, model), Beside::default()));
    }
    if let Some(shift) = shift_share {
        let mut fit = fit_shift_share(request, design, shift, cache).map_err(failed)?;
        questions.answer(&mut fit, design, None);
        return Ok((with_truth(fit, prepared, model), Beside::default()));
    }
    let (mut fit, estimate) = match panel {
        Some(transformed) => fit_panel(request, transformed, cache).map_err(failed)?,
        None => fit_design(request, design, cache).map_err(failed)?,
    };
    if let (Some(likelihood), Some(index)) = (&mut fit.likelihood, &estimate.index)
        && wanted.anything()
    {
        likelihood.distribution = Some(Distribution {
            most: wanted.most,
            bins: wanted.bins,
            frequencies: wanted.most.and_then(|most| frequencies(design, index, most)).unwrap_or_default(),
            calibration: wanted.bins.and_then(|bins| calibration(design, index, bins)).unwrap_or_default(),
        });
    }
    if let Some(transformed) = panel.as_ref().filter(|_| !model.panel_tests.is_empty()) {
        let tested = PanelModel::of(&transformed.levels, cache).map_err(|error| failed(error.into()))?;
        let tested = tested.with_unit_roots(model.panel_tests.unit_roots);
        for &test in &model.panel_tests.tests {
            fit.tests.push(tested.test(test).map_err(failed)?);
        }
        if let Some(weights) = &model.panel_tests.cd_neighbors {
            let rows = &transformed.levels.sample.rows;
            let pairs = super::spatial::neighbours((study, prepared), (model, weights), rows)?;
            fit.tests.push(tested.local_cd(&tested.units_of(&pairs)).map_err(failed)?);
        }
    }
    if let Some(asked) = &model.sensitivity {
        let found = assess(&designed.design, &estimate, asked, cache);
        fit.sensitivity = Some(found.map_err(|error| RunError::sensitivity(study, model, error))?);
    }
    if let Some(variables) = named
        && let Some(found) = recover_effects(design, &estimate).map_err(failed)?
    {
        fit.fixed_effects = listed_effects(&found, design, variables);
    }
    questions.answer(&mut fit, design, Responding::of(request, design, &estimate).as_ref());
    for (asked, spec) in measurement.iter().zip(&model.measurement) {
        let value = with_errors_in(asked, request, design, (&fit, &estimate), cache).map_err(|source| {
            RunError::Measurement { model: model.name.clone(), name: spec.name.clone(), source: Box::new(source) }
        })?;
        let (name, expression) = (spec.name.clone(), spec.in_words());
        fit.inference.combinations.push(Combination { name, expression, value });
    }
    let mut beside = Beside::default();
    if let Some(asked) = &questions.predictions {
        beside.fitted = asked.answer(&mut fit, (design, &estimate, questions.terms()), cache).map_err(failed)?;
    }
    if Resampled::wanted(study, model).0 {
        let resampled = Resampled { study, model, request, design, resampling, cache };
        beside.members = resampled.attach(&estimate, &mut fit)?;
    }
    Ok((with_truth(fit, prepared, model), beside))
}

/// The parts that a model plays in families, where its fit is known from a former run.
///
/// # Errors
/// As [`fit`].
pub(super) fn join(
    study: &Study,
    model: &PlannedModel,
    designed: &Designed,
    cache: &AbsorberCache,
) -> Result<Vec<Joined>, RunError> {
    let Designed { design, request, shift_share, spatial, resampling, .. } = designed;
    if shift_share.is_some() || spatial.is_some() || !Resampled::wanted(study, model).1 {
        return Ok(Vec::new());
    }
    let failed = |source| RunError::Estimate { model: model.name.clone(), source: Box::new(source) };
    let (_, estimate) = fit_design(request, design, cache).map_err(failed)?;
    Resampled { study, model, request, design, resampling, cache }.join(&estimate)
}

/// The fit with the parameters that its data were drawn with, where they are known.
fn with_truth(mut fit: Fit, prepared: &Prepared, model: &PlannedModel) -> Fit {
    if let Some(equation) = &model.truth {
        for coefficient in &mut fit.coefficients {
            let known = prepared.truth.iter().find(|(of, term, _)| of == equation && *term == coefficient.term);
            coefficient.truth = known.map(|(_, _, value)| *value);
        }
    }
    fit
}

/// The estimator of a model; none for those that have a walk of their own.
fn method(model: &PlannedModel, zeros: usize) -> Option<Method> {
    Some(match &model.method {
        MethodSpec::ShiftShare | MethodSpec::Spatial(_) => return None,
        MethodSpec::Ols => Method::Ols,
        MethodSpec::Panel(method) => Method::Panel(*method),
        MethodSpec::Dynamic(_) => Method::Dynamic(model.dynamic.as_ref()?.method),
        MethodSpec::Iv => Method::KClass(Kappa::One),
        MethodSpec::Liml => Method::KClass(Kappa::SmallestRoot),
        MethodSpec::Fuller(a) => Method::KClass(Kappa::Fuller(*a)),
        MethodSpec::KClass(k) => Method::KClass(Kappa::Fixed(*k)),
        MethodSpec::Likelihood(likelihood) => Method::Likelihood(*likelihood),
        MethodSpec::Direct(spec) => Method::Direct(spec.likelihood(zeros)),
        MethodSpec::Gmm(steps, weights) => Method::Gmm {
            steps: match steps {
                GmmStepsText::Number(steps) => GmmSteps::Fixed(usize::from(*steps)),
                GmmStepsText::Word(GmmStepsWord::Iterated) => GmmSteps::Iterated,
                GmmStepsText::Word(GmmStepsWord::Continuous) => GmmSteps::Continuous,
            },
            weights: weights.map(|weights| match weights {
                GmmWeights::Iid => Errors::Iid,
                GmmWeights::Robust => Errors::Hc1,
                GmmWeights::Cluster => Errors::Cluster(model.errors.kind.errors().clusters().to_vec()),
            }),
        },
    })
}

/// The rows that the conditions of study and model leave.
fn filtered(study: &Study, prepared: &Prepared, model: &PlannedModel) -> Result<Filtered, RunError> {
    let mut ledger = prepared.ledger.clone();
    let known = ledger.0.len();
    let of_study = model.study_filter.iter().map(|parsed| ("study", parsed));
    let steps = of_study.chain(model.filter.iter().map(|parsed| ("model", parsed)));
    let rows = conditions((study, prepared), steps, &mut ledger)?;
    if let Some(empty) = ledger.0[known..].iter().find(|loss| loss.rows_left == 0) {
        return Err(RunError::EmptySample {
            model: model.name.clone(),
            step: empty.step.clone(),
            filter: empty.column.clone(),
            before: empty.rows_lost,
        });
    }
    let is_filtered = model.study_filter.is_some() || model.filter.is_some();
    Ok(Filtered { rows: is_filtered.then(|| Arc::new(rows)), ledger })
}

/// What weights mean, what they are called, and their values.
type WeightColumn = (crate::design::WeightKind, String, Arc<Vec<f64>>);

struct Columns<'a> {
    study: &'a Study,
    model: &'a PlannedModel,
    evaluator: &'a Evaluator<'a>,
    evaluated: &'a Evaluated,
    filter: &'a str,
}

impl Columns<'_> {
    fn fault(&self, error: &crate::evaluate::EvaluateError) -> RunError {
        RunError::at(self.study, &self.model.formula_at, error)
    }

    /// All of them.
    fn variables(
        &mut self,
        rows: Option<Arc<Vec<bool>>>,
        separated: &[SeparatedRows],
    ) -> Result<ModelVariables, RunError> {
        let model = self.model;
        Ok(ModelVariables {
            outcome: self.one(&model.formula.outcome)?,
            regressors: self.terms(&model.formula.regressors)?,
            endogenous: self.terms(&model.formula.endogenous)?,
            instruments: self.terms(&model.formula.instruments)?,
            intercept: model.formula.intercept,
            absorbed: model.formula.absorbed.iter().map(|effect| self.effect(effect)).collect::<Result<_, _>>()?,
            absorption: model.absorption,
            weights: self.weights()?,
            offset: self.offset()?,
            clusters: self.clusters()?,
            dependence: self.dependence()?,
            singletons: if model.keep_singletons { Singletons::Keep } else { Singletons::Drop },
            boundary: BoundaryLevels::default(),
            separated: separated.to_vec(),
            rows,
        })
    }

    fn one(&mut self, expr: &Expr) -> Result<NamedColumn, RunError> {
        let name = expr.text(&self.model.formula_text);
        let column = self.evaluated.column(&expr.canonical(), || self.evaluator.evaluate(expr));
        match column.map_err(|error| self.fault(&error))? {
            Column::Number(values) => Ok((name, values)),
            Column::Text(_) => Err(RunError::TextOutcome { model: self.model.name.clone(), variable: name }),
        }
    }

    fn terms(&mut self, terms: &[Expr]) -> Result<Vec<NamedColumn>, RunError> {
        let mut columns = Vec::new();
        for term in terms {
            // A plain column is shared with the panel, not copied.
            if let crate::formula::ExprKind::Name(_) = term.kind
                && let Ok(Column::Number(values)) =
                    self.evaluated.column(&term.canonical(), || self.evaluator.evaluate(term))
            {
                columns.push((term.text(&self.model.formula_text), values));
                continue;
            }
            // Terms are named by the text as it was written.
            let written = (term.text(&self.model.formula_text), self.filter);
            let made = self.evaluated.regressor((&written.0, written.1), || {
                let terms = self.evaluator.terms(term, &self.model.formula_text)?;
                Ok(terms.into_iter().map(|(name, values)| (name, Arc::new(values))).collect())
            });
            columns.extend(made.map_err(|error: EvaluateError| self.fault(&error))?);
        }
        Ok(columns)
    }

    fn effect(&mut self, effect: &Effect) -> Result<AbsorbedVariable, RunError> {
        let factor = self.factor(&effect.factors, &self.model.formula_at, &effect.span)?;
        let slopes = effect.slopes.iter().map(|slope| self.one(slope)).collect::<Result<_, _>>()?;
        Ok(AbsorbedVariable {
            name: effect.name(&self.model.formula_text),
            factor,
            slopes,
            slopes_only: effect.slopes_only,
        })
    }

    fn factor(&self, names: &[String], at: &str, span: &std::ops::Range<usize>) -> Result<Factor, RunError> {
        let kind = match names {
            [one] => crate::formula::ExprKind::Name(one.clone()),
            many => crate::formula::ExprKind::Combined(many.to_vec()),
        };
        let expr = Expr { kind, span: span.clone() };
        self.evaluated
            .factor(names, || Ok(self.evaluator.evaluate(&expr)?.to_factor()))
            .map_err(|error: EvaluateError| RunError::at(self.study, at, &error))
    }

    fn weights(&mut self) -> Result<Option<WeightColumn>, RunError> {
        let Some(weights) = &self.model.weights else { return Ok(None) };
        Ok(Some((weights.kind, weights.value.text.clone(), self.number(&weights.value)?)))
    }

    fn offset(&mut self) -> Result<Option<NamedColumn>, RunError> {
        let Some(offset) = &self.model.offset else { return Ok(None) };
        Ok(Some((offset.text.clone(), self.number(offset)?)))
    }

    /// The numbers of an expression that stands beside the formula.
    fn number(&mut self, parsed: &Parsed) -> Result<Arc<Vec<f64>>, RunError> {
        let column = self
            .evaluated
            .column(&parsed.expr.canonical(), || self.evaluator.evaluate(&parsed.expr))
            .map_err(|error| RunError::at(self.study, &parsed.at, &error))?;
        match column {
            Column::Number(values) => Ok(values),
            Column::Text(_) => {
                Err(RunError::TextOutcome { model: self.model.name.clone(), variable: parsed.text.clone() })
            }
        }
    }

    /// The terms of the index of zeros, named as their coefficients are.
    fn zeros(&mut self) -> Result<Vec<NamedColumn>, RunError> {
        let MethodSpec::Direct(spec) = &self.model.method else { return Ok(Vec::new()) };
        let mut out = Vec::new();
        for parsed in &spec.zero {
            let written = (format!("{} | {}", parsed.at, parsed.text), self.filter);
            let made = self.evaluated.regressor((&written.0, written.1), || {
                let terms = self.evaluator.terms(&parsed.expr, &parsed.text)?;
                let named = |(name, values)| (format!("{ZERO}{name}"), Arc::new(values));
                Ok(terms.into_iter().map(named).collect())
            });
            out.extend(made.map_err(|error: EvaluateError| RunError::at(self.study, &parsed.at, &error))?);
        }
        Ok(out)
    }

    fn clusters(&self) -> Result<Vec<(String, Factor)>, RunError> {
        let ways = self.model.errors.kind.ways();
        let at = self.errors_at();
        let mut clusters: Vec<(String, Factor)> = ways
            .iter()
            .map(|way| Ok((way.join("^"), self.factor(way, &at, &(0..0))?)))
            .collect::<Result<_, RunError>>()?;
        // What a wild bootstrap draws by is a cluster variable too: rows without it leave.
        if let Some((names, wild)) = self.model.wild.as_ref().and_then(|w| Some((w.bootstrap_cluster.as_ref()?, w))) {
            let name = names.join("^");
            if !clusters.iter().any(|(known, _)| *known == name) {
                clusters.push((name, self.factor(names, &wild.at, &(0..0))?));
            }
        }
        Ok(clusters)
    }

    fn errors_at(&self) -> String {
        self.model.formula_at.replace(".formula", ".errors")
    }

    /// The columns of a dynamic model: besides those of the formula, what is lagged as an instrument, and what instruments
    /// itself; without a list, the regressors that neither a lagged variable nor the outcome is in.
    fn dynamic(
        &mut self,
        spec: &DynamicSpec,
        (outcome, regressors): (&NamedColumn, &[NamedColumn]),
        rows: Option<Arc<Vec<bool>>>,
    ) -> Result<DynamicVariables, RunError> {
        let mut gmm = Vec::new();
        for (parsed, from, to) in &spec.lagged {
            let column = (parsed.text.clone(), self.number(parsed)?);
            gmm.push(GmmInstrument { column, from: *from, to: *to, collapse: spec.collapse });
        }
        let standard = match &spec.standard {
            Some(listed) => {
                let mut out = Vec::new();
                for parsed in listed {
                    out.push((parsed.text.clone(), self.number(parsed)?));
                }
                out
            }
            None => {
                let squeezed = |text: &str| text.split_whitespace().collect::<String>();
                // The outcome's past never instruments itself.
                let mut lagged: Vec<String> = spec.lagged.iter().map(|(parsed, ..)| squeezed(&parsed.text)).collect();
                lagged.push(squeezed(&outcome.0));
                let is_lagged = |name: &str| {
                    lagged.iter().any(|of| {
                        name == of
                            || ["lag(", "lead(", "diff("].iter().any(|call| name.starts_with(&format!("{call}{of},")))
                            || name == format!("lag({of})")
                    })
                };
                regressors.iter().filter(|(name, _)| !is_lagged(&squeezed(name))).cloned().collect()
            }
        };
        let names = self.study.data.unit.names();
        let unit = (names.join("^"), self.factor(&names, &self.model.formula_at, &(0..0))?);
        let time = self.study.data.time.clone().unwrap_or_default();
        Ok(DynamicVariables {
            outcome: outcome.clone(),
            regressors: regressors.to_vec(),
            gmm,
            standard,
            unit,
            time: self.plain(&time)?,
            rows,
        })
    }

    /// Questions about errors of measurement, with intervals on the rows of the sample.
    fn measurement(&mut self, rows: &[u32]) -> Result<Vec<MeasurementRequest>, RunError> {
        let mut out = Vec::new();
        for spec in &self.model.measurement {
            let errors = match &spec.errors {
                measurement::KnownErrors::Reliability(share) => KnownErrors::Reliability(*share),
                measurement::KnownErrors::Deviation(deviation) => KnownErrors::Deviation(*deviation),
                measurement::KnownErrors::Intervals(bounds) => {
                    let (low, high) = (self.number(&bounds.0)?, self.number(&bounds.1)?);
                    let at = |values: &[f64]| Arc::new(rows.iter().map(|&row| values[row as usize]).collect());
                    KnownErrors::Intervals(at(&low), at(&high))
                }
            };
            let (term, outcome, draws) = (spec.variable.clone(), spec.outcome, spec.draws);
            out.push(MeasurementRequest { term, outcome, errors, draws, seed: self.study.seed });
        }
        Ok(out)
    }

    /// Adds the effects of a within model to those that the formula absorbs.
    fn absorb_effects(&self, variables: &mut ModelVariables, effect: PanelEffect) -> Result<(), RunError> {
        for way in effect.ways() {
            let names = match way {
                Way::Unit => self.study.data.unit.names(),
                Way::Time => self.study.data.time.iter().cloned().collect(),
            };
            let name = names.join("^");
            if !variables.absorbed.iter().any(|known| known.name == name && !known.slopes_only) {
                let factor = self.factor(&names, &self.model.formula_at, &(0..0))?;
                variables.absorbed.push(AbsorbedVariable { name, factor, slopes: Vec::new(), slopes_only: false });
            }
        }
        Ok(())
    }

    /// Unit, time and place of the rows, as far as method and errors need them.
    fn dependence(&mut self) -> Result<DependenceVariables, RunError> {
        let (time, unit) = match self.model.method {
            MethodSpec::Panel(_) | MethodSpec::Dynamic(_) => (true, true),
            // The unit is what shares the frailty.
            MethodSpec::Likelihood(likelihood) if likelihood.frailty.is_some() => {
                (self.model.errors.kind.follows().0, true)
            }
            _ => self.model.errors.kind.follows(),
        };
        let mut out = DependenceVariables::default();
        if let Some(name) = self.study.data.time.clone().filter(|_| time) {
            out.time = Some(self.plain(&name)?);
        }
        if unit {
            let names = self.study.data.unit.names();
            out.unit = Some((names.join("^"), self.factor(&names, &self.errors_at(), &(0..0))?));
        }
        if let ErrorsKind::Conley { places: (latitude, longitude), .. } = &self.model.errors.kind {
            (out.latitude, out.longitude) = (Some(self.plain(latitude)?), Some(self.plain(longitude)?));
        }
        Ok(out)
    }

    /// A column of numbers or a variable by its name.
    fn plain(&self, name: &str) -> Result<NamedColumn, RunError> {
        let expr = Expr { kind: ExprKind::Name(name.to_string()), span: 0..0 };
        let column = self
            .evaluated
            .column(&expr.canonical(), || self.evaluator.evaluate(&expr))
            .map_err(|error: EvaluateError| RunError::at(self.study, &self.errors_at(), &error))?;
        match column {
            Column::Number(values) => Ok((name.to_string(), values)),
            Column::Text(_) => {
                Err(RunError::TextOutcome { model: self.model.name.clone(), variable: name.to_string() })
            }
        }
    }
}
