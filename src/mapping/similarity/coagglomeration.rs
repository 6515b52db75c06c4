//! Pairwise coagglomeration of industries, `COI_ij = sum_r (s_ri - x_r)(s_rj - x_r) / (1 - sum_r x_r^2)`.
//!
//! `s_ri = E_ri / E_i` is where industry `i` is; `x_r` how large region `r` is. Ellison, Glaeser and Kerr (2010) take the
//! unweighted mean of `s_ri` over industries, Ellison and Glaeser (1997) the region's share of all employment.

use nalgebra::DMatrix;

use super::Similarity;
use crate::linalg::gram;
use crate::mapping::RegionIndustry;

/// What the size of a region is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reference {
    /// The unweighted mean of the industries' shares (Ellison, Glaeser and Kerr 2010).
    #[default]
    MeanOfIndustries,
    /// The region's share of all activity (Ellison and Glaeser 1997).
    Aggregate,
}

/// Coagglomeration of every two industries; the diagonal holds `G_i / (1 - sum_r x_r^2)`. An industry without activity is
/// missing and does not enter the mean; all is missing when one region has all activity.
pub fn coagglomeration(table: &RegionIndustry, reference: Reference) -> Similarity {
    let shares = table.industry_shares();
    let sizes: Vec<f64> = match reference {
        Reference::MeanOfIndustries => {
            let active = shares.column_iter().filter(|column| !column.iter().any(|v| v.is_nan())).count() as f64;
            shares.row_iter().map(|row| row.iter().filter(|v| !v.is_nan()).sum::<f64>() / active).collect()
        }
        Reference::Aggregate => {
            let total = table.total();
            table.region_totals().iter().map(|size| size / total).collect()
        }
    };
    let spread = 1.0 - sizes.iter().map(|x| x * x).sum::<f64>();
    let deviations = DMatrix::from_fn(shares.nrows(), shares.ncols(), |r, i| shares[(r, i)] - sizes[r]);
    let spread = if spread > f64::EPSILON { spread } else { f64::NAN };
    Similarity::symmetric(table.industries(), gram(&deviations) / spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_region_leaves_nothing_to_compare() {
        let table = RegionIndustry::new(
            vec!["a".into(), "b".into()],
            vec!["x".into(), "y".into()],
            DMatrix::from_row_slice(2, 2, &[3.0, 5.0, 0.0, 0.0]),
        )
        .unwrap();
        assert!(coagglomeration(&table, Reference::Aggregate).values().iter().all(|v| v.is_nan()));
    }

    #[test]
    fn the_two_references_differ_where_industries_differ_in_size() {
        let table = RegionIndustry::new(
            vec!["a".into(), "b".into(), "c".into()],
            vec!["x".into(), "y".into(), "z".into()],
            DMatrix::from_row_slice(3, 3, &[80.0, 1.0, 0.0, 10.0, 1.0, 2.0, 10.0, 0.0, 2.0]),
        )
        .unwrap();
        // x_r of the mean: (0.8 + 0.5 + 0) / 3, (0.1 + 0.5 + 0.5) / 3, (0.1 + 0 + 0.5) / 3.
        let x: [f64; 3] = [1.3 / 3.0, 1.1 / 3.0, 0.6 / 3.0];
        let (s, t) = ([0.8, 0.1, 0.1], [0.5, 0.5, 0.0]);
        let expected =
            (0..3).map(|r| (s[r] - x[r]) * (t[r] - x[r])).sum::<f64>() / (1.0 - x.iter().map(|v| v * v).sum::<f64>());
        let found = coagglomeration(&table, Reference::MeanOfIndustries).values()[(0, 1)];
        assert!((found - expected).abs() < 1e-15);
        assert!((coagglomeration(&table, Reference::Aggregate).values()[(0, 1)] - expected).abs() > 1e-3);
    }
}
