//! From the base year to the rows of the file: growth by the equations, waves in between, holes.

use super::base::{Base, Cell, happens, six_digits};
use super::{Equation, Industries, Outcome, Process, Regressors};
use crate::monte::Stream;

/// One row of the panel.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Position of the region.
    pub region: usize,
    /// Position of the industry.
    pub industry: usize,
    /// The year.
    pub year: i32,
    /// Establishments.
    pub establishments: f64,
    /// Employment, wage, start-ups and patents, in the order of [`Outcome::ALL`].
    pub values: [f64; 4],
    /// Whether employment and wage are hidden.
    pub suppressed: bool,
}

/// Every row of a replicate that is not a hole, by region, industry and year.
pub fn rows(
    process: &Process,
    base: &Base,
    industries: &Industries,
    regressors: &Regressors,
    replicate: u64,
) -> Vec<Row> {
    let stream = |step: &str| process.streams().stream(step, replicate);
    let growth: Vec<Vec<Vec<f64>>> = Outcome::ALL
        .iter()
        .map(|outcome| match process.equations.get(outcome) {
            Some(equation) => {
                changes(equation, base, industries, regressors, &mut stream(&format!("growth {}", outcome.name())))
            }
            None => vec![vec![0.0; industries.list.len()]; base.cells.len()],
        })
        .collect();
    let mut way = Way { process, noise: stream("waves"), holes: stream("holes"), rows: Vec::new() };
    for (r, cells) in base.cells.iter().enumerate() {
        for (i, cell) in cells.iter().enumerate() {
            if let Some(cell) = cell {
                let change = [0, 1, 2, 3].map(|k: usize| growth[k][r][i]);
                way.walk((r, i), cell, change);
            }
        }
    }
    way.rows
}

/// Log changes from the base to the end year, by region and industry.
fn changes(
    equation: &Equation,
    base: &Base,
    industries: &Industries,
    regressors: &Regressors,
    stream: &mut Stream,
) -> Vec<Vec<f64>> {
    let (n_regions, n_clusters) = (base.cells.len(), industries.clusters.len());
    let region = stream.normals(n_regions, equation.region_sd);
    let industry = stream.normals(industries.list.len(), equation.industry_sd);
    let common = stream.normals(n_regions * n_clusters, equation.cluster_error_sd);
    let explained = explained(equation, base, regressors);
    let change = |r: usize, i: usize, error: f64| {
        let shared = common[r * n_clusters + industries.list[i].cluster];
        equation.growth + explained[r][i] + region[r] + industry[i] + shared + error
    };
    (0..n_regions)
        .map(|r| {
            let errors = stream.normals(industries.list.len(), equation.error_sd);
            errors.into_iter().enumerate().map(|(i, error)| change(r, i, error)).collect()
        })
        .collect()
}

/// The sum of parameters times log regressors. Each term is centred over the cells that have it, which moves only the
/// constant; a term that a cell has not is left out.
fn explained(equation: &Equation, base: &Base, regressors: &Regressors) -> Vec<Vec<f64>> {
    let mut sum: Vec<Vec<f64>> = base.cells.iter().map(|row| vec![0.0; row.len()]).collect();
    for (term, parameter) in equation.parameters() {
        let mut logs = Vec::new();
        for (r, row) in base.cells.iter().enumerate() {
            for (i, cell) in row.iter().enumerate() {
                if let Some(log) = cell.as_ref().and_then(|cell| regressors.log(term, r, i, cell)) {
                    logs.push((r, i, log));
                }
            }
        }
        let mean = logs.iter().map(|&(_, _, log)| log).sum::<f64>() / logs.len().max(1) as f64;
        for (r, i, log) in logs {
            sum[r][i] += parameter * (log - mean);
        }
    }
    sum
}

/// Walks cells from the base to the end year.
struct Way<'a> {
    process: &'a Process,
    noise: Stream,
    holes: Stream,
    rows: Vec<Row>,
}

impl Way<'_> {
    fn walk(&mut self, (region, industry): (usize, usize), cell: &Cell, change: [f64; 4]) {
        let years = self.process.years;
        let start = [cell.employment, cell.wage, cell.startups, cell.patents];
        for year in years.waves() {
            let share = f64::from(year - years.base) / f64::from(years.end - years.base);
            let values = if year == years.base { start } else { self.values(cell, start, change, share) };
            let jobs = (share * change[0]).exp();
            let establishments = (cell.establishments * jobs.powf(0.8)).round().max(1.0);
            let [removed, suppressed] = self.hole(cell, year);
            if !removed {
                self.rows.push(Row { region, industry, year, establishments, values, suppressed });
            }
        }
    }

    /// Values at a share of the way. The noise of waves in between vanishes at both ends (a Brownian bridge's variance).
    fn values(&mut self, cell: &Cell, start: [f64; 4], change: [f64; 4], share: f64) -> [f64; 4] {
        let mut values = [0.0; 4];
        for (k, outcome) in Outcome::ALL.iter().enumerate() {
            let sd = self.process.equations.get(outcome).map_or(0.0, |equation| equation.error_sd);
            let between = sd * (share * (1.0 - share)).sqrt() * self.noise.normal();
            let luck = self.noise.uniform();
            let growth = (share * change[k] + between).exp();
            let latent = k.checked_sub(2).and_then(|rare| cell.latent.get(rare));
            values[k] = six_digits(match latent {
                // None at the start: it comes up again with the same chance, and has no growth to estimate.
                Some(latent) if start[k] == 0.0 => happens(latent * growth, luck),
                _ => start[k] * growth,
            });
        }
        values
    }

    /// Whether a row is missing, and whether it is suppressed; never in the base year, whose totals must stay whole.
    fn hole(&mut self, cell: &Cell, year: i32) -> [bool; 2] {
        let luck = [self.holes.uniform(), self.holes.uniform()];
        let holes = self.process.holes;
        let later = year != self.process.years.base;
        [later && luck[0] < holes.removed, later && luck[1] < holes.suppressed / cell.establishments]
    }
}
