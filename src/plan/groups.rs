//! The models of a plan in groups: those with the same conditions, effects and weights are designed together, those of
//! them with the same sample are estimated together, and what they share is freed when the last of them is done.
//!
//! Groups of a large panel come one after the other (each works on all threads within), so that the memory of one is what
//! a run needs; those of a small panel run side by side. Neither changes a bit of any result.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;
use rayon::prelude::*;

use crate::absorb::AbsorberCache;
use crate::describe::{DescriptiveStatistics, describe};
use crate::design::{DesignMatrix, SharedColumns, Variable};
use crate::estimate::{Fit, share};
use crate::panel::Reason;
use crate::study::MethodSpec;
use crate::study::figure::FigureContent;

use super::draw_fitted::Wanted;
use super::estimate::{Beside, Designed, design, fit, join};
use super::evaluated::Evaluated;
use super::execute::{Observer, RunError, RunOptions, deny};
use super::matches_name;
use super::prepare::Prepared;
use super::resolve::Plan;

/// Rows from which on groups come one after the other.
const LARGE: usize = 100_000;

/// More models than this are told of by group, not one by one.
const MANY: usize = 40;

/// An estimated model.
pub(super) struct Estimated {
    pub(super) position: usize,
    pub(super) fit: Fit,
    /// Fitted values and parts in families.
    pub(super) beside: Beside,
    /// Its design and what was absorbed for it, where a figure needs them.
    pub(super) kept: Option<(Designed, Arc<AbsorberCache>)>,
}

/// What the groups of a run work with.
pub(super) struct Groups<'a> {
    pub(super) plan: &'a Plan,
    pub(super) prepared: &'a Prepared,
    pub(super) former: &'a BTreeMap<String, Fit>,
    pub(super) options: &'a RunOptions,
    pub(super) observer: &'a dyn Observer,
}

type Outcome = (usize, Result<Estimated, RunError>);

impl Groups<'_> {
    /// Estimates the models at these positions; outcomes come in their order, with the descriptive statistics of every
    /// variable on the sample of the first model that has it.
    pub(super) fn estimate(&self, chosen: &[usize]) -> (Vec<Result<Estimated, RunError>>, Vec<DescriptiveStatistics>) {
        let groups = self.grouped(chosen);
        let last = self.last_uses(&groups);
        let (evaluated, described) = (Evaluated::default(), Described::default());
        let mut outcomes: Vec<Outcome> = if self.prepared.panel.n_rows() < LARGE {
            groups.par_iter().flat_map(|group| self.group(group, &evaluated, &described)).collect()
        } else {
            let mut all = Vec::new();
            for (done, group) in groups.iter().enumerate() {
                all.extend(self.group(group, &evaluated, &described));
                // Columns that only finished groups used are given back.
                evaluated.keep_only(|text| last.get(text).is_some_and(|&group| group > done));
            }
            all
        };
        outcomes.sort_by_key(|(position, _)| *position);
        (outcomes.into_iter().map(|(_, outcome)| outcome).collect(), described.listed())
    }

    fn grouped(&self, chosen: &[usize]) -> Vec<Vec<usize>> {
        let mut groups: IndexMap<String, Vec<usize>> = IndexMap::new();
        for &position in chosen {
            groups.entry(self.plan.models[position].group_key()).or_default().push(position);
        }
        groups.into_values().collect()
    }

    /// Of every expression and condition (by its text) the last group that has it.
    fn last_uses(&self, groups: &[Vec<usize>]) -> HashMap<String, usize> {
        let mut last = HashMap::new();
        let models = groups.iter().enumerate().flat_map(|(at, group)| group.iter().map(move |position| (at, position)));
        for (at, &position) in models {
            let model = &self.plan.models[position];
            let formula = &model.formula;
            let slopes = formula.absorbed.iter().flat_map(|effect| &effect.slopes);
            let weights = model.weights.iter().map(|weights| &weights.value.expr);
            let offset = model.offset.iter().map(|offset| &offset.expr);
            let others = std::iter::once(&formula.outcome).chain(slopes).chain(weights).chain(offset);
            last.extend(others.map(|expr| (expr.canonical(), at)));
            let regressors = formula.regressors.iter().chain(&formula.endogenous).chain(&formula.instruments);
            for term in regressors {
                last.extend([(term.canonical(), at), (term.text(&model.formula_text), at)]);
            }
            last.insert(model.filter_key(), at);
        }
        last
    }

    /// Designs the models of a group and estimates those with the same sample together.
    fn group(&self, positions: &[usize], evaluated: &Evaluated, described: &Described) -> Vec<Outcome> {
        let shared = SharedColumns::new();
        let mut outcomes: Vec<Outcome> = Vec::new();
        let mut samples: IndexMap<usize, Vec<(usize, Designed)>> = IndexMap::new();
        for &position in positions {
            let model = &self.plan.models[position];
            match design(&self.plan.study, self.prepared, model, (evaluated, &shared), &[]) {
                Ok(designed) => {
                    let sample = Arc::as_ptr(&designed.design.sample.rows) as usize;
                    samples.entry(sample).or_default().push((position, designed));
                }
                Err(error) => outcomes.push((position, Err(error))),
            }
        }
        drop(shared);
        for (_, designed) in samples {
            outcomes.extend(self.sample(designed, evaluated, described));
        }
        outcomes
    }

    /// Estimates models with the same sample, effects and weights.
    fn sample(&self, models: Vec<(usize, Designed)>, evaluated: &Evaluated, described: &Described) -> Vec<Outcome> {
        let cache = Arc::new(AbsorberCache::new());
        // A shift-share model takes its controls out by itself.
        let is_new = |position: usize| {
            let model = &self.plan.models[position];
            model.method == MethodSpec::Ols && !self.former.contains_key(&model.name)
        };
        let fresh: Vec<&DesignMatrix> =
            models.iter().filter(|(position, _)| is_new(*position)).map(|(_, designed)| &designed.design).collect();
        if self.plan.models.len() > MANY && !fresh.is_empty() {
            let first = &self.plan.models[models[0].0].name;
            self.observer.models(&format!("estimating {} models that share the sample of {first}", fresh.len()), 0);
        }
        if !self.options.interrupted.load(Ordering::Relaxed) {
            share(&fresh, &cache);
        }
        models
            .into_par_iter()
            .map(|(position, designed)| (position, self.model((position, designed), evaluated, &cache, described)))
            .collect()
    }

    fn model(
        &self,
        (position, mut designed): (usize, Designed),
        evaluated: &Evaluated,
        cache: &Arc<AbsorberCache>,
        described: &Described,
    ) -> Result<Estimated, RunError> {
        if self.options.interrupted.load(Ordering::Relaxed) {
            return Err(RunError::Interrupted);
        }
        let model = &self.plan.models[position];
        // Fitted values are not part of a record: they are made anew.
        let is_kept = model.inference.predict.as_ref().is_none_or(|predict| !predict.sample);
        // Rows that a search found separated are not known before it.
        let is_whole = |known: &&Fit| known.ledger.lost(Reason::Separated) == 0;
        let wanted = Wanted::of(&self.plan.study.figures, |name| self.is_first(position, name));
        // What a figure asks of a distribution is in the record of a fit that was drawn before.
        let is_drawn = |known: &&Fit| !wanted.anything() || has(known, wanted);
        let former = self.former.get(&model.name).filter(|_| is_kept);
        let (fit, beside) = match former.filter(is_whole).filter(is_drawn) {
            Some(known) => {
                let members = join(&self.plan.study, model, &designed, cache)?;
                (known.clone(), Beside { members, ..Beside::default() })
            }
            None => {
                if self.plan.models.len() > MANY {
                    self.observer.models("", 1);
                } else {
                    self.observer.step(&format!("estimating {}", model.name));
                }
                let mut separated = Vec::new();
                loop {
                    let done = fit((&self.plan.study, self.prepared), (model, wanted), &designed, cache);
                    let Some(found) = done.as_ref().err().and_then(RunError::separated) else { break done? };
                    separated.push(found.mask(self.prepared.panel.n_rows()));
                    let columns = (evaluated, &SharedColumns::new());
                    designed = design(&self.plan.study, self.prepared, model, columns, &separated)?;
                }
            }
        };
        deny(&self.plan.study, &fit.notes)?;
        described.add(position, &designed.design);
        let kept = self.is_drawn(position).then(|| (designed, Arc::clone(cache)));
        Ok(Estimated { position, fit, beside, kept })
    }

    /// Whether a figure needs the model's columns.
    fn is_drawn(&self, position: usize) -> bool {
        self.plan.study.figures.iter().any(|figure| match &figure.content {
            FigureContent::Binscatter(content) => self.is_first(position, &content.model),
            _ => false,
        })
    }

    /// Whether a figure of the model `name` shows the model at a position: the first of a name, or the chosen one.
    fn is_first(&self, position: usize, name: &str) -> bool {
        let model = &self.plan.models[position];
        let is_first = || self.plan.models[..position].iter().all(|other| other.base != name && other.name != name);
        (name == model.name || name == model.base)
            && (is_first() || self.options.only.as_ref().is_some_and(|p| matches_name(p, &model.name)))
    }
}

/// Whether a record has what figures ask of its distribution.
fn has(fit: &Fit, wanted: Wanted) -> bool {
    let found = fit.likelihood.as_ref().and_then(|likelihood| likelihood.distribution.as_ref());
    found.is_some_and(|found| (found.most, found.bins) == (wanted.most, wanted.bins))
}

/// Outcome, regressors and instruments.
fn listed(design: &DesignMatrix) -> impl Iterator<Item = &Variable> {
    let instrumented = design.endogenous.iter().chain(&design.instruments);
    std::iter::once(&design.outcome).chain(&design.regressors).chain(instrumented)
}

/// The position of a model, the place of a variable in it, and the statistics.
type Placed = ((usize, usize), DescriptiveStatistics);

/// Descriptive statistics by variable, each on the sample of the first model that has it.
#[derive(Default)]
struct Described {
    /// By name.
    known: Mutex<HashMap<String, Placed>>,
}

impl Described {
    fn add(&self, position: usize, design: &DesignMatrix) {
        for (place, variable) in listed(design).enumerate() {
            // A factor's many columns say little one by one.
            let is_level = variable.name.contains("::");
            if is_level || self.locked().get(&variable.name).is_some_and(|(at, _)| at.0 <= position) {
                continue;
            }
            let found = describe(&variable.name, &variable.values);
            let mut known = self.locked();
            if known.get(&variable.name).is_none_or(|(at, _)| at.0 > position) {
                known.insert(variable.name.clone(), ((position, place), found));
            }
        }
    }

    fn listed(self) -> Vec<DescriptiveStatistics> {
        let known = self.known.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<_> = known.into_values().collect();
        found.sort_by_key(|(at, _)| *at);
        found.into_iter().map(|(_, statistics)| statistics).collect()
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, HashMap<String, Placed>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
