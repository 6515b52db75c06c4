//! Shares and location quotients of industries, of clusters, outside an industry, and of related clusters.
//!
//! With `E` employment (or any other activity), `r` a region and `g` a group of industries, in each period:
//!
//! - share `E_gr / E_r`, location quotient `LQ_gr = (E_gr / E_r) / (E_g / E)`;
//! - of a cluster outside the focal industry `i` (Delgado, Porter and Stern 2014): `E_ir` leaves the numerator and
//!   `E_i` the national total of the cluster, `[(E_cr - E_ir) / E_r] / [(E_c - E_i) / E]`; the region's total `E_r`
//!   and the nation's `E` are not reduced. A cluster of one industry is 0/0 outside it: missing;
//! - of related clusters: `[sum_d w_cd E_dr / E_r] / [sum_d w_cd E_d / E]` over `d != c`.
//!
//! `E_r` and `E` are those of the [`Base`]. Zero and missing rules are in the head of [`crate::mapping`].

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::{Cells, Codes, CompensatedSum};
use crate::memo::Memo;

/// The part of a region's activity that is compared with the whole.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// A group: an industry, a cluster.
    Group(&'a Codes),
    /// A group without the part of it that shares the row's second code (a cluster outside the row's industry).
    Outside(&'a Codes, &'a Codes),
    /// The clusters related to the row's cluster, itself left out, with the weight of each.
    Related(&'a Codes, &'a [Vec<(u32, f64)>]),
}

/// Whose total a share is a share of.
#[derive(Clone, Copy, Debug)]
pub enum Base<'a> {
    /// All activity of the region and the nation.
    Total,
    /// That of these rows only (traded industries).
    Rows(&'a [bool]),
    /// That of the rows of the same type as the row at hand (traded or local).
    SameType(&'a Codes),
}

/// A ratio that is missing where its denominator is zero.
#[inline]
pub(super) fn ratio(numerator: f64, denominator: f64) -> f64 {
    if denominator == 0.0 { f64::NAN } else { numerator / denominator }
}

/// What is measured, where and when: the two levels at which everything is summed, regions in periods and periods. Sums are
/// kept, so that several measures of the same activity cost one pass.
#[derive(Debug)]
pub struct Places {
    values: Arc<Vec<f64>>,
    regional: Codes,
    national: Codes,
    levels: Memo<(Summed, Scope), Arc<Level>>,
}

/// What is summed. It holds its columns of codes, so that no other column can come to stand at their address.
#[derive(Clone, Debug)]
enum Summed {
    All,
    Group(Codes),
    Outside(Codes, Codes),
}

impl Summed {
    /// Where the columns of codes stand: the same columns are the same sum, equal ones are not looked for.
    fn address(&self) -> [usize; 3] {
        let at = |codes: &Codes| Arc::as_ptr(&codes.codes) as usize;
        match self {
            Summed::All => [0, 0, 0],
            Summed::Group(group) => [1, at(group), 0],
            Summed::Outside(group, focal) => [2, at(group), at(focal)],
        }
    }
}

impl PartialEq for Summed {
    fn eq(&self, other: &Self) -> bool {
        self.address() == other.address()
    }
}

impl Eq for Summed {}

impl Hash for Summed {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.address().hash(state);
    }
}

/// Over which rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Scope {
    Region,
    Nation,
}

/// Sums of a quantity at one level, and the cell of each row.
#[derive(Debug)]
struct Level {
    codes: Codes,
    sums: Vec<f64>,
}

impl Level {
    #[inline]
    fn at(&self, row: usize) -> f64 {
        self.codes.at(row).map_or(f64::NAN, |cell| self.sums[cell])
    }
}

impl Places {
    /// Places of rows: `values` employment or another quantity that adds up (NaN is missing), its region and its period.
    pub fn new(values: Arc<Vec<f64>>, region: &Codes, time: &Codes) -> Self {
        let regional = Cells::cross(region, time).codes;
        // A row without a region has no place in the nation either, so that regions add up to it.
        let national = time.where_known(&regional);
        Places { values, regional, national, levels: Memo::default() }
    }

    /// The share of a part in its region's base, one number per row.
    pub fn share(&self, part: Part, base: Base) -> Vec<f64> {
        let (part, whole) = (self.part(part, Scope::Region), self.base(base, Scope::Region));
        self.rows(|row| ratio(part.at(row), whole.at(row)))
    }

    /// The location quotient of a part, one number per row.
    pub fn location_quotient(&self, part: Part, base: Base) -> Vec<f64> {
        let at = |scope| (self.part(part, scope), self.base(base, scope));
        let ((own, own_base), (all, all_base)) = (at(Scope::Region), at(Scope::Nation));
        self.rows(|row| {
            let here = ratio(own.at(row), own_base.at(row));
            ratio(here, ratio(all.at(row), all_base.at(row)))
        })
    }

    /// The Herfindahl index of each row's region over the parts of its activity ([`super::herfindahl`]).
    pub fn herfindahl(&self, over: &Codes) -> Vec<f64> {
        let parts = self.part(Part::Group(over), Scope::Region);
        super::herfindahl::of_cells(&self.values, &parts.codes, &self.regional)
    }

    fn rows(&self, value: impl Fn(usize) -> f64) -> Vec<f64> {
        (0..self.values.len()).map(value).collect()
    }

    fn place(&self, scope: Scope) -> &Codes {
        match scope {
            Scope::Region => &self.regional,
            Scope::Nation => &self.national,
        }
    }

    fn part(&self, part: Part, scope: Scope) -> Arc<Level> {
        let (values, place) = (self.values.as_slice(), self.place(scope));
        match part {
            Part::Group(group) => self.kept(Summed::Group(group.clone()), scope, || grouped(values, group, place)),
            Part::Outside(group, focal) => {
                let (whole, part) = (self.part(Part::Group(group), scope), self.part(Part::Group(focal), scope));
                let make = || outside(values, &whole.codes, &part.codes, focal);
                self.kept(Summed::Outside(group.clone(), focal.clone()), scope, make)
            }
            Part::Related(cluster, links) => Arc::new(related(values, cluster, links, place)),
        }
    }

    fn base(&self, base: Base, scope: Scope) -> Arc<Level> {
        let (values, place) = (self.values.as_slice(), self.place(scope));
        match base {
            Base::Total => self.kept(Summed::All, scope, || level(place.clone(), values)),
            Base::SameType(kind) => Arc::new(level(Cells::cross(kind, place).codes, values)),
            Base::Rows(rows) => {
                let chosen: Vec<f64> =
                    values.iter().zip(rows).map(|(&value, &is_in)| if is_in { value } else { 0.0 }).collect();
                Arc::new(level(place.clone(), &chosen))
            }
        }
    }

    fn kept(&self, summed: Summed, scope: Scope, make: impl FnOnce() -> Level) -> Arc<Level> {
        self.levels.get((summed, scope), || Arc::new(make()))
    }
}

fn level(codes: Codes, values: &[f64]) -> Level {
    // Every row a cell of its own: nothing to add up.
    let sums = if codes.n == values.len() {
        values.iter().map(|&value| value + 0.0).collect()
    } else {
        codes.sums(values).iter().map(known).collect()
    };
    Level { codes, sums }
}

/// A sum, missing where no value is known.
fn known(sum: &CompensatedSum) -> f64 {
    if sum.count == 0 { f64::NAN } else { sum.value() }
}

fn grouped(values: &[f64], group: &Codes, place: &Codes) -> Level {
    level(Cells::cross(group, place).codes, values)
}

/// Sums of wholes, cells of places and groups, without the part of each that has the row's focal code; `part` are the cells
/// of places and focal codes.
fn outside(values: &[f64], whole: &Codes, part: &Codes, focal: &Codes) -> Level {
    let part = if is_within(part, whole) { part.clone() } else { Cells::cross(focal, whole).codes };
    let (of_whole, of_part) = (whole.sums(values), part.sums(values));
    let mut sums = vec![f64::NAN; part.n];
    for row in 0..values.len() {
        if let (Some(whole), Some(part)) = (whole.at(row), part.at(row)) {
            sums[part] = of_whole[whole].without(&of_part[part]).value();
        }
    }
    Level { codes: part, sums }
}

/// Whether each of the parts lies in one whole.
fn is_within(parts: &Codes, wholes: &Codes) -> bool {
    let mut whole_of = vec![None; parts.n];
    (0..parts.codes.len()).all(|row| match (parts.at(row), wholes.at(row)) {
        (Some(part), Some(whole)) => *whole_of[part].get_or_insert(whole) == whole,
        (part, whole) => part.is_none() && whole.is_none(),
    })
}

fn related(values: &[f64], cluster: &Codes, links: &[Vec<(u32, f64)>], place: &Codes) -> Level {
    let cells = Cells::cross(cluster, place);
    let own = cells.codes.sums(values);
    let mut sums = vec![f64::NAN; cells.codes.n];
    let mut is_done = vec![false; cells.codes.n];
    for row in 0..values.len() {
        let (Some(cluster), Some(place), Some(cell)) = (cluster.at(row), place.at(row), cells.codes.at(row)) else {
            continue;
        };
        if !std::mem::replace(&mut is_done[cell], true) {
            let linked = links.get(cluster).into_iter().flatten().filter(|&&(other, _)| other as usize != cluster);
            let weighted = linked.map(|&(other, weight)| {
                weight * cells.find(other as usize, place).map_or(0.0, |cell| own[cell].value())
            });
            sums[cell] = weighted.collect::<CompensatedSum>().value();
        }
    }
    Level { codes: cells.codes, sums }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::panel::Factor;

    /// The 5 x 5 example of the EconGeo help pages (version 1.3), rows regions, columns industries.
    const EXAMPLE: [[f64; 5]; 5] = [
        [100., 0., 0., 0., 0.],
        [0., 15., 5., 70., 10.],
        [0., 20., 10., 20., 50.],
        [0., 25., 30., 5., 40.],
        [0., 40., 55., 5., 0.],
    ];

    struct Grid {
        values: Vec<f64>,
        region: Codes,
        industry: Codes,
        time: Codes,
    }

    impl Grid {
        fn new(values: Vec<f64>, n_industries: usize) -> Self {
            let n = values.len();
            let code = |f: &dyn Fn(usize) -> usize| (0..n).map(|k| f(k) as u32).collect::<Vec<_>>();
            let region = Codes::new(code(&|k| k / n_industries), n / n_industries);
            let industry = Codes::new(code(&|k| k % n_industries), n_industries);
            Grid { values, region, industry, time: Codes::single(n) }
        }

        fn places(&self) -> Places {
            Places::new(Arc::new(self.values.clone()), &self.region, &self.time)
        }

        /// A cluster per industry: `of[i]`.
        fn cluster(&self, of: &[u32]) -> Codes {
            let codes = self.industry.codes.iter().map(|&i| of[i as usize]).collect();
            Codes::new(codes, *of.iter().max().unwrap() as usize + 1)
        }
    }

    fn close(a: f64, b: f64) -> bool {
        (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-12 * b.abs().max(1.0)
    }

    #[test]
    fn the_published_example() {
        let grid = Grid::new(EXAMPLE.concat(), 5);
        let lq = grid.places().location_quotient(Part::Group(&grid.industry), Base::Total);
        let expected = [(0, [5., 0., 0., 0., 0.]), (1, [0., 0.75, 0.25, 3.5, 0.5]), (4, [0., 2., 2.75, 0.25, 0.])];
        for (region, row) in expected {
            assert!(lq[5 * region..5 * region + 5].iter().zip(row).all(|(&a, b)| close(a, b)), "{region}");
        }
    }

    #[test]
    fn outside_the_industry_both_totals_shrink_but_not_the_regions() {
        let grid = Grid::new(EXAMPLE.concat(), 5);
        let cluster = grid.cluster(&[0, 1, 1, 1, 2]);
        let lq = grid.places().location_quotient(Part::Outside(&cluster, &grid.industry), Base::Total);
        // Region 2, industry 2: others of its cluster have 75 of 100 here and 200 of 500 in the nation.
        assert!(close(lq[6], 0.75 / 0.4));
        // Clusters of one industry: 0/0.
        assert!(lq[0].is_nan() && lq[9].is_nan());
        // Nothing of the cluster in region 1: zero, not missing.
        assert_eq!(lq[1], 0.0);
    }

    #[test]
    fn bases_and_shares() {
        let grid = Grid::new(EXAMPLE.concat(), 5);
        let traded: Vec<bool> = grid.industry.codes.iter().map(|&i| i < 2).collect();
        let kind = Codes::new(traded.iter().map(|&t| u32::from(t)).collect(), 2);
        let part = Part::Group(&grid.industry);
        assert!(close(grid.places().share(part, Base::Total)[8], 0.7));
        // Region 2 has 15 traded, all of industry 2; nationally 100 of 200.
        assert!(close(grid.places().location_quotient(part, Base::Rows(&traded))[6], 2.0));
        assert!(close(grid.places().location_quotient(part, Base::SameType(&kind))[6], 2.0));
        // Region 1 has no local employment: missing.
        assert!(grid.places().location_quotient(part, Base::SameType(&kind))[3].is_nan());
    }

    #[test]
    fn rows_without_a_place_enter_nothing() {
        let mut grid = Grid::new(vec![1., 1., 1., 3., 100., 200.], 2);
        grid.region = Codes::new(vec![0, 0, 1, 1, Factor::MISSING, Factor::MISSING], 2);
        let lq = grid.places().location_quotient(Part::Group(&grid.industry), Base::Total);
        assert!(close(lq[0], 0.5 / (2.0 / 6.0)));
        assert!(lq[4].is_nan());
    }

    proptest! {
        /// `LQ_cr` is the average of `IS_ir` weighted by `E_i / E_c`.
        #[test]
        fn the_cluster_is_the_weighted_average_of_its_industries(values in prop::collection::vec(1.0..1e5f64, 40)) {
            let grid = Grid::new(values, 8);
            let of = [0, 0, 0, 1, 1, 2, 2, 2];
            let cluster = grid.cluster(&of);
            let industry = grid.places().location_quotient(Part::Group(&grid.industry), Base::Total);
            let quotient = grid.places().location_quotient(Part::Group(&cluster), Base::Total);
            let national = grid.industry.sums(&grid.values);
            for row in 0..40 {
                let own: Vec<usize> = (0..8).filter(|&i| of[i] == of[row % 8]).collect();
                let total: f64 = own.iter().map(|&i| national[i].value()).sum();
                let mean: f64 = own.iter().map(|&i| industry[row / 8 * 8 + i] * national[i].value() / total).sum();
                prop_assert!(close(quotient[row], mean));
            }
        }

        /// With every weight 1 the related clusters are all that is outside the cluster.
        #[test]
        fn related_to_all_is_everything_else(values in prop::collection::vec(0.0..1e5f64, 40)) {
            let grid = Grid::new(values, 8);
            let cluster = grid.cluster(&[0, 0, 0, 1, 1, 2, 2, 2]);
            let links: Vec<Vec<(u32, f64)>> =
                (0..3u32).map(|c| (0..3).filter(|&d| d != c).map(|d| (d, 1.0)).collect()).collect();
            let related = grid.places().location_quotient(Part::Related(&cluster, &links), Base::Total);
            let region = grid.region.sums(&grid.values);
            let by_cluster = cluster.sums(&grid.values);
            let cells = Cells::cross(&cluster, &grid.region);
            let by_cell = cells.codes.sums(&grid.values);
            let nation: f64 = grid.values.iter().sum();
            for (row, &quotient) in related.iter().enumerate() {
                let (c, r) = (cluster.at(row).unwrap(), row / 8);
                let here = (region[r].value() - by_cell[cells.find(c, r).unwrap()].value()) / region[r].value();
                prop_assert!(close(quotient, here / ((nation - by_cluster[c].value()) / nation)));
            }
        }
    }
}
