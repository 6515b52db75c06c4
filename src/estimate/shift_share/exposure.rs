//! [`Exposure`]: shares and shocks, matched with the rows of a panel by their ids.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::error::ShiftShareError;
use super::shares::ShareMatrix;
use crate::linalg::sum;
use crate::note::Note;

/// One row of a table of shares. With shares of several periods, `region` and `sector` name the period too.
#[derive(Clone, Debug, PartialEq)]
pub struct ShareLine {
    /// The region.
    pub region: String,
    /// The sector.
    pub sector: String,
    /// The share, or the sector's size in the region.
    pub share: f64,
}

/// One row of a table of shocks.
#[derive(Clone, Debug, PartialEq)]
pub struct ShockLine {
    /// The sector.
    pub sector: String,
    /// The shock; NaN is missing.
    pub shock: f64,
    /// Its group, if shocks have groups.
    pub group: Option<String>,
}

/// Where shocks come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Shocks {
    /// A table.
    Table(Vec<ShockLine>),
    /// Growth `Σ_j later_jk / Σ_j earlier_jk - 1` of the sizes that the shares are made of.
    Growth {
        /// The later size of every line of the shares; a sector without one is gone: its size is zero.
        later: Vec<f64>,
        /// The group of every line's sector, if shocks have groups.
        groups: Option<Vec<String>>,
        /// Whether a region's own size is left out of the sums.
        leave_one_out: bool,
    },
}

/// Shares and shocks on the rows of a panel or sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Exposure {
    /// The shares, a row per row.
    pub shares: ShareMatrix,
    /// The sectors in order: numbers by value, other names as text.
    pub sectors: Vec<String>,
    /// A shock per sector; with growth that leaves regions out, the national one.
    pub shocks: Vec<f64>,
    /// Shares times the shocks that each row faces: differs from `s g` where a region's own growth is left out.
    components: Option<ShareMatrix>,
    /// Groups of shocks: a code per sector and the names.
    groups: Option<(Vec<u32>, Vec<String>)>,
    /// Rows without shares.
    unmatched: Vec<bool>,
}

impl Exposure {
    /// Matches shares and shocks with the rows of a panel; `rows` are the rows' regions, `None` where missing.
    ///
    /// With `sizes`, the lines hold sizes and a share is a size over the sum of its region. A row whose region has no
    /// shares has no value of the shift-share variable, with a note.
    ///
    /// # Errors
    /// Shares or shocks that contradict themselves or each other: see [`ShiftShareError`].
    pub fn build(
        lines: &[ShareLine],
        shocks: &Shocks,
        sizes: bool,
        rows: &[Option<&str>],
    ) -> Result<(Exposure, Vec<Note>), ShiftShareError> {
        let sectors = sectors_of(lines);
        let sector_at: HashMap<&str, u32> = sectors.iter().enumerate().map(|(k, s)| (s.as_str(), k as u32)).collect();
        let by_region = regions_of(lines, &sector_at)?;
        let notes = unmatched_note(&by_region, rows)?;
        let totals = region_totals(&by_region, lines, sizes)?;
        let share = |region: &str, line: usize| lines[line].share / totals.get(region).copied().unwrap_or(1.0);
        let national = national(lines, shocks, &sectors, &sector_at)?;
        let mut shares = Vec::with_capacity(rows.len());
        let mut components = Vec::with_capacity(rows.len());
        for region in rows {
            let entries = region.and_then(|region| by_region.get(region).map(|entries| (region, entries)));
            let (mut of_shares, mut of_components) = (Vec::new(), Vec::new());
            for (region, entries) in entries.into_iter() {
                for &(sector, line) in entries {
                    let share = share(region, line);
                    of_shares.push((sector, share));
                    of_components.push((sector, share * national.faced_by(lines, sector, line, &sectors)?));
                }
            }
            shares.push(of_shares);
            components.push(of_components);
        }
        let leaves_out = matches!(shocks, Shocks::Growth { leave_one_out: true, .. });
        let exposure = Exposure {
            shares: ShareMatrix::from_rows(sectors.len(), shares),
            components: leaves_out.then(|| ShareMatrix::from_rows(sectors.len(), components)),
            shocks: national.shocks,
            groups: national.groups,
            unmatched: rows.iter().map(|row| row.is_none_or(|region| !by_region.contains_key(region))).collect(),
            sectors,
        };
        Ok((exposure, notes))
    }

    /// Shares and shocks given as arrays: a shock, a name and (if there are groups) a group per sector.
    ///
    /// # Errors
    /// [`ShiftShareError::LengthDiffers`].
    pub fn from_arrays(
        shares: ShareMatrix,
        shocks: Vec<f64>,
        sectors: Vec<String>,
        groups: Option<Vec<String>>,
    ) -> Result<Exposure, ShiftShareError> {
        let expected = shares.n_sectors();
        let lengths = [("the shocks", shocks.len()), ("the names of sectors", sectors.len())];
        let grouped = groups.iter().map(|groups| ("the groups of shocks", groups.len()));
        for (what, given) in lengths.into_iter().chain(grouped) {
            if given != expected {
                return Err(ShiftShareError::LengthDiffers { what, given, expected });
            }
        }
        let unmatched = vec![false; shares.n_rows()];
        Ok(Exposure { shares, sectors, shocks, components: None, groups: groups.map(|names| code(&names)), unmatched })
    }

    /// The shift-share variable, `Σ_k s_rk g_k`; NaN where a row has no shares.
    pub fn variable(&self) -> Vec<f64> {
        let values = self.components.as_ref().map_or_else(|| self.shares.times(&self.shocks), ShareMatrix::sums);
        self.where_matched(values)
    }

    /// The sum of the shares; NaN where a row has none.
    pub fn share_sums(&self) -> Vec<f64> {
        self.where_matched(self.shares.sums())
    }

    fn where_matched(&self, mut values: Vec<f64>) -> Vec<f64> {
        for (value, unmatched) in values.iter_mut().zip(&self.unmatched) {
            if *unmatched {
                *value = f64::NAN;
            }
        }
        values
    }

    /// The same on some rows.
    pub fn select(&self, rows: &[u32]) -> Exposure {
        Exposure {
            shares: self.shares.select(rows),
            components: self.components.as_ref().map(|components| components.select(rows)),
            unmatched: rows.iter().map(|&row| self.unmatched[row as usize]).collect(),
            sectors: self.sectors.clone(),
            shocks: self.shocks.clone(),
            groups: self.groups.clone(),
        }
    }

    /// The group of every sector.
    pub fn group_codes(&self) -> Option<&[u32]> {
        self.groups.as_ref().map(|(codes, _)| codes.as_slice())
    }

    /// The names of the groups.
    pub fn group_names(&self) -> &[String] {
        self.groups.as_ref().map_or(&[], |(_, names)| names)
    }

    /// What rests on each sector: `Σ_r w_r s_rk`.
    pub fn importance(&self, weights: Option<&[f64]>) -> Vec<f64> {
        self.shares.transposed_times(&vec![1.0; self.shares.n_rows()], weights)
    }

    /// `Σ_r w_r s_rk g_k v_r` for every sector.
    pub(super) fn component_moments(&self, v: &[f64], weights: Option<&[f64]>) -> Vec<f64> {
        match &self.components {
            Some(components) => components.transposed_times(v, weights),
            None => {
                let moments = self.shares.transposed_times(v, weights);
                moments.iter().zip(&self.shocks).map(|(m, g)| m * g).collect()
            }
        }
    }

    /// A sector's part of the variable, up to a factor: its share, times the shocks where they differ between rows.
    pub(super) fn component(&self, sector: usize) -> Vec<f64> {
        self.components.as_ref().unwrap_or(&self.shares).column(sector)
    }
}

/// The distinct sectors: numbers by value, then texts.
fn sectors_of(lines: &[ShareLine]) -> Vec<String> {
    let mut sectors: Vec<String> =
        lines.iter().map(|line| line.sector.as_str()).collect::<BTreeSet<_>>().into_iter().map(String::from).collect();
    let number = |text: &str| text.parse::<f64>().ok().filter(|v| v.is_finite());
    if sectors.iter().all(|sector| number(sector).is_some()) {
        sectors.sort_by(|a, b| number(a).unwrap_or(0.0).total_cmp(&number(b).unwrap_or(0.0)).then_with(|| a.cmp(b)));
    }
    sectors
}

/// The lines of every region as (sector, line), sorted by sector.
type Regions<'a> = BTreeMap<&'a str, Vec<(u32, usize)>>;

fn regions_of<'a>(lines: &'a [ShareLine], sector_at: &HashMap<&str, u32>) -> Result<Regions<'a>, ShiftShareError> {
    let mut out: Regions<'a> = BTreeMap::new();
    for (position, line) in lines.iter().enumerate() {
        let (region, sector) = (line.region.clone(), line.sector.clone());
        if !line.share.is_finite() || line.share < 0.0 {
            return Err(ShiftShareError::BadShare { region, sector, share: line.share });
        }
        let code = sector_at.get(line.sector.as_str()).copied().unwrap_or_default();
        out.entry(&line.region).or_default().push((code, position));
    }
    for (region, entries) in &mut out {
        entries.sort_unstable();
        if let Some(pair) = entries.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            let sector = lines[pair[0].1].sector.clone();
            return Err(ShiftShareError::DuplicateShare { region: (*region).to_string(), sector });
        }
    }
    Ok(out)
}

fn unmatched_note(by_region: &Regions<'_>, rows: &[Option<&str>]) -> Result<Vec<Note>, ShiftShareError> {
    let present: BTreeSet<&str> = rows.iter().flatten().copied().collect();
    let missing: Vec<String> = present.iter().filter(|r| !by_region.contains_key(**r)).map(|r| (*r).into()).collect();
    let spare: Vec<String> = by_region.keys().filter(|r| !present.contains(**r)).map(|r| (*r).to_string()).collect();
    if missing.len() == present.len() {
        let shares = by_region.keys().take(3).map(|r| (*r).to_string()).collect();
        return Err(ShiftShareError::NoRegionMatches { panel: missing.into_iter().take(3).collect(), shares });
    }
    let note = |(missing_from, regions): (&str, Vec<String>)| {
        (!regions.is_empty()).then(|| Note::RegionsUnmatched {
            missing_from: missing_from.into(),
            regions: regions.len(),
            examples: regions.iter().take(5).cloned().collect(),
        })
    };
    Ok([("table of shares", missing), ("panel", spare)].into_iter().filter_map(note).collect())
}

fn region_totals<'a>(
    by_region: &Regions<'a>,
    lines: &[ShareLine],
    sizes: bool,
) -> Result<HashMap<&'a str, f64>, ShiftShareError> {
    if !sizes {
        return Ok(HashMap::new());
    }
    let total = |(region, entries): (&&'a str, &Vec<(u32, usize)>)| {
        let total = sum(&entries.iter().map(|&(_, line)| lines[line].share).collect::<Vec<f64>>());
        if total > 0.0 { Ok((*region, total)) } else { Err(ShiftShareError::EmptyRegion { region: (*region).into() }) }
    };
    by_region.iter().map(total).collect()
}

/// Shocks per sector, and the sums that a region's own growth is taken out of.
struct National<'a> {
    shocks: Vec<f64>,
    groups: Option<(Vec<u32>, Vec<String>)>,
    sums: Option<(Vec<f64>, Vec<f64>, &'a [f64])>,
}

impl National<'_> {
    /// The shock that the region of a line faces.
    fn faced_by(
        &self,
        lines: &[ShareLine],
        sector: u32,
        line: usize,
        sectors: &[String],
    ) -> Result<f64, ShiftShareError> {
        let k = sector as usize;
        let Some((earlier, later, own)) = &self.sums else { return Ok(self.shocks[k]) };
        let base = earlier[k] - lines[line].share;
        // What rounding leaves of a sector that is in one region only is not a size.
        if base <= 1e-12 * earlier[k] {
            if lines[line].share == 0.0 {
                return Ok(0.0);
            }
            return Err(ShiftShareError::NoGrowth { sector: sectors[k].clone(), region: lines[line].region.clone() });
        }
        Ok((later[k] - present(own[line])) / base - 1.0)
    }
}

fn national<'a>(
    lines: &[ShareLine],
    shocks: &'a Shocks,
    sectors: &[String],
    sector_at: &HashMap<&str, u32>,
) -> Result<National<'a>, ShiftShareError> {
    match shocks {
        Shocks::Table(table) => {
            let (shocks, groups) = from_table(table, sectors, sector_at)?;
            Ok(National { shocks, groups, sums: None })
        }
        Shocks::Growth { later, groups, leave_one_out } => {
            let mut order: Vec<usize> = (0..lines.len()).collect();
            order.sort_by(|&a, &b| lines[a].region.cmp(&lines[b].region));
            let (mut from, mut to) = (vec![0.0; sectors.len()], vec![0.0; sectors.len()]);
            let mut of_group: Vec<Option<&str>> = vec![None; sectors.len()];
            for line in order {
                let k = sector_at.get(lines[line].sector.as_str()).copied().unwrap_or_default() as usize;
                from[k] += lines[line].share;
                to[k] += present(later[line]);
                if let Some(groups) = groups {
                    one_group(&mut of_group[k], &groups[line], &sectors[k])?;
                }
            }
            if let Some(k) = from.iter().position(|size| *size <= 0.0) {
                return Err(ShiftShareError::NoGrowth { sector: sectors[k].clone(), region: "no region".into() });
            }
            let names: Vec<String> = of_group.iter().map(|group| group.unwrap_or_default().to_string()).collect();
            Ok(National {
                shocks: from.iter().zip(&to).map(|(from, to)| to / from - 1.0).collect(),
                groups: groups.as_ref().map(|_| code(&names)),
                sums: leave_one_out.then_some((from, to, later.as_slice())),
            })
        }
    }
}

/// A later size; a sector that is not there later has size zero.
fn present(later: f64) -> f64 {
    if later.is_finite() { later } else { 0.0 }
}

fn one_group<'a>(known: &mut Option<&'a str>, group: &'a str, sector: &str) -> Result<(), ShiftShareError> {
    match known {
        Some(first) if *first != group => {
            Err(ShiftShareError::TwoGroups { sector: sector.into(), first: (*first).into(), second: group.into() })
        }
        _ => {
            *known = Some(group);
            Ok(())
        }
    }
}

/// A shock per sector and, if shocks have groups, their codes and names.
type CodedShocks = (Vec<f64>, Option<(Vec<u32>, Vec<String>)>);

fn from_table(
    table: &[ShockLine],
    sectors: &[String],
    sector_at: &HashMap<&str, u32>,
) -> Result<CodedShocks, ShiftShareError> {
    let mut found: Vec<Option<&ShockLine>> = vec![None; sectors.len()];
    for line in table {
        let Some(&k) = sector_at.get(line.sector.as_str()) else { continue };
        if found[k as usize].replace(line).is_some() {
            return Err(ShiftShareError::DuplicateShock { sector: line.sector.clone() });
        }
    }
    let usable = |line: &Option<&ShockLine>| line.is_some_and(|line| line.shock.is_finite());
    let missing: Vec<&String> = sectors.iter().zip(&found).filter(|(_, f)| !usable(f)).map(|(s, _)| s).collect();
    if !missing.is_empty() {
        let examples = missing.iter().take(5).map(|s| (*s).clone()).collect();
        return Err(ShiftShareError::SectorsWithoutShock { sectors: missing.len(), examples });
    }
    let lines: Vec<&ShockLine> = found.into_iter().flatten().collect();
    let grouped = lines.iter().any(|line| line.group.is_some());
    // A sector without a group is a group of its own.
    let names: Vec<String> =
        lines.iter().map(|line| line.group.clone().unwrap_or_else(|| format!("(sector {})", line.sector))).collect();
    Ok((lines.iter().map(|line| line.shock).collect(), grouped.then(|| code(&names))))
}

/// Codes in the order of the names.
fn code(names: &[String]) -> (Vec<u32>, Vec<String>) {
    let distinct: Vec<String> = names.iter().collect::<BTreeSet<_>>().into_iter().cloned().collect();
    let codes = names.iter().map(|name| distinct.partition_point(|known| known < name) as u32).collect();
    (codes, distinct)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(region: &str, sector: &str, share: f64) -> ShareLine {
        ShareLine { region: region.into(), sector: sector.into(), share }
    }

    fn shock(sector: &str, shock: f64) -> ShockLine {
        ShockLine { sector: sector.into(), shock, group: None }
    }

    #[test]
    fn the_variable_is_shares_times_shocks_by_id() {
        let lines = [line("b", "10", 0.5), line("b", "9", 0.25), line("a", "9", 1.0)];
        let shocks = Shocks::Table(vec![shock("10", 2.0), shock("9", 4.0), shock("77", 1.0)]);
        let rows = [Some("a"), Some("b"), None, Some("c")];
        let (exposure, notes) = Exposure::build(&lines, &shocks, false, &rows).unwrap();
        assert_eq!(exposure.sectors, ["9", "10"]);
        let b = exposure.variable();
        assert_eq!((b[0], b[1], b[2].is_nan(), b[3].is_nan()), (4.0, 2.0, true, true));
        assert_eq!(exposure.share_sums()[1], 0.75);
        assert!(matches!(&notes[..], [Note::RegionsUnmatched { regions: 1, .. }]));
    }

    #[test]
    fn growth_can_leave_the_region_out() {
        let lines = [line("a", "x", 10.0), line("a", "y", 30.0), line("b", "x", 20.0), line("b", "y", 20.0)];
        let later = vec![15.0, 30.0, 30.0, 10.0];
        let build = |leave_one_out| {
            let shocks = Shocks::Growth { later: later.clone(), groups: None, leave_one_out };
            Exposure::build(&lines, &shocks, true, &[Some("a"), Some("b")]).unwrap().0.variable()
        };
        let (x, y) = (45.0 / 30.0 - 1.0, 40.0 / 50.0 - 1.0);
        assert_eq!(build(false), vec![0.25 * x + 0.75 * y, 0.5 * x + 0.5 * y]);
        assert_eq!(build(true), vec![0.25 * 0.5 + 0.75 * (0.5 - 1.0), 0.5 * 0.5 + 0.5 * 0.0]);
    }

    #[test]
    fn tables_that_contradict_themselves_are_refused() {
        let fault = |lines: &[ShareLine], shocks: Vec<ShockLine>| {
            Exposure::build(lines, &Shocks::Table(shocks), false, &[Some("a")]).unwrap_err()
        };
        let both = || vec![shock("x", 1.0), shock("y", 2.0)];
        assert!(matches!(fault(&[line("a", "x", -0.1)], both()), ShiftShareError::BadShare { .. }));
        assert!(matches!(fault(&[line("a", "x", f64::NAN)], both()), ShiftShareError::BadShare { .. }));
        let twice = [line("a", "x", 0.1), line("a", "x", 0.2)];
        assert!(matches!(fault(&twice, both()), ShiftShareError::DuplicateShare { .. }));
        let sound = [line("a", "x", 0.1), line("a", "y", 0.2)];
        let missing = fault(&sound, vec![shock("x", 1.0)]);
        assert_eq!(missing, ShiftShareError::SectorsWithoutShock { sectors: 1, examples: vec!["y".into()] });
        let repeated = fault(&sound, vec![shock("x", 1.0), shock("x", 1.0), shock("y", 0.0)]);
        assert_eq!(repeated, ShiftShareError::DuplicateShock { sector: "x".into() });
        assert!(matches!(fault(&[line("b", "x", 0.1)], both()), ShiftShareError::NoRegionMatches { .. }));
    }
}
