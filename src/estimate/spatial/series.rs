//! [`Series`]: `ln |I - rho W|` by approximations that only multiply by `W`, each with a bound of its error.
//!
//! Chebyshev polynomials (Pace and LeSage 2004) of a matrix whose eigenvalues lie between -1 and 1 (one similar to a symmetric matrix with rows that sum to
//! one): `sum_j c_j tr T_j(W) - n c_0 / 2` with the coefficients of `ln(1 - rho x)`, from exact traces; the bound is `n` times the largest error of the
//! polynomial on the interval. Monte Carlo (Barry and Pace 1999): `-sum_k rho^k tr(W^k) / k` with the traces of the first two powers exact and those of others
//! estimated by `n x'W^k x / x'x` of normal draws; the bound is that of the terms left out plus 1.96 standard errors of the draws.

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::impacts::powers;
use crate::linalg::{SparseMatrix, dot, sum};
use crate::monte::Streams;

/// How the log determinant is computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LogDeterminant {
    /// Exactly.
    #[default]
    Exact,
    /// By Chebyshev polynomials of degree five.
    Chebyshev,
    /// By Monte Carlo: thirty terms, thirty draws.
    MonteCarlo,
}

/// Degree of the polynomial: traces of powers up to it are exact.
const DEGREE: usize = 5;

/// Terms of the Monte Carlo series, and draws (spatialreg's p and m).
const TERMS: usize = 30;
const DRAWS: usize = 30;

/// Points on which the error of the polynomial is looked for.
const POINTS: usize = 2001;

/// An approximation, made once for all values of `rho`.
#[derive(Clone, Debug)]
pub struct Series {
    n: f64,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// `tr T_j(W)`, from `j = 0`.
    Chebyshev(Vec<f64>),
    /// `tr W^k` of every draw, from `k = 1`.
    MonteCarlo(Vec<Vec<f64>>),
}

impl Series {
    /// The approximation of a matrix; none if its log determinant is to be exact.
    pub fn of(matrix: &SparseMatrix, how: LogDeterminant, seed: u64) -> Option<Series> {
        let n = matrix.n_rows() as f64;
        let kind = match how {
            LogDeterminant::Exact => return None,
            LogDeterminant::Chebyshev => Kind::Chebyshev(polynomial_traces(matrix)),
            LogDeterminant::MonteCarlo => Kind::MonteCarlo(drawn_traces(matrix, seed)),
        };
        Some(Series { n, kind })
    }

    /// The log determinant and `tr W (I - rho W)^-1`, its slope with the sign turned.
    pub fn value(&self, rho: f64) -> (f64, f64) {
        match &self.kind {
            Kind::Chebyshev(traces) => {
                let (c, slope) = coefficients(rho);
                let total = |c: &[f64]| {
                    let terms: Vec<f64> = c.iter().zip(traces).map(|(c, trace)| c * trace).collect();
                    sum(&terms) - 0.5 * self.n * c[0]
                };
                (total(&c), -total(&slope))
            }
            Kind::MonteCarlo(draws) => {
                let of_draws = |f: &dyn Fn(usize) -> f64| {
                    let each: Vec<f64> = draws.iter().map(|traces| series(traces, f)).collect();
                    sum(&each) / each.len() as f64
                };
                let log = of_draws(&|k| -rho.powi(k as i32) / k as f64);
                (log, of_draws(&|k| rho.powi(k as i32 - 1)))
            }
        }
    }

    /// What the log determinant may be off by.
    pub fn bound(&self, rho: f64) -> f64 {
        match &self.kind {
            Kind::Chebyshev(_) => {
                let (c, _) = coefficients(rho);
                let off = |x: f64| {
                    let angle = x.acos();
                    let value: f64 = c.iter().enumerate().map(|(j, c)| c * (j as f64 * angle).cos()).sum();
                    ((-rho * x).ln_1p() - (value - 0.5 * c[0])).abs()
                };
                let place = |k: usize| (2.0 * k as f64 / (POINTS - 1) as f64 - 1.0).clamp(-1.0, 1.0);
                self.n * (0..POINTS).map(|k| off(place(k))).fold(0.0, f64::max)
            }
            Kind::MonteCarlo(draws) => {
                let each: Vec<f64> =
                    draws.iter().map(|traces| series(traces, &|k| -rho.powi(k as i32) / k as f64)).collect();
                let n = each.len() as f64;
                let mean = sum(&each) / n;
                let squares: Vec<f64> = each.iter().map(|value| (value - mean).powi(2)).collect();
                let error = (sum(&squares) / (n - 1.0) / n).sqrt();
                let m = (TERMS + 1) as f64;
                self.n * rho.abs().powf(m) / (m * (1.0 - rho.abs())) + 1.959963984540054 * error
            }
        }
    }
}

fn series(traces: &[f64], coefficient: &dyn Fn(usize) -> f64) -> f64 {
    let terms: Vec<f64> = traces.iter().enumerate().map(|(k, trace)| coefficient(k + 1) * trace).collect();
    sum(&terms)
}

/// Chebyshev coefficients of `ln(1 - rho x)`, and their slopes in `rho`.
fn coefficients(rho: f64) -> ([f64; DEGREE + 1], [f64; DEGREE + 1]) {
    let nodes = (DEGREE + 1) as f64;
    let (mut c, mut slope) = ([0.0; DEGREE + 1], [0.0; DEGREE + 1]);
    for k in 0..=DEGREE {
        let angle = std::f64::consts::PI * (k as f64 + 0.5) / nodes;
        let x = angle.cos();
        for j in 0..=DEGREE {
            let basis = 2.0 / nodes * (j as f64 * angle).cos();
            c[j] += basis * (-rho * x).ln_1p();
            slope[j] -= basis * x / (1.0 - rho * x);
        }
    }
    (c, slope)
}

/// `tr T_j(W)` up to the degree.
fn polynomial_traces(matrix: &SparseMatrix) -> Vec<f64> {
    let n = matrix.n_rows() as f64;
    let t: Vec<f64> = powers(matrix).into_iter().map(|(trace, _)| trace * n).collect();
    vec![
        n,
        t[1],
        2.0 * t[2] - n,
        4.0 * t[3] - 3.0 * t[1],
        8.0 * t[4] - 8.0 * t[2] + n,
        16.0 * t[5] - 20.0 * t[3] + 5.0 * t[1],
    ]
}

/// Traces of powers of every draw; the first two exact.
fn drawn_traces(matrix: &SparseMatrix, seed: u64) -> Vec<Vec<f64>> {
    let n = matrix.n_rows();
    let diagonal: f64 = matrix.entries().filter(|(i, j, _)| i == j).map(|(_, _, v)| v).sum();
    let exact = [diagonal, matrix.trace_of_product(matrix)];
    let streams = Streams::new(seed);
    let one = |draw: usize| {
        let x = streams.stream("log determinant", draw as u64).normals(n, 1.0);
        let length = dot(&x, &x);
        let mut power = x.clone();
        (0..TERMS)
            .map(|k| {
                power = matrix.times(&power);
                exact.get(k).copied().unwrap_or_else(|| n as f64 * dot(&x, &power) / length)
            })
            .collect()
    };
    (0..DRAWS).into_par_iter().map(one).collect()
}
