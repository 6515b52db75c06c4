//! [`FixedEffects`]: the effects themselves, from what they explain.
//!
//! In: effects and the part of the outcome that they explain, `y - Xb - e`; out: a coefficient per level (and per slope and
//! level) with `Σ D a` equal to it. One effect is a mean per level. Several are found by the conjugate gradients of
//! [`super::Projections`], on the same Schur complement.
//!
//! Intercepts of two effects are identified up to a constant per connected component of their graph: in each component the
//! first level of the second effect is zero, so that levels can be compared within components and not across. Of each
//! later effect the first level is zero and the constant goes to the first effect; with three or more effects further
//! constants may be free, and comparisons hold only where the graph of all of them is connected. Slopes are not normalised.

use nalgebra::{DMatrix, DVector};

use super::effects::Effects;
use super::error::AbsorbError;
use super::projections::Projections;
use crate::design::AbsorbedTerm;

/// Estimates of effects, normalised.
#[derive(Clone, Debug, PartialEq)]
pub struct FixedEffects {
    /// One per effect, in order.
    pub effects: Vec<EffectEstimates>,
}

/// Estimates of one effect; levels are those of its [`crate::design::DenseFactor`].
#[derive(Clone, Debug, PartialEq)]
pub struct EffectEstimates {
    /// As written.
    pub name: String,
    /// The intercept of each level; empty if there are none.
    pub intercepts: Vec<f64>,
    /// Of each slope, its value in each level; zero where the variable does not vary.
    pub slopes: Vec<Vec<f64>>,
    /// Connected component of each level, counted from 0, in the graph of the first two effects with intercepts; `None`
    /// for later effects.
    pub components: Option<Vec<u32>>,
    /// Levels that were set to zero.
    pub references: Vec<u32>,
}

impl FixedEffects {
    /// Recovers the effects from what they explain, a value per row of the sample.
    ///
    /// # Errors
    /// [`AbsorbError::NotConverged`] if the effects cannot be told apart to the tolerance, [`AbsorbError::LengthDiffers`].
    pub fn recover(effects: &Effects, explained: &[f64]) -> Result<FixedEffects, AbsorbError> {
        let parts = Projections::new(effects)?.parts(explained)?;
        let weights = effects.weights.as_ref().map(|weights| weights.as_slice());
        let estimate = |(term, part): (&AbsorbedTerm, &Vec<f64>)| {
            let (intercepts, slopes) = by_level(term, part, weights);
            EffectEstimates { name: term.name.clone(), intercepts, slopes, components: None, references: Vec::new() }
        };
        let mut out = FixedEffects { effects: effects.terms.iter().zip(&parts).map(estimate).collect() };
        out.normalise(&effects.terms);
        Ok(out)
    }

    fn normalise(&mut self, terms: &[AbsorbedTerm]) {
        let with_intercepts: Vec<usize> = (0..terms.len()).filter(|&i| !terms[i].slopes_only).collect();
        let Some((&first, later)) = with_intercepts.split_first() else { return };
        let Some((&second, others)) = later.split_first() else {
            self.effects[first].components = Some(vec![0; terms[first].factor.n_levels]);
            return;
        };
        let (of_first, of_second) = terms[first].factor.components_of(&terms[second].factor);
        let n = of_first.iter().max().map_or(0, |&last| last as usize + 1);
        let mut constant: Vec<Option<f64>> = vec![None; n];
        for (level, &component) in of_second.iter().enumerate() {
            let slot = &mut constant[component as usize];
            if slot.is_none() {
                *slot = Some(self.effects[second].intercepts[level]);
                self.effects[second].references.push(level as u32);
            }
        }
        let constant: Vec<f64> = constant.into_iter().map(Option::unwrap_or_default).collect();
        shift(&mut self.effects[second].intercepts, &of_second, |component| -constant[component]);
        shift(&mut self.effects[first].intercepts, &of_first, |component| constant[component]);
        for &other in others {
            let zero = self.effects[other].intercepts[0];
            self.effects[other].intercepts.iter_mut().for_each(|value| *value -= zero);
            self.effects[first].intercepts.iter_mut().for_each(|value| *value += zero);
            self.effects[other].references.push(0);
        }
        self.effects[first].components = Some(of_first);
        self.effects[second].components = Some(of_second);
    }
}

fn shift(values: &mut [f64], components: &[u32], by: impl Fn(usize) -> f64) {
    values.iter_mut().zip(components).for_each(|(value, &component)| *value += by(component as usize));
}

/// Intercept and slopes of each level of one effect from what it explains, by least squares within the level.
fn by_level(term: &AbsorbedTerm, part: &[f64], weights: Option<&[f64]>) -> (Vec<f64>, Vec<Vec<f64>>) {
    let (n, k) = (term.factor.n_levels, term.slopes.len());
    let codes = &term.factor.codes;
    let weight = |row: usize| weights.map_or(1.0, |w| w[row]);
    let sums = |value: &dyn Fn(usize) -> f64| {
        let mut sums = vec![0.0; n];
        codes.iter().enumerate().for_each(|(row, &code)| sums[code as usize] += weight(row) * value(row));
        sums
    };
    let mass = sums(&|_| 1.0);
    let mean = |value: &dyn Fn(usize) -> f64| -> Vec<f64> {
        if term.slopes_only { vec![0.0; n] } else { sums(value).iter().zip(&mass).map(|(s, m)| s / m).collect() }
    };
    let centre = mean(&|row| part[row]);
    let centres: Vec<Vec<f64>> = term.slopes.iter().map(|slope| mean(&|row| slope[row])).collect();
    let about = |j: usize, row: usize| term.slopes[j][row] - centres[j][codes[row] as usize];
    let products: Vec<Vec<f64>> = (0..k * k).map(|at| sums(&|row| about(at / k, row) * about(at % k, row))).collect();
    let right: Vec<Vec<f64>> =
        (0..k).map(|j| sums(&|row| about(j, row) * (part[row] - centre[codes[row] as usize]))).collect();
    let mut intercepts = centre;
    let mut slopes = vec![vec![0.0; n]; k];
    if k > 0 {
        for level in 0..n {
            let scale: Vec<f64> = (0..k).map(|j| products[j * k + j][level].sqrt()).collect();
            let unit = |j: usize| if scale[j] > 0.0 { scale[j].recip() } else { 0.0 };
            let gram = DMatrix::from_fn(k, k, |i, j| products[i * k + j][level] * unit(i) * unit(j));
            let b = DVector::from_fn(k, |j, _| right[j][level] * unit(j));
            // A slope that does not vary has a zero singular value, and stays zero.
            let Ok(solved) = gram.svd(true, true).solve(&b, 1e-12) else { continue };
            for j in 0..k {
                slopes[j][level] = solved[j] * unit(j);
                intercepts[level] -= slopes[j][level] * centres[j][level];
            }
        }
    }
    if term.slopes_only {
        intercepts.clear();
    }
    (intercepts, slopes)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::absorb::AbsorptionSettings;
    use crate::design::DenseFactor;

    fn term(name: &str, codes: Vec<u32>, slopes: Vec<Vec<f64>>) -> AbsorbedTerm {
        let n_levels = codes.iter().max().map_or(0, |&last| last as usize + 1);
        AbsorbedTerm {
            name: name.to_string(),
            factor: DenseFactor { codes: Arc::new(codes), n_levels, origin: Arc::new((0..n_levels as u32).collect()) },
            slopes: slopes.into_iter().map(Arc::new).collect(),
            slopes_only: false,
        }
    }

    #[test]
    fn effects_are_found_up_to_a_constant_per_component() {
        // Two components: firms 0 to 4 with workers 0 to 49, firms 5 to 9 with the others.
        let n = 600;
        let worker: Vec<u32> = (0..n).map(|i| i % 100).collect();
        let firm: Vec<u32> = (0..n).map(|i| (i * i / 7 + i / 100) % 5 + if i % 100 < 50 { 0 } else { 5 }).collect();
        let year: Vec<u32> = (0..n).map(|i| i / 100).collect();
        let of = |i: u32, k: f64| (f64::from(i) * k).sin();
        for with_year in [false, true] {
            let mut terms = vec![term("worker", worker.clone(), vec![]), term("firm", firm.clone(), vec![])];
            if with_year {
                terms.push(term("year", year.clone(), vec![]));
            }
            let explained: Vec<f64> = (0..n as usize)
                .map(|i| of(worker[i], 1.3) + of(firm[i], 2.1) + if with_year { of(year[i], 0.7) } else { 0.0 })
                .collect();
            let effects = Effects { terms, weights: None, settings: AbsorptionSettings::default() };
            let found = FixedEffects::recover(&effects, &explained).unwrap();
            let firms = &found.effects[1];
            assert_eq!(firms.references, vec![0, 5]);
            assert_eq!(firms.components.as_ref().unwrap()[4..6], [0, 1]);
            for level in 0..10u32 {
                let truth = of(level, 2.1) - of(level / 5 * 5, 2.1);
                assert!((firms.intercepts[level as usize] - truth).abs() < 1e-8, "{level} {with_year}");
            }
            for (i, value) in explained.iter().enumerate() {
                let codes = [worker[i], firm[i], year[i]];
                let sum: f64 =
                    found.effects.iter().zip(codes).map(|(effect, code)| effect.intercepts[code as usize]).sum();
                assert!((sum - value).abs() < 1e-8);
            }
        }
    }

    #[test]
    fn slopes_come_in_their_own_units() {
        let n = 400usize;
        let firm: Vec<u32> = (0..n as u32).map(|i| i % 20).collect();
        let year: Vec<u32> = (0..n as u32).map(|i| i / 20).collect();
        let trend: Vec<f64> = year.iter().map(|&t| 2000.0 + f64::from(t)).collect();
        let slope = |code: u32| 0.01 * f64::from(code) - 0.05;
        let explained: Vec<f64> = (0..n).map(|i| 3.0 + slope(firm[i]) * trend[i] + f64::from(year[i] % 3)).collect();
        let weights = Some(Arc::new((0..n).map(|i| 1.0 + (i % 4) as f64).collect::<Vec<f64>>()));
        let terms = vec![term("firm", firm.clone(), vec![trend.clone()]), term("year", year.clone(), vec![])];
        let effects = Effects { terms, weights, settings: AbsorptionSettings::default() };
        let found = FixedEffects::recover(&effects, &explained).unwrap();
        // A common trend can be the years' as well: only differences of slopes are the firms' own.
        let slopes = &found.effects[0].slopes[0];
        for code in 1..20u32 {
            assert!((slopes[code as usize] - slopes[0] - slope(code) + slope(0)).abs() < 1e-7, "{code}");
        }
    }
}
