//! Correlations and cosines of industries' profiles over regions or occupations.
//!
//! `LC_ij = corr_r(E_ri, E_rj)` (Porter 2003; Delgado, Porter and Stern 2016, employment and establishments). Columns are
//! centred and scaled to unit length, so that the whole matrix is one product `X'X`.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::Similarity;
use crate::linalg::{gram, sum};
use crate::mapping::RegionIndustry;

/// What of an industry is compared over regions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// `E_ri` itself: Porter's measure. (Shares of the industry, `E_ri / E_i`, have the same correlations.)
    #[default]
    Levels,
    /// `E_ri / E_r`: shares of the region, which takes the size of regions out.
    Shares,
    /// Location quotients. Their correlations are those of shares, for regions and industries with activity.
    Quotients,
    /// `log(1 + E_ri)`.
    Logs,
}

/// A column whose values spread by less than this, relative to the largest, is constant.
const CONSTANT: f64 = 1e-13;

/// Pearson correlation of every two industries over regions. Regions without activity enter as zeros (levels, logs) or not
/// at all (shares, quotients). An industry that is the same in every region has no correlation: missing.
pub fn locational_correlation(table: &RegionIndustry, profile: Profile) -> Similarity {
    correlation(table.industries(), profiles(table, profile))
}

/// Pearson correlation over occupations of the shares of occupations in each industry's employment (the table's "regions"
/// are occupations). An industry without employment has none: missing.
pub fn occupational_correlation(table: &RegionIndustry) -> Similarity {
    correlation(table.industries(), table.industry_shares())
}

/// Pearson correlation of the columns of a matrix, one per name. A constant column, or one with a missing value, has
/// none: missing.
pub fn correlation(names: &[String], mut columns: DMatrix<f64>) -> Similarity {
    let undefined = for_each_column(&mut columns, |column| {
        let mean = sum(column) / column.len() as f64;
        let largest = column.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        column.iter_mut().for_each(|value| *value -= mean);
        let spread = column.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        spread.is_nan() || spread <= CONSTANT * largest
    });
    unit_products(names, &columns, &undefined)
}

/// `x_i'x_j / (|x_i| |x_j|)` of the profiles. An industry without activity has none: missing.
pub fn cosine(table: &RegionIndustry, profile: Profile) -> Similarity {
    let mut columns = profiles(table, profile);
    let undefined = for_each_column(&mut columns, |column| column.iter().all(|&value| value == 0.0 || value.is_nan()));
    unit_products(table.industries(), &columns, &undefined)
}

fn profiles(table: &RegionIndustry, profile: Profile) -> DMatrix<f64> {
    let active = || -> Vec<usize> {
        let totals = table.region_totals();
        (0..totals.len()).filter(|&region| totals[region] > 0.0).collect()
    };
    match profile {
        Profile::Levels => table.values().clone(),
        Profile::Logs => table.values().map(f64::ln_1p),
        Profile::Shares => table.region_shares().select_rows(&active()),
        Profile::Quotients => table.location_quotients().select_rows(&active()),
    }
}

/// Prepares every column by `prepare`, which says whether it is unusable, and scales the usable ones to unit length.
fn for_each_column(columns: &mut DMatrix<f64>, prepare: impl Fn(&mut [f64]) -> bool + Sync) -> Vec<bool> {
    let n = columns.nrows();
    if n == 0 {
        return vec![true; columns.ncols()];
    }
    let normalise = |column: &mut [f64]| {
        let unusable = prepare(column);
        // Lengths are taken of values scaled by the largest, so that squares neither overflow nor vanish.
        let largest = column.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        if unusable || largest == 0.0 {
            column.fill(0.0);
            return true;
        }
        let length = largest * sum(&column.iter().map(|v| (v / largest).powi(2)).collect::<Vec<_>>()).sqrt();
        column.iter_mut().for_each(|value| *value /= length);
        false
    };
    columns.as_mut_slice().par_chunks_mut(n).map(normalise).collect()
}

/// Products of columns of unit length, held to [-1, 1], with ones on the diagonal.
fn unit_products(names: &[String], columns: &DMatrix<f64>, undefined: &[bool]) -> Similarity {
    let mut values = gram(columns);
    values.iter_mut().for_each(|value| *value = value.clamp(-1.0, 1.0));
    values.set_diagonal(&DVector::from_element(names.len(), 1.0));
    for (industry, _) in undefined.iter().enumerate().filter(|(_, undefined)| **undefined) {
        values.row_mut(industry).fill(f64::NAN);
        values.column_mut(industry).fill(f64::NAN);
    }
    Similarity::symmetric(names, values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(values: &[f64]) -> RegionIndustry {
        let regions = (0..4).map(|r| format!("r{r}")).collect();
        let industries = (0..values.len() / 4).map(|i| format!("i{i}")).collect();
        RegionIndustry::new(regions, industries, DMatrix::from_column_slice(4, values.len() / 4, values)).unwrap()
    }

    #[test]
    fn a_multiple_correlates_fully_and_a_constant_not_at_all() {
        let found = locational_correlation(
            &table(&[1.0, 2.0, 3.0, 5.0, 2.0, 4.0, 6.0, 10.0, 7.0, 7.0, 7.0, 7.0, 5.0, 3.0, 2.0, 1.0]),
            Profile::Levels,
        );
        assert!((found.values()[(0, 1)] - 1.0).abs() < 1e-15 && found.values()[(0, 3)] < -0.9);
        assert_eq!(found.undefined(), vec![2]);
        assert_eq!(found.pairs().count(), 3);
    }

    #[test]
    fn levels_and_shares_of_the_industry_have_one_correlation() {
        let table = table(&[1.0, 0.0, 3.0, 5.0, 2.0, 4.0, 1.0, 10.0, 7.0, 0.0, 0.0, 0.0]);
        let levels = locational_correlation(&table, Profile::Levels);
        let shares = correlation(table.industries(), table.industry_shares());
        assert!((levels.values() - shares.values()).amax() < 1e-15);
    }
}
