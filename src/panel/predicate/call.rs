//! Calls of functions that need one row at a time, as polars expressions.

use polars::prelude::{
    Column, DataType, Expr as Lazy, Field, IntoColumn, NULL, NewChunkedArray, PolarsResult, Schema, StringChunked,
    concat_str, lit, when,
};

use super::{apply, defined, numeric, to_filter, to_polars};
use crate::formula::functions::nearest_of;
use crate::formula::{
    Arg, Expr, ExprKind, FUNCTIONS, Room, Span, SyntaxFault, UnaryOp, function_named, nearest_function,
};

/// A call being translated.
pub(super) struct Call<'e> {
    pub name: &'e str,
    pub span: &'e Span,
    pub args: &'e [Arg],
}

impl<'e> Call<'e> {
    /// The polars expression of the call.
    pub fn translate(&self) -> Result<Lazy, SyntaxFault> {
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
        let value = match &expr.kind {
            ExprKind::Number(value) => Some(*value),
            ExprKind::Unary(UnaryOp::Negate, x) => match x.kind {
                ExprKind::Number(value) => Some(-value),
                _ => None,
            },
            _ => None,
        };
        value.ok_or_else(|| SyntaxFault::new(format!("{name} must be a number written out"), expr.span.clone()))
    }

    fn wrong(&self, span: Span) -> SyntaxFault {
        let fault = SyntaxFault::new(format!("the arguments of {} do not fit", self.name), span);
        match function_named(self.name) {
            Some(function) => fault.with_help(format!("write {}", function.signature)),
            None => fault,
        }
    }

    fn not_row_by_row(&self) -> SyntaxFault {
        let row_by_row = FUNCTIONS.iter().filter(|f| matches!(f.room, Room::Row | Room::Text)).map(|f| f.name);
        let is_known = function_named(self.name).is_some();
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
