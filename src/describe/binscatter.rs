//! Bin means of y over quantile bins of x.
//!
//! A binscatter that nets out controls and absorbed effects gives the residuals of x and y (plus their means, to keep the
//! scale) to [`bins`]: by Frisch, Waugh and Lovell the line through these residuals has the model's slope. Cattaneo,
//! Crump, Farrell and Feng (2024) show that residualising first may distort the shape where the relation is not linear;
//! bands and their covariate-adjusted form are not here.

use serde::Serialize;

use super::{DescribeError, quantile};

/// The largest number of bins that still reads as a picture.
const MOST_BINS: usize = 200;

/// One dot of a binscatter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bin {
    /// Mean of x, weighted where there are weights.
    pub x: f64,
    /// Mean of y, weighted where there are weights.
    pub y: f64,
    /// Rows in the bin, not weighted.
    pub n: usize,
}

/// One row: x, y and its weight.
type Row = (f64, f64, f64);

/// Means of `x` and `y` in `n_bins` quantile bins of `x`, in ascending order of x.
///
/// Bin edges are type 7 quantiles of `x`; with weights, edge k is the smallest x at which the cumulated weight reaches
/// k / `n_bins` of the total. A bin holds its upper edge. Ties that span several edges leave fewer bins. Rows with a value
/// that is not finite, or of zero weight, are left out.
///
/// # Errors
/// When lengths differ, a weight is invalid, `n_bins` is not in 1 to 200, or no row is left.
pub fn bins(x: &[f64], y: &[f64], weights: Option<&[f64]>, n_bins: usize) -> Result<Vec<Bin>, DescribeError> {
    if !(1..=MOST_BINS).contains(&n_bins) {
        return Err(DescribeError::CountOutOfRange { what: "bins", found: n_bins, least: 1, most: MOST_BINS });
    }
    let rows = sorted_rows(x, y, weights)?;
    let edges = match weights {
        None => quantile_edges(&rows, n_bins),
        Some(_) => weighted_edges(&rows, n_bins),
    };
    let mut means = Vec::with_capacity(n_bins);
    let mut rest = rows.as_slice();
    for edge in edges.into_iter().chain([f64::INFINITY]) {
        let (inside, above) = rest.split_at(rest.partition_point(|row| row.0 <= edge));
        means.extend(mean_of(inside));
        rest = above;
    }
    Ok(means)
}

/// The usable rows by x, then y, then weight, so that sums do not depend on the order of the rows.
fn sorted_rows(x: &[f64], y: &[f64], weights: Option<&[f64]>) -> Result<Vec<Row>, DescribeError> {
    let differ = |what, found| DescribeError::LengthsDiffer { what, found, expected: x.len() };
    if y.len() != x.len() {
        return Err(differ("y", y.len()));
    }
    if let Some(weights) = weights {
        if weights.len() != x.len() {
            return Err(differ("weights", weights.len()));
        }
        if let Some((row, &value)) = weights.iter().enumerate().find(|(_, w)| !w.is_finite() || **w < 0.0) {
            return Err(DescribeError::WeightInvalid { row, value });
        }
    }
    let weight = |row: usize| weights.and_then(|weights| weights.get(row)).copied().unwrap_or(1.0);
    let mut rows: Vec<Row> = x
        .iter()
        .zip(y)
        .enumerate()
        .map(|(row, (&x, &y))| (x, y, weight(row)))
        .filter(|(x, y, w)| x.is_finite() && y.is_finite() && *w > 0.0)
        .collect();
    if rows.is_empty() {
        return Err(DescribeError::Empty { what: "x and y" });
    }
    rows.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.total_cmp(&b.2)));
    Ok(rows)
}

/// Interior edges from type 7 quantiles.
fn quantile_edges(rows: &[Row], n_bins: usize) -> Vec<f64> {
    let x: Vec<f64> = rows.iter().map(|row| row.0).collect();
    (1..n_bins).filter_map(|k| quantile(&x, k as f64 / n_bins as f64)).collect()
}

/// Interior edges at equal shares of the total weight.
fn weighted_edges(rows: &[Row], n_bins: usize) -> Vec<f64> {
    let total: f64 = rows.iter().map(|row| row.2).sum();
    let mut cumulated = 0.0;
    let mut edges = Vec::with_capacity(n_bins);
    for row in rows {
        cumulated += row.2;
        // The small slack lets a share that is reached up to rounding count as reached.
        while edges.len() + 1 < n_bins && cumulated >= total * (edges.len() + 1) as f64 / n_bins as f64 * (1.0 - 1e-12)
        {
            edges.push(row.0);
        }
    }
    edges
}

fn mean_of(rows: &[Row]) -> Option<Bin> {
    let total: f64 = rows.iter().map(|row| row.2).sum();
    let mean = |value: fn(&Row) -> f64| rows.iter().map(|row| row.2 * value(row)).sum::<f64>() / total;
    (!rows.is_empty()).then(|| Bin { x: mean(|row| row.0), y: mean(|row| row.1), n: rows.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_bins_of_a_line_lie_on_it() {
        let x: Vec<f64> = (0..100).map(f64::from).collect();
        let y: Vec<f64> = x.iter().map(|x| 2.0 * x + 1.0).collect();
        let found = bins(&x, &y, None, 10).unwrap();
        assert_eq!(found.len(), 10);
        assert!(found.iter().all(|bin| bin.n == 10 && (bin.y - 2.0 * bin.x - 1.0).abs() < 1e-12));
        assert_eq!(found[0].x, 4.5);
    }

    #[test]
    fn ties_leave_fewer_bins_and_lose_no_row() {
        let x = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0];
        let found = bins(&x, &x, None, 4).unwrap();
        assert!(found.len() < 4);
        assert_eq!(found.iter().map(|bin| bin.n).sum::<usize>(), 8);
    }

    #[test]
    fn a_weight_of_two_is_two_rows() {
        let weighted = bins(&[1.0, 2.0, 3.0], &[1.0, 5.0, 9.0], Some(&[2.0, 1.0, 1.0]), 1).unwrap();
        assert_eq!((weighted[0].x, weighted[0].y, weighted[0].n), (1.75, 4.0, 3));
        let halves = bins(&[1.0, 2.0, 3.0], &[1.0, 5.0, 9.0], Some(&[2.0, 1.0, 1.0]), 2).unwrap();
        assert_eq!(halves, vec![Bin { x: 1.0, y: 1.0, n: 1 }, Bin { x: 2.5, y: 7.0, n: 2 }]);
    }

    #[test]
    fn order_does_not_matter_and_missing_is_left_out() {
        let x = [0.3, 0.1, f64::NAN, 0.7, 0.2];
        let y = [0.1, 0.2, 0.3, f64::INFINITY, 0.4];
        let turned = |v: &[f64]| v.iter().rev().copied().collect::<Vec<f64>>();
        let found = bins(&x, &y, None, 2).unwrap();
        assert_eq!(found, bins(&turned(&x), &turned(&y), None, 2).unwrap());
        assert_eq!(found.iter().map(|bin| bin.n).sum::<usize>(), 3);
    }

    #[test]
    fn faults_are_typed() {
        assert!(matches!(bins(&[1.0], &[], None, 2), Err(DescribeError::LengthsDiffer { what: "y", .. })));
        assert!(matches!(bins(&[1.0], &[1.0], None, 0), Err(DescribeError::CountOutOfRange { .. })));
        assert!(matches!(bins(&[1.0], &[1.0], Some(&[-1.0]), 2), Err(DescribeError::WeightInvalid { row: 0, .. })));
        assert!(matches!(bins(&[f64::NAN], &[1.0], None, 2), Err(DescribeError::Empty { .. })));
    }
}
