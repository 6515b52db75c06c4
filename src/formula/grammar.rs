//! The grammar of expressions, over tokens, by binding power (winnow's Pratt parser).
//!
//! From loosest to tightest: `or`; `and`; `not`; comparisons and `in`; `+ -`; `* / %`; unary minus; `^` (from the
//! right); calls, brackets and values. Names are not looked up here: `functions` and the evaluator know them.

use winnow::Parser;
use winnow::combinator::{Infix, Postfix, Prefix, cut_err, expression, separated, terminated};
use winnow::error::{ErrMode, ModalResult, ParserError};
use winnow::stream::{Stream as _, TokenSlice};
use winnow::token::any;

use super::ast::{Arg, BinaryOp, Expr, ExprKind, Span, SyntaxFault, UnaryOp};
use super::bracket::{check_brackets, check_depth};
use super::fault::{chained_comparison, expected_operator};
use super::token::{Kind, Token, tokenize};

type Input<'t, 's> = TokenSlice<'t, Token<'s>>;
type Parsed<T> = ModalResult<T, SyntaxFault>;
type Fault = ErrMode<SyntaxFault>;

/// Reads an expression of `[variables]`, `where` or a formula.
///
/// Errors: a [`SyntaxFault`] whose span points into `text`.
///
/// ```
/// let parsed = isard::formula::parse_expression("log(employment) > 2 and traded").unwrap();
/// assert_eq!(parsed.canonical(), "log(employment)>2&traded");
/// ```
pub fn parse_expression(text: &str) -> Result<Expr, SyntaxFault> {
    let tokens = tokenize(text)?;
    check_brackets(&tokens)?;
    parse_tokens(&tokens, 0..text.len())
}

/// Reads an expression from all of `tokens`, whose brackets match; `place` is where it was expected.
pub(super) fn parse_tokens(tokens: &[Token], place: Span) -> Result<Expr, SyntaxFault> {
    if tokens.is_empty() {
        return Err(SyntaxFault::new("expected an expression", place));
    }
    check_depth(tokens)?;
    terminated(expr, end).parse(TokenSlice::new(tokens)).map_err(|fault| fault.into_inner())
}

fn end(input: &mut Input) -> Parsed<()> {
    if input.is_empty() { Ok(()) } else { Err(ErrMode::Cut(expected_operator(input))) }
}

fn expr(input: &mut Input) -> Parsed<Expr> {
    expression(operand).prefix(prefix).postfix(postfix).infix(infix).parse_next(input)
}

mod power {
    pub const OR: i64 = 10;
    pub const AND: i64 = 20;
    pub const NOT: i64 = 30;
    pub const COMPARE: i64 = 40;
    pub const ADD: i64 = 50;
    pub const MULTIPLY: i64 = 60;
    pub const NEGATE: i64 = 70;
    pub const POWER: i64 = 80;
}

fn backtrack<T>(input: &Input) -> Parsed<T> {
    Err(Fault::from_input(input))
}

fn operand(input: &mut Input) -> Parsed<Expr> {
    let Some(token) = input.first() else { return backtrack(input) };
    let kind = match &token.kind {
        Kind::Open => return group(input),
        Kind::Name(_) if input.get(1).is_some_and(|next| next.kind == Kind::Open) => return call(input),
        Kind::Name(name) => ExprKind::Name(name.clone()),
        Kind::Number(value) => ExprKind::Number(*value),
        Kind::Text(value) => ExprKind::Text(value.clone()),
        Kind::True => ExprKind::Truth(true),
        Kind::False => ExprKind::Truth(false),
        _ => return backtrack(input),
    };
    let token = any.parse_next(input)?;
    Ok(Expr { kind, span: token.span.clone() })
}

/// `( x )`: the node inside, with the brackets in its span.
fn group(input: &mut Input) -> Parsed<Expr> {
    let open = any.parse_next(input)?;
    let inner = cut_err(expr).parse_next(input)?;
    let close = closing(input)?;
    Ok(Expr { kind: inner.kind, span: open.span.start..close.span.end })
}

fn closing<'t, 's>(input: &mut Input<'t, 's>) -> Parsed<&'t Token<'s>> {
    match input.first() {
        Some(token) if token.kind.closes() => any.parse_next(input),
        _ => Err(ErrMode::Cut(expected_operator(input))),
    }
}

fn comma(input: &mut Input) -> Parsed<()> {
    match input.first() {
        Some(token) if token.kind == Kind::Comma => any.void().parse_next(input),
        _ => backtrack(input),
    }
}

fn call(input: &mut Input) -> Parsed<Expr> {
    let (name, _open) = (any, any).parse_next(input)?;
    let Kind::Name(function) = &name.kind else { return backtrack(input) };
    let args = match input.first() {
        Some(token) if token.kind.closes() => Vec::new(),
        _ => separated(1.., cut_err(arg), comma).parse_next(input)?,
    };
    let close = closing(input)?;
    Ok(Expr {
        kind: ExprKind::Call { function: function.clone(), function_span: name.span.clone(), args },
        span: name.span.start..close.span.end,
    })
}

/// Arguments whose value is a set of factors, so that `^` in them combines factors and is no power.
const FACTOR_ARGUMENTS: [&str; 3] = ["by", "within", "outside"];

fn arg(input: &mut Input) -> Parsed<Arg> {
    let name = match input.get(..2) {
        Some([Token { kind: Kind::Name(name), .. }, Token { kind: Kind::Assign, .. }]) => Some(name.clone()),
        _ => None,
    };
    if name.is_some() {
        (any, any).void().parse_next(input)?;
    }
    let mut value = expr(input)?;
    if name.as_deref().is_some_and(|name| FACTOR_ARGUMENTS.contains(&name))
        && matches!(value.kind, ExprKind::Binary(BinaryOp::Power, ..))
        && let Some(factors) = combined_factors(&value)
    {
        value.kind = ExprKind::Combined(factors);
    }
    Ok(Arg { name, value })
}

/// The names in `f1^f2^f3`, or `None` when it is anything else.
fn combined_factors(expr: &Expr) -> Option<Vec<String>> {
    match &expr.kind {
        ExprKind::Name(name) => Some(vec![name.clone()]),
        ExprKind::Binary(BinaryOp::Power, left, right) => {
            let mut factors = combined_factors(left)?;
            factors.extend(combined_factors(right)?);
            Some(factors)
        }
        _ => None,
    }
}

fn prefix<'t, 's>(input: &mut Input<'t, 's>) -> Parsed<Prefix<Input<'t, 's>, Expr, Fault>> {
    let operator = match input.first().map(|token| &token.kind) {
        Some(Kind::Minus) => Prefix(power::NEGATE, |input, x| Ok(unary(UnaryOp::Negate, input, x))),
        Some(Kind::Not) => Prefix(power::NOT, |input, x| Ok(unary(UnaryOp::Not, input, x))),
        _ => return backtrack(input),
    };
    input.next_token();
    Ok(operator)
}

fn unary(op: UnaryOp, input: &mut Input, operand: Expr) -> Expr {
    // The operator is the last token that ends before its operand starts.
    let start = input
        .previous_tokens()
        .find(|token| token.span.end <= operand.span.start)
        .map_or(operand.span.start, |token| token.span.start);
    let span = start..operand.span.end;
    Expr { kind: ExprKind::Unary(op, Box::new(operand)), span }
}

fn postfix<'t, 's>(input: &mut Input<'t, 's>) -> Parsed<Postfix<Input<'t, 's>, Expr, Fault>> {
    let kind = |at: usize| input.get(at).map(|token| &token.kind);
    match (kind(0), kind(1)) {
        (Some(Kind::In), _) => {
            input.next_token();
            Ok(Postfix(power::COMPARE, |input, value| membership(input, value, false)))
        }
        (Some(Kind::Not), Some(Kind::In)) => {
            input.next_token();
            input.next_token();
            Ok(Postfix(power::COMPARE, |input, value| membership(input, value, true)))
        }
        _ => backtrack(input),
    }
}

/// `x in (a, b)`, from after `in`.
fn membership(input: &mut Input, value: Expr, negated: bool) -> Parsed<Expr> {
    if is_bare_condition(&value) {
        return Err(ErrMode::Cut(chained_comparison(value.span)));
    }
    match input.first() {
        Some(token) if token.kind.opens() => any.void().parse_next(input)?,
        found => {
            let at = found.or(input.previous_tokens().next()).map_or(value.span.clone(), |token| token.span.clone());
            return Err(ErrMode::Cut(
                SyntaxFault::new("expected a list after in", at).with_help("write the values in brackets: x in (1, 2)"),
            ));
        }
    }
    let list = separated(1.., cut_err(expr), comma).parse_next(input)?;
    let close = closing(input)?;
    let span = value.span.start..close.span.end;
    Ok(Expr { kind: ExprKind::In { value: Box::new(value), list, negated }, span })
}

/// An infix operator for winnow, which takes plain functions only.
macro_rules! operator {
    ($side:ident, $power:expr, $op:ident) => {
        Infix::$side($power, |_, left, right| Ok(binary(BinaryOp::$op, left, right)))
    };
    (compare $op:ident) => {
        Infix::Neither(power::COMPARE, |_, left, right| compare(BinaryOp::$op, left, right))
    };
}

fn infix<'t, 's>(input: &mut Input<'t, 's>) -> Parsed<Infix<Input<'t, 's>, Expr, Fault>> {
    let Some(token) = input.first() else { return backtrack(input) };
    let operator = match &token.kind {
        Kind::Or | Kind::Bar | Kind::DoubleBar => operator!(Left, power::OR, Or),
        Kind::And => operator!(Left, power::AND, And),
        Kind::Equal => operator!(compare Equal),
        Kind::NotEqual => operator!(compare NotEqual),
        Kind::Less => operator!(compare Less),
        Kind::LessEqual => operator!(compare LessEqual),
        Kind::Greater => operator!(compare Greater),
        Kind::GreaterEqual => operator!(compare GreaterEqual),
        Kind::Plus => operator!(Left, power::ADD, Add),
        Kind::Minus => operator!(Left, power::ADD, Subtract),
        Kind::Star => operator!(Left, power::MULTIPLY, Multiply),
        Kind::Slash => operator!(Left, power::MULTIPLY, Divide),
        Kind::Percent => operator!(Left, power::MULTIPLY, Modulo),
        Kind::Power => operator!(Right, power::POWER, Power),
        Kind::Assign => return Err(ErrMode::Cut(assignment(token, input.get(1)))),
        _ => return backtrack(input),
    };
    input.next_token();
    Ok(operator)
}

fn assignment(token: &Token, next: Option<&Token>) -> SyntaxFault {
    let help = match next {
        Some(next) if next.span.start == token.span.end && next.kind == Kind::Less => "write <=",
        Some(next) if next.span.start == token.span.end && next.kind == Kind::Greater => "write >=",
        _ => "write ==",
    };
    SyntaxFault::new("= does not compare", token.span.clone()).with_help(help)
}

fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    let span = left.span.start..right.span.end;
    Expr { kind: ExprKind::Binary(op, Box::new(left), Box::new(right)), span }
}

fn compare(op: BinaryOp, left: Expr, right: Expr) -> Parsed<Expr> {
    if is_bare_condition(&left) {
        return Err(ErrMode::Cut(chained_comparison(left.span.start..right.span.end)));
    }
    Ok(binary(op, left, right))
}

/// Whether it is a condition without brackets of its own, which cannot be compared again.
pub(super) fn is_bare_condition(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Binary(op, left, _) => op.is_condition() && left.span.start == expr.span.start,
        ExprKind::Unary(UnaryOp::Not, x) => x.span.end == expr.span.end,
        ExprKind::In { value, .. } => value.span.start == expr.span.start,
        _ => false,
    }
}

impl BinaryOp {
    /// Whether it gives true or false.
    pub fn is_condition(self) -> bool {
        use BinaryOp::*;
        matches!(self, Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual | And | Or)
    }
}
