//! Simultaneous bands: `b_j ± c s_j` for all coefficients of a set at once.
//!
//! In: the covariance of the set, the degrees of freedom of the errors, a level. Out: the critical value `c`.
//!
//! - `sup-t`: the quantile of `max_j |t_j|`, `t` multivariate t with the correlations of the estimates (Montiel Olea and
//!   Plagborg-Møller 2019, algorithm 1, for normal estimates). A normal vector is a radius times a direction; given the
//!   direction `u` the largest `|t_j|` is `h(u)` times a radius over an independent scale, whose distribution is F, so
//!   that `P(max |t_j| <= c) = E[F_{q,df}(c² / (q h(u)²))]`. Only directions are drawn (Deák 1980), from a keyed stream; one
//!   coefficient, or several that are one and the same, has the t interval exactly.
//! - `sidak`: the t quantile at `level^(1/m)`, an upper bound of sup-t for any correlation (Šidák 1967).
//! - `bonferroni`: the t quantile at `1 - (1 - level)/m`.
//!
//! It does not adjust p-values (see [`super::multiple`]).

use nalgebra::DMatrix;
use rayon::prelude::*;
use statrs::distribution::{ChiSquared, ContinuousCDF, FisherSnedecor};

use super::student::t_quantile;
use crate::linalg::sum;
use crate::monte::streams::Streams;

/// Directions drawn if a study does not say how many.
pub const DRAWS: usize = 50_000;

/// What is left of a unit variance below which a coefficient is a combination of those before it.
const DEPENDENT: f64 = 1e-10;

/// How the critical value is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BandMethod {
    /// The quantile of the largest absolute t.
    #[default]
    SupT,
    /// Šidák's bound.
    Sidak,
    /// Bonferroni's bound.
    Bonferroni,
}

impl BandMethod {
    /// The word of study files and records.
    pub fn name(self) -> &'static str {
        match self {
            BandMethod::SupT => "sup-t",
            BandMethod::Sidak => "sidak",
            BandMethod::Bonferroni => "bonferroni",
        }
    }
}

/// A critical value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CriticalValue {
    /// The value, in standard errors.
    pub value: f64,
    /// Its simulation standard error, where it was simulated.
    pub simulation_error: Option<f64>,
    /// Draws; zero where it is exact.
    pub draws: usize,
}

/// The critical value of bands for coefficients with this covariance; `None` if a variance is not positive.
pub fn critical_value(
    method: BandMethod,
    covariance: &DMatrix<f64>,
    (level, df): (f64, f64),
    (draws, streams): (usize, &Streams),
) -> Option<CriticalValue> {
    let m = covariance.nrows();
    if m == 0 || covariance.diagonal().iter().any(|v| v.is_nan() || *v <= 0.0) {
        return None;
    }
    let exact = |value: f64| Some(CriticalValue { value, simulation_error: None, draws: 0 });
    let two_sided = |inside: f64| t_quantile((1.0 + inside) / 2.0, df);
    let sidak = two_sided(level.powf(1.0 / m as f64));
    match method {
        BandMethod::Bonferroni => exact(two_sided(1.0 - (1.0 - level) / m as f64)),
        BandMethod::Sidak => exact(sidak),
        BandMethod::SupT => {
            let factor = factor(covariance);
            if factor.ncols() == 1 {
                return exact(two_sided(level));
            }
            let radial = Radial { heights: heights(&factor, draws, streams), rank: factor.ncols(), df };
            let (value, error) = radial.quantile(level, (two_sided(level), sidak))?;
            Some(CriticalValue { value, simulation_error: Some(error), draws })
        }
    }
}

/// `L` with `L L'` the correlations; columns of coefficients that depend on those before them are left out. The order of
/// the coefficients alone decides, so that what is drawn does not jump with their last digits.
fn factor(covariance: &DMatrix<f64>) -> DMatrix<f64> {
    let m = covariance.nrows();
    let scale: Vec<f64> = covariance.diagonal().iter().map(|v| v.sqrt()).collect();
    let mut columns: Vec<Vec<f64>> = Vec::new();
    for j in 0..m {
        let rest = |i: usize| {
            let known: f64 = columns.iter().map(|column| column[i] * column[j]).sum();
            covariance[(i, j)] / (scale[i] * scale[j]) - known
        };
        let pivot = rest(j);
        if pivot > DEPENDENT {
            columns.push((0..m).map(|i| if i < j { 0.0 } else { rest(i) / pivot.sqrt() }).collect());
        }
    }
    DMatrix::from_fn(m, columns.len(), |i, k| columns[k][i])
}

/// `h(u) = max_j |(L u)_j|` of directions drawn uniformly.
fn heights(factor: &DMatrix<f64>, draws: usize, streams: &Streams) -> Vec<f64> {
    let (m, q) = factor.shape();
    let mut stream = streams.stream("simultaneous bands", 0);
    let mut direction = vec![0.0; q];
    let mut height = || {
        direction.iter_mut().for_each(|u| *u = stream.normal());
        let length = direction.iter().map(|u| u * u).sum::<f64>().sqrt();
        let of = |j: usize| direction.iter().enumerate().map(|(k, u)| factor[(j, k)] * u).sum::<f64>().abs();
        (0..m).map(of).fold(0.0, f64::max) / length
    };
    (0..draws).map(|_| height()).collect()
}

/// The distribution of the largest absolute t over drawn directions.
struct Radial {
    heights: Vec<f64>,
    rank: usize,
    df: f64,
}

impl Radial {
    /// `P(max |t_j| <= c)` given each direction.
    fn inside(&self, c: f64) -> Vec<f64> {
        let q = self.rank as f64;
        if self.df == f64::INFINITY {
            let Ok(chi) = ChiSquared::new(q) else { return Vec::new() };
            return self.heights.par_iter().map(|h| chi.cdf((c / h).powi(2))).collect();
        }
        let Ok(f) = FisherSnedecor::new(q, self.df) else { return Vec::new() };
        self.heights.par_iter().map(|h| f.cdf((c / h).powi(2) / q)).collect()
    }

    fn probability(&self, c: f64) -> f64 {
        sum(&self.inside(c)) / self.heights.len() as f64
    }

    /// The quantile between two bounds with its simulation error, by the Illinois variant of false position.
    fn quantile(&self, level: f64, (mut low, mut high): (f64, f64)) -> Option<(f64, f64)> {
        let gap = |c: f64| self.probability(c) - level;
        let (mut at_low, mut at_high) = (gap(low), gap(high));
        let mut value = if at_high <= 0.0 { high } else { low };
        if at_low < 0.0 && at_high > 0.0 {
            for _ in 0..60 {
                value = (low * at_high - high * at_low) / (at_high - at_low);
                let at = gap(value);
                if at.abs() < 1e-13 || high - low < 1e-12 {
                    break;
                }
                if at > 0.0 {
                    (high, at_high) = (value, at);
                    at_low *= 0.5;
                } else {
                    (low, at_low) = (value, at);
                    at_high *= 0.5;
                }
            }
        }
        let inside = self.inside(value);
        let n = inside.len() as f64;
        let squares: Vec<f64> = inside.iter().map(|p| (p - level).powi(2)).collect();
        let step = 1e-4 * value;
        let slope = (self.probability(value + step) - self.probability(value - step)) / (2.0 * step);
        value.is_finite().then(|| (value, (sum(&squares) / n / n).sqrt() / slope))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infer::normal;

    fn value(method: BandMethod, covariance: &DMatrix<f64>, df: f64) -> CriticalValue {
        critical_value(method, covariance, (0.95, df), (DRAWS, &Streams::new(7))).unwrap()
    }

    #[test]
    fn one_coefficient_has_its_t_interval() {
        let one = DMatrix::from_element(1, 1, 4.0);
        for df in [3.0, 60.0, f64::INFINITY] {
            for method in [BandMethod::SupT, BandMethod::Sidak, BandMethod::Bonferroni] {
                assert!((value(method, &one, df).value - t_quantile(0.975, df)).abs() < 1e-12);
            }
        }
        // Three coefficients that are one, in other units and signs.
        let same = DMatrix::from_fn(3, 3, |i, j| [1.0, -2.0, 5.0][i] * [1.0, -2.0, 5.0][j]);
        assert_eq!(value(BandMethod::SupT, &same, 8.0).value, t_quantile(0.975, 8.0));
    }

    #[test]
    fn independent_normal_coefficients_have_sidaks_value() {
        for m in [2, 5, 20] {
            let found = value(BandMethod::SupT, &DMatrix::identity(m, m), f64::INFINITY);
            let exact = normal::quantile((1.0 + 0.95f64.powf(1.0 / m as f64)) / 2.0);
            let error = found.simulation_error.unwrap();
            assert!((found.value - exact).abs() < 4.0 * error && error < 0.004, "{m}: {found:?} {exact}");
        }
    }

    /// Two correlated coefficients: `P(|x| <= c, |y| <= c)` by Simpson's rule over the first.
    #[test]
    fn two_correlated_coefficients_by_integration() {
        for rho in [0.3, 0.9, -0.9] {
            let found = value(BandMethod::SupT, &DMatrix::from_row_slice(2, 2, &[1.0, rho, rho, 1.0]), f64::INFINITY);
            let c = found.value;
            let deviation = (1.0f64 - rho * rho).sqrt();
            let density = |x: f64| (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
            let at = |x: f64| {
                let side = |end: f64| normal::cdf((end - rho * x) / deviation);
                density(x) * (side(c) - side(-c))
            };
            let n = 2000;
            let step = 2.0 * c / f64::from(n);
            let weight = |k: i32| if k == 0 || k == n { 1.0 } else { f64::from(2 + 2 * (k % 2)) };
            let inside: f64 = (0..=n).map(|k| weight(k) * at(-c + step * f64::from(k))).sum::<f64>() * step / 3.0;
            assert!((inside - 0.95).abs() < 5e-4, "{rho}: {c} {inside}");
        }
    }

    #[test]
    fn bounds_are_in_order_and_singular_covariances_have_bands() {
        let half = DMatrix::from_fn(6, 3, |i, j| ((i * 5 + j * 3) % 7) as f64 - 2.5);
        let v = &half * half.transpose();
        let found = |method| value(method, &v, 12.0).value;
        let (sup, sidak, bonferroni) =
            (found(BandMethod::SupT), found(BandMethod::Sidak), found(BandMethod::Bonferroni));
        assert!(t_quantile(0.975, 12.0) < sup && sup < sidak && sidak < bonferroni, "{sup} {sidak} {bonferroni}");
        assert_eq!(found(BandMethod::SupT), sup);
        let nothing = DMatrix::zeros(2, 2);
        assert!(critical_value(BandMethod::SupT, &nothing, (0.95, 9.0), (100, &Streams::new(1))).is_none());
    }
}
