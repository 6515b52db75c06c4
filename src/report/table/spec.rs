//! [`TableSpec`]: what a regression table shows, checked, with every default filled in.

use std::collections::HashSet;

use indexmap::IndexMap;
use thiserror::Error;

use crate::estimate::Fit;
use crate::pattern::matches;
use crate::report::number::Digits;
use crate::study::table::{Below, Statistic, TableSection};

/// What a regression table shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableSpec {
    /// Its name.
    pub name: String,
    /// Names or patterns of models, in column order; empty means every model.
    pub models: Vec<String>,
    /// The title.
    pub title: Option<String>,
    /// What to print in place of a name.
    pub labels: IndexMap<String, String>,
    /// Which terms, in which order.
    pub terms: Patterns,
    /// How estimates look.
    pub style: Style,
    /// Whether to show true values.
    pub truth: bool,
    /// The study's own notes.
    pub notes: Vec<String>,
    /// The rows below the estimates.
    pub statistics: Vec<Statistic>,
}

/// Which terms a table shows, as patterns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Patterns {
    /// To show; empty means all.
    pub keep: Vec<String>,
    /// To leave out.
    pub drop: Vec<String>,
    /// To put first, in this order.
    pub order: Vec<String>,
}

/// How estimates look.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Style {
    /// What stands below each.
    pub below: Below,
    /// Stars at 10, 5 and 1 %.
    pub stars: bool,
    /// Digits.
    pub digits: Digits,
    /// Whether coefficients of a log, logit or complementary log-log link are shown as ratios.
    pub exponentiate: bool,
}

/// A pattern of a table that means nothing in the study's results.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum TableFault {
    /// No model has this name.
    #[error("table {table}: no model is named `{pattern}`{}", nearest_in_words(.nearest))]
    NoSuchModel {
        /// The table.
        table: String,
        /// What it asks for.
        pattern: String,
        /// The nearest name.
        nearest: Option<String>,
    },
    /// No term of its models matches.
    #[error("table {table}: `{pattern}` in {key} matches no term of its models{}", nearest_in_words(.nearest))]
    NoSuchTerm {
        /// The table.
        table: String,
        /// `keep`, `drop`, `order` or `labels`.
        key: &'static str,
        /// What it asks for.
        pattern: String,
        /// The nearest name.
        nearest: Option<String>,
    },
}

fn nearest_in_words(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

impl From<&TableSection> for TableSpec {
    fn from(section: &TableSection) -> Self {
        let digits = match (section.decimals, section.digits) {
            (Some(decimals), _) => Digits::Decimals(decimals),
            (None, Some(significant)) => Digits::Significant(significant),
            (None, None) => Digits::default(),
        };
        TableSpec {
            name: section.name.clone(),
            models: section.models.clone(),
            title: section.title.clone(),
            labels: section.labels.clone(),
            terms: Patterns { keep: section.keep.clone(), drop: section.drop.clone(), order: section.order.clone() },
            style: Style { below: section.below, stars: section.stars, digits, exponentiate: section.exponentiate },
            truth: section.truth,
            notes: section.notes.clone(),
            statistics: section.statistics.clone().unwrap_or_else(|| Statistic::DEFAULT.to_vec()),
        }
    }
}

impl TableSpec {
    /// The fits of this table in column order, each once: a pattern matches a model's full name or its name without
    /// choices.
    pub fn select<'a>(&self, fits: &'a [Fit]) -> Vec<&'a Fit> {
        if self.models.is_empty() {
            return fits.iter().collect();
        }
        let mut seen = HashSet::new();
        let named = self.models.iter().flat_map(|pattern| fits.iter().filter(move |fit| is_named(pattern, fit)));
        named.filter(|fit| seen.insert(fit.model.as_str())).collect()
    }

    /// Every pattern and label that matches nothing: a misspelt one must not pass in silence.
    pub fn faults(&self, fits: &[Fit]) -> Vec<TableFault> {
        let models = self.models.iter().filter(|p| !fits.iter().any(|fit| is_named(p, fit)));
        let mut faults: Vec<TableFault> = models
            .map(|pattern| TableFault::NoSuchModel {
                table: self.name.clone(),
                pattern: pattern.clone(),
                nearest: nearest(pattern, fits.iter().map(|fit| fit.base.as_str())),
            })
            .collect();
        let chosen = self.select(fits);
        let terms: Vec<&str> = chosen.iter().flat_map(|fit| fit.coefficients.iter()).map(|c| c.term.as_str()).collect();
        let keys = [("keep", &self.terms.keep), ("drop", &self.terms.drop), ("order", &self.terms.order)];
        for (key, patterns) in keys {
            for pattern in patterns.iter().filter(|p| !terms.iter().any(|term| matches(p, term))) {
                faults.push(self.no_such_term(key, pattern, &terms));
            }
        }
        let names = known_names(&chosen);
        for label in self.labels.keys().filter(|label| !names.iter().any(|name| name == *label)) {
            faults.push(self.no_such_term("labels", label, &terms));
        }
        faults
    }

    fn no_such_term(&self, key: &'static str, pattern: &str, terms: &[&str]) -> TableFault {
        let nearest = nearest(pattern, terms.iter().copied());
        TableFault::NoSuchTerm { table: self.name.clone(), key, pattern: pattern.to_string(), nearest }
    }

    /// What to print for a term, outcome, effect or cluster variable: its label, or the labels of its parts
    /// (`a:b` as `A × B`), or the name as written.
    pub fn label(&self, name: &str) -> String {
        if let Some(label) = self.labels.get(name) {
            return label.clone();
        }
        let parts: Vec<&str> = if name.contains('^') { name.split('^').collect() } else { split_interaction(name) };
        if parts.len() > 1 && parts.iter().any(|part| self.labels.contains_key(*part)) {
            let shown: Vec<&str> =
                parts.iter().map(|part| self.labels.get(*part).map_or(*part, String::as_str)).collect();
            return shown.join(" × ");
        }
        name.to_string()
    }
}

/// Splits `a:b` and leaves the `::` of a factor's level alone.
fn split_interaction(name: &str) -> Vec<&str> {
    if name.contains("::") { vec![name] } else { name.split(':').collect() }
}

/// Every name of a set of fits that a label may stand for.
fn known_names(fits: &[&Fit]) -> Vec<String> {
    let mut names = Vec::new();
    for fit in fits {
        names.extend([fit.model.clone(), fit.base.clone(), fit.outcome.clone()]);
        names.extend(fit.inference.combinations.iter().map(|row| row.name.clone()));
        let compound = fit
            .coefficients
            .iter()
            .map(|c| c.term.as_str())
            .chain(fit.absorbed.iter().map(|effect| effect.name.as_str()))
            .chain(fit.errors.clusters.iter().map(|cluster| cluster.variable.as_str()));
        for name in compound {
            names.extend(name.split('^').map(str::to_string));
            names.extend(split_interaction(name).into_iter().map(str::to_string));
        }
    }
    names
}

fn is_named(pattern: &str, fit: &Fit) -> bool {
    matches(pattern, &fit.model) || matches(pattern, &fit.base)
}

/// The most similar of some names, if one is similar enough to be what was meant.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    known
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(similarity, _)| *similarity > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.to_string())
}
