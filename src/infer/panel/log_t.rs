//! The log t regression of Phillips and Sul (2007): whether the dispersion of units relative to their mean vanishes.

use crate::linalg::{dot, solve_least_squares};

/// Periods that the regression needs.
pub const LEAST_PERIODS: usize = 8;

/// The share of the first periods that is left out, and from how many periods on it is smaller (section 4 of the paper).
const LEFT_OUT: f64 = 0.3;
const LEFT_OUT_OF_MANY: f64 = 0.2;
const MANY: usize = 100;

/// A mean below this share of the values has no digits.
const NO_LEVEL: f64 = 1e-8;

/// Whose details are followed where the paper and the authors' programs differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogTConvention {
    /// The paper: from period `[rT]` on; the bandwidth from an autoregression with a constant; all residuals.
    #[default]
    Paper,
    /// The authors' programs, as R's ConvergenceClubs 2.2.5 has them: from the period after `rT` rounded; an autoregression without a
    /// constant; the last residual left out of the autocovariances; a core group is where |t| is largest.
    Programs,
}

/// How the regression is made.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LogTRegression {
    /// The share `r` of first periods that is left out; by the number of periods (0.3, and 0.2 from 100 on) if `None`.
    pub trim: Option<f64>,
    /// Whose details.
    pub convention: LogTConvention,
}

/// What the regression found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogT {
    /// The slope: twice the speed of convergence.
    pub b: f64,
    /// Its error, from the long-run variance of the residuals.
    pub std_error: f64,
    /// Their ratio; convergence is rejected below -1.65.
    pub t: f64,
    /// The first period of the regression, counted from 1.
    pub from: usize,
}

/// The dispersion of units relative to their mean, period by period: `H_t`, the mean of `(y_it / ȳ_t - 1)²` (equation 21).
#[derive(Clone, Debug, PartialEq)]
pub struct Dispersion {
    /// A value per period.
    pub values: Vec<f64>,
    /// Whether every period's mean is far enough from zero to divide by.
    pub has_level: bool,
}

impl Dispersion {
    /// That of units with a value in each period.
    pub fn of<'a>(units: impl ExactSizeIterator<Item = &'a [f64]> + Clone) -> Dispersion {
        let n = units.len() as f64;
        let periods = units.clone().next().map_or(0, <[f64]>::len);
        let (mut mean, mut squares) = (vec![0.0; periods], vec![0.0; periods]);
        for unit in units.clone() {
            for t in 0..periods {
                mean[t] += unit[t] / n;
                squares[t] += unit[t] * unit[t];
            }
        }
        let has_level = mean.iter().zip(&squares).all(|(mean, squares)| mean.abs() > NO_LEVEL * squares.sqrt());
        let mut values = vec![0.0; periods];
        for unit in units {
            for t in 0..periods {
                values[t] += (unit[t] / mean[t] - 1.0).powi(2) / n;
            }
        }
        Dispersion { values, has_level }
    }
}

impl LogTRegression {
    /// The share of first periods that is left out of `periods`.
    pub fn share(&self, periods: usize) -> f64 {
        self.trim.unwrap_or(if periods < MANY { LEFT_OUT } else { LEFT_OUT_OF_MANY })
    }

    /// The first period of the regression, counted from 1: never the first itself, whose `ln ln t` does not exist.
    pub fn from(&self, periods: usize) -> usize {
        let left_out = self.share(periods) * periods as f64;
        let from = match self.convention {
            LogTConvention::Paper => left_out.floor() as usize,
            LogTConvention::Programs => left_out.round_ties_even() as usize + 1,
        };
        from.max(2)
    }

    /// The regression `ln(H_1/H_t) - 2 ln ln t = a + b ln t` (equations 22 to 24) of the dispersion in all periods; `None` where it does
    /// not exist: units without dispersion in some period, or fewer than three periods left.
    pub fn fit(&self, dispersion: &[f64]) -> Option<LogT> {
        let from = self.from(dispersion.len());
        let logs: Vec<f64> = (from..=dispersion.len()).map(|t| (t as f64).ln()).collect();
        let first = dispersion.first()?;
        let outcome = |(t, log): (usize, &f64)| (first / dispersion[t - 1]).ln() - 2.0 * log.ln();
        let y: Vec<f64> = (from..=dispersion.len()).zip(&logs).map(outcome).collect();
        if y.len() < 3 || !y.iter().all(|value| value.is_finite()) {
            return None;
        }
        let constant = vec![1.0; y.len()];
        let solved = solve_least_squares(&[&constant, &logs], &y, None)?;
        let std_error = (self.long_run_variance(&solved.residuals) * solved.inverse[(1, 1)]).sqrt();
        let (b, t) = (solved.coefficients[1], solved.coefficients[1] / std_error);
        t.is_finite().then_some(LogT { b, std_error, t, from })
    }

    /// The long-run variance with the quadratic spectral kernel, its bandwidth from a first-order autoregression (Andrews 1991, equations
    /// 2.7 and 6.2 to 6.4).
    fn long_run_variance(&self, residuals: &[f64]) -> f64 {
        let (before, after) = (&residuals[..residuals.len() - 1], &residuals[1..]);
        let (rho, kept) = match self.convention {
            LogTConvention::Paper => {
                let constant = vec![1.0; before.len()];
                let solved = solve_least_squares(&[&constant, before], after, None);
                (solved.map_or(0.0, |found| found.coefficients[1]), residuals)
            }
            LogTConvention::Programs => (dot(before, after) / dot(before, before), before),
        };
        let n = residuals.len() as f64;
        let bandwidth = 1.3221 * (4.0 * rho * rho / (1.0 - rho).powi(4) * n).powf(0.2);
        let kernel = |lag: usize| {
            let x = 6.0 * std::f64::consts::PI / 5.0 * lag as f64 / bandwidth;
            3.0 / (x * x) * (x.sin() / x - x.cos())
        };
        let covariance = |lag: usize| dot(&kept[lag..], &kept[..kept.len() - lag]) / kept.len() as f64;
        let lagged = (1..kept.len()).map(|lag| kernel(lag) * covariance(lag)).filter(|term| term.is_finite());
        let own = match self.convention {
            LogTConvention::Paper => covariance(0),
            LogTConvention::Programs => dot(residuals, residuals) / kept.len() as f64,
        };
        own + 2.0 * lagged.sum::<f64>()
    }
}
