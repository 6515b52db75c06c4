//! Dynamic spatial panels: the bias that effects of regions leave beside an outcome of the period before, corrected.
//!
//! `y_t = tau y_t-1 + rho W y_t + eta W y_t-1 + X_t b + c + d_t + e_t`. Effects of regions leave by demeaning, effects of periods by the
//! transformation of Lee and Yu (2010, Econometric Theory 26, 564-597). The expected score is then not zero but minus `phi`, with `n` regions (n - 1
//! dimensions without the mean over regions) and `D = (1 - tau) I - (rho + eta) W`: `tr D^-1` for `tau`, `tr W D^-1` for `eta`, the same for `rho`, zero
//! for `b` and `n / (2 s2)` for the variance (Yu, de Jong and Lee 2008, eq. 19, whose sums of powers of `A = (I - rho W)^-1 (tau I + eta W)` are
//! `D^-1 (I - rho W)`, so that their three terms of `rho` add up to one). The corrected estimate is the estimate plus the inverse of the information times `phi`.
//! With effects of periods left as parameters (`effects = "direct"`) the means over regions leave `T / (1 - rho)` and `T / (2 s2)` besides.

use nalgebra::DVector;

use super::error::SpatialError;
use super::impacts::Horizon;
use super::information::{Information, inverse};
use super::likelihood::{Likelihood, Point};
use crate::linalg::dot;
use crate::note::Note;

/// What the correction needs besides the likelihood.
pub(super) struct Correction {
    /// Where the lagged outcomes stand.
    pub(super) horizon: Horizon,
    /// Whether effects of periods stand in the likelihood as parameters.
    pub(super) direct_periods: bool,
    /// Whether effects of periods are there at all.
    pub(super) periods: bool,
    /// The information matrix.
    pub(super) information: Information,
}

impl Correction {
    /// The corrected point; the point itself and a note where the process does not settle, for which there is no correction.
    pub(super) fn of(&self, likelihood: &Likelihood<'_>, point: Point) -> Result<(Point, Option<Note>), SpatialError> {
        let Some(bias) = self.bias(likelihood, &point)? else {
            let at = |at: Option<usize>| at.map_or(0.0, |at| point.coefficients[at]);
            let sum = at(self.horizon.time) + point.rho + at(self.horizon.space_time);
            return Ok((point, Some(Note::NotSettling { sum })));
        };
        let (inverse, _) = inverse(likelihood, &point, self.information)?;
        let step = inverse * bias;
        let k = point.coefficients.len();
        Ok((moved(likelihood, &point, &step, k)?, None))
    }

    /// `phi`; `None` where `D` is singular or the process does not settle.
    fn bias(&self, likelihood: &Likelihood<'_>, point: &Point) -> Result<Option<DVector<f64>>, SpatialError> {
        let (Some(jacobian), k) = (likelihood.lag, point.coefficients.len()) else { return Ok(None) };
        let [(blocks, of)] = &jacobian.parts[..] else { return Err(SpatialError::unbalanced_dynamics()) };
        let at = |at: Option<usize>| at.map_or(0.0, |at| point.coefficients[at]);
        let scale = 1.0 / (1.0 - at(self.horizon.time));
        let r = scale * (point.rho + at(self.horizon.space_time));
        let (low, high) = of.bounds();
        let Some((_, trace)) = of.value(r).filter(|_| scale > 0.0 && r > low && r < high) else { return Ok(None) };
        let (n, trace) =
            if self.periods { (of.matrix.n_rows() - 1, trace - 1.0 / (1.0 - r)) } else { (of.matrix.n_rows(), trace) };
        let n = n as f64;
        let mut bias = DVector::zeros(k + 2);
        self.horizon.time.into_iter().for_each(|at| bias[at] = scale * (n + r * trace));
        self.horizon.space_time.into_iter().for_each(|at| bias[at] = scale * trace);
        bias[k] = scale * trace;
        bias[k + 1] = n / (2.0 * point.variance);
        if self.direct_periods {
            bias[k] += blocks / (1.0 - point.rho);
            bias[k + 1] += blocks / (2.0 * point.variance);
        }
        Ok(Some(bias))
    }
}

/// The likelihood at a point moved by a step in coefficients, `rho` and the variance.
fn moved(likelihood: &Likelihood<'_>, point: &Point, step: &DVector<f64>, k: usize) -> Result<Point, SpatialError> {
    let coefficients = &point.coefficients + step.rows(0, k);
    let (rho, variance) = (point.rho + step[k], point.variance + step[k + 1]);
    let (low, high) = likelihood.bounds(0);
    if rho <= low || rho >= high || variance <= 0.0 {
        return Err(SpatialError::CorrectedOutside { rho, low, high });
    }
    let columns = likelihood.columns;
    let mut residuals = columns.filtered_outcome(rho, 0.0);
    for (b, x) in coefficients.iter().zip(&columns.x) {
        residuals.iter_mut().zip(x).for_each(|(e, x)| *e -= b * x);
    }
    let (log, _) = likelihood.lag.map_or(Ok((0.0, 0.0)), |jacobian| jacobian.value(rho))?;
    let squares = dot(&residuals, &residuals);
    let two_pi = 2.0 * std::f64::consts::PI;
    let log_likelihood = log - 0.5 * (likelihood.n * (two_pi * variance).ln() + squares / variance);
    Ok(Point { rho, coefficients, variance, residuals, log_likelihood, ..point.clone() })
}
