//! Measures of regions and industries from one table of activity: how specialised, concentrated, diverse and complex.
//!
//! In: a [`Table`] `E` of regions and industries (or any other part), not negative, missing cells as zero.
//! Out: a number per region, per industry, or per cell. With `s_ir = E_ir / E_r` the share of an industry in a region,
//! `s_i = E_i / E` in the nation, `z_ri = E_ir / E_i` the share of a region in an industry and `x_r = E_r / E`:
//!
//! | room | per | measures |
//! | --- | --- | --- |
//! | [`specialisation`] | region | Krugman, entropy, relative entropy, Hachman, diversity, related and unrelated variety |
//! | [`concentration`] | industry | Gini, Hoover, Ellison-Glaeser, Maurel-Sédillot, coagglomeration, Porter's criteria |
//! | [`classes`] | industry | Porter's classes |
//! | [`quotients`] | cell | symmetric, standardised and binary quotients, errors, Litzenberger-Sternberg |
//! | [`complexity`] | both | ECI and PCI, fitness and complexity, relatedness density, outlook |
//! | [`accounting`] | cell | shift-share decompositions |
//! | [`wages`] | region | mix and level of regional wages |
//! | [`inequality`] | group | Theil's index and its decomposition |
//!
//! Zero rules: a region without activity and an industry without activity have no shares: their measures are missing (NaN),
//! and they count in no other's. National totals are the sums of the table.

pub mod accounting;
pub mod classes;
pub mod complexity;
pub mod concentration;
pub mod inequality;
mod leading;
pub mod quotients;
pub mod specialisation;
pub mod wages;

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::CompensatedSum;
use super::location_quotient::ratio;

/// Regions or industries that one thread takes at least.
const AT_LEAST: usize = 16;

/// A table of activity with its totals, laid out both ways: measures of regions run over the industries of each, measures
/// of industries over the regions.
#[derive(Clone, Debug)]
pub struct Table {
    /// A column per industry.
    by_industry: DMatrix<f64>,
    /// A column per region.
    by_region: DMatrix<f64>,
    regions: Vec<f64>,
    industries: Vec<f64>,
    region_shares: Vec<f64>,
    industry_shares: Vec<f64>,
    total: f64,
}

impl Table {
    /// From a row per region and a column per industry.
    pub fn of(values: DMatrix<f64>) -> Self {
        Table::both(values.transpose(), values)
    }

    /// From a row per industry and a column per region.
    pub fn of_regions(values: DMatrix<f64>) -> Self {
        let by_industry = values.transpose();
        Table::both(values, by_industry)
    }

    fn both(by_region: DMatrix<f64>, by_industry: DMatrix<f64>) -> Self {
        let sums = |table: &DMatrix<f64>| table.column_iter().map(|column| sum(column.iter().copied())).collect();
        let (regions, industries): (Vec<f64>, Vec<f64>) = (sums(&by_region), sums(&by_industry));
        let total = sum(by_industry.iter().copied());
        let shares = |of: &[f64]| of.iter().map(|&part| ratio(part, total)).collect();
        let (region_shares, industry_shares) = (shares(&regions), shares(&industries));
        Table { by_industry, by_region, regions, industries, region_shares, industry_shares, total }
    }

    /// The activity, a row per region and a column per industry.
    pub fn values(&self) -> &DMatrix<f64> {
        &self.by_industry
    }

    fn n_regions(&self) -> usize {
        self.regions.len()
    }

    fn n_industries(&self) -> usize {
        self.industries.len()
    }

    /// `s_ir`.
    #[inline]
    fn in_region(&self, r: usize, i: usize) -> f64 {
        ratio(self.by_region[(i, r)], self.regions[r])
    }

    /// `z_ri`.
    #[inline]
    fn in_industry(&self, r: usize, i: usize) -> f64 {
        ratio(self.by_industry[(r, i)], self.industries[i])
    }

    /// `s_i`.
    #[inline]
    fn industry_share(&self, i: usize) -> f64 {
        self.industry_shares[i]
    }

    /// `x_r`.
    #[inline]
    fn region_share(&self, r: usize) -> f64 {
        self.region_shares[r]
    }

    #[inline]
    fn quotient(&self, r: usize, i: usize) -> f64 {
        ratio(self.in_region(r, i), self.industry_share(i))
    }

    /// The same from the column of an industry.
    #[inline]
    fn quotient_of_industry(&self, r: usize, i: usize) -> f64 {
        ratio(ratio(self.by_industry[(r, i)], self.regions[r]), self.industry_share(i))
    }

    /// A number for every region with activity.
    fn per_region(&self, measure: impl Fn(usize) -> f64 + Sync) -> Vec<f64> {
        let of = |r: usize| if self.regions[r] > 0.0 { measure(r) } else { f64::NAN };
        (0..self.n_regions()).into_par_iter().with_min_len(AT_LEAST).map(of).collect()
    }

    /// A number for every industry with activity.
    fn per_industry(&self, measure: impl Fn(usize) -> f64 + Sync) -> Vec<f64> {
        let of = |i: usize| if self.industries[i] > 0.0 { measure(i) } else { f64::NAN };
        (0..self.n_industries()).into_par_iter().with_min_len(AT_LEAST).map(of).collect()
    }

    /// A number for every cell.
    fn per_cell(&self, measure: impl Fn(usize, usize) -> f64 + Sync) -> DMatrix<f64> {
        let mut cells = DMatrix::zeros(self.n_regions(), self.n_industries());
        let column = |(i, column): (usize, &mut [f64])| {
            column.iter_mut().enumerate().for_each(|(r, cell)| *cell = measure(r, i));
        };
        cells.as_mut_slice().par_chunks_mut(self.n_regions().max(1)).enumerate().for_each(column);
        cells
    }

    /// Industries with activity.
    fn active_industries(&self) -> impl Iterator<Item = usize> {
        (0..self.n_industries()).filter(|&i| self.industries[i] > 0.0)
    }

    /// Regions with activity.
    fn active_regions(&self) -> impl Iterator<Item = usize> {
        (0..self.n_regions()).filter(|&r| self.regions[r] > 0.0)
    }
}

#[inline]
fn sum(values: impl Iterator<Item = f64>) -> f64 {
    values.collect::<CompensatedSum>().value()
}

/// `x log x`, 0 at 0.
fn x_log_x(x: f64) -> f64 {
    if x > 0.0 { x * x.ln() } else { 0.0 }
}

/// The 5 x 5 example of the EconGeo help pages (version 1.3), rows regions, columns industries.
#[cfg(test)]
pub(crate) fn example() -> Table {
    Table::of(DMatrix::from_row_slice(
        5,
        5,
        &[
            100., 0., 0., 0., 0., 0., 15., 5., 70., 10., 0., 20., 10., 20., 50., 0., 25., 30., 5., 40., 0., 40., 55.,
            5., 0.,
        ],
    ))
}

#[cfg(test)]
pub(crate) fn agree(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        let gap = (found - expected).abs();
        assert!(gap < 5e-7 || (found.is_nan() && expected.is_nan()), "{found} {expected}");
    }
}
