//! The page of a measured map: one file, no network.

use serde::Serialize;

use super::figures::MapFigure;
use crate::mapping::cluster_map::{Cell, RegionSpread, RegionSummary};
use crate::plan::map::MeasuredMap;
use crate::report::number::{count, counted, listed};
use crate::report::page::{PageError, inline_svg, render_template};

const TEMPLATE: &str = include_str!("map.html");
/// Regions and clusters with a section of their own.
const MOST_REGIONS: usize = 1000;
/// Rows of a region's composition and of a cluster's leading regions.
const MOST_ROWS: usize = 15;

/// What the page says beside the numbers.
#[derive(Clone, Debug, Default)]
pub struct MapPage {
    /// The study's title.
    pub title: String,
    /// Its question.
    pub question: Option<String>,
    /// The rule for strong clusters, in words.
    pub rule: String,
    /// What the quotients are relative to, in words.
    pub base: String,
    /// References.
    pub references: Vec<String>,
    /// Other findings, in sentences.
    pub notes: Vec<String>,
}

#[derive(Serialize)]
struct Context {
    title: String,
    question: Option<String>,
    is_synthetic: bool,
    facts: Vec<String>,
    rule: String,
    base: String,
    pictures: Vec<Picture>,
    regions: Vec<Section>,
    region_head: Vec<String>,
    region_rows: Vec<Vec<String>>,
    clusters: Vec<Section>,
    cluster_head: Vec<String>,
    cluster_rows: Vec<Vec<String>>,
    moves: Vec<Vec<String>>,
    notes: Vec<String>,
    references: Vec<String>,
}

#[derive(Serialize)]
struct Picture {
    name: String,
    title: String,
    svg: String,
}

/// A region with its clusters, or a cluster with its regions.
#[derive(Serialize)]
struct Section {
    name: String,
    what: String,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// Renders the page of one period.
///
/// # Errors
/// Only when the template itself is at fault.
pub fn page(measured: &MeasuredMap, period: u32, words: &MapPage, figures: &[MapFigure]) -> Result<String, PageError> {
    let map = &measured.map;
    let mut regions: Vec<&RegionSummary> = map.region_summaries.iter().filter(|row| row.period == period).collect();
    regions.sort_by(|a, b| b.employment.total_cmp(&a.employment).then(a.region.cmp(&b.region)));
    let mut notes = left_out(measured);
    notes.extend(words.notes.iter().cloned());
    if regions.len() > MOST_REGIONS {
        notes.push(format!(
            "The page shows the {} regions with most employment of {}; map.csv has all.",
            count(MOST_REGIONS),
            count(regions.len())
        ));
    }
    let facts = facts(measured, period, &regions);
    regions.truncate(MOST_REGIONS);
    let pictures = figures.iter().map(|figure| Picture {
        name: figure.name.clone(),
        title: figure.title.clone(),
        svg: inline_svg(figure.svg.as_str(), &figure.name),
    });
    let context = Context {
        title: words.title.clone(),
        question: words.question.clone(),
        is_synthetic: measured.is_synthetic,
        facts,
        rule: words.rule.clone(),
        base: words.base.clone(),
        pictures: pictures.collect(),
        region_head: region_head(measured),
        region_rows: regions.iter().map(|row| region_row(measured, row)).collect(),
        regions: compositions(measured, period, &regions),
        cluster_head: cluster_head(measured),
        cluster_rows: cluster_rows(measured, period),
        clusters: leading_regions(measured, period),
        moves: moves(measured, period),
        notes,
        references: words.references.clone(),
    };
    render_template("map.html", TEMPLATE, serde_json::to_value(context)?)
}

fn share(value: f64) -> String {
    if value.is_nan() { String::new() } else { format!("{:.1}", 100.0 * value) }
}

fn whole(value: f64) -> String {
    if value.is_nan() { String::new() } else { count(value.round() as usize) }
}

fn decimal(value: f64) -> String {
    if value.is_nan() { String::new() } else { format!("{value:.2}") }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let known: Vec<f64> = values.filter(|value| !value.is_nan()).collect();
    crate::linalg::sum(&known) / known.len() as f64
}

fn facts(measured: &MeasuredMap, period: u32, regions: &[&RegionSummary]) -> Vec<String> {
    let map = &measured.map;
    let traded = map.clusters.iter().filter(|cluster| cluster.is_traded).count();
    let kind = if map.has_types { "traded cluster" } else { "cluster" };
    let when = map.time(period).map_or(String::new(), |time| format!(" in {time}"));
    let mut facts = vec![format!(
        "{}, {}{when}.",
        counted(regions.len(), "region", "regions"),
        counted(traded, kind, &format!("{kind}s"))
    )];
    facts.push(format!(
        "On average a region has {:.1} strong clusters, which hold {} per cent of its {}employment.",
        mean(regions.iter().map(|row| row.strong_clusters as f64)),
        share(mean(regions.iter().map(|row| row.cluster_strength))),
        if map.has_types { "traded " } else { "" },
    ));
    facts.push(format!(
        "Its five largest clusters hold {} per cent; in {:.1} clusters the location quotient is at least 1.5.",
        share(mean(regions.iter().map(|row| row.top_five_share))),
        mean(regions.iter().map(|row| row.specialised_clusters as f64)),
    ));
    let judged = map.of_period(period as usize).iter().filter_map(|cell| Some((cell.bounds?, cell.flags?)));
    let (open, all) = judged.fold((0, 0), |(open, all), (bounds, _)| (open + usize::from(bounds.is_open()), all + 1));
    if all > 0 {
        facts.push(format!(
            "Of {} judged, {} would change between the least and the most that suppressed employment may be.",
            counted(all, "cell", "cells"),
            counted(open, "flag", "flags")
        ));
    }
    facts.extend(over_draws(measured, period, regions));
    facts
}

/// What draws of imputed values leave of the strong clusters and of the five largest.
fn over_draws(measured: &MeasuredMap, period: u32, regions: &[&RegionSummary]) -> Option<String> {
    let spreads: Vec<RegionSpread> = regions.iter().filter_map(|row| row.spread).collect();
    if spreads.is_empty() {
        return None;
    }
    let cells = || measured.map.of_period(period as usize).iter().filter_map(|cell| Some((cell, cell.spread?)));
    let strong = cells().filter(|(cell, _)| cell.is_strong()).count();
    let always = cells().filter(|(cell, spread)| cell.is_strong() && spread.strong_share == 1.0).count();
    let sometimes = cells().filter(|(cell, spread)| !cell.is_strong() && spread.strong_share > 0.0).count();
    Some(format!(
        "Over draws of what was imputed, {} of {} are strong in every draw and {} in some; the five largest clusters of a region hold {} per cent, with a standard deviation of {} between draws in the average region.",
        count(always),
        counted(strong, "strong cluster", "strong clusters"),
        counted(sometimes, "other", "others"),
        share(mean(spreads.iter().map(|spread| spread.top_five_share.mean))),
        share(mean(spreads.iter().map(|spread| spread.top_five_share.sd))),
    ))
}

fn left_out(measured: &MeasuredMap) -> Vec<String> {
    let left_out = &measured.map.left_out;
    let mut notes = Vec::new();
    let rows = |n: usize| counted(n, "row", "rows");
    if left_out.without_place > 0 {
        notes.push(format!("{} without a region or a period are in no cell.", rows(left_out.without_place)));
    }
    if left_out.without_cluster > 0 {
        notes.push(format!(
            "{} of industries in no cluster ({} employees over all periods) count in regional totals only.",
            rows(left_out.without_cluster),
            whole(left_out.employment_without_cluster)
        ));
    }
    if left_out.without_employment > 0 {
        notes.push(format!("{} without employment add nothing to a sum.", rows(left_out.without_employment)));
    }
    if !measured.map.has[0] {
        notes.push("The data have no establishments: the flags' condition on their number is left out.".into());
    }
    notes
}

fn region_head(measured: &MeasuredMap) -> Vec<String> {
    let mut head = vec!["Region", "Employment", "Strong clusters", "Cluster strength, %", "Top five, %", "LQ ≥ 1.5"];
    if measured.map.has[1] {
        head.push("Wage");
    }
    if measured.map.has[2] {
        head.push("Patents per 10,000");
    }
    head.into_iter().map(String::from).collect()
}

fn region_row(measured: &MeasuredMap, row: &RegionSummary) -> Vec<String> {
    let mut cells = vec![
        measured.region(row.region).to_string(),
        whole(row.employment),
        row.strong_clusters.to_string(),
        share(row.cluster_strength),
        share(row.top_five_share),
        row.specialised_clusters.to_string(),
    ];
    if measured.map.has[1] {
        cells.push(whole(row.wage));
    }
    if measured.map.has[2] {
        cells.push(decimal(row.patent_intensity()));
    }
    cells
}

fn cluster_head(measured: &MeasuredMap) -> Vec<String> {
    let mut head = vec!["Cluster", "Employment", "Regions", "Strong in", "Top five regions, %"];
    if measured.map.has[1] {
        head.push("Wage");
    }
    head.push("Leading region");
    head.into_iter().map(String::from).collect()
}

fn cluster_rows(measured: &MeasuredMap, period: u32) -> Vec<Vec<String>> {
    let map = &measured.map;
    let mut rows: Vec<_> = map.cluster_summaries.iter().filter(|row| row.period == period).collect();
    rows.sort_by(|a, b| {
        let traded = |cluster: u32| map.clusters[cluster as usize].is_traded;
        traded(b.cluster)
            .cmp(&traded(a.cluster))
            .then(b.employment.total_cmp(&a.employment))
            .then(a.cluster.cmp(&b.cluster))
    });
    rows.iter()
        .map(|row| {
            let is_traded = map.clusters[row.cluster as usize].is_traded;
            let mut cells = vec![
                measured.cluster(row.cluster).to_string(),
                whole(row.employment),
                row.regions.to_string(),
                if is_traded { row.strong_regions.to_string() } else { "local".into() },
                share(row.top_five_share),
            ];
            if map.has[1] {
                cells.push(whole(row.wage));
            }
            cells.push(row.leading.first().map_or(String::new(), |&region| measured.region(region).to_string()));
            cells
        })
        .collect()
}

fn cell_head(measured: &MeasuredMap, what: &str) -> Vec<String> {
    let mut head = vec![what, "Employment", "LQ", "Rank by LQ"];
    if measured.map.has[1] {
        head.push("Wage");
    }
    if measured.map.periods.len() > 1 {
        head.push("Growth a year, %");
    }
    head.push("Standing");
    head.into_iter().map(String::from).collect()
}

fn cell_row(measured: &MeasuredMap, cell: &Cell, name: &str) -> Vec<String> {
    let mut cells = vec![
        name.to_string(),
        whole(cell.employment),
        decimal(cell.location_quotient),
        cell.quotient_rank.map_or(String::new(), |rank| rank.to_string()),
    ];
    if measured.map.has[1] {
        cells.push(whole(cell.wage()));
    }
    if measured.map.periods.len() > 1 {
        cells.push(cell.change.map_or(String::new(), |change| share(change.employment_growth)));
    }
    cells.push(standing(cell));
    cells
}

/// The best flag of a cell, and its stars.
fn standing(cell: &Cell) -> String {
    let Some(flags) = cell.flags else { return String::new() };
    let word = if flags.strong && flags.strong10 {
        "strong, top tenth"
    } else if flags.strong {
        "strong"
    } else if flags.significant {
        "significant"
    } else if flags.qualifying {
        "qualifying"
    } else {
        ""
    };
    let stars = "★".repeat(usize::from(flags.stars));
    [word, &stars].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Every region's traded clusters, the largest first.
fn compositions(measured: &MeasuredMap, period: u32, regions: &[&RegionSummary]) -> Vec<Section> {
    let map = &measured.map;
    let mut by_region: Vec<Vec<&Cell>> = vec![Vec::new(); map.regions.len()];
    for cell in map.of_period(period as usize) {
        if map.clusters[cell.cluster as usize].is_traded && cell.is_present() {
            by_region[cell.region as usize].push(cell);
        }
    }
    let section = |row: &&RegionSummary| {
        let cells = &mut by_region[row.region as usize].clone();
        cells.sort_by(|a, b| b.employment.total_cmp(&a.employment).then(a.cluster.cmp(&b.cluster)));
        let shown = cells.iter().take(MOST_ROWS);
        let strong: Vec<String> = cells
            .iter()
            .filter(|cell| cell.is_strong())
            .map(|cell| measured.cluster(cell.cluster).to_string())
            .collect();
        Section {
            name: measured.region(row.region).to_string(),
            what: if strong.is_empty() {
                "No strong cluster.".into()
            } else {
                format!("Strong in {}.", listed(&strong))
            },
            head: cell_head(measured, "Cluster"),
            rows: shown.map(|cell| cell_row(measured, cell, measured.cluster(cell.cluster))).collect(),
        }
    };
    regions.iter().map(section).collect()
}

/// Every traded cluster's leading regions by quotient, those where it is strong first.
fn leading_regions(measured: &MeasuredMap, period: u32) -> Vec<Section> {
    let map = &measured.map;
    let lines = map.of_period(period as usize).chunk_by(|a, b| a.cluster == b.cluster);
    lines
        .filter(|line| map.clusters[line[0].cluster as usize].is_traded)
        .map(|line| {
            let mut cells: Vec<&Cell> = line.iter().filter(|cell| cell.is_present()).collect();
            let standing = |cell: &Cell| (cell.is_strong(), cell.flags.is_some_and(|flags| flags.qualifying));
            cells.sort_by(|a, b| {
                let by_quotient = b.location_quotient.total_cmp(&a.location_quotient);
                standing(b).cmp(&standing(a)).then(by_quotient).then(a.region.cmp(&b.region))
            });
            let strong = cells.iter().filter(|cell| cell.is_strong()).count();
            Section {
                name: measured.cluster(line[0].cluster).to_string(),
                what: format!("Strong in {} of {}.", strong, counted(cells.len(), "region", "regions")),
                head: cell_head(measured, "Region"),
                rows: cells
                    .iter()
                    .take(MOST_ROWS)
                    .map(|cell| cell_row(measured, cell, measured.region(cell.region)))
                    .collect(),
            }
        })
        .collect()
}

/// Clusters that became strong or ceased to be since the period before, by region.
fn moves(measured: &MeasuredMap, period: u32) -> Vec<Vec<String>> {
    let moved = measured.map.of_period(period as usize).iter().filter_map(|cell| {
        let change = cell.change?;
        let word = match (change.became_strong, change.ceased_strong) {
            (true, _) if change.entered => "entered, strong",
            (true, _) => "became strong",
            (_, true) if change.exited => "left",
            (_, true) => "no longer strong",
            _ => return None,
        };
        Some(vec![
            measured.region(cell.region).to_string(),
            measured.cluster(cell.cluster).to_string(),
            word.to_string(),
            measured.map.time(change.since).map_or(String::new(), |time| time.to_string()),
            decimal(cell.location_quotient - change.quotient_change),
            decimal(cell.location_quotient),
        ])
    });
    let mut moved: Vec<_> = moved.collect();
    moved.sort();
    moved
}

/// The map in a few lines of plain text.
pub fn summary(measured: &MeasuredMap, period: u32) -> String {
    let regions: Vec<&RegionSummary> =
        measured.map.region_summaries.iter().filter(|row| row.period == period).collect();
    let mut lines = facts(measured, period, &regions);
    lines.extend(left_out(measured));
    lines.join("\n")
}
