//! Row-by-row expressions as polars expressions: filters and derived columns that run while a file is read.
//!
//! In: the part of the language that needs one row at a time (rooms [`Room::Row`](crate::formula::Room::Row) and [`Room::Text`](crate::formula::Room::Text), and `min`, `max`
//! of several values). Out: a lazy polars expression over columns of the same names. The values are those that the
//! evaluator computes on a panel: missing propagates, comparisons with missing are missing, `and` and `or` know three
//! values, and whatever has no value as a number (`log(0)`, `0 / 0`) is missing. `x / 0` is infinite.
//!
//! It does not check columns or their types: polars does when it runs. NaN in a file is a number to polars: readers make
//! it missing before a filter sees it.

mod call;
#[cfg(test)]
mod tests;

use polars::prelude::{ChunkApply, Column, DataType, Expr as Lazy, Field, IntoColumn, NamedFrom, Schema, Series, lit};

use crate::formula::{BinaryOp, Expr, ExprKind, SyntaxFault, UnaryOp};
use call::Call;

/// Translates an expression.
///
/// Errors: a function that needs more than one row, an unknown function, wrong arguments; the span points at the
/// function's name or at the argument.
pub fn to_polars(expr: &Expr) -> Result<Lazy, SyntaxFault> {
    match &expr.kind {
        ExprKind::Number(value) => Ok(number(*value)),
        ExprKind::Text(value) => Ok(lit(value.as_str())),
        ExprKind::Truth(value) => Ok(lit(*value)),
        // Not `col`, which would read `*` and `^...$` as patterns.
        ExprKind::Name(name) => Ok(Lazy::Column(name.as_str().into())),
        ExprKind::Unary(UnaryOp::Not, x) => Ok(to_filter(x)?.not()),
        ExprKind::Unary(UnaryOp::Negate, x) => match x.kind {
            ExprKind::Number(value) => Ok(number(-value)),
            _ => Ok(lit(0.0) - numeric(x)?),
        },
        ExprKind::Binary(op, left, right) => binary(*op, left, right),
        ExprKind::In { value, list, negated } => {
            let found = membership(to_polars(value)?, list)?;
            Ok(if *negated { found.not() } else { found })
        }
        ExprKind::Call { function, function_span, args } => {
            Call { name: function, span: function_span, args }.translate()
        }
        ExprKind::Interaction(_) | ExprKind::Combined(_) => {
            Err(SyntaxFault::new("this belongs in a formula, not in a row-by-row expression", expr.span.clone()))
        }
    }
}

/// Translates a condition: as [`to_polars`], and a number counts as true unless it is zero.
///
/// Errors: as [`to_polars`].
pub fn to_filter(expr: &Expr) -> Result<Lazy, SyntaxFault> {
    let translated = to_polars(expr)?;
    Ok(if is_condition(expr) { translated } else { translated.strict_cast(DataType::Boolean) })
}

fn is_condition(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Truth(_) | ExprKind::Unary(UnaryOp::Not, _) | ExprKind::In { .. } => true,
        ExprKind::Binary(op, ..) => op.is_condition(),
        ExprKind::Call { function, .. } => {
            ["starts_with", "ends_with", "contains", "is_missing"].contains(&function.as_str())
        }
        _ => false,
    }
}

/// Whole numbers stay whole, so that a filter on a column of integers can use the statistics of a parquet file.
fn number(value: f64) -> Lazy {
    if value.fract() == 0.0 && value.abs() < 9e15 { lit(value as i64) } else { lit(value) }
}

/// The value as a number; truth values are 1 and 0.
fn numeric(expr: &Expr) -> Result<Lazy, SyntaxFault> {
    match expr.kind {
        ExprKind::Number(value) => Ok(lit(value)),
        _ => Ok(to_polars(expr)?.strict_cast(DataType::Float64)),
    }
}

fn binary(op: BinaryOp, left: &Expr, right: &Expr) -> Result<Lazy, SyntaxFault> {
    use BinaryOp as B;
    if matches!(op, B::And | B::Or) {
        let (a, b) = (to_filter(left)?, to_filter(right)?);
        return Ok(if op == B::And { a.and(b) } else { a.or(b) });
    }
    if op.is_condition() {
        let (a, b) = (to_polars(left)?, to_polars(right)?);
        return Ok(match op {
            B::Equal => a.eq(b),
            B::NotEqual => a.neq(b),
            B::Less => a.lt(b),
            B::LessEqual => a.lt_eq(b),
            B::Greater => a.gt(b),
            _ => a.gt_eq(b),
        });
    }
    let (a, b) = (numeric(left)?, numeric(right)?);
    Ok(match op {
        B::Add => defined(a + b),
        B::Subtract => defined(a - b),
        B::Multiply => defined(a * b),
        B::Divide => defined(a / b),
        B::Power => defined(a.pow(b)),
        // The remainder has the sign of the divisor, as in R and Python.
        _ => defined(a.clone() - b.clone() * apply(a / b, f64::floor)),
    })
}

/// Missing in place of what is not a number.
fn defined(x: Lazy) -> Lazy {
    apply(x, |value| value)
}

/// A function of one number on each row; a result that is not a number is missing.
fn apply(x: Lazy, function: impl Fn(f64) -> f64 + Send + Sync + Copy + 'static) -> Lazy {
    x.map(
        move |column: Column| {
            let values = column.f64()?;
            let results = values.apply(|value| value.map(function).filter(|result| !result.is_nan()));
            Ok(results.into_column())
        },
        |_: &Schema, field: &Field| Ok(Field::new(field.name().clone(), DataType::Float64)),
    )
}

/// Whether a value is in a list. Lists of one kind of literals are looked up, others compared one by one.
fn membership(value: Lazy, list: &[Expr]) -> Result<Lazy, SyntaxFault> {
    let texts: Option<Vec<&str>> = list
        .iter()
        .map(|item| match &item.kind {
            ExprKind::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    if let Some(texts) = texts {
        return Ok(value.is_in(lit(Series::new("".into(), texts)).implode(true), false));
    }
    let mut found: Option<Lazy> = None;
    for item in list {
        let same = value.clone().eq(to_polars(item)?);
        found = Some(match found {
            None => same,
            Some(before) => before.or(same),
        });
    }
    Ok(found.unwrap_or_else(|| lit(false)))
}
