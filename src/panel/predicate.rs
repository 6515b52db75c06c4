//! Row-by-row expressions as polars expressions: filters and derived columns that run while a file is read.
//!
//! In: the part of the language that needs one row at a time (rooms [`Room::Row`] and [`Room::Text`], and `min`, `max`
//! of several values). Out: a lazy polars expression over columns of the same names. The values are those that the
//! evaluator computes on a panel: missing propagates, comparisons with missing are missing, `and` and `or` know three
//! values, and whatever has no value as a number (`log(0)`, `0 / 0`) is missing. `x / 0` is infinite.
//!
//! It does not check columns or their types: polars does when it runs. NaN in a file is a number to polars: readers make
//! it missing before a filter sees it.

use polars::prelude::{
    ChunkApply, Column, DataType, Expr as Lazy, Field, IntoColumn, NULL, NamedFrom, NewChunkedArray, PolarsResult,
    Schema, Series, StringChunked, concat_str, lit, when,
};

use crate::formula::functions::nearest_of;
use crate::formula::{Arg, BinaryOp, Expr, ExprKind, FUNCTIONS, Room, Span, SyntaxFault, UnaryOp, nearest_function};

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

/// A call being translated.
struct Call<'e> {
    name: &'e str,
    span: &'e Span,
    args: &'e [Arg],
}

impl<'e> Call<'e> {
    fn translate(&self) -> Result<Lazy, SyntaxFault> {
        if let Some(function) = function_of_one(self.name) {
            return Ok(apply(numeric(self.only("x")?)?, function));
        }
        match self.name {
            "I" => to_polars(self.only("x")?),
            "if" => self.choose(),
            "round" => self.round(),
            "is_missing" => Ok(to_polars(self.only("x")?)?.map(missing, boolean)),
            "coalesce" => self.fold(|a, b| when(a.clone().is_null()).then(b).otherwise(a)),
            "min" if self.args.len() > 1 => {
                self.fold_numbers(|a, b| when(b.clone().lt(a.clone())).then(b).otherwise(a))
            }
            "max" if self.args.len() > 1 => {
                self.fold_numbers(|a, b| when(b.clone().gt(a.clone())).then(b).otherwise(a))
            }
            "length" => Ok(to_polars(self.only("text")?)?.str().len_chars().cast(DataType::Float64)),
            "starts_with" => self.pair("start").map(|(text, part)| text.str().starts_with(part)),
            "ends_with" => self.pair("end").map(|(text, part)| text.str().ends_with(part)),
            "contains" => self.pair("part").map(|(text, part)| text.str().contains_literal(part)),
            "substring" => self.substring(),
            "number" => Ok(defined(to_polars(self.only("text")?)?.cast(DataType::Float64))),
            "text" => Ok(as_text(to_polars(self.only("x")?)?)),
            "concat" => {
                let parts = self.positional()?.into_iter().map(|part| to_polars(part).map(as_text));
                Ok(concat_str(parts.collect::<Result<Vec<_>, _>>()?, "", false))
            }
            _ => Err(self.not_row_by_row()),
        }
    }

    /// `if`: missing where the condition is.
    fn choose(&self) -> Result<Lazy, SyntaxFault> {
        self.exactly(3)?;
        let condition = to_filter(self.get(0, "condition")?)?;
        let (yes, no) = (to_polars(self.get(1, "yes")?)?, to_polars(self.get(2, "no")?)?);
        Ok(when(condition.clone().is_null()).then(lit(NULL)).when(condition).then(yes).otherwise(no))
    }

    /// Halves go to the even neighbour, as in R and in IEEE 754.
    fn round(&self) -> Result<Lazy, SyntaxFault> {
        let digits = match self.args.len() {
            2 => self.literal(1, "digits")?,
            _ => self.only("x").map(|_| 0.0)?,
        };
        let scale = 10f64.powi(digits as i32);
        Ok(apply(numeric(self.get(0, "x")?)?, move |x| (x * scale).round_ties_even() / scale))
    }

    fn substring(&self) -> Result<Lazy, SyntaxFault> {
        self.exactly(3)?;
        let (start, length) = (self.literal(1, "start")?, self.literal(2, "length")?);
        let is_whole = |value: f64, least: f64| value.fract() == 0.0 && value >= least;
        if !is_whole(start, 1.0) || !is_whole(length, 0.0) {
            let at = self.get(if is_whole(start, 1.0) { 2 } else { 1 }, "start")?.span.clone();
            return Err(SyntaxFault::new("positions in a text are whole numbers from 1 on", at)
                .with_help("the first two characters are substring(text, 1, 2)"));
        }
        let text = to_polars(self.get(0, "text")?)?;
        Ok(text.str().slice(lit(start as i64 - 1), lit(length as u64)))
    }

    /// A text and what is looked for in it.
    fn pair(&self, second: &str) -> Result<(Lazy, Lazy), SyntaxFault> {
        self.exactly(2)?;
        Ok((to_polars(self.get(0, "text")?)?, to_polars(self.get(1, second)?)?))
    }

    fn fold(&self, join: impl Fn(Lazy, Lazy) -> Lazy) -> Result<Lazy, SyntaxFault> {
        self.join(to_polars, join)
    }

    /// The row's smallest or largest number; missing where one is.
    fn fold_numbers(&self, join: impl Fn(Lazy, Lazy) -> Lazy) -> Result<Lazy, SyntaxFault> {
        self.join(numeric, |a, b| {
            let any_missing = a.clone().is_null().or(b.clone().is_null());
            when(any_missing).then(lit(NULL)).otherwise(join(a, b))
        })
    }

    fn join(
        &self,
        translate: impl Fn(&Expr) -> Result<Lazy, SyntaxFault>,
        join: impl Fn(Lazy, Lazy) -> Lazy,
    ) -> Result<Lazy, SyntaxFault> {
        let mut parts = self.positional()?.into_iter().map(translate);
        let first = parts.next().unwrap_or_else(|| Err(self.wrong(self.span.clone())))?;
        parts.try_fold(first, |all, part| Ok(join(all, part?)))
    }

    /// The argument at a position, or of a name.
    fn get(&self, at: usize, name: &str) -> Result<&'e Expr, SyntaxFault> {
        let named = self.args.iter().find(|arg| arg.name.as_deref() == Some(name));
        let placed = || self.args.get(at).filter(|arg| arg.name.is_none());
        named.or_else(placed).map(|arg| &arg.value).ok_or_else(|| self.wrong(self.span.clone()))
    }

    fn exactly(&self, n: usize) -> Result<(), SyntaxFault> {
        if self.args.len() == n { Ok(()) } else { Err(self.wrong(self.span.clone())) }
    }

    fn only(&self, name: &str) -> Result<&'e Expr, SyntaxFault> {
        self.exactly(1)?;
        self.get(0, name)
    }

    /// Every argument, none of which may have a name.
    fn positional(&self) -> Result<Vec<&'e Expr>, SyntaxFault> {
        match self.args.iter().find(|arg| arg.name.is_some()) {
            Some(arg) => Err(self.wrong(arg.value.span.clone())),
            None if self.args.is_empty() => Err(self.wrong(self.span.clone())),
            None => Ok(self.args.iter().map(|arg| &arg.value).collect()),
        }
    }

    /// A number that must be written out.
    fn literal(&self, at: usize, name: &str) -> Result<f64, SyntaxFault> {
        let expr = self.get(at, name)?;
        match &expr.kind {
            ExprKind::Number(value) => Ok(*value),
            ExprKind::Unary(UnaryOp::Negate, x) if matches!(x.kind, ExprKind::Number(_)) => match x.kind {
                ExprKind::Number(value) => Ok(-value),
                _ => Err(self.wrong(expr.span.clone())),
            },
            _ => Err(SyntaxFault::new(format!("{name} must be a number written out"), expr.span.clone())),
        }
    }

    fn wrong(&self, span: Span) -> SyntaxFault {
        let fault = SyntaxFault::new(format!("the arguments of {} do not fit", self.name), span);
        match FUNCTIONS.iter().find(|function| function.name == self.name) {
            Some(function) => fault.with_help(format!("write {}", function.signature)),
            None => fault,
        }
    }

    fn not_row_by_row(&self) -> SyntaxFault {
        let row_by_row = FUNCTIONS.iter().filter(|f| matches!(f.room, Room::Row | Room::Text)).map(|f| f.name);
        let is_known = FUNCTIONS.iter().any(|function| function.name == self.name);
        let message = if is_known {
            format!("{} needs more than one row, and so cannot be computed while reading", self.name)
        } else {
            format!("there is no function {}", self.name)
        };
        let fault = SyntaxFault::new(message, self.span.clone());
        let nearest = if is_known { None } else { nearest_of(self.name, row_by_row).or(nearest_function(self.name)) };
        match nearest {
            Some(nearest) => fault.with_help(format!("did you mean {nearest}?")),
            None if is_known => fault.with_help("define it under [variables] and filter in [sample]"),
            None => fault.with_help("docs/formulas.md lists every function"),
        }
    }
}

/// A function of one number, if `name` is one; NaN where it has no value.
fn function_of_one(name: &str) -> Option<fn(f64) -> f64> {
    let function: fn(f64) -> f64 = match name {
        "log" => |x| if x > 0.0 { x.ln() } else { f64::NAN },
        "log1p" => |x| if x > -1.0 { x.ln_1p() } else { f64::NAN },
        "log2" => |x| if x > 0.0 { x.log2() } else { f64::NAN },
        "log10" => |x| if x > 0.0 { x.log10() } else { f64::NAN },
        "exp" => f64::exp,
        "sqrt" => f64::sqrt,
        "abs" => f64::abs,
        "sign" => |x| if x == 0.0 { 0.0 } else { x.signum() },
        "floor" => f64::floor,
        "ceil" => f64::ceil,
        "asinh" => f64::asinh,
        _ => return None,
    };
    Some(function)
}

fn boolean(_: &Schema, field: &Field) -> PolarsResult<Field> {
    Ok(Field::new(field.name().clone(), DataType::Boolean))
}

fn missing(column: Column) -> PolarsResult<Column> {
    let absent = column.is_null();
    let found = if column.dtype().is_float() { &absent | &column.is_nan()? } else { absent };
    Ok(found.with_name(column.name().clone()).into_column())
}

/// Values as text; whole numbers without decimals.
fn as_text(x: Lazy) -> Lazy {
    x.map(
        |column: Column| {
            if !column.dtype().is_float() {
                return column.cast(&DataType::String);
            }
            let values = column.cast(&DataType::Float64)?;
            let spelled = values.f64()?.iter().map(|value| value.map(|value| value.to_string()));
            Ok(StringChunked::from_iter_options(column.name().clone(), spelled).into_column())
        },
        |_: &Schema, field: &Field| Ok(Field::new(field.name().clone(), DataType::String)),
    )
}

#[cfg(test)]
mod tests {
    use polars::prelude::{AnyValue, DataFrame, IntoLazy, df};

    use super::*;
    use crate::formula::parse_expression;

    fn table() -> DataFrame {
        df!(
            "x" => [Some(1.0), Some(-2.5), None, Some(0.0)],
            "n" => [3i32, 0, 7, -4],
            "u" => [1u8, 2, 3, 4],
            "t" => [Some("3101"), Some("ab"), None, Some("été")],
            "flag" => [true, false, true, false],
            "^o*$" => [1i64, 2, 3, 4],
        )
        .unwrap()
    }

    /// The values of an expression, spelled out.
    fn values(text: &str) -> Vec<String> {
        let lazy = to_polars(&parse_expression(text).unwrap()).unwrap_or_else(|fault| panic!("{text}: {fault}"));
        let frame = table().lazy().select([lazy.alias("result")]).collect().unwrap_or_else(|e| panic!("{text}: {e}"));
        let column = frame.column("result").unwrap();
        let spelled: Vec<String> = (0..column.len())
            .map(|row| match column.get(row).unwrap() {
                AnyValue::Null => "-".to_string(),
                AnyValue::String(text) => text.to_string(),
                value => value.to_string(),
            })
            .collect();
        spelled
    }

    #[test]
    fn arithmetic_is_in_double_precision_whatever_the_columns_are() {
        for (text, expected) in [
            ("n / 2", ["1.5", "0.0", "3.5", "-2.0"]),
            ("u - 3", ["-2.0", "-1.0", "0.0", "1.0"]),
            ("n % 3", ["0.0", "0.0", "1.0", "2.0"]),
            ("-u", ["-1.0", "-2.0", "-3.0", "-4.0"]),
            ("x + flag", ["2.0", "-2.5", "-", "0.0"]),
            ("n^2", ["9.0", "0.0", "49.0", "16.0"]),
            ("x / 0", ["inf", "-inf", "-", "-"]),
            ("`^o*$` * 2", ["2.0", "4.0", "6.0", "8.0"]),
        ] {
            assert_eq!(values(text), expected, "{text}");
        }
    }

    #[test]
    fn functions_of_numbers() {
        for (text, expected) in [
            ("log(x)", ["0.0", "-", "-", "-"]),
            ("log1p(n)", ["1.386294", "0.0", "2.079442", "-"]),
            ("sqrt(x)", ["1.0", "-", "-", "0.0"]),
            ("abs(x)", ["1.0", "2.5", "-", "0.0"]),
            ("sign(x)", ["1.0", "-1.0", "-", "0.0"]),
            ("round(x)", ["1.0", "-2.0", "-", "0.0"]),
            ("round(n / 3, 1)", ["1.0", "0.0", "2.3", "-1.3"]),
            ("coalesce(x, n)", ["1.0", "-2.5", "7.0", "0.0"]),
            ("min(x, n, 5)", ["1.0", "-2.5", "-", "-4.0"]),
            ("if(x > 0, 1, n)", ["1", "0", "-", "-4"]),
            ("I(n + 1)", ["4.0", "1.0", "8.0", "-3.0"]),
        ] {
            assert_eq!(values(text), expected, "{text}");
        }
    }

    #[test]
    fn conditions_know_three_values() {
        for (text, expected) in [
            ("x > 0", ["true", "false", "-", "false"]),
            ("log(x) > 5", ["false", "-", "-", "-"]),
            ("not x > 0", ["false", "true", "-", "true"]),
            ("x > 0 or flag", ["true", "false", "true", "false"]),
            ("flag and n > 5", ["false", "false", "true", "false"]),
            ("u and not n", ["false", "true", "false", "false"]),
            ("is_missing(x)", ["false", "false", "true", "false"]),
            ("is_missing(log(n))", ["false", "true", "false", "true"]),
            ("n in (3, 7)", ["true", "false", "true", "false"]),
            ("x in (1, 0)", ["true", "false", "-", "true"]),
            ("t in ('ab', '3101')", ["true", "true", "-", "false"]),
            ("t not in ('ab')", ["true", "false", "-", "true"]),
            ("t != 'ab'", ["true", "false", "-", "true"]),
            ("flag == true", ["true", "false", "true", "false"]),
        ] {
            assert_eq!(values(text), expected, "{text}");
        }
    }

    #[test]
    fn texts() {
        for (text, expected) in [
            ("length(t)", ["4.0", "2.0", "-", "3.0"]),
            ("starts_with(t, '31')", ["true", "false", "-", "false"]),
            ("ends_with(t, 'b')", ["false", "true", "-", "false"]),
            ("contains(t, 't')", ["false", "false", "-", "true"]),
            ("contains(t, '.')", ["false", "false", "-", "false"]),
            ("substring(t, 2, 2)", ["10", "b", "-", "té"]),
            ("number(t)", ["3101.0", "-", "-", "-"]),
            ("text(n)", ["3", "0", "7", "-4"]),
            ("text(x)", ["1", "-2.5", "-", "0"]),
            ("concat(t, '-', u)", ["3101-1", "ab-2", "-", "été-4"]),
        ] {
            assert_eq!(values(text), expected, "{text}");
        }
    }

    #[test]
    fn a_filter_may_be_a_number() {
        let filter = to_filter(&parse_expression("n").unwrap()).unwrap();
        assert_eq!(table().lazy().filter(filter).collect().unwrap().height(), 3);
    }

    #[test]
    fn what_needs_more_than_one_row_is_refused() {
        for (text, message, under, help) in [
            (
                "x > mean(x)",
                "mean needs more than one row, and so cannot be computed while reading",
                "mean",
                "[variables]",
            ),
            ("max(x)", "max needs more than one row, and so cannot be computed while reading", "max", "[variables]"),
            ("start_with(t, 'a')", "there is no function start_with", "start_with", "did you mean starts_with?"),
            ("log(x, 2)", "the arguments of log do not fit", "log", "write log(x)"),
            ("substring(t, 0, 2)", "positions in a text are whole numbers from 1 on", "0", "substring(text, 1, 2)"),
            ("substring(t, n, 2)", "start must be a number written out", "n", ""),
            ("coalesce()", "the arguments of coalesce do not fit", "coalesce", "coalesce(x, y, ...)"),
        ] {
            let fault = to_polars(&parse_expression(text).unwrap()).unwrap_err();
            assert_eq!((fault.message.as_str(), &text[fault.span.clone()]), (message, under), "{text}");
            assert!(fault.help.clone().unwrap_or_default().contains(help), "{text}: {:?}", fault.help);
        }
    }
}
