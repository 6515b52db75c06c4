//! Formulas: `outcome ~ regressors | absorbed effects | endogenous ~ instruments`.
//!
//! The parts are cut at `~` and `|` outside of brackets and read one by one. Inside the brackets of a call `|` is `or`.

use super::absorbed::parse_absorbed;
use super::ast::{Expr, ExprKind, FormulaText, Span, Stepwise, SyntaxFault};
use super::bracket::{Piece, check_brackets, split};
use super::grammar::parse_tokens;
use super::terms::{Terms, parse_plain_terms, parse_terms, refuse_stepwise};
use super::token::{Kind, Token, tokenize};

/// More models than this from one formula are a mistake.
pub(super) const MOST_MODELS: usize = 4096;

/// Reads a formula.
///
/// Errors: a [`SyntaxFault`] whose span points into `text`.
///
/// ```
/// let formula = isard::formula::parse_formula("log(wage) ~ x1*x2 | region + industry^year").unwrap();
/// assert_eq!(formula.regressors.len(), 3);
/// assert_eq!(formula.absorbed.len(), 2);
/// ```
pub fn parse_formula(text: &str) -> Result<FormulaText, SyntaxFault> {
    let tokens = tokenize(text)?;
    check_brackets(&tokens)?;
    let whole = 0..text.len();
    let (left, tilde, right) = sides(&tokens, &whole)?;
    let outcomes = outcomes(left, tilde)?;
    let parts = parts(right, tilde);
    let (regressors, absorbed, instrumented) = match parts.as_slice() {
        [x] => (x, None, None),
        [x, last] if has_tilde(last.tokens) => (x, None, Some(last)),
        [x, absorbed] => (x, Some(absorbed), None),
        [x, absorbed, last] if has_tilde(last.tokens) => (x, Some(absorbed), Some(last)),
        [_, _, last] => return Err(no_instruments(last)),
        [_, _, _, extra, ..] => {
            return Err(SyntaxFault::new("a formula has at most three parts after ~", extra.span(&whole))
                .with_help("regressors | absorbed effects | endogenous ~ instruments"));
        }
        [] => return Err(SyntaxFault::new("expected regressors", whole)),
    };
    let Terms { regressors, intercept } = right_hand_side(regressors, tilde)?;
    let absorbed = match absorbed {
        Some(part) if part.tokens.is_empty() && instrumented.is_some() => Vec::new(),
        Some(part) if part.tokens.is_empty() => {
            return Err(SyntaxFault::new("expected absorbed effects after |", part.span(&whole))
                .with_help("leave out the | when nothing is absorbed"));
        }
        Some(part) => parse_absorbed(part.tokens, &part.span(&whole))?,
        None => Vec::new(),
    };
    let (endogenous, instruments) = match instrumented {
        Some(part) => instrumented_part(part.tokens, &part.span(&whole))?,
        None => (Vec::new(), Vec::new()),
    };
    let formula =
        FormulaText { outcomes, regressors, intercept: intercept.unwrap_or(true), absorbed, endogenous, instruments };
    match formula.n_models() {
        Some(n) if n <= MOST_MODELS => Ok(formula),
        _ => Err(SyntaxFault::new(format!("this formula stands for more than {MOST_MODELS} models"), whole)
            .with_help("use fewer stepwise functions or fewer steps in them")),
    }
}

type Tokens<'t, 's> = &'t [Token<'s>];

/// What stands before the first `~`, the `~`, and what stands after it.
fn sides<'t, 's>(
    tokens: Tokens<'t, 's>,
    whole: &Span,
) -> Result<(Tokens<'t, 's>, &'t Token<'s>, Tokens<'t, 's>), SyntaxFault> {
    let at = tokens.iter().position(|token| token.kind == Kind::Tilde);
    match at.and_then(|at| Some((tokens.get(..at)?, tokens.get(at)?, tokens.get(at + 1..)?))) {
        Some(sides) => Ok(sides),
        None => Err(SyntaxFault::new("a formula needs ~ between its outcome and its regressors", whole.clone())
            .with_help("write y ~ x1 + x2")),
    }
}

fn has_tilde(tokens: &[Token]) -> bool {
    tokens.iter().any(|token| token.kind == Kind::Tilde)
}

/// Cuts at `|`; `||` is two of them with nothing between.
fn parts<'t, 's>(tokens: Tokens<'t, 's>, tilde: &'t Token<'s>) -> Vec<Piece<'t, 's>> {
    let mut parts = Vec::new();
    for mut part in split(tokens, |_, kind| matches!(kind, Kind::Bar | Kind::DoubleBar)) {
        if part.separator.is_some_and(|bar| bar.kind == Kind::DoubleBar) {
            parts.push(Piece { separator: part.separator, tokens: &[] });
        }
        part.separator = part.separator.or(Some(tilde));
        parts.push(part);
    }
    parts
}

/// `y` or `c(y1, y2)`.
fn outcomes(tokens: &[Token], tilde: &Token) -> Result<Vec<Expr>, SyntaxFault> {
    if tokens.is_empty() {
        return Err(SyntaxFault::new("expected an outcome before ~", tilde.span.clone()));
    }
    let parsed = parse_tokens(tokens, tilde.span.clone())?;
    let outcomes = match parsed.kind {
        ExprKind::Call { function, function_span, args } if function == "c" => {
            if args.is_empty() || args.iter().any(|arg| arg.name.is_some()) {
                return Err(
                    SyntaxFault::new("c( ) lists outcomes by name only", function_span).with_help("write c(y1, y2)")
                );
            }
            args.into_iter().map(|arg| arg.value).collect()
        }
        ExprKind::Call { function, function_span, .. } if Stepwise::named(&function).is_some() => {
            return Err(
                SyntaxFault::new("outcomes are listed, not stepped", function_span).with_help("write c(y1, y2)")
            );
        }
        _ => vec![parsed],
    };
    for outcome in &outcomes {
        refuse_stepwise(outcome)?;
        if matches!(outcome.kind, ExprKind::Number(_) | ExprKind::Text(_) | ExprKind::Truth(_)) {
            return Err(SyntaxFault::new("an outcome must be a variable", outcome.span.clone()));
        }
    }
    Ok(outcomes)
}

fn right_hand_side(part: &Piece, tilde: &Token) -> Result<Terms, SyntaxFault> {
    if let Some(second) = part.tokens.iter().find(|token| token.kind == Kind::Tilde) {
        return Err(SyntaxFault::new("a second ~ stands among the regressors", second.span.clone())
            .with_help("instruments follow a |: y ~ x | region | endogenous ~ instruments"));
    }
    if part.tokens.is_empty() {
        return Err(SyntaxFault::new("expected regressors after ~", tilde.span.clone())
            .with_help("write 1 when there are none: y ~ 1"));
    }
    parse_terms(part.tokens, &tilde.span)
}

fn no_instruments(part: &Piece) -> SyntaxFault {
    SyntaxFault::new("the part after the second | must be endogenous ~ instruments", part.span(&(0..0)))
        .with_help("join absorbed effects with +: region + year")
}

fn instrumented_part(tokens: &[Token], place: &Span) -> Result<(Vec<Expr>, Vec<Expr>), SyntaxFault> {
    let sides = split(tokens, |_, kind| *kind == Kind::Tilde);
    let [left, right] = sides.as_slice() else {
        return Err(SyntaxFault::new("instruments are given by one ~", place.clone())
            .with_help("write endogenous ~ instruments"));
    };
    let tilde = right.span(place);
    let here = right.separator.map_or(tilde, |token| token.span.clone());
    if left.tokens.is_empty() {
        return Err(SyntaxFault::new("expected an endogenous regressor before ~", here));
    }
    if right.tokens.is_empty() {
        return Err(SyntaxFault::new("expected instruments after ~", here));
    }
    Ok((parse_plain_terms(left.tokens, &here)?, parse_plain_terms(right.tokens, &here)?))
}
