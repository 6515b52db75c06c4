//! Temporary.
use crate::formula::{BinaryOp, Expr, ExprKind, SyntaxFault, UnaryOp};
use polars::prelude::{DataType, Expr as P, Literal, NULL, col, lit};

/// Temporary.
pub fn to_polars(e: &Expr) -> Result<P, SyntaxFault> {
    let _ = (NULL, DataType::Null);
    let bad = |m: &str| SyntaxFault { message: m.to_string(), span: e.span.clone(), help: None };
    Ok(match &e.kind {
        ExprKind::Number(x) => lit(*x),
        ExprKind::Text(t) => t.as_str().lit(),
        ExprKind::Truth(t) => lit(*t),
        ExprKind::Name(n) => col(n.as_str()),
        ExprKind::Unary(UnaryOp::Negate, x) => lit(0.0) - to_polars(x)?,
        ExprKind::Unary(UnaryOp::Not, x) => to_polars(x)?.not(),
        ExprKind::Binary(op, a, b) => {
            let (a, b) = (to_polars(a)?, to_polars(b)?);
            match op {
                BinaryOp::Add => a + b,
                BinaryOp::Subtract => a - b,
                BinaryOp::Multiply => a * b,
                BinaryOp::Divide => a / b,
                BinaryOp::Equal => a.eq(b),
                BinaryOp::NotEqual => a.neq(b),
                BinaryOp::Less => a.lt(b),
                BinaryOp::LessEqual => a.lt_eq(b),
                BinaryOp::Greater => a.gt(b),
                BinaryOp::GreaterEqual => a.gt_eq(b),
                BinaryOp::And => a.and(b),
                BinaryOp::Or => a.or(b),
                _ => return Err(bad("not here")),
            }
        }
        ExprKind::In { value, list, negated } => {
            let v = to_polars(value)?;
            let mut any = lit(false);
            for x in list {
                any = any.or(v.clone().eq(to_polars(x)?));
            }
            if *negated { any.not() } else { any }
        }
        ExprKind::Call { function, args, .. } if function == "length" => to_polars(&args[0].value)?.str().len_chars(),
        _ => return Err(bad("not row-wise")),
    })
}
