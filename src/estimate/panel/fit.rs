//! [`Transformed`]: a design after the transformation of its panel method, and the record of it.

use super::error::PanelError;
use super::fama_macbeth::{fama_macbeth, periods_as_clusters};
use super::levels::effects_of;
use super::means::{demeaned, means};
use super::method::{Difference, Gaps, PanelEffect, PanelMethod};
use super::random::quasi_demeaned;
use super::record::{ComponentsRecord, PanelRSquared, PanelRecord};
use super::transform::{averaged, differenced};
use crate::absorb::AbsorberCache;
use crate::design::{AbsorbedTerm, DesignMatrix, PanelIndex, Way};
use crate::estimate::ols::INTERCEPT;
use crate::estimate::{Estimate, EstimateError, Fit, Method, ModelRequest, finish, fit_design};
use crate::infer::wald::upper_f;
use crate::infer::{t_interval, two_sided_p};
use crate::linalg::{dot, residual, squares_about, sum};
use crate::note::Note;
use crate::vcov::{Dialect, Errors, RawCovariance, SmallSample};
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
            PanelMethod::Pooled => design.clone(),
            PanelMethod::Within(effect) => with_effects(design, &index, *effect),
            PanelMethod::FamaMacBeth => by_period(design, &index)?,
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
            PanelMethod::Pooled | PanelMethod::Difference(_) | PanelMethod::FamaMacBeth => None,
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

/// The design with the periods as a cluster variable.
fn by_period(design: &DesignMatrix, index: &PanelIndex) -> Result<DesignMatrix, PanelError> {
    let method = PanelMethod::FamaMacBeth.name();
    if !design.absorbed.is_empty() {
        return Err(PanelError::Absorbed { method });
    }
    if design.weights.is_some() {
        return Err(PanelError::Weights { method });
    }
    if !design.endogenous.is_empty() {
        return Err(PanelError::Instruments { method });
    }
    let mut out = design.clone();
    if !out.clusters.iter().any(|cluster| cluster.name == index.periods.name) {
        out.clusters.push(periods_as_clusters(index));
    }
    Ok(out)
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
        Some(Method::Panel(PanelMethod::FamaMacBeth)) => averaged_coefficients(request, transformed)?,
        _ => fit_design(request, &transformed.design, cache)?,
    };
    let mut record = transformed.record.clone();
    record.r_squared = Some(transformed.r_squared(&estimate));
    if let Some(Method::Panel(PanelMethod::Within(PanelEffect::Unit | PanelEffect::TwoWays))) = request.method {
        fit.notes.extend(nickell(&fit, transformed));
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

/// Fama and MacBeth's coefficients; their errors are those of coefficients that are independent between periods, unless
/// others are asked for.
fn averaged_coefficients(request: &ModelRequest, transformed: &Transformed) -> Result<(Fit, Estimate), EstimateError> {
    let (design, index) = (&transformed.design, &transformed.index);
    let estimate = fama_macbeth(design, index)?;
    let own = Errors::Cluster(vec![index.periods.name.clone()]);
    let errors = if request.errors == Errors::Iid { &own } else { &request.errors };
    let rules = SmallSample { adjust_g: true, ..SmallSample::PLAIN };
    let mut covariance = RawCovariance::of(errors, design, &estimate)?.with(&rules);
    // The clusters are the periods, and their number is what the method is about.
    covariance.notes.retain(|note| !matches!(note, Note::UnequalClusters { .. } | Note::InfluentialCluster { .. }));
    let mut fit = finish(request, design, &estimate, covariance);
    fit.method = PanelMethod::FamaMacBeth.name().to_string();
    Ok((fit, estimate))
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
