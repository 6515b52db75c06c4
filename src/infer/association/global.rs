//! Moran's I, Geary's C, Getis and Ord's G, join counts, and the bivariate I.

use super::weights::{WeightSums, centred};
use crate::infer::normal;
use crate::linalg::{SparseMatrix, dot};

/// What the variance of a statistic is taken under.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Null {
    /// Values drawn from one normal distribution.
    Normality,
    /// The values at hand in random places.
    #[default]
    Randomisation,
}

/// A statistic with its moments without autocorrelation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Association {
    /// The statistic.
    pub statistic: f64,
    /// Its expectation.
    pub expectation: f64,
    /// Its variance.
    pub variance: f64,
    /// `(statistic - expectation) / sqrt(variance)`.
    pub z: f64,
    /// Two-sided p-value, normal.
    pub p_value: f64,
}

impl Association {
    fn of(statistic: f64, expectation: f64, variance: f64) -> Association {
        let z = (statistic - expectation) / variance.sqrt();
        Association { statistic, expectation, variance, z, p_value: normal::two_sided_p(z) }
    }
}

/// Moran's `I = n/S0 z'Wz / z'z`, with `z` the deviations from the mean (Cliff and Ord 1981, eqs. 1.13, 1.37, 1.38); `None` for a
/// constant or without neighbours.
pub fn moran(x: &[f64], w: &SparseMatrix, null: Null) -> Option<Association> {
    let (z, of) = (centred(x), WeightSums::of(w));
    let squares = dot(&z, &z);
    (squares > 0.0 && of.s0 > 0.0 && of.n > 3.0).then_some(())?;
    let WeightSums { n, s0, s1, s2 } = of;
    let statistic = n / s0 * dot(&z, &w.times(&z)) / squares;
    let expectation = -1.0 / (n - 1.0);
    let second = match null {
        Null::Normality => (n * n * s1 - n * s2 + 3.0 * s0 * s0) / ((n * n - 1.0) * s0 * s0),
        Null::Randomisation => {
            let b2 = kurtosis(&z);
            let main = n * ((n * n - 3.0 * n + 3.0) * s1 - n * s2 + 3.0 * s0 * s0);
            let kurtic = b2 * ((n * n - n) * s1 - 2.0 * n * s2 + 6.0 * s0 * s0);
            (main - kurtic) / ((n - 1.0) * (n - 2.0) * (n - 3.0) * s0 * s0)
        }
    };
    Some(Association::of(statistic, expectation, second - expectation * expectation))
}

/// Geary's `C = (n - 1)/(2 S0) sum w_ij (x_i - x_j)^2 / z'z`; below one where neighbours are alike (Cliff and Ord 1981, eqs. 1.14, 1.39,
/// 1.40).
pub fn geary(x: &[f64], w: &SparseMatrix, null: Null) -> Option<Association> {
    let (z, of) = (centred(x), WeightSums::of(w));
    let squares = dot(&z, &z);
    (squares > 0.0 && of.s0 > 0.0 && of.n > 3.0).then_some(())?;
    let WeightSums { n, s0, s1, s2 } = of;
    let differences: f64 = w.entries().map(|(i, j, v)| v * (x[i] - x[j]).powi(2)).sum();
    let statistic = (n - 1.0) * differences / (2.0 * s0 * squares);
    let variance = match null {
        Null::Normality => ((2.0 * s1 + s2) * (n - 1.0) - 4.0 * s0 * s0) / (2.0 * (n + 1.0) * s0 * s0),
        Null::Randomisation => {
            let b2 = kurtosis(&z);
            let first = (n - 1.0) * s1 * (n * n - 3.0 * n + 3.0 - (n - 1.0) * b2);
            let second = (n - 1.0) * s2 * (n * n + 3.0 * n - 6.0 - (n * n - n + 2.0) * b2) / 4.0;
            let third = s0 * s0 * (n * n - 3.0 - (n - 1.0).powi(2) * b2);
            (first - second + third) / (n * (n - 2.0) * (n - 3.0) * s0 * s0)
        }
    };
    Some(Association::of(statistic, 1.0, variance))
}

/// Getis and Ord's `G = sum w_ij x_i x_j / sum_{i != j} x_i x_j` of values that are not negative, under randomisation (Getis and Ord 1992,
/// eqs. 5 to 8); `None` if a value is negative or all but one are zero.
pub fn getis_ord(x: &[f64], w: &SparseMatrix) -> Option<Association> {
    let WeightSums { n, s0, s1, s2 } = WeightSums::of(w);
    let power = |k: i32| x.iter().map(|x| x.powi(k)).sum::<f64>();
    let [m1, m2, m3, m4] = [1, 2, 3, 4].map(power);
    let pairs = m1 * m1 - m2;
    (x.iter().all(|x| *x >= 0.0) && pairs > 0.0 && n > 3.0).then_some(())?;
    let statistic = dot(x, &w.times(x)) / pairs;
    let expectation = s0 / (n * (n - 1.0));
    let s00 = s0 * s0;
    let b0 = (n * n - 3.0 * n + 3.0) * s1 - n * s2 + 3.0 * s00;
    let b1 = -((n * n - n) * s1 - 2.0 * n * s2 + 6.0 * s00);
    let b2 = -(2.0 * n * s1 - (n + 3.0) * s2 + 6.0 * s00);
    let b3 = 4.0 * (n - 1.0) * s1 - 2.0 * (n + 1.0) * s2 + 8.0 * s00;
    let b4 = s1 - s2 + s00;
    let sum = b0 * m2 * m2 + b1 * m4 + b2 * m1 * m1 * m2 + b3 * m1 * m3 + b4 * m1.powi(4);
    let second = sum / (pairs * pairs * n * (n - 1.0) * (n - 2.0) * (n - 3.0));
    Some(Association::of(statistic, expectation, second - expectation * expectation))
}

/// The bivariate I: the lag of one standardised variable on another, `n/S0 zx'W zy / (|zx| |zy|)`. Its distribution is that of
/// [`super::permute`], `y` in random places.
pub fn bivariate_moran(x: &[f64], y: &[f64], w: &SparseMatrix) -> Option<f64> {
    let (zx, zy) = (centred(x), centred(y));
    let scale = (dot(&zx, &zx) * dot(&zy, &zy)).sqrt();
    let s0: f64 = w.row_sums().iter().sum();
    (scale > 0.0 && s0 > 0.0).then(|| x.len() as f64 / s0 * dot(&zx, &w.times(&zy)) / scale)
}

/// Counts of joins between places that have something and places that do not, each with its moments under free places of a given
/// number (nonfree sampling; Cliff and Ord 1981, eqs. 1.28 to 1.34).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JoinCounts {
    /// Both have it: `sum w_ij x_i x_j / 2`.
    pub both: Association,
    /// One of them has it.
    pub one: Association,
    /// None has it.
    pub none: Association,
}

/// The join counts of a dichotomy; `None` if fewer than two places have it, or fewer than two do not.
pub fn join_counts(x: &[bool], w: &SparseMatrix) -> Option<JoinCounts> {
    let WeightSums { n, s0, s1, s2 } = WeightSums::of(w);
    let n1 = x.iter().filter(|has| **has).count() as f64;
    let n2 = n - n1;
    (n1 >= 2.0 && n2 >= 2.0 && n > 3.0).then_some(())?;
    let count = |joins: &dyn Fn(bool, bool) -> bool| -> f64 {
        w.entries().filter(|&(i, j, _)| joins(x[i], x[j])).map(|(_, _, v)| v).sum::<f64>() / 2.0
    };
    let falling = |m: f64, k: i32| (0..k).map(|j| m - f64::from(j)).product::<f64>();
    let share = |m: f64, k: i32| falling(m, k) / falling(n, k);
    let same = |m: f64, observed: f64| {
        let expectation = s0 / 2.0 * share(m, 2);
        let second = (s1 * share(m, 2) + (s2 - 2.0 * s1) * share(m, 3) + (s0 * s0 + s1 - s2) * share(m, 4)) / 4.0;
        Association::of(observed, expectation, second - expectation * expectation)
    };
    let expectation = s0 * n1 * n2 / falling(n, 2);
    let second = (2.0 * s1 * n1 * n2 / falling(n, 2)
        + (s2 - 2.0 * s1) * n1 * n2 * (n1 + n2 - 2.0) / falling(n, 3)
        + 4.0 * (s0 * s0 + s1 - s2) * falling(n1, 2) * falling(n2, 2) / falling(n, 4))
        / 4.0;
    Some(JoinCounts {
        both: same(n1, count(&|a, b| a && b)),
        one: Association::of(count(&|a, b| a != b), expectation, second - expectation * expectation),
        none: same(n2, count(&|a, b| !a && !b)),
    })
}

/// `m4 / m2^2` of deviations from the mean.
fn kurtosis(z: &[f64]) -> f64 {
    let n = z.len() as f64;
    let mean = |k: i32| z.iter().map(|z| z.powi(k)).sum::<f64>() / n;
    mean(4) / mean(2).powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infer::association::permute;

    /// A ring of twelve places.
    fn ring() -> SparseMatrix {
        let n = 12u32;
        let rows: Vec<Vec<(u32, f64)>> = (0..n).map(|i| vec![((i + 1) % n, 1.0), ((i + n - 1) % n, 1.0)]).collect();
        SparseMatrix::from_rows(12, &rows)
    }

    /// Moments in closed form against those of many permutations.
    #[test]
    fn moments_are_those_of_random_places() {
        let w = ring();
        let x: Vec<f64> = (0..12).map(|i| f64::from((i * i * 7) % 11) + 1.0).collect();
        let has: Vec<bool> = x.iter().map(|x| *x > 5.0).collect();
        let number: Vec<f64> = has.iter().map(|has| f64::from(u8::from(*has))).collect();
        let joins = join_counts(&has, &w).unwrap();
        let flags = |x: &[f64]| x.iter().map(|x| *x > 0.5).collect::<Vec<bool>>();
        type Statistic<'a> = Box<dyn Fn(&[f64]) -> f64 + Sync + 'a>;
        let cases: Vec<(Association, Vec<f64>, Statistic<'_>)> = vec![
            (
                moran(&x, &w, Null::Randomisation).unwrap(),
                x.clone(),
                Box::new(|x| moran(x, &w, Null::Normality).unwrap().statistic),
            ),
            (
                geary(&x, &w, Null::Randomisation).unwrap(),
                x.clone(),
                Box::new(|x| geary(x, &w, Null::Normality).unwrap().statistic),
            ),
            (getis_ord(&x, &w).unwrap(), x.clone(), Box::new(|x| getis_ord(x, &w).unwrap().statistic)),
            (joins.both, number.clone(), Box::new(|x| join_counts(&flags(x), &w).unwrap().both.statistic)),
            (joins.one, number.clone(), Box::new(|x| join_counts(&flags(x), &w).unwrap().one.statistic)),
            (joins.none, number, Box::new(|x| join_counts(&flags(x), &w).unwrap().none.statistic)),
        ];
        for (k, (closed, x, statistic)) in cases.iter().enumerate() {
            let draws = permute(x, (9_999, 1), statistic).draws;
            let mean = draws.iter().sum::<f64>() / draws.len() as f64;
            let variance = draws.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / draws.len() as f64;
            assert!(
                (mean - closed.expectation).abs() < 4.0 * (closed.variance / 9_999.0).sqrt(),
                "{k}: {mean} {closed:?}"
            );
            assert!((variance / closed.variance - 1.0).abs() < 0.08, "{k}: {variance} {closed:?}");
        }
    }
}
