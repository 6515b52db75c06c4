//! Random effects and a spatial error by moments: Kapoor, Kelejian and Prucha (2007), for balanced panels.
//!
//! `u_t = lambda W u_t + m + e_t`. With `Q0` (deviations from means over periods) and `Q1` (means), and `f = u - lambda W u`: for `i` in 0, 1
//! `E f'Q_i f = n_i s_i`, `E (Wf)'Q_i Wf = s_i n_i tr(W'W)/N`, `E (Wf)'Q_i f = 0`, with `n_0 = N (T - 1)`, `s_0` the variance of `e`, `n_1 = N` and
//! `s_1 = s_0 + T` times that of `m` (eq. 9 to 15). The moments of `Q0` give first values; all six, weighed by their covariance under normal
//! errors, give `lambda`, the exact minimum with both variances concentrated out. Coefficients are those of generalised least squares.

use nalgebra::{DMatrix, DVector, Matrix3};

use super::super::error::SpatialError;
use super::super::layout::SpatialLayout;
use super::super::request::RandomMoments;
use super::error_moments::bound;
use super::quadratic::Quadratic;
use crate::linalg::{SparseMatrix, dot};

/// `lambda` and the two variances.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Components {
    pub(super) lambda: f64,
    /// Of the remainder.
    pub(super) within: f64,
    /// Of the remainder, and `T` times that of the effects.
    pub(super) between: f64,
}

impl Components {
    /// Variance of the effects over that of the remainder, over `periods`; below zero where means vary less than deviations let expect.
    pub(super) fn phi(&self, periods: usize) -> f64 {
        (self.between / self.within - 1.0) / periods as f64
    }

    /// A filtered column whose means over periods are shrunk to those of generalised least squares.
    pub(super) fn shrunk(&self, column: &[f64], layout: &SpatialLayout) -> Vec<f64> {
        with_means(column, layout, (1.0, (self.within / self.between).sqrt() - 1.0))
    }
}

/// `of` times a column and `by` times its means over periods.
fn with_means(column: &[f64], layout: &SpatialLayout, (of, by): (f64, f64)) -> Vec<f64> {
    let means = layout.means(column);
    let mut out: Vec<f64> = column.iter().map(|value| of * value).collect();
    for block in &layout.blocks {
        block.rows.iter().zip(&means).for_each(|(&row, mean)| out[row as usize] += by * mean);
    }
    out
}

/// The three moments of one projection, and what multiplies its variance in them.
struct Triple {
    quadratic: Quadratic,
    variance: DVector<f64>,
}

impl Triple {
    /// `share` is what a projection takes of a column and of its means: (1, -1) or (0, 1).
    fn of(u: &[f64], layout: &SpatialLayout, share: (f64, f64)) -> Triple {
        let w = &layout.matrices[0];
        let (n, t) = (w.n_rows() as f64, layout.blocks.len() as f64);
        let count = if share.0 == 0.0 { n } else { n * (t - 1.0) };
        // W acts within periods: projections and lags may be exchanged.
        let u = with_means(u, layout, share);
        let wu = layout.lag(&u);
        let wwu = layout.lag(&wu);
        let of = |values: [f64; 3]| DVector::from_row_slice(&values) / count;
        Triple {
            quadratic: Quadratic {
                constant: of([dot(&u, &u), dot(&wu, &wu), dot(&u, &wu)]),
                linear: of([2.0 * dot(&u, &wu), 2.0 * dot(&wu, &wwu), dot(&u, &wwu) + dot(&wu, &wu)]),
                square: of([-dot(&wu, &wu), -dot(&wwu, &wwu), -dot(&wu, &wwu)]),
            },
            variance: DVector::from_row_slice(&[1.0, w.squares() / n, 0.0]),
        }
    }

    /// What the moments are at `lambda`.
    fn at(&self, lambda: f64) -> DVector<f64> {
        let q = &self.quadratic;
        &q.constant - &q.linear * lambda - &q.square * (lambda * lambda)
    }
}

/// Both projections with the weights of their moments.
struct Moments {
    within: Triple,
    between: Triple,
    /// A root of the inverse of the moments' covariance, but for variances.
    root: Matrix3<f64>,
}

impl Moments {
    fn of(u: &[f64], layout: &SpatialLayout, weights: RandomMoments) -> Option<Moments> {
        let root = match weights {
            RandomMoments::Initial | RandomMoments::Weighted => Matrix3::identity(),
            RandomMoments::FullyWeighted => covariance(&layout.matrices[0]).try_inverse()?.cholesky()?.l().transpose(),
        };
        Some(Moments { within: Triple::of(u, layout, (1.0, -1.0)), between: Triple::of(u, layout, (0.0, 1.0)), root })
    }

    /// The six moments with their weights at first variances, and what multiplies the two variances.
    fn whole(&self, first: [f64; 2], periods: f64) -> (Quadratic, DMatrix<f64>) {
        let scale = [(periods - 1.0).sqrt() / first[0], 1.0 / first[1]];
        let stacked = |a: &DVector<f64>, b: &DVector<f64>| {
            let (a, b) = (self.root * a * scale[0], self.root * b * scale[1]);
            DVector::from_fn(6, |k, _| if k < 3 { a[k] } else { b[k - 3] })
        };
        let (a, b) = (&self.within.quadratic, &self.between.quadratic);
        let quadratic = Quadratic {
            constant: stacked(&a.constant, &b.constant),
            linear: stacked(&a.linear, &b.linear),
            square: stacked(&a.square, &b.square),
        };
        let none = DVector::zeros(3);
        let variances = [stacked(&self.within.variance, &none), stacked(&none, &self.between.variance)];
        (quadratic, DMatrix::from_columns(&variances))
    }
}

/// The covariance of a projection's three moments under normal errors, over their number and the square of their variance (eq. 19).
fn covariance(w: &SparseMatrix) -> Matrix3<f64> {
    let n = w.n_rows() as f64;
    let turned = w.transposed();
    let crossed = turned.product(w);
    let squares = 2.0 * w.squares() / n;
    let mixed = crossed.trace_of_product(&w.combined(1.0, &turned, 1.0)) / n;
    let lags = (w.trace_of_product(w) + w.squares()) / n;
    Matrix3::new(2.0, squares, 0.0, squares, 2.0 * crossed.squares() / n, mixed, 0.0, mixed, lags)
}

/// The minimum in lambda with the variances that fit best, the columns of `variances`; they and lambda.
fn minimum(of: &Quadratic, variances: &DMatrix<f64>, bound: f64) -> Option<(f64, DVector<f64>)> {
    let solve = (variances.transpose() * variances).try_inverse()? * variances.transpose();
    let without = |v: &DVector<f64>| v - variances * (&solve * v);
    let left = Quadratic { constant: without(&of.constant), linear: without(&of.linear), square: without(&of.square) };
    let lambda = left.minimum(bound)?;
    Some((lambda, solve * (&of.constant - &of.linear * lambda - &of.square * (lambda * lambda))))
}

/// Estimates the three from least-squares residuals in levels of a balanced panel.
pub(super) fn components(
    u: &[f64],
    layout: &SpatialLayout,
    weights: RandomMoments,
) -> Result<Components, SpatialError> {
    solve(u, layout, weights).ok_or(SpatialError::Moments)
}

fn solve(u: &[f64], layout: &SpatialLayout, weights: RandomMoments) -> Option<Components> {
    let bound = bound(layout);
    let moments = Moments::of(u, layout, weights)?;
    let one = DMatrix::from_columns(std::slice::from_ref(&moments.within.variance));
    let (lambda, within) = minimum(&moments.within.quadratic, &one, bound)?;
    let first = [within[0], moments.between.at(lambda)[0]];
    let found = if weights == RandomMoments::Initial {
        Components { lambda, within: first[0], between: first[1] }
    } else {
        let (whole, variances) = moments.whole(first, layout.blocks.len() as f64);
        let (lambda, both) = minimum(&whole, &variances, bound)?;
        Components { lambda, within: both[0], between: both[1] }
    };
    (found.within > 0.0 && found.between > 0.0).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monte::Streams;

    /// The covariance of the moments against its own definition, `2 tr(A B)` of symmetric `A` and `B`.
    #[test]
    fn the_weights_are_the_covariance_of_quadratic_forms() {
        let rows = vec![vec![(1, 1.0)], vec![(0, 0.4), (2, 0.6)], vec![(0, 0.3), (1, 0.7)]];
        let w = SparseMatrix::from_rows(3, &rows);
        let mut dense = DMatrix::zeros(3, 3);
        w.entries().for_each(|(i, j, v)| dense[(i, j)] = v);
        let forms = [DMatrix::identity(3, 3), dense.transpose() * &dense, (&dense + dense.transpose()) * 0.5];
        let found = covariance(&w);
        for (i, a) in forms.iter().enumerate() {
            for (j, b) in forms.iter().enumerate() {
                assert!((found[(i, j)] - 2.0 * (a * b).trace() / 3.0).abs() < 1e-14, "{i} {j}");
            }
        }
    }

    /// The minimum of six moments is below every other point near it, and a known process is found again.
    #[test]
    fn a_known_process_is_found() {
        let (n, t) = (200usize, 6usize);
        let rows: Vec<Vec<(u32, f64)>> =
            (0..n).map(|i| [(i + 1) % n, (i + n - 1) % n].map(|j| (j as u32, 0.5)).to_vec()).collect();
        let layout = SpatialLayout::repeated(SparseMatrix::from_rows(n, &rows), t);
        let mut stream = Streams::new(11).stream("kapoor", 0);
        let effects: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
        let mut f: Vec<f64> = (0..n * t).map(|k| effects[k % n] + 0.5 * stream.normal()).collect();
        let e = f.clone();
        for _ in 0..200 {
            f = layout.lag(&f).iter().zip(&e).map(|(lag, e)| 0.6 * lag + e).collect();
        }
        for weights in [RandomMoments::Initial, RandomMoments::Weighted, RandomMoments::FullyWeighted] {
            let found = components(&f, &layout, weights).unwrap();
            assert!((found.lambda - 0.6).abs() < 0.08, "{found:?}");
            assert!((found.within - 0.25).abs() < 0.04, "{found:?}");
            assert!((found.phi(t) - 4.0).abs() < 1.5, "{found:?}");
        }
        let moments = Moments::of(&f, &layout, RandomMoments::Weighted).unwrap();
        let (whole, variances) = moments.whole([0.25, 6.25], t as f64);
        let (lambda, both) = minimum(&whole, &variances, 1.0).unwrap();
        let value = |lambda: f64, both: &DVector<f64>| {
            let at = &whole.constant - &whole.linear * lambda - &whole.square * (lambda * lambda);
            (at - &variances * both).norm_squared()
        };
        let least = value(lambda, &both);
        for (a, b, c) in [(1e-3, 0.0, 0.0), (-1e-3, 0.0, 0.0), (0.0, 1e-3, 0.0), (0.0, 0.0, 1e-2), (1e-3, 1e-3, 1e-2)] {
            assert!(value(lambda + a, &(&both + DVector::from_row_slice(&[b, c]))) > least);
        }
    }
}
