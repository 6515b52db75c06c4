//! Which sectors an estimate rests on: Rotemberg weights, just-identified estimates, and a test of overidentification.
//!
//! With `c_k = Σ_r w_r s_rk g_k x_r` (variables net of the controls), `α_k = c_k / Σ_j c_j` sum to one, and the estimate is
//! `Σ α_k β_k` with `β_k` the estimate whose only instrument is the share of sector `k`. Source: Goldsmith-Pinkham, Sorkin
//! and Swift (2020), section III. Where shocks leave a region's own growth out, the instrument of sector `k` is
//! `s_rk g_k(-r)`, so that the sum still holds exactly.

use super::super::error::EstimateError;
use super::akm::NetVariables;
use super::exposure::Exposure;
use super::net::Controls;
use super::projection::ShareProjection;
use super::record::RotembergWeight;
use crate::linalg::{cross_products, weighted_dot};

/// Rows per share column below which the overidentification test says nothing and is left out.
const ROWS_PER_SHARE: usize = 5;

/// Hansen's J of two-stage least squares with all shares as instruments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShareOveridentification {
    /// The estimate with all shares as instruments.
    pub estimate: f64,
    /// Sargan's statistic, `N e'P e / e'e`.
    pub statistic: f64,
    /// Independent shares less one.
    pub df: usize,
}

/// The weights of all sectors with a positive share, the largest absolute weight first, and the test of
/// overidentification where there are at least five rows for every share.
///
/// The F of a sector is that of its share alone in the first stage, robust to unequal variances and without a
/// small-sample factor.
///
/// # Errors
/// Effects that cannot be absorbed.
pub fn rotemberg(
    net: &NetVariables<'_>,
    exposure: &Exposure,
    controls: &Controls,
) -> Result<(Vec<RotembergWeight>, Option<ShareOveridentification>), EstimateError> {
    let with_treatment = exposure.component_moments(net.treatment, net.weights);
    let with_outcome = exposure.component_moments(net.outcome, net.weights);
    let total: f64 = with_treatment.iter().sum();
    let importance = exposure.importance(net.weights);
    let n = exposure.shares.n_rows();
    let keep_columns = n >= ROWS_PER_SHARE * exposure.shares.n_sectors();
    let mut columns = Vec::new();
    let mut out = Vec::new();
    for sector in 0..exposure.shares.n_sectors() {
        if importance[sector] <= 0.0 {
            continue;
        }
        let column = controls.net(&exposure.component(sector))?;
        let used = with_treatment[sector] != 0.0;
        out.push(RotembergWeight {
            sector: exposure.sectors[sector].clone(),
            weight: with_treatment[sector] / total,
            estimate: if used { with_outcome[sector] / with_treatment[sector] } else { f64::NAN },
            first_stage_f: robust_f(net, &column),
            shock: exposure.shocks[sector],
            importance: importance[sector],
        });
        if keep_columns {
            columns.push(controls.net(&exposure.shares.column(sector))?);
        }
    }
    out.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()).then_with(|| a.sector.cmp(&b.sector)));
    let test = keep_columns.then(|| overidentification(net, &columns)).flatten();
    Ok((out, test))
}

/// The squared robust t of the regression of the treatment on one column.
fn robust_f(net: &NetVariables<'_>, column: &[f64]) -> f64 {
    let own = weighted_dot(column, column, net.weights);
    let slope = weighted_dot(column, net.treatment, net.weights) / own;
    let mut meat = 0.0;
    for (row, (s, x)) in column.iter().zip(net.treatment).enumerate() {
        let score = net.weights.map_or(1.0, |weights| weights[row]) * s * (x - slope * s);
        meat += score * score;
    }
    slope * slope * own * own / meat
}

fn overidentification(net: &NetVariables<'_>, columns: &[Vec<f64>]) -> Option<ShareOveridentification> {
    let views: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let projection = ShareProjection::of_gram(&cross_products(&views, net.weights));
    let moments = |v: &[f64]| -> Vec<f64> { columns.iter().map(|s| weighted_dot(s, v, net.weights)).collect() };
    let of_treatment = moments(net.treatment);
    let fitted = projection.solve(&of_treatment);
    let product = |a: &[f64], b: &[f64]| weighted_dot(a, b, None);
    let estimate = product(&fitted, &moments(net.outcome)) / product(&fitted, &of_treatment);
    let residuals = net.residuals(estimate);
    let of_residuals = moments(&residuals);
    let explained = product(&projection.solve(&of_residuals), &of_residuals);
    let statistic = residuals.len() as f64 * explained / weighted_dot(&residuals, &residuals, net.weights);
    (projection.rank() > 1 && statistic.is_finite()).then(|| ShareOveridentification {
        estimate,
        statistic,
        df: projection.rank() - 1,
    })
}
