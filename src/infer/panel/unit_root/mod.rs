//! Tests of unit roots in the series of a panel.
//!
//! | test | hypothesis | alternative | statistic |
//! |---|---|---|---|
//! | Levin, Lin and Chu (2002) | a unit root in all series | one `ρ < 0` common to all | pooled t, adjusted |
//! | Im, Pesaran and Shin (2003) | the same | `ρ_i < 0` for some | standardised mean of t statistics (W) |
//! | Maddala and Wu (1999) | the same | the same | `-2 Σ ln p_i` |
//! | Choi (2001) | the same | the same | `Pm = Σ(-2 ln p_i - 2) / 2√N`, `Z = Σ Φ^-1(p_i) / √N`, logit `L*` |
//! | Hadri (2000) | all series are stationary | some are not | standardised mean of LM statistics |
//! | Pesaran (2007) | a unit root in all series, with a common factor | stationary for some | mean of t statistics beside means over units (CIPS) |
//!
//! Statistics are those of plm 2.6's `purtest` and `cipstest`; p-values of single series are MacKinnon's (1994). Series are
//! successive periods: a gap is an error.

mod adf;
mod tables;

use crate::design::PanelIndex;
use crate::estimate::TestResult;
use crate::estimate::panel::PanelError;
use crate::infer::normal;
use crate::infer::two_sided_p;
use crate::linalg::{dot, solve_least_squares, sum};

use super::{chi_squared, upper_normal};

/// What a series has besides its lagged level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deterministic {
    /// Nothing.
    None,
    /// A constant.
    #[default]
    Constant,
    /// A constant and a trend.
    Trend,
}

/// How many lagged changes a series has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LagChoice {
    /// So many.
    Fixed(usize),
    /// The least of Schwarz's criterion.
    Sic {
        /// At most.
        most: usize,
    },
    /// The least of Akaike's criterion.
    Aic {
        /// At most.
        most: usize,
    },
    /// From the most down to the first that is significant.
    Hall {
        /// At most.
        most: usize,
    },
}

/// Options of unit-root tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitRootOptions {
    /// What series have besides lags.
    pub deterministic: Deterministic,
    /// Lagged changes; CIPS takes a fixed number, or the most.
    pub lags: LagChoice,
}

impl Default for UnitRootOptions {
    fn default() -> Self {
        UnitRootOptions { deterministic: Deterministic::Constant, lags: LagChoice::Fixed(1) }
    }
}

/// A test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitRootTest {
    /// Levin, Lin and Chu's.
    LevinLinChu,
    /// Im, Pesaran and Shin's.
    ImPesaranShin,
    /// Maddala and Wu's.
    MaddalaWu,
    /// Choi's modified P.
    ChoiP,
    /// Choi's inverse normal.
    ChoiZ,
    /// Choi's logit.
    ChoiLogit,
    /// Hadri's, consistent with variances that differ between units.
    Hadri,
    /// Pesaran's.
    Cips,
}

/// The series of a panel, unit by unit.
struct Series<'a> {
    values: Vec<Vec<f64>>,
    index: &'a PanelIndex,
    options: UnitRootOptions,
}

/// Tests a column of a panel.
///
/// # Errors
/// [`PanelError::Gaps`] if a unit misses a period, [`PanelError::Unbalanced`] where the test needs a balanced panel,
/// [`PanelError::ShortSeries`] if a series is too short or constant, [`PanelError::NoConstant`] where it needs a constant.
pub fn unit_root(
    test: UnitRootTest,
    options: UnitRootOptions,
    values: &[f64],
    index: &PanelIndex,
) -> Result<TestResult, PanelError> {
    let units = index.units_with_gaps(&index.steps()?);
    if units > 0 {
        return Err(PanelError::Gaps { units });
    }
    let of_unit = |rows: &[u32]| rows.iter().map(|&row| values[row as usize]).collect();
    let series = Series { values: index.units().map(of_unit).collect(), index, options };
    match test {
        UnitRootTest::LevinLinChu => series.levin_lin_chu(),
        UnitRootTest::ImPesaranShin => series.im_pesaran_shin(),
        UnitRootTest::MaddalaWu | UnitRootTest::ChoiP | UnitRootTest::ChoiZ | UnitRootTest::ChoiLogit => {
            series.combined(test)
        }
        UnitRootTest::Hadri => series.hadri(),
        UnitRootTest::Cips => series.cips(),
    }
}

/// A test by the lower tail of the normal distribution.
fn lower_normal(statistic: f64, note: &str) -> TestResult {
    TestResult { p_value: Some(normal::cdf(statistic)), ..upper_normal(statistic, note) }
}

const ALL_HAVE: &str = "all series have a unit root";

impl Series<'_> {
    fn n(&self) -> f64 {
        self.values.len() as f64
    }

    fn short(&self) -> PanelError {
        PanelError::ShortSeries { unit: self.index.unit_name.clone() }
    }

    fn balanced(&self, method: &'static str) -> Result<f64, PanelError> {
        let lengths = || self.values.iter().map(Vec::len);
        match (lengths().min(), lengths().max()) {
            (Some(least), Some(most)) if least == most => Ok(most as f64),
            _ => Err(PanelError::Unbalanced { method }),
        }
    }

    fn with_constant(&self, test: &'static str) -> Result<Deterministic, PanelError> {
        match self.options.deterministic {
            Deterministic::None => Err(PanelError::NoConstant { test }),
            other => Ok(other),
        }
    }

    fn regressions(&self) -> Result<Vec<adf::Adf>, PanelError> {
        let UnitRootOptions { deterministic, lags } = self.options;
        let one = |series: &Vec<f64>| {
            let lags = adf::lags(series, deterministic, lags)?;
            adf::adf(series, deterministic, lags)
        };
        self.values.iter().map(|series| one(series).ok_or_else(|| self.short())).collect()
    }

    /// `t* = (t_ρ - N T̃ S̄ σ̂^-2 se(ρ) μ*) / σ*` (Levin, Lin and Chu 2002, equation 12).
    fn levin_lin_chu(&self) -> Result<TestResult, PanelError> {
        let length = self.balanced("llc")?;
        let deterministic = self.options.deterministic;
        let found = self.regressions()?;
        let (mut changes, mut levels, mut ratios) = (Vec::new(), Vec::new(), 0.0);
        for (series, found) in self.values.iter().zip(&found) {
            let (change, level) = adf::net(series, deterministic, found.lags).ok_or_else(|| self.short())?;
            changes.extend(change.iter().map(|value| value / found.deviation));
            levels.extend(level.iter().map(|value| value / found.deviation));
            let long_run = long_run_variance(series, deterministic).ok_or_else(|| self.short())?;
            ratios += long_run.sqrt() / found.deviation / self.n();
        }
        let solved = solve_least_squares(&[&levels], &changes, None).ok_or_else(|| self.short())?;
        let rss = dot(&solved.residuals, &solved.residuals);
        let error = (rss / changes.len() as f64 * solved.inverse[(0, 0)]).sqrt();
        let mean_lags = found.iter().map(|found| found.lags as f64).sum::<f64>() / self.n();
        let rows = self.n() * (length - mean_lags - 1.0);
        let (mean, deviation) = tables::llc(deterministic, length);
        let adjustment = rows * ratios / (rss / rows) * error * mean;
        Ok(lower_normal((solved.coefficients[0] / error - adjustment) / deviation, ALL_HAVE))
    }

    /// `W = √N (t̄ - E t) / √(Var t)` (Im, Pesaran and Shin 2003, equation 4.10).
    fn im_pesaran_shin(&self) -> Result<TestResult, PanelError> {
        let deterministic = self.with_constant("ips")?;
        let (mut gap, mut variance) = (0.0, 0.0);
        for (series, found) in self.values.iter().zip(self.regressions()?) {
            let length = series.len() as f64 - found.lags as f64 - 1.0;
            let moments = tables::ips(deterministic, length, found.lags).ok_or_else(|| self.short())?;
            gap += (found.statistic - moments.0) / self.n();
            variance += moments.1 / self.n();
        }
        Ok(lower_normal(self.n().sqrt() * gap / variance.sqrt(), ALL_HAVE))
    }

    /// Combinations of p-values.
    fn combined(&self, test: UnitRootTest) -> Result<TestResult, PanelError> {
        let deterministic = self.options.deterministic;
        let found = self.regressions()?;
        let added = |value: &dyn Fn(f64) -> f64| found.iter().map(|found| value(found.statistic)).sum::<f64>();
        let n = self.n();
        let log_p = added(&|t| adf::log_p(t, deterministic).0);
        Ok(match test {
            UnitRootTest::MaddalaWu => chi_squared(-2.0 * log_p, 2.0 * n, ALL_HAVE),
            UnitRootTest::ChoiP => upper_normal((-2.0 * log_p - 2.0 * n) / (2.0 * n.sqrt()), ALL_HAVE),
            UnitRootTest::ChoiZ => lower_normal(added(&|t| adf::p_quantile(t, deterministic)) / n.sqrt(), ALL_HAVE),
            _ => {
                let odds = log_p - added(&|t| adf::log_p(t, deterministic).1);
                let df = 5.0 * n + 4.0;
                let scale = 3.0 * df / (std::f64::consts::PI.powi(2) * n * (5.0 * n + 2.0));
                let statistic = scale.sqrt() * odds;
                let tail = two_sided_p(statistic, df) / 2.0;
                let p_value = Some(if statistic < 0.0 { tail } else { 1.0 - tail });
                TestResult { df1: Some(df), p_value, ..upper_normal(statistic, ALL_HAVE) }
            }
        })
    }

    /// `√N (mean of T^-2 Σ S_t² / σ_i² - μ) / ζ`, `S_t` partial sums of residuals (Hadri 2000, equations 6, 12 and 18).
    fn hadri(&self) -> Result<TestResult, PanelError> {
        let length = self.balanced("hadri")?;
        let deterministic = self.with_constant("hadri")?;
        let columns = adf::terms(deterministic, 0..length as usize);
        let views: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let mut mean = 0.0;
        for series in &self.values {
            let e = solve_least_squares(&views, series, None).ok_or_else(|| self.short())?.residuals;
            let mut partial = 0.0;
            let squares: f64 = e
                .iter()
                .map(|e| {
                    partial += e;
                    partial * partial
                })
                .sum();
            mean += squares / (length * dot(&e, &e)) / self.n();
        }
        let (expected, variance): (f64, f64) = match deterministic {
            Deterministic::Trend => (1.0 / 15.0, 11.0 / 6300.0),
            _ => (1.0 / 6.0, 1.0 / 45.0),
        };
        if !mean.is_finite() {
            return Err(self.short());
        }
        Ok(upper_normal(self.n().sqrt() * (mean - expected) / variance.sqrt(), "all series are stationary"))
    }

    /// The mean of t statistics of regressions that have means over units of change, lagged level and lagged changes too
    /// (Pesaran 2007, equations 54 and 59); p-values between 1 and 10 per cent by its tables.
    fn cips(&self) -> Result<TestResult, PanelError> {
        let length = self.balanced("cips")? as usize;
        let deterministic = self.options.deterministic;
        let (LagChoice::Fixed(lags)
        | LagChoice::Sic { most: lags }
        | LagChoice::Aic { most: lags }
        | LagChoice::Hall { most: lags }) = self.options.lags;
        if length < lags + 2 {
            return Err(self.short());
        }
        let periods = lags + 1..length;
        let rows = |series: &[f64]| -> Vec<Vec<f64>> {
            let change = |lag: usize| periods.clone().map(|t| series[t - lag] - series[t - lag - 1]).collect();
            let level = periods.clone().map(|t| series[t - 1]).collect();
            std::iter::once(level).chain((0..=lags).map(change)).collect()
        };
        let mean: Vec<f64> =
            (0..length).map(|t| self.values.iter().map(|series| series[t]).sum::<f64>() / self.n()).collect();
        let common = rows(&mean);
        let fixed = adf::terms(deterministic, periods.clone());
        let mut total = 0.0;
        for series in &self.values {
            let own = rows(series);
            let (change, regressors) = (&own[1], own.iter().take(1).chain(&own[2..]));
            let columns: Vec<&[f64]> = regressors.chain(&common).chain(&fixed).map(Vec::as_slice).collect();
            let spare = change.len() as f64 - columns.len() as f64;
            let solved =
                solve_least_squares(&columns, change, None).filter(|_| spare > 0.0).ok_or_else(|| self.short())?;
            let variance = dot(&solved.residuals, &solved.residuals) / spare;
            total += solved.coefficients[0] / (variance * solved.inverse[(0, 0)]).sqrt();
        }
        let statistic = total / self.n();
        let critical = tables::cips(deterministic, self.n(), periods.len() as f64);
        let [one, five, ten] = critical;
        let note = format!(
            "{ALL_HAVE}, with a common factor; critical values {one:.2} (1 %), {five:.2} (5 %), {ten:.2} (10 %)"
        );
        Ok(TestResult { p_value: p_between(statistic, critical), ..lower_normal(statistic, &note) })
    }
}

/// The p-value between critical values at 1, 5 and 10 per cent; none outside.
fn p_between(statistic: f64, critical: [f64; 3]) -> Option<f64> {
    let points = critical.into_iter().zip([0.01, 0.05, 0.10]).collect::<Vec<_>>();
    let pair = points.windows(2).find(|pair| pair[0].0 <= statistic && statistic <= pair[1].0)?;
    let share = (statistic - pair[0].0) / (pair[1].0 - pair[0].0);
    Some(pair[0].1 + share * (pair[1].1 - pair[0].1))
}

/// `Σ Δ²/(T-1) + 2 Σ_L (1 - L/(q+1)) Σ Δ_t Δ_{t-L} / (T-1)` of changes net of constant and trend, `q = 3.21 T^(1/3)`
/// (Levin, Lin and Chu 2002, equation 6).
fn long_run_variance(series: &[f64], deterministic: Deterministic) -> Option<f64> {
    let changes: Vec<f64> = series.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let columns = adf::terms(deterministic, 0..changes.len());
    let views: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let changes = solve_least_squares(&views, &changes, None)?.residuals;
    let bandwidth = (3.21 * (series.len() as f64).cbrt()).round();
    let n = changes.len() as f64;
    let lagged = |lag: usize| {
        let products: Vec<f64> = changes.iter().zip(&changes[lag.min(changes.len())..]).map(|(a, b)| a * b).collect();
        (1.0 - lag as f64 / (bandwidth + 1.0)) * sum(&products) / n
    };
    let total = dot(&changes, &changes) / n + 2.0 * (1..=bandwidth as usize).map(lagged).sum::<f64>();
    (total > 0.0).then_some(total)
}
