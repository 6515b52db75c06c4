//! The files of a measured map. Formats what `plan::map` measured.
//!
//! | file | a row per |
//! |---|---|
//! | `map.csv`, `map.parquet` | region, cluster and period |
//! | `regions.csv`, `regions.parquet` | region and period |
//! | `clusters.csv`, `clusters.parquet` | cluster and period |
//! | `thresholds.csv` | traded cluster and period: what the flags compare with |

mod figures;
mod page;

use crate::mapping::cluster_map::{
    Cell, CellSpread, Change, ClusterSummary, Flags, RegionSpread, RegionSummary, Thresholds,
};
use crate::plan::map::MeasuredMap;
use crate::report::files::Frame;

pub use figures::{MapFigure, figures};
pub use page::{MapPage, page, summary};

/// The tables of a map, by name; of one period, or of all.
pub fn tables(measured: &MeasuredMap, period: Option<u32>) -> Vec<(&'static str, Frame)> {
    let chosen = |of: u32| period.is_none_or(|period| period == of);
    let map = &measured.map;
    let cells: Vec<&Cell> = map.cells.iter().filter(|cell| chosen(cell.period)).collect();
    let regions: Vec<&RegionSummary> = map.region_summaries.iter().filter(|row| chosen(row.period)).collect();
    let clusters: Vec<&ClusterSummary> = map.cluster_summaries.iter().filter(|row| chosen(row.period)).collect();
    let thresholds: Vec<&Thresholds> = map.thresholds.iter().filter(|row| chosen(row.period)).collect();
    vec![
        ("map", cell_frame(measured, &cells)),
        ("regions", region_frame(measured, &regions)),
        ("clusters", cluster_frame(measured, &clusters)),
        ("thresholds", threshold_frame(measured, &thresholds)),
    ]
}

/// The columns that say where and when: those that the data have.
fn place<T>(
    measured: &MeasuredMap,
    rows: &[T],
    period: impl Fn(&T) -> u32,
    region: Option<&dyn Fn(&T) -> u32>,
    cluster: Option<&dyn Fn(&T) -> u32>,
) -> Frame {
    let map = &measured.map;
    let mut frame = Frame::new();
    if map.periods.iter().any(|time| !time.is_nan()) {
        frame = frame.number("year", rows, |row| map.time(period(row)));
    }
    if let Some(region) = region {
        frame = frame.text("region", rows, |row| map.regions[region(row) as usize].clone());
        if !measured.region_names.is_empty() {
            frame = frame.text("region_name", rows, |row| measured.region(region(row)).to_string());
        }
    }
    if let Some(cluster) = cluster {
        frame = frame.text("cluster", rows, |row| map.clusters[cluster(row) as usize].name.clone());
        if !measured.cluster_names.is_empty() {
            frame = frame.text("cluster_name", rows, |row| measured.cluster(cluster(row)).to_string());
        }
        if map.has_types {
            frame = frame.flag("traded", rows, |row| map.clusters[cluster(row) as usize].is_traded);
        }
    }
    frame
}

fn cell_frame(measured: &MeasuredMap, cells: &[&Cell]) -> Frame {
    let flag = |pick: fn(Flags) -> bool| move |cell: &&Cell| cell.flags.map(pick);
    let rank = |rank: Option<u32>| rank.map(|rank| rank as usize);
    let [has_establishments, has_payroll, has_patents] = measured.map.has;
    let mut frame = place(measured, cells, |cell| cell.period, Some(&|cell| cell.region), Some(&|cell| cell.cluster))
        .number("employment", cells, |cell| Some(cell.employment));
    if has_establishments {
        frame = frame.number("establishments", cells, |cell| Some(cell.establishments));
    }
    if has_payroll {
        frame = frame.number("wage", cells, |cell| Some(cell.wage()));
    }
    if has_patents {
        frame = frame.number("patents", cells, |cell| Some(cell.patents));
    }
    frame = frame
        .number("location_quotient", cells, |cell| Some(cell.location_quotient))
        .number("region_share", cells, |cell| Some(cell.region_share))
        .number("national_share", cells, |cell| Some(cell.national_share))
        .maybe("qualifying", cells, flag(|flags| flags.qualifying))
        .maybe("significant", cells, flag(|flags| flags.significant))
        .maybe("site_strong", cells, flag(|flags| flags.site_strong))
        .maybe("strong10", cells, flag(|flags| flags.strong10))
        .maybe("strong", cells, flag(|flags| flags.strong))
        .count("stars", cells, |cell| cell.flags.map(|flags| usize::from(flags.stars)))
        .count("employment_rank", cells, |cell| rank(cell.employment_rank))
        .count("quotient_rank", cells, |cell| rank(cell.quotient_rank))
        .number("quotient_percentile", cells, |cell| Some(cell.quotient_percentile));
    if cells.iter().any(|cell| cell.bounds.is_some()) {
        let bound = |k: usize| move |cell: &&Cell| cell.bounds.map(|bounds| bounds.employment[k]);
        let quotient = |k: usize| move |cell: &&Cell| cell.bounds.map(|bounds| bounds.location_quotient[k]);
        let strong =
            |k: usize| move |cell: &&Cell| cell.bounds.and_then(|bounds| bounds.strong).map(|strong| strong[k]);
        frame = frame
            .number("employment_low", cells, bound(0))
            .number("employment_high", cells, bound(1))
            .number("location_quotient_low", cells, quotient(0))
            .number("location_quotient_high", cells, quotient(1))
            .maybe("strong_if_low", cells, strong(0))
            .maybe("strong_if_high", cells, strong(1));
    }
    if cells.iter().any(|cell| cell.spread.is_some()) {
        let spread = |pick: fn(CellSpread) -> f64| move |cell: &&Cell| cell.spread.map(pick);
        frame = frame
            .number("employment_drawn", cells, spread(|spread| spread.employment.mean))
            .number("employment_drawn_sd", cells, spread(|spread| spread.employment.sd))
            .number("location_quotient_drawn", cells, spread(|spread| spread.location_quotient.mean))
            .number("location_quotient_drawn_sd", cells, spread(|spread| spread.location_quotient.sd))
            .number("strong_drawn", cells, spread(|spread| spread.strong_share));
    }
    if measured.map.periods.len() < 2 {
        return frame;
    }
    let change = |pick: fn(&Change) -> f64| move |cell: &&Cell| cell.change.as_ref().map(pick);
    let event = |pick: fn(&Change) -> bool| move |cell: &&Cell| cell.change.as_ref().map(pick);
    let ranks = |pick: fn(&Change) -> Option<i64>| {
        move |cell: &&Cell| cell.change.as_ref().and_then(pick).map(|ranks| ranks as f64)
    };
    frame = frame
        .number("since", cells, |cell| cell.change.and_then(|change| measured.map.time(change.since)))
        .number("employment_change", cells, change(|change| change.employment_change))
        .number("employment_growth", cells, change(|change| change.employment_growth));
    if has_establishments {
        frame = frame.number("establishments_growth", cells, change(|change| change.establishments_growth));
    }
    if has_payroll {
        frame = frame.number("wage_growth", cells, change(|change| change.wage_growth));
    }
    if has_patents {
        frame = frame.number("patents_growth", cells, change(|change| change.patents_growth));
    }
    frame
        .number("quotient_change", cells, change(|change| change.quotient_change))
        .number("employment_ranks_won", cells, ranks(|change| change.employment_ranks))
        .number("quotient_ranks_won", cells, ranks(|change| change.quotient_ranks))
        .maybe("entered", cells, event(|change| change.entered))
        .maybe("exited", cells, event(|change| change.exited))
        .maybe("became_strong", cells, event(|change| change.became_strong))
        .maybe("ceased_strong", cells, event(|change| change.ceased_strong))
}

fn region_frame(measured: &MeasuredMap, rows: &[&RegionSummary]) -> Frame {
    let [has_establishments, has_payroll, has_patents] = measured.map.has;
    let mut frame = place(measured, rows, |row| row.period, Some(&|row| row.region), None)
        .number("employment", rows, |row| Some(row.employment))
        .number("traded_employment", rows, |row| Some(row.traded_employment));
    if has_establishments {
        frame = frame.number("establishments", rows, |row| Some(row.establishments));
    }
    if has_payroll {
        frame =
            frame.number("wage", rows, |row| Some(row.wage)).number("traded_wage", rows, |row| Some(row.traded_wage));
    }
    if has_patents {
        frame =
            frame
                .number("patents", rows, |row| Some(row.patents))
                .number("patents_per_10000_employees", rows, |row| Some(row.patent_intensity()));
    }
    frame = frame
        .count("clusters", rows, |row| Some(row.clusters))
        .count("strong_clusters", rows, |row| Some(row.strong_clusters))
        .number("cluster_strength", rows, |row| Some(row.cluster_strength))
        .number("top_five_share", rows, |row| Some(row.top_five_share))
        .count("specialised_clusters", rows, |row| Some(row.specialised_clusters))
        .number("specialised_share", rows, |row| Some(row.specialised_share))
        .number("herfindahl", rows, |row| Some(row.herfindahl));
    if rows.iter().any(|row| row.spread.is_some()) {
        let spread = |pick: fn(RegionSpread) -> f64| move |row: &&RegionSummary| row.spread.map(pick);
        frame = frame
            .number("cluster_strength_drawn", rows, spread(|spread| spread.cluster_strength.mean))
            .number("cluster_strength_drawn_sd", rows, spread(|spread| spread.cluster_strength.sd))
            .number("top_five_share_drawn", rows, spread(|spread| spread.top_five_share.mean))
            .number("top_five_share_drawn_sd", rows, spread(|spread| spread.top_five_share.sd))
            .number("specialised_clusters_drawn", rows, spread(|spread| spread.specialised_clusters.mean))
            .number("specialised_clusters_drawn_sd", rows, spread(|spread| spread.specialised_clusters.sd));
    }
    if measured.map.periods.len() > 1 {
        frame = frame.number("employment_growth", rows, |row| Some(row.employment_growth));
        if has_payroll {
            frame = frame.number("wage_growth", rows, |row| Some(row.wage_growth));
        }
    }
    frame
}

fn cluster_frame(measured: &MeasuredMap, rows: &[&ClusterSummary]) -> Frame {
    let [has_establishments, has_payroll, has_patents] = measured.map.has;
    let mut frame = place(measured, rows, |row| row.period, None, Some(&|row| row.cluster))
        .number("employment", rows, |row| Some(row.employment))
        .number("regional_employment", rows, |row| Some(row.regional_employment));
    if has_establishments {
        frame = frame.number("establishments", rows, |row| Some(row.establishments));
    }
    if has_payroll {
        frame = frame.number("wage", rows, |row| Some(row.wage));
    }
    if has_patents {
        frame = frame.number("patents", rows, |row| Some(row.patents));
    }
    frame = frame
        .count("regions", rows, |row| Some(row.regions))
        .count("strong_regions", rows, |row| Some(row.strong_regions))
        .number("strong_share", rows, |row| Some(row.strong_share))
        .number("top_five_share", rows, |row| Some(row.top_five_share))
        .number("herfindahl", rows, |row| Some(row.herfindahl))
        .text("leading_region", rows, |row| {
            row.leading.first().map_or(String::new(), |&region| measured.map.regions[region as usize].clone())
        });
    if measured.map.periods.len() > 1 {
        frame = frame.number("employment_growth", rows, |row| Some(row.employment_growth));
        if has_payroll {
            frame = frame.number("wage_growth", rows, |row| Some(row.wage_growth));
        }
    }
    frame
}

fn threshold_frame(measured: &MeasuredMap, rows: &[&Thresholds]) -> Frame {
    place(measured, rows, |row| row.period, None, Some(&|row| row.cluster))
        .count("regions", rows, |row| Some(row.regions))
        .number("quotient_q25", rows, |row| Some(row.quotient[0]))
        .number("quotient_q50", rows, |row| Some(row.quotient[1]))
        .number("quotient_q75", rows, |row| Some(row.quotient[2]))
        .number("quotient_q90", rows, |row| Some(row.quotient[3]))
        .number("employment_q25", rows, |row| Some(row.employment))
        .number("establishments_q25", rows, |row| Some(row.establishments))
        .number("strong_quotient", rows, |row| Some(row.strong_quotient))
        .number("strong_employment", rows, |row| Some(row.strong_employment))
        .number("strong_establishments", rows, |row| Some(row.strong_establishments))
        .number("star_employment", rows, |row| Some(row.star_employment))
        .number("star_share", rows, |row| Some(row.star_share))
}
