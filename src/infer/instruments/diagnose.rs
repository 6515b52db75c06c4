//! Everything that is said of a model's instruments, gathered.

use nalgebra::{DMatrix, DVector};

use super::distribution::upper_chi_squared;
use super::rank::{cragg_donald, kleibergen_paap};
use super::reduced_form::{ReducedForm, influence, joint_covariance, keep_block, variables};
use super::set::{anderson_rubin_set, likelihood_ratio_set};
use super::weak::{BIASES, anderson_rubin, effective_f, likelihood_ratio, likelihood_ratio_p};
use super::{endogeneity, first_stage, overidentification};
use crate::absorb::AbsorberCache;
use crate::design::DesignMatrix;
use crate::estimate::instruments::{
    ConfidenceSet, FirstStage, InstrumentedColumns, Interval, KClass, Kappa, Objective, PLAIN, Partialled, SetShape,
    unadjusted,
};
use crate::estimate::{Estimate, EstimateError, Estimator, Method, ModelRequest, Ols, TestResult};
use crate::infer::wald::upper_f;
use crate::linalg::weighted_dot;
use crate::note::Note;
use crate::vcov::{Errors, SmallSample};

/// Coverage of the confidence sets.
const LEVEL: f64 = 0.95;

/// What is known of a model's instruments.
#[derive(Clone, Debug, Default)]
pub struct Diagnosis {
    /// First stages.
    pub first_stages: Vec<FirstStage>,
    /// Tests.
    pub tests: Vec<TestResult>,
    /// Confidence sets.
    pub sets: Vec<ConfidenceSet>,
    /// Findings.
    pub notes: Vec<Note>,
}

/// A model under test.
pub(super) struct Model<'a> {
    pub(super) design: &'a DesignMatrix,
    pub(super) columns: &'a InstrumentedColumns,
    pub(super) method: &'a Method,
    pub(super) estimate: &'a Estimate,
    pub(super) objective: Option<Objective>,
    pub(super) errors: &'a Errors,
    pub(super) rules: SmallSample,
    pub(super) form: ReducedForm,
}

/// A row for a chi-squared test.
pub(super) fn test(name: &str, statistic: f64, df: usize, note: &str) -> TestResult {
    TestResult {
        test: name.into(),
        statistic,
        df1: Some(df as f64),
        df2: None,
        p_value: Some(upper_chi_squared(statistic, df as f64)),
        note: note.into(),
    }
}

impl Model<'_> {
    /// `(1, -b)` over outcome and endogenous regressors.
    fn shares(&self) -> DVector<f64> {
        let from = usize::from(self.design.intercept);
        let b = self.estimate.coefficients.rows(from, self.form.n_endogenous());
        DVector::from_iterator(b.len() + 1, std::iter::once(1.0).chain(b.iter().map(|b| -b)))
    }

    /// `u'P_Z u` of the model's residuals net of the exogenous regressors.
    pub(super) fn explained_residual(&self) -> f64 {
        let shares = self.shares();
        shares.dot(&(self.form.explained() * &shares))
    }

    /// `u'Wu`.
    pub(super) fn residual_products(&self) -> Result<f64, EstimateError> {
        let u = &influence(self.estimate)?.residuals;
        Ok(weighted_dot(u, u, self.design.weight_values()))
    }
}

/// Examines the instruments of an estimated model.
///
/// # Errors
/// Those of [`Ols`] and of [`crate::vcov::covariance`]; unknown names in `orthogonal`. A test that does not exist for the model
/// (a singular covariance with few clusters, say) is left out.
pub fn diagnose(
    request: &ModelRequest,
    design: &DesignMatrix,
    (method, estimate, objective): (&Method, &Estimate, Option<Objective>),
    cache: &AbsorberCache,
) -> Result<Diagnosis, EstimateError> {
    let columns = InstrumentedColumns::of(design, cache)?;
    let (errors, rules) = (&request.errors, request.dialect.small_sample());
    let form = ReducedForm::of(design, &columns, (errors, &rules), cache)?;
    let model = Model { design, columns: &columns, method, estimate, objective, errors, rules, form };
    let mut out = Diagnosis { first_stages: first_stage::first_stages(&model)?, ..Diagnosis::default() };
    strength(&model, &mut out);
    out.tests.extend(rank_tests(&model, cache)?);
    robust(&model, &mut out);
    out.tests.extend(overidentification::tests(&model, cache)?);
    out.tests.extend(overidentification::moment_tests(&model, &request.orthogonal)?);
    if let Method::KClass(kappa @ (Kappa::SmallestRoot | Kappa::Fuller(_))) = method {
        let parts = Partialled::of(&columns, design.weight_values())?;
        let root = KClass(Kappa::SmallestRoot).value(design, &columns, &parts)?;
        if columns.overidentified_by() > 0 {
            out.tests.push(overidentification::likelihood_ratio(model.form.n, root, columns.overidentified_by()));
        }
        out.tests.push(kappa_row(KClass(*kappa).value(design, &columns, &parts)?));
    }
    out.tests.extend(endogeneity::tests(&model, cache)?);
    Ok(out)
}

fn kappa_row(k: f64) -> TestResult {
    TestResult {
        test: "k".into(),
        statistic: k,
        df1: None,
        df2: None,
        p_value: None,
        note: "the k of the k-class".into(),
    }
}

/// First-stage F rows, effective F, and the note of weakness.
fn strength(model: &Model, out: &mut Diagnosis) {
    for stage in &out.first_stages {
        let row = |name: &str, statistic: f64, df: (f64, f64), note: &str| TestResult {
            test: format!("{name}: {}", stage.endogenous),
            statistic,
            df1: Some(df.0),
            df2: Some(df.1),
            p_value: Some(upper_f(statistic, df.0, df.1)),
            note: note.into(),
        };
        if let Some(f) = stage.f_statistic {
            out.tests.push(row(
                "first-stage F",
                f,
                (stage.df1, stage.df2),
                "the instruments do not move the regressor; with the model's errors",
            ));
        }
        if let Some(f) = stage.conditional_f {
            let df = stage.df1 - out.first_stages.len() as f64 + 1.0;
            out.tests.push(row(
                "Sanderson-Windmeijer F",
                f,
                (df, stage.df2),
                "the instruments do not move the regressor given the other endogenous ones",
            ));
        }
    }
    let Some(effective) = effective_f(&model.form) else { return };
    let listed: Vec<String> = BIASES
        .iter()
        .zip(effective.critical)
        .map(|(bias, critical)| format!("{critical:.2} for a bias of {:.0} %", bias * 100.0))
        .collect();
    let mut note = format!("critical values at 5 %: {}", listed.join(", "));
    if model.form.n_instruments() == 1 && effective.statistic < 104.7 {
        note.push_str(
            "; under 104.7 the usual t test at 5 % rejects too often (Lee et al. 2022): use the Anderson-Rubin set",
        );
    }
    out.tests.push(TestResult {
        test: "effective F".into(),
        statistic: effective.statistic,
        df1: Some(effective.df),
        df2: None,
        p_value: None,
        note,
    });
    if effective.statistic < effective.critical[1] {
        out.notes.push(Note::WeakInstruments {
            endogenous: model.columns.endogenous[0].name.clone(),
            effective_f: effective.statistic,
            critical: effective.critical[1],
        });
    }
}

/// Cragg-Donald, and Kleibergen-Paap as Wald F and as LM.
fn rank_tests(model: &Model, cache: &AbsorberCache) -> Result<Vec<TestResult>, EstimateError> {
    let form = &model.form;
    let (l, p) = (form.n_instruments(), form.n_endogenous());
    let of_endogenous = |joint: &DMatrix<f64>| joint.view((l, l), (p * l, p * l)).into_owned();
    let mut out = Vec::new();
    if let Some(statistic) = cragg_donald(form) {
        let note = "for Stock and Yogo's critical values; iid errors".to_string();
        out.push(TestResult {
            test: "Cragg-Donald F".into(),
            statistic,
            df1: Some(l as f64),
            df2: Some(form.df_residual),
            p_value: None,
            note,
        });
    }
    if let Some(rk) = kleibergen_paap(form, &of_endogenous(&form.covariance)) {
        out.push(TestResult {
            test: "Kleibergen-Paap rk F".into(),
            statistic: rk / l as f64,
            df1: Some(l as f64),
            df2: Some(form.df_errors),
            p_value: None,
            note: "strength of the instruments with the model's errors".into(),
        });
    }
    // Under no effect of the instruments what is left of the regressors is all of them.
    let left = model
        .design
        .endogenous
        .iter()
        .map(|endogenous| {
            let alone = model.design.with(endogenous.clone(), variables(model.columns.exogenous.iter()));
            Ok(influence(&Ols.fit(&alone, cache)?)?.residuals.to_vec())
        })
        .collect::<Result<Vec<_>, EstimateError>>()?;
    let left: Vec<&[f64]> = left.iter().map(Vec::as_slice).collect();
    let equation = &form.equations[1];
    let (joint, _) = joint_covariance(model.design, equation, &left, (model.errors, &PLAIN))?;
    let k = equation.terms.len();
    let v = keep_block(&joint, (p, k), k - l) * unadjusted(model.errors, model.design.n_obs());
    if let Some(rk) = kleibergen_paap(form, &v) {
        out.push(test("Kleibergen-Paap rk LM", rk, l + 1 - p, "the model is not identified; with the model's errors"));
    }
    Ok(out)
}

/// Anderson-Rubin and the conditional likelihood ratio at zero, with their sets.
fn robust(model: &Model, out: &mut Diagnosis) {
    let form = &model.form;
    let (l, p) = (form.n_instruments() as f64, form.n_endogenous());
    let df = if *model.errors == Errors::Iid { form.df_residual } else { form.df_errors };
    if let Some(statistic) = anderson_rubin(form, &vec![0.0; p]) {
        out.tests.push(TestResult {
            test: "Anderson-Rubin F".into(),
            statistic,
            df1: Some(l),
            df2: Some(df),
            p_value: Some(upper_f(statistic, l, df)),
            note:
                "every endogenous regressor has coefficient zero; holds with weak instruments, with the model's errors"
                    .into(),
        });
        if let Some(intervals) = anderson_rubin_set(form, model.errors, LEVEL) {
            add_set(model, out, "Anderson-Rubin", intervals);
        }
    }
    if p != 1 || *model.errors != Errors::Iid {
        return;
    }
    if let Some((statistic, given)) = likelihood_ratio(form, 0.0) {
        out.tests.push(TestResult {
            test: "conditional likelihood ratio".into(),
            statistic,
            df1: None,
            df2: None,
            p_value: Some(likelihood_ratio_p(statistic, given, form.n_instruments())),
            note: "the endogenous regressor has coefficient zero; holds with weak instruments, iid errors".into(),
        });
        if let Some(intervals) = likelihood_ratio_set(form, LEVEL) {
            add_set(model, out, "conditional likelihood ratio", intervals);
        }
    }
}

/// Keeps a set and says it in the note of its test, the last one, where `tests.csv` has it.
fn add_set(model: &Model, out: &mut Diagnosis, test: &str, intervals: Vec<Interval>) {
    let set = ConfidenceSet {
        test: test.into(),
        term: model.columns.endogenous[0].name.clone(),
        level: LEVEL,
        shape: SetShape::of(&intervals),
        intervals,
    };
    if let Some(row) = out.tests.last_mut() {
        row.note.push_str(&format!("; 95 % set: {}", set.in_words(|value| value.to_string())));
    }
    out.sets.push(set);
}
