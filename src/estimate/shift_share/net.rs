//! [`Controls`]: takes the controls, the absorbed effects and the constant out of any column of the sample.

use std::sync::Arc;

use super::super::error::EstimateError;
use super::super::fit::Convergence;
use super::super::working::{COLLINEAR, ROUNDING, mean};
use crate::absorb::{AbsorbedDegrees, AbsorberCache, Effects, cache::SharedAbsorber};
use crate::design::{DesignMatrix, Variable};
use crate::linalg::{Pivots, cross_products, squares_about, weighted_dot};
use crate::note::Note;

/// The controls of a design as an orthonormal basis (in the weights), net of effects or constant.
pub struct Controls {
    absorber: Option<SharedAbsorber>,
    has_constant: bool,
    basis: Vec<Vec<f64>>,
    weights: Option<Arc<Vec<f64>>>,
    /// Parameters absorbed by effects.
    pub absorbed: Option<AbsorbedDegrees>,
    /// How the absorption of the controls ended.
    pub convergence: Convergence,
    /// Controls that the effects or other controls explain.
    pub notes: Vec<Note>,
}

impl Controls {
    /// The controls of a design: its regressors except those at `apart`.
    ///
    /// # Errors
    /// Effects that cannot be absorbed.
    pub fn of(design: &DesignMatrix, apart: &[usize], cache: &AbsorberCache) -> Result<Controls, EstimateError> {
        let effects = Effects::of(design);
        let absorber = effects.as_ref().map(|effects| cache.absorber(effects)).transpose()?;
        let mut controls = Controls {
            absorbed: absorber.as_ref().map(|shared| shared.absorber().degrees().clone()),
            absorber,
            has_constant: design.intercept,
            basis: Vec::new(),
            weights: design.weights.as_ref().map(|weights| Arc::clone(&weights.values)),
            convergence: Convergence::closed(),
            notes: Vec::new(),
        };
        let taken_by = effects.map_or_else(|| super::super::ols::INTERCEPT.to_string(), |effects| effects.names());
        let variables = design.regressors.iter().enumerate().filter(|(position, _)| !apart.contains(position));
        controls.orthogonalise(variables.map(|(_, variable)| variable), &taken_by)?;
        Ok(controls)
    }

    /// Makes the basis: columns net of effects or constant, those left out that others explain.
    fn orthogonalise<'a>(
        &mut self,
        variables: impl Iterator<Item = &'a Variable>,
        taken_by: &str,
    ) -> Result<(), EstimateError> {
        let (mut names, mut columns) = (Vec::new(), Vec::new());
        for variable in variables {
            let left = self.net_of_effects(&variable.values)?;
            if self.is_nothing(&left, &variable.values) {
                let (term, by) = (variable.name.clone(), taken_by.to_string());
                self.notes.push(match self.absorber {
                    Some(_) => Note::Absorbed { term, by },
                    None => Note::Collinear { term, with: vec![by] },
                });
            } else {
                names.push(variable.name.clone());
                columns.push(left);
            }
        }
        let views: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let pivots = Pivots::choose(&cross_products(&views, self.weight_values()), COLLINEAR);
        for dependent in &pivots.dependent {
            let with = dependent.of.iter().map(|&(position, _)| names[position].clone()).collect();
            self.notes.push(Note::Collinear { term: names[dependent.column].clone(), with });
        }
        for &position in &pivots.kept {
            let mut left = std::mem::take(&mut columns[position]);
            self.project(&mut left);
            let scale = weighted_dot(&left, &left, self.weight_values()).sqrt();
            left.iter_mut().for_each(|v| *v /= scale);
            self.basis.push(left);
        }
        Ok(())
    }

    fn weight_values(&self) -> Option<&[f64]> {
        self.weights.as_ref().map(|weights| weights.as_slice())
    }

    fn net_of_effects(&mut self, column: &[f64]) -> Result<Vec<f64>, EstimateError> {
        let mut out = column.to_vec();
        if let Some(shared) = &self.absorber {
            let ended = shared.absorber().absorb(&mut out)?.convergence;
            self.convergence.iterations = self.convergence.iterations.max(ended.iterations);
            self.convergence.residual = self.convergence.residual.max(ended.residual);
            return Ok(out);
        }
        self.centre(&mut out);
        Ok(out)
    }

    fn centre(&self, column: &mut [f64]) {
        if !self.has_constant {
            return;
        }
        // The mean of large numbers is rounded; the second pass takes out what that leaves.
        for _ in 0..2 {
            let centre = mean(column, self.weight_values());
            column.iter_mut().for_each(|v| *v -= centre);
        }
    }

    /// A column net of the controls.
    ///
    /// # Errors
    /// Effects that cannot be absorbed.
    pub fn net(&self, column: &[f64]) -> Result<Vec<f64>, EstimateError> {
        let mut out = column.to_vec();
        match &self.absorber {
            Some(shared) => {
                shared.absorber().absorb(&mut out)?;
            }
            None => self.centre(&mut out),
        }
        self.project(&mut out);
        Ok(out)
    }

    /// Whether the controls explain a column of data that may be rounded.
    ///
    /// # Errors
    /// As [`Controls::net`].
    pub fn explain(&self, column: &[f64]) -> Result<bool, EstimateError> {
        let (left, weights) = (self.net(column)?, self.weight_values());
        Ok(weighted_dot(&left, &left, weights) <= COLLINEAR * weighted_dot(column, column, weights))
    }

    /// Whether what is left of a column is only rounding.
    pub(super) fn is_nothing(&self, left: &[f64], column: &[f64]) -> bool {
        let weights = self.weight_values();
        let about_mean = squares_about(column, mean(column, weights), weights);
        let raw = weighted_dot(column, column, weights);
        weighted_dot(left, left, weights) <= (COLLINEAR * about_mean).max(ROUNDING * raw)
    }

    /// Parameters: controls, the constant, absorbed effects.
    pub fn n_parameters(&self) -> usize {
        self.basis.len()
            + usize::from(self.has_constant)
            + self.absorbed.as_ref().map_or(0, |degrees| degrees.conventional)
    }

    /// Takes the basis out of a column, twice: the second pass removes what rounding left in the first.
    fn project(&self, column: &mut [f64]) {
        for _ in 0..2 {
            for q in &self.basis {
                let share = weighted_dot(q, column, self.weight_values());
                column.iter_mut().zip(q).for_each(|(v, q)| *v -= share * q);
            }
        }
    }
}
