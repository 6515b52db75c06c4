//! `report.html`: one self-contained page that a referee would like to read.
//!
//! [`Page`] is plain data, made from the run's [`Results`] by [`Page::new`]; [`render`] puts it
//! into the template and computes nothing. The page asks nothing of a network: style and figures are inside it.

mod autocorrelation;
mod clubs;
mod curve;
mod distance_decay;
mod family;
mod flow;
mod headline;
pub mod inference;
mod inline;
pub mod model;
mod panel;
pub(crate) mod sensitivity;
mod shift_share;
mod spatial;
mod system;
mod weights;

use std::collections::{BTreeMap, HashMap};

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Value, context};
use serde::Serialize;
use serde_json::Value as Json;
use thiserror::Error;

use super::number;
use super::results::{DataSource, FigureRecord, Results};
use super::table::descriptive::descriptive_table;
use super::table::{TableSpec, html, sentence};
use crate::estimate::Fit;

pub(crate) use curve::joint_tests_in_words;
pub use flow::{Flow, FlowStep};
pub use headline::Headline;
pub use inline::inline_svg;
pub use model::ModelCard;
pub(crate) use shift_share::facts as shift_share_facts;
pub use shift_share::{Grid, ShiftShareCard};

/// Everything that the page shows, as texts.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Page {
    /// The study's title.
    pub title: String,
    /// Its question.
    pub question: Option<String>,
    /// The answer in short.
    pub headlines: Vec<Headline>,
    /// The data.
    pub data: Vec<DataSource>,
    /// Whether any of the data are synthetic.
    pub is_synthetic: bool,
    /// Sample flows, one for each group of models with the same losses.
    pub flows: Vec<Flow>,
    /// Flows that the page has no room for.
    pub flows_left_out: usize,
    /// Descriptive statistics as an HTML table; empty if there are none.
    pub descriptives: String,
    /// Regression tables as HTML.
    pub tables: Vec<String>,
    /// Spatial weights, families of hypotheses, specification curves, autocorrelations, systems and clubs.
    pub families: Vec<Grid>,
    /// Figures.
    pub figures: Vec<Picture>,
    /// Maps.
    pub maps: Vec<Picture>,
    /// Findings in sentences.
    pub notes: Vec<PageNote>,
    /// What was estimated; of very many models the first.
    pub models: Vec<ModelCard>,
    /// How many models have no card.
    pub models_left_out: usize,
    /// How many notes are not shown.
    pub notes_left_out: usize,
    /// References, each as one line.
    pub references: Vec<String>,
    /// How to get the same numbers again.
    pub reproduction: Reproduction,
}

/// A figure or map inside the page.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Picture {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Its caption.
    pub caption: String,
    /// The SVG element, ready to stand in the page.
    pub svg: String,
}

/// A finding and the models that it concerns.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PageNote {
    /// Names of models; empty for the study as a whole.
    pub models: Vec<String>,
    /// The sentence.
    pub text: String,
}

/// How to get the same numbers again.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Reproduction {
    /// The command.
    pub command: String,
    /// The version of isard.
    pub version: String,
    /// Digests by name: the plan, the data files.
    pub digests: Vec<(String, String)>,
}

/// What the page needs beside the results.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageParts<'a> {
    /// The tables' specifications, for labels and the choice of headlines; the first is the main table.
    pub specs: &'a [TableSpec],
    /// Figures and maps with the text of their SVG files.
    pub figures: Vec<(FigureRecord, String)>,
    /// References, each as one line.
    pub references: Vec<String>,
    /// The command that was run.
    pub command: String,
    /// Digests by name.
    pub digests: Vec<(String, String)>,
}

/// The page could not be made: a fault of isard's template, not of the study.
#[derive(Debug, Error)]
pub enum PageError {
    /// The template engine refused.
    #[error("the page could not be made from its template")]
    Template(#[from] minijinja::Error),
    /// The page's data could not be handed to it.
    #[error("the page's texts could not be handed to its template")]
    Data(#[from] serde_json::Error),
}

/// Most models with a card on the page; all of them are in the files beside it.
const MOST_MODELS: usize = 100;

/// Most notes on the page.
const MOST_NOTES: usize = 200;

/// Most names of models in one line.
const MOST_NAMES: usize = 12;

/// Most flows of samples on the page.
const MOST_FLOWS: usize = 50;

const TEMPLATE: &str = include_str!("report.html");
/// What all pages begin with, and what they say of drawn data.
const PARTS: [(&str, &str); 2] =
    [("head.html", include_str!("head.html")), ("banner.html", include_str!("banner.html"))];
/// The style of pages.
pub(super) const STYLE: &str = include_str!("style.css");

/// The page as HTML.
///
/// # Errors
/// Only when the template itself is at fault.
pub fn render(page: &Page) -> Result<String, PageError> {
    render_template("report.html", TEMPLATE, serde_json::to_value(page)?)
}

/// Puts plain data, called `page`, into a template; the style of pages is `style`.
pub(super) fn render_template(name: &str, template: &str, page: Json) -> Result<String, PageError> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.add_filter("thousands", |n: usize| number::count(n));
    for (name, part) in PARTS {
        environment.add_template(name, part)?;
    }
    environment.add_template(name, template)?;
    let style = Value::from_safe_string(STYLE.to_string());
    Ok(environment.get_template(name)?.render(context! { page => template_value(page), style => style })?)
}

/// Plain data as the template engine takes it.
fn template_value(json: Json) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Bool(flag) => Value::from(flag),
        Json::Number(number) => match number.as_u64() {
            Some(count) => Value::from(count),
            None => Value::from(number.as_f64()),
        },
        Json::String(text) => Value::from(text),
        Json::Array(items) => items.into_iter().map(template_value).collect(),
        Json::Object(fields) => {
            let fields = fields.into_iter().map(|(name, field)| (name, template_value(field)));
            Value::from(fields.collect::<BTreeMap<String, Value>>())
        }
    }
}

impl Page {
    /// Words for a run's results. Formats and chooses; every number comes from the records.
    pub fn new(results: &Results, parts: PageParts<'_>) -> Self {
        let main = parts.specs.first().cloned().unwrap_or_default();
        let label = |name: &str| label(parts.specs, name);
        let notes = notes(results);
        let pictures = |is_map: bool| {
            let chosen = parts.figures.iter().filter(|(record, _)| record.is_map == is_map);
            chosen.map(|(record, svg)| picture(record, svg)).collect()
        };
        let flows = flow::flows(&results.models);
        Page {
            title: results.study.title.clone(),
            question: results.study.question.clone(),
            headlines: headline::headlines(&main, &results.models),
            data: results.data.clone(),
            is_synthetic: results.data.iter().any(|source| source.is_synthetic),
            flows_left_out: flows.len().saturating_sub(MOST_FLOWS),
            flows: flows.into_iter().take(MOST_FLOWS).collect(),
            descriptives: descriptives(results, &main),
            tables: results.tables.iter().map(html).collect(),
            families: (weights::grid(&results.weights).into_iter())
                .chain(results.families.iter().map(family::grid))
                .chain(results.curves.iter().map(curve::grid))
                .chain(results.autocorrelations.iter().map(autocorrelation::grid))
                .chain(results.systems.iter().flat_map(system::grids))
                .chain(results.clubs.iter().map(clubs::grid))
                .chain(results.distance_decays.iter().map(distance_decay::grid))
                .collect(),
            figures: pictures(false),
            maps: pictures(true),
            models: results.models.iter().take(MOST_MODELS).map(|fit| ModelCard::new(fit, &label)).collect(),
            models_left_out: results.models.len().saturating_sub(MOST_MODELS),
            notes_left_out: notes.len().saturating_sub(MOST_NOTES),
            notes: notes.into_iter().take(MOST_NOTES).map(PageNote::shortened).collect(),
            references: parts.references,
            reproduction: Reproduction {
                command: parts.command,
                version: results.version.clone(),
                digests: parts.digests,
            },
        }
    }
}

/// The first label that any table gives to a name.
fn label(specs: &[TableSpec], name: &str) -> String {
    specs.iter().map(|spec| spec.label(name)).find(|shown| shown != name).unwrap_or_else(|| name.to_string())
}

fn descriptives(results: &Results, main: &TableSpec) -> String {
    if results.descriptives.is_empty() {
        return String::new();
    }
    let title = "Descriptive statistics of the estimation sample";
    html(&descriptive_table("descriptives", title, &main.labels, &results.descriptives))
}

fn picture(record: &FigureRecord, svg: &str) -> Picture {
    Picture {
        name: record.name.clone(),
        title: record.title.clone(),
        caption: record.caption.clone(),
        svg: inline_svg(svg, &record.name),
    }
}

/// Each finding once, with the models that it concerns; those of the whole study first.
fn notes(results: &Results) -> Vec<PageNote> {
    let of_study = results.notes.iter().chain(results.tables.iter().flat_map(|table| &table.findings));
    let of_study = of_study.chain(results.families.iter().flat_map(|family| &family.notes));
    let of_study = of_study.chain(results.curves.iter().flat_map(|curve| &curve.notes));
    let mut notes: Vec<PageNote> =
        of_study.map(|note| PageNote { models: Vec::new(), text: sentence(&note.to_string()) }).collect();
    let mut place: HashMap<String, usize> = HashMap::new();
    for fit in &results.models {
        for text in told(fit) {
            let at = *place.entry(text).or_insert_with_key(|text| {
                notes.push(PageNote { models: Vec::new(), text: text.clone() });
                notes.len() - 1
            });
            notes[at].models.push(fit.model.clone());
        }
    }
    notes
}

impl PageNote {
    /// The same with a number in place of the models that would not fit a line.
    fn shortened(mut self) -> PageNote {
        self.models = first_few(self.models);
        self
    }
}

/// The first few names, and how many more there are.
fn first_few(mut names: Vec<String>) -> Vec<String> {
    let more = names.len().saturating_sub(MOST_NAMES);
    if more > 1 {
        names.truncate(MOST_NAMES);
        names.push(format!("{} more", number::count(more)));
    }
    names
}

fn told(fit: &Fit) -> Vec<String> {
    let mut texts: Vec<String> = fit.notes.iter().map(|note| sentence(&note.to_string())).collect();
    if !fit.convergence.converged {
        texts.push("The absorption of the effects did not reach its tolerance: do not rely on these numbers.".into());
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::results::tests::sample;
    use crate::study::table::TableSection;

    /// A picture with the palette of isard's figures.
    const SVG: &str = r##"<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 140" width="400" height="140" role="img" aria-labelledby="t d">
<title id="t">Coefficients</title><desc id="d">Initial wage -0.0221, cluster strength 0.0041.</desc>
<rect width="400" height="140" fill="#FFFFFF"/><line x1="120" x2="380" y1="120" y2="120" stroke="#e3e6ea"/>
<text x="10" y="50" fill="#1b1f24" font-size="14">Initial wage</text><circle cx="160" cy="45" r="5" fill="#0b6e99"/>
<text x="10" y="90" fill="#6a737d" font-size="14">Cluster strength</text><circle cx="300" cy="85" r="5" fill="#c2571a"/></svg>"##;

    fn page() -> Page {
        let mut results = sample();
        results.study.title = "Strong clusters & wage growth <1990>".into();
        let section = TableSection {
            name: "main".into(),
            labels: [("initial_wage", "Initial wage"), ("cluster_strength", "Cluster strength (outside the industry)")]
                .into_iter()
                .map(|(name, label)| (name.to_string(), label.to_string()))
                .collect(),
            ..TableSection::default()
        };
        let specs = [TableSpec::from(&section)];
        let figures = results.figures.iter().map(|record| (record.clone(), SVG.to_string())).collect();
        let parts = PageParts {
            specs: &specs,
            figures,
            references: vec![
                "Delgado, M., Porter, M. E. and Stern, S. (2014). Clusters, convergence, and economic \
                              performance. Research Policy 43(10), 1785-1799."
                    .into(),
            ],
            command: "isard run studies/wage_growth.toml".into(),
            digests: vec![("data/us-synthetic/panel.parquet".into(), "9f".repeat(32))],
        };
        Page::new(&results, parts)
    }

    #[test]
    fn the_page_is_whole_and_asks_for_nothing() {
        let text = render(&page()).unwrap();
        if let Ok(place) = std::env::var("ISARD_PAGE_SAMPLE") {
            std::fs::write(place, &text).unwrap();
        }
        assert!(text.contains("Strong clusters &amp; wage growth &lt;1990&gt;"));
        assert!(text.contains("Synthetic data") && text.contains("<table class=\"regression\""));
        assert!(text.contains("var(--ink)") && text.contains("id=\"coefficients-t\""));
        for part in ["question", "answer", "data", "sample", "tables", "figures", "notes", "models", "reproduce"] {
            assert!(text.contains(&format!("id=\"{part}\"")), "{part}");
        }
        for request in ["src=\"http", "<link", "<script", "@import", "url(http"] {
            assert!(!text.contains(request), "{request}");
        }
    }

    #[test]
    fn an_empty_page_renders() {
        let text = render(&Page { title: "Nothing yet".into(), ..Page::default() }).unwrap();
        assert!(text.contains("Nothing yet") && !text.contains("id=\"figures\""));
    }
}
