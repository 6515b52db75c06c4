//! Stepwise formulas to models, in fixest's order.
//!
//! The absorbed effects vary slowest, then the outcomes, then the regressors. Several stepwise groups in one part are
//! crossed, the first varying slowest. `mvsw` goes through its subsets by size, and within a size in the order written.

use std::collections::HashSet;

use super::ast::{AbsorbedGroup, Effect, Expr, FormulaText, ModelFormula, Regressor, Stepwise};

/// One way through the stepwise groups of a part, with the words for it.
#[derive(Clone, Debug)]
struct Choice<T> {
    items: Vec<T>,
    steps: Vec<String>,
}

impl FormulaText {
    /// Every model that the formula stands for: outcomes x regressors x absorbed effects.
    ///
    /// `text` is the text that was parsed: outcomes are named as written there. A term or effect that two groups give
    /// is kept once, where it first stands. `steps` of a model holds, in this order, the choice of absorbed effects
    /// (`"absorb sw0 2"`, counted from 1), the outcome's name and the choice of regressors (`"csw 2"`); parts
    /// without a choice are left out.
    ///
    /// ```
    /// let text = "c(y1, y2) ~ x + csw0(a, b) | sw(f, g)";
    /// let models = isard::formula::parse_formula(text).unwrap().expand(text);
    /// assert_eq!(models.len(), 12);
    /// assert_eq!(models[1].steps, ["absorb sw 1", "y1", "csw0 2"]);
    /// ```
    pub fn expand(&self, text: &str) -> Vec<ModelFormula> {
        let absorbed = choices(self.absorbed.iter().map(Group::from), "absorb ");
        let regressors = choices(self.regressors.iter().map(Group::from), "");
        let mut models = Vec::with_capacity(absorbed.len() * self.outcomes.len() * regressors.len());
        for effects in &absorbed {
            for outcome in &self.outcomes {
                let named = (self.outcomes.len() > 1).then(|| outcome.text(text));
                for terms in &regressors {
                    models.push(ModelFormula {
                        outcome: outcome.clone(),
                        regressors: distinct(&terms.items, Expr::canonical),
                        intercept: self.intercept,
                        absorbed: distinct(&effects.items, Effect::canonical),
                        endogenous: distinct(&self.endogenous, Expr::canonical),
                        instruments: distinct(&self.instruments, Expr::canonical),
                        steps: effects.steps.iter().chain(&named).chain(&terms.steps).cloned().collect(),
                    });
                }
            }
        }
        models
    }

    /// How many models the formula stands for; `None` when they cannot be counted.
    pub fn n_models(&self) -> Option<usize> {
        let regressors = self.regressors.iter().map(|group| Group::from(group).n_choices());
        let absorbed = self.absorbed.iter().map(|group| Group::from(group).n_choices());
        regressors.chain(absorbed).try_fold(self.outcomes.len(), |all, count| all.checked_mul(count?))
    }
}

impl Stepwise {
    /// How many choices `n` steps give.
    fn count(self, n: usize) -> Option<usize> {
        match self {
            Stepwise::Sw | Stepwise::Csw => Some(n),
            Stepwise::Sw0 | Stepwise::Csw0 => n.checked_add(1),
            Stepwise::Mvsw => 1usize.checked_shl(u32::try_from(n).ok()?),
        }
    }

    /// The steps that each choice takes, by position.
    fn choices(self, n: usize) -> Vec<Vec<usize>> {
        let single = (0..n).map(|at| vec![at]);
        let cumulative = (0..n).map(|at| (0..=at).collect());
        match self {
            Stepwise::Sw => single.collect(),
            Stepwise::Sw0 => std::iter::once(Vec::new()).chain(single).collect(),
            Stepwise::Csw => cumulative.collect(),
            Stepwise::Csw0 => std::iter::once(Vec::new()).chain(cumulative).collect(),
            Stepwise::Mvsw => subsets(n),
        }
    }
}

/// Subsets of `0..n`, small ones first, equal sizes in lexicographic order.
fn subsets(n: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for at in 0..n {
        for before in 0..all.len() {
            let mut larger = all[before].clone();
            larger.push(at);
            all.push(larger);
        }
    }
    all.sort_by(|a: &Vec<usize>, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    all
}

/// A part of a formula: one item, or a stepwise group of them.
enum Group<'a, T> {
    One(&'a T),
    Steps(Stepwise, &'a [Vec<T>]),
}

impl<'a> From<&'a Regressor> for Group<'a, Expr> {
    fn from(regressor: &'a Regressor) -> Self {
        match regressor {
            Regressor::Term(term) => Group::One(term),
            Regressor::Stepwise(how, steps) => Group::Steps(*how, steps),
        }
    }
}

impl<'a> From<&'a AbsorbedGroup> for Group<'a, Effect> {
    fn from(group: &'a AbsorbedGroup) -> Self {
        match group {
            AbsorbedGroup::Effect(effect) => Group::One(effect),
            AbsorbedGroup::Stepwise(how, steps) => Group::Steps(*how, steps),
        }
    }
}

impl<T> Group<'_, T> {
    fn n_choices(&self) -> Option<usize> {
        match self {
            Group::One(_) => Some(1),
            Group::Steps(how, steps) => how.count(steps.len()),
        }
    }
}

/// Every way through the groups, the first group varying slowest. `part` goes before the words of each step.
fn choices<'a, T: Clone + 'a>(groups: impl Iterator<Item = Group<'a, T>>, part: &str) -> Vec<Choice<T>> {
    let mut all = vec![Choice { items: Vec::new(), steps: Vec::new() }];
    for group in groups {
        match group {
            Group::One(item) => all.iter_mut().for_each(|choice| choice.items.push(item.clone())),
            Group::Steps(how, steps) => {
                let ways = how.choices(steps.len());
                all = all
                    .iter()
                    .flat_map(|choice| ways.iter().enumerate().map(move |way| (choice, way)))
                    .map(|(choice, (at, way))| {
                        choice.with(
                            way.iter().filter_map(|step| steps.get(*step)),
                            format!("{part}{} {}", how.name(), at + 1),
                        )
                    })
                    .collect();
            }
        }
    }
    all
}

impl<T: Clone> Choice<T> {
    fn with<'a>(&self, steps: impl Iterator<Item = &'a Vec<T>>, words: String) -> Self
    where
        T: 'a,
    {
        let mut longer = self.clone();
        longer.items.extend(steps.flatten().cloned());
        longer.steps.push(words);
        longer
    }
}

/// The items without those whose key has been seen before.
fn distinct<T: Clone>(items: &[T], key: impl Fn(&T) -> String) -> Vec<T> {
    let mut seen = HashSet::new();
    items.iter().filter(|item| seen.insert(key(item))).cloned().collect()
}
