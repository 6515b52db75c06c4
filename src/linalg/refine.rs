//! Refinement of a least-squares solution in twice the working precision.
//!
//! Residuals `y - Xb` and gradients `X'We` are formed from the columns as given with double-double numbers (`Double`),
//! and corrected by an approximate inverse until the coefficients stop moving (Björck 1967). This undoes the rounding
//! of centring, which the NIST problems with nearly collinear powers show. It costs some twenty operations per
//! multiplication: callers use it where `n k` is small.

use nalgebra::{DMatrix, DVector};

use super::double::Double;

/// Most corrections.
const ROUNDS: usize = 6;

/// Improves the coefficients of `y` on `columns` with `inverse`, an approximation of `(X'WX)^-1`; returns the
/// coefficients and the residuals.
pub fn refine(
    columns: &[&[f64]],
    y: &[f64],
    weights: Option<&[f64]>,
    start: &DVector<f64>,
    inverse: &DMatrix<f64>,
) -> (DVector<f64>, Vec<f64>) {
    let mut b: Vec<Double> = start.iter().map(|&v| Double::from(v)).collect();
    let mut residuals = form_residuals(columns, y, &b);
    let mut last = f64::INFINITY;
    for _ in 0..ROUNDS {
        let gradient = DVector::from_iterator(columns.len(), columns.iter().map(|c| product(c, &residuals, weights)));
        let step = inverse * gradient;
        let size = step.iter().zip(&b).map(|(s, b)| s.abs() / b.high.abs().max(f64::MIN_POSITIVE)).fold(0.0, f64::max);
        if size.is_nan() || size >= last {
            break;
        }
        last = size;
        for (b, s) in b.iter_mut().zip(step.iter()) {
            *b = b.plus(Double::from(*s));
        }
        residuals = form_residuals(columns, y, &b);
        if size < 1e-17 {
            break;
        }
    }
    (DVector::from_iterator(b.len(), b.iter().map(|b| b.high)), residuals.iter().map(|e| e.high).collect())
}

fn form_residuals(columns: &[&[f64]], y: &[f64], b: &[Double]) -> Vec<Double> {
    let row = |i: usize| {
        let fitted = columns.iter().zip(b).fold(Double::default(), |sum, (c, b)| sum.plus(b.times(c[i])));
        Double::from(y[i]).minus(fitted)
    };
    (0..y.len()).map(row).collect()
}

fn product(column: &[f64], residuals: &[Double], weights: Option<&[f64]>) -> f64 {
    let terms = column.iter().zip(residuals).enumerate().map(|(i, (x, e))| match weights {
        None => e.times(*x),
        Some(w) => e.times(*x).times(w[i]),
    });
    terms.fold(Double::default(), Double::plus).high
}
