//! Augmented Dickey-Fuller regressions of single series.
//!
//! `Δy_t = ρ y_{t-1} + Σ_{j<=p} γ_j Δy_{t-j} + d_t'δ + e_t`. Variances have the number of rows as divisor, as in plm.

use super::{Deterministic, LagChoice};
use crate::infer::normal;
use crate::linalg::{LeastSquares, dot, solve_least_squares};

/// A t statistic below which a lag is not needed (Hall 1994).
const NEEDED: f64 = 1.96;

/// An estimated regression.
pub(super) struct Adf {
    /// The t statistic of `ρ`.
    pub(super) statistic: f64,
    /// The standard deviation of the errors.
    pub(super) deviation: f64,
    /// Lags of the difference.
    pub(super) lags: usize,
}

/// Columns of the regression with `lags` lags on the rows from period `from` on.
struct Regression {
    change: Vec<f64>,
    level: Vec<f64>,
    /// Lagged changes, then constant and trend.
    others: Vec<Vec<f64>>,
}

/// Constant and trend over periods.
pub(super) fn terms(deterministic: Deterministic, periods: impl Iterator<Item = usize> + Clone) -> Vec<Vec<f64>> {
    let constant = || periods.clone().map(|_| 1.0).collect();
    match deterministic {
        Deterministic::None => Vec::new(),
        Deterministic::Constant => vec![constant()],
        Deterministic::Trend => vec![constant(), periods.clone().map(|period| period as f64 + 1.0).collect()],
    }
}

impl Regression {
    fn of(series: &[f64], deterministic: Deterministic, lags: usize, from: usize) -> Regression {
        let periods = from..series.len();
        let change = |t: usize| series[t] - series[t - 1];
        let lagged = |lag: usize| periods.clone().map(|t| change(t - lag)).collect();
        let mut others: Vec<Vec<f64>> = (1..=lags).map(lagged).collect();
        others.extend(terms(deterministic, periods.clone()));
        Regression {
            change: periods.clone().map(change).collect(),
            level: periods.map(|t| series[t - 1]).collect(),
            others,
        }
    }

    fn others(&self) -> Vec<&[f64]> {
        self.others.iter().map(Vec::as_slice).collect()
    }

    fn solve(&self) -> Option<LeastSquares> {
        let columns: Vec<&[f64]> = std::iter::once(self.level.as_slice()).chain(self.others()).collect();
        if self.change.len() <= columns.len() {
            return None;
        }
        solve_least_squares(&columns, &self.change, None)
    }
}

/// `|b_j| / se_j` with sign, and the variance, both with the number of rows as divisor.
fn statistic(solved: &LeastSquares, position: usize) -> (f64, f64) {
    let variance = dot(&solved.residuals, &solved.residuals) / solved.residuals.len() as f64;
    (solved.coefficients[position] / (variance * solved.inverse[(position, position)]).sqrt(), variance)
}

/// The regression of a series; `None` if it is too short, or does not vary.
pub(super) fn adf(series: &[f64], deterministic: Deterministic, lags: usize) -> Option<Adf> {
    if series.len() < lags + 2 {
        return None;
    }
    let solved = Regression::of(series, deterministic, lags, lags + 1).solve()?;
    let (statistic, variance) = statistic(&solved, 0);
    statistic.is_finite().then_some(Adf { statistic, deviation: variance.sqrt(), lags })
}

/// The number of lags of a series; all candidates are estimated on the rows that the longest leaves.
pub(super) fn lags(series: &[f64], deterministic: Deterministic, choice: LagChoice) -> Option<usize> {
    let most = match choice {
        LagChoice::Fixed(lags) => return Some(lags),
        LagChoice::Sic { most } | LagChoice::Aic { most } | LagChoice::Hall { most } => most,
    };
    if series.len() < most + 2 {
        return None;
    }
    let candidate = |lags: usize| Some((lags, Regression::of(series, deterministic, lags, most + 1).solve()?));
    let candidates = (0..=most).rev().map(candidate).collect::<Option<Vec<_>>>()?;
    if let LagChoice::Hall { .. } = choice {
        let needed = |(lags, solved): &&(usize, LeastSquares)| *lags == 0 || statistic(solved, *lags).0.abs() >= NEEDED;
        return candidates.iter().find(needed).map(|(lags, _)| *lags);
    }
    let criterion = |solved: &LeastSquares| {
        let (n, k) = (solved.residuals.len() as f64, solved.coefficients.len() as f64);
        let price = if let LagChoice::Aic { .. } = choice { 2.0 } else { n.ln() };
        (dot(&solved.residuals, &solved.residuals) / n).ln() + k * price / n
    };
    candidates
        .iter()
        .map(|(lags, solved)| (criterion(solved), *lags))
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|best| best.1)
}

/// Residuals of change and level on what else the regression has.
pub(super) fn net(series: &[f64], deterministic: Deterministic, lags: usize) -> Option<(Vec<f64>, Vec<f64>)> {
    let regression = Regression::of(series, deterministic, lags, lags + 1);
    let others = regression.others();
    let left = |y: &[f64]| Some(solve_least_squares(&others, y, None)?.residuals);
    Some((left(&regression.change)?, left(&regression.level)?))
}

/// The standard normal quantile of the p-value of a Dickey-Fuller statistic: a polynomial of the statistic (MacKinnon 1994, tables 3 and
/// 4, one variable).
pub(super) fn p_quantile(statistic: f64, deterministic: Deterministic) -> f64 {
    let (limit, small, large): (f64, &[f64], &[f64]) = match deterministic {
        Deterministic::None => (-1.04, &[0.6344, 1.2378, 0.032496], &[0.4797, 0.93557, -0.06999, 0.033066]),
        Deterministic::Constant => (-1.61, &[2.1659, 1.4412, 0.038269], &[1.7339, 0.93202, -0.12745, -0.010368]),
        Deterministic::Trend => (-2.89, &[3.2512, 1.6047, 0.049588], &[2.5261, 0.61654, -0.37956, -0.060285]),
    };
    let polynomial = if statistic <= limit { small } else { large };
    polynomial.iter().rev().fold(0.0, |sum, coefficient| sum * statistic + coefficient)
}

/// `ln p` and `ln (1 - p)` of a statistic.
pub(super) fn log_p(statistic: f64, deterministic: Deterministic) -> (f64, f64) {
    let z = p_quantile(statistic, deterministic);
    (normal::log_cdf(z), normal::log_cdf(-z))
}
