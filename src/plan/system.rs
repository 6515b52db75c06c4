//! `[[system]]` on the prepared panel: the models of a system on the rows that all of them have, estimated together.

use std::collections::BTreeSet;

use crate::absorb::AbsorberCache;
use crate::design::{DesignMatrix, ModelVariables};
use crate::estimate::EstimateError;
use crate::estimate::system::{Divisor, Equation, System, SystemEstimate, SystemRecord, SystemSteps};
use crate::infer::coefficients::CoefficientEstimates;
use crate::infer::hypothesis::{CoefficientExpression, Hypothesis, HypothesisFault};
use crate::note::Note;
use crate::panel::Ledger;
use crate::study::inference::PlacedText;
use crate::study::system::SystemSpec;
use crate::study::{MethodSpec, Study};
use crate::vcov::Errors;

use super::estimate::variables;
use super::evaluated::Evaluated;
use super::execute::RunError;
use super::expand::PlannedModel;
use super::prepare::Prepared;
use super::resample::fault;
use super::resolve::Plan;

/// Estimates every system whose models are all chosen; a note for each other.
///
/// # Errors
/// Models that are no equations of one system, hypotheses that name no coefficient, and those of the estimation.
pub(super) fn estimate(
    plan: &Plan,
    prepared: &Prepared,
    chosen: &[usize],
) -> Result<(Vec<SystemRecord>, Vec<Note>), RunError> {
    let (mut records, mut notes) = (Vec::new(), Vec::new());
    for spec in &plan.study.systems {
        let all = || (0..plan.models.len()).filter(|&k| spec.has_model(&plan.models[k].name, &plan.models[k].base));
        let there = all().filter(|k| chosen.contains(k)).count();
        let models: Vec<&PlannedModel> = all().map(|k| &plan.models[k]).collect();
        if there < models.len() {
            let what = format!("system {}", spec.name);
            notes.push(Note::LeftOut { what, models: models.len() - there, of: models.len() });
            continue;
        }
        let walk = Walk { study: &plan.study, prepared, spec, models };
        walk.check()?;
        let record = walk.estimate()?;
        super::execute::deny(&plan.study, &record.notes)?;
        records.push(record);
    }
    Ok((records, notes))
}

struct Walk<'a> {
    study: &'a Study,
    prepared: &'a Prepared,
    spec: &'a SystemSpec,
    models: Vec<&'a PlannedModel>,
}

impl Walk<'_> {
    /// Whether the models can be equations of one system.
    fn check(&self) -> Result<(), RunError> {
        let at = format!("{}.models", self.spec.at);
        let failed = |message: String, help: &str| Err(fault(self.study, &at, message, Some(help.to_string())));
        let name = &self.spec.name;
        let Some(first) = self.models.first().filter(|_| self.models.len() > 1) else {
            let n = self.models.len();
            let known: Vec<&str> = self.study.models.iter().map(|model| model.name.as_str()).collect();
            let message = format!("system `{name}` has {n} of the study's models, and needs two or more");
            return failed(message, &format!("the models: {}", known.join(", ")));
        };
        for model in &self.models {
            if model.method != MethodSpec::Ols || !model.formula.endogenous.is_empty() {
                let message = format!("model `{}` of system `{name}` is not least squares", model.name);
                return failed(message, "a system takes models without method and instruments");
            }
            if model.group_key() != first.group_key() {
                let message = format!(
                    "models `{}` and `{}` of system `{name}` differ in more than variables",
                    first.name, model.name
                );
                return failed(message, "give them the same conditions, absorbed effects, weights and constant");
            }
            if model.errors != first.errors {
                let message =
                    format!("models `{}` and `{}` of system `{name}` have other errors", first.name, model.name);
                return failed(message, "give them the same `errors`: the system has one covariance");
            }
        }
        Ok(())
    }

    fn estimate(&self) -> Result<SystemRecord, RunError> {
        let failed = |source: EstimateError| {
            let source = source.with_rows_named(|row| self.prepared.panel.row_name(row));
            RunError::System { system: self.spec.name.clone(), source: Box::new(source) }
        };
        let (variables, ledger, equations) = self.variables()?;
        let design = DesignMatrix::build_shared(&variables, ledger, &Default::default())
            .map_err(|error| failed(error.into()))?;
        let system = System { equations, steps: self.spec.steps, divisor: self.spec.divisor };
        let (errors, dialect) = (self.models[0].errors.kind.errors(), self.models[0].errors.dialect());
        let cache = AbsorberCache::new();
        let found = system.fit(&design, (&errors, &dialect.small_sample()), &cache).map_err(failed)?;
        self.record(found, &design, &errors)
    }

    /// The variables of all equations in one model, whose sample is that of the system; and the equations by their names.
    fn variables(&self) -> Result<(ModelVariables, Ledger, Vec<Equation>), RunError> {
        let evaluated = Evaluated::default();
        let mut equations = Vec::new();
        let mut joint: Option<(ModelVariables, Ledger)> = None;
        let mut known = BTreeSet::new();
        for model in &self.models {
            let (own, ledger) = variables(self.study, self.prepared, model, &evaluated)?;
            equations.push(Equation {
                name: model.name.clone(),
                outcome: own.outcome.0.clone(),
                terms: own.regressors.iter().map(|(name, _)| name.clone()).collect(),
            });
            let columns: Vec<_> = std::iter::once(own.outcome.clone()).chain(own.regressors.iter().cloned()).collect();
            let (joint, _) = joint.get_or_insert_with(|| {
                known.insert(own.outcome.0.clone());
                (ModelVariables { regressors: Vec::new(), ..own }, ledger)
            });
            joint.regressors.extend(columns.into_iter().filter(|(name, _)| known.insert(name.clone())));
        }
        match joint {
            Some((variables, ledger)) => Ok((variables, ledger, equations)),
            None => Err(RunError::NotAsked { message: format!("system `{}` has no model", self.spec.name) }),
        }
    }

    fn record(&self, found: SystemEstimate, design: &DesignMatrix, errors: &Errors) -> Result<SystemRecord, RunError> {
        let asked = &self.spec.inference;
        let estimates = CoefficientEstimates::complete(found.terms, found.coefficients, (found.covariance, found.df));
        let (mut tests, mut notes) = (vec![found.independence], found.notes);
        for texts in &asked.tests {
            let read = |placed: &PlacedText| {
                Hypothesis::read(&placed.text, &estimates.terms).map_err(|fault| self.unread(placed, fault))
            };
            let all = texts.iter().map(read).collect::<Result<Vec<Hypothesis>, RunError>>()?;
            let (test, note) = Hypothesis::joined(all).answer(&estimates);
            tests.extend(test);
            notes.extend(note);
        }
        let mut combinations = Vec::new();
        for (name, placed) in &asked.combine {
            let read = CoefficientExpression::read(&placed.text, &estimates.terms);
            match read.map_err(|fault| self.unread(placed, fault))?.answer(name, &estimates) {
                Ok(combination) => combinations.push(combination),
                Err(note) => notes.push(*note),
            }
        }
        let rows =
            |matrix: &nalgebra::DMatrix<f64>| matrix.row_iter().map(|row| row.iter().copied().collect()).collect();
        Ok(SystemRecord {
            name: self.spec.name.clone(),
            steps: match self.spec.steps {
                SystemSteps::LeastSquares => "least squares",
                SystemSteps::Two => "two steps",
                SystemSteps::Iterated => "iterated",
            }
            .into(),
            iterations: found.iterations,
            divisor: if self.spec.divisor == Divisor::Rows { "rows" } else { "parameters" }.into(),
            errors: if *errors == Errors::Iid { "classical".into() } else { self.models[0].errors_text() },
            n_obs: design.n_obs(),
            equations: found.equations,
            correlations: rows(&found.correlations),
            tests,
            combinations,
            ledger: design.sample.ledger.clone(),
            notes,
        })
    }

    fn unread(&self, placed: &PlacedText, fault: HypothesisFault) -> RunError {
        let span = self.study.source.inside(&placed.at, &fault.span);
        let mut found = self.study.source.fault(&placed.at, fault.message);
        found.span = span.or(found.span);
        found.help = fault.help;
        RunError::Study(self.study.faults(vec![found]))
    }
}
