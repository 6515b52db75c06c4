//! [`Base`]: the base year.
//!
//! Log employment is the sum of a mean of its group, an industry, a region, a region-cluster and a region-industry
//! component. Part of the region-cluster component is common: the product of the cluster's and the region's position in
//! the hidden dimensions, where regions resemble their neighbours. So related clusters sit together and neighbours
//! are alike, and the regressors vary as they do in real data.

use super::industries::{DIMENSIONS, Industries};
use super::{Geography, Group, Process};
use crate::monte::Stream;

/// One region-industry in the base year, as written to the file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Jobs.
    pub employment: f64,
    /// Establishments, a whole number of at least one.
    pub establishments: f64,
    /// Average annual wage, US dollars.
    pub wage: f64,
    /// Start-ups per year; may be zero.
    pub startups: f64,
    /// Patents per year; may be zero.
    pub patents: f64,
    /// Start-ups and patents that the cell would have if it had any.
    pub(super) latent: [f64; 2],
}

/// The base year: `cells[region][industry]`, `None` where the industry is absent.
#[derive(Clone, Debug, PartialEq)]
pub struct Base {
    /// Regions by industries.
    pub cells: Vec<Vec<Option<Cell>>>,
}

impl Base {
    /// Draws the base year of a replicate.
    pub fn draw(process: &Process, geography: &Geography, industries: &Industries, replicate: u64) -> Self {
        let stream = |step: &str| process.streams().stream(step, replicate);
        let (n_regions, n_clusters) = (geography.regions.len(), industries.clusters.len());
        let plan = process.base;
        let region = stream("base region").normals(n_regions, plan.region_sd);
        let traits = traits(process, industries, &mut stream("base industry"));
        let lift = region_cluster(process, geography, industries, &mut stream("base cluster"));
        let region_wage = stream("base wage").normals(n_regions, 0.12);
        let mut noise = stream("base cell");
        let cells = (0..n_regions)
            .map(|r| {
                let cell = |(i, one): (usize, &Traits)| {
                    let industry = &industries.list[i];
                    let group = group(process, industry.traded);
                    let size = region[r] + lift[r * n_clusters + industry.cluster];
                    draw_cell(&plan, group, one, [size, region_wage[r]], &mut noise)
                };
                traits.iter().enumerate().map(cell).collect()
            })
            .collect();
        Base { cells }
    }
}

/// What an industry is like everywhere.
struct Traits {
    log_employment: f64,
    log_size: f64,
    log_wage: f64,
    log_patents: f64,
}

fn group(process: &Process, traded: bool) -> &Group {
    if traded { &process.industries.traded } else { &process.industries.local }
}

fn traits(process: &Process, industries: &Industries, stream: &mut Stream) -> Vec<Traits> {
    let one = |traded| {
        let group = group(process, traded);
        Traits {
            log_employment: group.log_employment + process.base.industry_sd * stream.normal(),
            log_size: group.establishment_size.ln() + 0.4 * stream.normal(),
            log_wage: process.base.wage.ln() + 0.25 * stream.normal(),
            log_patents: (group.patents / 1000.0).ln() + 0.9 * stream.normal(),
        }
    };
    industries.list.iter().map(|industry| industry.traded).map(one).collect()
}

/// The region-cluster component, by `region * clusters + cluster`.
fn region_cluster(process: &Process, geography: &Geography, industries: &Industries, stream: &mut Stream) -> Vec<f64> {
    let own: Vec<[f64; DIMENSIONS]> =
        geography.regions.iter().map(|_| std::array::from_fn(|_| stream.normal())).collect();
    let common = process.base.common;
    let mut out = Vec::with_capacity(own.len() * industries.clusters.len());
    for (r, around) in geography.neighbors.iter().enumerate() {
        // The mean of a region and its neighbours, scaled back to variance one.
        let members = around.len() as f64 + 1.0;
        let place: [f64; DIMENSIONS] =
            std::array::from_fn(|k| (own[r][k] + around.iter().map(|&s| own[s][k]).sum::<f64>()) / members.sqrt());
        for (c, position) in industries.positions.iter().enumerate() {
            let together: f64 = position.iter().zip(&place).map(|(a, b)| a * b).sum();
            let sd = group(process, c < process.industries.traded.clusters).cluster_sd;
            out.push(sd * (common.sqrt() * together + (1.0 - common).sqrt() * stream.normal()));
        }
    }
    out
}

/// One cell; draws the same count of random numbers whether the cell exists or not.
fn draw_cell(
    plan: &super::BasePlan,
    group: &Group,
    industry: &Traits,
    [size, region_wage]: [f64; 2],
    noise: &mut Stream,
) -> Option<Cell> {
    let z: [f64; 5] = std::array::from_fn(|_| noise.normal());
    let luck = [noise.uniform(), noise.uniform()];
    let employment = six_digits((industry.log_employment + size + group.cell_sd * z[0]).exp());
    let establishments = (employment / (industry.log_size + 0.3 * z[1]).exp()).round().max(1.0);
    let latent =
        [plan.startups * establishments * (0.5 * z[3]).exp(), employment * (industry.log_patents + 0.8 * z[4]).exp()];
    let [startups, patents] = [0, 1].map(|k| six_digits(happens(latent[k], luck[k])));
    let wage = six_digits((industry.log_wage + region_wage + 0.15 * z[2]).exp());
    let cell = Cell { employment, establishments, wage, startups, patents, latent };
    (employment >= plan.least_employment).then_some(cell)
}

/// A rare event is zero with the chance that a three-year count of it is.
pub(super) fn happens(rate: f64, luck: f64) -> f64 {
    if luck < (-3.0 * rate).exp() { 0.0 } else { rate }
}

/// Rounded to six significant digits, the precision of the file.
pub(super) fn six_digits(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}
