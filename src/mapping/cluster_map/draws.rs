//! What imputation leaves open: how a map varies over draws of its imputed values.
//!
//! Each draw is a complete map, measured on values drawn for the suppressed cells (multiple imputation, Rubin 1987). The
//! standard deviation between draws is the part of a measure's uncertainty that comes from suppression; nothing is said of
//! any other. Draws come one after the other, and no more than one is kept.

use super::{Cell, ClusterMap, MapError, RegionSummary};

/// A number over the draws in which it is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The mean; NaN where it is known in no draw.
    pub mean: f64,
    /// The standard deviation between draws, divisor one less than their number; NaN with fewer than two.
    pub sd: f64,
}

/// One cluster in one region and period over the draws.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CellSpread {
    /// Employment.
    pub employment: Spread,
    /// The location quotient.
    pub location_quotient: Spread,
    /// The share of draws in which the cluster is strong; NaN for local clusters.
    pub strong_share: f64,
}

/// A region in a period over the draws.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RegionSpread {
    /// Share of traded employment in strong clusters.
    pub cluster_strength: Spread,
    /// Share of traded employment in the five largest traded clusters.
    pub top_five_share: Spread,
    /// Traded clusters with a quotient of at least 1.5.
    pub specialised_clusters: Spread,
}

/// Mean and sum of squares about it, one value after the other (Welford 1962).
#[derive(Clone, Copy, Debug, Default)]
struct Running {
    count: usize,
    mean: f64,
    squares: f64,
}

impl Running {
    /// Adds a value; a missing one is passed over.
    fn add(&mut self, value: f64) {
        if value.is_finite() {
            self.count += 1;
            let gap = value - self.mean;
            self.mean += gap / self.count as f64;
            self.squares += gap * (value - self.mean);
        }
    }

    fn mean(&self) -> f64 {
        if self.count == 0 { f64::NAN } else { self.mean }
    }

    fn spread(&self) -> Spread {
        let sd = if self.count < 2 { f64::NAN } else { (self.squares / (self.count - 1) as f64).sqrt() };
        Spread { mean: self.mean(), sd }
    }
}

/// Draws of a map, added up.
#[derive(Clone, Debug)]
pub struct DrawnMaps {
    cells: Vec<[Running; 3]>,
    regions: Vec<[Running; 3]>,
}

impl DrawnMaps {
    /// No draws yet, of a map.
    pub fn of(map: &ClusterMap) -> Self {
        let none = [Running::default(); 3];
        DrawnMaps { cells: vec![none; map.cells.len()], regions: vec![none; map.region_summaries.len()] }
    }

    /// Adds a draw.
    ///
    /// # Errors
    /// [`MapError::Draws`] when it has other regions, clusters or periods than the map.
    pub fn add(&mut self, map: &ClusterMap, drawn: &ClusterMap) -> Result<(), MapError> {
        let frame = |map: &ClusterMap| (map.cells.len(), map.region_summaries.len());
        let has_same_names = map.regions == drawn.regions && map.clusters == drawn.clusters;
        if !has_same_names || frame(map) != frame(drawn) {
            return Err(MapError::Draws);
        }
        for (running, cell) in self.cells.iter_mut().zip(&drawn.cells) {
            let strong = cell.flags.map_or(f64::NAN, |flags| f64::from(flags.strong));
            add_all(running, [cell.employment, cell.location_quotient, strong]);
        }
        for (running, row) in self.regions.iter_mut().zip(&drawn.region_summaries) {
            add_all(running, [row.cluster_strength, row.top_five_share, row.specialised_clusters as f64]);
        }
        Ok(())
    }

    /// Writes the spread beside what the map has.
    pub fn write(&self, map: &mut ClusterMap) {
        let of_cell = |(cell, [employment, quotient, strong]): (&mut Cell, &[Running; 3])| {
            cell.spread = Some(CellSpread {
                employment: employment.spread(),
                location_quotient: quotient.spread(),
                strong_share: strong.mean(),
            });
        };
        let of_region = |(row, running): (&mut RegionSummary, &[Running; 3])| {
            let [cluster_strength, top_five_share, specialised_clusters] = running.map(|running| running.spread());
            row.spread = Some(RegionSpread { cluster_strength, top_five_share, specialised_clusters });
        };
        map.cells.iter_mut().zip(&self.cells).for_each(of_cell);
        map.region_summaries.iter_mut().zip(&self.regions).for_each(of_region);
    }
}

fn add_all(running: &mut [Running; 3], values: [f64; 3]) {
    running.iter_mut().zip(values).for_each(|(running, value)| running.add(value));
}
