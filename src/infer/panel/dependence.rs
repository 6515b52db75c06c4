//! Tests of correlation between units, with within residuals.
//!
//! With `r_ij` the correlation of the residuals of two units over the `T_ij` periods that both have: `lm` is
//! `Σ T_ij r_ij²` (Breusch and Pagan 1980), `scaled-lm` `Σ (T_ij r_ij² - 1) / sqrt(2 P)` over `P` pairs, `cd`
//! `Σ sqrt(T_ij) r_ij / sqrt(P)` (Pesaran 2004). Pairs with fewer than two periods in common are left out.

use rayon::prelude::*;

use super::{PanelModel, PanelTest, chi_squared, influence, normal};
use crate::design::Way;
use crate::estimate::panel::PanelEffect;
use crate::estimate::{EstimateError, TestResult};

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

    fn correlations(&self) -> Result<Pairs, EstimateError> {
        let within = self.within(PanelEffect::Unit)?;
        let e = &influence(&within)?.residuals;
        let index = &self.index;
        let of_unit = |unit: usize| -> Vec<(usize, f64)> {
            index.unit_rows(unit).iter().map(|&row| (index.period(row), e[row as usize])).collect()
        };
        let units: Vec<Vec<(usize, f64)>> = (0..index.n(Way::Unit)).map(of_unit).collect();
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
