//! Whether units converge: the log t regression of Phillips and Sul, and the change of the dispersion by Carree and Klomp.
//!
//! Both are of the outcome as it is, of units that have every period.

use super::{PanelModel, chi_squared, upper_normal};
use crate::design::Way;
use crate::estimate::panel::PanelError;
use crate::estimate::{EstimateError, TestResult};
use crate::infer::normal;
use crate::linalg::{dot, solve_least_squares, sum};

/// The share of the first periods that the log t regression leaves out, and from how many periods on it is smaller
/// (Phillips and Sul 2007, section 4).
const LEFT_OUT: f64 = 0.3;
const LEFT_OUT_OF_MANY: f64 = 0.2;
const MANY: usize = 100;

/// A mean below this share of the values has no digits.
const NO_LEVEL: f64 = 1e-8;

impl PanelModel<'_> {
    /// Outcomes of the units that have every period, period by period.
    fn by_period(&self, least: usize) -> Result<Vec<Vec<f64>>, PanelError> {
        let periods = self.index.n(Way::Time);
        let y = &self.design.outcome.values;
        let complete: Vec<&[u32]> = self.index.units().filter(|rows| rows.len() == periods).collect();
        if complete.len() < 3 || periods < least {
            return Err(PanelError::NotFollowed { units: complete.len(), periods, least });
        }
        Ok((0..periods).map(|t| complete.iter().map(|rows| y[rows[t] as usize]).collect()).collect())
    }

    /// The t statistic of `b` in `ln(H_1/H_t) - 2 ln ln t = a + b ln t`, `H_t` the mean of `(y_it/ȳ_t - 1)²`, with long-run variance of the
    /// residuals (Phillips and Sul 2007, equations 21 to 24): convergence is rejected below -1.65.
    pub(super) fn log_t(&self) -> Result<TestResult, EstimateError> {
        let values = self.by_period(8)?;
        let mean = |values: &[f64]| sum(values) / values.len() as f64;
        let is_relative = |values: &Vec<f64>| mean(values).abs() > NO_LEVEL * dot(values, values).sqrt();
        if !values.iter().all(is_relative) {
            return Err(PanelError::NoLevel { outcome: self.design.outcome.name.clone() }.into());
        }
        let transition = |values: &Vec<f64>| {
            let mean = mean(values);
            values.iter().map(|value| (value / mean - 1.0).powi(2)).sum::<f64>() / values.len() as f64
        };
        let h: Vec<f64> = values.iter().map(transition).collect();
        let share = if h.len() < MANY { LEFT_OUT } else { LEFT_OUT_OF_MANY };
        let from = ((share * h.len() as f64).floor() as usize).max(2);
        let logs: Vec<f64> = (from..=h.len()).map(|t| (t as f64).ln()).collect();
        let y: Vec<f64> = (from..=h.len()).zip(&logs).map(|(t, log)| (h[0] / h[t - 1]).ln() - 2.0 * log.ln()).collect();
        let none = PanelError::Singular { where_: "by their dispersion over time" };
        if !y.iter().all(|value| value.is_finite()) {
            return Err(none.into());
        }
        let constant = vec![1.0; y.len()];
        let solved = solve_least_squares(&[&constant, &logs], &y, None).ok_or(none)?;
        let error = (long_run_variance(&solved.residuals) * solved.inverse[(1, 1)]).sqrt();
        let b = solved.coefficients[1];
        let note = format!(
            "units converge; b = {b:.4} with error {error:.4} from period {from} on (b of 2 or more: in levels, 0 to 2: in growth rates)"
        );
        Ok(TestResult { p_value: Some(normal::cdf(b / error)), ..upper_normal(b / error, &note) })
    }

    /// `(N - 2.5) ln(1 + (σ_1² - σ_T²)² / (4 (σ_1² σ_T² - σ_1T²)))` of the first and the last period (Carree and Klomp 1997, `T_2`).
    pub(super) fn sigma_convergence(&self) -> Result<TestResult, EstimateError> {
        let values = self.by_period(2)?;
        let (first, last) = (&values[0], &values[values.len() - 1]);
        let n = first.len() as f64;
        let net = |values: &[f64]| {
            let mean = sum(values) / n;
            values.iter().map(|value| value - mean).collect::<Vec<f64>>()
        };
        let (first, last) = (net(first), net(last));
        let (a, b, both) = (dot(&first, &first) / n, dot(&last, &last) / n, dot(&first, &last) / n);
        let ratio = 0.25 * (a - b).powi(2) / (a * b - both * both);
        let note = format!(
            "the dispersion of the last period is that of the first: standard deviations {:.4} and {:.4}",
            a.sqrt(),
            b.sqrt()
        );
        Ok(chi_squared((n - 2.5) * ratio.ln_1p(), 1.0, &note))
    }
}

/// The long-run variance with the quadratic spectral kernel, its bandwidth from a first-order autoregression (Andrews 1991, equations
/// 2.7 and 6.2 to 6.4).
fn long_run_variance(residuals: &[f64]) -> f64 {
    let n = residuals.len() as f64;
    let constant = vec![1.0; residuals.len() - 1];
    let before = &residuals[..residuals.len() - 1];
    let rho =
        solve_least_squares(&[&constant, before], &residuals[1..], None).map_or(0.0, |found| found.coefficients[1]);
    let bandwidth = 1.3221 * (4.0 * rho * rho / (1.0 - rho).powi(4) * n).powf(0.2);
    let kernel = |lag: usize| {
        let x = 6.0 * std::f64::consts::PI / 5.0 * lag as f64 / bandwidth;
        3.0 / (x * x) * (x.sin() / x - x.cos())
    };
    let covariance = |lag: usize| dot(&residuals[lag..], &residuals[..residuals.len() - lag]) / n;
    let lagged = (1..residuals.len()).map(|lag| kernel(lag) * covariance(lag)).filter(|term| term.is_finite());
    covariance(0) + 2.0 * lagged.sum::<f64>()
}
