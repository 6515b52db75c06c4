//! Tests of correlation between units, with within residuals.
//!
//! With `r_ij` the correlation of the residuals of two units over the `T_ij` periods that both have: `lm` is
//! `Σ T_ij r_ij²` (Breusch and Pagan 1980), `scaled-lm` `Σ (T_ij r_ij² - 1) / sqrt(2 P)` over `P` pairs, `cd`
//! `Σ sqrt(T_ij) r_ij / sqrt(P)` (Pesaran 2004). Pairs with fewer than two periods in common are left out.
//!
//! `adjusted-lm` is of the residuals of a regression in every unit: with `T - k` degrees of freedom and `M_i` its residual projection,
//! `Σ ((T-k) r_ij² - μ_ij) / υ_ij / sqrt(P)` with the exact mean and variance of `(T-k) r_ij²` under normal errors (Pesaran, Ullah and
//! Yamagata 2008, equations 14 to 17).

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::specification::{UnitRegression, unit_regressions};
use super::{PanelModel, PanelTest, chi_squared, influence, normal};
use crate::design::Way;
use crate::estimate::panel::levels::Levels;
use crate::estimate::panel::{PanelEffect, PanelError};
use crate::estimate::{EstimateError, TestResult};
use crate::linalg::{dot, sum};

/// Sums over pairs of units.
#[derive(Clone, Copy, Debug, Default)]
struct Pairs {
    pairs: f64,
    squares: f64,
    roots: f64,
    correlations: f64,
    longest: f64,
}

impl PanelModel<'_> {
    pub(super) fn cross_section(&self, test: PanelTest) -> Result<TestResult, EstimateError> {
        let found = self.correlations()?;
        let scaled = (found.squares - found.pairs) / (2.0 * found.pairs).sqrt();
        let units = self.index.n(Way::Unit) as f64;
        Ok(match test {
            PanelTest::CrossSectionLm => chi_squared(found.squares, found.pairs, "no correlation between units"),
            PanelTest::ScaledLm => normal(scaled, "no correlation between units"),
            PanelTest::BiasCorrectedLm => {
                normal(scaled - units / (2.0 * (found.longest - 1.0)), "no correlation between units")
            }
            PanelTest::PesaranCd => normal(found.roots / found.pairs.sqrt(), "no (or weak) correlation between units"),
            _ => TestResult {
                test: String::new(),
                statistic: found.correlations / found.pairs,
                df1: None,
                df2: None,
                p_value: None,
                note: "the mean correlation of the residuals of two units".to_string(),
            },
        })
    }

    /// The CD statistic of the pairs of neighbours alone, Pesaran's (2004) CD(p): plm's `pcdtest(w = )`. `neighbours` has
    /// pairs of units by code, each once or twice.
    ///
    /// # Errors
    /// Those of the within regression; [`PanelError::NoNeighbours`] if no pair has two periods in common.
    pub fn local_cd(&self, neighbours: &[(usize, usize)]) -> Result<TestResult, EstimateError> {
        let units = self.residuals_by_unit()?;
        let known = |&(i, j): &(usize, usize)| i != j && i < units.len() && j < units.len();
        let pairs: std::collections::BTreeSet<(usize, usize)> =
            neighbours.iter().copied().filter(known).map(|(i, j)| (i.min(j), i.max(j))).collect();
        let found =
            pairs.into_iter().fold(Pairs::default(), |total, (i, j)| total.with(correlation(&units[i], &units[j])));
        if found.pairs == 0.0 {
            return Err(PanelError::NoNeighbours { unit: self.index.unit_name.clone() }.into());
        }
        let mut out = normal(found.roots / found.pairs.sqrt(), "no (or weak) correlation between neighbours");
        out.test = "cd-local".to_string();
        Ok(out)
    }

    /// The bias-adjusted LM test.
    pub(super) fn adjusted_lm(&self) -> Result<TestResult, EstimateError> {
        if !self.index.is_balanced() {
            return Err(PanelError::Unbalanced { method: "adjusted-lm" }.into());
        }
        // The variance has the factor 1 / (T - k - 4).
        let k = Levels::of(&self.design).regressors.len();
        let units = unit_regressions((&self.design, &self.index), k + 5)?;
        let bases: Vec<DMatrix<f64>> = units.iter().map(UnitRegression::basis).collect();
        let (v, kf) = (self.index.n(Way::Time) as f64 - k as f64, k as f64);
        let second = 3.0 * (((v - 8.0) * (v + 2.0) + 24.0) / ((v + 2.0) * (v - 2.0) * (v - 4.0))).powi(2);
        let first = second - 1.0 / (v * v);
        let of_pair = |i: usize, j: usize| {
            let (a, b) = (&units[i].solved.residuals, &units[j].solved.residuals);
            let r2 = dot(a, b).powi(2) / (dot(a, a) * dot(b, b));
            // With A = Q_i'Q_j: tr(M_i M_j) and tr((M_i M_j)²).
            let shared = bases[i].transpose() * &bases[j];
            let inner = shared.transpose() * &shared;
            let trace = v - kf + inner.trace();
            let rest = DMatrix::identity(k, k) - &inner;
            let trace_of_square = v - 2.0 * (kf - inner.trace()) + (&rest * &rest).trace();
            let deviation = (trace * trace * first + 2.0 * trace_of_square * second).sqrt();
            (v * r2 - trace / v) / deviation
        };
        let of_first = |i: usize| (i + 1..units.len()).map(|j| of_pair(i, j)).sum::<f64>();
        let parts: Vec<f64> = (0..units.len()).into_par_iter().map(of_first).collect();
        let n = units.len() as f64;
        let statistic = sum(&parts) / (n * (n - 1.0) / 2.0).sqrt();
        Ok(normal(statistic, "no correlation between units (bias-adjusted)"))
    }

    fn residuals_by_unit(&self) -> Result<Vec<Vec<(usize, f64)>>, EstimateError> {
        let within = self.within(PanelEffect::Unit)?;
        let e = &influence(&within)?.residuals;
        let of_unit = |rows: &[u32]| rows.iter().map(|&row| (self.index.period(row), e[row as usize])).collect();
        Ok(self.index.units().map(of_unit).collect())
    }

    fn correlations(&self) -> Result<Pairs, EstimateError> {
        let units = self.residuals_by_unit()?;
        let of_first = |i: usize| {
            units[i + 1..].iter().fold(Pairs::default(), |total, other| total.with(correlation(&units[i], other)))
        };
        // A sum for each unit, added up in order.
        let parts: Vec<Pairs> = (0..units.len()).into_par_iter().map(of_first).collect();
        let mut total = parts.into_iter().fold(Pairs::default(), Pairs::plus);
        total.longest = total.longest.max(units.iter().map(Vec::len).max().unwrap_or(0) as f64);
        Ok(total)
    }
}

impl Pairs {
    fn with(mut self, (t, r): (f64, f64)) -> Pairs {
        if t > 1.0 && r.is_finite() {
            self.pairs += 1.0;
            self.squares += t * r * r;
            self.roots += t.sqrt() * r;
            self.correlations += r;
            self.longest = self.longest.max(t);
        }
        self
    }

    fn plus(self, other: Pairs) -> Pairs {
        Pairs {
            pairs: self.pairs + other.pairs,
            squares: self.squares + other.squares,
            roots: self.roots + other.roots,
            correlations: self.correlations + other.correlations,
            longest: self.longest.max(other.longest),
        }
    }
}

/// How many periods two units share, and the correlation over these. Rows are in the order of time.
fn correlation(a: &[(usize, f64)], b: &[(usize, f64)]) -> (f64, f64) {
    let (mut i, mut j) = (0, 0);
    let mut common: Vec<(f64, f64)> = Vec::with_capacity(a.len().min(b.len()));
    while i < a.len() && j < b.len() {
        match a[i].0.cmp(&b[j].0) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                common.push((a[i].1, b[j].1));
                (i, j) = (i + 1, j + 1);
            }
        }
    }
    let t = common.len() as f64;
    let (x, y) = common.iter().fold((0.0, 0.0), |(x, y), pair| (x + pair.0 / t, y + pair.1 / t));
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (a, b) in common {
        xx += (a - x) * (a - x);
        yy += (b - y) * (b - y);
        xy += (a - x) * (b - y);
    }
    (t, xy / (xx * yy).sqrt())
}
