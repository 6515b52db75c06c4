//! [`Levels`]: the constant and the independent regressors of a panel model, as they are.

use std::sync::Arc;

use super::error::PanelError;
use crate::absorb::{AbsorberCache, Effects};
use crate::design::{AbsorbedTerm, DesignMatrix, PanelIndex, Variable, Way};
use crate::estimate::ols::INTERCEPT;
use crate::linalg::{Pivots, cross_products, dot, squares_about, sum};
use crate::note::Note;

use super::means::demeaned;
use super::method::PanelEffect;
use crate::estimate::working::COLLINEAR;

/// Columns of a model in levels.
#[derive(Clone, Debug)]
pub(crate) struct Levels {
    /// The outcome.
    pub(crate) outcome: Arc<Vec<f64>>,
    /// The constant first, if there is one, then regressors that those before them do not explain.
    pub(crate) regressors: Vec<Variable>,
    /// Whether the first regressor is the constant.
    pub(crate) intercept: bool,
    /// What was left out.
    pub(crate) notes: Vec<Note>,
}

impl Levels {
    /// The columns of a design.
    pub(crate) fn of(design: &DesignMatrix) -> Levels {
        let centred: Vec<Vec<f64>> = design
            .regressors
            .iter()
            .map(|variable| {
                let mean = if design.intercept { sum(&variable.values) / variable.values.len() as f64 } else { 0.0 };
                variable.values.iter().map(|value| value - mean).collect()
            })
            .collect();
        let views: Vec<&[f64]> = centred.iter().map(Vec::as_slice).collect();
        let pivots = Pivots::choose(&cross_products(&views, None), COLLINEAR);
        let name = |position: usize| design.regressors[position].name.clone();
        let note = |dependent: &crate::linalg::Dependent| {
            let with: Vec<String> = dependent.of.iter().map(|&(position, _)| name(position)).collect();
            let with = if with.is_empty() { vec![INTERCEPT.to_string()] } else { with };
            Note::Collinear { term: name(dependent.column), with }
        };
        let constant = design
            .intercept
            .then(|| Variable { name: INTERCEPT.to_string(), values: Arc::new(vec![1.0; design.n_rows()]) });
        let kept = pivots.kept.iter().map(|&position| design.regressors[position].clone());
        Levels {
            outcome: Arc::clone(&design.outcome.values),
            regressors: constant.into_iter().chain(kept).collect(),
            intercept: design.intercept,
            notes: pivots.dependent.iter().map(note).collect(),
        }
    }

    /// The regressors as slices.
    pub(crate) fn columns(&self) -> Vec<&[f64]> {
        self.regressors.iter().map(|variable| variable.values.as_slice()).collect()
    }

    /// The outcome and the regressors net of effects; the constant, and what else the effects explain, left out.
    pub(crate) fn within(
        &self,
        (design, index): (&DesignMatrix, &PanelIndex),
        effect: PanelEffect,
        cache: &AbsorberCache,
    ) -> Result<Within, PanelError> {
        let slopes = &self.regressors[usize::from(self.intercept)..];
        let sources: Vec<&[f64]> =
            std::iter::once(self.outcome.as_slice()).chain(slopes.iter().map(|v| v.values.as_slice())).collect();
        let net: Vec<Arc<Vec<f64>>> = match effect.ways() {
            [one] => sources.iter().map(|column| Arc::new(demeaned(column, index.factor(*one)))).collect(),
            ways => {
                let effects = effects_of(design, index, ways);
                let shared = cache.absorber(&effects)?;
                cache.absorb(&shared, &sources)?.into_iter().map(|column| column.values).collect()
            }
        };
        Ok(Within::of(slopes, &net))
    }
}

/// Units and periods as effects to be absorbed.
pub(crate) fn effects_of(design: &DesignMatrix, index: &PanelIndex, ways: &[Way]) -> Effects {
    let term = |way: &Way| AbsorbedTerm {
        name: index.name(*way).to_string(),
        factor: index.factor(*way).clone(),
        slopes: Vec::new(),
        slopes_only: false,
    };
    Effects { terms: ways.iter().map(term).collect(), weights: None, settings: design.absorption }
}

/// Whether effects leave something of a column's variation.
pub(crate) fn varies(net: &[f64], column: &[f64]) -> bool {
    let mean = sum(column) / column.len() as f64;
    dot(net, net) > COLLINEAR * squares_about(column, mean, None)
}

/// Columns net of effects.
#[derive(Clone, Debug)]
pub(crate) struct Within {
    /// The outcome.
    pub(crate) outcome: Arc<Vec<f64>>,
    /// The regressors, those that the effects explain included.
    pub(crate) net: Vec<Arc<Vec<f64>>>,
    /// Positions among the slopes of the regressors that are left.
    pub(crate) kept: Vec<usize>,
    /// These regressors.
    pub(crate) columns: Vec<Arc<Vec<f64>>>,
    /// Names of the others.
    pub(crate) gone: Vec<String>,
}

impl Within {
    fn of(slopes: &[Variable], net: &[Arc<Vec<f64>>]) -> Within {
        let varies = |position: &usize| varies(&net[position + 1], &slopes[*position].values);
        let (candidates, mut gone): (Vec<usize>, Vec<usize>) = (0..slopes.len()).partition(varies);
        let views: Vec<&[f64]> = candidates.iter().map(|position| net[position + 1].as_slice()).collect();
        let pivots = Pivots::choose(&cross_products(&views, None), COLLINEAR);
        gone.extend(pivots.dependent.iter().map(|dependent| candidates[dependent.column]));
        let kept: Vec<usize> = pivots.kept.iter().map(|&at| candidates[at]).collect();
        Within {
            outcome: Arc::clone(&net[0]),
            net: net[1..].to_vec(),
            columns: kept.iter().map(|position| Arc::clone(&net[position + 1])).collect(),
            gone: gone.iter().map(|&position| slopes[position].name.clone()).collect(),
            kept,
        }
    }

    /// The regressors as slices.
    pub(crate) fn views(&self) -> Vec<&[f64]> {
        self.columns.iter().map(|column| column.as_slice()).collect()
    }
}
