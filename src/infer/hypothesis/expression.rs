//! [`CoefficientExpression`]: a function of coefficients with its exact gradient.

use nalgebra::DVector;

use super::error::{DeltaError, HypothesisFault};
use super::scan::Scanned;
use crate::formula::{BinaryOp, Dual, Expr, ExprKind, UnaryOp, differentiate};

/// An expression of coefficients: names in it are `#0`, `#1`, ... by position.
#[derive(Clone, Debug, PartialEq)]
pub struct CoefficientExpression {
    /// The tree.
    pub(super) expr: Expr,
    /// As it was understood, with names in backticks where they are not plain words.
    pub text: String,
}

/// A value with its gradient in the coefficients.
#[derive(Clone, Debug, PartialEq)]
pub struct Delta {
    /// `g(b)`.
    pub value: f64,
    /// `dg/db`, one per coefficient.
    pub gradient: DVector<f64>,
}

impl CoefficientExpression {
    /// Reads an expression over coefficient names.
    ///
    /// # Errors
    /// A text that does not parse, or a name that no coefficient has.
    pub fn read(text: &str, names: &[String]) -> Result<Self, HypothesisFault> {
        Scanned::of(text, names)?.expression(0..usize::MAX, names)
    }

    /// The value and gradient at `b`.
    ///
    /// # Errors
    /// No derivative, or no finite value.
    pub fn delta(&self, b: &DVector<f64>) -> Result<Delta, DeltaError> {
        let along = |direction: Option<usize>| {
            let lookup = |name: &str| {
                let k = position(name)?;
                Some(Dual { value: *b.get(k)?, slope: f64::from(direction == Some(k)) })
            };
            differentiate(&self.expr, &lookup)
        };
        let mut out = Delta { value: along(None)?.value, gradient: DVector::zeros(b.len()) };
        for k in used(&self.expr) {
            if let Some(slot) = out.gradient.get_mut(k) {
                *slot = along(Some(k))?.slope;
            }
        }
        if !out.value.is_finite() || out.gradient.iter().any(|d| !d.is_finite()) {
            return Err(DeltaError::NotFinite { text: self.text.clone() });
        }
        Ok(out)
    }

    /// The coefficients and the constant of the expression where it is linear by its form.
    pub(super) fn linear(&self, n: usize) -> Option<(DVector<f64>, f64)> {
        linear(&self.expr, n)
    }

    /// Positions of the coefficients in it, ascending.
    pub fn positions(&self) -> Vec<usize> {
        used(&self.expr)
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        let expr = Expr {
            kind: ExprKind::Binary(BinaryOp::Subtract, Box::new(self.expr.clone()), Box::new(other.expr.clone())),
            span: self.expr.span.start..other.expr.span.end,
        };
        CoefficientExpression { expr, text: format!("{} = {}", self.text, other.text) }
    }
}

/// The coefficients and the constant of a linear expression; `None` if it is not linear by its form.
fn linear(expr: &Expr, n: usize) -> Option<(DVector<f64>, f64)> {
    match &expr.kind {
        ExprKind::Name(name) => {
            let mut row = DVector::zeros(n);
            *row.get_mut(position(name)?)? = 1.0;
            Some((row, 0.0))
        }
        ExprKind::Unary(UnaryOp::Negate, x) => linear(x, n).map(|(row, c)| (-row, -c)),
        ExprKind::Binary(op @ (BinaryOp::Add | BinaryOp::Subtract), x, y) => {
            let ((a, c), (b, d)) = (linear(x, n)?, linear(y, n)?);
            Some(if *op == BinaryOp::Add { (a + b, c + d) } else { (a - b, c - d) })
        }
        ExprKind::Binary(BinaryOp::Multiply, x, y) => match (constant(x), constant(y)) {
            (Some(c), _) => linear(y, n).map(|(row, d)| (row * c, c * d)),
            (_, Some(c)) => linear(x, n).map(|(row, d)| (row * c, c * d)),
            _ => None,
        },
        ExprKind::Binary(BinaryOp::Divide, x, y) => {
            let c = constant(y)?;
            linear(x, n).map(|(row, d)| (row / c, d / c))
        }
        _ => constant(expr).map(|c| (DVector::zeros(n), c)),
    }
}

fn constant(expr: &Expr) -> Option<f64> {
    if !used(expr).is_empty() {
        return None;
    }
    differentiate(expr, &|_| None).ok().map(|dual| dual.value)
}

/// Positions of the coefficients in an expression, ascending.
fn used(expr: &Expr) -> Vec<usize> {
    let mut found: Vec<usize> = expr.names().into_iter().filter_map(|(name, _)| position(name)).collect();
    found.sort_unstable();
    found.dedup();
    found
}

pub(super) fn position(name: &str) -> Option<usize> {
    name.strip_prefix('#')?.parse().ok()
}
