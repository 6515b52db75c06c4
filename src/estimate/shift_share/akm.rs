//! Errors that are robust to regions with similar shares having correlated residuals.
//!
//! With `z`, `x`, `y` the instrument, the endogenous variable and the outcome net of the controls (`x = z` without
//! instruments), weights `w` and shares `S`: `b = Σwzy / Σwzx`, `h` the coefficients of the weighted regression of `z` on
//! `S`, `R_k = Σ_r w_r s_rk e_r`. AKM: `se = sqrt(Σ_c (Σ_{k in c} h_k R_k)²) / |Σwzx|`, with `c` the groups of shocks. AKM0
//! imposes the hypothesis in the residual, `e = y - x b0`; the values that it does not reject solve a quadratic
//! inequality and may be an interval, two rays or the whole line. Source: Adão, Kolesár and Morales (2019), sections
//! III.C and IV; the convention without factors is that of the program ShiftShareSE.

use super::confidence::ConfidenceSet;
use super::error::ShiftShareError;
use super::projection::ShareProjection;
use super::shares::ShareMatrix;
use crate::infer::normal;
use crate::linalg::{sum, weighted_dot};

/// Variables net of the controls, one value per row of the sample.
#[derive(Clone, Copy, Debug)]
pub struct NetVariables<'a> {
    /// The outcome.
    pub outcome: &'a [f64],
    /// The endogenous variable; the shift-share variable itself without instruments.
    pub treatment: &'a [f64],
    /// The shift-share variable.
    pub instrument: &'a [f64],
    /// Weights.
    pub weights: Option<&'a [f64]>,
}

impl NetVariables<'_> {
    /// `Σwzx`.
    pub fn first_moment(&self) -> f64 {
        weighted_dot(self.instrument, self.treatment, self.weights)
    }

    /// The coefficient `Σwzy / Σwzx`.
    pub fn coefficient(&self) -> f64 {
        weighted_dot(self.instrument, self.outcome, self.weights) / self.first_moment()
    }

    /// `y - x b`.
    pub fn residuals(&self, b: f64) -> Vec<f64> {
        self.outcome.iter().zip(self.treatment).map(|(y, x)| y - x * b).collect()
    }
}

/// Shares with the factor of their cross products and the groups of their shocks.
#[derive(Clone, Debug)]
pub struct ShareSpace<'a> {
    /// The shares on the sample.
    pub shares: &'a ShareMatrix,
    /// Their factor, with the weights of the variables.
    pub projection: ShareProjection,
    /// A group per sector, in which shocks may be correlated; each sector alone without.
    pub groups: Option<&'a [u32]>,
}

/// A coefficient with exposure-robust inference.
#[derive(Clone, Debug, PartialEq)]
pub struct ExposureRobust {
    /// The coefficient.
    pub estimate: f64,
    /// The AKM standard error.
    pub akm_error: f64,
    /// Two-sided p-value of `null` by AKM.
    pub akm_p: f64,
    /// The AKM interval.
    pub akm_interval: (f64, f64),
    /// Two-sided p-value of `null` by AKM0.
    pub akm0_p: f64,
    /// The AKM0 confidence set.
    pub akm0_set: ConfidenceSet,
    /// The standard error that would give an interval as long as AKM0's; infinite where that is not bounded.
    pub akm0_error: f64,
    /// The hypothesis.
    pub null: f64,
    /// Coverage of interval and set.
    pub level: f64,
}

/// Exposure-robust inference on the coefficient.
///
/// # Errors
/// [`ShiftShareError::NoVariation`] where the instrument does not move the treatment at all.
pub fn exposure_robust(
    net: &NetVariables<'_>,
    space: &ShareSpace<'_>,
    null: f64,
    level: f64,
) -> Result<ExposureRobust, ShiftShareError> {
    let moment = net.first_moment();
    if moment == 0.0 || !moment.is_finite() {
        return Err(ShiftShareError::NoVariation { variable: "the shift-share variable".into() });
    }
    let estimate = net.coefficient();
    let loadings = space.projection.coefficients(space.shares, net.instrument, net.weights);
    let sums = |column: &[f64]| group_sums(space, &loadings, &space.shares.transposed_times(column, net.weights));
    let at_estimate = sums(&net.residuals(estimate));
    let at_null = sums(&net.residuals(null));
    let of_treatment = sums(net.treatment);
    let squares = |sums: &[f64]| weighted_dot(sums, sums, None);
    let quantile = normal::quantile((1.0 + level) / 2.0);
    let akm_error = squares(&at_estimate).sqrt() / moment.abs();
    let null_error = squares(&at_null).sqrt() / moment.abs();
    let set = ConfidenceSet::of_quadratic(
        estimate,
        (moment / quantile).powi(2) - squares(&of_treatment),
        weighted_dot(&at_estimate, &of_treatment, None),
        squares(&at_estimate),
    );
    Ok(ExposureRobust {
        estimate,
        akm_error,
        akm_p: normal::two_sided_p((estimate - null) / akm_error),
        akm_interval: (estimate - quantile * akm_error, estimate + quantile * akm_error),
        akm0_p: normal::two_sided_p((estimate - null) / null_error),
        akm0_set: set,
        akm0_error: set.length() / (2.0 * quantile),
        null,
        level,
    })
}

/// `h_k m_k`, added up within the groups of shocks.
fn group_sums(space: &ShareSpace<'_>, loadings: &[f64], moments: &[f64]) -> Vec<f64> {
    let terms = loadings.iter().zip(moments).map(|(h, m)| h * m);
    add_within(terms, space.groups)
}

/// Terms per sector added up within groups.
pub(super) fn add_within(terms: impl Iterator<Item = f64>, groups: Option<&[u32]>) -> Vec<f64> {
    let Some(groups) = groups else { return terms.collect() };
    let mut out = vec![0.0; groups.iter().max().map_or(0, |last| *last as usize + 1)];
    for (term, &group) in terms.zip(groups) {
        out[group as usize] += term;
    }
    out
}

/// Standard errors that ignore the shares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RegionErrors {
    /// With one variance, `Σwe²/n`, or `Σwe²/(n-p)` without instruments.
    pub homoskedastic: f64,
    /// Robust to unequal variances.
    pub robust: f64,
    /// Clustered by given codes.
    pub clustered: Option<f64>,
}

/// Standard errors that ignore the shares, for comparison, with the factors of ShiftShareSE: with instruments none; without,
/// `n/(n-p)` on the robust variance and `G/(G-1) (n-1)/(n-p)` on the clustered one, `p` the number of parameters.
pub fn region_errors(net: &NetVariables<'_>, parameters: usize, clusters: Option<&[u32]>) -> RegionErrors {
    let moment = net.first_moment().abs();
    let residuals = net.residuals(net.coefficient());
    let n = residuals.len() as f64;
    let free = (n - parameters as f64).max(1.0);
    let is_iv = !std::ptr::eq(net.instrument, net.treatment);
    let scores: Vec<f64> = (0..residuals.len())
        .map(|row| net.weights.map_or(1.0, |weights| weights[row]) * net.instrument[row] * residuals[row])
        .collect();
    let squares = |values: &[f64]| weighted_dot(values, values, None);
    let variance = weighted_dot(&residuals, &residuals, net.weights) / if is_iv { n } else { free };
    let instrument = weighted_dot(net.instrument, net.instrument, net.weights);
    let clustered = clusters.map(|codes| {
        let sums = add_within(scores.iter().copied(), Some(codes));
        let g = sums.len() as f64;
        let factor = if is_iv { 1.0 } else { g / (g - 1.0) * (n - 1.0) / free };
        (factor * squares(&sums)).sqrt() / moment
    });
    let factor = if is_iv { 1.0 } else { n / free };
    RegionErrors {
        homoskedastic: (variance * instrument).sqrt() / moment,
        robust: (factor * squares(&scores)).sqrt() / moment,
        clustered,
    }
}

/// The mean of a column, for centring.
pub(super) fn mean(values: &[f64], weights: &[f64]) -> f64 {
    weighted_dot(values, weights, None) / sum(weights)
}
