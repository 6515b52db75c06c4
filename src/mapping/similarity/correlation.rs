//! Correlations and cosines of industries' profiles over regions or occupations.
//!
//! `LC_ij = corr_r(E_ri, E_rj)` (Porter 2003; Delgado, Porter and Stern 2016, employment and establishments). Columns are
//! centred and scaled to unit length, so that the whole matrix is one product `X'X`.

use std::borrow::Cow;

use nalgebra::DMatrix;

use super::Similarity;
use crate::linalg::{dot, gram_of, sum};
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
    correlation(table.industries(), &profiles(table, profile))
}

/// Pearson correlation over occupations of the shares of occupations in each industry's employment (the table's "regions"
/// are occupations). An industry without employment has none: missing.
pub fn occupational_correlation(table: &RegionIndustry) -> Similarity {
    correlation(table.industries(), &table.industry_shares())
}

/// Pearson correlation of the columns of a matrix, one per name. A constant column, or one with a missing value, has
/// none: missing.
pub fn correlation(names: &[String], columns: &DMatrix<f64>) -> Similarity {
    unit_products(names, columns, |column| {
        let mean = sum(column) / column.len() as f64;
        let size = largest(column);
        column.iter_mut().for_each(|value| *value -= mean);
        largest(column) > CONSTANT * size
    })
}

/// `x_i'x_j / (|x_i| |x_j|)` of the profiles. An industry without activity has none: missing.
pub fn cosine(table: &RegionIndustry, profile: Profile) -> Similarity {
    unit_products(table.industries(), &profiles(table, profile), |_| true)
}

fn profiles(table: &RegionIndustry, profile: Profile) -> Cow<'_, DMatrix<f64>> {
    let active = || -> Vec<usize> {
        let totals = table.region_totals();
        (0..totals.len()).filter(|&region| totals[region] > 0.0).collect()
    };
    match profile {
        Profile::Levels => Cow::Borrowed(table.values()),
        Profile::Logs => Cow::Owned(table.values().map(f64::ln_1p)),
        Profile::Shares => Cow::Owned(table.region_shares().select_rows(&active())),
        Profile::Quotients => Cow::Owned(table.location_quotients().select_rows(&active())),
    }
}

/// Products of columns prepared by `prepare`, which says whether a column is usable, and scaled to unit length: held to
/// [-1, 1], with ones on the diagonal. A column that is not usable, or is zero, has none: missing.
fn unit_products(names: &[String], columns: &DMatrix<f64>, prepare: impl Fn(&mut [f64]) -> bool + Sync) -> Similarity {
    let (n, k) = columns.shape();
    if n == 0 {
        return Similarity::symmetric(names, DMatrix::from_element(k, k, f64::NAN));
    }
    let mut values = gram_of((n, k), |j, column| {
        column.copy_from_slice(&columns.as_slice()[j * n..][..n]);
        if !prepare(column) || !scale(column) {
            column.fill(f64::NAN);
        }
    });
    values.iter_mut().for_each(|value| *value = value.clamp(-1.0, 1.0));
    for j in 0..k {
        let own = &mut values[(j, j)];
        *own = if own.is_nan() { f64::NAN } else { 1.0 };
    }
    Similarity::symmetric(names, values)
}

/// Scales a column to unit length; whether it has one. Values are divided by the largest first, so that squares neither
/// overflow nor vanish.
fn scale(column: &mut [f64]) -> bool {
    let size = largest(column);
    column.iter_mut().for_each(|value| *value /= size);
    let length = dot(column, column).sqrt();
    column.iter_mut().for_each(|value| *value /= length);
    size > 0.0
}

/// The largest absolute value; missing ones do not count.
fn largest(column: &[f64]) -> f64 {
    let mut lanes = [0.0f64; 8];
    let (chunks, rest) = column.as_chunks::<8>();
    for chunk in chunks {
        for (largest, value) in lanes.iter_mut().zip(chunk) {
            *largest = if value.abs() > *largest { value.abs() } else { *largest };
        }
    }
    lanes.iter().chain(rest).fold(0.0, |largest, value| largest.max(value.abs()))
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
        let shares = correlation(table.industries(), &table.industry_shares());
        assert!((levels.values() - shares.values()).amax() < 1e-15);
    }
}
