//! What changed since the period before: growth, entry, exit, ranks.
//!
//! Growth is the yearly rate `(x_1 / x_0)^(1 / (t_1 - t_0)) - 1`, of the values as they are (the Cluster Mapping site
//! rounds them to integers first). The period before is the latest earlier one in which the region has rows.

use super::Cell;
use super::grid::Grid;

/// What changed in a cell since the period before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// The period before, by position.
    pub since: u32,
    /// Yearly growth of employment; NaN unless both are above zero, as all growth here.
    pub employment_growth: f64,
    /// Yearly growth of establishments.
    pub establishments_growth: f64,
    /// Yearly growth of the wage.
    pub wage_growth: f64,
    /// Yearly growth of patents.
    pub patents_growth: f64,
    /// The difference of employment.
    pub employment_change: f64,
    /// The difference of the quotient.
    pub quotient_change: f64,
    /// Ranks won (positive) or lost by employment; `None` unless the cluster was there in both periods.
    pub employment_ranks: Option<i64>,
    /// Ranks won or lost by quotient.
    pub quotient_ranks: Option<i64>,
    /// The cluster was not there before and is now.
    pub entered: bool,
    /// The cluster was there before and is not now.
    pub exited: bool,
    /// It was not strong before and is now.
    pub became_strong: bool,
    /// It was strong before and is not now.
    pub ceased_strong: bool,
}

/// The yearly rate of growth over `years`.
pub fn yearly_growth(from: f64, to: f64, years: f64) -> f64 {
    if from > 0.0 && to > 0.0 && years > 0.0 { (to / from).powf(1.0 / years) - 1.0 } else { f64::NAN }
}

/// The latest earlier period in which a region is there.
pub(super) fn before(grid: &Grid, period: usize, region: usize) -> Option<usize> {
    (0..period).rev().find(|&t| grid.is_there(t, region))
}

/// Fills in the changes of all cells.
pub(super) fn follow(grid: &Grid, cells: &mut [Cell]) {
    let (n_clusters, n_regions) = (grid.clusters.len(), grid.regions.len());
    if grid.periods.len() < 2 {
        return;
    }
    let mut place = vec![usize::MAX; grid.periods.len() * n_clusters * n_regions];
    let key = |t: usize, c: u32, r: u32| (t * n_clusters + c as usize) * n_regions + r as usize;
    cells.iter().enumerate().for_each(|(k, cell)| place[key(cell.period as usize, cell.cluster, cell.region)] = k);
    for k in 0..cells.len() {
        let cell = &cells[k];
        let since = before(grid, cell.period as usize, cell.region as usize);
        let change = since.map(|since| {
            let former = &cells[place[key(since, cell.cluster, cell.region)]];
            change(former, cell, grid.periods[cell.period as usize] - grid.periods[since])
        });
        cells[k].change = change;
    }
}

fn change(former: &Cell, cell: &Cell, years: f64) -> Change {
    let growth = |value: fn(&Cell) -> f64| yearly_growth(value(former), value(cell), years);
    let ranks = |rank: fn(&Cell) -> Option<u32>| Some(i64::from(rank(former)?) - i64::from(rank(cell)?));
    let known = !former.employment.is_nan() && !cell.employment.is_nan();
    Change {
        since: former.period,
        employment_growth: growth(|cell| cell.employment),
        establishments_growth: growth(|cell| cell.establishments),
        wage_growth: growth(Cell::wage),
        patents_growth: growth(|cell| cell.patents),
        employment_change: cell.employment - former.employment,
        quotient_change: cell.location_quotient - former.location_quotient,
        employment_ranks: ranks(|cell| cell.employment_rank),
        quotient_ranks: ranks(|cell| cell.quotient_rank),
        entered: known && !former.is_present() && cell.is_present(),
        exited: known && former.is_present() && !cell.is_present(),
        became_strong: known && !former.is_strong() && cell.is_strong(),
        ceased_strong: known && former.is_strong() && !cell.is_strong(),
    }
}
