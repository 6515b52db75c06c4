//! Calls: the arguments of a call, checked against [`FUNCTIONS`](crate::formula::FUNCTIONS), the one table of functions.

use super::error::EvaluateError;
use crate::formula::functions::FunctionDoc;
use crate::formula::{Arg, Expr, ExprKind, Span, UnaryOp, function_named, nearest_function};

/// A call whose arguments fit its function.
#[derive(Debug)]
pub(super) struct Call<'e> {
    pub function: &'static FunctionDoc,
    pub span: Span,
    pub positional: Vec<&'e Expr>,
    named: Vec<(&'e str, &'e Expr)>,
}

impl<'e> Call<'e> {
    /// Checks a call's function and arguments.
    pub fn new(name: &str, name_span: &Span, args: &'e [Arg], span: &Span) -> Result<Self, EvaluateError> {
        let Some(function) = function_named(name) else {
            let nearest = nearest_function(name).map(String::from);
            return Err(EvaluateError::UnknownFunction { name: name.to_string(), nearest, span: name_span.clone() });
        };
        let mut call = Call { function, span: span.clone(), positional: Vec::new(), named: Vec::new() };
        if let Some(fault) = function.check(span, args) {
            return Err(call.wrong(&fault.span));
        }
        for arg in args {
            match &arg.name {
                None => call.positional.push(&arg.value),
                Some(name) => call.named.push((name, &arg.value)),
            }
        }
        Ok(call)
    }

    /// The argument of a parameter or option, by position or by name.
    pub fn get(&self, name: &str) -> Option<&'e Expr> {
        let named = self.named.iter().find(|(other, _)| *other == name).map(|(_, value)| *value);
        named.or_else(|| {
            let (parameters, _) = self.function.parameters();
            let position = parameters.iter().filter(|p| !p.is_option).position(|p| p.name == name)?;
            self.positional.get(position).copied()
        })
    }

    /// Whether the function has a parameter or option of this name.
    pub fn has(&self, name: &str) -> bool {
        self.function.parameters().0.iter().any(|parameter| parameter.name == name)
    }

    /// The argument of a parameter that the function requires.
    pub fn required(&self, name: &str) -> Result<&'e Expr, EvaluateError> {
        self.get(name).ok_or_else(|| self.wrong(&self.span))
    }

    /// The column names of `by`.
    pub fn by(&self) -> Result<Vec<(&'e str, Span)>, EvaluateError> {
        let mut names = Vec::new();
        match self.get("by") {
            Some(value) if !column_names(value, &mut names) => Err(self.wrong(&value.span)),
            _ => Ok(names),
        }
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
        let (function, signature) = (self.function.name.to_string(), self.function.signature);
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
