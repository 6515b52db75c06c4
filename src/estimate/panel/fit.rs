//! [`Transformed`]: a design after the transformation of its panel method, and the record of it.

use std::sync::Arc;

use super::correlated::{MEAN_OF, instrumented, with_unit_means};
use super::error::PanelError;
use super::feasible::Whitening;
use super::groups::{as_clusters, grouped};
use super::levels::effects_of;
use super::means::{demeaned, means};
use super::method::{Difference, FglsRows, Gaps, GroupMethod, PanelEffect, PanelMethod, Span};
use super::random::{RandomDesign, quasi_demeaned};
use super::record::{ComponentsRecord, PanelRSquared, PanelRecord};
use super::transform::{averaged, differenced, rebuilt};
use crate::absorb::AbsorberCache;
use crate::design::{AbsorbedTerm, DesignMatrix, PanelIndex, Variable, Way};
use crate::estimate::ols::INTERCEPT;
use crate::estimate::{Estimate, EstimateError, Fit, Method, ModelRequest, Spread, TestResult, finish, fit_design};
use crate::infer::instruments::distribution::upper_chi_squared;
use crate::infer::wald::upper_f;
use crate::infer::{t_interval, two_sided_p, wald_zero};
use crate::linalg::{dot, residual, squares_about, sum};
use crate::note::Note;
use crate::vcov::{Dialect, Errors, RawCovariance, SmallSample};
use nalgebra::{DMatrix, DVector};

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
            PanelMethod::Pooled => design.clone(),
            PanelMethod::Within(effect) => with_effects(design, &index, *effect),
            PanelMethod::Groups(method) => in_groups(design, &index, *method)?,
            PanelMethod::Between(way) => averaged(design, &index, *way)?,
            PanelMethod::Difference(difference) => with_gaps_noted(design, &index, difference)?,
            PanelMethod::Random(effect, method) => {
                let random = quasi_demeaned(design, &index, (*effect, *method), cache)?;
                record.components = Some(random.record(method.name()));
                random.design
            }
            PanelMethod::Mundlak(method) => {
                let with_means = with_unit_means(design, &index)?;
                let random = quasi_demeaned(&with_means, &index, (PanelEffect::Unit, *method), cache)?;
                record.components = Some(random.record(method.name()));
                random.design
            }
            PanelMethod::Instrumented(set) => {
                let random = instrumented(design, &index, *set, cache)?;
                record.components = Some(random.record(set.name()));
                random.design
            }
            PanelMethod::Fgls(rows) => whitened(design, &index, *rows)?,
        };
        record.effect = match self {
            PanelMethod::Within(effect) | PanelMethod::Random(effect, _) => Some(effect.name().to_string()),
            PanelMethod::Mundlak(_) | PanelMethod::Instrumented(_) | PanelMethod::Fgls(FglsRows::Within) => {
                Some(PanelEffect::Unit.name().to_string())
            }
            PanelMethod::Between(Way::Unit) => Some(PanelEffect::Unit.name().to_string()),
            PanelMethod::Between(Way::Time) => Some(PanelEffect::Time.name().to_string()),
            PanelMethod::Pooled | PanelMethod::Difference(_) | PanelMethod::Groups(_) | PanelMethod::Fgls(_) => None,
        };
        Ok(Transformed { design: changed, levels: design.clone(), index, record })
    }
}

/// The design with its effects absorbed, if they are not yet: where a study asks for them they are there before the
/// sample is decided, so that singletons can leave.
fn with_effects(design: &DesignMatrix, index: &PanelIndex, effect: PanelEffect) -> DesignMatrix {
    let own = effects_of(design, index, effect.ways()).terms;
    let known = |term: &AbsorbedTerm| design.absorbed.iter().any(|other| other.name == term.name);
    let missing: Vec<AbsorbedTerm> = own.into_iter().filter(|term| !known(term)).collect();
    let absorbed = missing.into_iter().chain(design.absorbed.iter().cloned()).collect();
    DesignMatrix { absorbed, intercept: false, ..design.clone() }
}

impl RandomDesign {
    fn record(&self, method: &str) -> ComponentsRecord {
        let theta = |pick: fn(f64, f64) -> f64, from: f64| self.theta.iter().copied().fold(from, pick);
        ComponentsRecord {
            method: method.to_string(),
            idiosyncratic: self.components.idiosyncratic,
            unit: self.components.unit,
            time: self.components.time,
            theta_min: theta(f64::min, f64::INFINITY),
            theta_max: theta(f64::max, f64::NEG_INFINITY),
        }
    }
}

/// Refuses what a method has no place for: absorbed effects, weights and instruments.
fn plain(design: &DesignMatrix, method: &'static str) -> Result<(), PanelError> {
    if !design.absorbed.is_empty() {
        return Err(PanelError::Absorbed { method });
    }
    if design.weights.is_some() {
        return Err(PanelError::Weights { method });
    }
    if !design.endogenous.is_empty() {
        return Err(PanelError::Instruments { method });
    }
    Ok(())
}

/// The design with the groups as a cluster variable.
fn in_groups(design: &DesignMatrix, index: &PanelIndex, method: GroupMethod) -> Result<DesignMatrix, PanelError> {
    plain(design, method.name())?;
    let mut out = design.clone();
    if !out.clusters.iter().any(|cluster| cluster.name == index.name(method.way())) {
        out.clusters.push(as_clusters(index, method.way()));
    }
    Ok(out)
}

/// The design on rows whose errors are independent with variance one.
fn whitened(design: &DesignMatrix, index: &PanelIndex, rows: FglsRows) -> Result<DesignMatrix, PanelError> {
    plain(design, PanelMethod::Fgls(rows).name())?;
    let (base, index) = match rows {
        FglsRows::Levels => (with_constant(design), index.clone()),
        FglsRows::Within if !index.is_balanced() => {
            return Err(PanelError::Unbalanced { method: PanelMethod::Fgls(rows).name() });
        }
        FglsRows::Within => {
            let all: Vec<u32> = (0..design.n_rows() as u32).collect();
            let net = rebuilt(design, &all, |values| demeaned(values, index.factor(Way::Unit)));
            (DesignMatrix { intercept: false, ..net }, index.clone())
        }
        FglsRows::Difference => {
            let bridged = Difference { span: Span::Steps(1), gaps: Gaps::Bridge };
            let changes = with_constant(&with_gaps_noted(design, index, &bridged)?);
            let index = PanelIndex::of(&changes)?;
            (changes, index)
        }
    };
    let by = Whitening::of(&base, &index)?;
    let all: Vec<u32> = (0..base.n_rows() as u32).collect();
    Ok(rebuilt(&base, &all, |values| by.apply(values, &index)))
}

/// The design with its constant as a regressor, which a transformation may change.
fn with_constant(design: &DesignMatrix) -> DesignMatrix {
    let ones = || Variable { name: INTERCEPT.to_string(), values: Arc::new(vec![1.0; design.n_rows()]) };
    let constant = design.intercept.then(ones);
    let regressors = constant.into_iter().chain(design.regressors.iter().cloned()).collect();
    DesignMatrix { regressors, intercept: false, ..design.clone() }
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
            dynamic: None,
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

/// Estimates a transformed design and completes its record.
///
/// # Errors
/// As [`fit_design`].
pub fn fit_panel(
    request: &ModelRequest,
    transformed: &Transformed,
    cache: &AbsorberCache,
) -> Result<(Fit, Estimate), EstimateError> {
    let (mut fit, estimate) = match request.method {
        Some(Method::Panel(PanelMethod::Groups(method))) => of_groups(request, transformed, method)?,
        Some(Method::Panel(PanelMethod::Fgls(_))) if request.errors == Errors::Iid => {
            generalised(request, &transformed.design, cache)?
        }
        _ => fit_design(request, &transformed.design, cache)?,
    };
    let mut record = transformed.record.clone();
    record.r_squared = Some(transformed.r_squared(&estimate));
    if let Some(Method::Panel(PanelMethod::Within(PanelEffect::Unit | PanelEffect::TwoWays))) = request.method {
        fit.notes.extend(nickell(&fit, transformed));
    }
    if let Some(Method::Panel(PanelMethod::Mundlak(_))) = request.method {
        fit.tests.extend(mundlak_test(&fit, &estimate));
    }
    if record.components.is_some() {
        of_transformed_outcome(&mut fit, &transformed.design, &estimate);
        if request.dialect != Dialect::Linearmodels {
            with_normal_tests(&mut fit);
        }
    }
    fit.panel = Some(record);
    Ok((fit, estimate))
}

/// A lagged outcome net of unit effects: the bias is about `-(1 + ρ)/(T - 1)` for many units and no other regressors
/// (Nickell 1981, equation 18).
fn nickell(fit: &Fit, transformed: &Transformed) -> Option<Note> {
    let lag = format!("lag({}", fit.outcome);
    let lagged =
        fit.coefficients.iter().find(|c| c.term.strip_prefix(&lag).is_some_and(|rest| rest.starts_with([',', ')'])))?;
    let periods = transformed.index.n_rows() as f64 / transformed.index.n(Way::Unit) as f64;
    (periods > 1.0).then(|| Note::NickellBias {
        term: lagged.term.clone(),
        periods,
        bias: -(1.0 + lagged.estimate) / (periods - 1.0),
    })
}

/// Averages over groups; their errors are the method's own, or those of coefficients that are independent between groups,
/// unless others are asked for.
fn of_groups(
    request: &ModelRequest,
    transformed: &Transformed,
    method: GroupMethod,
) -> Result<(Fit, Estimate), EstimateError> {
    let (design, index) = (&transformed.design, &transformed.index);
    let found = grouped(design, index, method)?;
    let by_group = Errors::Cluster(vec![index.name(method.way()).to_string()]);
    let mut fit = match (&request.errors, found.covariance) {
        (Errors::Iid, Some(own)) => with_own_covariance((request, design), &found.estimate, own)?,
        (Errors::Iid, None) => with_plain_counting((request, design), &found.estimate, &by_group)?,
        (given, _) => with_plain_counting((request, design), &found.estimate, given)?,
    };
    fit.method = method.name().to_string();
    Ok((fit, found.estimate))
}

/// A fit with the factor `G/(G-1)` of clusters as its only one.
fn with_plain_counting(
    (request, design): (&ModelRequest, &DesignMatrix),
    estimate: &Estimate,
    errors: &Errors,
) -> Result<Fit, EstimateError> {
    let rules = SmallSample { adjust_g: true, ..SmallSample::PLAIN };
    let mut covariance = RawCovariance::of(errors, design, estimate)?.with(&rules);
    // The clusters are the groups, and their number is what the method is about.
    covariance.notes.retain(|note| !matches!(note, Note::UnequalClusters { .. } | Note::InfluentialCluster { .. }));
    Ok(finish(request, design, estimate, covariance))
}

/// A fit with a covariance that does not come from values per row, and tests by the normal distribution.
fn with_own_covariance(
    (request, design): (&ModelRequest, &DesignMatrix),
    estimate: &Estimate,
    own: DMatrix<f64>,
) -> Result<Fit, EstimateError> {
    let estimate = Estimate { spread: Spread::Covariance(own), ..estimate.clone() };
    let covariance = RawCovariance::of(&Errors::Iid, design, &estimate)?.with(&SmallSample::PLAIN);
    let mut fit = finish(request, design, &estimate, covariance);
    with_normal_tests(&mut fit);
    Ok(fit)
}

/// Least squares on whitened rows, whose errors have variance one.
fn generalised(
    request: &ModelRequest,
    design: &DesignMatrix,
    cache: &AbsorberCache,
) -> Result<(Fit, Estimate), EstimateError> {
    let (fit, estimate) = fit_design(request, design, cache)?;
    let inverse = estimate.linear()?.inverse.clone();
    let mut own = with_own_covariance((request, design), &estimate, inverse)?;
    own.method = fit.method;
    Ok((own, estimate))
}

/// The test that the coefficients of the unit means are zero, with the model's errors: Hausman's test as a regression
/// (Mundlak 1978; Wooldridge 2010, section 10.7.3).
fn mundlak_test(fit: &Fit, estimate: &Estimate) -> Option<TestResult> {
    let means: Vec<usize> = (0..estimate.terms.len()).filter(|&i| estimate.terms[i].starts_with(MEAN_OF)).collect();
    let k = fit.covariance.len();
    let covariance = DMatrix::from_fn(k, k, |i, j| fit.covariance[i][j]);
    let test = wald_zero(&estimate.coefficients, &covariance, &means, f64::INFINITY)?;
    let statistic = test.statistic * test.df1;
    Some(TestResult {
        test: "mundlak".to_string(),
        statistic,
        df1: Some(test.df1),
        df2: None,
        p_value: Some(upper_chi_squared(statistic, test.df1)),
        note: "unit effects are not correlated with the regressors: the unit means have no coefficients".to_string(),
    })
}

/// R² of quasi-demeaned columns, whose constant is not constant: the squared correlation of outcome and fit, as in plm.
fn of_transformed_outcome(fit: &mut Fit, design: &DesignMatrix, estimate: &Estimate) {
    let Ok(influence) = estimate.linear() else { return };
    let y = &design.outcome.values;
    let fitted: Vec<f64> = y.iter().zip(influence.residuals.iter()).map(|(y, e)| y - e).collect();
    let about = |values: &[f64]| {
        let mean = sum(values) / values.len() as f64;
        values.iter().map(|value| value - mean).collect::<Vec<f64>>()
    };
    let (y, fitted) = (about(y), about(&fitted));
    let share = dot(&y, &fitted).powi(2) / (dot(&y, &y) * dot(&fitted, &fitted));
    let (n, k) = (design.n_rows() as f64, estimate.terms.len() as f64);
    fit.statistics.r_squared = Some(share).filter(|share| share.is_finite());
    fit.statistics.adj_r_squared = fit.statistics.r_squared.map(|share| 1.0 - (1.0 - share) * (n - 1.0) / (n - k));
}

/// Tests by the normal distribution: the variance components are estimates too, and the theory of feasible generalised
/// least squares is that of large samples (plm, Stata).
fn with_normal_tests(fit: &mut Fit) {
    for coefficient in &mut fit.coefficients {
        coefficient.df = f64::INFINITY;
        coefficient.p_value = two_sided_p(coefficient.statistic, f64::INFINITY);
        (coefficient.conf_low, coefficient.conf_high) =
            t_interval(coefficient.estimate, coefficient.std_error, f64::INFINITY, 0.95);
    }
    fit.errors.factors.df = f64::INFINITY;
    for test in fit.tests.iter_mut().filter(|test| test.test == "joint F") {
        test.df2 = Some(f64::INFINITY);
        test.p_value = test.df1.map(|df1| upper_f(test.statistic, df1, f64::INFINITY));
        fit.statistics.f_p_value = test.p_value;
    }
}
