//! `[[distance_decay]]`: the likelihood of a model for values of a number of its spatial weights. Each value has weights, the variables that rest on
//! them, and a fit of its own; effects are absorbed once.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;

use super::draw::Drawn;
use super::draw_fitted::Wanted;
use super::estimate::{design, fit};
use super::evaluated::Evaluated;
use super::execute::{RunError, is_synthetic};
use super::expand::PlannedModel;
use super::geography::of_distances;
use super::prepare::Prepared;
use super::resolve::Plan;
use crate::absorb::AbsorberCache;
use crate::design::SharedColumns;
use crate::estimate::Fit;
use crate::evaluate;
use crate::formula::Expr;
use crate::infer::distance_decay::{DecayTerm, DistanceDecayRecord};
use crate::infer::profile::Profile;
use crate::panel::Ledger;
use crate::report::figure::Frame;
use crate::report::figure::profile::{ProfilePlot, profile as draw_profile};
use crate::space::Regions;
use crate::study::Study;
use crate::study::distance_decay::DistanceDecaySpec;

/// Estimates every `[[distance_decay]]` of a study.
///
/// # Errors
/// Models that are several, that have no likelihood or do not lag with the weights, and samples that change with the number.
pub(super) fn estimate(plan: &Plan, prepared: &Prepared) -> Result<Vec<DistanceDecayRecord>, RunError> {
    plan.study.distance_decays.iter().map(|spec| Walk::of(plan, prepared, spec)?.record()).collect()
}

/// A figure of each.
pub(super) fn figures(prepared: &Prepared, records: &[DistanceDecayRecord]) -> Vec<Drawn> {
    let draw = |record: &DistanceDecayRecord| {
        let title = format!("{} of {}: profile likelihood", record.label, record.weights);
        let frame = Frame { title: title.clone(), note: None, synthetic: is_synthetic(prepared) };
        let svg = draw_profile(&ProfilePlot { frame, label: record.label.clone(), profile: record.profile.clone() });
        let caption = format!(
            "Log likelihood of model {} by {}, below its largest. Values above the dashed line are not rejected.",
            record.model, record.parameter
        );
        Drawn { name: format!("decay_{}", record.name), title, caption, is_map: false, svg }
    };
    records.iter().map(draw).collect()
}

struct Walk<'a> {
    study: &'a Study,
    prepared: &'a Prepared,
    spec: &'a DistanceDecaySpec,
    model: PlannedModel,
    regions: &'a Regions,
    /// The variables that rest on the weights.
    dependent: Vec<(String, Expr)>,
}

impl<'a> Walk<'a> {
    fn of(plan: &'a Plan, prepared: &'a Prepared, spec: &'a DistanceDecaySpec) -> Result<Walk<'a>, RunError> {
        let study = &plan.study;
        let failed = |message: String| RunError::DistanceDecay { name: spec.name.clone(), message };
        let exact = plan.models.iter().find(|model| model.name == spec.model);
        let of_base: Vec<&PlannedModel> = plan.models.iter().filter(|model| model.base == spec.model).collect();
        let model = match (exact, &of_base[..]) {
            (Some(model), _) => model,
            (None, [model]) => *model,
            (None, []) => return Err(failed(format!("there is no model `{}`", spec.model))),
            (None, several) => {
                let names: Vec<&str> = several.iter().map(|model| model.name.as_str()).collect();
                let message =
                    format!("`{}` is {} models, name one of them: {}", spec.model, names.len(), names.join(", "));
                return Err(failed(message));
            }
        };
        let Some(regions) = &prepared.regions else { return Err(failed("the study has no geography".into())) };
        let dependent = dependent(prepared, &spec.weights);
        let formula = &model.formula;
        let terms = [&formula.regressors, &formula.endogenous, &formula.instruments].into_iter().flatten();
        let lags =
            |expr: &Expr| rests_on(expr, &spec.weights, &dependent.iter().map(|(name, _)| name.as_str()).collect());
        let is_spatial = model.spatial.as_ref().is_some_and(|spatial| spatial.weights == spec.weights);
        if !is_spatial && !terms.chain([&formula.outcome]).any(lags) {
            return Err(failed(format!("model `{}` does not lag with the weights `{}`", model.name, spec.weights)));
        }
        // Bootstraps say nothing of the likelihood.
        let model = PlannedModel { wild: None, ..model.clone() };
        Ok(Walk { study, prepared, spec, model, regions, dependent })
    }

    fn record(&self) -> Result<DistanceDecayRecord, RunError> {
        let cache = Arc::new(AbsorberCache::new());
        let n_obs = self.fit(self.spec.range.from, &cache)?.statistics.n_obs;
        let likelihood = |value: f64| {
            let fit = self.fit(value, &cache)?;
            if fit.statistics.n_obs != n_obs {
                return Err(self.failed(format!(
                    "the sample changes with {}: {n_obs} observations at {}, {} at {value}; keep regions without a neighbour (islands = \"keep\"), or raise `from`",
                    self.spec.parameter.key(), self.spec.range.from, fit.statistics.n_obs
                )));
            }
            let found = fit.statistics.log_likelihood.filter(|value| value.is_finite());
            found.ok_or_else(|| {
                self.failed(format!(
                    "model `{}` has no likelihood; use least squares, a count model or a spatial likelihood",
                    self.model.name
                ))
            })
        };
        let profile: Profile = self.spec.range.profile(likelihood)?;
        let best = self.fit(profile.estimate, &cache)?;
        Ok(self.written(profile, &best))
    }

    fn written(&self, profile: Profile, best: &Fit) -> DistanceDecayRecord {
        let terms = best.coefficients.iter().map(|c| DecayTerm {
            term: c.term.clone(),
            estimate: c.estimate,
            std_error: c.std_error,
        });
        DistanceDecayRecord {
            name: self.spec.name.clone(),
            model: self.model.name.clone(),
            weights: self.spec.weights.clone(),
            parameter: self.spec.parameter.key().into(),
            label: self.spec.parameter.label().into(),
            n_obs: best.statistics.n_obs,
            alpha: self.spec.range.alpha,
            profile,
            terms: terms.collect(),
        }
    }

    /// The model with a value of the number.
    fn fit(&self, value: f64, cache: &Arc<AbsorberCache>) -> Result<Fit, RunError> {
        let prepared = self.prepared_with(value)?;
        let columns = (&Evaluated::default(), &SharedColumns::new());
        let designed = design(self.study, &prepared, &self.model, columns, &[])?;
        let (fit, _) = fit((self.study, &prepared), (&self.model, Wanted::default()), &designed, cache)?;
        Ok(fit)
    }

    /// The panel with the weights of a value, and the variables that rest on them.
    fn prepared_with(&self, value: f64) -> Result<Prepared, RunError> {
        let name = &self.spec.weights;
        let section = self.study.geography.as_ref().and_then(|geography| geography.weights.get(name));
        let Some(section) = section else { return Err(self.failed(format!("there are no weights `{name}`"))) };
        let varied = self.spec.parameter.set(section, value);
        let mut setting = self.prepared.setting.clone();
        let made = of_distances(self.regions, name, &varied);
        let made = made.map_err(|error| self.failed(format!("at {} = {value}: {error}", self.spec.parameter.key())))?;
        setting.weights.insert(name.clone(), made);
        let mut panel = self.prepared.panel.clone();
        evaluate::variables(&mut panel, &setting, &self.dependent).map_err(|fault| {
            let at = format!("variables.{}", fault.variable);
            RunError::at(self.study, &at, &fault.source)
        })?;
        Ok(Prepared {
            panel,
            setting,
            polygons: None,
            regions: None,
            exposures: self.prepared.exposures.clone(),
            map_tables: IndexMap::new(),
            truth: Vec::new(),
            ledger: Ledger::default(),
            notes: Vec::new(),
            sources: Vec::new(),
        })
    }

    fn failed(&self, message: String) -> RunError {
        RunError::DistanceDecay { name: self.spec.name.clone(), message }
    }
}

/// The study's variables that lag with some weights, directly or through others, in order.
fn dependent(prepared: &Prepared, weights: &str) -> Vec<(String, Expr)> {
    let definitions = &prepared.setting.definitions;
    let mut found: BTreeSet<&str> = BTreeSet::new();
    loop {
        let before = found.len();
        for (name, expr) in definitions {
            if rests_on(expr, weights, &found) {
                found.insert(name);
            }
        }
        if found.len() == before {
            break;
        }
    }
    definitions.iter().filter(|(name, _)| found.contains(name.as_str())).map(|(n, e)| (n.clone(), e.clone())).collect()
}

/// Whether an expression lags with some weights, or has a variable that does.
fn rests_on(expr: &Expr, weights: &str, variables: &BTreeSet<&str>) -> bool {
    evaluate::weights_names(expr).iter().any(|(name, _)| *name == weights)
        || evaluate::names(expr).iter().any(|(name, _)| variables.contains(name))
}
