//! [`Grid`]: sums by period, cluster and region.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use rayon::prelude::*;

use super::{Base, LeftOut, MapCluster, MapError, MapRows, NationalTotal};
use crate::mapping::{Codes, CompensatedSum};
use crate::panel::Factor;

/// Names of the quantities, in the order of [`Grid::values`].
const QUANTITIES: [&str; 6] =
    ["employment", "establishments", "payroll", "patents", "the least employment", "the most employment"];

/// Every quantity in every cell. The last cluster holds what is in none.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    pub(super) regions: Vec<String>,
    pub(super) clusters: Vec<MapCluster>,
    pub(super) periods: Vec<f64>,
    pub(super) has_types: bool,
    /// Whether the rows of every cluster say that it is traded; `None` where none does.
    types: Vec<Option<bool>>,
    values: [Option<Vec<f64>>; 6],
    /// Whether a region has a row in a period, by period and region.
    is_there: Vec<bool>,
    pub(super) left_out: LeftOut,
}

impl Grid {
    pub(super) fn new(rows: MapRows) -> Result<Self, MapError> {
        let n = rows.employment.len();
        let used = |row: usize| rows.rows.is_none_or(|rows| rows[row]);
        let (regions, region) = in_order(rows.region, used);
        let (cluster_names, cluster) = in_order(rows.cluster, used);
        let (periods, period) = periods(rows.time, n, used);
        let mut left_out = LeftOut::default();
        let mut lost = CompensatedSum::default();
        // A row's cell; the cluster after the last holds rows without one.
        let n_columns = cluster_names.len() + 1;
        let mut is_there = vec![false; periods.len() * regions.len()];
        let mut cell_of = vec![u64::MAX; n];
        for row in (0..n).filter(|&row| used(row)) {
            let (Some(r), Some(t)) = (region.at(row), period.at(row)) else {
                left_out.without_place += 1;
                continue;
            };
            let employment = rows.employment[row];
            left_out.without_employment += usize::from(employment.is_nan());
            let c = cluster.at(row).unwrap_or_else(|| {
                left_out.without_cluster += 1;
                if !employment.is_nan() {
                    lost.add(employment);
                }
                cluster_names.len()
            });
            is_there[t * regions.len() + r] = true;
            cell_of[row] = ((t * n_columns + c) * regions.len() + r) as u64;
        }
        left_out.employment_without_cluster = lost.value();
        if periods.is_empty() || regions.is_empty() || cluster_names.is_empty() {
            return Err(MapError::Empty);
        }
        let sizes = (periods.len(), n_columns, regions.len());
        let sum = |(what, values): (usize, Option<&[f64]>)| match values {
            None => Ok(None),
            Some(values) => sums(values, &cell_of, sizes.0 * sizes.1 * sizes.2).map(Some).map_err(|cell| (what, cell)),
        };
        let [low, high] = rows.bounds.map_or([None, None], |bounds| bounds.map(Some));
        let given = [Some(rows.employment), rows.establishments, rows.payroll, rows.patents, low, high];
        let found: Result<Vec<_>, _> = given.into_par_iter().enumerate().map(sum).collect();
        let values = found.map_err(|(what, row)| MapError::Value {
            what: QUANTITIES[what],
            region: rows.region.text(row).unwrap_or_default().to_string(),
            cluster: rows.cluster.text(row).unwrap_or("(none)").to_string(),
            time: rows.time.map(|time| time[row]),
            value: given[what].map_or(f64::NAN, |values| values[row]),
        })?;
        let types = types(&cluster_names, &cluster, rows.is_traded, used)?;
        let mut values = values.into_iter();
        Ok(Grid {
            clusters: clusters(cluster_names, &types),
            types,
            regions,
            periods,
            has_types: rows.is_traded.is_some(),
            values: std::array::from_fn(|_| values.next().flatten()),
            is_there,
            left_out,
        })
    }

    /// Grids of distinct periods as one.
    pub(super) fn stack(parts: Vec<Grid>) -> Result<Self, MapError> {
        let all = |names: fn(&Grid) -> Vec<&String>| -> Vec<String> {
            let distinct: BTreeSet<&String> = parts.iter().flat_map(names).collect();
            distinct.into_iter().cloned().collect()
        };
        let regions = all(|part| part.regions.iter().collect());
        let names = all(|part| part.clusters.iter().map(|cluster| &cluster.name).collect());
        let mut periods: Vec<f64> = parts.iter().flat_map(|part| part.periods.iter().copied()).collect();
        periods.sort_by(f64::total_cmp);
        if periods.is_empty() || regions.is_empty() || names.is_empty() {
            return Err(MapError::Empty);
        }
        let mut types = vec![None; names.len()];
        let (n_regions, n_columns) = (regions.len(), names.len() + 1);
        let mut is_there = vec![false; periods.len() * n_regions];
        let n_cells = periods.len() * n_columns * n_regions;
        let has = |k: usize| parts.iter().all(|part| part.values[k].is_some());
        let mut values: [Option<Vec<f64>>; 6] = std::array::from_fn(|k| has(k).then(|| vec![0.0; n_cells]));
        let mut left_out = LeftOut::default();
        let place = |known: &[String], name: &String| known.binary_search(name).unwrap_or(known.len());
        for part in &parts {
            left_out.add(&part.left_out);
            let of_region: Vec<usize> = part.regions.iter().map(|name| place(&regions, name)).collect();
            let mut of_cluster: Vec<usize> = part.clusters.iter().map(|one| place(&names, &one.name)).collect();
            of_cluster.push(names.len());
            for (&c, &known) in of_cluster.iter().zip(&part.types) {
                match (types[c], known) {
                    (Some(before), Some(now)) if before != now => {
                        return Err(MapError::MixedType { cluster: names[c].clone() });
                    }
                    _ => types[c] = types[c].or(known),
                }
            }
            for (from, time) in part.periods.iter().enumerate() {
                let t = periods.partition_point(|known| known.total_cmp(time).is_lt());
                for (r, &region) in of_region.iter().enumerate() {
                    is_there[t * n_regions + region] = part.is_there(from, r);
                    for (c, &cluster) in of_cluster.iter().enumerate() {
                        let there = (t * n_columns + cluster) * n_regions + region;
                        for (k, column) in values.iter_mut().enumerate() {
                            if let Some(column) = column {
                                column[there] = part.value(k, (from, c, r));
                            }
                        }
                    }
                }
            }
        }
        let has_types = parts.iter().any(|part| part.has_types);
        Ok(Grid { regions, clusters: clusters(names, &types), periods, has_types, types, values, is_there, left_out })
    }

    pub(super) fn has(&self) -> [bool; 3] {
        std::array::from_fn(|k| self.values[k + 1].is_some())
    }

    /// A quantity in a cell; NaN where the data do not have it.
    pub(super) fn value(&self, quantity: usize, (t, c, r): (usize, usize, usize)) -> f64 {
        let place = (t * (self.clusters.len() + 1) + c) * self.regions.len() + r;
        self.values[quantity].as_ref().map_or(f64::NAN, |values| values[place])
    }

    /// The least and the most employment of a cell, if the data have bounds.
    pub(super) fn bounds(&self, cell: (usize, usize, usize)) -> Option<[f64; 2]> {
        self.values[4].as_ref().map(|_| [self.value(4, cell), self.value(5, cell)])
    }

    pub(super) fn employment(&self, cell: (usize, usize, usize)) -> f64 {
        self.value(0, cell)
    }

    pub(super) fn is_there(&self, t: usize, r: usize) -> bool {
        self.is_there[t * self.regions.len() + r]
    }

    /// A quantity of a region: all of it, or that of traded (or local) clusters. Unknown cells add nothing.
    pub(super) fn region_total(&self, quantity: usize, (t, r): (usize, usize), of: Option<bool>) -> f64 {
        let among = |c: &usize| match of {
            None => true,
            Some(traded) => self.clusters.get(*c).is_some_and(|cluster| cluster.is_traded == traded),
        };
        self.add((0..=self.clusters.len()).filter(among).map(|c| self.value(quantity, (t, c, r))))
    }

    /// A quantity of a cluster over all regions; unknown cells add nothing.
    pub(super) fn cluster_total(&self, quantity: usize, (t, c): (usize, usize)) -> f64 {
        self.add((0..self.regions.len()).map(|r| self.value(quantity, (t, c, r))))
    }

    /// The sum of what is known; missing when nothing is.
    fn add(&self, values: impl Iterator<Item = f64>) -> f64 {
        let sum: CompensatedSum = values.filter(|value| !value.is_nan()).collect();
        if sum.count == 0 { f64::NAN } else { sum.value() }
    }

    /// The national totals of every period and cluster (and of what is in no cluster).
    pub(super) fn national(&self, given: Option<&[NationalTotal]>) -> Result<National, MapError> {
        let n = self.clusters.len();
        let mut totals = vec![f64::NAN; self.periods.len() * (n + 1)];
        let by_key = given.map(|given| self.keyed(given)).transpose()?;
        for t in 0..self.periods.len() {
            for c in 0..=n {
                let total = match (&by_key, self.clusters.get(c)) {
                    (None, _) => self.cluster_total(0, (t, c)),
                    (Some(_), None) => f64::NAN,
                    (Some(given), Some(cluster)) => {
                        let key = |time: Option<f64>| given.get(&(cluster.name.as_str(), time.map(f64::to_bits)));
                        let time = (!self.periods[t].is_nan()).then_some(self.periods[t]);
                        let found = key(time).or_else(|| key(None)).copied();
                        found.ok_or_else(|| MapError::NoTotal { cluster: cluster.name.clone(), time })?
                    }
                };
                totals[t * (n + 1) + c] = total;
            }
        }
        Ok(National { totals, n_columns: n + 1 })
    }

    fn keyed<'a>(&self, given: &'a [NationalTotal]) -> Result<TotalsByKey<'a>, MapError> {
        let mut found = TotalsByKey::new();
        for total in given {
            let (cluster, time) = (total.cluster.clone(), total.time);
            if !(total.employment > 0.0 && total.employment.is_finite()) {
                return Err(MapError::Total { cluster, time, value: total.employment });
            }
            if found.insert((total.cluster.as_str(), time.map(f64::to_bits)), total.employment).is_some() {
                return Err(MapError::RepeatedTotal { cluster, time });
            }
        }
        Ok(found)
    }

    /// Whether the employment of cluster `other` is in the base of cluster `c`.
    pub(super) fn in_base(&self, base: Base, c: usize, other: usize) -> bool {
        let kind = |c: usize| self.clusters.get(c).map(|cluster| cluster.is_traded);
        match base {
            Base::Total => true,
            Base::Traded => kind(other) == Some(true),
            Base::SameType => !self.has_types || (kind(other).is_some() && kind(other) == kind(c)),
        }
    }
}

type TotalsByKey<'a> = IndexMap<(&'a str, Option<u64>), f64>;

/// National employment by period and cluster.
pub(super) struct National {
    totals: Vec<f64>,
    n_columns: usize,
}

impl National {
    pub(super) fn of(&self, t: usize, c: usize) -> f64 {
        self.totals[t * self.n_columns + c]
    }

    /// The sum over the clusters that a condition picks.
    pub(super) fn sum(&self, t: usize, among: impl Fn(usize) -> bool) -> f64 {
        let picked = (0..self.n_columns).filter(|&c| among(c)).map(|c| self.of(t, c)).filter(|total| !total.is_nan());
        picked.collect::<CompensatedSum>().value()
    }
}

/// Sums by cell: 0 without a row, NaN where no value is known. The row of a value that cannot be, if there is one.
fn sums(values: &[f64], cell_of: &[u64], n_cells: usize) -> Result<Vec<f64>, usize> {
    let mut sums = vec![CompensatedSum::default(); n_cells];
    let mut has_row = vec![false; n_cells];
    for (row, (&value, &cell)) in values.iter().zip(cell_of).enumerate().filter(|(_, (_, cell))| **cell != u64::MAX) {
        has_row[cell as usize] = true;
        if value < 0.0 || value.is_infinite() {
            return Err(row);
        }
        if !value.is_nan() {
            sums[cell as usize].add(value);
        }
    }
    let value = |(sum, has_row): (CompensatedSum, bool)| if has_row && sum.count == 0 { f64::NAN } else { sum.value() };
    Ok(sums.into_iter().zip(has_row).map(value).collect())
}

/// Clusters with their types; those of which the data do not tell count as traded.
fn clusters(names: Vec<String>, types: &[Option<bool>]) -> Vec<MapCluster> {
    names.into_iter().zip(types).map(|(name, known)| MapCluster { name, is_traded: known.unwrap_or(true) }).collect()
}

/// Whether every cluster is traded, where the data tell.
fn types(
    names: &[String],
    cluster: &Codes,
    is_traded: Option<&[f64]>,
    used: impl Fn(usize) -> bool,
) -> Result<Vec<Option<bool>>, MapError> {
    let Some(is_traded) = is_traded else { return Ok(vec![None; names.len()]) };
    let mut found: Vec<Option<bool>> = vec![None; names.len()];
    for (row, &traded) in is_traded.iter().enumerate().filter(|(row, traded)| used(*row) && !traded.is_nan()) {
        if let Some(c) = cluster.at(row) {
            match found[c] {
                None => found[c] = Some(traded == 1.0),
                Some(known) if known != (traded == 1.0) => {
                    return Err(MapError::MixedType { cluster: names[c].clone() });
                }
                Some(_) => {}
            }
        }
    }
    Ok(found)
}

/// The periods that occur, ascending, and every row's place among them.
fn periods(time: Option<&[f64]>, n: usize, used: impl Fn(usize) -> bool) -> (Vec<f64>, Codes) {
    let Some(time) = time else { return (vec![f64::NAN], Codes::single(n)) };
    let (codes, distinct) = Codes::of_numbers(time);
    let mut is_used = vec![false; distinct.len()];
    (0..n).filter(|&row| used(row)).filter_map(|row| codes.at(row)).for_each(|code| is_used[code] = true);
    ordered(&codes, &is_used, |a, b| distinct[a].total_cmp(&distinct[b]), |code| distinct[code])
}

/// The levels that occur, sorted, and every row's place among them.
fn in_order(factor: &Factor, used: impl Fn(usize) -> bool) -> (Vec<String>, Codes) {
    let codes = Codes { codes: factor.codes.clone(), n: factor.n_levels() };
    let mut is_used = vec![false; factor.n_levels()];
    (0..factor.len()).filter(|&row| used(row)).filter_map(|row| codes.at(row)).for_each(|code| is_used[code] = true);
    ordered(&codes, &is_used, |a, b| factor.levels[a].cmp(&factor.levels[b]), |code| factor.levels[code].to_string())
}

fn ordered<T>(
    codes: &Codes,
    is_used: &[bool],
    compare: impl Fn(usize, usize) -> std::cmp::Ordering,
    value: impl Fn(usize) -> T,
) -> (Vec<T>, Codes) {
    let mut order: Vec<usize> = (0..is_used.len()).filter(|&code| is_used[code]).collect();
    order.sort_by(|&a, &b| compare(a, b));
    let mut place = vec![Factor::MISSING; is_used.len()];
    order.iter().enumerate().for_each(|(position, &code)| place[code] = position as u32);
    let placed = codes.codes.iter().map(|&code| place.get(code as usize).copied().unwrap_or(Factor::MISSING));
    let placed = Codes::new(placed.collect(), order.len());
    (order.into_iter().map(value).collect(), placed)
}
