//! [`Controls`]: takes the controls, the absorbed effects and the constant out of any column of the sample.

use std::sync::Arc;

use super::super::error::EstimateError;
use super::super::fit::Convergence;
use super::super::ols::drop_collinear;
use super::super::working::{COLLINEAR, Working, mean};
use crate::absorb::{AbsorberCache, Effects};
use crate::design::{DesignMatrix, Variable};
use crate::linalg::weighted_dot;
use crate::note::Note;

/// The controls of a design as an orthonormal basis (in the weights), net of effects or constant.
pub struct Controls<'a> {
    design: DesignMatrix,
    cache: &'a AbsorberCache,
    effects: Option<Effects>,
    basis: Vec<Vec<f64>>,
    weights: Option<Arc<Vec<f64>>>,
    /// Parameters absorbed by effects, by fixest's count, and the levels of each effect.
    pub absorbed: Option<crate::absorb::AbsorbedDegrees>,
    /// How the absorption of the controls ended.
    pub convergence: Convergence,
    /// Controls that others explain.
    pub notes: Vec<Note>,
}

impl<'a> Controls<'a> {
    /// The controls of a design: its regressors except those at `apart`.
    ///
    /// # Errors
    /// Effects that cannot be absorbed.
    pub fn of(design: &DesignMatrix, apart: &[usize], cache: &'a AbsorberCache) -> Result<Controls<'a>, EstimateError> {
        let mut design = design.clone();
        let kept = |(position, variable): (usize, &Variable)| (!apart.contains(&position)).then(|| variable.clone());
        design.regressors = design.regressors.iter().enumerate().filter_map(kept).collect();
        let mut working = Working::of(&design, cache)?;
        drop_collinear(&design, &mut working);
        let weights = design.weights.as_ref().map(|weights| Arc::clone(&weights.values));
        let mut basis: Vec<Vec<f64>> = Vec::new();
        for (_, column, _) in &working.regressors {
            let mut left = column.to_vec();
            let own = weighted_dot(&left, &left, weights.as_ref().map(|w| w.as_slice()));
            project(&basis, weights.as_ref().map(|w| w.as_slice()), &mut left);
            let norm = weighted_dot(&left, &left, weights.as_ref().map(|w| w.as_slice()));
            if norm > COLLINEAR * COLLINEAR * own {
                let scale = norm.sqrt();
                left.iter_mut().for_each(|v| *v /= scale);
                basis.push(left);
            }
        }
        Ok(Controls {
            effects: Effects::of(&design),
            basis,
            weights,
            absorbed: working.absorbed,
            convergence: working.convergence,
            notes: working.notes,
            design,
            cache,
        })
    }

    /// A column net of the controls.
    ///
    /// # Errors
    /// Effects that cannot be absorbed.
    pub fn net(&self, column: &[f64]) -> Result<Vec<f64>, EstimateError> {
        let weights = self.weights.as_ref().map(|w| w.as_slice());
        let mut out = column.to_vec();
        match &self.effects {
            Some(effects) => {
                self.cache.absorber(effects)?.absorber().absorb(&mut out)?;
            }
            None if self.design.intercept => {
                for _ in 0..2 {
                    let centre = mean(&out, weights);
                    out.iter_mut().for_each(|v| *v -= centre);
                }
            }
            None => {}
        }
        project(&self.basis, weights, &mut out);
        Ok(out)
    }

    /// Whether the controls explain a column, up to rounding.
    ///
    /// # Errors
    /// As [`Controls::net`].
    pub fn explain(&self, column: &[f64]) -> Result<bool, EstimateError> {
        let weights = self.weights.as_ref().map(|w| w.as_slice());
        let left = self.net(column)?;
        Ok(weighted_dot(&left, &left, weights) <= COLLINEAR * weighted_dot(column, column, weights))
    }

    /// Parameters: controls, the constant, absorbed effects.
    pub fn n_parameters(&self) -> usize {
        let constant = usize::from(self.design.intercept && self.effects.is_none());
        self.basis.len() + constant + self.absorbed.as_ref().map_or(0, |degrees| degrees.conventional)
    }
}

/// Takes an orthonormal basis out of a column, twice: the second pass removes what rounding left in the first.
fn project(basis: &[Vec<f64>], weights: Option<&[f64]>, column: &mut [f64]) {
    for _ in 0..2 {
        for q in basis {
            let share = weighted_dot(q, column, weights);
            column.iter_mut().zip(q).for_each(|(v, q)| *v -= share * q);
        }
    }
}
