//! [`Transformed`]: a design after the transformation of its panel method, and the record of it.

use super::error::PanelError;
use super::means::{demeaned, means};
use super::method::{Difference, Gaps, PanelEffect, PanelMethod};
use super::random::quasi_demeaned;
use super::record::{ComponentsRecord, PanelRSquared, PanelRecord};
use super::transform::{averaged, differenced};
use crate::absorb::AbsorberCache;
use crate::design::{DesignMatrix, PanelIndex, Way};
use crate::estimate::Estimate;
use crate::estimate::ols::INTERCEPT;
use crate::linalg::{dot, residual, squares_about, sum};
use crate::note::Note;
use nalgebra::DVector;

/// What least squares is done on, and the panel that it came from.
#[derive(Clone, Debug)]
pub struct Transformed {
    /// The design to be estimated.
    pub design: DesignMatrix,
    /// The design in levels.
    pub levels: DesignMatrix,
    /// Units and periods of the rows in levels.
    pub index: PanelIndex,
    /// The record so far: without R².
    pub record: PanelRecord,
}

impl PanelMethod {
    /// Transforms a design; of `Within` the effects must be absorbed in it already.
    ///
    /// # Errors
    /// [`PanelError`] if unit or time are unknown, or the method cannot be used on the sample.
    pub fn transform(&self, design: &DesignMatrix, cache: &AbsorberCache) -> Result<Transformed, PanelError> {
        let index = PanelIndex::of(design)?;
        let mut record = PanelRecord::of(&index);
        let changed = match self {
            PanelMethod::Pooled | PanelMethod::Within(_) => design.clone(),
            PanelMethod::Between(way) => averaged(design, &index, *way)?,
            PanelMethod::Difference(difference) => with_gaps_noted(design, &index, difference)?,
            PanelMethod::Random(effect, method) => {
                let random = quasi_demeaned(design, &index, (*effect, *method), cache)?;
                let theta = |pick: fn(f64, f64) -> f64, from: f64| random.theta.iter().copied().fold(from, pick);
                record.components = Some(ComponentsRecord {
                    method: method.name().to_string(),
                    idiosyncratic: random.components.idiosyncratic,
                    unit: random.components.unit,
                    time: random.components.time,
                    theta_min: theta(f64::min, f64::INFINITY),
                    theta_max: theta(f64::max, f64::NEG_INFINITY),
                });
                random.design
            }
        };
        record.effect = match self {
            PanelMethod::Within(effect) | PanelMethod::Random(effect, _) => Some(effect.name().to_string()),
            PanelMethod::Between(Way::Unit) => Some(PanelEffect::Unit.name().to_string()),
            PanelMethod::Between(Way::Time) => Some(PanelEffect::Time.name().to_string()),
            PanelMethod::Pooled | PanelMethod::Difference(_) => None,
        };
        Ok(Transformed { design: changed, levels: design.clone(), index, record })
    }
}

/// The differences, with a note where a unit misses periods.
fn with_gaps_noted(
    design: &DesignMatrix,
    index: &PanelIndex,
    difference: &Difference,
) -> Result<DesignMatrix, PanelError> {
    let mut out = differenced(design, index, difference)?;
    if let Ok(steps) = index.steps() {
        let units = index.units_with_gaps(&steps);
        if units > 0 {
            out.notes.push(Note::GapsInUnits { units, bridged: difference.gaps == Gaps::Bridge });
        }
    }
    Ok(out)
}

impl PanelRecord {
    /// The counts of an index.
    pub(crate) fn of(index: &PanelIndex) -> PanelRecord {
        let rows = || index.units().map(<[u32]>::len);
        PanelRecord {
            unit: index.unit_name.clone(),
            time: index.periods.name.clone(),
            units: index.n(Way::Unit),
            periods: index.n(Way::Time),
            shortest: rows().min().unwrap_or(0),
            longest: rows().max().unwrap_or(0),
            balanced: index.is_balanced(),
            rows: index.n_rows(),
            effect: None,
            components: None,
            r_squared: None,
        }
    }
}

impl Transformed {
    /// R² of the estimated coefficients on levels, deviations from unit means, and unit means.
    pub fn r_squared(&self, estimate: &Estimate) -> PanelRSquared {
        let design = &self.levels;
        let constant = vec![1.0; design.n_rows()];
        let column = |term: &String| -> Option<&[f64]> {
            if term == INTERCEPT {
                return Some(&constant);
            }
            let mut all = design.regressors.iter().chain(&design.endogenous);
            all.find(|variable| variable.name == *term).map(|variable| variable.values.as_slice())
        };
        let (columns, values): (Vec<&[f64]>, Vec<f64>) = estimate
            .terms
            .iter()
            .zip(estimate.coefficients.iter())
            .filter_map(|(term, &b)| Some((column(term)?, b)))
            .unzip();
        let centred = estimate.terms.iter().any(|term| term == INTERCEPT);
        let left = residual(&columns, &design.outcome.values, &DVector::from_vec(values));
        let share = |left: &[f64], y: &[f64], centred: bool| {
            let centre = if centred { sum(y) / y.len() as f64 } else { 0.0 };
            Some(1.0 - dot(left, left) / squares_about(y, centre, None)).filter(|share| share.is_finite())
        };
        let (y, unit) = (&design.outcome.values, self.index.factor(Way::Unit));
        PanelRSquared {
            within: share(&demeaned(&left, unit), &demeaned(y, unit), false),
            between: share(&means(&left, unit), &means(y, unit), centred),
            overall: share(&left, y, centred),
        }
    }
}
