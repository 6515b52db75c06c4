//! Calls checked against the signatures of the functions, before any data is read.

use super::ast::{Arg, Expr, ExprKind, Span, Stepwise, SyntaxFault};
use super::functions::{FunctionDoc, function_named, nearest_function, nearest_of};
use super::token::{Kind, tokenize};

/// Every call of a function that does not exist, and every call that does not fit its function's signature.
pub fn check_functions(expr: &Expr) -> Vec<SyntaxFault> {
    let mut faults = Vec::new();
    if let ExprKind::Call { function, function_span, args } = &expr.kind {
        match function_named(function) {
            None => faults.push(unknown_function(function, function_span)),
            Some(known) => faults.extend(known.check(function_span, args)),
        }
    }
    faults.extend(expr.children().into_iter().flat_map(check_functions));
    faults
}

fn unknown_function(name: &str, span: &Span) -> SyntaxFault {
    if Stepwise::named(name).is_some() {
        return SyntaxFault::new(
            format!("{name}( ) steps through the terms of a formula; it is no function"),
            span.clone(),
        );
    }
    let fault = SyntaxFault::new(format!("there is no function {name}"), span.clone());
    match nearest_function(name) {
        Some(nearest) => fault.with_help(format!("did you mean {nearest}?")),
        None => fault.with_help("docs/formulas.md lists every function"),
    }
}

/// A parameter as the signature shows it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parameter {
    /// Its name.
    pub name: String,
    /// Whether a call must give it.
    pub is_required: bool,
    /// Whether it is given by name only: where the signature shows a word after `=` (`by = groups`). A number
    /// (`k = 1`) may be given by position.
    pub is_option: bool,
}

impl FunctionDoc {
    /// The parameters, and whether any number of further values may follow.
    pub(crate) fn parameters(&self) -> (Vec<Parameter>, bool) {
        let tokens = tokenize(self.signature).unwrap_or_default();
        let mut parameters: Vec<Parameter> = Vec::new();
        for pair in tokens.windows(2) {
            match (&pair[0].kind, &pair[1].kind) {
                (before, Kind::Name(name)) if before.opens() || *before == Kind::Comma => {
                    let is_required = *before != Kind::OpenSquare;
                    parameters.push(Parameter { name: name.clone(), is_required, is_option: false });
                }
                (Kind::Assign, default) => {
                    if let Some(last) = parameters.last_mut() {
                        last.is_required = false;
                        last.is_option = !matches!(default, Kind::Number(_));
                    }
                }
                _ => {}
            }
        }
        let is_variadic = parameters.iter().any(|parameter| parameter.name == "...");
        parameters.retain(|parameter| parameter.name != "...");
        if is_variadic {
            // `f(x, y, ...)` shows what may follow: one value is enough.
            parameters.iter_mut().skip(1).for_each(|parameter| parameter.is_required = false);
        }
        (parameters, is_variadic)
    }

    /// What does not fit the signature in a call with these arguments. The evaluator asks the same, so that a call that
    /// passes here can be evaluated.
    pub(crate) fn check(&self, span: &Span, args: &[Arg]) -> Option<SyntaxFault> {
        let (parameters, is_variadic) = self.parameters();
        let usage = format!("write {}", self.signature);
        let by_position: Vec<&str> = parameters.iter().filter(|p| !p.is_option).map(|p| p.name.as_str()).collect();
        let positional: Vec<&Arg> = args.iter().filter(|arg| arg.name.is_none()).collect();
        let placed = &by_position[..positional.len().min(by_position.len())];
        for (at, arg) in args.iter().enumerate() {
            let Some(name) = arg.name.as_deref() else { continue };
            if !parameters.iter().any(|parameter| parameter.name == name) {
                return Some(self.unknown_argument(name, &parameters, &arg.value.span));
            }
            if placed.contains(&name) || args[..at].iter().any(|before| before.name.as_deref() == Some(name)) {
                let message = format!("{}( ) is given {name} twice", self.name);
                return Some(SyntaxFault::new(message, arg.value.span.clone()).with_help(usage));
            }
        }
        if let Some(extra) = positional.get(by_position.len())
            && !is_variadic
        {
            let message = format!("{}( ) takes no further argument", self.name);
            return Some(SyntaxFault::new(message, extra.value.span.clone()).with_help(usage));
        }
        let is_given = |name: &str| placed.contains(&name) || args.iter().any(|arg| arg.name.as_deref() == Some(name));
        let missing = parameters.iter().find(|parameter| parameter.is_required && !is_given(&parameter.name))?;
        let message = format!("{}( ) needs {}", self.name, missing.name);
        Some(SyntaxFault::new(message, span.clone()).with_help(usage))
    }

    fn unknown_argument(&self, name: &str, parameters: &[Parameter], span: &Span) -> SyntaxFault {
        let usage = format!("write {}", self.signature);
        let help = match nearest_of(name, parameters.iter().map(|parameter| parameter.name.as_str())) {
            Some(nearest) => format!("did you mean {nearest}? {usage}"),
            None => format!("{usage}; a comparison is written =="),
        };
        SyntaxFault::new(format!("{}( ) has no argument {name}", self.name), span.clone()).with_help(help)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formula::parse_expression;

    fn faults(text: &str) -> Vec<SyntaxFault> {
        check_functions(&parse_expression(text).unwrap())
    }

    #[test]
    fn calls_that_fit() {
        for text in [
            "log(x)",
            "lag(x) + lag(x, 2) + lag(x, k = 2)",
            "count() + count(by = region) + count(x, by = region^year)",
            "sum(x, by = c(region, year))",
            "max(a, b, c) + min(a) + min(a, by = f)",
            "lq(employment, within = related(cluster), outside = cluster, base = traded)",
            "spatial_lag(x, neighbors)",
            "i(year, ref = 2005) + i(year, x)",
            "winsorize(x, p = 0.01)",
            "coalesce(a, 0)",
        ] {
            assert_eq!(faults(text), [], "{text}");
        }
    }

    #[test]
    fn calls_that_do_not_fit() {
        for (text, message, under, help) in [
            ("a + lgo(x)", "there is no function lgo", "lgo", "did you mean log?"),
            ("ln(x)", "there is no function ln", "ln", "did you mean log?"),
            ("LOG(x)", "there is no function LOG", "LOG", "did you mean log?"),
            ("Standardise(x)", "there is no function Standardise", "Standardise", "did you mean standardize?"),
            ("frobnicate(x)", "there is no function frobnicate", "frobnicate", "docs/formulas.md"),
            ("sw(a, b)", "sw( ) steps through the terms of a formula; it is no function", "sw", ""),
            ("if(state = 'MA', 1, 0)", "if( ) has no argument state", "'MA'", "a comparison is written =="),
            ("lq(x, witin = cluster)", "lq( ) has no argument witin", "cluster", "did you mean within?"),
            ("log(x, 2)", "log( ) takes no further argument", "2", "write log(x)"),
            ("sum(x, region)", "sum( ) takes no further argument", "region", "write sum(x, by = groups)"),
            ("lag(x, 1, k = 2)", "lag( ) is given k twice", "2", "write lag(x, k = 1)"),
            ("winsorize(x)", "winsorize( ) needs p", "winsorize", "write winsorize(x, p, by = groups)"),
        ] {
            let found = faults(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert_eq!((found[0].message.as_str(), &text[found[0].span.clone()]), (message, under), "{text}");
            assert!(found[0].help.clone().unwrap_or_default().contains(help), "{text}: {found:?}");
        }
        assert_eq!(faults("lgo(x) + exq(lgo(y))").len(), 3);
    }
}
