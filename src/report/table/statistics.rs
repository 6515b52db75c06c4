//! The lower part of a regression table: a row for each statistic that at least one of its models has.

use super::asked::{self, distinct};
use super::inference::kind_in_words;
use super::{Cell, Row, RowKind, TableSpec};
use crate::estimate::Fit;
use crate::report::number::{Rounding, count, degrees};
use crate::study::table::Statistic;

/// The rows of one statistic; none where it does not exist for any column.
pub fn rows(statistic: Statistic, spec: &TableSpec, fits: &[&Fit]) -> Vec<Row> {
    match statistic {
        Statistic::Effects => effects(spec, fits),
        Statistic::Choices => choices(fits),
        Statistic::Clusters => clusters(spec, fits),
        Statistic::Combinations => asked::combinations(spec, fits),
        Statistic::Tests => asked::tests(fits),
        Statistic::Method => words("Method", fits, |fit| method_in_words(&fit.method), true),
        Statistic::Errors => words("Standard errors", fits, |fit| kind_in_words(&fit.errors), false),
        Statistic::Weights => words("Weights", fits, |fit| fit.weights.clone().unwrap_or_default(), false),
        _ => number(statistic, fits),
    }
}

/// A method as readers know it.
pub fn method_in_words(method: &str) -> String {
    match method {
        "ols" | "wls" | "liml" | "gmm" => method.to_uppercase(),
        "iv" => "2SLS".to_string(),
        "fuller" => "Fuller".to_string(),
        "poisson" | "gamma" => {
            let (first, rest) = method.split_at(1);
            format!("{}{rest}", first.to_uppercase())
        }
        "negbin" => "Negative binomial".to_string(),
        "negbin1" => "Negative binomial (NB1)".to_string(),
        "zero-inflated-poisson" => "Zero-inflated Poisson".to_string(),
        "zero-inflated-negbin" => "Zero-inflated negative binomial".to_string(),
        "hurdle-poisson" => "Hurdle, Poisson".to_string(),
        "hurdle-negbin" => "Hurdle, negative binomial".to_string(),
        "conditional-logit" => "Conditional logit".to_string(),
        "conditional-negbin" => "Conditional negative binomial".to_string(),
        "cloglog" => "Complementary log-log".to_string(),
        "logit" | "probit" | "fractional" => {
            let (first, rest) = method.split_at(1);
            format!("{}{rest}", first.to_uppercase())
        }
        "pooled" => "Pooled OLS".to_string(),
        "within" => "Within".to_string(),
        "between" => "Between".to_string(),
        "difference" => "Difference".to_string(),
        "random" => "Random effects".to_string(),
        "anderson-hsiao" => "Anderson-Hsiao".to_string(),
        "arellano-bond" => "Difference GMM".to_string(),
        "blundell-bond" => "System GMM".to_string(),
        "bias-corrected" => "Bias-corrected within".to_string(),
        "half-panel-jackknife" => "Half-panel jackknife".to_string(),
        "transformed-likelihood" => "Transformed likelihood".to_string(),
        "fama-macbeth" => "Fama-MacBeth".to_string(),
        "spatial-lag" => "Spatial lag".to_string(),
        "spatial-error" => "Spatial error".to_string(),
        "spatial-durbin" => "Spatial Durbin".to_string(),
        "spatial-durbin-error" => "Spatial Durbin error".to_string(),
        "slx" | "sac" => method.to_uppercase(),
        "general-nesting" => "General nesting".to_string(),
        "mean-group" => "Mean group".to_string(),
        "cce-mean-group" => "CCE mean group".to_string(),
        "cce-pooled" => "CCE pooled".to_string(),
        "swamy" => "Random coefficients".to_string(),
        "mundlak" => "Mundlak".to_string(),
        "hausman-taylor" => "Hausman-Taylor".to_string(),
        "amemiya-macurdy" => "Amemiya-MaCurdy".to_string(),
        "breusch-mizon-schmidt" => "Breusch-Mizon-Schmidt".to_string(),
        "fgls" => "FGLS".to_string(),
        "fgls-within" => "FGLS, within".to_string(),
        "fgls-difference" => "FGLS, difference".to_string(),
        other => match other.strip_suffix("-moments") {
            Some(spatial) => format!("{} (moments)", method_in_words(spatial)),
            None => other.to_string(),
        },
    }
}

fn row(label: impl Into<String>, cells: Vec<Cell>) -> Row {
    Row { label: label.into(), kind: RowKind::Statistic, cells }
}

/// A row of words; with `only_if_differs`, left out when every column says the same.
fn words(label: &str, fits: &[&Fit], word: impl Fn(&Fit) -> String, only_if_differs: bool) -> Vec<Row> {
    let texts: Vec<String> = fits.iter().map(|fit| word(fit)).collect();
    let is_same = texts.windows(2).all(|pair| matches!(pair, [a, b] if a == b));
    if texts.iter().all(String::is_empty) || (only_if_differs && is_same) {
        return Vec::new();
    }
    vec![row(label, texts.into_iter().map(Cell::text).collect())]
}

fn effects(spec: &TableSpec, fits: &[&Fit]) -> Vec<Row> {
    let names = distinct(fits.iter().flat_map(|fit| &fit.absorbed).map(|effect| effect.name.as_str()));
    let has = |fit: &Fit, name: &str| fit.absorbed.iter().any(|effect| effect.name == name);
    let yes = |is_there: bool| Cell::text(if is_there { "yes" } else { "no" });
    let cells = |name: &str| fits.iter().map(|fit| yes(has(fit, name))).collect();
    names.into_iter().map(|name| row(format!("{} effects", spec.label(name)), cells(name))).collect()
}

fn choices(fits: &[&Fit]) -> Vec<Row> {
    let axes = distinct(fits.iter().flat_map(|fit| fit.choices.keys()).map(String::as_str));
    let value = |fit: &Fit, axis: &str| fit.choices.get(axis).cloned().unwrap_or_default();
    axes.into_iter().flat_map(|axis| words(axis, fits, |fit| value(fit, axis), true)).collect()
}

fn clusters(spec: &TableSpec, fits: &[&Fit]) -> Vec<Row> {
    let names = distinct(fits.iter().flat_map(|fit| &fit.errors.clusters).map(|c| c.variable.as_str()));
    let found = |fit: &Fit, name: &str| {
        let cluster = fit.errors.clusters.iter().find(|c| c.variable == name);
        Cell::number(cluster.map(|c| count(c.clusters)).unwrap_or_default())
    };
    let cells = |name: &str| fits.iter().map(|fit| found(fit, name)).collect();
    names.into_iter().map(|name| row(format!("Clusters: {}", spec.label(name)), cells(name))).collect()
}

fn number(statistic: Statistic, fits: &[&Fit]) -> Vec<Row> {
    let values: Vec<Option<f64>> = fits.iter().map(|fit| value(statistic, fit)).collect();
    let (label, is_count, decimals) = describe(statistic);
    if values.iter().all(Option::is_none) {
        return Vec::new();
    }
    let write = |value: f64| if is_count { degrees(value) } else { Rounding::Decimals(decimals).write(value) };
    vec![row(label, values.into_iter().map(|v| Cell::number(v.map(write).unwrap_or_default())).collect())]
}

/// Label, whether it is a count, and decimals.
fn describe(statistic: Statistic) -> (&'static str, bool, usize) {
    match statistic {
        Statistic::Observations => ("Observations", true, 0),
        Statistic::Dropped => ("Rows not used", true, 0),
        Statistic::RSquared => ("R²", false, 4),
        Statistic::AdjRSquared => ("Adjusted R²", false, 4),
        Statistic::WithinRSquared => ("Within R²", false, 4),
        Statistic::OutcomeMean => ("Mean of the outcome", false, 4),
        Statistic::Rmse => ("Root mean squared error", false, 4),
        Statistic::LogLikelihood => ("Log likelihood", false, 1),
        Statistic::Aic => ("AIC", false, 1),
        Statistic::Bic => ("BIC", false, 1),
        Statistic::FStatistic => ("F statistic", false, 2),
        Statistic::AbsorbedDof => ("Absorbed parameters", true, 0),
        Statistic::DfResidual => ("Residual degrees of freedom", true, 0),
        Statistic::FirstStageF => ("First-stage F", false, 2),
        Statistic::EffectiveF => ("Effective F", false, 2),
        Statistic::KpF => ("Kleibergen-Paap F", false, 2),
        Statistic::HansenJP => ("Hansen J, p-value", false, 4),
        Statistic::SarganP => ("Sargan, p-value", false, 4),
        _ => ("", false, 0),
    }
}

fn test<'a>(fit: &'a Fit, name: &str) -> Option<&'a crate::estimate::TestResult> {
    fit.tests.iter().find(|test| test.test == name)
}

fn value(statistic: Statistic, fit: &Fit) -> Option<f64> {
    let s = &fit.statistics;
    match statistic {
        Statistic::Observations => Some(s.n_obs as f64),
        Statistic::Dropped => Some(s.n_dropped as f64),
        Statistic::RSquared => s.r_squared,
        Statistic::AdjRSquared => s.adj_r_squared,
        Statistic::WithinRSquared => s.within_r_squared,
        Statistic::OutcomeMean => s.outcome_mean,
        Statistic::Rmse => s.rmse,
        Statistic::LogLikelihood => s.log_likelihood,
        Statistic::Aic => s.aic,
        Statistic::Bic => s.bic,
        Statistic::FStatistic => s.f_statistic,
        Statistic::AbsorbedDof => Some(s.absorbed_dof as f64),
        Statistic::DfResidual => s.df_residual,
        Statistic::FirstStageF => match fit.first_stages.as_slice() {
            [only] => only.f_statistic,
            _ => None,
        },
        Statistic::EffectiveF => test(fit, "effective F").map(|test| test.statistic),
        Statistic::KpF => test(fit, "Kleibergen-Paap rk F").map(|test| test.statistic),
        Statistic::HansenJP => test(fit, "Hansen J").and_then(|test| test.p_value),
        Statistic::SarganP => test(fit, "Sargan").and_then(|test| test.p_value),
        _ => None,
    }
    .filter(|value| value.is_finite())
}
