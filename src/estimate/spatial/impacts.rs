//! Impacts of a regressor (LeSage and Pace 2009): direct, indirect, total, and by order of neighbour.
//!
//! A change of `x_j` everywhere moves the outcome by `S_j = (I - rho W)^-1 (I b_j + W t_j)`. With `G = W (I - rho W)^-1`, `g = tr G / n`,
//! `u = 1'(I - rho W)^-1 1 / n` and `v = 1'G 1 / n` the direct impact is `tr S_j / n = b_j (1 + rho g) + t_j g`, the total
//! `1'S_j 1 / n = b_j u + t_j v`, the indirect their difference. All three are functions of `rho` alone: for draws they are interpolated on
//! Chebyshev points around the estimate, so that a thousand draws cost a few factorisations.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::record;
use super::error::SpatialError;
use super::jacobian::Determinant;
use crate::describe::quantile;
use crate::infer::normal;
use crate::linalg::{SparseMatrix, sum};
use crate::monte::Streams;

/// Most Chebyshev points for draws.
const POINTS: usize = 20;

/// What interpolation may lose, as a share.
const LOST: f64 = 1e-13;

/// Orders of neighbours that are listed.
const ORDERS: usize = 5;

/// One kind of impact of one regressor.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Impact {
    /// The estimate.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub estimate: f64,
    /// Its standard error by the delta method.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub std_error: f64,
    /// p-value of zero, normal, with that error.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub p_value: f64,
    /// Standard deviation over draws of the parameters.
    #[serde(with = "record::maybe", default)]
    #[schemars(with = "Option<record::Number>")]
    pub simulated_error: Option<f64>,
    /// 2.5 % quantile of the draws, or lower end of the normal interval without draws.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub conf_low: f64,
    /// 97.5 % quantile of the draws, or upper end of the normal interval without draws.
    #[serde(with = "record::number")]
    #[schemars(with = "record::Number")]
    pub conf_high: f64,
}

/// The impacts of one regressor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VariableImpacts {
    /// The regressor.
    pub variable: String,
    /// On the region's own outcome, fed back through its neighbours.
    pub direct: Impact,
    /// On the outcomes of all others.
    pub indirect: Impact,
    /// Their sum.
    pub total: Impact,
    /// By order of neighbour, from zero: (direct, indirect). They add up to the impacts in the limit.
    pub by_order: Vec<(f64, f64)>,
}

/// Where a regressor's coefficients stand among the parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct ImpactTerm {
    /// The regressor.
    pub variable: String,
    /// Position of `b_j`, if it is there.
    pub own: Option<usize>,
    /// Position of `t_j`, if its lag is there.
    pub lagged: Option<usize>,
}

/// The three functions of `rho`.
#[derive(Clone, Copy, Debug)]
struct Multipliers {
    g: f64,
    u: f64,
    v: f64,
}

/// Where outcomes of the period before stand among the parameters, for impacts in the long run; none of either for those of the same period.
///
/// With `tau` and `eta` their coefficients the long-run `S_j` is `((1 - tau) I - (rho + eta) W)^-1 (I b_j + W t_j)` (Elhorst 2014, section 4.6):
/// that of the same period with `r = (rho + eta) / (1 - tau)` for `rho`, over `1 - tau`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Horizon {
    /// Position of `tau`, of `lag(y)`.
    pub time: Option<usize>,
    /// Position of `eta`, of its spatial lag.
    pub space_time: Option<usize>,
}

/// Parameters with their covariance: coefficients, then `rho` at `rho_at` if there is a lag.
pub struct Parameters<'a> {
    /// Values.
    pub values: &'a DVector<f64>,
    /// Covariance.
    pub covariance: &'a DMatrix<f64>,
    /// Position of `rho`.
    pub rho_at: Option<usize>,
    /// Whether impacts are those of the long run.
    pub horizon: Horizon,
}

impl Parameters<'_> {
    /// `(r, 1 / (1 - tau))` at some values.
    fn multiplier(&self, values: &DVector<f64>) -> (f64, f64) {
        let at = |at: Option<usize>| at.map_or(0.0, |at| values[at]);
        let scale = 1.0 / (1.0 - at(self.horizon.time));
        (scale * (at(self.rho_at) + at(self.horizon.space_time)), scale)
    }

    /// The slopes of `r` in the parameters that move it.
    fn slopes(&self, (r, scale): (f64, f64)) -> [(Option<usize>, f64); 3] {
        [(self.rho_at, scale), (self.horizon.space_time, scale), (self.horizon.time, r * scale)]
    }

    /// The standard error of `r`, to first order.
    fn error(&self, here: (f64, f64)) -> f64 {
        let mut gradient = DVector::zeros(self.values.len());
        self.slopes(here).into_iter().for_each(|(at, slope)| at.into_iter().for_each(|at| gradient[at] += slope));
        quadratic(self.covariance, &gradient).sqrt()
    }
}

fn quadratic(covariance: &DMatrix<f64>, gradient: &DVector<f64>) -> f64 {
    (gradient.transpose() * covariance * gradient)[(0, 0)].max(0.0)
}

fn multipliers(of: &Determinant, rho: f64) -> Result<Multipliers, SpatialError> {
    let singular = SpatialError::Singular { parameter: rho };
    let n = of.matrix.n_rows() as f64;
    let ones = vec![1.0; of.matrix.n_rows()];
    let Some((_, trace)) = of.value(rho) else { return Err(singular) };
    if rho == 0.0 {
        return Ok(Multipliers { g: trace / n, u: 1.0, v: sum(&of.matrix.times(&ones)) / n });
    }
    let factor = of.factor(rho).ok_or(singular)?;
    let a = factor.solve(&ones);
    Ok(Multipliers { g: trace / n, u: sum(&a) / n, v: sum(&of.matrix.times(&a)) / n })
}

/// Derivatives of the three in `rho`.
fn slopes(of: &Determinant, rho: f64) -> Result<Multipliers, SpatialError> {
    let singular = || SpatialError::Singular { parameter: rho };
    let n = of.matrix.n_rows() as f64;
    let ones = vec![1.0; of.matrix.n_rows()];
    let factor = of.factor(rho).ok_or_else(singular)?;
    let (a, b) = (factor.solve(&ones), factor.solve_transposed(&ones));
    let wa = of.matrix.times(&a);
    let dot = |x: &[f64], y: &[f64]| crate::linalg::dot(x, y) / n;
    let gg = of.trace_square(rho).ok_or_else(singular)?;
    Ok(Multipliers { g: gg / n, u: dot(&b, &wa), v: dot(&b, &of.matrix.times(&wa)) })
}

/// `[direct, indirect, total]`.
fn impacts_at(m: Multipliers, rho: f64, own: f64, lagged: f64) -> [f64; 3] {
    let direct = own * (1.0 + rho * m.g) + lagged * m.g;
    let total = own * m.u + lagged * m.v;
    [direct, total - direct, total]
}

/// The impacts of every term; `draws` of the parameters give intervals, none leaves those of the delta method.
///
/// # Errors
/// A singular matrix.
pub fn impacts(
    of: &Determinant,
    parameters: &Parameters<'_>,
    terms: &[ImpactTerm],
    (draws, seed): (usize, u64),
) -> Result<Vec<VariableImpacts>, SpatialError> {
    let (rho, scale) = parameters.multiplier(parameters.values);
    let (here, slope) = (multipliers(of, rho)?, slopes(of, rho)?);
    let simulated = if draws > 1 { simulate(of, parameters, terms, (draws, seed))? } else { Vec::new() };
    let powers = powers(&of.matrix);
    let value = |at: Option<usize>, from: &DVector<f64>| at.map_or(0.0, |at| from[at]);
    let one = |(j, term): (usize, &ImpactTerm)| {
        let own = scale * value(term.own, parameters.values);
        let lagged = scale * value(term.lagged, parameters.values);
        let estimates = impacts_at(here, rho, own, lagged);
        let by_own = impacts_at(here, rho, scale, 0.0);
        let by_lagged = impacts_at(here, rho, 0.0, scale);
        let direct = own * (here.g + rho * slope.g) + lagged * slope.g;
        let total = own * slope.u + lagged * slope.v;
        let by_rho = [direct, total - direct, total];
        let impact = |k: usize| {
            let mut gradient = DVector::zeros(parameters.values.len());
            let by_r = parameters.slopes((rho, scale)).map(|(at, slope)| (at, slope * by_rho[k]));
            let by_scale = (parameters.horizon.time, scale * estimates[k]);
            for (at, part) in [(term.own, by_own[k]), (term.lagged, by_lagged[k]), by_scale].into_iter().chain(by_r) {
                at.into_iter().for_each(|at| gradient[at] += part);
            }
            let error = quadratic(parameters.covariance, &gradient).sqrt();
            finish(estimates[k], error, simulated.iter().map(|draw| draw[j][k]).collect())
        };
        let by_order = (0..=ORDERS).map(|q| {
            let (trace, mean) =
                (own * powers[q].0 + lagged * powers[q + 1].0, own * powers[q].1 + lagged * powers[q + 1].1);
            let share = rho.powi(q as i32);
            (share * trace, share * (mean - trace))
        });
        let by_order = if parameters.rho_at.is_some() { by_order.collect() } else { Vec::new() };
        VariableImpacts {
            variable: term.variable.clone(),
            direct: impact(0),
            indirect: impact(1),
            total: impact(2),
            by_order,
        }
    };
    Ok(terms.iter().enumerate().map(one).collect())
}

fn finish(estimate: f64, std_error: f64, mut draws: Vec<f64>) -> Impact {
    let z = normal::quantile(0.975);
    let mut out = Impact {
        estimate,
        std_error,
        p_value: normal::two_sided_p(estimate / std_error),
        simulated_error: None,
        conf_low: estimate - z * std_error,
        conf_high: estimate + z * std_error,
    };
    if draws.len() > 1 {
        let n = draws.len() as f64;
        let mean = sum(&draws) / n;
        let squares: Vec<f64> = draws.iter().map(|d| (d - mean).powi(2)).collect();
        out.simulated_error = Some((sum(&squares) / (n - 1.0)).sqrt());
        draws.sort_by(f64::total_cmp);
        (out.conf_low, out.conf_high) =
            (quantile(&draws, 0.025).unwrap_or(f64::NAN), quantile(&draws, 0.975).unwrap_or(f64::NAN));
    }
    out
}

/// Impacts for draws of the parameters; draws with `rho` out of its range are drawn again.
fn simulate(
    of: &Determinant,
    parameters: &Parameters<'_>,
    terms: &[ImpactTerm],
    (draws, seed): (usize, u64),
) -> Result<Vec<Vec<[f64; 3]>>, SpatialError> {
    let here = parameters.multiplier(parameters.values);
    let (rho, error) = (here.0, parameters.error(here));
    let (low, high) = of.bounds();
    let (low, high) = (low.max(rho - 7.0 * error), high.min(rho + 7.0 * error));
    let table = Interpolant::new(of, (low + 1e-4 * (rho - low), high - 1e-4 * (high - rho)), error == 0.0)?;
    let Some(root) = parameters.covariance.clone().cholesky().map(|factor| factor.l()) else {
        return Err(SpatialError::Information);
    };
    let streams = Streams::new(seed);
    let one = |d: usize| {
        let mut stream = streams.stream("impacts", d as u64);
        // A draw beyond the range of rho (or of a process that settles) is rejected; in the worst case the estimate itself stands in.
        let mut values = parameters.values.clone();
        let is_in = |(r, scale): (f64, f64)| error == 0.0 || r > table.low && r < table.high && scale > 0.0;
        for _ in 0..1000 {
            let normal = DVector::from_vec(stream.normals(parameters.values.len(), 1.0));
            let drawn = parameters.values + &root * normal;
            if is_in(parameters.multiplier(&drawn)) {
                values = drawn;
                break;
            }
        }
        let (rho, scale) = parameters.multiplier(&values);
        let m = table.at(rho);
        let value = |at: Option<usize>| at.map_or(0.0, |at| scale * values[at]);
        terms.iter().map(|term| impacts_at(m, rho, value(term.own), value(term.lagged))).collect()
    };
    Ok((0..draws).into_par_iter().map(one).collect())
}

/// The multipliers on Chebyshev points, in the barycentric form (Berrut and Trefethen 2004).
struct Interpolant {
    low: f64,
    high: f64,
    points: Vec<(f64, Multipliers)>,
}

impl Interpolant {
    fn new(of: &Determinant, (low, high): (f64, f64), is_point: bool) -> Result<Interpolant, SpatialError> {
        let n = if is_point { 1 } else { points_needed((low, high), of.bounds()) };
        let place = |k: usize| {
            let angle = std::f64::consts::PI * (k as f64 + 0.5) / n as f64;
            0.5 * (low + high) + 0.5 * (high - low) * angle.cos()
        };
        let points: Vec<Result<(f64, Multipliers), SpatialError>> =
            (0..n).into_par_iter().map(|k| Ok((place(k), multipliers(of, place(k))?))).collect();
        Ok(Interpolant { low, high, points: points.into_iter().collect::<Result<_, _>>()? })
    }

    fn at(&self, rho: f64) -> Multipliers {
        let n = self.points.len() as f64;
        let (mut weight, mut out) = (0.0, Multipliers { g: 0.0, u: 0.0, v: 0.0 });
        for (k, (place, m)) in self.points.iter().enumerate() {
            if *place == rho {
                return *m;
            }
            let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
            let share = sign * (std::f64::consts::PI * (k as f64 + 0.5) / n).sin() / (rho - place);
            weight += share;
            out = Multipliers { g: out.g + share * m.g, u: out.u + share * m.u, v: out.v + share * m.v };
        }
        Multipliers { g: out.g / weight, u: out.u / weight, v: out.v / weight }
    }
}

/// How many Chebyshev points lose no more than [`LOST`] of functions that are regular within the bounds: the error falls by `r` with each point, `r` the
/// sum of the semi-axes of the ellipse around the interval that reaches the nearer bound, in units of half the interval (Trefethen 2013, theorem 8.2).
fn points_needed((low, high): (f64, f64), (least, most): (f64, f64)) -> usize {
    let (middle, half) = (0.5 * (low + high), 0.5 * (high - low));
    let reach = ((most - middle).min(middle - least) / half).max(1.0);
    let r = reach + (reach * reach - 1.0).sqrt();
    let needed = 2.0 - LOST.ln() / r.ln();
    if needed < POINTS as f64 { (needed.ceil() as usize).max(3) } else { POINTS }
}

/// `(tr W^q / n, 1'W^q 1 / n)` for `q` from zero to one beyond [`ORDERS`], exact.
pub(super) fn powers(w: &SparseMatrix) -> Vec<(f64, f64)> {
    let n = w.n_rows() as f64;
    let squared = w.product(w);
    let cubed = squared.product(w);
    let diagonal = w.entries().filter(|(i, j, _)| i == j).map(|(_, _, v)| v).sum::<f64>();
    let traces = [
        n,
        diagonal,
        w.trace_of_product(w),
        squared.trace_of_product(w),
        squared.trace_of_product(&squared),
        cubed.trace_of_product(&squared),
        cubed.trace_of_product(&cubed),
    ];
    let mut column = vec![1.0; w.n_rows()];
    traces
        .into_iter()
        .map(|trace| {
            let mean = sum(&column) / n;
            column = w.times(&column);
            (trace / n, mean)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// Few points on a short interval and many on a long one say what the functions themselves say.
    #[test]
    fn interpolated_multipliers_are_those_of_a_factorisation() {
        let n = 60u32;
        let rows: Vec<Vec<(u32, f64)>> = (0..n).map(|i| vec![((i + 1) % n, 0.5), ((i + 7) % n, 0.5)]).collect();
        let of = Determinant::with_limit(Arc::new(SparseMatrix::from_rows(n as usize, &rows)), 0);
        for (low, high) in [(0.48, 0.52), (0.2, 0.6), (-0.9, 0.9)] {
            let table = Interpolant::new(&of, (low, high), false).unwrap();
            for share in [0.03, 0.31, 0.5, 0.88] {
                let rho = low + share * (high - low);
                let (got, expected) = (table.at(rho), multipliers(&of, rho).unwrap());
                let bound = if high - low > 1.0 { 1e-4 } else { 1e-9 };
                for (a, b) in [(got.g, expected.g), (got.u, expected.u), (got.v, expected.v)] {
                    assert!((a - b).abs() <= bound * (1.0 + b.abs()), "{low} {high} {rho}: {a} {b}");
                }
            }
        }
        assert!(points_needed((0.48, 0.52), (-1.0, 1.0)) <= 10);
        assert_eq!(points_needed((-0.99, 0.99), (-1.0, 1.0)), POINTS);
    }
}
