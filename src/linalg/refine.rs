//! Refinement of a least-squares solution in twice the working precision.
//!
//! Residuals `y - Xb` and gradients `X'We` are formed from the columns as given with double-double numbers (Dekker 1971),
//! and corrected by an approximate inverse until the coefficients stop moving (Björck 1967). This undoes the rounding
//! of centring, which the NIST problems with nearly collinear powers show. It costs some twenty operations per
//! multiplication: callers use it where `n k` is small.

use nalgebra::{DMatrix, DVector};

/// Most corrections.
const ROUNDS: usize = 6;

/// An unevaluated sum of two numbers.
#[derive(Clone, Copy, Default)]
struct Double {
    high: f64,
    low: f64,
}

impl Double {
    fn plus(self, other: Double) -> Double {
        let high = self.high + other.high;
        let part = high - self.high;
        let error = (self.high - (high - part)) + (other.high - part);
        Double::normal(high, error + self.low + other.low)
    }

    fn times(self, factor: f64) -> Double {
        let product = exact_product(self.high, factor);
        Double::normal(product.high, product.low + self.low * factor)
    }

    fn normal(high: f64, low: f64) -> Double {
        let sum = high + low;
        Double { high: sum, low: low - (sum - high) }
    }
}

/// `a b` without rounding, by Veltkamp's splitting.
fn exact_product(a: f64, b: f64) -> Double {
    let split = |x: f64| {
        let wide = 134_217_729.0 * x;
        let high = wide - (wide - x);
        (high, x - high)
    };
    let ((a1, a2), (b1, b2)) = (split(a), split(b));
    let product = a * b;
    Double { high: product, low: ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2 }
}

/// Improves the coefficients of `y` on `columns` with `inverse`, an approximation of `(X'WX)^-1`; returns the
/// coefficients and the residuals.
pub fn refine(
    columns: &[&[f64]],
    y: &[f64],
    weights: Option<&[f64]>,
    start: &DVector<f64>,
    inverse: &DMatrix<f64>,
) -> (DVector<f64>, Vec<f64>) {
    let mut b: Vec<Double> = start.iter().map(|&v| Double { high: v, low: 0.0 }).collect();
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
            *b = b.plus(Double { high: *s, low: 0.0 });
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
        Double { high: y[i], low: 0.0 }.plus(fitted.times(-1.0))
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
