//! [`fit_shift_share`]: one shift-share model, from its design to its record.

use super::super::error::EstimateError;
use super::super::fit::{
    AbsorbedEffect, ClusterCount, Coefficient, ErrorsRecord, Fit, FitStatistics, SmallSampleFactors, TestResult,
};
use super::super::request::ModelRequest;
use super::super::working::mean;
use super::akm::{ExposureRobust, NetVariables, ShareSpace, exposure_robust, region_errors};
use super::error::ShiftShareError;
use super::exposure::Exposure;
use super::net::Controls;
use super::projection::ShareProjection;
use super::record::{BalanceResult, ExposureErrors, ShiftShareRecord, ShockSummary};
use super::rotemberg::{ShareOveridentification, rotemberg};
use super::shocks::{shock_level, summary};
use crate::absorb::AbsorberCache;
use crate::design::DesignMatrix;
use crate::infer::normal;
use crate::linalg::{sum, weighted_dot};
use crate::note::Note;
use statrs::distribution::{ChiSquared, ContinuousCDF};

/// Coverage of intervals and sets.
const LEVEL: f64 = 0.95;

/// Fewer effective shocks than this raise a note: a rule of thumb, since the normal approximation is one in shocks.
const FEW_SHOCKS: f64 = 20.0;

/// The shift-share side of a model, on its sample.
#[derive(Clone, Debug)]
pub struct ShiftShare {
    /// The variable's name in the formula: the instrument, or a regressor of a model without instruments.
    pub variable: String,
    /// Shares and shocks on the rows of the sample.
    pub exposure: Exposure,
    /// Variables that the shocks should not predict: name, whether it is an outcome of before, a value per row.
    pub balance: Vec<(String, bool, Vec<f64>)>,
}

/// Estimates the coefficient on the shift-share variable, or on the variable that it instruments.
///
/// The record has this one coefficient: exposure-robust errors are not defined for those of the controls.
///
/// # Errors
/// [`EstimateError`]: effects that cannot be absorbed, or a shift-share design without variation or with too few sectors.
pub fn fit_shift_share(
    request: &ModelRequest,
    design: &DesignMatrix,
    shift: &ShiftShare,
    cache: &AbsorberCache,
) -> Result<Fit, EstimateError> {
    let weights = design.weight_values();
    let exposure = &shift.exposure;
    let summary = summary(exposure, weights);
    check_sectors(exposure, weights)?;
    let apart: Vec<usize> =
        (0..design.regressors.len()).filter(|&j| design.regressors[j].name == shift.variable).collect();
    let controls = Controls::of(design, &apart, cache)?;
    let outcome = controls.net(&design.outcome.values)?;
    let raw = raw_instrument(design, &shift.variable, &apart)?;
    let instrument = controls.net(raw)?;
    if controls.is_nothing(&instrument, raw) {
        return Err(ShiftShareError::NoVariation { variable: shift.variable.clone() }.into());
    }
    let treatment = design.endogenous.first().map(|variable| controls.net(&variable.values)).transpose()?;
    let space = ShareSpace {
        shares: &exposure.shares,
        projection: ShareProjection::new(&exposure.shares, weights),
        groups: exposure.group_codes(),
    };
    if space.projection.rank() >= design.n_rows() {
        let (sectors, rows) = (space.projection.rank(), design.n_rows());
        return Err(ShiftShareError::TooManySectors { sectors, rows }.into());
    }
    let walk = Walk { design, shift, controls: &controls, space, instrument: &instrument };
    let net = NetVariables {
        outcome: &outcome,
        treatment: treatment.as_deref().unwrap_or(&instrument),
        instrument: &instrument,
        weights,
    };
    let robust = exposure_robust(&net, &walk.space, 0.0, LEVEL)?;
    let with_constant = controls.explain(&exposure.shares.sums())?;
    let by_shocks = shock_level(&net, exposure, with_constant);
    let (rotemberg, overidentification) = rotemberg(&net, exposure, &controls)?;
    let record = ShiftShareRecord {
        variable: shift.variable.clone(),
        is_instrument: treatment.is_some(),
        estimate: walk.errors(&net, &robust, 1),
        first_stage: treatment.as_ref().map(|x| walk.on_instrument(x)).transpose()?,
        reduced_form: treatment.as_ref().map(|_| walk.on_instrument(&outcome)).transpose()?,
        shock_level_estimate: by_shocks.estimate,
        shock_level_error: by_shocks.std_error,
        collinear_sectors: walk.collinear(weights),
        shocks: summary,
        rotemberg,
        balance: walk.balance(with_constant)?,
    };
    Ok(walk.finish(request, &net, &robust, (record, overidentification, with_constant)))
}

/// The shift-share variable: the only instrument, or a regressor.
fn raw_instrument<'a>(design: &'a DesignMatrix, name: &str, apart: &[usize]) -> Result<&'a [f64], ShiftShareError> {
    let among_regressors = apart.first().and_then(|&j| design.regressors.get(j));
    let found = design.instruments.iter().find(|z| z.name == name).or(among_regressors);
    found.map(|z| z.values.as_slice()).ok_or_else(|| ShiftShareError::NoVariation { variable: name.into() })
}

fn check_sectors(exposure: &Exposure, weights: Option<&[f64]>) -> Result<(), ShiftShareError> {
    let importance = exposure.importance(weights);
    let active: Vec<usize> = (0..importance.len()).filter(|&k| importance[k] > 0.0).collect();
    if active.len() < 2 {
        return Err(ShiftShareError::FewSectors { sectors: active.len() });
    }
    match exposure.group_codes() {
        Some(codes) if active.iter().all(|&k| codes[k] == codes[active[0]]) => {
            let group = exposure.group_names().get(codes[active[0]] as usize).cloned().unwrap_or_default();
            Err(ShiftShareError::OneGroup { group })
        }
        _ => Ok(()),
    }
}

/// What every equation of one model shares.
struct Walk<'a> {
    design: &'a DesignMatrix,
    shift: &'a ShiftShare,
    controls: &'a Controls,
    space: ShareSpace<'a>,
    instrument: &'a [f64],
}

impl Walk<'_> {
    /// The regression of a net variable on the shift-share variable.
    fn on_instrument(&self, outcome: &[f64]) -> Result<ExposureErrors, EstimateError> {
        let net = self.reduced(outcome);
        let robust = exposure_robust(&net, &self.space, 0.0, LEVEL)?;
        Ok(self.errors(&net, &robust, 1))
    }

    fn reduced<'b>(&'b self, outcome: &'b [f64]) -> NetVariables<'b> {
        let weights = self.design.weight_values();
        NetVariables { outcome, treatment: self.instrument, instrument: self.instrument, weights }
    }

    fn errors(&self, net: &NetVariables<'_>, robust: &ExposureRobust, slopes: usize) -> ExposureErrors {
        let clusters = self.design.clusters.first().map(|cluster| cluster.factor.codes.as_slice());
        let parameters = self.controls.n_parameters() + slopes;
        let by_region = region_errors(net, parameters, clusters);
        ExposureErrors {
            estimate: robust.estimate,
            akm: robust.akm_error,
            akm_p: robust.akm_p,
            akm_low: robust.akm_interval.0,
            akm_high: robust.akm_interval.1,
            akm0_p: robust.akm0_p,
            akm0: robust.akm0_set,
            homoskedastic: by_region.homoskedastic,
            robust: by_region.robust,
            clustered: by_region.clustered,
        }
    }

    fn collinear(&self, weights: Option<&[f64]>) -> Vec<String> {
        let exposure = &self.shift.exposure;
        let importance = exposure.importance(weights);
        let dependent = self.space.projection.dependent().iter().filter(|&&k| importance[k] > 0.0);
        dependent.map(|&k| exposure.sectors[k].clone()).collect()
    }

    fn balance(&self, with_constant: bool) -> Result<Vec<BalanceResult>, EstimateError> {
        let one = |(name, is_pre_trend, values): &(String, bool, Vec<f64>)| {
            let missing = values.iter().filter(|v| !v.is_finite()).count();
            if missing > 0 {
                return Err(ShiftShareError::BalanceMissing { variable: name.clone(), rows: missing }.into());
            }
            let left = self.controls.net(values)?;
            Ok(BalanceResult {
                variable: name.clone(),
                is_pre_trend: *is_pre_trend,
                regional: self.on_instrument(&left)?,
                shock_level_error: shock_level(&self.reduced(&left), &self.shift.exposure, with_constant).std_error,
            })
        };
        self.shift.balance.iter().map(one).collect()
    }

    fn finish(
        &self,
        request: &ModelRequest,
        net: &NetVariables<'_>,
        robust: &ExposureRobust,
        (record, overidentification, with_constant): (ShiftShareRecord, Option<ShareOveridentification>, bool),
    ) -> Fit {
        let design = self.design;
        let term = design.endogenous.first().map_or(&self.shift.variable, |variable| &variable.name).clone();
        let notes = self.notes(&record, with_constant);
        Fit {
            model: request.model.clone(),
            base: request.base.clone(),
            choices: request.choices.clone(),
            method: "shift-share".to_string(),
            outcome: design.outcome.name.clone(),
            formula: request.formula.clone(),
            coefficients: vec![coefficient(term, robust)],
            covariance: vec![vec![robust.akm_error * robust.akm_error]],
            errors: self.errors_record(&record.shocks),
            statistics: self.statistics(net, robust.estimate),
            absorbed: self.absorbed(),
            weights: design.weights.as_ref().map(|w| format!("{}: {}", w.kind, w.name)),
            tests: tests(&record, robust, overidentification),
            first_stages: Vec::new(),
            confidence_sets: Vec::new(),
            ledger: design.sample.ledger.clone(),
            convergence: self.controls.convergence.clone(),
            notes,
            sensitivity: None,
            likelihood: None,
            panel: None,
            shift_share: Some(record),
            spatial: None,
            fixed_effects: Vec::new(),
            inference: Default::default(),
            wild: None,
            randomisations: Vec::new(),
        }
    }

    fn notes(&self, record: &ShiftShareRecord, with_constant: bool) -> Vec<Note> {
        let mut notes: Vec<Note> = self.design.notes.iter().chain(&self.controls.notes).cloned().collect();
        let variable = record.variable.clone();
        if !with_constant {
            let (smallest, largest) = (record.shocks.smallest_sum, record.shocks.largest_sum);
            notes.push(Note::SharesIncomplete { variable: variable.clone(), smallest, largest });
        }
        if !record.collinear_sectors.is_empty() {
            let examples = record.collinear_sectors.iter().take(5).cloned().collect();
            let sectors = record.collinear_sectors.len();
            notes.push(Note::SharesCollinear { variable: variable.clone(), sectors, examples });
        }
        let effective = record.shocks.effective_groups.unwrap_or(record.shocks.effective);
        if effective < FEW_SHOCKS {
            notes.push(Note::FewShocks { variable, effective });
        }
        notes
    }

    fn errors_record(&self, shocks: &ShockSummary) -> ErrorsRecord {
        let groups = shocks.groups;
        let variable = format!("{} shock groups", self.shift.variable);
        ErrorsRecord {
            kind: "akm".to_string(),
            dialect: String::new(),
            clusters: groups.map(|clusters| ClusterCount { variable, clusters }).into_iter().collect(),
            details: Default::default(),
            factors: SmallSampleFactors {
                n: self.design.n_obs(),
                k: self.controls.n_parameters() + 1,
                g: groups,
                k_factor: 1.0,
                g_factor: 1.0,
                df: f64::INFINITY,
            },
        }
    }

    fn statistics(&self, net: &NetVariables<'_>, estimate: f64) -> FitStatistics {
        let design = self.design;
        let residuals = net.residuals(estimate);
        let rss = weighted_dot(&residuals, &residuals, net.weights);
        let weight = net.weights.map_or(design.n_rows() as f64, sum);
        let parameters = self.controls.n_parameters() + 1;
        FitStatistics {
            n_obs: design.n_obs(),
            n_dropped: design.n_panel_rows - design.n_rows(),
            rmse: Some((rss / weight).sqrt()),
            rss: Some(rss),
            absorbed_dof: self.controls.absorbed.as_ref().map_or(0, |degrees| degrees.conventional),
            df_residual: Some(design.n_obs() as f64 - parameters as f64),
            outcome_mean: Some(mean(&design.outcome.values, net.weights)),
            ..FitStatistics::default()
        }
    }

    fn absorbed(&self) -> Vec<AbsorbedEffect> {
        let Some(degrees) = &self.controls.absorbed else { return Vec::new() };
        let counts = degrees.levels.iter().zip(&degrees.redundant);
        let effect = |(term, (&levels, &redundant)): (&crate::design::AbsorbedTerm, _)| AbsorbedEffect {
            name: term.name.clone(),
            levels,
            redundant,
            nested_in_cluster: false,
        };
        self.design.absorbed.iter().zip(counts).map(effect).collect()
    }
}

fn coefficient(term: String, robust: &ExposureRobust) -> Coefficient {
    Coefficient {
        term,
        estimate: robust.estimate,
        std_error: robust.akm_error,
        statistic: robust.estimate / robust.akm_error,
        df: f64::INFINITY,
        p_value: robust.akm_p,
        conf_low: robust.akm_interval.0,
        conf_high: robust.akm_interval.1,
        truth: None,
    }
}

fn tests(
    record: &ShiftShareRecord,
    robust: &ExposureRobust,
    overidentification: Option<ShareOveridentification>,
) -> Vec<TestResult> {
    let test = |name: String, statistic: f64, df1: Option<f64>, p: f64, note: &str| TestResult {
        test: name,
        statistic,
        df1,
        df2: None,
        p_value: Some(p),
        note: note.into(),
    };
    let sign = robust.estimate.signum();
    let z = -normal::quantile(robust.akm0_p / 2.0) * sign;
    let imposed = "the coefficient is zero, with the errors of that hypothesis";
    let mut out = vec![test("AKM0".into(), z, None, robust.akm0_p, imposed)];
    out.extend(record.first_stage.as_ref().map(|stage| {
        let f = (stage.estimate / stage.akm).powi(2);
        let note = "the shift-share variable does not move the endogenous one, with exposure-robust errors";
        test("first-stage F (AKM)".into(), f, Some(1.0), stage.akm_p, note)
    }));
    out.extend(overidentification.map(|j| {
        let p = ChiSquared::new(j.df as f64).map_or(f64::NAN, |chi2| chi2.sf(j.statistic));
        let note = "every share, taken alone, would give the same coefficient (equal variances)";
        test("Sargan J (shares)".into(), j.statistic, Some(j.df as f64), p, note)
    }));
    out.extend(record.balance.iter().map(|balance| {
        let kind = if balance.is_pre_trend { "pre-trend" } else { "balance" };
        let note = "the shift-share variable does not predict it, with AKM errors";
        let z = balance.regional.estimate / balance.regional.akm;
        test(format!("{kind}: {}", balance.variable), z, None, balance.regional.akm_p, note)
    }));
    out
}
