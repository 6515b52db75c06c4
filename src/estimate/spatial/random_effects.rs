//! The Gaussian likelihood of a balanced spatial panel with random effects of its regions.
//!
//! `A y_t = X_t b + u_t` with `A = I - rho W`, `B = I - lambda W`, and either `u_t = m + B^-1 e_t` (Baltagi, Song and Koh 2003) or
//! `u_t = B^-1 (m + e_t)` (Kapoor, Kelejian and Prucha 2007); `e` has the variance `s2`, `m` the variance `phi s2`. Filtered residuals
//! `f_t = B (A y_t - X_t b)` split into means over periods `r` and deviations from them:
//!
//! ```text
//! q = sum of |f_t - r|^2 + T r' K^-1 r,    K = I + T phi B B'   (Baltagi)
//!                                          K = (1 + T phi) I    (Kapoor, Kelejian and Prucha, and without lambda)
//! l = T ln|A| + T ln|B| - ln|K|/2 - N T/2 (ln(2 pi s2) + 1),    s2 = q / (N T)
//! ```
//!
//! (Anselin 1988, section 10.2; Elhorst 2003; Millo and Piras 2012), `b` by generalised least squares. `K` is sparse and factorised as it is:
//! nothing of size NT x NT, or dense of size N x N, is formed.

use nalgebra::{DMatrix, DVector};

use super::error::SpatialError;
use super::information::{Information, SpatialCovariance};
use super::jacobian::Jacobian;
use super::layout::SpatialLayout;
use super::likelihood::{Likelihood, Point, SpatialColumns};
use super::request::RandomEffects;
use super::search::{Surface, climb, maximise};
use crate::linalg::{Factor, Pencil, SparseMatrix, dot};

/// Bounds of `ln phi` in the search.
const LOG_PHI: (f64, f64) = (-20.0, 20.0);

/// The likelihood of one model, its columns in levels.
pub struct RandomEffectsLikelihood<'a> {
    pooled: &'a Likelihood<'a>,
    /// What `K` is made of where it is not a number times `I`.
    between: Option<Between>,
}

/// `W' `, and `W + W'` and `W W'` as a pencil.
struct Between {
    turned: SparseMatrix,
    pencil: Pencil,
}

/// `K` at one point.
enum Kernel<'a> {
    Scaled(f64),
    Factor(&'a Between, Factor<'a>),
}

/// The likelihood at one point.
#[derive(Clone, Debug)]
pub struct RandomEffectsPoint {
    /// As of a model without random effects; residuals are the filtered ones, `f`.
    pub point: Point,
    /// Variance of the effects over that of the errors.
    pub phi: f64,
    /// Slopes in the parameters that there are: `rho`, `lambda`, `ln phi`.
    pub slope: Vec<f64>,
    /// The slope in `phi` itself.
    pub slope_in_phi: f64,
}

/// A maximum, and that of the model without random effects.
pub struct RandomEffectsMaximum {
    /// The point.
    pub point: RandomEffectsPoint,
    /// Newton's steps.
    pub iterations: usize,
    /// The log likelihood of the same model without random effects.
    pub pooled: f64,
}

impl<'a> RandomEffectsLikelihood<'a> {
    /// Of a model whose likelihood without random effects is known.
    ///
    /// # Errors
    /// A panel that is not balanced, or has one period.
    pub fn new(pooled: &'a Likelihood<'a>, kind: RandomEffects) -> Result<RandomEffectsLikelihood<'a>, SpatialError> {
        let layout = pooled.layout;
        if !layout.is_balanced() || layout.blocks.len() < 2 {
            return Err(SpatialError::unbalanced_random_effects());
        }
        let between = (kind == RandomEffects::Baltagi && pooled.error.is_some()).then(|| {
            let w = &layout.matrices[0];
            let turned = w.transposed();
            let pencil = Pencil::new(&[&w.combined(1.0, &turned, 1.0), &w.product(&turned)]);
            Between { turned, pencil }
        });
        Ok(RandomEffectsLikelihood { pooled, between })
    }

    fn periods(&self) -> f64 {
        self.pooled.layout.blocks.len() as f64
    }

    fn kernel(&self, lambda: f64, phi: f64) -> Result<Kernel<'_>, SpatialError> {
        let share = self.periods() * phi;
        match &self.between {
            None => Ok(Kernel::Scaled(1.0 + share)),
            Some(of) => {
                let factor = of.pencil.factorise(1.0 + share, &[-share * lambda, share * lambda * lambda]);
                Ok(Kernel::Factor(of, factor.ok_or(SpatialError::Singular { parameter: lambda })?))
            }
        }
    }

    /// Evaluates the likelihood.
    ///
    /// # Errors
    /// A singular matrix, or collinear columns.
    pub fn at(&self, rho: f64, lambda: f64, phi: f64) -> Result<RandomEffectsPoint, SpatialError> {
        let (pooled, c, layout) = (self.pooled, self.pooled.columns, self.pooled.layout);
        let kernel = self.kernel(lambda, phi)?;
        let (target, x) = (c.filtered_outcome(rho, lambda), c.filtered_regressors(lambda));
        let weighed: Vec<Vec<f64>> = x.iter().map(|x| kernel.weigh(x, layout).0).collect();
        let (coefficients, inverse) = generalised(&x, &weighed, &target)
            .ok_or_else(|| SpatialError::Collinear { terms: pooled.terms.to_vec() })?;
        let mut residuals = target;
        for (b, x) in coefficients.iter().zip(x.iter()) {
            residuals.iter_mut().zip(x).for_each(|(e, x)| *e -= b * x);
        }
        let (weighed, s) = kernel.weigh(&residuals, layout);
        let variance = dot(&residuals, &weighed) / pooled.n;
        let t = self.periods();
        let (determinant, [by_lambda, by_phi]) = kernel.log_determinant(s.len() as f64, (t, lambda, phi));
        let (turned, lagged) = kernel.turned(&s, lambda);
        let mut log = -0.5 * determinant - 0.5 * pooled.n * ((2.0 * std::f64::consts::PI * variance).ln() + 1.0);
        let mut slope = [0.0; 2];
        if let Some(jacobian) = pooled.lag {
            let (value, trace) = jacobian.value(rho)?;
            log += value;
            slope[0] = -trace + dot(&weighed, &c.filtered_lag(lambda)) / variance;
        }
        if let (Some(jacobian), Some(wu)) = (pooled.error, c.lagged_residuals(rho, &coefficients)) {
            let (value, trace) = jacobian.value(lambda)?;
            log += value;
            let quadratic = dot(&wu, &weighed) - lagged.map_or(0.0, |lagged| t * t * phi * dot(&lagged, &turned));
            slope[1] = -trace - 0.5 * by_lambda + quadratic / variance;
        }
        let slope_in_phi = -0.5 * by_phi + t * t * dot(&turned, &turned) / (2.0 * variance);
        let free = pooled.free().into_iter().map(|k| slope[k]).chain([phi * slope_in_phi]).collect();
        let point = Point { rho, lambda, log_likelihood: log, slope, coefficients, inverse, residuals, variance };
        Ok(RandomEffectsPoint { point, phi, slope: free, slope_in_phi })
    }

    /// Finds the maximum: Newton's steps from the maximum without random effects, and from no spatial parameters.
    ///
    /// # Errors
    /// Those of the likelihood; effects without a variance; no maximum inside of the bounds.
    pub fn maximise(&self) -> Result<RandomEffectsMaximum, SpatialError> {
        let without = maximise(self.pooled)?.point;
        let free = self.pooled.free();
        let bounds: Vec<(f64, f64)> = free.iter().map(|&k| self.pooled.bounds(k)).chain([LOG_PHI]).collect();
        let mut best: Option<(RandomEffectsPoint, usize)> = None;
        let mut fault = SpatialError::NotConverged { iterations: 0, slope: f64::NAN };
        let starts = if free.is_empty() { 1 } else { 2 };
        for spatial in [[0.0, 0.0], [without.rho, without.lambda]].into_iter().take(starts) {
            let phi = self.start(spatial)?;
            let start: Vec<f64> = free.iter().map(|&k| spatial[k]).chain([phi.ln()]).collect();
            match climb(self, &start, &bounds) {
                Ok((point, steps)) => {
                    if best.as_ref().is_none_or(|(b, _)| point.point.log_likelihood > b.point.log_likelihood + 1e-9) {
                        best = Some((point, steps));
                    }
                }
                Err(error) => fault = error,
            }
        }
        let Some((point, iterations)) = best else {
            let at_zero = self.at(without.rho, without.lambda, 0.0)?;
            return Err(if at_zero.slope_in_phi <= 0.0 { SpatialError::NoRandomEffects } else { fault });
        };
        Ok(RandomEffectsMaximum { point, iterations, pooled: without.log_likelihood })
    }

    /// A first `phi`, from the mean squares between and within regions.
    fn start(&self, [rho, lambda]: [f64; 2]) -> Result<f64, SpatialError> {
        let residuals = self.at(rho, lambda, 1.0)?.point.residuals;
        let (between, within) = mean_squares(&residuals, self.pooled.layout);
        Ok(((between / within - 1.0) / self.periods()).clamp(0.05, 100.0))
    }

    /// The covariance of coefficients, `rho`, `lambda` and `phi` from the observed information.
    ///
    /// The rest is concentrated out of the likelihood: with `H` its second derivatives in `rho`, `lambda` and `phi` and `D` the derivatives of
    /// the coefficients in them, the inverse of the whole information has the blocks `V = -H^-1`, `D V` and `s2 (X'S^-1 X)^-1 + D V D'`.
    ///
    /// # Errors
    /// The information is not positive definite.
    pub fn covariance(&self, at: &RandomEffectsPoint) -> Result<SpatialCovariance, SpatialError> {
        let free = self.pooled.free();
        let x: Vec<f64> = free.iter().map(|&k| [at.point.rho, at.point.lambda][k]).chain([at.phi.ln()]).collect();
        let bounds: Vec<(f64, f64)> = free.iter().map(|&k| self.pooled.bounds(k)).chain([LOG_PHI]).collect();
        let (k, m) = (at.point.coefficients.len(), x.len());
        let mut curvature = DMatrix::zeros(m, m);
        let mut moves = DMatrix::zeros(k + 1, m);
        for j in 0..m {
            let h = 1e-4 * (bounds[j].1 - x[j]).min(x[j] - bounds[j].0).min(1.0);
            let moved = |by: f64| {
                let mut to = x.clone();
                to[j] += by;
                Surface::at(self, &to)
            };
            let (up, down) = (moved(h)?, moved(-h)?);
            let slope = |i: usize| (up.slope[i] - down.slope[i]) / (2.0 * h);
            curvature.column_mut(j).iter_mut().enumerate().for_each(|(i, value)| *value = slope(i));
            let coefficients = (&up.point.coefficients - &down.point.coefficients) / (2.0 * h);
            moves.view_mut((0, j), (k, 1)).copy_from(&coefficients);
            moves[(k, j)] = (up.point.variance - down.point.variance) / (2.0 * h);
        }
        let information = -(&curvature + curvature.transpose()) * 0.5;
        let of_log = information.cholesky().ok_or(SpatialError::Information)?.inverse();
        let crossed = &moves * &of_log;
        let whole = &crossed * moves.transpose();
        let scale = |j: usize| if j + 1 == m { at.phi } else { 1.0 };
        let matrix = DMatrix::from_fn(k + m, k + m, |i, j| match (i < k, j < k) {
            (true, true) => at.point.variance * at.point.inverse[(i, j)] + whole[(i, j)],
            (true, false) => crossed[(i, j - k)] * scale(j - k),
            (false, true) => crossed[(j, i - k)] * scale(i - k),
            (false, false) => of_log[(i - k, j - k)] * scale(i - k) * scale(j - k),
        });
        let s2 = at.point.variance;
        let variance_error = (2.0 * s2 * s2 / self.pooled.n + whole[(k, k)]).sqrt();
        Ok(SpatialCovariance { matrix, variance_error, information: Information::Observed })
    }
}

impl Surface for RandomEffectsLikelihood<'_> {
    type Point = RandomEffectsPoint;

    fn at(&self, parameters: &[f64]) -> Result<RandomEffectsPoint, SpatialError> {
        let mut spatial = [0.0; 2];
        self.pooled.free().into_iter().zip(parameters).for_each(|(k, value)| spatial[k] = *value);
        let log_phi = parameters.last().copied().unwrap_or(f64::NEG_INFINITY);
        RandomEffectsLikelihood::at(self, spatial[0], spatial[1], log_phi.exp())
    }

    fn value(point: &RandomEffectsPoint) -> (f64, &[f64]) {
        (point.point.log_likelihood, &point.slope)
    }
}

impl Kernel<'_> {
    /// A column with its means `r` replaced by `s = K^-1 r`, and `s`.
    fn weigh(&self, column: &[f64], layout: &SpatialLayout) -> (Vec<f64>, Vec<f64>) {
        let means = layout.means(column);
        let s = match self {
            Kernel::Scaled(by) => means.iter().map(|r| r / by).collect(),
            Kernel::Factor(_, factor) => factor.solve(&means),
        };
        let mut out = column.to_vec();
        for block in &layout.blocks {
            block.rows.iter().enumerate().for_each(|(i, &row)| out[row as usize] += s[i] - means[i]);
        }
        (out, s)
    }

    /// `ln|K|` of `n` regions and its slopes in `lambda` and `phi`.
    fn log_determinant(&self, n: f64, (t, lambda, phi): (f64, f64, f64)) -> (f64, [f64; 2]) {
        let share = t * phi;
        match self {
            Kernel::Scaled(by) => (n * by.ln(), [0.0, n * t / by]),
            Kernel::Factor(_, factor) => {
                let traces = factor.traces();
                let (sums, products) = (lambda * traces[0], lambda * lambda * traces[1]);
                // tr(K^-1 K) = n gives tr(K^-1).
                let inverse = (n + share * (sums - products)) / (1.0 + share);
                let by_lambda = share * (2.0 * lambda * traces[1] - traces[0]);
                (factor.log_determinant().0, [by_lambda, t * (inverse - sums + products)])
            }
        }
    }

    /// `B's` and `W's` where `K` holds `B`; else `s` alone.
    fn turned(&self, s: &[f64], lambda: f64) -> (Vec<f64>, Option<Vec<f64>>) {
        match self {
            Kernel::Scaled(_) => (s.to_vec(), None),
            Kernel::Factor(of, _) => {
                let lagged = of.turned.times(s);
                (s.iter().zip(&lagged).map(|(s, w)| s - lambda * w).collect(), Some(lagged))
            }
        }
    }
}

/// Mean squares of residuals between regions (`T |r|^2 / N`) and within them (over `N (T - 1)`).
pub(super) fn mean_squares(residuals: &[f64], layout: &SpatialLayout) -> (f64, f64) {
    let means = layout.means(residuals);
    let (n, t) = (means.len() as f64, layout.blocks.len() as f64);
    let between = t * dot(&means, &means);
    (between / n, (dot(residuals, residuals) - between) / (n * (t - 1.0)))
}

/// `(X'S^-1 X)^-1 X'S^-1 y` and that inverse, from columns and weighed columns.
fn generalised(x: &[Vec<f64>], weighed: &[Vec<f64>], y: &[f64]) -> Option<(DVector<f64>, DMatrix<f64>)> {
    let k = x.len();
    let scale: Vec<f64> = x.iter().zip(weighed).map(|(x, w)| dot(x, w).sqrt()).collect();
    let gram = DMatrix::from_fn(k, k, |i, j| dot(&x[i], &weighed[j]) / (scale[i] * scale[j]));
    let factor = gram.cholesky()?;
    let mut b = DVector::zeros(k);
    // The second round refines the first on the rows.
    let mut left = y.to_vec();
    for _ in 0..2 {
        let step = factor.solve(&DVector::from_fn(k, |j, _| dot(&weighed[j], &left) / scale[j]));
        for j in 0..k {
            let step = step[j] / scale[j];
            b[j] += step;
            left.iter_mut().zip(&x[j]).for_each(|(y, x)| *y -= step * x);
        }
    }
    let inverse = factor.inverse();
    Some((b, DMatrix::from_fn(k, k, |i, j| inverse[(i, j)] / (scale[i] * scale[j]))))
}

/// Columns of a model without a spatial lag, with a lagged error or without, for likelihoods of tests.
pub(super) fn plain_columns(y: &[f64], x: &[Vec<f64>], error: Option<&SpatialLayout>) -> SpatialColumns {
    let none = vec![0.0; y.len()];
    let filtered = error.map(|layout| super::likelihood::FilteredColumns {
        y: layout.lag(y),
        wy: none.clone(),
        x: x.iter().map(|x| layout.lag(x)).collect(),
    });
    SpatialColumns { y: y.to_vec(), x: x.to_vec(), wy: none, filtered }
}

/// The likelihood without random effects of columns.
pub(super) fn pooled<'a>(
    columns: &'a SpatialColumns,
    layout: &'a SpatialLayout,
    error: Option<&'a Jacobian>,
) -> Likelihood<'a> {
    Likelihood { columns, layout, lag: None, error, n: columns.y.len() as f64, terms: &[] }
}
