//! [`fit_spatial`]: one spatial model from its design to its record, by maximum likelihood unless moments are asked for.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::super::error::EstimateError;
use super::super::finish::coefficient;
use super::super::fit::{
    AbsorbedEffect, Convergence, ErrorsRecord, Fit, FitStatistics, SmallSampleFactors, TestResult,
};
use super::super::request::ModelRequest;
use super::baltagi_song_koh::baltagi_song_koh;
use super::columns::{Columns, PERIODS, Taken};
use super::diagnostics::{chi_squared_p, lagrange_multipliers, residual_moran};
use super::dynamics::Correction;
use super::error::SpatialError;
use super::hausman::spatial_hausman;
use super::impacts::{Horizon, ImpactTerm, Parameters, VariableImpacts, impacts};
use super::information::{SpatialCovariance, covariance};
use super::jacobian::{Determinant, Jacobian};
use super::likelihood::{FilteredColumns, Likelihood, Point, SpatialColumns};
use super::moments::fit_moments;
use super::random_effects::{RandomEffectsLikelihood, RandomEffectsMaximum};
use super::record::SpatialRecord;
use super::request::{EffectsRule, RandomEffects, SpatialEstimator, SpatialRequest};
use super::search::{Maximum, maximise};
use super::series::LogDeterminant;
use crate::absorb::AbsorberCache;
use crate::design::DesignMatrix;
use crate::linalg::{SparseMatrix, dot, sum};
use crate::note::Note;

/// The name of the lag's coefficient.
pub const RHO: &str = "rho";

/// The name of the error's coefficient.
pub const LAMBDA: &str = "lambda";

/// The name of the variance of random effects over that of the errors.
pub const PHI: &str = "phi";

/// Estimates a spatial model.
///
/// # Errors
/// Effects that cannot be absorbed or that the likelihood cannot take out, collinear columns, or a likelihood without an inner maximum.
pub fn fit_spatial(
    request: &ModelRequest,
    design: &DesignMatrix,
    spatial: &SpatialRequest,
    cache: &AbsorberCache,
) -> Result<Fit, EstimateError> {
    if spatial.layout.matrices.iter().all(|w| w.n_stored() == 0) {
        return Err(SpatialError::NoLinks { weights: spatial.weights.clone() }.into());
    }
    if let SpatialEstimator::Moments(options) = &spatial.estimator {
        return fit_moments(request, design, (spatial, options), cache);
    }
    let columns = Columns::of(design, spatial, cache)?;
    let taken = Taken::of(design, spatial)?;
    let whole = Jacobian::by(&spatial.layout, spatial.log_determinant, spatial.seed);
    let is_small = |w: &Arc<SparseMatrix>| w.spectral_radius() <= 1.0 + 1e-9;
    if spatial.log_determinant != LogDeterminant::Exact && !spatial.layout.matrices.iter().all(is_small) {
        return Err(SpatialError::Series { weights: spatial.weights.clone() }.into());
    }
    let (share, without_mean) = taken.share(spatial);
    let jacobian = whole.scaled(share, without_mean);
    let likelihood = Likelihood {
        columns: &columns.columns,
        layout: &spatial.layout,
        lag: spatial.terms.lag.then_some(&jacobian),
        error: spatial.terms.error.then_some(&jacobian),
        n: taken.observations(design.n_rows(), spatial),
        terms: &columns.terms,
    };
    let solved = match spatial.effects {
        EffectsRule::Random(kind) => random(&likelihood, kind)?,
        EffectsRule::Direct | EffectsRule::LeeYu => {
            fixed(&likelihood, spatial, correction(&columns, &taken, spatial)?)?
        }
    };
    Walk { request, design, spatial, columns: &columns, taken: &taken, likelihood: &likelihood, solved: &solved }
        .finish(&whole)
}

/// A maximum with what a record says of it.
struct Solved {
    point: Point,
    /// Variance of random effects over that of the errors, where there are any.
    phi: Option<f64>,
    iterations: usize,
    covariance: SpatialCovariance,
    /// The log likelihood without what `LR spatial` or `LR random effects` tests.
    without: f64,
    /// The largest log likelihood, which the point has unless it is corrected.
    most: f64,
    /// Whether the bias that effects leave beside a lagged outcome is corrected.
    is_corrected: bool,
    note: Option<Note>,
}

fn fixed(
    likelihood: &Likelihood<'_>,
    spatial: &SpatialRequest,
    correction: Option<Correction>,
) -> Result<Solved, SpatialError> {
    let Maximum { point, iterations } = maximise(likelihood)?;
    let most = point.log_likelihood;
    let (point, note) = match &correction {
        Some(correction) => correction.of(likelihood, point)?,
        None => (point, None),
    };
    let covariance = covariance(likelihood, &point, spatial.information)?;
    let without = likelihood.at(0.0, 0.0)?.log_likelihood;
    let is_corrected = correction.is_some() && note.is_none();
    Ok(Solved { point, phi: None, iterations, covariance, without, most, is_corrected, note })
}

/// The correction that a dynamic panel asks for, or has by default.
fn correction(columns: &Columns, taken: &Taken, spatial: &SpatialRequest) -> Result<Option<Correction>, SpatialError> {
    let (dynamics, is_direct) = (&spatial.dynamics, spatial.effects == EffectsRule::Direct);
    let has_lag = spatial.terms.lag && !spatial.terms.error;
    let is_wanted = dynamics.correct.unwrap_or(!is_direct) && dynamics.any() && has_lag;
    if is_wanted && columns.absorbed.is_some() && !spatial.layout.is_balanced() {
        return Err(SpatialError::unbalanced_dynamics());
    }
    if !is_wanted || !taken.units {
        return Ok(None);
    }
    if taken.periods && !taken.rows_sum_to_one {
        return Err(SpatialError::Effects { what: PERIODS.into() });
    }
    Ok(Some(Correction {
        horizon: columns.lagged_outcome(dynamics),
        direct_periods: taken.periods && is_direct,
        periods: taken.periods,
        information: spatial.information,
    }))
}

fn random(likelihood: &Likelihood<'_>, kind: RandomEffects) -> Result<Solved, SpatialError> {
    let whole = RandomEffectsLikelihood::new(likelihood, kind)?;
    let RandomEffectsMaximum { point, iterations, pooled } = whole.maximise()?;
    let covariance = whole.covariance(&point)?;
    let most = point.point.log_likelihood;
    let (phi, without) = (Some(point.phi), pooled);
    Ok(Solved { phi, point: point.point, iterations, covariance, without, most, is_corrected: false, note: None })
}

struct Walk<'a> {
    request: &'a ModelRequest,
    design: &'a DesignMatrix,
    spatial: &'a SpatialRequest,
    columns: &'a Columns,
    taken: &'a Taken,
    likelihood: &'a Likelihood<'a>,
    solved: &'a Solved,
}

impl Walk<'_> {
    fn finish(&self, whole: &Jacobian) -> Result<Fit, EstimateError> {
        let (design, request) = (self.design, self.request);
        let (terms, values) = self.parameters();
        let k = terms.len() as f64 + 1.0;
        let matrix = &self.solved.covariance.matrix;
        let statistics = self.statistics(k);
        let df = f64::INFINITY;
        Ok(Fit {
            model: request.model.clone(),
            base: request.base.clone(),
            choices: request.choices.clone(),
            method: self.spatial.terms.name().to_string(),
            outcome: design.outcome.name.clone(),
            formula: request.formula.clone(),
            coefficients: terms
                .iter()
                .enumerate()
                .map(|(i, term)| coefficient(term, values[i], matrix[(i, i)].max(0.0).sqrt(), df))
                .collect(),
            covariance: matrix.row_iter().map(|row| row.iter().copied().collect()).collect(),
            statistics,
            absorbed: self.absorbed(),
            weights: None,
            tests: self.tests()?,
            first_stages: Vec::new(),
            confidence_sets: Vec::new(),
            ledger: design.sample.ledger.clone(),
            convergence: Convergence {
                iterations: self.solved.iterations,
                solver: "Brent and Newton on the slope of the likelihood".into(),
                ..Convergence::closed()
            },
            notes: design
                .notes
                .iter()
                .chain(&self.columns.notes)
                .chain(&self.solved.note)
                .cloned()
                .chain(self.nickell())
                .chain(self.spatial.islands_note())
                .collect(),
            panel: None,
            likelihood: None,
            fixed_effects: Vec::new(),
            inference: Default::default(),
            errors: ErrorsRecord {
                kind: "information".into(),
                dialect: String::new(),
                clusters: Vec::new(),
                details: Default::default(),
                factors: SmallSampleFactors {
                    n: design.n_obs(),
                    k: k as usize,
                    g: None,
                    k_factor: 1.0,
                    g_factor: 1.0,
                    df,
                },
            },
            shift_share: None,
            spatial: Some(self.record(whole, &values)?),
            wild: None,
            randomisations: Vec::new(),
            sensitivity: None,
        })
    }

    /// Terms and values: coefficients, `rho`, `lambda`.
    fn parameters(&self) -> (Vec<String>, DVector<f64>) {
        let point = &self.solved.point;
        let mut terms = self.columns.terms.clone();
        let mut values: Vec<f64> = point.coefficients.iter().copied().collect();
        if self.spatial.terms.lag {
            terms.push(RHO.into());
            values.push(point.rho);
        }
        if self.spatial.terms.error {
            terms.push(LAMBDA.into());
            values.push(point.lambda);
        }
        if let Some(phi) = self.solved.phi {
            terms.push(PHI.into());
            values.push(phi);
        }
        (terms, DVector::from_vec(values))
    }

    fn statistics(&self, k: f64) -> FitStatistics {
        let (design, point) = (self.design, &self.solved.point);
        let (n, y) = (self.likelihood.n, &self.columns.columns.y);
        let rss = dot(&point.residuals, &point.residuals);
        let mean = sum(&design.outcome.values) / design.n_rows() as f64;
        let total: f64 = design.outcome.values.iter().map(|v| (v - mean).powi(2)).sum();
        let has_effects = !design.absorbed.is_empty();
        FitStatistics {
            n_obs: design.n_obs(),
            n_dropped: design.n_panel_rows - design.n_rows(),
            r_squared: Some(1.0 - rss / total),
            within_r_squared: has_effects.then(|| 1.0 - rss / dot(y, y)),
            rmse: Some((rss / design.n_rows() as f64).sqrt()),
            rss: Some(rss),
            log_likelihood: Some(point.log_likelihood),
            aic: Some(2.0 * k - 2.0 * point.log_likelihood),
            bic: Some(n.ln() * k - 2.0 * point.log_likelihood),
            absorbed_dof: self.columns.absorbed.as_ref().map_or(0, |degrees| degrees.conventional),
            df_residual: Some(n - k),
            outcome_mean: Some(mean),
            ..FitStatistics::default()
        }
    }

    fn absorbed(&self) -> Vec<AbsorbedEffect> {
        let Some(degrees) = &self.columns.absorbed else { return Vec::new() };
        let counts = degrees.levels.iter().zip(&degrees.redundant);
        self.design
            .absorbed
            .iter()
            .zip(counts)
            .map(|(term, (&levels, &redundant))| AbsorbedEffect {
                name: term.name.clone(),
                levels,
                redundant,
                nested_in_cluster: false,
            })
            .collect()
    }

    fn tests(&self) -> Result<Vec<TestResult>, SpatialError> {
        let test = |name: &str, statistic: f64, df: usize, note: &str| TestResult {
            test: name.into(),
            statistic,
            df1: Some(df as f64),
            df2: None,
            p_value: Some(chi_squared_p(statistic, df as f64)),
            note: note.into(),
        };
        let mut out = Vec::new();
        let parameters = self.likelihood.free().len();
        let here = self.solved.most;
        let ratio = 2.0 * (here - self.solved.without);
        let c = &self.columns.columns;
        if self.solved.phi.is_some() {
            // Zero is at the bound of phi: half of the distribution stands there (Self and Liang 1987).
            let mut row = test("LR random effects", ratio, 1, "the effects have no variance (one-sided)");
            row.p_value = row.p_value.map(|p| 0.5 * p);
            out.push(row);
            out.extend(baltagi_song_koh(&c.y, &c.x, &self.spatial.layout)?.listed());
            return Ok(out);
        }
        if parameters > 0 {
            out.push(test("LR spatial", ratio, parameters, "the spatial parameters are zero"));
        }
        if let Some(statistic) = self.settling() {
            out.push(test("Wald settling", statistic, 1, "tau + rho + eta = 1: the process does not settle"));
        }
        if let Some((lr, df)) = self.common_factor(here) {
            out.push(test(
                "LR common factor",
                lr,
                df,
                "the Durbin model is an error model: lag coefficients are minus rho times the others",
            ));
        }
        if let Some((lr, df)) = self.without_lagged_regressors(here) {
            out.push(test("LR lagged regressors", lr, df, "the lags of the regressors have no coefficients"));
        }
        if let (Some(jacobian), false) = (self.likelihood.error, self.spatial.terms.lag)
            && let Some((statistic, df)) = spatial_hausman((c, &self.spatial.layout), jacobian, &self.solved.point)?
        {
            out.push(test(
                "spatial Hausman",
                statistic,
                df,
                "least squares has the same coefficients: the error model is right",
            ));
        }
        let is_static = !self.spatial.dynamics.any();
        if !self.spatial.terms.lag && !self.spatial.terms.error || self.spatial.terms.durbin || !is_static {
            return Ok(out);
        }
        out.extend(lagrange_multipliers(&c.y, &c.x, &self.spatial.layout).iter().flat_map(|lm| lm.listed()));
        if let ([block], [w], true) =
            (&self.spatial.layout.blocks[..], &self.spatial.layout.matrices[..], self.design.absorbed.is_empty())
        {
            let at = |v: &Vec<f64>| block.rows.iter().map(|&row| v[row as usize]).collect::<Vec<f64>>();
            if let Some(moran) = residual_moran(&at(&c.y), &c.x.iter().map(at).collect::<Vec<_>>(), w) {
                let mut row = test(
                    "Moran's I (residuals)",
                    moran.z,
                    1,
                    "no autocorrelation of the residuals without spatial terms (standardised deviate)",
                );
                (row.df1, row.p_value) = (None, Some(moran.p_two_sided));
                out.push(row);
            }
        }
        Ok(out)
    }

    /// The bias that effects of regions leave beside a lagged outcome where it is not corrected.
    fn nickell(&self) -> Option<Note> {
        // Which effects are those of regions is not told apart in an unbalanced panel.
        let of_regions = self.taken.units || !self.spatial.layout.is_balanced() && self.columns.absorbed.is_some();
        let is_open = of_regions && !self.solved.is_corrected && self.solved.note.is_none();
        let at = self.columns.lagged_outcome(&self.spatial.dynamics).time.filter(|_| is_open)?;
        let periods = self.spatial.layout.blocks.len() as f64;
        let bias = -(1.0 + self.solved.point.coefficients[at]) / (periods - 1.0);
        (periods > 1.0).then(|| Note::NickellBias { term: self.columns.terms[at].clone(), periods, bias })
    }

    /// Wald's statistic of `tau + rho + eta = 1` in a dynamic spatial panel.
    fn settling(&self) -> Option<f64> {
        let (dynamics, point) = (&self.spatial.dynamics, &self.solved.point);
        (dynamics.any() && self.spatial.terms.lag).then_some(())?;
        let horizon = self.columns.lagged_outcome(dynamics);
        let at: Vec<usize> = [horizon.time, horizon.space_time].into_iter().flatten().collect();
        let total = point.rho + at.iter().map(|&k| point.coefficients[k]).sum::<f64>() - 1.0;
        let all: Vec<usize> = at.into_iter().chain([point.coefficients.len()]).collect();
        let pairs = all.iter().flat_map(|&i| all.iter().map(move |&j| (i, j)));
        Some(total * total / pairs.map(|at| self.solved.covariance.matrix[at]).sum::<f64>())
    }

    /// The likelihood ratio of a Durbin model against the error model that it nests.
    fn common_factor(&self, here: f64) -> Option<(f64, usize)> {
        let terms = self.spatial.terms;
        (terms.lag && terms.durbin && !terms.error && !self.spatial.dynamics.any()).then_some(())?;
        let (own, lagged) = self.columns.without_lags(self.spatial);
        let likelihood = Likelihood { columns: &own, lag: None, error: self.likelihood.lag, ..*self.likelihood };
        let error = maximise(&likelihood).ok()?;
        Some((2.0 * (here - error.point.log_likelihood), lagged))
    }

    /// The likelihood ratio of a Durbin model against that without lags of regressors.
    fn without_lagged_regressors(&self, here: f64) -> Option<(f64, usize)> {
        (self.spatial.terms.durbin && !self.likelihood.free().is_empty() && !self.spatial.dynamics.any())
            .then_some(())?;
        let (own, lagged) = self.columns.without_lags(self.spatial);
        let wy = self.columns.columns.wy.clone();
        let filtered = own.filtered.filter(|_| self.spatial.terms.error);
        let filtered = filtered.map(|of| FilteredColumns { wy: self.filtered_wy(), ..of });
        let own = SpatialColumns { wy, filtered, ..own };
        let likelihood = Likelihood { columns: &own, ..*self.likelihood };
        let less = maximise(&likelihood).ok()?;
        Some((2.0 * (here - less.point.log_likelihood), lagged))
    }

    /// `W2 W1 y`, where the error is lagged.
    fn filtered_wy(&self) -> Vec<f64> {
        self.columns.columns.filtered.as_ref().map(|of| of.wy.clone()).unwrap_or_default()
    }

    fn record(&self, whole: &Jacobian, values: &DVector<f64>) -> Result<SpatialRecord, EstimateError> {
        let spatial = self.spatial;
        let largest = whole.largest();
        let (mut impacts, mut long_run) = (Vec::new(), Vec::new());
        if let Some(of) = largest.filter(|_| spatial.terms.lag || spatial.terms.durbin) {
            impacts = self.impacts(&of, values, Horizon::default())?;
            if spatial.dynamics.any() && self.settles(&of) {
                long_run = self.impacts(&of, values, self.columns.lagged_outcome(&spatial.dynamics))?;
            }
        }
        let effects = match (self.design.absorbed.is_empty(), spatial.effects) {
            (_, EffectsRule::Random(RandomEffects::Baltagi)) => "random_baltagi",
            (_, EffectsRule::Random(RandomEffects::KapoorKelejianPrucha)) => "random_kapoor_kelejian_prucha",
            (true, _) => "none",
            (false, EffectsRule::Direct) => "direct",
            (false, EffectsRule::LeeYu) => "lee_yu",
        };
        Ok(SpatialRecord {
            effects: effects.into(),
            information: Some(self.solved.covariance.information),
            variance: self.solved.point.variance,
            variance_error: Some(self.solved.covariance.variance_error),
            log_likelihood_without: Some(self.solved.without),
            bounds: Some(whole.bounds()),
            log_determinant: spatial.log_determinant,
            log_determinant_bound: self.log_determinant_bound(),
            bias_corrected: self.solved.is_corrected,
            impacts,
            long_run,
            ..SpatialRecord::of(spatial)
        })
    }

    /// What the log determinants of lag and error may be off by at the estimate; none if they are exact.
    fn log_determinant_bound(&self) -> Option<f64> {
        let point = &self.solved.point;
        let parts = [(self.likelihood.lag, point.rho), (self.likelihood.error, point.lambda)];
        let bounds: Vec<f64> = parts.into_iter().filter_map(|(of, at)| of?.error_bound(at)).collect();
        (!bounds.is_empty()).then(|| bounds.iter().sum())
    }

    /// Whether the process of a dynamic panel settles, so that it has a long run.
    fn settles(&self, of: &Determinant) -> bool {
        let (horizon, point) = (self.columns.lagged_outcome(&self.spatial.dynamics), &self.solved.point);
        let at = |at: Option<usize>| at.map_or(0.0, |at| point.coefficients[at]);
        let left = 1.0 - at(horizon.time);
        let r = (point.rho + at(horizon.space_time)) / left;
        left > 0.0 && r > of.bounds().0 && r < of.bounds().1
    }

    fn impacts(
        &self,
        of: &Determinant,
        values: &DVector<f64>,
        horizon: Horizon,
    ) -> Result<Vec<VariableImpacts>, EstimateError> {
        let k = self.solved.point.coefficients.len();
        let rho_at = self.spatial.terms.lag.then_some(k);
        // Lambda and phi move no impact.
        let size = k + usize::from(rho_at.is_some());
        let covariance: DMatrix<f64> = self.solved.covariance.matrix.view((0, 0), (size, size)).into_owned();
        let values = values.rows(0, size).into_owned();
        let parameters = Parameters { values: &values, covariance: &covariance, rho_at, horizon };
        let terms: Vec<ImpactTerm> = self.columns.impact_terms(&self.spatial.dynamics);
        Ok(impacts(of, &parameters, &terms, (self.spatial.draws, self.spatial.seed))?)
    }
}
