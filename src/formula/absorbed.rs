//! Absorbed effects and lists of factors: `region + industry^year + firm[trend]`.
//!
//! Here `^` combines factors and is no power. An effect is made of columns: a computed one is a variable of the study.

use super::ast::{AbsorbedGroup, Effect, Span, SyntaxFault};
use super::bracket::{Piece, check_brackets, inside, span_of, split};
use super::grammar::parse_tokens;
use super::terms::{pieces, refuse_stepwise, steps, stepwise};
use super::token::{Kind, Token, tokenize};

/// Reads combined factors such as `region^cluster`, as they stand in `errors.cluster`.
///
/// Errors: anything but names joined by `^`.
///
/// ```
/// assert_eq!(isard::formula::parse_factor_list("region^cluster").unwrap(), ["region", "cluster"]);
/// ```
pub fn parse_factor_list(text: &str) -> Result<Vec<String>, SyntaxFault> {
    let tokens = tokenize(text)?;
    check_brackets(&tokens)?;
    factors(&tokens, &(0..text.len()))
}

/// Reads the part between the first and the second `|`. A lone `0` or `1` is no effect at all.
pub(super) fn parse_absorbed(tokens: &[Token], place: &Span) -> Result<Vec<AbsorbedGroup>, SyntaxFault> {
    if is_none(tokens) {
        return Ok(Vec::new());
    }
    let mut groups = Vec::new();
    for piece in effect_pieces(tokens, place)? {
        groups.push(match stepwise(piece.tokens) {
            Some((how, args)) => {
                AbsorbedGroup::Stepwise(how, steps(&args, &piece.span(place), |arg| step(arg, place))?)
            }
            None => AbsorbedGroup::Effect(effect(piece.tokens, place)?),
        });
    }
    Ok(groups)
}

fn is_none(tokens: &[Token]) -> bool {
    matches!(tokens, [Token { kind: Kind::Number(value), .. }] if *value == 0.0 || *value == 1.0)
}

fn effect_pieces<'t, 's>(tokens: &'t [Token<'s>], place: &Span) -> Result<Vec<Piece<'t, 's>>, SyntaxFault> {
    let found = pieces(tokens, place)?;
    match found.iter().filter_map(|piece| piece.separator).find(|sign| sign.kind == Kind::Minus) {
        None => Ok(found),
        Some(sign) => Err(SyntaxFault::new("absorbed effects are joined by +", sign.span.clone())),
    }
}

fn step(arg: &Piece, place: &Span) -> Result<Vec<Effect>, SyntaxFault> {
    effect_pieces(arg.tokens, &arg.span(place))?.iter().map(|piece| effect(piece.tokens, place)).collect()
}

fn effect(tokens: &[Token], place: &Span) -> Result<Effect, SyntaxFault> {
    let at = tokens.iter().position(|token| token.kind == Kind::OpenSquare).unwrap_or(tokens.len());
    let (head, tail) = tokens.split_at(at);
    let span = span_of(tokens).unwrap_or_else(|| place.clone());
    let factors = factors(head, &span)?;
    let (slopes, slopes_only) = if tail.is_empty() { (Vec::new(), false) } else { slopes(tail, &span)? };
    Ok(Effect { factors, slopes, slopes_only, span })
}

/// `[x, z]` or `[[x, z]]`.
fn slopes(tokens: &[Token], place: &Span) -> Result<(Vec<super::Expr>, bool), SyntaxFault> {
    let Some(inner) = inside(tokens) else {
        let after = inside_end(tokens).unwrap_or_else(|| place.clone());
        return Err(SyntaxFault::new("expected + after the slopes of an absorbed effect", after));
    };
    let (list, only) = match inner.first() {
        Some(first) if first.kind == Kind::OpenSquare => match inside(inner) {
            Some(list) => (list, true),
            None => return Err(SyntaxFault::new("[[ ]] must close together", place.clone())),
        },
        _ => (inner, false),
    };
    let slopes = split(list, |_, kind| *kind == Kind::Comma)
        .iter()
        .map(|piece| {
            if piece.tokens.is_empty() {
                return Err(SyntaxFault::new("expected a variable whose slope varies", piece.span(place)));
            }
            let slope = parse_tokens(piece.tokens, piece.span(place))?;
            refuse_stepwise(&slope)?;
            Ok(slope)
        })
        .collect::<Result<_, _>>()?;
    Ok((slopes, only))
}

/// The first token after the bracket that `tokens` start with.
fn inside_end(tokens: &[Token]) -> Option<Span> {
    let mut level = 0usize;
    for (at, token) in tokens.iter().enumerate() {
        if token.kind.opens() {
            level += 1;
        } else if token.kind.closes() {
            level = level.saturating_sub(1);
        }
        if level == 0 {
            return tokens.get(at + 1).map(|next| next.span.clone());
        }
    }
    None
}

/// Names joined by `^`.
fn factors(tokens: &[Token], place: &Span) -> Result<Vec<String>, SyntaxFault> {
    split(tokens, |_, kind| *kind == Kind::Power)
        .iter()
        .map(|piece| match piece.tokens {
            [Token { kind: Kind::Name(name), .. }] => Ok(name.clone()),
            [] => Err(match piece.separator {
                Some(sign) => SyntaxFault::new(format!("expected a factor after {}", sign.written), sign.span.clone()),
                None => SyntaxFault::new("expected a factor", place.clone()),
            }),
            tokens => Err(no_factor(tokens, piece.span(place))),
        })
        .collect()
}

/// Why `tokens` are no factor, with the way out.
fn no_factor(tokens: &[Token], span: Span) -> SyntaxFault {
    match tokens {
        [
            Token { kind: Kind::Name(function), .. },
            Token { kind: Kind::Open, .. },
            Token { kind: Kind::Name(inner), .. },
            Token { kind: Kind::Close, .. },
        ] if ["i", "factor", "as.factor", "C"].contains(&function.as_str()) => {
            SyntaxFault::new("absorbed effects are factors already", span).with_help(format!("write {inner}"))
        }
        [Token { kind: Kind::Name(function), span, .. }, Token { kind: Kind::Open, .. }, ..]
            if super::Stepwise::named(function).is_some() =>
        {
            SyntaxFault::new("a stepwise function must be an absorbed effect of its own", span.clone())
                .with_help("write it between + signs: region + sw(a, b)")
        }
        [_, operator, ..] if matches!(operator.kind, Kind::Star | Kind::Colon) => SyntaxFault::new(
            format!("factors are combined with ^, not with {}", operator.written),
            operator.span.clone(),
        )
        .with_help("write region^year"),
        [Token { kind: Kind::Text(_), .. }] => SyntaxFault::new("a text is no factor", span)
            .with_help("write names without quotes, or in backticks: `odd name`"),
        [Token { kind: Kind::Number(_), .. }] => SyntaxFault::new("a number is no factor", span),
        _ => SyntaxFault::new("an absorbed effect must be a column or columns joined by ^", span)
            .with_help("define what you compute under [variables] and name it here"),
    }
}
