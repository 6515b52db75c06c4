//! Regions: how much of them is in strong clusters.
//!
//! Regional cluster strength is `sum_c strong_cr E_cr / sum_c E_cr` over traded clusters (Delgado, Porter and Stern 2014;
//! `str_emp_per` of clustermapping.us). The share of the five largest traded clusters and the number of clusters with a
//! quotient of at least 1.5 are the figures of Porter's white paper.

use super::Base;
use super::Cell;
use super::change::{before, yearly_growth};
use super::draws::RegionSpread;
use super::grid::Grid;
use crate::mapping::CompensatedSum;
use crate::mapping::location_quotient::ratio;

/// The quotient from which the white paper counts a region as specialised.
const SPECIALISED: f64 = 1.5;
/// How many of the largest clusters are added up.
const TOP: usize = 5;

/// A region in a period.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionSummary {
    /// The period, by position.
    pub period: u32,
    /// The region, by position.
    pub region: u32,
    /// All employment, also in industries of no cluster.
    pub employment: f64,
    /// Employment in traded clusters.
    pub traded_employment: f64,
    /// Employment in the base that traded clusters are compared with.
    pub base_employment: f64,
    /// Establishments.
    pub establishments: f64,
    /// Payroll per employee.
    pub wage: f64,
    /// Payroll per employee in traded clusters.
    pub traded_wage: f64,
    /// Patents.
    pub patents: f64,
    /// Traded clusters with employment.
    pub clusters: usize,
    /// Strong clusters.
    pub strong_clusters: usize,
    /// Share of traded employment in strong clusters.
    pub cluster_strength: f64,
    /// Share of traded employment in the five largest traded clusters.
    pub top_five_share: f64,
    /// Traded clusters with a quotient of at least 1.5.
    pub specialised_clusters: usize,
    /// Share of traded employment in them.
    pub specialised_share: f64,
    /// Herfindahl index of traded employment over clusters.
    pub herfindahl: f64,
    /// Yearly growth of employment since the period before.
    pub employment_growth: f64,
    /// Yearly growth of the wage.
    pub wage_growth: f64,
    /// Over draws of imputed values; `None` without draws.
    pub spread: Option<RegionSpread>,
}

impl RegionSummary {
    /// Patents per 10,000 employees, the site's measure of innovation.
    pub fn patent_intensity(&self) -> f64 {
        ratio(self.patents * 1e4, self.employment)
    }
}

/// Every region in every period in which it is there.
pub(super) fn summarise(grid: &Grid, base: Base, cells: &[Cell]) -> Vec<RegionSummary> {
    let n = grid.regions.len();
    let mut traded: Vec<Vec<&Cell>> = vec![Vec::new(); grid.periods.len() * n];
    for cell in cells.iter().filter(|cell| grid.clusters[cell.cluster as usize].is_traded && cell.is_present()) {
        traded[cell.period as usize * n + cell.region as usize].push(cell);
    }
    let places = (0..grid.periods.len()).flat_map(|t| (0..n).map(move |r| (t, r)));
    places.filter(|&(t, r)| grid.is_there(t, r)).map(|(t, r)| summary(grid, base, (t, r), &traded[t * n + r])).collect()
}

fn summary(grid: &Grid, base: Base, (t, r): (usize, usize), traded: &[&Cell]) -> RegionSummary {
    let total = |quantity: usize| grid.region_total(quantity, (t, r), None);
    let of_traded = |quantity: usize| grid.region_total(quantity, (t, r), Some(true));
    let traded_employment = of_traded(0);
    let share_of = |among: &dyn Fn(&Cell) -> bool| {
        let sum: CompensatedSum = traded.iter().filter(|cell| among(cell)).map(|cell| cell.employment).collect();
        ratio(sum.value(), traded_employment)
    };
    let is_specialised = |cell: &Cell| cell.location_quotient >= SPECIALISED;
    let mut sizes: Vec<f64> = traded.iter().map(|cell| cell.employment).collect();
    sizes.sort_by(|a, b| b.total_cmp(a));
    let top: CompensatedSum = sizes.iter().take(TOP).copied().collect();
    let squares: CompensatedSum = sizes.iter().map(|size| (size / traded_employment).powi(2)).collect();
    let since = before(grid, t, r);
    let growth = |now: f64, then: &dyn Fn(usize) -> f64| {
        since.map_or(f64::NAN, |since| yearly_growth(then(since), now, grid.periods[t] - grid.periods[since]))
    };
    let total_at = |quantity: usize, t: usize| grid.region_total(quantity, (t, r), None);
    let wage = ratio(total(2), total(0));
    RegionSummary {
        period: t as u32,
        region: r as u32,
        employment: total(0),
        traded_employment,
        base_employment: match base {
            Base::Total => total(0),
            Base::SameType if !grid.has_types => total(0),
            Base::SameType | Base::Traded => traded_employment,
        },
        establishments: total(1),
        wage,
        traded_wage: ratio(of_traded(2), traded_employment),
        patents: total(3),
        clusters: traded.len(),
        strong_clusters: traded.iter().filter(|cell| cell.is_strong()).count(),
        cluster_strength: share_of(&Cell::is_strong),
        top_five_share: ratio(top.value(), traded_employment),
        specialised_clusters: traded.iter().filter(|cell| is_specialised(cell)).count(),
        specialised_share: share_of(&is_specialised),
        herfindahl: if traded.is_empty() { f64::NAN } else { squares.value() },
        employment_growth: growth(total(0), &|t| total_at(0, t)),
        wage_growth: growth(wage, &|t| ratio(total_at(2, t), total_at(0, t))),
        spread: None,
    }
}
