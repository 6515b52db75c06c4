//! The absorbed effects themselves, as rows of a record.

use super::error::EstimateError;
use super::estimator::Estimate;
use super::fit::FixedEffect;
use super::ols::INTERCEPT;
use crate::absorb::{EffectEstimates, Effects, FixedEffects};
use crate::design::{DesignMatrix, ModelVariables};

/// Recovers the effects of a model from what its regressors (and residuals) leave of the outcome, or of the index where there
/// is one; `None` if it absorbs none.
///
/// # Errors
/// Those of [`FixedEffects::recover`].
pub fn recover_effects(design: &DesignMatrix, estimate: &Estimate) -> Result<Option<FixedEffects>, EstimateError> {
    let Some(effects) = Effects::of(design) else { return Ok(None) };
    let mut explained: Vec<f64> = match (&estimate.index, &design.offset) {
        (None, _) => {
            let residuals = &estimate.linear()?.residuals;
            design.outcome.values.iter().zip(residuals.iter()).map(|(y, e)| y - e).collect()
        }
        (Some(index), None) => index.values.to_vec(),
        (Some(index), Some(offset)) => index.values.iter().zip(offset.values.iter()).map(|(i, o)| i - o).collect(),
    };
    for (term, b) in
        estimate.mean_terms().iter().zip(estimate.coefficients.iter()).filter(|(term, _)| *term != INTERCEPT)
    {
        let column = design.regressors.iter().chain(&design.endogenous).find(|variable| variable.name == *term);
        for (value, x) in explained.iter_mut().zip(column.iter().flat_map(|variable| variable.values.iter())) {
            *value -= b * x;
        }
    }
    Ok(Some(FixedEffects::recover(&effects, &explained)?))
}

/// A row per level and parameter, with the names that the variables have.
pub fn listed_effects(found: &FixedEffects, design: &DesignMatrix, variables: &ModelVariables) -> Vec<FixedEffect> {
    let parts = found.effects.iter().zip(&design.absorbed).zip(&variables.absorbed);
    let mut rows = Vec::new();
    for ((effect, term), variable) in parts {
        let row = |slope: &str, level: usize, estimate: f64| FixedEffect {
            effect: effect.name.clone(),
            slope: slope.to_string(),
            level: variable.factor.levels.get(term.factor.origin[level] as usize).cloned().unwrap_or_default(),
            component: effect.components.as_ref().map(|components| components[level] as usize + 1),
            estimate,
            is_reference: slope.is_empty() && is_reference(effect, level),
        };
        rows.extend(effect.intercepts.iter().enumerate().map(|(level, &value)| row("", level, value)));
        for ((name, _), values) in variable.slopes.iter().zip(&effect.slopes) {
            rows.extend(values.iter().enumerate().map(|(level, &value)| row(name, level, value)));
        }
    }
    rows
}

fn is_reference(effect: &EffectEstimates, level: usize) -> bool {
    effect.references.binary_search(&(level as u32)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::absorb::AbsorberCache;
    use crate::estimate::{Estimator, Ols};
    use crate::panel::Factor;

    /// Effects, regressors and residuals add up to the outcome, with weights too.
    #[test]
    fn the_outcome_is_put_together_again() {
        let n = 300u32;
        let factor = |of: &dyn Fn(u32) -> u32, levels: u32| {
            Factor::new((0..n).map(of).collect(), (0..levels).map(|l| format!("l{l}")).collect())
        };
        let x: Vec<f64> = (0..n).map(|i| (f64::from(i) * 0.7).sin()).collect();
        let y: Vec<f64> = (0..n).map(|i| 2.0 * x[i as usize] + (f64::from(i) * 1.1).cos() + f64::from(i % 7)).collect();
        let weights: Vec<f64> = (0..n).map(|i| 1.0 + f64::from(i % 3)).collect();
        let vars = ModelVariables::new(("y", y.clone()), vec![("x", x.clone())])
            .absorb("firm", factor(&|i| i % 20, 20))
            .absorb("year", factor(&|i| (i / 20 + i * i) % 6, 6))
            .weight(crate::design::WeightKind::Analytic, "w", weights);
        let design = DesignMatrix::build(&vars, Default::default()).unwrap();
        let estimate = Ols.fit(&design, &AbsorberCache::new()).unwrap();
        let found = recover_effects(&design, &estimate).unwrap().unwrap();
        let influence = estimate.linear().unwrap();
        for i in 0..n as usize {
            let effects: f64 = found
                .effects
                .iter()
                .zip(&design.absorbed)
                .map(|(effect, term)| effect.intercepts[term.factor.codes[i] as usize])
                .sum();
            let sum = estimate.coefficients[0] * x[i] + effects + influence.residuals[i];
            assert!((sum - y[i]).abs() < 1e-9, "{i}");
        }
        let rows = listed_effects(&found, &design, &vars);
        assert_eq!(rows.len(), 26);
        let references: Vec<(&str, &str)> =
            rows.iter().filter(|row| row.is_reference).map(|row| (row.effect.as_str(), row.level.as_str())).collect();
        let first = &vars.absorbed[1].factor.levels[design.absorbed[1].factor.origin[0] as usize];
        assert_eq!(references, vec![("year", first.as_str())]);
    }
}
