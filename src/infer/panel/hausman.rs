//! Hausman's test of random against within effects: by contrast, and by an auxiliary regression.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::{PanelModel, chi_squared};
use crate::design::{ClusterVariable, DesignMatrix, Variable};
use crate::estimate::ols::INTERCEPT;
use crate::estimate::panel::levels::Levels;
use crate::estimate::panel::{ComponentsMethod, PanelEffect, PanelError, PanelMethod};
use crate::estimate::{Estimate, EstimateError, Estimator, Ols, TestResult};
use crate::infer::wald_zero;
use crate::vcov::{ClusterType, Dialect, Errors, RawCovariance};

impl PanelModel<'_> {
    fn random(&self, effect: PanelEffect) -> Result<(DesignMatrix, Estimate), EstimateError> {
        let method = PanelMethod::Random(effect, ComponentsMethod::SwamyArora);
        let design = method.transform(&self.design, self.cache)?.design;
        let estimate = Ols.fit(&design, self.cache)?;
        Ok((design, estimate))
    }

    /// `d'(V_w - V_r)^-1 d` of the slopes that both have, `d = b_w - b_r`, with Swamy and Arora's components. The
    /// difference of the covariances need not be positive definite in a sample; as in plm the statistic is then the
    /// absolute value, and the note says so.
    pub(super) fn hausman(&self, effect: PanelEffect) -> Result<TestResult, EstimateError> {
        let within = self.within(effect)?;
        let (_, random) = self.random(effect)?;
        let variance = |estimate: &Estimate| -> Result<DMatrix<f64>, EstimateError> {
            let df = self.design.n_rows() as f64 - estimate.n_parameters() as f64;
            Ok(&super::influence(estimate)?.inverse * (estimate.sums.residual / df))
        };
        let (v_within, v_random) = (variance(&within)?, variance(&random)?);
        let common: Vec<(usize, usize)> = within
            .terms
            .iter()
            .enumerate()
            .filter(|(_, term)| *term != INTERCEPT)
            .filter_map(|(i, term)| Some((i, random.terms.iter().position(|other| other == term)?)))
            .collect();
        let k = common.len();
        let d = DVector::from_fn(k, |i, _| within.coefficients[common[i].0] - random.coefficients[common[i].1]);
        let v =
            DMatrix::from_fn(k, k, |i, j| v_within[(common[i].0, common[j].0)] - v_random[(common[i].1, common[j].1)]);
        let solved = v.lu().solve(&d).ok_or(PanelError::Singular { where_: "by the two estimators" })?;
        let statistic = d.dot(&solved);
        let note = if statistic < 0.0 {
            "random effects are consistent; the covariance of the contrast is not positive definite: use hausman-auxiliary"
        } else {
            "random effects are consistent"
        };
        Ok(chi_squared(statistic.abs(), k as f64, note))
    }

    /// The regression of quasi-demeaned columns with the within columns added: a Wald test of these.
    pub(super) fn hausman_auxiliary(&self, effect: PanelEffect, robust: bool) -> Result<TestResult, EstimateError> {
        let (random, _) = self.random(effect)?;
        let levels = Levels::of(&self.design);
        let within = levels.within((&self.design, &self.index), effect, self.cache)?;
        let slopes = &levels.regressors[usize::from(levels.intercept)..];
        let added = within.kept.iter().zip(&within.columns).map(|(&at, column)| Variable {
            name: format!("{} net of effects", slopes[at].name),
            values: Arc::clone(column),
        });
        let mut regressors: Vec<Variable> =
            random.regressors.iter().filter(|variable| variable.name != INTERCEPT).cloned().collect();
        regressors.extend(added);
        let unit = ClusterVariable {
            name: self.index.unit_name.clone(),
            factor: self.index.unit.clone(),
            levels: Arc::default(),
        };
        let design = DesignMatrix { regressors, intercept: true, clusters: vec![unit], ..random };
        let estimate = Ols.fit(&design, self.cache)?;
        let errors =
            if robust { Errors::Adjusted(ClusterType::Cr0, vec![self.index.unit_name.clone()]) } else { Errors::Iid };
        let v = RawCovariance::of(&errors, &design, &estimate)?.with(&Dialect::Plm.small_sample()).matrix;
        let places: Vec<usize> =
            (0..estimate.terms.len()).filter(|&i| estimate.terms[i].ends_with(" net of effects")).collect();
        let test = wald_zero(&estimate.coefficients, &v, &places, f64::INFINITY)
            .ok_or(PanelError::Singular { where_: "in the auxiliary regression" })?;
        let k = places.len() as f64;
        Ok(chi_squared(test.statistic * k, k, "random effects are consistent (auxiliary regression)"))
    }
}
