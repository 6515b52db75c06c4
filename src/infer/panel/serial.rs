//! Tests of serial correlation. Lags are the row before of the same unit, as in plm, whatever the gap in time.

use super::{PanelModel, PanelTest, chi_squared, fisher, influence, normal, upper_normal};
use crate::design::Way;
use crate::estimate::panel::means::sums;
use crate::estimate::panel::{Difference, Gaps, PanelEffect, PanelError, PanelMethod};
use crate::estimate::{EstimateError, Estimator, Ols, TestResult};
use crate::linalg::{dot, solve_least_squares};

/// `e_t` and `e_t-1` of the rows of units, with the unit of each pair.
struct Lagged {
    now: Vec<f64>,
    before: Vec<f64>,
    unit: Vec<usize>,
}

impl Lagged {
    fn of<'a>(values: &[f64], units: impl Iterator<Item = &'a [u32]>) -> Lagged {
        let mut out = Lagged { now: Vec::new(), before: Vec::new(), unit: Vec::new() };
        for (unit, rows) in units.enumerate() {
            for pair in rows.windows(2) {
                out.now.push(values[pair[1] as usize]);
                out.before.push(values[pair[0] as usize]);
                out.unit.push(unit);
            }
        }
        out
    }

    /// The slope of `e_t` on a constant and `e_t-1` against `under`, by errors clustered by unit without factor: F.
    fn test(&self, under: f64, note: &str) -> Result<TestResult, EstimateError> {
        let n = self.now.len();
        let constant = vec![1.0; n];
        let singular = PanelError::Singular { where_: "from their lag" };
        let solved = solve_least_squares(&[&constant, &self.before], &self.now, None).ok_or(singular)?;
        let mut scores = vec![[0.0; 2]; self.unit.last().map_or(0, |unit| unit + 1)];
        for (i, &unit) in self.unit.iter().enumerate() {
            scores[unit][0] += solved.residuals[i];
            scores[unit][1] += solved.residuals[i] * self.before[i];
        }
        let row = [solved.inverse[(1, 0)], solved.inverse[(1, 1)]];
        let variance: f64 = scores.iter().map(|s| (row[0] * s[0] + row[1] * s[1]).powi(2)).sum();
        let gap = solved.coefficients[1] - under;
        Ok(fisher(gap * gap / variance, (1.0, n as f64 - 2.0), note))
    }
}

impl PanelModel<'_> {
    /// Within residuals of uncorrelated errors have autocorrelation `-1/(T-1)`.
    pub(super) fn wooldridge_within(&self) -> Result<TestResult, EstimateError> {
        let within = self.within(PanelEffect::Unit)?;
        let lagged = Lagged::of(&influence(&within)?.residuals, self.index.units());
        let under = -1.0 / (self.index.n(Way::Time) as f64 - 1.0);
        lagged.test(under, "no serial correlation of errors in levels (within residuals)")
    }

    /// Differences of uncorrelated errors have autocorrelation -1/2; uncorrelated differences zero.
    pub(super) fn wooldridge_difference(&self, under: f64) -> Result<TestResult, EstimateError> {
        let method = PanelMethod::Difference(Difference { gaps: Gaps::Bridge, ..Difference::default() });
        let transformed = method.transform(&self.design, self.cache)?;
        let estimate = Ols.fit(&transformed.design, self.cache)?;
        let index = crate::design::PanelIndex::of(&transformed.design).map_err(PanelError::Index)?;
        let lagged = Lagged::of(&influence(&estimate)?.residuals, index.units());
        let what = if under == 0.0 { "differenced errors" } else { "errors in levels (differenced residuals)" };
        lagged.test(under, &format!("no serial correlation of {what}"))
    }

    /// The sum over units of `Σ_t e_t e_{t-p} + (T-p)/(T(T-1)) Σ e_t²` over the root of the sum of squares about its mean, with within
    /// residuals `e`: the second term takes out what demeaning adds (Born and Breitung 2016, equation 10).
    pub(super) fn born_breitung(&self, order: usize) -> Result<TestResult, EstimateError> {
        let within = self.within(PanelEffect::Unit)?;
        let e = &influence(&within)?.residuals;
        let of_unit = |rows: &[u32]| {
            let own: Vec<f64> = rows.iter().map(|&row| e[row as usize]).collect();
            let t = own.len() as f64;
            let crossed: f64 = own.iter().zip(own.iter().skip(order)).map(|(before, now)| before * now).sum();
            (own.len() > order.max(1)).then(|| crossed + (t - order as f64) / (t * (t - 1.0)) * dot(&own, &own))
        };
        self.of_independent_units(of_unit, "no serial correlation of idiosyncratic errors (Born and Breitung)")
    }

    /// The same of the products of what is net of the mean of its future with what is net of the mean of its past, which allows the
    /// variance to change over time (Born and Breitung 2016, section 3.3).
    pub(super) fn born_breitung_robust(&self) -> Result<TestResult, EstimateError> {
        let within = self.within(PanelEffect::Unit)?;
        let e = &influence(&within)?.residuals;
        let of_unit = |rows: &[u32]| {
            let own: Vec<f64> = rows.iter().map(|&row| e[row as usize]).collect();
            let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
            let last = own.len().checked_sub(1).filter(|last| *last > 2)?;
            let product = |t: usize| (own[t] - mean(&own[t..])) * (own[t - 1] - mean(&own[..t]));
            Some((2..last).map(product).sum())
        };
        let note = "no first-order serial correlation, whatever the variances (Born and Breitung)";
        self.of_independent_units(of_unit, note)
    }

    /// The sum of a value of every unit over the root of the sum of squares about its mean.
    fn of_independent_units(
        &self,
        of_unit: impl Fn(&[u32]) -> Option<f64>,
        note: &str,
    ) -> Result<TestResult, EstimateError> {
        let values: Vec<f64> = self.index.units().filter_map(of_unit).collect();
        let total: f64 = values.iter().sum();
        let variance = dot(&values, &values) - total * total / values.len() as f64;
        if variance <= 0.0 || !variance.is_finite() {
            let longest = self.index.units().map(<[u32]>::len).max().unwrap_or(0);
            return Err(PanelError::ShortUnit { unit: self.index.unit_name.clone(), rows: longest, least: 4 }.into());
        }
        Ok(normal(total / variance.sqrt(), note))
    }

    /// N R² of the within residuals on the within columns and their own lags, zero where there is none. As in plm the lag
    /// runs through the rows by unit and time, so that the last rows of a unit are the lags of the next unit's first.
    pub(super) fn breusch_godfrey(&self, order: usize) -> Result<TestResult, EstimateError> {
        let within = self.within(PanelEffect::Unit)?;
        let found = influence(&within)?;
        let rows: Vec<u32> = self.index.units().flatten().copied().collect();
        let n = rows.len();
        let sorted = |values: &[f64]| rows.iter().map(|&row| values[row as usize]).collect::<Vec<f64>>();
        let e = sorted(&found.residuals);
        let mut columns: Vec<Vec<f64>> = found.columns.iter().map(|column| sorted(column)).collect();
        for lag in 1..=order {
            columns.push((0..n).map(|at| if at >= lag { e[at - lag] } else { 0.0 }).collect());
        }
        let views: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let solved = solve_least_squares(&views, &e, None).ok_or(PanelError::Singular { where_: "from their lags" })?;
        let statistic = n as f64 * (1.0 - dot(&solved.residuals, &solved.residuals) / dot(&e, &e));
        Ok(chi_squared(statistic, order as f64, "no serial correlation of idiosyncratic errors"))
    }

    /// With pooled residuals, `A = 1 - Σ_i (Σ_t e_it)² / e'e`, `B = Σ e_it e_it-1 / Σ e_it²` (from the second row of each
    /// unit), `a = Σ T_i²`, `m` the most units of a period and `n` rows (Sosa-Escudero and Bera 2008).
    pub(super) fn bera(&self, test: PanelTest) -> Result<TestResult, EstimateError> {
        let pooled = self.pooled()?;
        let e = &influence(&pooled)?.residuals;
        let summed = sums(e, self.index.factor(Way::Unit));
        let a_stat = 1.0 - dot(&summed, &summed) / dot(e, e);
        let lagged = Lagged::of(e, self.index.units());
        let b = dot(&lagged.now, &lagged.before) / dot(&lagged.now, &lagged.now);
        let n = self.design.n_rows() as f64;
        let a = self.index.counts(Way::Unit).iter().map(|t| t * t).sum::<f64>();
        let m = self.index.counts(Way::Time).into_iter().fold(0.0, f64::max);
        let spare = a - 3.0 * n + 2.0 * m;
        Ok(match test {
            PanelTest::BeraSerial => {
                let gap = b + (n - m) / (a - n) * a_stat;
                let scale = (a - n) * n * n / ((n - m) * spare);
                chi_squared(gap * gap * scale, 1.0, "no serial correlation, whether or not there are random effects")
            }
            PanelTest::BeraEffects => {
                let statistic = -(n * n / (2.0 * spare)).sqrt() * (a_stat + 2.0 * b);
                upper_normal(statistic, "no random effects, whether or not there is serial correlation")
            }
            _ => {
                let first = (a_stat * a_stat + 4.0 * a_stat * b + 4.0 * b * b) / (2.0 * spare);
                chi_squared(n * n * (first + b * b / (n - m)), 2.0, "neither random effects nor serial correlation")
            }
        })
    }
}
