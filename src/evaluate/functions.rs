//! The functions of the language: one table of how each is called, and the arguments of a call checked against it.

use super::error::{EvaluateError, nearest};
use crate::formula::{Arg, Expr, ExprKind, Span, UnaryOp};

/// Which file computes a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Each row by itself.
    Rowwise,
    /// Other periods of the same unit.
    Time,
    /// All rows of a group.
    Group,
    /// A cluster measure.
    Measure,
    /// Neighbouring regions.
    Spatial,
    /// Several columns: only as a regressor.
    Regressor,
}

/// How a function is called.
#[derive(Debug)]
pub(super) struct Function {
    pub name: &'static str,
    pub written: &'static str,
    pub kind: Kind,
    parameters: &'static [&'static str],
    required: usize,
    options: &'static [&'static str],
    is_variadic: bool,
}

const fn function(
    kind: Kind,
    name: &'static str,
    written: &'static str,
    (parameters, required): (&'static [&'static str], usize),
    options: &'static [&'static str],
) -> Function {
    Function { name, written, kind, parameters, required, options, is_variadic: false }
}

const fn variadic(function: Function) -> Function {
    Function { is_variadic: true, ..function }
}

use Kind::{Group, Measure, Regressor, Rowwise, Spatial, Time};

const X: (&[&str], usize) = (&["x"], 1);
const X_K: (&[&str], usize) = (&["x", "k"], 1);
const BY: &[&str] = &["by"];
const PART: &[&str] = &["within", "outside", "base"];

/// Every function, by topic.
pub(super) const FUNCTIONS: &[Function] = &[
    function(Rowwise, "log", "log(x)", X, &[]),
    function(Rowwise, "log1p", "log1p(x)", X, &[]),
    function(Rowwise, "log2", "log2(x)", X, &[]),
    function(Rowwise, "log10", "log10(x)", X, &[]),
    function(Rowwise, "exp", "exp(x)", X, &[]),
    function(Rowwise, "sqrt", "sqrt(x)", X, &[]),
    function(Rowwise, "abs", "abs(x)", X, &[]),
    function(Rowwise, "sign", "sign(x)", X, &[]),
    function(Rowwise, "floor", "floor(x)", X, &[]),
    function(Rowwise, "ceil", "ceil(x)", X, &[]),
    function(Rowwise, "asinh", "asinh(x)", X, &[]),
    function(Rowwise, "round", "round(x, digits = 0)", (&["x", "digits"], 1), &[]),
    function(Rowwise, "if", "if(condition, yes, no)", (&["condition", "yes", "no"], 3), &[]),
    variadic(function(Rowwise, "coalesce", "coalesce(x, y, ...)", X, &[])),
    function(Rowwise, "is_missing", "is_missing(x)", X, &[]),
    variadic(function(Group, "min", "min(x, by = ...) over rows or min(x, y, ...) across columns", X, BY)),
    variadic(function(Group, "max", "max(x, by = ...) over rows or max(x, y, ...) across columns", X, BY)),
    function(Time, "lag", "lag(x, k = 1)", X_K, &[]),
    function(Time, "lead", "lead(x, k = 1)", X_K, &[]),
    function(Time, "diff", "diff(x, k = 1)", X_K, &[]),
    function(Time, "growth", "growth(x, k = 1)", X_K, &[]),
    function(Group, "sum", "sum(x, by = ...)", X, BY),
    function(Group, "mean", "mean(x, by = ...)", X, BY),
    function(Group, "count", "count(x, by = ...)", (&["x"], 0), BY),
    function(Group, "sd", "sd(x, by = ...)", X, BY),
    function(Group, "median", "median(x, by = ...)", X, BY),
    function(Group, "rank", "rank(x, by = ...)", X, BY),
    function(Group, "quantile", "quantile(x, q, by = ...)", (&["x", "q"], 2), BY),
    function(Group, "demean", "demean(x, by = ...)", X, BY),
    function(Group, "standardize", "standardize(x, by = ...)", X, BY),
    function(Group, "winsorize", "winsorize(x, p, by = ...)", (&["x", "p"], 2), BY),
    function(Measure, "share", "share(x, within = cluster, outside = industry, base = total)", X, PART),
    function(Measure, "lq", "lq(x, within = cluster, outside = industry, base = total)", X, PART),
    function(Measure, "herfindahl", "herfindahl(x, over = industry, within = region)", X, &["over", "within"]),
    function(
        Spatial,
        "spatial_lag",
        "spatial_lag(x, weights, by = ..., absent = \"zero\")",
        (&["x", "weights"], 2),
        &["by", "absent"],
    ),
    function(Regressor, "i", "i(factor, x, ref = level)", (&["factor", "x"], 1), &["ref"]),
    function(Regressor, "poly", "poly(x, degree, raw = false)", (&["x", "degree"], 2), &["raw"]),
];

/// The names of all functions.
pub fn function_names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|function| function.name)
}

/// A call whose arguments fit its function.
#[derive(Debug)]
pub(super) struct Call<'e> {
    pub function: &'static Function,
    pub span: Span,
    pub positional: Vec<&'e Expr>,
    named: Vec<(&'e str, &'e Expr)>,
}

impl<'e> Call<'e> {
    /// Checks a call's function and arguments.
    pub fn new(name: &str, name_span: &Span, args: &'e [Arg], span: &Span) -> Result<Self, EvaluateError> {
        let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) else {
            let nearest = nearest(name, function_names());
            return Err(EvaluateError::UnknownFunction { name: name.to_string(), nearest, span: name_span.clone() });
        };
        let mut call = Call { function, span: span.clone(), positional: Vec::new(), named: Vec::new() };
        for arg in args {
            match &arg.name {
                None => call.positional.push(&arg.value),
                Some(name) => call.named.push((name, &arg.value)),
            }
        }
        call.check()?;
        Ok(call)
    }

    fn check(&self) -> Result<(), EvaluateError> {
        let f = self.function;
        let n = self.positional.len();
        if n > f.parameters.len() && !f.is_variadic {
            return Err(self.wrong(&self.positional[f.parameters.len()].span));
        }
        let by_position = &f.parameters[..n.min(f.parameters.len())];
        for (name, value) in &self.named {
            let is_repeated = self.named.iter().filter(|(other, _)| other == name).count() > 1 && *name != "by";
            let is_known = f.parameters.contains(name) || f.options.contains(name);
            if !is_known || is_repeated || by_position.contains(name) {
                return Err(self.wrong(&value.span));
            }
        }
        match f.parameters[..f.required].iter().all(|name| self.get(name).is_some()) {
            true => Ok(()),
            false => Err(self.wrong(&self.span)),
        }
    }

    /// The argument of a parameter or option, by position or by name.
    pub fn get(&self, name: &str) -> Option<&'e Expr> {
        let position = self.function.parameters.iter().position(|parameter| *parameter == name);
        let placed = position.and_then(|k| self.positional.get(k).copied());
        placed.or_else(|| self.named.iter().find(|(other, _)| *other == name).map(|(_, value)| *value))
    }

    /// The argument of a parameter that the function requires.
    pub fn required(&self, name: &str) -> Result<&'e Expr, EvaluateError> {
        self.get(name).ok_or_else(|| self.wrong(&self.span))
    }

    /// The column names of every `by`.
    pub fn by(&self) -> Result<Vec<(&'e str, Span)>, EvaluateError> {
        let mut names = Vec::new();
        for (_, value) in self.named.iter().filter(|(name, _)| *name == "by") {
            if !column_names(value, &mut names) {
                return Err(self.wrong(&value.span));
            }
        }
        Ok(names)
    }

    /// A number that must be written out: `default` when the argument is absent.
    pub fn constant(&self, name: &str, default: f64) -> Result<f64, EvaluateError> {
        match self.get(name) {
            None => Ok(default),
            Some(expr) => constant(expr).ok_or_else(|| self.wrong(&expr.span)),
        }
    }

    /// The fault of calling this function so.
    pub fn wrong(&self, span: &Span) -> EvaluateError {
        let (function, signature) = (self.function.name.to_string(), self.function.written);
        EvaluateError::WrongArguments { function, signature, span: span.clone() }
    }
}

/// A number or a negated number.
pub(super) fn constant(expr: &Expr) -> Option<f64> {
    match &expr.kind {
        ExprKind::Number(value) => Some(*value),
        ExprKind::Unary(UnaryOp::Negate, inner) => constant(inner).map(|value| -value),
        _ => None,
    }
}

/// A word as an option gives it: a name or a text.
pub(super) fn word(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Name(word) | ExprKind::Text(word) => Some(word),
        _ => None,
    }
}

/// Collects the names in `f`, `f1^f2` or `c(f1, f2)`; false when it is something else.
fn column_names<'e>(expr: &'e Expr, names: &mut Vec<(&'e str, Span)>) -> bool {
    use crate::formula::BinaryOp;
    match &expr.kind {
        ExprKind::Name(name) => names.push((name, expr.span.clone())),
        ExprKind::Combined(parts) => names.extend(parts.iter().map(|name| (name.as_str(), expr.span.clone()))),
        ExprKind::Binary(BinaryOp::Power, a, b) => return column_names(a, names) && column_names(b, names),
        ExprKind::Call { function, args, .. } if function == "c" => {
            return args.iter().all(|arg| column_names(&arg.value, names));
        }
        _ => return false,
    }
    true
}
