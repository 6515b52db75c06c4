//! The measured map of regions and clusters: every region x cluster x period with its size, its specialisation, its
//! standing among the regions and how it changed, and what follows for regions and for clusters.
//!
//! In: rows of a panel (any level of detail below region x cluster). Out: a [`ClusterMap`]. With `E` employment, `r` a
//! region, `c` a cluster and `b` the [`Base`] that the cluster is compared with, in each period:
//!
//! `LQ_cr = (E_cr / E_br) / (E_c / E_b)`.
//!
//! The Cluster Mapping Project takes traded employment as the base of a traded cluster and local employment as that of a
//! local one, and given national totals, which are not the sum of the regions (Delgado, Porter and Stern 2016; data of
//! clustermapping.us). Flags are told in [`strong`], changes in [`change`], summaries in [`regions`] and [`clusters`].
//!
//! Zero and missing rules: a cell without a row has no activity (0); a cell none of whose values is known is missing, has
//! no flag and no rank; a region without a row in a period has no cells in it; ratios with a zero denominator are
//! missing. Rows without a cluster count in the region's total and nowhere else.

pub mod change;
pub mod clusters;
pub mod draws;
mod grid;
pub mod regions;
mod standing;
pub mod strong;

use crate::panel::Factor;

pub use change::Change;
pub use clusters::ClusterSummary;
pub use draws::{CellSpread, DrawnMaps, RegionSpread, Spread};
pub use regions::RegionSummary;
pub use strong::{Flags, StarRule, StrongRule, Thresholds};

use grid::Grid;

/// Rows to be mapped, one entry per row in every column. NaN is missing.
#[derive(Clone, Copy, Debug)]
pub struct MapRows<'a> {
    /// The region.
    pub region: &'a Factor,
    /// The cluster; missing for an industry that is in none.
    pub cluster: &'a Factor,
    /// The period; one period when there is none.
    pub time: Option<&'a [f64]>,
    /// 1 for traded, 0 for local.
    pub is_traded: Option<&'a [f64]>,
    /// Rows to use; all when not given.
    pub rows: Option<&'a [bool]>,
    /// Employment.
    pub employment: &'a [f64],
    /// The least and the most that employment may be, where some of it is suppressed.
    pub bounds: Option<[&'a [f64]; 2]>,
    /// Establishments.
    pub establishments: Option<&'a [f64]>,
    /// Payroll, in any currency; wages are payroll per employee.
    pub payroll: Option<&'a [f64]>,
    /// Patents.
    pub patents: Option<&'a [f64]>,
}

/// Whose total a cluster is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Base {
    /// All activity, also that of industries in no cluster.
    Total,
    /// Activity of traded clusters.
    Traded,
    /// Traded for a traded cluster, local for a local one; all where the data do not tell.
    #[default]
    SameType,
}

/// A given national total of a cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct NationalTotal {
    /// The cluster.
    pub cluster: String,
    /// The period; `None` holds for all.
    pub time: Option<f64>,
    /// Its employment in the nation.
    pub employment: f64,
}

/// How a map is measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MapOptions {
    /// Whose total a cluster is compared with.
    pub base: Base,
    /// National totals; sums over the regions when not given.
    pub national: Option<Vec<NationalTotal>>,
    /// What makes a cluster strong.
    pub rule: StrongRule,
    /// The stars of the European Cluster Observatory.
    pub stars: StarRule,
}

/// What cannot be mapped.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MapError {
    /// No row has a region, a cluster and a period.
    #[error("no row has a region, a cluster and a period: check the definition's codes and the condition on rows")]
    Empty,
    /// A value below zero, or infinite.
    #[error("{what} of cluster {cluster} in region {region}{} is {value}: it is finite and not negative; mend the data, or leave the row out with where = \"...\"", period(*.time))]
    Value {
        /// `employment`, `establishments`, `payroll`, `patents`, or a bound of employment.
        what: &'static str,
        /// The region.
        region: String,
        /// The cluster, or `(none)`.
        cluster: String,
        /// The period.
        time: Option<f64>,
        /// The value.
        value: f64,
    },
    /// A cluster that is partly traded and partly local.
    #[error(
        "cluster {cluster} has traded and local rows: a cluster is one or the other; give each industry the type of its cluster"
    )]
    MixedType {
        /// The cluster.
        cluster: String,
    },
    /// A cluster without a national total where totals are given.
    #[error("the national totals have no employment of cluster {cluster}{}: add it, or leave `national` out to take the sums over regions", period(*.time))]
    NoTotal {
        /// The cluster.
        cluster: String,
        /// The period.
        time: Option<f64>,
    },
    /// A national total that cannot be one.
    #[error("the national employment of cluster {cluster}{} is {value}: it is finite and above zero", period(*.time))]
    Total {
        /// The cluster.
        cluster: String,
        /// The period.
        time: Option<f64>,
        /// The total.
        value: f64,
    },
    /// A draw of imputed values with other cells than the map.
    #[error(
        "a draw of the imputed values has other regions or clusters than the map: its rows hang on imputed values; take conditions on them out of the data's `where`"
    )]
    Draws,
    /// Two national totals of one cluster and period.
    #[error("the national totals have cluster {cluster}{} twice: keep one", period(*.time))]
    RepeatedTotal {
        /// The cluster.
        cluster: String,
        /// The period.
        time: Option<f64>,
    },
}

fn period(time: Option<f64>) -> String {
    time.map_or(String::new(), |time| format!(" in {time}"))
}

/// A cluster of the map.
#[derive(Clone, Debug, PartialEq)]
pub struct MapCluster {
    /// Its code or name.
    pub name: String,
    /// Whether it is traded; clusters of data that do not tell count as traded.
    pub is_traded: bool,
}

/// One cluster in one region and period.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// The period, by position in [`ClusterMap::periods`].
    pub period: u32,
    /// The cluster, by position in [`ClusterMap::clusters`].
    pub cluster: u32,
    /// The region, by position in [`ClusterMap::regions`].
    pub region: u32,
    /// Employment; NaN where unknown, as all numbers here.
    pub employment: f64,
    /// Establishments.
    pub establishments: f64,
    /// Payroll.
    pub payroll: f64,
    /// Patents.
    pub patents: f64,
    /// The location quotient.
    pub location_quotient: f64,
    /// Share of the region's employment in the base.
    pub region_share: f64,
    /// Share of the cluster's national employment.
    pub national_share: f64,
    /// Flags; `None` for local clusters and where employment is unknown.
    pub flags: Option<Flags>,
    /// 1 for the region with most employment in the cluster; ties share the better rank; `None` without employment.
    pub employment_rank: Option<u32>,
    /// 1 for the region with the largest quotient, likewise.
    pub quotient_rank: Option<u32>,
    /// The percentage of the other regions with employment in the cluster that have a lower quotient, 0 to 100.
    pub quotient_percentile: f64,
    /// What suppressed employment leaves open; `None` where the data have no bounds.
    pub bounds: Option<Bounds>,
    /// Over draws of imputed values; `None` without draws.
    pub spread: Option<CellSpread>,
    /// What changed since the period before; `None` in a region's first period.
    pub change: Option<Change>,
}

impl Cell {
    /// Payroll per employee.
    pub fn wage(&self) -> f64 {
        super::location_quotient::ratio(self.payroll, self.employment)
    }

    /// Whether the cluster is there.
    pub fn is_present(&self) -> bool {
        self.employment > 0.0
    }

    /// Whether it is strong by the map's rule.
    pub fn is_strong(&self) -> bool {
        self.flags.is_some_and(|flags| flags.strong)
    }
}

/// What a cell would be at the least and the most of its employment, the totals of region and nation and the thresholds
/// of the flags as they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Employment.
    pub employment: [f64; 2],
    /// The location quotient.
    pub location_quotient: [f64; 2],
    /// Whether it would be strong; `None` for local clusters.
    pub strong: Option<[bool; 2]>,
}

impl Bounds {
    /// Whether the flag hangs on what is suppressed.
    pub fn is_open(&self) -> bool {
        self.strong.is_some_and(|[low, high]| low != high)
    }
}

/// Rows that are in no cell, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LeftOut {
    /// Rows without a region or a period.
    pub without_place: usize,
    /// Rows of industries in no cluster, which count in regional totals only.
    pub without_cluster: usize,
    /// Their employment.
    pub employment_without_cluster: f64,
    /// Rows without employment.
    pub without_employment: usize,
}

impl LeftOut {
    fn add(&mut self, other: &LeftOut) {
        self.without_place += other.without_place;
        self.without_cluster += other.without_cluster;
        self.employment_without_cluster += other.employment_without_cluster;
        self.without_employment += other.without_employment;
    }
}

/// Rows added up by period, cluster and region: all that a map needs of them. Rows may come one period at a time.
#[derive(Clone, Debug)]
pub struct MapSums(Grid);

impl MapSums {
    /// The sums of some rows.
    ///
    /// # Errors
    /// When no row has a place, a value is negative or infinite, or a cluster is of two types.
    pub fn of(rows: MapRows) -> Result<Self, MapError> {
        Grid::new(rows).map(MapSums)
    }

    /// The sums of distinct periods as those of all.
    ///
    /// # Errors
    /// When there are none, or a cluster is of two types.
    pub fn stack(periods: Vec<MapSums>) -> Result<Self, MapError> {
        Grid::stack(periods.into_iter().map(|sums| sums.0).collect()).map(MapSums)
    }
}

/// The measured map.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterMap {
    /// The regions, sorted.
    pub regions: Vec<String>,
    /// The clusters, sorted.
    pub clusters: Vec<MapCluster>,
    /// The periods, ascending; one NaN when the data have no time.
    pub periods: Vec<f64>,
    /// Whether the data tell traded from local.
    pub has_types: bool,
    /// Which quantities the data have: establishments, payroll, patents.
    pub has: [bool; 3],
    /// Cells by period, cluster and region.
    pub cells: Vec<Cell>,
    /// Thresholds of the flags by period and traded cluster, where the cluster is anywhere.
    pub thresholds: Vec<Thresholds>,
    /// Regions by period.
    pub region_summaries: Vec<RegionSummary>,
    /// Clusters by period.
    pub cluster_summaries: Vec<ClusterSummary>,
    /// Rows that are in no cell.
    pub left_out: LeftOut,
}

impl ClusterMap {
    /// Measures the map.
    ///
    /// # Errors
    /// When no row has a place, a value is negative or infinite, a cluster is of two types, or given national totals do
    /// not fit.
    pub fn measure(rows: MapRows, options: &MapOptions) -> Result<Self, MapError> {
        ClusterMap::of_sums(MapSums::of(rows)?, options)
    }

    /// Measures the map of rows that are added up already.
    ///
    /// # Errors
    /// When given national totals do not fit.
    pub fn of_sums(MapSums(grid): MapSums, options: &MapOptions) -> Result<Self, MapError> {
        let national = grid.national(options.national.as_deref())?;
        let mut cells = standing::cells(&grid, &national, options);
        let thresholds = standing::judge(&grid, &mut cells, options);
        change::follow(&grid, &mut cells);
        let region_summaries = regions::summarise(&grid, options.base, &cells);
        let cluster_summaries = clusters::summarise(&grid, &national, options.base, &cells);
        Ok(ClusterMap {
            has_types: grid.has_types,
            has: grid.has(),
            left_out: grid.left_out,
            regions: grid.regions,
            clusters: grid.clusters,
            periods: grid.periods,
            cells,
            thresholds,
            region_summaries,
            cluster_summaries,
        })
    }

    /// The cells of a period, by cluster and region.
    pub fn of_period(&self, period: usize) -> &[Cell] {
        let start = self.cells.partition_point(|cell| (cell.period as usize) < period);
        let end = self.cells.partition_point(|cell| (cell.period as usize) <= period);
        &self.cells[start..end]
    }

    /// One cell, if the region is there in the period.
    pub fn cell(&self, period: u32, cluster: u32, region: u32) -> Option<&Cell> {
        let key = |cell: &Cell| (cell.period, cell.cluster, cell.region);
        self.cells.binary_search_by_key(&(period, cluster, region), key).ok().map(|k| &self.cells[k])
    }

    /// The period of a cell as a number; `None` when the data have no time.
    pub fn time(&self, period: u32) -> Option<f64> {
        self.periods.get(period as usize).copied().filter(|time| !time.is_nan())
    }
}

#[cfg(test)]
mod tests;
