//! [`Process`]: a data-generating process for a synthetic region x industry x year panel with known parameters.
//!
//! The design of Delgado, Porter and Stern's regressions, whose published coefficients cannot be had, turned round: draw
//! a base year, compute the regressors from it, draw effects and errors, and let outcomes grow by the equations of the
//! process. Estimators must find the parameters again. Steps:
//!
//! ```text
//! counties -> Geography (regions, neighbours) \
//! Process  -> Industries (clusters, overlaps)  > Base -> Regressors -> Rows -> files
//! ```
//!
//! For outcome `Y` of industry `i` in cluster `c` and region `r`, with `T` the years from the base to the end year:
//!
//! ```text
//! log(Y_ir(end) / Y_ir(base)) = constant + sum over terms of b * log(x_ir) + a_r + a_i + u_cr + e_ir
//! ```
//!
//! The parameters `b` are those of the change over all `T` years; divided by `T` they are those of growth per year. The
//! regressors use only rows of the base year as written to the file, after rounding, and are computed here by plain
//! loops, on purpose not by the library's measures, which they check. A term whose log does not exist (a zero) is
//! left out of that row's growth; an estimator drops such rows as missing.
//!
//! Deliberately not modelled: entry of industries into new regions, and any feedback between outcomes.

mod base;
mod error;
mod files;
mod geography;
mod growth;
mod industries;
mod measures;
mod outcomes;

use std::path::Path;

use indexmap::IndexMap;
use serde::Deserialize;

pub use base::{Base, Cell};
pub use error::ProcessError;
pub use geography::{Geography, Region};
pub use industries::{Industries, Industry};
pub use measures::Regressors;
pub use outcomes::{Row, rows};

use super::Streams;

/// A process as its file says it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// Title of the data package; says that the data are synthetic.
    pub title: String,
    /// Every random number derives from it.
    pub seed: u64,
    /// The years.
    pub years: Years,
    /// The regions.
    pub regions: RegionPlan,
    /// The industries and clusters.
    pub industries: IndustryPlan,
    /// The base year.
    pub base: BasePlan,
    /// What is hidden after everything is drawn.
    pub holes: Holes,
    /// One equation per outcome.
    pub equations: IndexMap<Outcome, Equation>,
}

/// The years of the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Years {
    /// The base year, from which all regressors come.
    pub base: i32,
    /// The end year, at which the equations hold exactly.
    pub end: i32,
    /// Years between two waves; waves between lie on the way, with noise of their own.
    pub step: i32,
}

impl Years {
    /// Every year of the panel, ascending.
    pub fn waves(&self) -> Vec<i32> {
        (self.base..=self.end).step_by(self.step.max(1) as usize).collect()
    }
}

/// How regions are grown from counties.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionPlan {
    /// How many regions.
    pub count: usize,
    /// Rounds of growing and moving every seed to the middle of its region.
    pub rounds: usize,
    /// Outline points whose triangle is smaller than this are left out, square degrees.
    pub simplify: f64,
    /// Outlines are written on a grid of so many steps each way.
    pub grid: u32,
}

/// How many industries and clusters, and how they overlap.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndustryPlan {
    /// Industries that serve other regions.
    pub traded: Group,
    /// Industries that serve their own region.
    pub local: Group,
    /// For the nearest, second nearest, ... traded cluster: the chance that an industry belongs to its broad definition.
    pub broad: Vec<f64>,
}

/// A group of industries.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Number of clusters.
    pub clusters: usize,
    /// Number of industries over all of them; at least two per cluster.
    pub industries: usize,
    /// Mean of log employment of a region-industry.
    pub log_employment: f64,
    /// Standard deviation of the region-cluster component of log employment: how clustered the group is.
    pub cluster_sd: f64,
    /// Standard deviation of the region-industry component of log employment.
    pub cell_sd: f64,
    /// Mean employment of an establishment.
    pub establishment_size: f64,
    /// Patents per thousand jobs and year, at the median.
    pub patents: f64,
}

/// The base year.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BasePlan {
    /// Standard deviation of the region component of log employment.
    pub region_sd: f64,
    /// Standard deviation of the industry component of log employment.
    pub industry_sd: f64,
    /// Share of the region-cluster variance that nearby regions and related clusters have in common.
    pub common: f64,
    /// A region-industry with less employment does not exist.
    pub least_employment: f64,
    /// Median annual wage, US dollars.
    pub wage: f64,
    /// Start-ups per establishment and year, at the median.
    pub startups: f64,
}

/// What is hidden, after outcomes are drawn and by chances that depend on the base year only.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holes {
    /// Employment and wage of a row after the base year are empty and the row is flagged with a chance of this divided by
    /// its establishments in the base year, as disclosure rules hide cells of few establishments.
    pub suppressed: f64,
    /// A row after the base year is missing altogether with this chance.
    pub removed: f64,
}

/// What grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Jobs.
    Employment,
    /// Average annual wage.
    Wage,
    /// New establishments, annual average.
    Startups,
    /// Patents, annual average.
    Patents,
}

impl Outcome {
    /// All outcomes, in the order of the file.
    pub const ALL: [Outcome; 4] = [Outcome::Employment, Outcome::Wage, Outcome::Startups, Outcome::Patents];

    /// The column's name.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Employment => "employment",
            Outcome::Wage => "wage",
            Outcome::Startups => "startups",
            Outcome::Patents => "patents",
        }
    }
}

/// A regressor, in logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Term {
    /// Location quotient of the industry.
    InitialSpecialisation,
    /// Wage in the base year.
    InitialWage,
    /// Start-ups in the base year.
    InitialStartups,
    /// Patents in the base year.
    InitialPatents,
    /// Location quotient of the cluster without the industry.
    ClusterStrength,
    /// Location quotient of related clusters, weighted by overlap.
    RelatedStrength,
    /// Mean location quotient of the cluster in neighbouring regions.
    NeighborStrength,
}

impl Term {
    /// All terms, in the order of `truth.csv`.
    pub const ALL: [Term; 7] = [
        Term::InitialSpecialisation,
        Term::InitialWage,
        Term::InitialStartups,
        Term::InitialPatents,
        Term::ClusterStrength,
        Term::RelatedStrength,
        Term::NeighborStrength,
    ];

    /// The name in `truth.csv`.
    pub fn name(self) -> &'static str {
        match self {
            Term::InitialSpecialisation => "initial_specialisation",
            Term::InitialWage => "initial_wage",
            Term::InitialStartups => "initial_startups",
            Term::InitialPatents => "initial_patents",
            Term::ClusterStrength => "cluster_strength",
            Term::RelatedStrength => "related_strength",
            Term::NeighborStrength => "neighbor_strength",
        }
    }
}

/// One growth equation; every number is of the log change from the base to the end year.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Equation {
    /// Mean growth.
    pub growth: f64,
    /// Parameters of the log regressors.
    pub terms: IndexMap<Term, f64>,
    /// Standard deviation of region effects.
    pub region_sd: f64,
    /// Standard deviation of industry effects.
    pub industry_sd: f64,
    /// Standard deviation of the error common to a region-cluster.
    pub cluster_error_sd: f64,
    /// Standard deviation of the error of a region-industry.
    pub error_sd: f64,
}

impl Equation {
    /// The terms with their parameters, in the order of [`Term::ALL`] whatever the order in the file.
    pub fn parameters(&self) -> impl Iterator<Item = (Term, f64)> + '_ {
        Term::ALL.into_iter().filter_map(|term| Some((term, *self.terms.get(&term)?)))
    }
}

impl Process {
    /// Reads a process from TOML.
    ///
    /// # Errors
    /// [`ProcessError::Toml`] or a fault of a value.
    pub fn parse(text: &str) -> Result<Self, ProcessError> {
        let process: Process = toml::from_str(text).map_err(|error| ProcessError::Toml(error.to_string()))?;
        process.check()?;
        Ok(process)
    }

    /// The streams of its seed.
    pub fn streams(&self) -> Streams {
        Streams::new(self.seed)
    }

    fn check(&self) -> Result<(), ProcessError> {
        let Years { base, end, step } = self.years;
        if step < 1 || end <= base || (end - base) % step != 0 {
            return Err(ProcessError::Years { base, end, step });
        }
        for (name, group) in [("traded", &self.industries.traded), ("local", &self.industries.local)] {
            if group.clusters == 0 || group.industries < 2 * group.clusters {
                let (clusters, industries) = (group.clusters, group.industries);
                return Err(ProcessError::Industries { group: name, clusters, industries });
            }
        }
        if let Some(&outcome) = Outcome::ALL.iter().find(|outcome| !self.equations.contains_key(*outcome)) {
            return Err(ProcessError::EquationMissing { outcome: outcome.name() });
        }
        self.check_chances()
    }

    fn check_chances(&self) -> Result<(), ProcessError> {
        let broad = self.industries.broad.iter().map(|&chance| ("industries.broad", chance));
        let rest = [
            ("base.common", self.base.common),
            ("holes.suppressed", self.holes.suppressed),
            ("holes.removed", self.holes.removed),
        ];
        match broad.chain(rest).find(|(_, chance)| !(0.0..=1.0).contains(chance)) {
            Some((key, value)) => Err(ProcessError::Chance { key, value }),
            None => Ok(()),
        }
    }
}

/// What [`draw`] wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawSummary {
    /// Regions.
    pub regions: usize,
    /// Industries.
    pub industries: usize,
    /// Rows of the panel.
    pub rows: usize,
    /// Rows whose employment and wage are hidden.
    pub suppressed: usize,
    /// Names of the files written, in order.
    pub files: Vec<String>,
}

/// Draws a process and writes it as a data package into `out`, which is made if it does not exist.
///
/// Regions, industries and overlaps are the same for every `replicate`; the base year, effects, errors and holes are drawn
/// anew. The same process, geography and replicate give the same bytes.
///
/// # Errors
/// [`ProcessError::Write`] when a file cannot be written; no file is left half-written.
pub fn draw(process: &Process, geography: &Geography, replicate: u64, out: &Path) -> Result<DrawSummary, ProcessError> {
    let industries = Industries::draw(process);
    let base = Base::draw(process, geography, &industries, replicate);
    let regressors = Regressors::of(&base, geography, &industries);
    let rows = rows(process, &base, &industries, &regressors, replicate);
    let package = files::Package { process, geography, industries: &industries, rows: &rows, replicate };
    Ok(DrawSummary {
        regions: geography.regions.len(),
        industries: industries.list.len(),
        rows: rows.len(),
        suppressed: rows.iter().filter(|row| row.suppressed).count(),
        files: package.write(out)?,
    })
}

#[cfg(test)]
mod tests;
