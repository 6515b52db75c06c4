//! Exact first derivatives of expressions, by forward-mode automatic differentiation.
//!
//! In: a tree of the expression language and, for each name in it, a value with its derivative in one direction
//! ([`Dual`]). Out: the value and derivative of the whole. Every rule is the analytic one (Griewank and Walther 2008,
//! Evaluating Derivatives, chapter 3); nothing is differenced, so there is no step to choose. Functions of more than one
//! row and functions that jump have no derivative here and are typed faults.

use super::ast::{BinaryOp, Expr, ExprKind, Span, UnaryOp};

/// A number with its derivative in one direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dual {
    /// The value.
    pub value: f64,
    /// The derivative.
    pub slope: f64,
}

impl Dual {
    /// A number that does not move.
    pub fn constant(value: f64) -> Dual {
        Dual { value, slope: 0.0 }
    }

    /// The variable of the differentiation.
    pub fn variable(value: f64) -> Dual {
        Dual { value, slope: 1.0 }
    }

    /// The product.
    pub fn times(self, other: Dual) -> Dual {
        Dual { value: self.value * other.value, slope: self.slope * other.value + self.value * other.slope }
    }

    fn chain(self, value: f64, slope: f64) -> Dual {
        // What does not move stays so, even where the outer function has no finite derivative.
        Dual { value, slope: if self.slope == 0.0 { 0.0 } else { slope * self.slope } }
    }
}

/// Why an expression has no derivative.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DerivativeError {
    /// A name without a value.
    #[error("there is no `{name}` to differentiate")]
    UnknownName {
        /// The name.
        name: String,
        /// Where it stands.
        span: Span,
    },
    /// Something that is not a smooth function of numbers.
    #[error("{what} has no derivative; use + - * / ^, log, log1p, log2, log10, exp, sqrt, abs, asinh")]
    NotSmooth {
        /// What it is.
        what: String,
        /// Where it stands.
        span: Span,
    },
}

impl DerivativeError {
    /// Where the fault is in the text of the expression.
    pub fn span(&self) -> Span {
        match self {
            DerivativeError::UnknownName { span, .. } | DerivativeError::NotSmooth { span, .. } => span.clone(),
        }
    }
}

/// The value and derivative of an expression; `lookup` gives those of its names.
///
/// # Errors
/// [`DerivativeError`] for unknown names and for what is not smooth.
pub fn differentiate(expr: &Expr, lookup: &impl Fn(&str) -> Option<Dual>) -> Result<Dual, DerivativeError> {
    let inner = |x: &Expr| differentiate(x, lookup);
    match &expr.kind {
        ExprKind::Number(value) => Ok(Dual::constant(*value)),
        ExprKind::Name(name) => {
            lookup(name).ok_or_else(|| DerivativeError::UnknownName { name: name.clone(), span: expr.span.clone() })
        }
        ExprKind::Unary(UnaryOp::Negate, x) => {
            let x = inner(x)?;
            Ok(Dual { value: -x.value, slope: -x.slope })
        }
        ExprKind::Binary(op, a, b) => binary(*op, inner(a)?, inner(b)?).ok_or_else(|| not_smooth(expr, op.symbol())),
        ExprKind::Call { function, args, .. } => match args.as_slice() {
            [only] if only.name.is_none() || only.name.as_deref() == Some("x") => {
                function_of_one(function, inner(&only.value)?).ok_or_else(|| not_smooth(expr, &format!("{function}()")))
            }
            _ => Err(not_smooth(expr, &format!("{function}()"))),
        },
        ExprKind::Interaction(factors) => {
            factors.iter().try_fold(Dual::constant(1.0), |product, factor| Ok(product.times(inner(factor)?)))
        }
        _ => Err(not_smooth(expr, &expr.canonical())),
    }
}

fn not_smooth(expr: &Expr, what: &str) -> DerivativeError {
    DerivativeError::NotSmooth { what: what.to_string(), span: expr.span.clone() }
}

fn binary(op: BinaryOp, a: Dual, b: Dual) -> Option<Dual> {
    Some(match op {
        BinaryOp::Add => Dual { value: a.value + b.value, slope: a.slope + b.slope },
        BinaryOp::Subtract => Dual { value: a.value - b.value, slope: a.slope - b.slope },
        BinaryOp::Multiply => a.times(b),
        BinaryOp::Divide => {
            let value = a.value / b.value;
            Dual { value, slope: (a.slope - value * b.slope) / b.value }
        }
        BinaryOp::Power => power(a, b),
        _ => return None,
    })
}

fn power(a: Dual, b: Dual) -> Dual {
    let value = a.value.powf(b.value);
    let of_base = if a.slope == 0.0 || b.value == 0.0 { 0.0 } else { b.value * a.value.powf(b.value - 1.0) * a.slope };
    let of_exponent = if b.slope == 0.0 { 0.0 } else { value * a.value.ln() * b.slope };
    Dual { value, slope: of_base + of_exponent }
}

fn function_of_one(name: &str, x: Dual) -> Option<Dual> {
    let v = x.value;
    let log = |v: f64, value: f64| if v > 0.0 { value } else { f64::NAN };
    Some(match name {
        "I" => x,
        "log" => x.chain(log(v, v.ln()), 1.0 / v),
        "log1p" => x.chain(log(1.0 + v, v.ln_1p()), 1.0 / (1.0 + v)),
        "log2" => x.chain(log(v, v.log2()), 1.0 / (v * std::f64::consts::LN_2)),
        "log10" => x.chain(log(v, v.log10()), 1.0 / (v * std::f64::consts::LN_10)),
        "exp" => x.chain(v.exp(), v.exp()),
        "sqrt" => x.chain(v.sqrt(), 0.5 / v.sqrt()),
        "abs" => x.chain(v.abs(), if v == 0.0 { f64::NAN } else { v.signum() }),
        "asinh" => x.chain(v.asinh(), 1.0 / v.hypot(1.0)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formula::parse_expression;

    #[test]
    fn every_rule_agrees_with_differences() {
        let texts = [
            "x^2 - 3 * x + 1",
            "x / (1 - y)",
            "log(x) * exp(-x / 5)",
            "sqrt(x) + asinh(x) - abs(x - 9)",
            "x^y + 2^x",
            "log1p(x) / log10(x) + log2(x)",
            "-(x * y)^3",
        ];
        for text in texts {
            let expr = parse_expression(text).unwrap();
            let at = |x: f64, slope: f64| {
                let lookup = |name: &str| match name {
                    "x" => Some(Dual { value: x, slope }),
                    "y" => Some(Dual::constant(0.7)),
                    _ => None,
                };
                differentiate(&expr, &lookup).unwrap()
            };
            let h = 1e-5;
            let difference = (at(2.3 + h, 0.0).value - at(2.3 - h, 0.0).value) / (2.0 * h);
            let exact = at(2.3, 1.0).slope;
            assert!((exact - difference).abs() < 1e-7 * exact.abs().max(1.0), "{text}: {exact} {difference}");
        }
    }

    #[test]
    fn what_jumps_is_named() {
        let expr = parse_expression("1 + floor(x)").unwrap();
        let fault = differentiate(&expr, &|_| Some(Dual::variable(1.0))).unwrap_err();
        assert_eq!(fault.span(), 4..12);
        assert!(fault.to_string().starts_with("floor() has no derivative"));
    }
}
