//! Whether units converge: the log t test of Phillips and Sul, and the change of the dispersion by Carree and Klomp.
//!
//! Both are of the outcome as it is, of units that have every period.

use super::log_t::{Dispersion, LEAST_PERIODS, LogT, LogTRegression};
use super::{PanelModel, chi_squared, upper_normal};
use crate::design::Way;
use crate::estimate::panel::PanelError;
use crate::estimate::{EstimateError, TestResult};
use crate::infer::normal;
use crate::linalg::{dot, sum};

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

    /// The log t test of all units (see [`LogT`]), by the paper's conventions.
    pub(super) fn log_t(&self) -> Result<TestResult, EstimateError> {
        let values = self.by_period(LEAST_PERIODS)?;
        let units: Vec<Vec<f64>> =
            (0..values[0].len()).map(|i| values.iter().map(|period| period[i]).collect()).collect();
        let dispersion = Dispersion::of(units.iter().map(Vec::as_slice));
        if !dispersion.has_level {
            return Err(PanelError::NoLevel { outcome: self.design.outcome.name.clone() }.into());
        }
        let none = PanelError::Singular { where_: "by their dispersion over time" };
        let LogT { b, std_error, t, from } = LogTRegression::default().fit(&dispersion.values).ok_or(none)?;
        let note = format!(
            "units converge; b = {b:.4} with error {std_error:.4} from period {from} on (b of 2 or more: in levels, 0 to 2: in growth rates)"
        );
        Ok(TestResult { p_value: Some(normal::cdf(t)), ..upper_normal(t, &note) })
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
