//! The terms of a formula: what stands between the `+` of its regressors, its instruments and its stepwise steps.
//!
//! At the top of a term `:` is an interaction and `*` means the variables and their interactions, as in R; inside
//! brackets of a call `*` multiplies. `(a + b):c` is `a:c + b:c`. What R reads differently from arithmetic and this
//! language does not have (`a / b`, `a - b`, comparisons) must be put into `I( )`: it is never guessed.

use super::ast::{BinaryOp, Expr, ExprKind, Regressor, Span, Stepwise, SyntaxFault};
use super::bracket::{Piece, inside, span_of, split};
use super::grammar::{is_bare_condition, parse_tokens};
use super::token::{Kind, Token};

/// More variables than this in one `a*b*c` make more terms than a reader can want.
const MOST_CROSSED: usize = 6;

/// The right-hand side of a formula before its first `|`.
#[derive(Debug, Default)]
pub(super) struct Terms {
    /// Terms and stepwise groups in order.
    pub regressors: Vec<Regressor>,
    /// What `1`, `0` and `- 1` said about the constant, if anything.
    pub intercept: Option<bool>,
}

/// Reads terms joined by `+`.
pub(super) fn parse_terms(tokens: &[Token], place: &Span) -> Result<Terms, SyntaxFault> {
    let mut terms = Terms::default();
    for piece in pieces(tokens, place)? {
        if let Some(intercept) = intercept(&piece)? {
            terms.intercept = Some(intercept);
        } else if let Some((how, args)) = stepwise(piece.tokens) {
            terms.regressors.push(Regressor::Stepwise(how, steps(&args, &piece.span(place), |arg| step(arg, place))?));
        } else {
            let found = term(piece.tokens, place)?;
            terms.regressors.extend(found.into_iter().map(|factors| Regressor::Term(interaction(factors))));
        }
    }
    Ok(terms)
}

/// Reads terms where neither stepwise groups nor the constant may stand: endogenous regressors and instruments.
pub(super) fn parse_plain_terms(tokens: &[Token], place: &Span) -> Result<Vec<Expr>, SyntaxFault> {
    let mut found = Vec::new();
    for piece in pieces(tokens, place)? {
        if intercept(&piece)?.is_some() {
            return Err(SyntaxFault::new("the constant stands among the regressors only", piece.span(place)));
        }
        found.extend(term(piece.tokens, place)?.into_iter().map(interaction));
    }
    Ok(found)
}

/// Cuts at `+` and `-`. A sign right after an operator belongs to a value and does not cut.
pub(super) fn pieces<'t, 's>(tokens: &'t [Token<'s>], place: &Span) -> Result<Vec<Piece<'t, 's>>, SyntaxFault> {
    let mut pieces = split(tokens, |before, kind| {
        matches!(kind, Kind::Plus | Kind::Minus)
            && before.is_none_or(|before| before.ends_value() || matches!(before, Kind::Plus | Kind::Minus))
    });
    if pieces.len() > 1 && pieces.first().is_some_and(|first| first.tokens.is_empty()) {
        pieces.remove(0);
    }
    match pieces.iter().find(|piece| piece.tokens.is_empty()) {
        None => Ok(pieces),
        Some(empty) => Err(match empty.separator {
            Some(sign) => SyntaxFault::new(format!("expected a term after {}", sign.written), sign.span.clone()),
            None => SyntaxFault::new("expected a term", place.clone()),
        }),
    }
}

/// Whether a piece is about the constant: `1`, `0`, `- 1`.
fn intercept(piece: &Piece) -> Result<Option<bool>, SyntaxFault> {
    let minus = piece.separator.filter(|sign| sign.kind == Kind::Minus);
    match (piece.tokens, minus) {
        ([Token { kind: Kind::Number(value), .. }], None) if *value == 1.0 => Ok(Some(true)),
        ([Token { kind: Kind::Number(value), .. }], None) if *value == 0.0 => Ok(Some(false)),
        ([Token { kind: Kind::Number(value), .. }], Some(_)) if *value == 1.0 => Ok(Some(false)),
        (_, Some(sign)) => {
            Err(SyntaxFault::new("only - 1 (no constant) can be taken out of a formula", sign.span.clone())
                .with_help("write I(a - b) for a difference as one regressor"))
        }
        _ => Ok(None),
    }
}

/// `sw(a, b)`: how it steps, and its arguments.
pub(super) fn stepwise<'t, 's>(tokens: &'t [Token<'s>]) -> Option<(Stepwise, Vec<Piece<'t, 's>>)> {
    let (Token { kind: Kind::Name(name), .. }, rest) = tokens.split_first()? else { return None };
    let how = Stepwise::named(name)?;
    Some((how, split(inside(rest)?, |_, kind| *kind == Kind::Comma)))
}

/// Reads every step of a stepwise group with `read`; `0` and `1` are the empty step.
pub(super) fn steps<T>(
    args: &[Piece],
    place: &Span,
    read: impl Fn(&Piece) -> Result<Vec<T>, SyntaxFault>,
) -> Result<Vec<Vec<T>>, SyntaxFault> {
    args.iter()
        .map(|arg| match arg.tokens {
            [Token { kind: Kind::Number(value), .. }] if *value == 0.0 || *value == 1.0 => Ok(Vec::new()),
            [] => Err(match arg.separator {
                Some(comma) => SyntaxFault::new("expected a term after ,", comma.span.clone()),
                None => SyntaxFault::new("a stepwise function starts with a term", place.clone())
                    .with_help("write 0 for an empty step: sw(0, x)"),
            }),
            _ => read(arg),
        })
        .collect()
}

fn step(arg: &Piece, place: &Span) -> Result<Vec<Expr>, SyntaxFault> {
    if let [_, Token { kind: Kind::Assign, span, .. }, ..] = arg.tokens {
        return Err(SyntaxFault::new("a step has no name", span.clone()));
    }
    if stepwise(arg.tokens).is_some() {
        return Err(stepwise_inside(arg.span(place)));
    }
    parse_plain_terms(arg.tokens, &arg.span(place))
}

/// A term is a product of factors; a piece such as `a*b` is several.
type Factors = Vec<Expr>;

fn term(tokens: &[Token], place: &Span) -> Result<Vec<Factors>, SyntaxFault> {
    let operands = split(tokens, |_, kind| *kind == Kind::Star);
    if operands.len() > MOST_CROSSED {
        return Err(SyntaxFault::new(
            format!("{} variables crossed with * make too many terms", operands.len()),
            span_of(tokens).unwrap_or_else(|| place.clone()),
        )
        .with_help("write the interactions that you want with :"));
    }
    let mut all: Vec<Factors> = Vec::new();
    for operand in &operands {
        let found = interacted(operand, place)?;
        let crossed = crossed(&all, &found)?;
        all.extend(found);
        all.extend(crossed);
    }
    all.sort_by_key(Vec::len);
    Ok(without_repeats(all))
}

/// `a:b:c`, where each may be a sum in brackets.
fn interacted(piece: &Piece, place: &Span) -> Result<Vec<Factors>, SyntaxFault> {
    let mut all: Option<Vec<Factors>> = None;
    for mut atom in split(piece.tokens, |_, kind| *kind == Kind::Colon) {
        atom.separator = atom.separator.or(piece.separator);
        let found = factor(&atom, place)?;
        all = Some(match all {
            None => found,
            Some(before) => crossed(&before, &found)?,
        });
    }
    Ok(all.unwrap_or_default())
}

fn crossed(left: &[Factors], right: &[Factors]) -> Result<Vec<Factors>, SyntaxFault> {
    let mut all = Vec::new();
    for (a, b) in left.iter().flat_map(|a| right.iter().map(move |b| (a, b))) {
        let joined: Factors = a.iter().chain(b).cloned().collect();
        if let Some(twice) = b.iter().find(|x| a.iter().any(|y| y.canonical() == x.canonical())) {
            return Err(SyntaxFault::new("a variable cannot be interacted with itself", twice.span.clone())
                .with_help("write x^2 for its square"));
        }
        if let Some(number) = joined.iter().find(|x| matches!(x.kind, ExprKind::Number(_))) {
            return Err(number_as_regressor(number.span.clone()));
        }
        all.push(joined);
    }
    Ok(all)
}

/// One factor of a term, or a sum in brackets.
fn factor(piece: &Piece, place: &Span) -> Result<Vec<Factors>, SyntaxFault> {
    if piece.tokens.is_empty() {
        return Err(match piece.separator {
            Some(sign) => SyntaxFault::new(format!("expected a term after {}", sign.written), sign.span.clone()),
            None => SyntaxFault::new("expected a term", place.clone()),
        });
    }
    if let Some(inner) = inside(piece.tokens)
        && split(inner, |_, kind| matches!(kind, Kind::Plus | Kind::Minus | Kind::Star | Kind::Colon)).len() > 1
    {
        let mut all = Vec::new();
        for piece in pieces(inner, place)? {
            if intercept(&piece)?.is_some() {
                return Err(number_as_regressor(piece.span(place)));
            }
            all.extend(term(piece.tokens, place)?);
        }
        return Ok(all);
    }
    let parsed = parse_tokens(piece.tokens, place.clone())?;
    check_factor(&parsed)?;
    Ok(vec![vec![parsed]])
}

/// Refuses what would mean one thing in R's formulas and another in arithmetic.
fn check_factor(expr: &Expr) -> Result<(), SyntaxFault> {
    let in_brackets = |first: &Expr| first.span.start != expr.span.start;
    let span = expr.span.clone();
    match &expr.kind {
        ExprKind::Number(_) => Err(number_as_regressor(span)),
        ExprKind::Text(_) => Err(SyntaxFault::new("a text cannot be a regressor", span)
            .with_help("write names without quotes, or in backticks: `odd name`")),
        _ if is_bare_condition(expr) => {
            Err(SyntaxFault::new("a comparison as a regressor must be in I( )", span).with_help("write I(x > 3)"))
        }
        ExprKind::Binary(BinaryOp::Divide | BinaryOp::Modulo, left, _) if !in_brackets(left) => {
            Err(SyntaxFault::new("a ratio as a regressor must be in I( )", span).with_help("write I(a / b)"))
        }
        ExprKind::Call { function, function_span, .. } if function == "c" => {
            Err(SyntaxFault::new("c( ) lists outcomes; it cannot list regressors", function_span.clone())
                .with_help("join regressors with +"))
        }
        _ => refuse_stepwise(expr),
    }
}

/// Refuses a stepwise function anywhere in an expression.
pub(super) fn refuse_stepwise(expr: &Expr) -> Result<(), SyntaxFault> {
    if let ExprKind::Call { function, function_span, .. } = &expr.kind
        && Stepwise::named(function).is_some()
    {
        return Err(stepwise_inside(function_span.clone()));
    }
    expr.children().into_iter().try_for_each(refuse_stepwise)
}

fn stepwise_inside(span: Span) -> SyntaxFault {
    SyntaxFault::new("a stepwise function must be a term of its own", span)
        .with_help("write it between + signs: x + sw(a, b)")
}

fn number_as_regressor(span: Span) -> SyntaxFault {
    SyntaxFault::new("a number cannot be a regressor", span)
        .with_help("1 and 0 stand for the constant; write I(2 * x) for a multiple")
}

fn interaction(mut factors: Factors) -> Expr {
    if factors.len() == 1
        && let Some(only) = factors.pop()
    {
        return only;
    }
    let start = factors.iter().map(|factor| factor.span.start).min().unwrap_or(0);
    let end = factors.iter().map(|factor| factor.span.end).max().unwrap_or(start);
    Expr { kind: ExprKind::Interaction(factors), span: start..end }
}

fn without_repeats(terms: Vec<Factors>) -> Vec<Factors> {
    let mut seen = std::collections::HashSet::new();
    let key = |factors: &Factors| {
        let mut keys: Vec<String> = factors.iter().map(Expr::canonical).collect();
        keys.sort();
        keys
    };
    terms.into_iter().filter(|factors| seen.insert(key(factors))).collect()
}

impl Stepwise {
    /// The stepwise function of a name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "sw" => Stepwise::Sw,
            "sw0" => Stepwise::Sw0,
            "csw" => Stepwise::Csw,
            "csw0" => Stepwise::Csw0,
            "mvsw" => Stepwise::Mvsw,
            _ => return None,
        })
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Stepwise::Sw => "sw",
            Stepwise::Sw0 => "sw0",
            Stepwise::Csw => "csw",
            Stepwise::Csw0 => "csw0",
            Stepwise::Mvsw => "mvsw",
        }
    }
}
