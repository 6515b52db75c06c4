//! Cells, their quotients, flags and ranks.

use rayon::prelude::*;

use super::grid::{Grid, National};
use super::strong::{Measured, Thresholds};
use super::{Bounds, Cell, MapOptions};
use crate::mapping::CompensatedSum;
use crate::mapping::location_quotient::ratio;

/// Every cell of the regions that are there, by period, cluster and region, without flags, ranks and changes.
pub(super) fn cells(grid: &Grid, national: &National, options: &MapOptions) -> Vec<Cell> {
    let (n_periods, n_clusters) = (grid.periods.len(), grid.clusters.len());
    let lines: Vec<(usize, usize)> = (0..n_periods).flat_map(|t| (0..n_clusters).map(move |c| (t, c))).collect();
    let bases = &Bases::new(grid, national, options);
    let line = |&(t, c): &(usize, usize)| {
        let (kind, in_nation) = bases.of(t, c);
        let national_share = ratio(national.of(t, c), in_nation);
        (0..grid.regions.len()).filter(move |&r| grid.is_there(t, r)).map(move |r| {
            let at = (t, c, r);
            let employment = grid.employment(at);
            let base = bases.regional(kind, t, r);
            let region_share = ratio(employment, base);
            Cell {
                period: t as u32,
                cluster: c as u32,
                region: r as u32,
                employment,
                establishments: grid.value(1, at),
                payroll: grid.value(2, at),
                patents: grid.value(3, at),
                location_quotient: ratio(region_share, national_share),
                region_share,
                national_share: ratio(employment, national.of(t, c)),
                flags: None,
                employment_rank: None,
                quotient_rank: None,
                quotient_percentile: f64::NAN,
                bounds: grid.bounds(at).map(|employment| Bounds {
                    employment,
                    location_quotient: employment.map(|value| ratio(ratio(value, base), national_share)),
                    strong: None,
                }),
                spread: None,
                change: None,
            }
        })
    };
    lines.iter().flat_map(line).collect()
}

/// Totals of the bases in regions and nation. Clusters of one type share a base: at most two are needed.
struct Bases<'a> {
    grid: &'a Grid,
    regional: [Vec<f64>; 2],
    national: [Vec<f64>; 2],
}

impl<'a> Bases<'a> {
    fn new(grid: &'a Grid, national: &National, options: &MapOptions) -> Self {
        let (n_periods, n_regions, n_clusters) = (grid.periods.len(), grid.regions.len(), grid.clusters.len());
        let example = |is_traded: bool| grid.clusters.iter().position(|cluster| cluster.is_traded == is_traded);
        let totals = |is_traded: bool| {
            let Some(c) = example(is_traded) else { return (Vec::new(), Vec::new()) };
            let among: Vec<usize> = (0..=n_clusters).filter(|&other| grid.in_base(options.base, c, other)).collect();
            let region = |(t, r): (usize, usize)| {
                let known = among.iter().map(|&c| grid.employment((t, c, r))).filter(|value| !value.is_nan());
                known.collect::<CompensatedSum>().value()
            };
            let places = (0..n_periods).flat_map(|t| (0..n_regions).map(move |r| (t, r)));
            let nation = (0..n_periods).map(|t| national.sum(t, |other| grid.in_base(options.base, c, other)));
            (places.map(region).collect(), nation.collect())
        };
        let (traded, local) = (totals(true), totals(false));
        Bases { grid, regional: [local.0, traded.0], national: [local.1, traded.1] }
    }

    /// The base of a cluster and its national total.
    fn of(&self, t: usize, c: usize) -> (usize, f64) {
        let kind = usize::from(self.grid.clusters[c].is_traded);
        (kind, self.national[kind][t])
    }

    fn regional(&self, kind: usize, t: usize, r: usize) -> f64 {
        self.regional[kind][t * self.grid.regions.len() + r]
    }
}

/// Gives the cells their flags and ranks, and tells the thresholds.
pub(super) fn judge(grid: &Grid, cells: &mut [Cell], options: &MapOptions) -> Vec<Thresholds> {
    let lines: Vec<&mut [Cell]> = cells.chunk_by_mut(|a, b| (a.period, a.cluster) == (b.period, b.cluster)).collect();
    let found: Vec<Option<Thresholds>> = lines.into_par_iter().map(|line| judge_line(grid, line, options)).collect();
    found.into_iter().flatten().collect()
}

/// One cluster in one period.
fn judge_line(grid: &Grid, line: &mut [Cell], options: &MapOptions) -> Option<Thresholds> {
    let (period, cluster) = line.first().map(|cell| (cell.period as usize, cell.cluster as usize))?;
    let measured = |cell: &Cell| Measured {
        quotient: cell.location_quotient,
        employment: cell.employment,
        establishments: cell.establishments,
        region_share: cell.region_share,
        national_share: cell.national_share,
    };
    rank(line, |cell| cell.employment, |cell, rank, _| cell.employment_rank = Some(rank));
    rank(
        line,
        |cell| cell.location_quotient,
        |cell, rank, percentile| {
            cell.quotient_rank = Some(rank);
            cell.quotient_percentile = percentile;
        },
    );
    if !grid.clusters[cluster].is_traded {
        return None;
    }
    let present: Vec<Measured> = line.iter().filter(|cell| cell.is_present()).map(measured).collect();
    let thresholds = Thresholds::of((period, cluster), &present, &options.rule, &options.stars)?;
    for cell in line.iter_mut().filter(|cell| !cell.employment.is_nan()) {
        cell.flags = Some(if cell.is_present() {
            thresholds.flags(&measured(cell), &options.rule, &options.stars)
        } else {
            Default::default()
        });
    }
    for cell in line.iter_mut().filter(|cell| cell.flags.is_some()) {
        let own = measured(cell);
        if let Some(bounds) = &mut cell.bounds {
            let at = |k: usize| {
                let employment = bounds.employment[k];
                let share = |share: f64| if own.employment > 0.0 { share * employment / own.employment } else { share };
                let moved = Measured {
                    quotient: bounds.location_quotient[k],
                    employment,
                    region_share: share(own.region_share),
                    national_share: share(own.national_share),
                    ..own
                };
                employment > 0.0 && thresholds.flags(&moved, &options.rule, &options.stars).strong
            };
            bounds.strong = Some([at(0), at(1)]);
        }
    }
    Some(thresholds)
}

/// Ranks the cells where the cluster is, largest first; ties share the better rank and the lower percentile.
fn rank(line: &mut [Cell], value: impl Fn(&Cell) -> f64, mut give: impl FnMut(&mut Cell, u32, f64)) {
    let ranked = |cell: &Cell| cell.is_present() && !value(cell).is_nan();
    let mut order: Vec<usize> = (0..line.len()).filter(|&k| ranked(&line[k])).collect();
    order.sort_by(|&a, &b| value(&line[b]).total_cmp(&value(&line[a])));
    let n = order.len();
    let mut start = 0;
    while start < n {
        let tied = order[start..].iter().take_while(|&&k| value(&line[k]) == value(&line[order[start]])).count();
        let below = (n - start - tied) as f64;
        let percentile = if n == 1 { 100.0 } else { 100.0 * below / (n - 1) as f64 };
        order[start..start + tied].iter().for_each(|&k| give(&mut line[k], start as u32 + 1, percentile));
        start += tied;
    }
}
