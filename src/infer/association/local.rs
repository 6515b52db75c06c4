//! Local statistics: one per place.

use super::weights::centred;
use crate::infer::normal;
use crate::linalg::{SparseMatrix, dot};

/// A statistic of one place with its moments, the value of the place itself held where it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LocalAssociation {
    /// The statistic.
    pub statistic: f64,
    /// Its expectation.
    pub expectation: f64,
    /// Its variance.
    pub variance: f64,
    /// `(statistic - expectation) / sqrt(variance)`; NaN without a neighbour.
    pub z: f64,
    /// Two-sided p-value, normal.
    pub p_value: f64,
}

impl LocalAssociation {
    fn of(statistic: f64, expectation: f64, variance: f64) -> LocalAssociation {
        let z = (statistic - expectation) / variance.sqrt();
        LocalAssociation { statistic, expectation, variance, z, p_value: normal::two_sided_p(z) }
    }
}

/// Where a place stands in Moran's scatter: its value and the mean of its neighbours, against the mean of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quadrant {
    /// High among high.
    HighHigh,
    /// Low among high.
    LowHigh,
    /// Low among low.
    LowLow,
    /// High among low.
    HighLow,
}

impl Quadrant {
    /// The word for records.
    pub fn name(self) -> &'static str {
        match self {
            Quadrant::HighHigh => "high-high",
            Quadrant::LowHigh => "low-high",
            Quadrant::LowLow => "low-low",
            Quadrant::HighLow => "high-low",
        }
    }
}

/// The quadrant of a deviation and the lag of deviations.
pub fn quadrant(z: f64, lag: f64) -> Quadrant {
    match (z > 0.0, lag > 0.0) {
        (true, true) => Quadrant::HighHigh,
        (false, true) => Quadrant::LowHigh,
        (false, false) => Quadrant::LowLow,
        (true, false) => Quadrant::HighLow,
    }
}

/// Local Moran `I_i = z_i / m2 sum_j w_ij z_j`, `m2 = z'z / n` (Anselin 1995, eq. 12), with the moments under conditional
/// randomisation of Sokal, Oden and Thomson (1998). Their mean is the I of row-standardised weights.
pub fn local_moran(x: &[f64], w: &SparseMatrix) -> Vec<LocalAssociation> {
    let (z, n) = (centred(x), x.len() as f64);
    let m2 = dot(&z, &z) / n;
    let lag = w.times(&z);
    (0..x.len())
        .map(|i| {
            let (sum, squares) = row_sums(w, i);
            let expectation = -z[i] * z[i] * sum / ((n - 1.0) * m2);
            let spread = squares - sum * sum / (n - 1.0);
            let variance = (z[i] / m2).powi(2) * n / (n - 2.0) * spread * (m2 - z[i] * z[i] / (n - 1.0));
            LocalAssociation::of(z[i] / m2 * lag[i], expectation, variance)
        })
        .collect()
}

/// Local Geary `c_i = sum_j w_ij (z_i - z_j)^2 / m2` (Anselin 1995, eq. 20; 2019); its distribution is that of permutations.
pub fn local_geary(x: &[f64], w: &SparseMatrix) -> Vec<f64> {
    let (z, n) = (centred(x), x.len() as f64);
    let m2 = dot(&z, &z) / n;
    (0..x.len()).map(|i| w.row(i).fold(0.0, |sum, (j, v)| sum + v * (z[i] - z[j]).powi(2)) / m2).collect()
}

/// The local bivariate I: a place's value against the lag of another variable, `zx_i / sx (W zy)_i / sy` with standard deviations that divide by n; its
/// mean is the bivariate I of row-standardised weights. Its distribution is that of conditional permutations of `y` (Anselin, Syabri and Smirnov
/// 2002). esda's `Moran_Local_BV` has n - 1 for n.
pub fn local_bivariate_moran(x: &[f64], y: &[f64], w: &SparseMatrix) -> Vec<f64> {
    let (zx, zy, n) = (centred(x), centred(y), x.len() as f64);
    let scale = (dot(&zx, &zx) * dot(&zy, &zy)).sqrt() / n;
    w.times(&zy).iter().zip(&zx).map(|(lag, z)| z * lag / scale).collect()
}

/// Local join counts: the weight of neighbours that have something, for places that have it themselves, 0 elsewhere (Anselin and Li 2019); its
/// distribution is that of conditional permutations.
pub fn local_join_counts(has: &[bool], w: &SparseMatrix) -> Vec<f64> {
    let of = |i: usize| w.row(i).filter(|&(j, _)| has[j]).fold(0.0, |sum, (_, v)| sum + v);
    (0..has.len()).map(|i| if has[i] { of(i) } else { 0.0 }).collect()
}

/// Getis and Ord's `G_i` (the place itself left out) or `G*_i` (weights with the place among its neighbours: [`with_itself`]), standardised
/// (Ord and Getis 1995, eqs. 6 and 8): positive among high values, negative among low ones.
///
/// The statistic is the weighted sum over neighbours; esda 2.9 takes the variance of binary weights whatever the weights are.
pub fn local_getis_ord(x: &[f64], w: &SparseMatrix, star: bool) -> Vec<LocalAssociation> {
    let (sum, squares) = (x.iter().sum::<f64>(), dot(x, x));
    (0..x.len())
        .map(|i| {
            let own = if star { 0.0 } else { x[i] };
            let n = x.len() as f64 - f64::from(u8::from(!star));
            let mean = (sum - own) / n;
            let variance = (squares - own * own) / n - mean * mean;
            let (total, of_squares) = row_sums(w, i);
            let statistic = w.row(i).map(|(j, v)| v * x[j]).sum();
            LocalAssociation::of(statistic, total * mean, variance * (n * of_squares - total * total) / (n - 1.0))
        })
        .collect()
}

/// Weights with the place itself among its neighbours, at the largest weight of its row, rows scaled to one where they were.
pub fn with_itself(w: &SparseMatrix) -> SparseMatrix {
    let rows: Vec<Vec<(u32, f64)>> = (0..w.n_rows())
        .map(|i| {
            let mut row: Vec<(u32, f64)> = w.row(i).map(|(j, v)| (j as u32, v)).collect();
            let (before, largest) =
                row.iter().fold((0.0, 0.0), |(sum, most): (f64, f64), (_, v)| (sum + v, most.max(*v)));
            row.push((i as u32, if row.is_empty() { 1.0 } else { largest }));
            if (before - 1.0).abs() < 1e-9 {
                let sum: f64 = row.iter().map(|(_, v)| v).sum();
                row.iter_mut().for_each(|(_, v)| *v /= sum);
            }
            row
        })
        .collect();
    SparseMatrix::from_rows(w.n_columns(), &rows)
}

fn row_sums(w: &SparseMatrix, i: usize) -> (f64, f64) {
    w.row(i).fold((0.0, 0.0), |(sum, squares), (_, v)| (sum + v, squares + v * v))
}
