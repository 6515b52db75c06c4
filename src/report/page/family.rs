//! Families of hypotheses on the page: a grid each.

use super::shift_share::Grid;
use crate::infer::family::{FamilyRecord, JointRecord};
use crate::report::number::{Digits, count, p_value};

/// A family as a grid: a row per hypothesis, a column per method.
pub fn grid(family: &FamilyRecord) -> Grid {
    let methods = family.members.first().map(|member| member.adjusted.iter().map(|one| in_words(&one.method)));
    let head = ["Model", "Term", "Estimate", "Standard error", "p"].into_iter().map(str::to_string);
    let write = |value: f64| Digits::default().one(value);
    let row = |member: &crate::infer::family::FamilyMember| {
        let own = [member.model.clone(), member.term.clone(), write(member.estimate), write(member.std_error)];
        let adjusted = member.adjusted.iter().map(|one| p_value(one.p_value));
        own.into_iter().chain([p_value(member.p_value)]).chain(adjusted).collect()
    };
    Grid {
        caption: format!("Family {}: {} hypotheses", family.name, count(family.members.len())),
        head: head.chain(methods.into_iter().flatten()).collect(),
        rows: family.members.iter().map(row).collect(),
        note: note(family),
    }
}

fn note(family: &FamilyRecord) -> String {
    let of = if family.wild_p_values { "wild bootstraps" } else { "the models' t tests" };
    let mut text = format!("p is that of {of}; the columns after it are adjusted for the number of hypotheses.");
    if let Some(draws) = &family.draws {
        text.push_str(&format!(" {}.", draws_in_words(draws)));
    }
    text
}

/// How joint draws were made.
pub(super) fn draws_in_words(draws: &JointRecord) -> String {
    let how = if draws.enumerated { "all sign vectors" } else { draws.weights.as_str() };
    let by = match draws.drawn_by.as_str() {
        "" => format!("{} rows", count(draws.n_groups)),
        name => format!("{name} ({} clusters)", count(draws.n_groups)),
    };
    let null = if draws.null_imposed { "each null imposed" } else { "no null imposed" };
    format!("Joint draws: {} ({how}) by {by}, {null}, seed {}", count(draws.draws), draws.seed)
}

fn in_words(method: &str) -> String {
    match method {
        "bonferroni" => "Bonferroni",
        "sidak" => "Šidák",
        "holm" => "Holm",
        "holm_sidak" => "Holm-Šidák",
        "hochberg" => "Hochberg",
        "hommel" => "Hommel",
        "bh" => "Benjamini-Hochberg",
        "by" => "Benjamini-Yekutieli",
        "sharpened" => "Sharpened q",
        "romano_wolf" => "Romano-Wolf",
        "westfall_young" => "Westfall-Young",
        other => other,
    }
    .to_string()
}
