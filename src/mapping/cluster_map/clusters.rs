//! Clusters: how large they are, where, and how concentrated.

use super::Base;
use super::Cell;
use super::change::yearly_growth;
use super::grid::{Grid, National};
use crate::mapping::CompensatedSum;
use crate::mapping::location_quotient::ratio;

/// How many of the leading regions are added up.
const TOP: usize = 5;

/// A cluster in a period.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterSummary {
    /// The period, by position.
    pub period: u32,
    /// The cluster, by position.
    pub cluster: u32,
    /// Employment in the nation: the given total, or the sum over the regions.
    pub employment: f64,
    /// National employment in the base that the cluster is compared with.
    pub base_employment: f64,
    /// Employment in the regions of the data.
    pub regional_employment: f64,
    /// Establishments in the regions of the data.
    pub establishments: f64,
    /// Payroll per employee.
    pub wage: f64,
    /// Patents.
    pub patents: f64,
    /// Regions with employment in the cluster.
    pub regions: usize,
    /// Regions where it is strong.
    pub strong_regions: usize,
    /// Share of the cluster's employment (over the regions) that is in regions where it is strong.
    pub strong_share: f64,
    /// Share of the five regions with most employment.
    pub top_five_share: f64,
    /// Herfindahl index of employment over regions.
    pub herfindahl: f64,
    /// Yearly growth of national employment since the period before.
    pub employment_growth: f64,
    /// Yearly growth of the wage.
    pub wage_growth: f64,
    /// The regions with most employment, by position, largest first; at most five.
    pub leading: Vec<u32>,
}

/// Every cluster in every period.
pub(super) fn summarise(grid: &Grid, national: &National, base: Base, cells: &[Cell]) -> Vec<ClusterSummary> {
    let lines = cells.chunk_by(|a, b| (a.period, a.cluster) == (b.period, b.cluster));
    lines.map(|line| summary(grid, national, base, line)).collect()
}

fn summary(grid: &Grid, national: &National, base: Base, line: &[Cell]) -> ClusterSummary {
    let (t, c) = (line[0].period as usize, line[0].cluster as usize);
    let wage = |t: usize| ratio(grid.cluster_total(2, (t, c)), grid.cluster_total(0, (t, c)));
    let growth = |value: &dyn Fn(usize) -> f64| {
        t.checked_sub(1)
            .map_or(f64::NAN, |since| yearly_growth(value(since), value(t), grid.periods[t] - grid.periods[since]))
    };
    let mut present: Vec<&Cell> = line.iter().filter(|cell| cell.is_present()).collect();
    present.sort_by(|a, b| b.employment.total_cmp(&a.employment).then(a.region.cmp(&b.region)));
    let total = grid.cluster_total(0, (t, c));
    let share_of = |cells: &mut dyn Iterator<Item = f64>| ratio(cells.collect::<CompensatedSum>().value(), total);
    let squares: CompensatedSum = present.iter().map(|cell| (cell.employment / total).powi(2)).collect();
    ClusterSummary {
        period: t as u32,
        cluster: c as u32,
        employment: national.of(t, c),
        base_employment: national.sum(t, |other| grid.in_base(base, c, other)),
        regional_employment: total,
        establishments: grid.cluster_total(1, (t, c)),
        wage: wage(t),
        patents: grid.cluster_total(3, (t, c)),
        regions: present.len(),
        strong_regions: present.iter().filter(|cell| cell.is_strong()).count(),
        strong_share: share_of(&mut present.iter().filter(|cell| cell.is_strong()).map(|cell| cell.employment)),
        top_five_share: share_of(&mut present.iter().take(TOP).map(|cell| cell.employment)),
        herfindahl: if present.is_empty() { f64::NAN } else { squares.value() },
        employment_growth: growth(&|t| national.of(t, c)),
        wage_growth: growth(&wage),
        leading: present.iter().take(TOP).map(|cell| cell.region).collect(),
    }
}
