//! [`DesignMatrix`]: the columns of one model on its sample.

use std::sync::Arc;

use rayon::prelude::*;

use super::dependence::Dependence;
use super::error::DesignError;
use super::factor::{AbsorbedTerm, ClusterVariable};
use super::sample::Sample;
use super::shared::SharedColumns;
use super::variables::{ModelVariables, WeightKind};
use crate::absorb::AbsorptionSettings;
use crate::linalg::sum;
use crate::note::Note;
use crate::panel::Ledger;

/// A column of the design.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// The term as written.
    pub name: String,
    /// A value per row of the sample.
    pub values: Arc<Vec<f64>>,
}

/// Weights on the sample; all positive.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// What they mean.
    pub kind: WeightKind,
    /// The column.
    pub name: String,
    /// A value per row of the sample.
    pub values: Arc<Vec<f64>>,
}

/// The columns of a model on its sample.
#[derive(Clone, Debug, PartialEq)]
pub struct DesignMatrix {
    /// The outcome.
    pub outcome: Variable,
    /// Regressors in order, without the constant.
    pub regressors: Vec<Variable>,
    /// Endogenous regressors in order; none in a model without instruments.
    pub endogenous: Vec<Variable>,
    /// Excluded instruments in order.
    pub instruments: Vec<Variable>,
    /// Whether there is a constant: asked for, and nothing is absorbed.
    pub intercept: bool,
    /// Absorbed effects in order.
    pub absorbed: Vec<AbsorbedTerm>,
    /// How they are absorbed.
    pub absorption: AbsorptionSettings,
    /// Weights.
    pub weights: Option<Weights>,
    /// What is added to the index with a coefficient of one.
    pub offset: Option<Variable>,
    /// Cluster variables.
    pub clusters: Vec<ClusterVariable>,
    /// Unit, time and place of the rows, where the errors need them.
    pub dependence: Dependence,
    /// The sample.
    pub sample: Sample,
    /// Rows of the panel before any filter or loss.
    pub n_panel_rows: usize,
    /// Findings on the way.
    pub notes: Vec<Note>,
}

impl DesignMatrix {
    /// Decides the sample and gathers the columns on it. `ledger` holds the losses before (filters, joins).
    ///
    /// # Errors
    /// See [`DesignError`]: columns of different length, negative weights, an empty sample (naming what emptied it), a
    /// single observation, a constant outcome, a cluster variable with one level.
    pub fn build(vars: &ModelVariables, ledger: Ledger) -> Result<DesignMatrix, DesignError> {
        DesignMatrix::build_shared(vars, ledger, &SharedColumns::new())
    }

    /// The same with samples, columns and codes shared with the other designs built with `shared`.
    ///
    /// # Errors
    /// As [`DesignMatrix::build`].
    pub fn build_shared(
        vars: &ModelVariables,
        ledger: Ledger,
        shared: &SharedColumns,
    ) -> Result<DesignMatrix, DesignError> {
        check_lengths(vars)?;
        let (sample, notes) = shared.sample(vars, ledger)?;
        let rows = &sample.rows;
        let gather = |values: &Arc<Vec<f64>>| shared.gather(values, rows);
        let variable =
            |(name, values): &(String, Arc<Vec<f64>>)| Variable { name: name.clone(), values: gather(values) };
        let mut design = DesignMatrix {
            outcome: variable(&vars.outcome),
            regressors: vars.regressors.iter().map(variable).collect(),
            endogenous: vars.endogenous.iter().map(variable).collect(),
            instruments: vars.instruments.iter().map(variable).collect(),
            intercept: vars.intercept && vars.absorbed.is_empty(),
            absorbed: vars
                .absorbed
                .par_iter()
                .map(|effect| AbsorbedTerm {
                    name: effect.name.clone(),
                    factor: shared.dense(&effect.factor, rows),
                    slopes: effect.slopes.iter().map(|(_, values)| gather(values)).collect(),
                    slopes_only: effect.slopes_only,
                })
                .collect(),
            absorption: vars.absorption,
            weights: vars.weights.as_ref().map(|(kind, name, values)| Weights {
                kind: *kind,
                name: name.clone(),
                values: gather(values),
            }),
            offset: vars.offset.as_ref().map(variable),
            clusters: vars
                .clusters
                .iter()
                .map(|(name, factor)| ClusterVariable {
                    name: name.clone(),
                    factor: shared.dense(factor, rows),
                    levels: Arc::clone(&factor.levels),
                })
                .collect(),
            dependence: Dependence::gathered(&vars.dependence, gather, |factor| shared.dense(factor, rows)),
            n_panel_rows: vars.outcome.1.len(),
            notes,
            sample,
        };
        let is_constant = |effect: &&AbsorbedTerm| effect.factor.n_levels == 1 && !effect.slopes_only;
        let constant = design.absorbed.iter().filter(is_constant);
        let notes: Vec<Note> = constant.map(|effect| Note::SingleLevel { effect: effect.name.clone() }).collect();
        design.notes.extend(notes);
        design.check(vars)?;
        Ok(design)
    }

    /// The same sample, effects, weights and clusters with another outcome and other regressors, without instruments.
    pub fn with(&self, outcome: Variable, regressors: Vec<Variable>) -> DesignMatrix {
        DesignMatrix { outcome, regressors, endogenous: Vec::new(), instruments: Vec::new(), ..self.clone() }
    }

    /// Rows in the sample.
    pub fn n_rows(&self) -> usize {
        self.sample.rows.len()
    }

    /// Observations: rows, or the sum of the frequency weights.
    pub fn n_obs(&self) -> usize {
        match &self.weights {
            Some(weights) if weights.kind == WeightKind::Frequency => sum(&weights.values) as usize,
            _ => self.n_rows(),
        }
    }

    /// The weights as a slice.
    pub fn weight_values(&self) -> Option<&[f64]> {
        self.weights.as_ref().map(|weights| weights.values.as_slice())
    }

    fn check(&self, vars: &ModelVariables) -> Result<(), DesignError> {
        if self.n_obs() < 2 {
            return Err(DesignError::SingleObservation { n_obs: self.n_obs() });
        }
        let y = &self.outcome.values;
        if (self.intercept || !self.absorbed.is_empty()) && y.iter().all(|v| *v == y[0]) {
            return Err(DesignError::ConstantOutcome {
                variable: self.outcome.name.clone(),
                value: y[0],
                n_obs: self.n_obs(),
            });
        }
        for (cluster, (_, factor)) in self.clusters.iter().zip(&vars.clusters) {
            if cluster.factor.n_levels < 2 {
                let level = cluster.factor.origin.first().and_then(|&code| factor.levels.get(code as usize));
                return Err(DesignError::OneCluster {
                    variable: cluster.name.clone(),
                    level: level.cloned().unwrap_or_default(),
                });
            }
        }
        Ok(())
    }
}

fn check_lengths(vars: &ModelVariables) -> Result<(), DesignError> {
    let expected = vars.outcome.1.len();
    let numbers = vars.numbers().map(|(name, values)| (name, values.len()));
    let weights = vars.weights.iter().map(|(_, name, values)| (name, values.len()));
    let factors = vars.absorbed.iter().map(|effect| (&effect.name, effect.factor.len()));
    let followed = vars.clusters.iter().chain(&vars.dependence.unit);
    let clusters = followed.map(|(name, factor)| (name, factor.len()));
    let filter = "the filter".to_string();
    let mask = vars.rows.iter().map(|mask| (&filter, mask.len()));
    for (name, rows) in numbers.chain(weights).chain(factors).chain(clusters).chain(mask) {
        if rows != expected {
            return Err(DesignError::LengthDiffers { variable: name.clone(), rows, expected });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::{Factor, Reason};

    fn letters(text: &str) -> Factor {
        let values: Vec<String> = text.chars().map(String::from).collect();
        Factor::from_values(values.iter().map(|v| (v != ".").then_some(v.as_str())))
    }

    #[test]
    fn singletons_go_in_rounds_and_every_loss_has_a_line() {
        let vars = ModelVariables::new(
            ("y", vec![1.0, 2.0, f64::NAN, 4.0, 5.0, 6.0, f64::INFINITY]),
            vec![("x", vec![1.0, 3.0, 2.0, 5.0, 4.0, 7.0, 1.0])],
        )
        .absorb("f", letters("aabbccc"))
        .absorb("t", letters("1212123"));
        let design = DesignMatrix::build(&vars, Ledger::default()).unwrap();
        let lost: Vec<(Reason, usize)> = design.sample.ledger.0.iter().map(|l| (l.reason, l.rows_lost)).collect();
        assert_eq!(lost, vec![(Reason::Missing, 1), (Reason::NonFinite, 1), (Reason::Singleton, 1)]);
        assert_eq!(design.n_rows(), 4);
        assert_eq!(design.notes, vec![Note::Singletons { rows: 1, rounds: 1 }]);
        assert_eq!(design.absorbed[0].factor.n_levels, 2);
    }

    #[test]
    fn faults_name_their_cause() {
        let vars = ModelVariables::new(("y", vec![1.0, 2.0]), vec![("x", vec![f64::NAN; 2])]);
        let fault = DesignMatrix::build(&vars, Ledger::default()).unwrap_err();
        assert_eq!(fault, DesignError::AllMissing { variable: "x".into() });
        let vars = ModelVariables::new(("y", vec![1.0, 2.0, 3.0]), vec![]).weight(
            WeightKind::Analytic,
            "w",
            vec![1.0, -2.0, -3.0],
        );
        let fault = DesignMatrix::build(&vars, Ledger::default()).unwrap_err();
        assert_eq!(
            fault,
            DesignError::NegativeWeight { variable: "w".into(), rows: 2, first: crate::design::FirstRow::at(1) }
        );
        let vars = ModelVariables::new(("y", vec![1.0, 2.0, 3.0]), vec![]).cluster("g", letters("aaa"));
        let fault = DesignMatrix::build(&vars, Ledger::default()).unwrap_err();
        assert_eq!(fault, DesignError::OneCluster { variable: "g".into(), level: "a".into() });
        let vars = ModelVariables::new(("y", vec![1.0, 2.0]), vec![]).absorb("f", letters("ab"));
        let fault = DesignMatrix::build(&vars, Ledger::default()).unwrap_err();
        assert_eq!(fault, DesignError::EmptySample { by: "singletons of f".into(), rows_lost: 2 });
    }
}
