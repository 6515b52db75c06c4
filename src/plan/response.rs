//! Margins of a likelihood: averages of the mean's derivatives, elasticities and differences, with their gradients.
//!
//! In: a model's terms taken apart, and its index once it is estimated. With others held, row `i` stands at the index
//! `η_i + Σ_k b_k (x_k - x_ki)`, whose derivative in a variable is `Σ_k b_k ∂x_k/∂v`; the mean follows from it.

use std::sync::Arc;

use nalgebra::DVector;

use crate::design::DesignMatrix;
use crate::estimate::likelihood::{Family, Index};
use crate::estimate::{Estimate, Fit, ModelRequest};
use crate::evaluate::counterfactual::{Counterfactual, CounterfactualError, Held};
use crate::infer::prediction::column;
use crate::infer::response::{IndexGradient, response_errors};
use crate::linalg::{dot, sum};
use crate::study::margins::ScaleName;

/// What is averaged.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// The derivative in a variable, with others held.
    Derivative { held: Held, of: String, scale: ScaleName },
    /// The mean at one point less that at another.
    Difference(Held, Held),
}

/// A margin of a likelihood before there is an index.
#[derive(Clone)]
pub(super) struct ResponseMargin {
    pub(super) parts: Arc<Counterfactual>,
    /// The variable itself, of which an elasticity needs the value.
    pub(super) own: Option<Arc<Counterfactual>>,
    pub(super) change: Change,
    /// The rows that are averaged over, by position in the sample.
    pub(super) members: Arc<Vec<usize>>,
}

impl std::fmt::Debug for ResponseMargin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseMargin").field("change", &self.change).finish_non_exhaustive()
    }
}

/// An estimated likelihood that margins are asked of.
pub(super) struct Responding<'a> {
    design: &'a DesignMatrix,
    estimate: &'a Estimate,
    index: &'a Index,
    request: &'a ModelRequest,
}

impl<'a> Responding<'a> {
    /// The model, if its outcome is a function of one index.
    pub(super) fn of(
        request: &'a ModelRequest,
        design: &'a DesignMatrix,
        estimate: &'a Estimate,
    ) -> Option<Responding<'a>> {
        if estimate.likelihood.as_ref().is_some_and(|likelihood| likelihood.frailty.is_some()) {
            return None;
        }
        Some(Responding { design, estimate, index: estimate.index.as_ref()?, request })
    }

    /// The value of a margin with its standard error.
    ///
    /// # Errors
    /// In words: what cannot be computed at the held values, or whose errors are not defined.
    pub(super) fn infer(&self, margin: &ResponseMargin, fit: &Fit) -> Result<(f64, f64), String> {
        let (value, gradient) = margin.at(self).map_err(|error| error.to_string())?;
        if !value.is_finite() {
            return Err("it has no finite value at the values that others are held at".into());
        }
        let model = (self.design, self.estimate, self.index);
        let errors = (&self.request.errors, &self.request.dialect);
        let (errors, _) = response_errors(model, errors, fit, &[gradient]).map_err(|error| error.to_string())?;
        Ok((value, errors[0]))
    }
}

/// Rows (or one row at means) at held values.
struct Moved {
    index: Vec<f64>,
    /// By term of the index: how far its column is moved.
    shifts: Vec<Option<Vec<f64>>>,
    /// By term of the index: the derivative of its column.
    slopes: Vec<Option<Vec<f64>>>,
}

/// The weight of every row of the sample, and the rows of the average.
struct Average {
    /// Shares of the rows of the sample; zero outside of the average.
    shares: Vec<f64>,
    at_means: bool,
}

impl Average {
    fn of(design: &DesignMatrix, members: &[usize], at_means: bool) -> Average {
        let weights = design.weight_values();
        let mut shares = vec![0.0; design.n_rows()];
        members.iter().for_each(|&row| shares[row] = weights.map_or(1.0, |weights| weights[row]));
        let total = sum(&shares);
        shares.iter_mut().for_each(|share| *share /= total);
        Average { shares, at_means }
    }

    /// A column of the sample, or its mean.
    fn column(&self, values: &[f64]) -> Vec<f64> {
        if self.at_means { vec![dot(values, &self.shares)] } else { values.to_vec() }
    }

    /// The average of a value per row, or the one value.
    fn mean(&self, values: &[f64]) -> f64 {
        if self.at_means { values[0] } else { dot(values, &self.shares) }
    }

    /// What the average of `f(η)` moves with the index of each row of the sample by, given `f'` of each (or of the one).
    fn spread(&self, slopes: &[f64]) -> Vec<f64> {
        let slope = |row: usize| if self.at_means { slopes[0] } else { slopes[row] };
        self.shares.iter().enumerate().map(|(row, share)| share * slope(row)).collect()
    }
}

impl ResponseMargin {
    fn at(&self, model: &Responding<'_>) -> Result<(f64, IndexGradient), CounterfactualError> {
        match &self.change {
            Change::Derivative { held, of, scale } => self.derivative(model, held, (of, *scale)),
            Change::Difference(to, from) => {
                let ((a, mut gradient), (b, other)) = (self.level(model, to)?, self.level(model, from)?);
                gradient.rows.iter_mut().zip(&other.rows).for_each(|(a, b)| *a -= b);
                gradient.terms -= other.terms;
                Ok((a - b, gradient))
            }
        }
    }

    /// The average mean at held values.
    fn level(&self, model: &Responding<'_>, held: &Held) -> Result<(f64, IndexGradient), CounterfactualError> {
        let average = Average::of(model.design, &self.members, held.at_means);
        let moved = self.moved(model, (held, None), &average)?;
        let family = model.index.family;
        let means: Vec<f64> = moved.index.iter().map(|&eta| family.mean(eta)).collect();
        let slopes: Vec<f64> = moved.index.iter().map(|&eta| family.slope(eta)).collect();
        let by_term =
            |shift: &Option<Vec<f64>>| shift.as_ref().map_or(0.0, |shift| average.mean(&times(&slopes, shift)));
        let terms = moved.shifts.iter().map(by_term).collect::<Vec<f64>>();
        let gradient = IndexGradient { rows: average.spread(&slopes), terms: DVector::from_vec(terms) };
        Ok((average.mean(&means), gradient))
    }

    /// The average derivative or elasticity at held values: of `g(η) s u` with `s` the derivative of the index, `g` that of the
    /// mean (or of its logarithm), and `u` the variable in an elasticity.
    fn derivative(
        &self,
        model: &Responding<'_>,
        held: &Held,
        (of, scale): (&str, ScaleName),
    ) -> Result<(f64, IndexGradient), CounterfactualError> {
        let average = Average::of(model.design, &self.members, held.at_means);
        let moved = self.moved(model, (held, Some(of)), &average)?;
        let b = &model.estimate.coefficients;
        let mut along = vec![0.0; moved.index.len()];
        for (slopes, b) in moved.slopes.iter().zip(b.iter()) {
            along.iter_mut().zip(slopes.iter().flatten()).for_each(|(along, slope)| *along += b * slope);
        }
        let own = match &self.own {
            Some(own) => own.columns(0, held, Some(of))?.remove(0).1.values,
            None => vec![1.0; along.len()],
        };
        let factors: Vec<(f64, f64)> = moved.index.iter().map(|&eta| factor(model.index.family, scale, eta)).collect();
        let by_slope: Vec<f64> = factors.iter().zip(&own).map(|((g, _), u)| g * u).collect();
        let by_index: Vec<f64> = factors.iter().zip(own.iter().zip(&along)).map(|((_, h), (u, s))| h * u * s).collect();
        let by_term = |(shift, slope): (&Option<Vec<f64>>, &Option<Vec<f64>>)| {
            let of = |rows: &[f64], column: &Option<Vec<f64>>| {
                column.as_ref().map_or(0.0, |column| average.mean(&times(rows, column)))
            };
            of(&by_index, shift) + of(&by_slope, slope)
        };
        let terms = moved.shifts.iter().zip(&moved.slopes).map(by_term).collect::<Vec<f64>>();
        let gradient = IndexGradient { rows: average.spread(&by_index), terms: DVector::from_vec(terms) };
        Ok((average.mean(&times(&by_slope, &along)), gradient))
    }

    fn moved(
        &self,
        model: &Responding<'_>,
        (held, of): (&Held, Option<&str>),
        average: &Average,
    ) -> Result<Moved, CounterfactualError> {
        let terms = model.estimate.mean_terms();
        let mut moved = Moved {
            index: average.column(&model.index.values),
            shifts: vec![None; terms.len()],
            slopes: vec![None; terms.len()],
        };
        for term in 0..self.parts.n_terms() {
            for (name, at) in self.parts.columns(term, held, of)? {
                let Some(k) = terms.iter().position(|known| *known == name) else { continue };
                let stands = average.column(column(model.design, &name).map_or(&[], |values| values.as_slice()));
                let shift: Vec<f64> = at.values.iter().zip(&stands).map(|(to, from)| to - from).collect();
                let b = model.estimate.coefficients[k];
                moved.index.iter_mut().zip(&shift).for_each(|(index, shift)| *index += b * shift);
                moved.shifts[k] = Some(shift);
                moved.slopes[k] = at.slopes;
            }
        }
        Ok(moved)
    }
}

/// `g` and `dg/dη`, where `g` is the derivative of the mean in the index, or that of its logarithm.
fn factor(family: Family, scale: ScaleName, eta: f64) -> (f64, f64) {
    let slope = family.slope(eta);
    let bend = slope * family.bend(eta);
    match scale {
        ScaleName::Derivative => (slope, bend),
        ScaleName::Elasticity | ScaleName::SemiElasticity => {
            let mean = family.mean(eta);
            (slope / mean, bend / mean - (slope / mean).powi(2))
        }
    }
}

fn times(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a * b).collect()
}
