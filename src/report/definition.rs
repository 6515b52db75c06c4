//! The files of a set of clusters: tables, GraphML, figures and a page. Formats what `plan::define` found.
//!
//! | file | a row per |
//! |---|---|
//! | `definition.csv` | industry: its cluster; a study can name it |
//! | `broad.csv` | industry and cluster, own and broad |
//! | `clusters.csv` | cluster |
//! | `relatedness.csv` | pair of clusters: overlap, relatedness, percentile |
//! | `candidates.csv` | candidate set, the best first |
//! | `scores.csv` | set (found, other) and validating matrix |
//! | `moves.csv` | industry that was reassigned |

use std::fmt::Write;

use serde::Serialize;

use super::escape;
use super::figure::network::{Edge, Node};
use super::figure::{Svg, dendrogram::dendrogram, heat_map::heat_map, network::network};
use super::files::{Frame, csv};
use super::page::{PageError, inline_svg, render_template};
use crate::mapping::defining::{Scores, Validation};
use crate::plan::define::{ClusterRow, Definition};

const TEMPLATE: &str = include_str!("definition.html");

/// Every text file of a definition, by name.
pub fn files(found: &Definition, industry: &str, cluster: &str) -> Vec<(String, String)> {
    let code = |c: usize| found.clusters[c].code.clone();
    let mut definition = format!("{industry},{cluster},centre,within\n");
    let mut broad = format!("{industry},{cluster},own\n");
    for row in &found.industries {
        let (own, centre) = (code(row.cluster), &found.clusters[row.cluster].centre);
        let _ = writeln!(definition, "{},{own},{},{}", quoted(&row.industry), quoted(centre), written(row.within));
        let _ = writeln!(broad, "{},{own},true", quoted(&row.industry));
        for &other in &row.broad {
            let _ = writeln!(broad, "{},{},false", quoted(&row.industry), code(other));
        }
    }
    let clusters = Frame::new()
        .text("cluster", &found.clusters, |c| c.code.clone())
        .text("centre", &found.clusters, |c| c.centre.clone())
        .count("industries", &found.clusters, |c| Some(c.industries))
        .number("within", &found.clusters, |c| Some(c.within))
        .number("between", &found.clusters, |c| Some(c.between))
        .number("stability", &found.clusters, |c| c.stability);
    let links = &found.overlap.links;
    let relatedness = Frame::new()
        .text("cluster", links, |l| code(l.first))
        .text("related", links, |l| code(l.second))
        .number("overlap", links, |l| Some(l.overlap))
        .number("overlap_min", links, |l| Some(l.overlap_min))
        .number("between", links, |l| Some(l.between))
        .number("percentile", links, |l| Some(l.percentile))
        .flag("is_related", links, |l| l.is_related)
        .flag("is_strong", links, |l| l.is_strong);
    let moves = Frame::new()
        .text("industry", &found.moves, |m| m.0.clone())
        .text("from", &found.moves, |m| m.1.clone())
        .text("to", &found.moves, |m| m.2.clone())
        .number("within", &found.moves, |m| Some(m.3.within))
        .number("between", &found.moves, |m| Some(m.3.between));
    [
        ("definition.csv", definition),
        ("broad.csv", broad),
        ("clusters.csv", csv(&clusters)),
        ("relatedness.csv", csv(&relatedness)),
        ("candidates.csv", csv(&candidates(found))),
        ("scores.csv", csv(&scores(found))),
        ("moves.csv", csv(&moves)),
        ("network.graphml", graphml(found)),
    ]
    .map(|(name, text)| (name.to_string(), text))
    .to_vec()
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_string() }
}

fn written(value: f64) -> String {
    if value.is_nan() { String::new() } else { super::number::exact(value) }
}

fn candidates(found: &Definition) -> Frame {
    let rows: Vec<_> = found.candidates.iter().enumerate().collect();
    Frame::new()
        .count("rank", &rows, |(rank, _)| Some(rank + 1))
        .text("similarity", &rows, |(_, c)| found.similarities[c.similarity].to_string())
        .text("function", &rows, |(_, c)| c.function.name().to_string())
        .text("start", &rows, |(_, c)| c.start.map_or(String::new(), |start| start.name()))
        .count("clusters", &rows, |(_, c)| Some(c.partition.n_groups()))
        .count("singletons", &rows, |(_, c)| Some(c.partition.sizes().iter().filter(|&&size| size == 1).count()))
        .number("vs_cluster", &rows, |(_, c)| Some(c.scores.cluster))
        .number("vs_industry", &rows, |(_, c)| Some(c.scores.industry))
        .number("vs", &rows, |(_, c)| Some(c.scores.total))
        .number("margin", &rows, |(_, c)| Some(c.scores.margin))
}

/// The sets whose scores are told: the found one, and each other set with the found one on the same industries.
fn sets(found: &Definition) -> Vec<(String, usize, Option<f64>, &Scores)> {
    let mut sets = vec![("found".to_string(), found.clusters.len(), None, &found.scores)];
    for other in &found.others {
        let index = Some(other.comparison.adjusted_rand);
        sets.push((other.name.clone(), other.clusters, index, &other.scores));
        sets.push((format!("found, industries of {}", other.name), found.clusters.len(), index, &other.own_scores));
    }
    sets
}

fn scores(found: &Definition) -> Frame {
    type Row<'a> = (String, usize, Option<f64>, String, [f64; 4]);
    let four = |v: &Validation| [v.cluster_mean, v.cluster_percentile, v.industry_mean, v.industry_percentile];
    let mut rows: Vec<Row> = Vec::new();
    for (name, clusters, index, scores) in sets(found) {
        for (matrix, validation) in found.validating.iter().zip(&scores.by_matrix) {
            rows.push((name.clone(), clusters, index, matrix.to_string(), four(validation)));
        }
    }
    Frame::new()
        .text("set", &rows, |r| r.0.clone())
        .count("clusters", &rows, |r| Some(r.1))
        .number("adjusted_rand", &rows, |r| r.2)
        .text("matrix", &rows, |r| r.3.clone())
        .number("vs_cluster_mean", &rows, |r| Some(r.4[0]))
        .number("vs_cluster_percentile", &rows, |r| Some(r.4[1]))
        .number("vs_industry_mean", &rows, |r| Some(r.4[2]))
        .number("vs_industry_percentile", &rows, |r| Some(r.4[3]))
}

/// The network of related clusters as GraphML, for Gephi, igraph, networkx and others.
fn graphml(found: &Definition) -> String {
    let mut out = String::from(concat!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
        "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n",
        "<key id=\"centre\" for=\"node\" attr.name=\"centre\" attr.type=\"string\"/>\n",
        "<key id=\"industries\" for=\"node\" attr.name=\"industries\" attr.type=\"int\"/>\n",
        "<key id=\"between\" for=\"edge\" attr.name=\"between\" attr.type=\"double\"/>\n",
        "<key id=\"overlap\" for=\"edge\" attr.name=\"overlap\" attr.type=\"double\"/>\n",
        "<key id=\"strong\" for=\"edge\" attr.name=\"strong\" attr.type=\"boolean\"/>\n",
        "<graph id=\"clusters\" edgedefault=\"undirected\">\n",
    ));
    for c in &found.clusters {
        let centre = escape::html(&c.centre);
        let data = format!("<data key=\"centre\">{centre}</data><data key=\"industries\">{}</data>", c.industries);
        let _ = writeln!(out, "<node id=\"{}\">{data}</node>", c.code);
    }
    for link in found.overlap.links.iter().filter(|link| link.is_related) {
        let ends =
            format!("source=\"{}\" target=\"{}\"", found.clusters[link.first].code, found.clusters[link.second].code);
        let data = format!(
            "<data key=\"between\">{}</data><data key=\"overlap\">{}</data><data key=\"strong\">{}</data>",
            written(link.between),
            written(link.overlap),
            link.is_strong
        );
        let _ = writeln!(out, "<edge {ends}>{data}</edge>");
    }
    out + "</graph>\n</graphml>\n"
}

/// The figures of a definition, by name.
pub fn figures(found: &Definition) -> Vec<(&'static str, Svg)> {
    let names: Vec<String> = found.clusters.iter().map(|c| format!("{} {}", c.code, c.centre)).collect();
    let nodes =
        names.iter().zip(&found.clusters).map(|(name, c)| Node { name: name.clone(), size: c.industries as f64 });
    let related = found.overlap.links.iter().filter(|link| link.is_related);
    let edges: Vec<Edge> = related.map(|l| Edge { first: l.first, second: l.second, is_strong: l.is_strong }).collect();
    let (tree, leaves) = &found.tree;
    let k = found.candidates.first().map_or(1, |best| best.partition.n_groups());
    vec![
        ("dendrogram", dendrogram("How industries join", leaves, tree, k)),
        ("heat_map", heat_map("Relatedness within and between clusters", &names, &found.relatedness)),
        ("network", network("Related clusters", &nodes.collect::<Vec<_>>(), &edges)),
    ]
}

/// What was found in a few lines of plain text.
pub fn summary(found: &Definition) -> String {
    let mut out = String::new();
    if let Some(best) = found.candidates.first() {
        let start = best.start.map_or(String::new(), |start| format!(", start {}", start.name()));
        let _ = writeln!(
            out,
            "{} industries, {} regions; {} candidate sets. Best: {} by {}{start}, {} clusters, VS {:.2}.",
            found.industries.len(),
            found.n_regions,
            found.candidates.len(),
            found.similarities[best.similarity],
            best.function.name(),
            best.partition.n_groups(),
            best.scores.total
        );
    }
    let _ = writeln!(
        out,
        "Final set: {} clusters after {} reassigned industries, VS-Cluster {:.2}, VS-Industry {:.2}, VS {:.2}.",
        found.clusters.len(),
        found.moves.len(),
        found.scores.cluster,
        found.scores.industry,
        found.scores.total
    );
    for other in &found.others {
        let _ = writeln!(
            out,
            "{}: {} clusters of {} shared industries, VS {:.2} (the final set on them: {:.2}); adjusted Rand {:.3}, overlap {:.3}.",
            other.name,
            other.clusters,
            other.industries,
            other.scores.total,
            other.own_scores.total,
            other.comparison.adjusted_rand,
            other.comparison.overlap
        );
    }
    if let Some(drawn) = &found.stability {
        let _ = writeln!(
            out,
            "Stability over {} draws of regions: mean adjusted Rand {:.3}.",
            drawn.adjusted_rand.len(),
            drawn.mean()
        );
    }
    if !found.left_out.is_empty() {
        let some: Vec<String> = found.left_out.iter().take(5).cloned().collect();
        let _ = writeln!(
            out,
            "In no cluster, having no defined similarity: {} ({}).",
            found.left_out.len(),
            some.join(", ")
        );
    }
    if found.n_missing > 0 {
        let _ = writeln!(out, "{} cells are missing in the data and count as zero.", found.n_missing);
    }
    out
}

#[derive(Serialize)]
struct Context {
    title: String,
    question: Option<String>,
    is_synthetic: bool,
    facts: Vec<String>,
    scores: Vec<Vec<String>>,
    clusters: Vec<ClusterLine>,
    figures: Vec<String>,
}

#[derive(Serialize)]
struct ClusterLine {
    code: String,
    centre: String,
    industries: usize,
    members: String,
    numbers: [String; 3],
}

/// The page of a definition: one file, no network.
///
/// # Errors
/// Only when the template itself is at fault.
pub fn page(
    (title, question): (&str, Option<&str>),
    found: &Definition,
    figures: &[(&'static str, Svg)],
) -> Result<String, PageError> {
    let score = |(name, clusters, index, scores): (String, usize, Option<f64>, &Scores)| {
        let index = index.map_or(String::new(), |value| format!("{value:.3}"));
        let values = [scores.cluster, scores.industry, scores.total].map(|value| format!("{value:.2}"));
        [name, clusters.to_string()].into_iter().chain(values).chain([index]).collect()
    };
    let number = |value: f64| if value.is_nan() { String::new() } else { format!("{value:.3}") };
    let cluster = |(place, c): (usize, &ClusterRow)| {
        let members = found.industries.iter().filter(|row| row.cluster == place).map(|row| row.industry.as_str());
        ClusterLine {
            code: c.code.clone(),
            centre: c.centre.clone(),
            industries: c.industries,
            members: members.collect::<Vec<_>>().join(", "),
            numbers: [number(c.within), number(c.between), c.stability.map_or(String::new(), number)],
        }
    };
    let context = Context {
        title: title.to_string(),
        question: question.map(str::to_string),
        is_synthetic: found.is_synthetic,
        facts: summary(found).lines().map(str::to_string).collect(),
        scores: sets(found).into_iter().map(score).collect(),
        clusters: found.clusters.iter().enumerate().map(cluster).collect(),
        figures: figures.iter().map(|(name, svg)| inline_svg(svg.as_str(), name)).collect(),
    };
    render_template("definition.html", TEMPLATE, serde_json::to_value(context)?)
}
