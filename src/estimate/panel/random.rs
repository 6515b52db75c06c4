//! Random effects by feasible generalised least squares (Swamy and Arora 1972; Baltagi 2013, chapters 2, 3, 5 and 9).

use std::sync::Arc;

use rayon::prelude::*;

use super::components::{Inputs, VarianceComponents, estimate};
use super::error::PanelError;
use super::levels::Levels;
use super::method::{ComponentsMethod, PanelEffect};
use super::quasi::QuasiDemeaning;
use crate::absorb::AbsorberCache;
use crate::design::{DesignMatrix, PanelIndex, Variable};
use crate::note::Note;

/// A design after quasi-demeaning, with what it was done by.
pub(crate) struct RandomDesign {
    /// Transformed columns; the constant, transformed too, is the first regressor.
    pub(crate) design: DesignMatrix,
    /// The components.
    pub(crate) components: VarianceComponents,
    /// θ of each level of the first way.
    pub(crate) theta: Vec<f64>,
}

/// Estimates variance components and transforms a design by them.
///
/// # Errors
/// [`PanelError`] if the design has effects, weights or instruments, or components cannot be estimated.
pub(crate) fn quasi_demeaned(
    design: &DesignMatrix,
    index: &PanelIndex,
    (effect, method): (PanelEffect, ComponentsMethod),
    cache: &AbsorberCache,
) -> Result<RandomDesign, PanelError> {
    let refused = "random";
    if !design.absorbed.is_empty() {
        return Err(PanelError::Absorbed { method: refused });
    }
    if design.weights.is_some() {
        return Err(PanelError::Weights { method: refused });
    }
    if !design.endogenous.is_empty() {
        return Err(PanelError::Instruments { method: refused });
    }
    let levels = Levels::of(design);
    let components = estimate(&Inputs { design, index, levels: &levels, effect }, method, cache)?;
    let by = QuasiDemeaning::of(index, effect, &components);
    let changed =
        |variable: &Variable| Variable { name: variable.name.clone(), values: Arc::new(by.apply(&variable.values)) };
    let design = DesignMatrix {
        outcome: changed(&design.outcome),
        regressors: levels.regressors.par_iter().map(changed).collect(),
        intercept: false,
        notes: design.notes.iter().chain(&levels.notes).cloned().collect(),
        ..design.clone()
    };
    Ok(with_components_noted(RandomDesign { design, components, theta: by.theta }, index, method.name()))
}

/// The design with a note for each component whose estimate was negative.
pub(crate) fn with_components_noted(mut random: RandomDesign, index: &PanelIndex, method: &str) -> RandomDesign {
    for &(way, estimate) in &random.components.negative {
        let of = index.name(way).to_string();
        random.design.notes.push(Note::NegativeComponent { of, estimate, components: method.to_string() });
    }
    random
}
