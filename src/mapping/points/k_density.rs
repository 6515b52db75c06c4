//! The density of distances between the plants of an industry (Duranton and Overman 2005).
//!
//! `K(d) = sum_{i<j} w_i w_j [f((d - d_ij) / h) + f((d + d_ij) / h)] / (h sum_{i<j} w_i w_j)` with `f` the standard normal
//! density. The second term reflects at zero what the kernel puts on negative distances (Silverman 1986, section 2.10), so
//! that the density over positive distances is one in total. Without weights the divisor is `h n (n - 1) / 2`.
//!
//! Bandwidth: `0.9 min(sd, IQR / 1.34) m^(-1/5)` over the `m` distances (Silverman 1986, equation 3.31; `bw.nrd0` in R), of
//! each draw anew. The R package dbmss takes only distances up to twice the largest that is asked for.

use std::f64::consts::TAU;

use super::{Grid, Plants, PointsError};
use crate::describe::quantile;
use crate::linalg::sum;
use crate::monte::Streams;

/// What is smaller than this, relative to a kernel's peak, is left out.
const NEGLIGIBLE: f64 = 1e-18;

/// A density of distances.
#[derive(Clone, Debug, PartialEq)]
pub struct KDensity {
    /// The distances.
    pub distances: Vec<f64>,
    /// The density at each, per unit of distance.
    pub density: Vec<f64>,
    /// The bandwidth, in the unit of the distances.
    pub bandwidth: f64,
}

/// The density of distances between the plants `of` an industry (positions among all). It costs one kernel for every two
/// plants.
///
/// # Errors
/// When the industry has fewer than two plants, or its distances give no bandwidth and none is named.
pub fn k_density(plants: &Plants, of: &[usize], grid: Grid, bandwidth: Option<f64>) -> Result<KDensity, PointsError> {
    if of.len() < 2 {
        return Err(PointsError::TooFew { plants: of.len() });
    }
    let pairs: Vec<(f64, f64)> = of
        .iter()
        .enumerate()
        .flat_map(|(k, &i)| of[..k].iter().map(move |&j| (i, j)))
        .map(|(i, j)| (plants.distance(i, j), plants.weights[i] * plants.weights[j]))
        .collect();
    let bandwidth = match bandwidth {
        Some(given) if given > 0.0 && given.is_finite() => given,
        Some(value) => return Err(PointsError::NotPositive { what: "the bandwidth", value }),
        None => silverman(pairs.iter().map(|(distance, _)| *distance).collect()).ok_or(PointsError::NoBandwidth)?,
    };
    let mut kernels = Kernels { step: grid.step(), bandwidth, curve: vec![0.0; grid.steps + 1] };
    for &(distance, weight) in &pairs {
        kernels.add(distance, weight);
        kernels.add(-distance, weight);
    }
    let total: f64 = pairs.iter().map(|(_, weight)| weight).sum();
    let scale = 1.0 / (bandwidth * TAU.sqrt() * total);
    let density = kernels.curve.iter().map(|value| value * scale).collect();
    Ok(KDensity { distances: grid.distances(), density, bandwidth })
}

/// The densities of draws in which plants choose among all occupied sites.
///
/// # Errors
/// As [`k_density`].
pub fn k_densities(
    plants: &Plants,
    of: &[usize],
    grid: Grid,
    bandwidth: Option<f64>,
    draws: usize,
    streams: &Streams,
) -> Result<Vec<Vec<f64>>, PointsError> {
    let drawn = plants.permuted(draws, streams, |drawn| k_density(drawn, of, grid, bandwidth));
    drawn.into_iter().map(|found| found.map(|found| found.density)).collect()
}

/// Silverman's rule of thumb; `None` where all values are equal.
fn silverman(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let n = values.len() as f64;
    let mean = sum(&values) / n;
    let squares: Vec<f64> = values.iter().map(|value| (value - mean).powi(2)).collect();
    let sd = (sum(&squares) / (n - 1.0)).sqrt();
    let range = (quantile(&values, 0.75)? - quantile(&values, 0.25)?) / 1.34;
    let spread = if range > 0.0 { sd.min(range) } else { sd };
    (spread > 0.0).then(|| 0.9 * spread * n.powf(-0.2))
}

/// A sum of Gaussian kernels at evenly spaced distances.
struct Kernels {
    step: f64,
    bandwidth: f64,
    curve: Vec<f64>,
}

impl Kernels {
    /// Adds `weight exp(-(d - centre)^2 / 2h^2)` at every distance.
    ///
    /// From the distance nearest to the centre outwards, each value is the one before times a ratio, and each ratio the one
    /// before times `exp(-(step / h)^2)`: two products in place of an exponential.
    fn add(&mut self, centre: f64, weight: f64) {
        let last = self.curve.len() - 1;
        let nearest = ((centre / self.step).round().max(0.0) as usize).min(last);
        let (step, gap) = (self.step / self.bandwidth, (nearest as f64 * self.step - centre) / self.bandwidth);
        let peak = weight * (-0.5 * gap * gap).exp();
        let fall = (-step * step).exp();
        let ratio = |direction: f64| (-step * (direction * gap + 0.5 * step)).exp();
        self.curve[nearest] += peak;
        fade(self.curve[nearest + 1..].iter_mut(), (peak, ratio(1.0), fall));
        fade(self.curve[..nearest].iter_mut().rev(), (peak, ratio(-1.0), fall));
    }
}

/// Adds the values of a kernel that follow its peak.
fn fade<'a>(curve: impl Iterator<Item = &'a mut f64>, (peak, mut ratio, fall): (f64, f64, f64)) {
    let mut value = peak;
    for slot in curve {
        value *= ratio;
        ratio *= fall;
        if value <= NEGLIGIBLE * peak {
            break;
        }
        *slot += value;
    }
}
