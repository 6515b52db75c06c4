//! Tables: a neutral grid, made from fits by [`layout`], from descriptive statistics or from a sample ledger, and the
//! four formats that it is written in.
//!
//! The grid holds final texts. A format decides rules, escaping and markup, and never a digit, so that the terminal, the
//! paper and the page show the same numbers.

mod align;
mod asked;
mod coefficients;
pub mod descriptive;
pub mod flow;
mod html;
mod inference;
mod latex;
mod layout;
mod markdown;
mod ratios;
pub mod spec;
mod statistics;
mod terminal;
#[cfg(test)]
pub(crate) mod trial;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::note::Note;

pub use html::html;
pub use inference::{errors_in_words, own_errors_in_words, sentence};
pub use latex::latex;
pub use layout::layout;
pub use markdown::markdown;
pub use spec::{Patterns, Style, TableFault, TableSpec};
pub use statistics::method_in_words;
pub use terminal::terminal;

/// A table ready to be written in any format.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Table {
    /// Its name: the stem of its files.
    pub name: String,
    /// The title above it.
    pub title: Option<String>,
    /// The heading of the row labels; often empty.
    pub stub: String,
    /// Heading rows from top to bottom; spans of a row add up to the number of columns.
    pub header: Vec<Vec<HeaderCell>>,
    /// Groups of rows with a rule between them.
    pub sections: Vec<Vec<Row>>,
    /// Notes below, in order.
    pub notes: Vec<String>,
    /// Findings about the table itself (its columns use different samples).
    pub findings: Vec<Note>,
}

/// A heading over one or several columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HeaderCell {
    /// The text; may be empty.
    pub text: String,
    /// How many columns it stands over.
    pub span: usize,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// The label on the left; empty in the line below an estimate.
    pub label: String,
    /// What the row shows.
    pub kind: RowKind,
    /// One cell per column.
    pub cells: Vec<Cell>,
}

/// What a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowKind {
    /// Estimates.
    Estimate,
    /// What stands below the estimates; belongs to the row before it.
    Below,
    /// True values, below the estimates they belong to.
    Truth,
    /// A statistic, a yes/no row or a row of a plain table.
    Statistic,
}

/// One cell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cell {
    /// The text; empty when there is nothing to show.
    pub text: String,
    /// Characters as wide as the space to leave on the right, so that the points of a column stand below each other.
    pub ghost: String,
    /// Whether the text is a number.
    pub is_number: bool,
}

impl Cell {
    /// A number as text.
    pub fn number(text: impl Into<String>) -> Self {
        Cell { text: text.into(), ghost: String::new(), is_number: true }
    }

    /// A word.
    pub fn text(text: impl Into<String>) -> Self {
        Cell { text: text.into(), ghost: String::new(), is_number: false }
    }
}

impl HeaderCell {
    /// A heading over one column.
    pub fn one(text: impl Into<String>) -> Self {
        HeaderCell { text: text.into(), span: 1 }
    }
}

impl Table {
    /// Number of columns beside the labels.
    pub fn n_columns(&self) -> usize {
        self.header.iter().map(|row| row.iter().map(|cell| cell.span).sum()).max().unwrap_or(0)
    }

    /// All rows in order.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.sections.iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::flow::flow_table;
    use super::{Style, Table, TableSpec, html, latex, layout, markdown, terminal, trial};
    use crate::estimate::Fit;
    use crate::report::number::Digits;
    use crate::study::table::{Below, TableSection};

    fn spec() -> TableSpec {
        let section = r#"
            name = "main"
            title = "Wage growth & clusters, 5 %"
            truth = true
            labels = { cluster_strength = "Cluster strength", initial_wage = "Initial wage", region = "Region" }
        "#;
        TableSpec::from(&toml::from_str::<TableSection>(section).unwrap())
    }

    fn table(spec: &TableSpec) -> Table {
        let fits = trial::pair();
        layout(spec, &spec.select(&fits))
    }

    #[test]
    fn four_formats_of_one_grid() {
        let table = table(&spec());
        insta::assert_snapshot!("terminal", terminal(&table, Some(100)));
        insta::assert_snapshot!("latex", latex(&table));
        insta::assert_snapshot!("html", html(&table));
        insta::assert_snapshot!("markdown", markdown(&table));
    }

    #[test]
    fn stars_intervals_and_narrow_terminals() {
        let style = Style { below: Below::Interval, stars: true, digits: Digits::Decimals(3), exponentiate: false };
        let table = table(&TableSpec { style, truth: false, ..spec() });
        insta::assert_snapshot!("narrow", terminal(&table, Some(50)));
        insta::assert_snapshot!("starred_markdown", markdown(&table));
    }

    #[test]
    fn truths_that_differ_stand_below() {
        let mut fits = trial::pair();
        if let Some(c) = fits.get_mut(1).and_then(|fit| fit.coefficients.first_mut()) {
            c.truth = Some(-0.03);
        }
        let table = layout(&spec(), &fits.iter().collect::<Vec<_>>());
        assert!(table.rows().any(|row| row.label == "true value"));
        assert_eq!(table.n_columns(), 2);
    }

    #[test]
    fn misspelt_patterns_are_faults() {
        let mut spec = spec();
        spec.models = vec!["clusers".into(), "conv*".into()];
        spec.terms.keep = vec!["initial_wag".into()];
        spec.labels.insert("clustr".into(), "x".into());
        let told: Vec<String> = spec.faults(&trial::pair()).iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 4, "{told:?}");
        assert_eq!(told[0], "table main: no model is named `clusers`; did you mean `clusters`?");
        assert!(told[1].contains("did you mean `initial_wage`?"));
    }

    #[test]
    fn no_fits_no_panic() {
        let empty: [&Fit; 0] = [];
        let table = layout(&spec(), &empty);
        for text in [terminal(&table, None), latex(&table), html(&table), markdown(&table)] {
            assert!(!text.contains("NaN"));
        }
        let flow = flow_table("sample", "Sample", &trial::pair()[0].ledger);
        insta::assert_snapshot!("flow", terminal(&flow, None));
    }
}
