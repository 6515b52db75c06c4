//! The notes of a regression table, written from the inference that was actually done.

use super::TableSpec;
use crate::estimate::{ErrorsRecord, Fit};
use crate::note::Note;
use crate::report::number::{count, counted, degrees, listed};
use crate::study::table::Below;

/// What AKM errors allow for.
const EXPOSURE_ROBUST: &str = "robust to correlation between regions with similar shares (AKM)";

/// The kind of errors in a word or two, for a row of the table.
pub fn kind_in_words(errors: &ErrorsRecord) -> String {
    match errors.kind.as_str() {
        "cluster" => "clustered".into(),
        "iid" => "iid".into(),
        "newey_west" => "Newey-West".into(),
        "driscoll_kraay" => "Driscoll-Kraay".into(),
        "conley" => "Conley".into(),
        "conley_newey_west" => "Conley and Newey-West".into(),
        "jackknife" => "cluster jackknife".into(),
        "arellano" => "Arellano".into(),
        "white1" => "White 1".into(),
        "white2" => "White 2".into(),
        "beck_katz" => "Beck-Katz".into(),
        "scc" => "Driscoll-Kraay (plm)".into(),
        "nw" => "Newey-West (plm)".into(),
        "double_clustering" => "double clustering".into(),
        kind @ ("windmeijer" | "robust" | "information") => kind.into(),
        "moments_given_lambda" => "given lambda".into(),
        "moments_equal_variances" => "moments".into(),
        "moments_unequal_variances" => "moments, robust".into(),
        other => other.to_uppercase(),
    }
}

/// How the errors were computed, as the end of a sentence: `clustered by region (179 clusters)`. `label` turns the name of
/// a cluster variable into what to print.
pub fn errors_in_words(errors: &ErrorsRecord, label: impl Fn(&str) -> String) -> String {
    format!("{}{}", method(errors, label), clusters(errors))
}

/// Errors that an estimator brings along, as the end of a sentence; `None` for others.
pub fn own_errors_in_words(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "information" => "from the information matrix of the likelihood",
        "moments_given_lambda" => "of moments, as if lambda were known (Kelejian and Prucha 1998)",
        "moments_equal_variances" => "of moments, under equal variances (Drukker, Egger and Prucha 2013)",
        "moments_unequal_variances" => "of moments, robust to unequal variances (Arraiz et al. 2010)",
        "windmeijer" => "robust within units, corrected for estimated weights (Windmeijer)",
        "robust" => "robust within units",
        "gmm" => "as if the weights of the moments were known",
        _ => return None,
    })
}

fn method(errors: &ErrorsRecord, label: impl Fn(&str) -> String) -> String {
    match errors.kind.as_str() {
        kind @ ("cluster" | "cr0" | "cr2" | "cr3" | "jackknife") => {
            let names: Vec<String> = errors.clusters.iter().map(|c| label(&c.variable)).collect();
            let how = match kind {
                "cluster" => "",
                "cr0" => ", without factors (CR0)",
                "cr2" => ", adjusted for leverage (CR2)",
                "cr3" => ", by the jackknife (CR3)",
                _ => ", by the jackknife about its mean",
            };
            format!("clustered by {}{how}", listed(&names))
        }
        "newey_west" => format!("robust to correlation over time within units (Newey-West, {})", lags(errors)),
        "driscoll_kraay" => {
            format!("robust to correlation between units and over time (Driscoll-Kraay, {})", lags(errors))
        }
        "conley" => format!("robust to correlation between near places (Conley){}", places(errors)),
        "conley_newey_west" => format!(
            "robust to correlation between near places (Conley) and over time (Newey-West, {}){}",
            lags(errors),
            places(errors)
        ),
        "akm" if errors.clusters.is_empty() => EXPOSURE_ROBUST.into(),
        "akm" => format!("{EXPOSURE_ROBUST} and between the shocks of a group"),
        "iid" => "assuming independent errors of equal variance".into(),
        "arellano" => "clustered by unit or period (Arellano)".into(),
        "white1" => "robust to unequal variances (White 1)".into(),
        "white2" => "robust to variances that differ between units or periods (White 2)".into(),
        "beck_katz" => "robust to correlation between units of one period (Beck-Katz)".into(),
        "scc" => "robust to correlation between units and over time (Driscoll-Kraay as plm has it)".into(),
        "nw" => "robust to correlation over time within units (Newey-West as plm has it)".into(),
        "double_clustering" => "clustered by unit and by period".into(),
        other => own_errors_in_words(other)
            .map_or_else(|| format!("robust to unequal variances ({})", other.to_uppercase()), String::from),
    }
}

fn lags(errors: &ErrorsRecord) -> String {
    errors.details.periods.as_ref().map_or_else(String::new, |periods| {
        format!("{} of {}", counted(periods.lags, "lag", "lags"), counted(periods.periods, "period", "periods"))
    })
}

fn places(errors: &ErrorsRecord) -> String {
    errors.details.places.map_or_else(String::new, |places| format!(", {}", counted(places, "place", "places")))
}

fn clusters(errors: &ErrorsRecord) -> String {
    match errors.clusters.as_slice() {
        [] => String::new(),
        [one] if errors.kind == "akm" => format!(" ({})", counted(one.clusters, "group", "groups")),
        [one] => format!(" ({})", counted(one.clusters, "cluster", "clusters")),
        many => {
            let counts: Vec<String> = many.iter().map(|c| count(c.clusters)).collect();
            format!(" ({} clusters)", listed(&counts))
        }
    }
}

/// All notes of a table in order: truth, errors, stars, samples, what was left out, the study's own.
pub fn notes(spec: &TableSpec, fits: &[&Fit], has_truth: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if has_truth {
        notes.push("True values are those of the process that the synthetic data were drawn from.".to_string());
    }
    if spec.style.exponentiate {
        notes.extend(super::ratios::note(fits));
    }
    notes.push(errors_note(spec, fits));
    if spec.style.stars {
        notes.push("* p < 0.10, ** p < 0.05, *** p < 0.01.".to_string());
    }
    notes.extend(samples_note(fits));
    notes.extend(findings(fits));
    notes.extend(spec.notes.iter().cloned());
    notes
}

/// The finding that the columns use different numbers of observations.
pub fn samples_differ(spec: &TableSpec, fits: &[&Fit]) -> Option<Note> {
    let n_obs: Vec<usize> = fits.iter().map(|fit| fit.statistics.n_obs).collect();
    let first = n_obs.first()?;
    n_obs.iter().any(|n| n != first).then(|| Note::SamplesDiffer { table: spec.name.clone(), n_obs })
}

fn samples_note(fits: &[&Fit]) -> Option<String> {
    let groups = grouped(fits, |fit| fit.statistics.n_obs);
    let one = |(n, columns): &(usize, Vec<usize>)| {
        format!("{} in {}", counted(*n, "observation", "observations"), columns_in_words(columns))
    };
    let parts: Vec<String> = groups.iter().map(one).collect();
    (groups.len() > 1).then(|| format!("Columns use different samples: {}.", listed(&parts)))
}

fn errors_note(spec: &TableSpec, fits: &[&Fit]) -> String {
    let lead = match spec.style.below {
        Below::StdError => "Standard errors in parentheses",
        Below::T => "t statistics in parentheses, from standard errors",
        Below::P => "p-values in parentheses, from standard errors",
        Below::Interval => "95 % confidence intervals in brackets, from standard errors",
        Below::WildP | Below::WildInterval => return wild_note(spec, fits),
    };
    let groups = grouped(fits, |fit| method(&fit.errors, |name| spec.label(name)));
    let describe = |(method, columns): &(String, Vec<usize>)| {
        let members: Vec<&Fit> = columns.iter().filter_map(|&i| fits.get(i).copied()).collect();
        format!("{method}{}{}", shared_clusters(&members), distribution(&members))
    };
    let dialects: Vec<String> = grouped(fits, |fit| fit.errors.dialect.clone()).into_iter().map(|(d, _)| d).collect();
    let counting = match dialects.as_slice() {
        [one] if !one.is_empty() => format!(" Small-sample factors as in {one}."),
        _ => String::new(),
    };
    match groups.as_slice() {
        [one] if spec.style.below == Below::StdError => format!("{lead}, {}.{counting}", describe(one)),
        [one] => format!("{lead} {}.{counting}", describe(one)),
        many => {
            let part = |group: &(String, Vec<usize>)| format!("in {} {}", columns_in_words(&group.1), describe(group));
            let parts: Vec<String> = many.iter().map(part).collect();
            format!("{lead}: {}.{counting}", parts.join("; "))
        }
    }
}

/// How the wild bootstraps below the estimates were made.
fn wild_note(spec: &TableSpec, fits: &[&Fit]) -> String {
    let lead = match spec.style.below {
        Below::WildP => "p-values of wild bootstraps in parentheses",
        _ => "Confidence sets of wild bootstraps in brackets",
    };
    let groups = grouped(fits, |fit| fit.wild.as_ref().map_or_else(|| "none".to_string(), |wild| wild.in_words()));
    match groups.as_slice() {
        [(one, _)] => format!("{lead}: {one}."),
        many => {
            let parts: Vec<String> =
                many.iter().map(|(words, columns)| format!("in {} {words}", columns_in_words(columns))).collect();
            format!("{lead}: {}.", parts.join("; "))
        }
    }
}

/// The numbers of clusters where the columns share them; the table's own rows show them where not.
fn shared_clusters(fits: &[&Fit]) -> String {
    match grouped(fits, |fit| clusters(&fit.errors)).as_slice() {
        [(shared, _)] => shared.clone(),
        _ => String::new(),
    }
}

fn distribution(fits: &[&Fit]) -> String {
    let mut df: Vec<f64> = fits.iter().map(|fit| fit.errors.factors.df).collect();
    df.sort_by(f64::total_cmp);
    match (df.first(), df.last()) {
        (Some(low), Some(high)) if low.is_finite() && low == high => {
            format!("; t distribution with {} degrees of freedom", degrees(*low))
        }
        (Some(low), Some(high)) if low.is_finite() && high.is_finite() => {
            format!("; t distribution with {} to {} degrees of freedom", degrees(*low), degrees(*high))
        }
        (Some(low), _) if low.is_infinite() => "; normal distribution".into(),
        _ => String::new(),
    }
}

/// Terms left out and doubts about the errors: each once, with the columns that it concerns.
fn findings(fits: &[&Fit]) -> Vec<String> {
    let mut lines: Vec<(String, Vec<usize>)> = Vec::new();
    for (column, fit) in fits.iter().enumerate() {
        let told = fit.notes.iter().filter(|note| {
            matches!(
                note,
                Note::Absorbed { .. }
                    | Note::Collinear { .. }
                    | Note::NearlyCollinear { .. }
                    | Note::SamplingWeights { .. }
                    | Note::SharesIncomplete { .. }
                    | Note::FewShocks { .. }
                    | Note::FewClusters { .. }
                    | Note::UnequalClusters { .. }
                    | Note::InfluentialCluster { .. }
                    | Note::LeverageEstimated { .. }
                    | Note::NotPositiveDefinite { .. }
                    | Note::FewWildDraws { .. }
                    | Note::UndefinedDraws { .. }
                    | Note::FewEffectiveClusters { .. }
                    | Note::SingleLevel { .. }
                    | Note::NotConverged { .. }
            )
        });
        let mut texts: Vec<String> = told.map(|note| sentence(&note.to_string())).collect();
        if !fit.convergence.converged {
            texts.push("The absorption of the effects did not reach its tolerance.".into());
        }
        for text in texts {
            match lines.iter_mut().find(|(known, _)| *known == text) {
                Some((_, columns)) => columns.push(column),
                None => lines.push((text, vec![column])),
            }
        }
    }
    let is_all = |columns: &[usize]| columns.len() == fits.len();
    lines
        .into_iter()
        .map(|(text, columns)| if is_all(&columns) { text } else { format!("{}: {text}", columns_in_words(&columns)) })
        .collect()
}

/// A note as a sentence: a first letter in upper case unless it begins with a name, and a full stop.
pub fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first_word = text.split(' ').next().unwrap_or_default();
    let is_word = matches!(first_word, "the" | "alternating" | "rows" | "units" | "regions" | "industries");
    let start = match chars.next() {
        Some(first) if is_word => first.to_uppercase().collect::<String>() + chars.as_str(),
        _ => text.to_string(),
    };
    if start.ends_with(['.', '!', '?']) { start } else { start + "." }
}

/// Columns with equal keys, in order of first appearance.
fn grouped<K: PartialEq>(fits: &[&Fit], key: impl Fn(&Fit) -> K) -> Vec<(K, Vec<usize>)> {
    let mut groups: Vec<(K, Vec<usize>)> = Vec::new();
    for (column, fit) in fits.iter().enumerate() {
        let found = key(fit);
        match groups.iter_mut().find(|(known, _)| *known == found) {
            Some((_, columns)) => columns.push(column),
            None => groups.push((found, vec![column])),
        }
    }
    groups
}

/// `(1)`, `(1) and (3)`, `(1) to (3)`.
fn columns_in_words(columns: &[usize]) -> String {
    let name = |column: usize| format!("({})", column + 1);
    match columns {
        [first, .., last] if columns.len() > 2 && last - first + 1 == columns.len() => {
            format!("{} to {}", name(*first), name(*last))
        }
        _ => listed(&columns.iter().map(|&c| name(c)).collect::<Vec<_>>()),
    }
}
