//! [`InstrumentedColumns`]: the working columns of a model with instruments, and whether they can identify it.

use std::sync::Arc;

use nalgebra::DMatrix;

use crate::absorb::AbsorberCache;
use crate::design::{DesignMatrix, Variable};
use crate::estimate::EstimateError;
use crate::estimate::accuracy::InstrumentedProducts;
use crate::estimate::working::{COLLINEAR, Working};
use crate::linalg::{Pivots, cross_products, weighted_dot};
use crate::note::Note;

/// A column net of absorbed effects, or centred, or as it is.
#[derive(Clone, Debug)]
pub struct WorkingColumn {
    /// The term as written.
    pub name: String,
    /// The column on the sample before absorption or centring.
    pub raw: Arc<Vec<f64>>,
    /// The working column, one value per row of the sample.
    pub values: Arc<Vec<f64>>,
    /// The mean taken out by centring; zero where nothing was centred.
    pub mean: f64,
    /// (Weighted) norm of the error that absorption left; `None` if nothing was absorbed.
    pub error: Option<f64>,
}

/// Working columns by their part in the model, those that carry no information left out with a note.
pub struct InstrumentedColumns {
    /// Exogenous regressors.
    pub exogenous: Vec<WorkingColumn>,
    /// Endogenous regressors.
    pub endogenous: Vec<WorkingColumn>,
    /// Excluded instruments.
    pub instruments: Vec<WorkingColumn>,
    /// The outcome and what is known of the absorption.
    pub(in crate::estimate) working: Working,
    /// Cross products of exogenous regressors, instruments, endogenous regressors and outcome.
    products: DMatrix<f64>,
}

/// Columns by part, in the order exogenous, endogenous, instruments.
#[derive(Clone, Copy)]
enum Part {
    Exogenous,
    Endogenous,
    Instrument,
}

impl InstrumentedColumns {
    /// Absorbs or centres all columns of a design and leaves out what is explained by effects or by columns before it.
    ///
    /// # Errors
    /// [`EstimateError::EndogenousExplained`] if an endogenous regressor has no variation of its own,
    /// [`EstimateError::UnderIdentified`] if fewer instruments are left than there are endogenous regressors, and those of
    /// the absorption.
    pub fn of(design: &DesignMatrix, cache: &AbsorberCache) -> Result<InstrumentedColumns, EstimateError> {
        let parts: Vec<(Part, &Variable)> = (design.regressors.iter().map(|v| (Part::Exogenous, v)))
            .chain(design.endogenous.iter().map(|v| (Part::Endogenous, v)))
            .chain(design.instruments.iter().map(|v| (Part::Instrument, v)))
            .collect();
        let all = design.with(design.outcome.clone(), parts.iter().map(|(_, v)| (*v).clone()).collect());
        let group = cache.groups().of(&all);
        let mut working = Working::of(&all, &group, cache)?;
        if let Some((term, by)) =
            working.gone.iter().find(|(term, _)| design.endogenous.iter().any(|v| v.name == *term))
        {
            return Err(EstimateError::EndogenousExplained { term: term.clone(), by: vec![by.clone()] });
        }
        let left = std::mem::take(&mut working.regressors);
        let mut found = InstrumentedColumns {
            exogenous: Vec::new(),
            endogenous: Vec::new(),
            instruments: Vec::new(),
            working,
            products: DMatrix::zeros(0, 0),
        };
        for (j, column) in left {
            let values = Arc::clone(&column.values);
            let mean = if design.intercept { column.mean } else { 0.0 };
            let (part, variable) = parts[j];
            let error = column.absorption.as_ref().map(|absorption| absorption.error);
            let (name, raw) = (variable.name.clone(), Arc::clone(&variable.values));
            let column = WorkingColumn { name, raw, values, mean, error };
            match part {
                Part::Exogenous => found.exogenous.push(column),
                Part::Endogenous => found.endogenous.push(column),
                Part::Instrument => found.instruments.push(column),
            }
        }
        found.leave_out_dependent(design)?;
        Ok(found)
    }

    /// Whether the instruments outnumber the endogenous regressors, and by how many.
    pub fn overidentified_by(&self) -> usize {
        self.instruments.len() - self.endogenous.len()
    }

    /// What the error of the absorbed columns can do to the k-class with these residuals, in classical standard errors; `None` if
    /// nothing was absorbed. `is_root` says that k was found as the smallest root.
    pub(super) fn coefficient_error(
        &self,
        design: &DesignMatrix,
        residuals: &[f64],
        (k, is_root): (f64, bool),
    ) -> Option<f64> {
        let outcome = self.working.outcome.absorption.as_ref()?.error;
        let columns = self.exogenous.iter().chain(&self.instruments).chain(&self.endogenous);
        let norms: Option<Vec<f64>> = columns.map(|column| column.error).chain([Some(outcome)]).collect();
        let absorbed = self.working.absorbed.as_ref().map_or(0, |degrees| degrees.conventional);
        let used = self.exogenous.len() + self.endogenous.len() + absorbed;
        let squares = weighted_dot(residuals, residuals, design.weight_values());
        let deviation = (squares / design.n_obs().saturating_sub(used) as f64).sqrt();
        let products = InstrumentedProducts {
            products: &self.products,
            norms: &norms?,
            n_exogenous: self.exogenous.len(),
            n_instruments: self.instruments.len(),
        };
        products.coefficient_error(k, is_root, deviation)
    }

    fn leave_out_dependent(&mut self, design: &DesignMatrix) -> Result<(), EstimateError> {
        let weights = design.weight_values();
        let mut lost = self.working.gone.clone();
        let columns: Vec<&WorkingColumn> =
            self.exogenous.iter().chain(&self.instruments).chain(&self.endogenous).collect();
        let outcome = self.working.outcome.values.as_slice();
        let views: Vec<&[f64]> = columns.iter().map(|c| c.values.as_slice()).chain(std::iter::once(outcome)).collect();
        let all = cross_products(&views, weights);
        let gram = all.view((0, 0), (columns.len(), columns.len())).into_owned();
        let first = self.exogenous.len() + self.instruments.len();
        let names: Vec<String> = columns.iter().map(|c| c.name.clone()).collect();
        let pivots = Pivots::choose(&gram, COLLINEAR);
        let named = |dependent: &crate::linalg::Dependent| -> Vec<String> {
            dependent.of.iter().map(|&(position, _)| names[position].clone()).collect()
        };
        // An endogenous regressor that exogenous ones and instruments span is exogenous itself.
        if let Some(dependent) = pivots.dependent.iter().find(|dependent| dependent.column >= first) {
            let by = named(dependent);
            return Err(EstimateError::EndogenousExplained { term: names[dependent.column].clone(), by });
        }
        for dependent in &pivots.dependent {
            let (term, with) = (names[dependent.column].clone(), named(dependent));
            lost.push((term.clone(), with.join(", ")));
            self.working.notes.push(Note::Collinear { term, with });
        }
        let kept: Vec<usize> = pivots.kept.iter().copied().chain(std::iter::once(gram.ncols())).collect();
        self.products = DMatrix::from_fn(kept.len(), kept.len(), |i, j| all[(kept[i], kept[j])]);
        let n_exogenous = self.exogenous.len();
        retain(&mut self.exogenous, |j| pivots.kept.contains(&j));
        retain(&mut self.instruments, |j| pivots.kept.contains(&(n_exogenous + j)));
        if self.instruments.len() < self.endogenous.len() {
            let of = |columns: &[Variable]| columns.iter().map(|v| v.name.clone()).collect();
            lost.retain(|(term, _)| design.instruments.iter().any(|v| v.name == *term));
            return Err(EstimateError::UnderIdentified {
                endogenous: of(&design.endogenous),
                instruments: self.instruments.iter().map(|c| c.name.clone()).collect(),
                lost,
            });
        }
        Ok(())
    }
}

fn retain(columns: &mut Vec<WorkingColumn>, keep: impl Fn(usize) -> bool) {
    let mut position = 0;
    columns.retain(|_| {
        position += 1;
        keep(position - 1)
    });
}
