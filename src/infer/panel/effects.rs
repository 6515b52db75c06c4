//! Tests of effects: poolability, Lagrange multipliers, Wooldridge's covariance.
//!
//! With pooled residuals `e`, `A_j = Σ_g (Σ_{i in g} e_i)² / e'e - 1` and `M_j = Σ_g n_g²` over the levels `g` of way `j`:
//! `LM_j = n A_j / sqrt(2 (M_j - n))`, in balanced and unbalanced panels (Baltagi and Li 1990; Baltagi 2013, 4.2 and 9.6).

use super::{PanelModel, chi_squared, fisher, influence, normal, upper_normal};
use crate::design::Way;
use crate::estimate::panel::PanelEffect;
use crate::estimate::panel::means::sums;
use crate::estimate::{EstimateError, TestResult};
use crate::infer::instruments::distribution::upper_chi_squared;
use crate::linalg::dot;

/// `LM_j` and `sqrt(M_j - n)`.
type Multiplier = (f64, f64);

impl PanelModel<'_> {
    /// F of the effects: `(RSS_p - RSS_w) / RSS_w` per degree of freedom.
    pub(super) fn poolability(&self, effect: PanelEffect) -> Result<TestResult, EstimateError> {
        let (pooled, within) = (self.pooled()?, self.within(effect)?);
        let n = self.design.n_rows() as f64;
        let (df_pooled, df_within) = (n - pooled.n_parameters() as f64, n - within.n_parameters() as f64);
        let df1 = df_pooled - df_within;
        let statistic = (pooled.sums.residual - within.sums.residual) / within.sums.residual / df1 * df_within;
        Ok(fisher(statistic, (df1, df_within), &format!("no {} effects", effect.name())))
    }

    fn multiplier(&self, way: Way) -> Result<Multiplier, EstimateError> {
        let pooled = self.pooled()?;
        let e = &influence(&pooled)?.residuals;
        let summed = sums(e, self.index.factor(way));
        let n = self.design.n_rows() as f64;
        let a = dot(&summed, &summed) / dot(e, e) - 1.0;
        let spare = self.index.counts(way).iter().map(|count| count * count).sum::<f64>() - n;
        Ok((n * a / (2.0 * spare).sqrt(), spare.sqrt()))
    }

    fn multipliers(&self, effect: PanelEffect) -> Result<Vec<Multiplier>, EstimateError> {
        effect.ways().iter().map(|&way| self.multiplier(way)).collect()
    }

    pub(super) fn breusch_pagan(&self, effect: PanelEffect) -> Result<TestResult, EstimateError> {
        let found = self.multipliers(effect)?;
        let statistic = found.iter().map(|(lm, _)| lm * lm).sum();
        Ok(chi_squared(statistic, found.len() as f64, "no random effects (Breusch and Pagan)"))
    }

    pub(super) fn honda(&self, effect: PanelEffect) -> Result<TestResult, EstimateError> {
        let found = self.multipliers(effect)?;
        let statistic = found.iter().map(|(lm, _)| lm).sum::<f64>() / (found.len() as f64).sqrt();
        Ok(upper_normal(statistic, "no random effects (Honda)"))
    }

    pub(super) fn king_wu(&self, effect: PanelEffect) -> Result<TestResult, EstimateError> {
        let found = self.multipliers(effect)?;
        let length = found.iter().map(|(_, root)| root * root).sum::<f64>().sqrt();
        let statistic = found.iter().map(|(lm, root)| lm * root / length).sum();
        Ok(upper_normal(statistic, "no random effects (King and Wu)"))
    }

    /// `max(0, LM_1)² + max(0, LM_2)²`, a mixture of chi-squared with 0, 1 and 2 degrees of freedom, weights 1/4, 1/2, 1/4.
    pub(super) fn gourieroux(&self) -> Result<TestResult, EstimateError> {
        let found = self.multipliers(PanelEffect::TwoWays)?;
        let statistic: f64 = found.iter().map(|(lm, _)| lm.max(0.0).powi(2)).sum();
        let tail = |df: f64| if statistic > 0.0 { upper_chi_squared(statistic, df) } else { 1.0 };
        let at_zero = if statistic > 0.0 { 0.0 } else { 0.25 };
        let mut out = chi_squared(statistic, 2.0, "no random effects of units or periods (mixed chi-squared)");
        out.p_value = Some(at_zero + 0.5 * tail(1.0) + 0.25 * tail(2.0));
        Ok(out)
    }

    /// `Σ_i Σ_{t<s} e_it e_is` over the root of the sum of its squares.
    pub(super) fn unobserved(&self) -> Result<TestResult, EstimateError> {
        let pooled = self.pooled()?;
        let e = &influence(&pooled)?.residuals;
        let crossed: Vec<f64> = self
            .index
            .units()
            .map(|rows| {
                let (sum, squares) = rows.iter().fold((0.0, 0.0), |(sum, squares), &row| {
                    let value = e[row as usize];
                    (sum + value, squares + value * value)
                });
                (sum * sum - squares) / 2.0
            })
            .collect();
        let statistic = crossed.iter().sum::<f64>() / dot(&crossed, &crossed).sqrt();
        Ok(normal(statistic, "no unobserved unit effects (Wooldridge)"))
    }

    /// `Σ_i (s_i² - s²)² / V_i`, `V_i = Σ_t (e_it² - s_i²)² / (T_i (T_i - 1))`, with within residuals.
    pub(super) fn heteroskedasticity(&self) -> Result<TestResult, EstimateError> {
        let within = self.within(PanelEffect::Unit)?;
        let e = &influence(&within)?.residuals;
        let overall = dot(e, e) / e.len() as f64;
        let (mut statistic, mut units) = (0.0, 0.0);
        for rows in self.index.units().filter(|rows| rows.len() > 1) {
            let t = rows.len() as f64;
            let squares: Vec<f64> = rows.iter().map(|&row| e[row as usize] * e[row as usize]).collect();
            let own = squares.iter().sum::<f64>() / t;
            let spread = squares.iter().map(|square| (square - own) * (square - own)).sum::<f64>() / (t * (t - 1.0));
            if spread > 0.0 {
                statistic += (own - overall) * (own - overall) / spread;
                units += 1.0;
            }
        }
        Ok(chi_squared(statistic, units, "one error variance for all units (modified Wald)"))
    }
}
