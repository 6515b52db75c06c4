//! The files of a designation. Formats what `mapping::designation` decided.
//!
//! | file | a row per |
//! |---|---|
//! | `candidates.csv`, `.parquet` | candidate: decision, rank, binding criterion, a value, threshold and slack per criterion |
//! | `criteria.csv` | candidate and criterion |
//! | `sensitivity.csv` | criterion and factor of its threshold |
//! | `grants.csv` | designated candidate, where there are grants |

use std::collections::HashMap;

use serde::Serialize;

use super::cluster_map::MapFigure;
use super::figure::Frame as FigureFrame;
use super::files::Frame;
use super::map::{Direction, MapPlot, Shape, choropleth};
use super::number::{count, counted, exact};
use super::page::{PageError, inline_svg, render_template};
use crate::describe::{Scheme, breaks};
use crate::mapping::designation::{
    Candidate, Certification, Criterion, Decision, Grant, GrantOutcome, Measure, Shift, Threshold, Verdict,
};
use crate::plan::certify::Judged;
use crate::plan::map::MeasuredMap;

const TEMPLATE: &str = include_str!("certification.html");
/// Candidates that the page shows of each kind.
const MOST_ROWS: usize = 300;

/// The tables of a designation, by name.
pub fn tables(measured: &MeasuredMap, judged: &Judged) -> Vec<(&'static str, Frame)> {
    let found = &judged.certification;
    let all = &found.candidates;
    let candidates = places(measured, all, |candidate| candidate)
        .text("decision", all, |candidate| decision(candidate).into())
        .text("criteria_say", all, |candidate| candidate.decision.word().into())
        .text("override_reason", all, reason)
        .count("rank", all, |candidate| candidate.rank.map(|rank| rank as usize))
        .count("rank_in_cluster", all, |candidate| candidate.rank_in_cluster.map(|rank| rank as usize))
        .text("binding", all, |candidate| binding(found, candidate))
        .number("least_slack", all, |candidate| Some(candidate.least_slack()))
        .count("failed", all, |candidate| Some(candidate.verdicts.iter().filter(|v| !v.is_met).count()))
        .number("region_employment", all, |candidate| Some(candidate.region_employment))
        .number("likelihood_ratio", all, |candidate| Some(candidate.likelihood_ratio));
    let candidates = if found.draws > 0 {
        candidates.number("passed_drawn", all, |candidate| candidate.passed_share)
    } else {
        candidates
    };
    let candidates = Measure::ALL.into_iter().fold(candidates, |frame, measure| {
        let is_known = all.iter().any(|candidate| !candidate.value(measure).is_nan());
        if is_known { frame.number(measure.name(), all, |candidate| Some(candidate.value(measure))) } else { frame }
    });
    let verdicts: Vec<(&Candidate, &Criterion, &Verdict)> = all
        .iter()
        .flat_map(|candidate| {
            found
                .criteria
                .iter()
                .zip(&candidate.verdicts)
                .map(move |(criterion, verdict)| (candidate, criterion, verdict))
        })
        .collect();
    let criteria = places(measured, &verdicts, |row| row.0)
        .text("criterion", &verdicts, |row| row.1.measure.name().into())
        .number("value", &verdicts, |row| Some(row.2.value))
        .number("threshold", &verdicts, |row| Some(row.2.threshold))
        .number("slack", &verdicts, |row| Some(row.2.slack))
        .flag("met", &verdicts, |row| row.2.is_met);
    let shifts = &found.sensitivity;
    let sensitivity = Frame::new()
        .text("criterion", shifts, |shift| found.criteria[shift.criterion].measure.name().into())
        .text("threshold", shifts, |shift| {
            shift.factor.map_or("dropped".into(), |factor| format!("x {}", exact(factor)))
        })
        .count("designated", shifts, |shift| Some(shift.designated))
        .count("gained", shifts, |shift| Some(shift.gained))
        .count("lost", shifts, |shift| Some(shift.lost))
        .number("employment", shifts, |shift| Some(shift.employment));
    let mut tables = vec![("candidates", candidates), ("criteria", criteria), ("sensitivity", sensitivity)];
    if let Some(grants) = &found.grants {
        let of = |grant: &Grant| &all[grant.candidate];
        let frame = places(measured, grants, |grant| of(grant))
            .count("rank", grants, |grant| of(grant).rank.map(|rank| rank as usize))
            .text("outcome", grants, |grant| grant.outcome.word().into())
            .number("award", grants, |grant| Some(grant.award))
            .number("required_match", grants, |grant| Some(grant.required))
            .number("pledged", grants, |grant| Some(grant.pledged))
            .flag("by_lot", grants, |grant| grant.by_lot);
        tables.push(("grants", frame));
    }
    tables
}

/// The columns that say which candidate a row is of.
fn places<'a, T>(measured: &MeasuredMap, rows: &'a [T], of: impl Fn(&'a T) -> &'a Candidate) -> Frame {
    let candidates: Vec<&Candidate> = rows.iter().map(of).collect();
    let map = &measured.map;
    let ids = |candidate: &&Candidate| {
        candidate.regions.iter().map(|&region| map.regions[region as usize].clone()).collect::<Vec<_>>().join("+")
    };
    let mut frame =
        Frame::new().text("cluster", &candidates, |candidate| map.clusters[candidate.cluster as usize].name.clone());
    if !measured.cluster_names.is_empty() {
        frame = frame.text("cluster_name", &candidates, |candidate| measured.cluster(candidate.cluster).to_string());
    }
    frame = frame.text("regions", &candidates, ids);
    if !measured.region_names.is_empty() {
        frame = frame.text("region_names", &candidates, |candidate| region_names(measured, candidate));
    }
    if candidates.iter().any(|candidate| !candidate.larger.is_empty()) {
        frame = frame.text("larger", &candidates, |candidate| candidate.larger.join("+")).flag(
            "crosses",
            &candidates,
            |candidate| candidate.larger.len() > 1,
        );
    }
    frame
}

fn region_names(measured: &MeasuredMap, candidate: &Candidate) -> String {
    candidate.regions.iter().map(|&region| measured.region(region)).collect::<Vec<_>>().join(" + ")
}

fn decision(candidate: &Candidate) -> &'static str {
    match &candidate.overridden {
        Some((true, _)) => "designated by override",
        Some((false, _)) => "refused by override",
        None => candidate.decision.word(),
    }
}

fn reason(candidate: &Candidate) -> String {
    candidate.overridden.as_ref().map_or(String::new(), |(_, reason)| reason.clone())
}

fn binding(found: &Certification, candidate: &Candidate) -> String {
    candidate.binding().map_or(String::new(), |k| found.criteria[k].measure.name().to_string())
}

/// A criterion in words.
pub fn criterion_in_words(criterion: &Criterion) -> String {
    let sign = if criterion.measure.is_ceiling() { "at most" } else { "at least" };
    let threshold = match criterion.threshold {
        Threshold::Value(value) => exact(value),
        Threshold::Quantile(order) => format!("the {order} quantile of the regions that have the cluster"),
        Threshold::Stratified { order, strata } => {
            format!("the {order} quantile of the regions of like size ({strata} strata) that have the cluster")
        }
    };
    format!("{} {sign} {threshold}", criterion.measure.name().replace('_', " "))
}

/// How many designated clusters each region is part of, as a map; `None` without outlines.
pub fn figure(measured: &MeasuredMap, judged: &Judged) -> Option<MapFigure> {
    let outlines = measured.outlines.as_ref()?;
    let mut counts: HashMap<String, f64> = measured.map.regions.iter().map(|region| (region.clone(), 0.0)).collect();
    for candidate in judged.certification.candidates.iter().filter(|candidate| candidate.is_designated()) {
        for &region in &candidate.regions {
            *counts.entry(measured.map.regions[region as usize].clone()).or_default() += 1.0;
        }
    }
    let listed: Vec<f64> = outlines.ids.iter().filter_map(|id| counts.get(id)).copied().collect();
    let title = format!("Designated clusters: {}", judged.spec.name);
    let plot = MapPlot {
        frame: FigureFrame { title: title.clone(), note: None, synthetic: measured.is_synthetic },
        label: "Designated clusters that the region is part of".into(),
        shapes: Shape::of_regions(outlines, &counts),
        classes: breaks(&listed, Scheme::Quantile, 5).ok()?,
        outlines: Vec::new(),
        direction: Direction::Down,
    };
    Some(MapFigure { name: "designated".into(), title, svg: choropleth(&plot) })
}

/// The decisions in a few lines of plain text.
pub fn summary(measured: &MeasuredMap, judged: &Judged) -> String {
    facts(measured, judged).join("\n")
}

fn facts(measured: &MeasuredMap, judged: &Judged) -> Vec<String> {
    let found = &judged.certification;
    let designated: Vec<&Candidate> = found.candidates.iter().filter(|c| c.is_designated()).collect();
    let near = found.candidates.iter().filter(|c| !c.is_designated() && c.decision == Decision::NearMiss).count();
    let when = measured.map.time(found.period).map_or(String::new(), |time| format!(" in {time}"));
    let employment: f64 = designated.iter().map(|c| c.value(Measure::Employment)).filter(|e| !e.is_nan()).sum();
    let mut facts = vec![format!(
        "{}: {} of {} designated{when}, with {} employees; {}.",
        judged.spec.name,
        count(designated.len()),
        counted(found.candidates.len(), "candidate", "candidates"),
        count(employment.round() as usize),
        counted(near, "near miss", "near misses"),
    )];
    let joint = designated.iter().filter(|c| c.regions.len() > 1).count();
    if joint > 0 {
        let crossing = designated.iter().filter(|c| c.larger.len() > 1).count();
        let crossing = if crossing > 0 { format!(", {crossing} across a border") } else { String::new() };
        facts.push(format!("{} put together from adjacent regions{crossing}.", counted(joint, "is", "are")));
    }
    let overridden = found.candidates.iter().filter(|c| c.overridden.is_some()).count();
    if overridden > 0 {
        facts.push(format!(
            "{} decided on special circumstances.",
            counted(overridden, "candidate was", "candidates were")
        ));
    }
    if found.draws > 0 {
        let always = designated.iter().filter(|c| c.passed_share == Some(1.0)).count();
        let some = found.candidates.iter().filter(|c| !c.is_designated() && c.passed_share > Some(0.0)).count();
        facts.push(format!(
            "Over {} of suppressed cells {} of the designated pass in every one; {} in some.",
            counted(found.draws, "draw", "draws"),
            count(always),
            counted(some, "candidate that is not designated passes", "candidates that are not designated pass"),
        ));
    }
    if let Some(grants) = &found.grants {
        let granted = grants.iter().filter(|grant| grant.outcome == GrantOutcome::Granted);
        let (n, sum) = granted.fold((0, 0.0), |(n, sum), grant| (n + 1, sum + grant.award));
        facts.push(format!(
            "{} of {} get a grant; {} given.",
            count(n),
            counted(grants.len(), "designated cluster", "designated clusters"),
            count(sum as usize)
        ));
    }
    facts
}

#[derive(Serialize)]
struct Context {
    title: String,
    question: Option<String>,
    cluster: Option<String>,
    is_synthetic: bool,
    facts: Vec<String>,
    criteria: Vec<String>,
    picture: Option<String>,
    head: Vec<String>,
    designated: Vec<Vec<String>>,
    near: Vec<Vec<String>>,
    others: Vec<Vec<String>>,
    cut: Option<String>,
    overrides: Vec<Vec<String>>,
    sensitivity: Vec<Vec<String>>,
    grants: Vec<Vec<String>>,
    clusters: Vec<Link>,
}

#[derive(Serialize)]
struct Link {
    file: String,
    name: String,
    text: String,
}

/// The file of a cluster's page.
pub fn cluster_file(measured: &MeasuredMap, cluster: u32) -> String {
    let code = &measured.map.clusters[cluster as usize].name;
    let code: String = code.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    // Codes that differ in other letters alone must not share a file.
    format!("clusters/{cluster:03}_{code}.html")
}

/// Clusters that have a candidate, by position.
pub fn clusters(judged: &Judged) -> Vec<u32> {
    let mut found: Vec<u32> = judged.certification.candidates.iter().map(|candidate| candidate.cluster).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The page of a designation, or of one cluster of it.
///
/// # Errors
/// Only when the template itself is at fault.
pub fn page(
    measured: &MeasuredMap,
    judged: &Judged,
    (title, question): (&str, Option<&str>),
    cluster: Option<u32>,
    figure: Option<&MapFigure>,
) -> Result<String, PageError> {
    let found = &judged.certification;
    let shown = |candidate: &&Candidate| cluster.is_none_or(|cluster| candidate.cluster == cluster);
    let rows = |pick: &dyn Fn(&Candidate) -> bool| -> Vec<Vec<String>> {
        let picked = found.candidates.iter().filter(shown).filter(|candidate| pick(candidate));
        picked.take(MOST_ROWS).map(|candidate| row(measured, found, candidate, cluster.is_none())).collect()
    };
    let is_near = |c: &Candidate| !c.is_designated() && c.decision == Decision::NearMiss;
    let designated = rows(&|c| c.is_designated());
    let near = rows(&is_near);
    // The page of the whole list leaves the many that fail clearly to the pages of the clusters.
    let others = if cluster.is_some() { rows(&|c| !c.is_designated() && !is_near(c)) } else { Vec::new() };
    let is_cut = [&designated, &near, &others].iter().any(|rows| rows.len() == MOST_ROWS);
    let context = Context {
        title: title.to_string(),
        question: question.map(str::to_string),
        cluster: cluster.map(|cluster| measured.cluster(cluster).to_string()),
        is_synthetic: measured.is_synthetic,
        facts: if cluster.is_none() { facts(measured, judged) } else { Vec::new() },
        criteria: found.criteria.iter().map(criterion_in_words).collect(),
        picture: figure.map(|figure| inline_svg(figure.svg.as_str(), &figure.name)),
        head: head(found, cluster.is_none()),
        designated,
        near,
        others,
        cut: is_cut.then(|| format!("Tables here end after {MOST_ROWS} rows; candidates.csv has all.")),
        overrides: found
            .candidates
            .iter()
            .filter(shown)
            .filter(|candidate| candidate.overridden.is_some())
            .map(|candidate| {
                vec![
                    measured.cluster(candidate.cluster).to_string(),
                    region_names(measured, candidate),
                    candidate.decision.word().to_string(),
                    decision(candidate).to_string(),
                    reason(candidate),
                ]
            })
            .collect(),
        sensitivity: if cluster.is_none() {
            found.sensitivity.iter().map(|shift| shift_row(found, shift)).collect()
        } else {
            Vec::new()
        },
        grants: if cluster.is_none() { grant_rows(measured, found) } else { Vec::new() },
        clusters: if cluster.is_none() { links(measured, judged) } else { Vec::new() },
    };
    render_template("certification.html", TEMPLATE, serde_json::to_value(context)?)
}

fn head(found: &Certification, with_cluster: bool) -> Vec<String> {
    let mut head = Vec::new();
    if with_cluster {
        head.push("Cluster".to_string());
    }
    head.extend(["Region", "Rank"].map(String::from));
    head.extend(found.criteria.iter().map(|criterion| criterion.measure.name().replace('_', " ")));
    head.extend(["Binding", "Least slack, %"].map(String::from));
    head.extend((found.draws > 0).then(|| "Passes in draws, %".to_string()));
    head
}

fn row(measured: &MeasuredMap, found: &Certification, candidate: &Candidate, with_cluster: bool) -> Vec<String> {
    let mut cells = Vec::new();
    if with_cluster {
        cells.push(measured.cluster(candidate.cluster).to_string());
    }
    cells.push(region_names(measured, candidate));
    cells.push(candidate.rank.map_or(String::new(), |rank| rank.to_string()));
    for verdict in &candidate.verdicts {
        let mark = if verdict.is_met { "" } else { " ✗" };
        cells.push(format!("{}{mark}", short(verdict.value)));
    }
    cells.push(binding(found, candidate).replace('_', " "));
    let slack = candidate.least_slack();
    cells.push(if slack.is_nan() { "unknown".into() } else { format!("{:+.1}", 100.0 * slack) });
    if found.draws > 0 {
        cells.push(candidate.passed_share.map_or(String::new(), |share| format!("{:.0}", 100.0 * share)));
    }
    cells
}

fn short(value: f64) -> String {
    if value.is_nan() {
        "unknown".into()
    } else if value.abs() >= 100.0 || value.fract() == 0.0 {
        let sign = if value < 0.0 { "-" } else { "" };
        format!("{sign}{}", count(value.abs().round() as usize))
    } else {
        super::figure::number::short(value)
    }
}

fn shift_row(found: &Certification, shift: &Shift) -> Vec<String> {
    vec![
        found.criteria[shift.criterion].measure.name().replace('_', " "),
        shift.factor.map_or("dropped".into(), |factor| format!("× {factor}")),
        shift.designated.to_string(),
        format!("+{}", shift.gained),
        format!("-{}", shift.lost),
        count(shift.employment.round() as usize),
    ]
}

fn grant_rows(measured: &MeasuredMap, found: &Certification) -> Vec<Vec<String>> {
    let row = |grant: &Grant| {
        let candidate = &found.candidates[grant.candidate];
        vec![
            measured.cluster(candidate.cluster).to_string(),
            region_names(measured, candidate),
            candidate.rank.map_or(String::new(), |rank| rank.to_string()),
            grant.outcome.word().to_string(),
            count(grant.award as usize),
            count(grant.required as usize),
            if grant.pledged.is_nan() { "not told".into() } else { count(grant.pledged as usize) },
        ]
    };
    found.grants.iter().flatten().take(MOST_ROWS).map(row).collect()
}

fn links(measured: &MeasuredMap, judged: &Judged) -> Vec<Link> {
    let all = &judged.certification.candidates;
    let link = |cluster: u32| {
        let of = || all.iter().filter(move |candidate| candidate.cluster == cluster);
        let designated = of().filter(|candidate| candidate.is_designated()).count();
        Link {
            file: cluster_file(measured, cluster),
            name: measured.cluster(cluster).to_string(),
            text: format!("{} of {}", designated, counted(of().count(), "candidate", "candidates")),
        }
    };
    clusters(judged).into_iter().map(link).collect()
}
